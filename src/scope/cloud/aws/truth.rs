//! Kleene's strong logic of three values, where the third one says what it depends on.

use std::collections::BTreeSet;

use crate::domain::Text;

/// Whether something holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Truth {
    Yes,
    No,
    /// Configuration alone does not decide it: what does, in words or as condition keys.
    Depends(BTreeSet<Text>),
}

impl Truth {
    pub fn depends(on: impl Into<Text>) -> Self {
        Self::Depends(BTreeSet::from([on.into()]))
    }

    /// Both hold.
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::Yes, truth) | (truth, Self::Yes) => truth,
            (Self::Depends(one), Self::Depends(other)) => Self::Depends(&one | &other),
        }
    }

    /// One of them holds.
    pub fn or(self, other: Self) -> Self {
        !(!self).and(!other)
    }

    pub fn all(truths: impl IntoIterator<Item = Self>) -> Self {
        let mut all = Self::Yes;
        for truth in truths {
            all = all.and(truth);
            if all == Self::No {
                break;
            }
        }
        all
    }

    pub fn any(truths: impl IntoIterator<Item = Self>) -> Self {
        !Self::all(truths.into_iter().map(|truth| !truth))
    }
}

impl std::ops::Not for Truth {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            depends => depends,
        }
    }
}

impl From<bool> for Truth {
    fn from(holds: bool) -> Self {
        if holds { Self::Yes } else { Self::No }
    }
}

#[cfg(test)]
mod tests {
    use super::Truth::{self, No, Yes};

    #[test]
    fn tables_of_kleene() {
        let maybe = || Truth::depends("a");
        for (one, other, and, or) in [
            (Yes, Yes, Yes, Yes),
            (Yes, No, No, Yes),
            (No, No, No, No),
            (Yes, maybe(), maybe(), Yes),
            (No, maybe(), No, maybe()),
            (maybe(), maybe(), maybe(), maybe()),
        ] {
            for (one, other) in [(one.clone(), other.clone()), (other, one)] {
                assert_eq!(one.clone().and(other.clone()), and, "{one:?} and {other:?}");
                assert_eq!(one.clone().or(other.clone()), or, "{one:?} or {other:?}");
                assert_eq!(Truth::all([one.clone(), other.clone()]), and);
                assert_eq!(Truth::any([one, other]), or);
            }
        }
        assert_eq!(Truth::all([]), Yes);
        assert_eq!(Truth::any([]), No);
        let both = Truth::Depends(["a".into(), "b".into()].into());
        assert_eq!(maybe().and(Truth::depends("b")), both);
    }
}
