//! Principals of tokens: `ISSUER/SUBJECT`. The issuer may itself contain slashes.

use super::Value;
use crate::domain::matcher::Dialect;

pub struct RequestPrincipal;

impl RequestPrincipal {
    /// Issuer and subject are compared apart, so that a star does not reach from one into the other:
    /// `https://a/*` is any subject of the issuer `https://a`, not of `https://a/b`.
    pub fn matches(pattern: &str, principal: &str) -> bool {
        let Some((issuer, subject)) = principal.rsplit_once('/') else { return false };
        if issuer.is_empty() || subject.is_empty() {
            return false;
        }
        match (pattern.rsplit_once('/'), pattern.strip_prefix('*')) {
            (_, Some("")) => true,
            (Some((issuers, subjects)), _) => {
                Value::matches(issuers, issuer) && Value::matches(subjects, subject)
            }
            (None, Some(suffix)) => subject.ends_with(suffix),
            (None, None) => Value::matches(pattern, issuer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn issuer_and_subject_are_compared_apart() {
        let tester = "testing@secure.istio.io/testing@secure.istio.io";
        for (pattern, principal, expected) in [
            (tester, tester, true),
            ("*", tester, true),
            ("*", "/", false),
            ("testing@secure.istio.io/*", tester, true),
            ("*/testing@secure.istio.io", tester, true),
            ("*istio.io", tester, true),
            ("testing@*", tester, true),
            ("https://a/*", "https://a/sub", true),
            ("https://a/*", "https://a/b/sub", false),
            ("https://a/b/*", "https://a/b/sub", true),
            ("other/*", tester, false),
        ] {
            assert_eq!(RequestPrincipal::matches(pattern, principal), expected, "{pattern}");
        }
    }
}
