//! Hosts: as [`Value`], whatever the case. The port is part of the host: `example.com` does not
//! match `example.com:8080`.
//!
//! Source: Istio security best practices, section Writing Host Match Policies.

use super::Value;
use crate::domain::matcher::Dialect;

pub struct Host;

impl Host {
    pub fn matches(pattern: &str, text: &str) -> bool {
        Value::matches(&pattern.to_ascii_lowercase(), &text.to_ascii_lowercase())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_have_no_case_and_may_have_a_port() {
        for (pattern, host, expected) in [
            ("example.com", "EXAMPLE.com", true),
            ("example.com", "example.com:8080", false),
            ("example.com:*", "example.com:8080", true),
            ("*.Example.com", "a.example.com", true),
            ("*.example.com", "example.com", false),
        ] {
            assert_eq!(Host::matches(pattern, host), expected, "{pattern} {host}");
        }
    }
}
