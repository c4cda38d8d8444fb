//! What holds for every wildcard language.

use super::Dialect;

/// Cases of one language: pattern, text, whether it matches.
#[track_caller]
pub(crate) fn check<D: Dialect>(cases: &[(&str, &str, bool)]) {
    for (pattern, text, expected) in cases {
        assert_eq!(D::matches(pattern, text), *expected, "{pattern} {text}");
    }
}

/// Reflexive, monotone, and covering is matching carried over: the properties of a language, over
/// patterns (and texts) of one shape.
macro_rules! dialect {
    ($name:ident, $dialect:ty, $shape:literal) => {
        mod $name {
            use super::super::*;
            use proptest::prelude::*;

            proptest! {
                #[test]
                fn covers_itself(pattern in $shape) {
                    prop_assert!(<$dialect>::covers(&pattern, &pattern));
                }

                #[test]
                fn is_monotone(wide in $shape, narrow in $shape, text in $shape) {
                    let both = <$dialect>::covers(&wide, &narrow) && <$dialect>::matches(&narrow, &text);
                    prop_assert!(!both || <$dialect>::matches(&wide, &text));
                }

                #[test]
                fn what_has_no_wildcard_falls_under_itself(text in $shape) {
                    let plain = text.replace(['*', '?'], "x");
                    prop_assert!(<$dialect>::matches(&plain, &plain));
                }
            }
        }
    };
}
pub(crate) use dialect;
