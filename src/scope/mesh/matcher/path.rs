//! Paths: as [`Value`], or a template: `{*}` stands for one segment, `{**}` for any number of
//! characters, slashes included.
//!
//! Source: the reference of AuthorizationPolicy, section Operation; Envoy's URI template matcher
//! says which characters a variable takes.

use super::Value;
use crate::domain::matcher::Dialect;

pub struct Path;

const ONE_SEGMENT: &str = "{*}";
const ANY_SEGMENTS: &str = "{**}";

impl Path {
    /// `path` is without its query, normalised as the mesh is configured to.
    pub fn matches(pattern: &str, path: &str) -> bool {
        match pattern.split('/').any(|part| part == ONE_SEGMENT || part == ANY_SEGMENTS) {
            true => template_matches(pattern, path),
            false => Value::matches(pattern, path),
        }
    }
}

/// Istio refuses a template in which an operator follows `{**}`, so there is one place at most where
/// the length is open: what stands before it is compared from the front, the rest from the back.
fn template_matches(template: &str, path: &str) -> bool {
    let Some((before, after)) = template.split_once(ANY_SEGMENTS) else {
        return segments_match(template, path);
    };
    let slashes = before.matches('/').count();
    let Some((at, _)) = slashes.checked_sub(1).map_or(Some((0, "")), |last| {
        path.match_indices('/').nth(last).map(|(at, slash)| (at + slash.len(), slash))
    }) else {
        return false;
    };
    let (front, rest) = path.split_at(at);
    segments_match(before, front)
        && rest.strip_suffix(after).is_some_and(|open| open.chars().all(|c| c == '/' || is_path(c)))
}

fn segments_match(template: &str, path: &str) -> bool {
    let mut given = path.split('/');
    let all = template.split('/').all(|expected| match (expected, given.next()) {
        (ONE_SEGMENT, Some(segment)) => !segment.is_empty() && segment.chars().all(is_path),
        (exact, Some(segment)) => exact == segment,
        (_, None) => false,
    });
    all && given.next().is_none()
}

/// The characters of a path segment (RFC 3986, section 3.3) that a variable takes.
fn is_path(character: char) -> bool {
    character.is_ascii_alphanumeric() || "-._~%!$&'()+,;:@=".contains(character)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn templates_stand_for_segments() {
        for (pattern, path, expected) in [
            // The examples of the reference.
            ("/foo/{*}", "/foo/bar", true),
            ("/foo/{*}", "/foo/bar/baz", false),
            ("/foo/{*}", "/foo/", false),
            ("/foo/{**}/", "/foo/bar/", true),
            ("/foo/{**}/", "/foo/bar/baz.txt/", true),
            ("/foo/{**}/", "/foo//", true),
            ("/foo/{**}/", "/foo/bar", false),
            ("/{*}/bar/{**}", "/foo/bar/baz/cat", true),
            ("/{*}/bar/{**}", "/bar/baz", false),
            ("/{**}/path/template", "/a/b/path/template", true),
            ("/{**}/path/template", "/path/template", false),
            ("{**}", "/anything", true),
            // Without an operator the other forms hold.
            ("/info*", "/information", true),
            ("*/suffix", "/a/suffix", true),
            ("/foo/{name}", "/foo/{name}", true),
            ("/foo/{name}", "/foo/x", false),
            ("/foo/{*}", "/foo/a\"b", false),
        ] {
            assert_eq!(Path::matches(pattern, path), expected, "{pattern} {path}");
        }
    }

    /// By trying every length of `{**}`.
    fn reference(template: &[&str], path: &[&str]) -> bool {
        match template.split_first() {
            None => path.is_empty(),
            Some((&ANY_SEGMENTS, rest)) => (1..=path.len())
                .any(|taken| path.get(taken..).is_some_and(|left| reference(rest, left))),
            Some((&ONE_SEGMENT, rest)) => path
                .split_first()
                .is_some_and(|(first, left)| !first.is_empty() && reference(rest, left)),
            Some((exact, rest)) => path
                .split_first()
                .is_some_and(|(first, left)| first == exact && reference(rest, left)),
        }
    }

    proptest! {
        #[test]
        fn templates_agree_with_a_search(
            before in proptest::collection::vec(prop_oneof![Just("a"), Just("{*}")], 0..3),
            after in proptest::collection::vec(prop_oneof![Just("a"), Just("b")], 0..2),
            path in proptest::collection::vec(prop_oneof![Just("a"), Just("b"), Just("")], 1..6),
        ) {
            let template: Vec<&str> = before.into_iter().chain(["{**}"]).chain(after).collect();
            prop_assert_eq!(
                Path::matches(&template.join("/"), &path.join("/")),
                reference(&template, &path),
                "{:?} {:?}", template, path
            );
        }
    }
}
