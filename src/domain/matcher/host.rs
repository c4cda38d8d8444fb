//! Names of hosts as Claude Code's `WebFetch(domain:…)` rules spell them (code.claude.com/docs,
//! "Configure permissions", WebFetch).

use super::Dialect;
use super::tokens::{self, Token};

/// `*` for every host, `*.` at the beginning for any subdomains but not the domain itself; elsewhere
/// `*` stands for what is between two dots. Neither case nor the dot of the root count.
pub struct HostGlob;

impl Dialect for HostGlob {
    fn matches(pattern: &str, text: &str) -> bool {
        let text = bare(text);
        !text.is_empty() && tokens::matches(&[read(pattern)], &text, '.')
    }

    fn covers(wide: &str, narrow: &str) -> bool {
        tokens::covers(&[read(wide)], &[read(narrow)], '.')
    }
}

fn bare(name: &str) -> String {
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}

fn read(pattern: &str) -> Vec<Token> {
    let pattern = bare(pattern);
    let (mut found, rest) = match pattern.strip_prefix("*.") {
        // At least one character of a subdomain.
        Some(rest) => (vec![Token::One, Token::Across, Token::Char('.')], rest),
        None if pattern == "*" => return vec![Token::Across],
        None => (Vec::new(), pattern.as_str()),
    };
    found.extend(rest.chars().map(|character| match character {
        '*' => Token::Within,
        other => Token::Char(other),
    }));
    found
}

#[cfg(test)]
mod tests {
    use super::super::properties::{check, dialect};
    use super::*;

    dialect!(hosts, HostGlob, "(\\*\\.)?[ab*]{1,2}(\\.[ab*]{1,2})?");

    #[test]
    fn hosts_of_the_documentation() {
        check::<HostGlob>(&[
            ("example.com", "Example.com.", true),
            ("example.com", "api.example.com", false),
            ("*.example.com", "api.example.com", true),
            ("*.example.com", "a.b.example.com", true),
            ("*.example.com", "example.com", false),
            ("*", "a.b", true),
            ("example.*", "example.org", true),
            ("example.*", "example.evil.com", false),
        ]);
    }

    #[test]
    fn wider_hosts_cover_narrower_ones() {
        for (wide, narrow, covered) in [
            ("*", "*.example.com", true),
            ("*.com", "*.example.com", true),
            ("*.example.com", "*.com", false),
            ("*.example.com", "api.example.com", true),
            ("example.*", "*", false),
        ] {
            assert_eq!(HostGlob::covers(wide, narrow), covered, "{wide} {narrow}");
        }
    }
}
