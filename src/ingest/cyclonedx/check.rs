//! What the reading of a bill rests on: known words, digests and references.

use std::collections::BTreeSet;

use crate::domain::Text;

pub const SPEC_VERSIONS: &[&str] = &["1.2", "1.3", "1.4", "1.5", "1.6", "1.7"];

/// Types of components up to 1.7.
pub const TYPES: &[&str] = &[
    "application",
    "framework",
    "library",
    "container",
    "platform",
    "operating-system",
    "device",
    "device-driver",
    "firmware",
    "file",
    "machine-learning-model",
    "data",
    "cryptographic-asset",
];

pub const SCOPES: &[&str] = &["required", "optional", "excluded"];

pub const FLOWS: &[&str] = &["inbound", "outbound", "bi-directional", "unknown"];

/// Algorithms and the length of their digests in hexadecimal digits.
const HASHES: &[(&str, usize)] = &[
    ("MD5", 32),
    ("SHA-1", 40),
    ("SHA-256", 64),
    ("SHA-384", 96),
    ("SHA-512", 128),
    ("SHA3-256", 64),
    ("SHA3-384", 96),
    ("SHA3-512", 128),
    ("BLAKE2b-256", 64),
    ("BLAKE2b-384", 96),
    ("BLAKE2b-512", 128),
    ("BLAKE3", 64),
    ("Streebog-256", 64),
    ("Streebog-512", 128),
];

/// Whether the digest can be one of this algorithm.
pub fn is_digest(algorithm: &str, digest: &str) -> bool {
    let length = HASHES.iter().find(|(known, _)| *known == algorithm).map(|(_, length)| *length);
    length == Some(digest.len()) && digest.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// A UUID as a URN (RFC 9562 §4).
pub fn is_serial(serial: &str) -> bool {
    let Some(uuid) = serial.strip_prefix("urn:uuid:") else { return false };
    uuid.len() == 36
        && uuid.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// `pkg:type/name` with its optional parts (ECMA-427).
pub fn is_purl(purl: &str) -> bool {
    let Some((kind, rest)) = purl.strip_prefix("pkg:").and_then(|purl| purl.split_once('/')) else {
        return false;
    };
    let path = rest.split(['@', '?', '#']).next().unwrap_or_default();
    kind.starts_with(|first: char| first.is_ascii_alphabetic())
        && kind.chars().all(|c| c.is_ascii_alphanumeric() || ".+-".contains(c))
        && path.rsplit('/').next().is_some_and(|name| !name.is_empty())
        && !purl.contains(char::is_whitespace)
}

/// The names by which the parts of a bill refer to each other.
#[derive(Default)]
pub struct References(BTreeSet<Text>);

impl References {
    /// Adds names that are not checked themselves.
    pub fn external(&mut self, names: Vec<Text>) {
        self.0.extend(names);
    }

    /// Adds a name; what is wrong with it.
    pub fn add(&mut self, name: &Text) -> Option<&'static str> {
        match (name.is_empty(), self.0.insert(name.clone())) {
            (true, _) => Some("an empty reference"),
            (false, false) => Some("a reference that another part has too"),
            (false, true) => None,
        }
    }

    /// Whether something has this name. Links into other bills (`urn:cdx:`) are not followed.
    pub fn knows(&self, name: &str) -> bool {
        self.0.contains(name) || name.starts_with("urn:cdx:")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn package_addresses() {
        for (purl, expected) in [
            ("pkg:npm/%40scope/name@1.0?a=b#c", true),
            ("pkg:pypi/requests", true),
            ("pkg:github/o/r@v1/2", true),
            ("pkg:npm", false),
            ("pkg:npm/", false),
            ("pkg:/name", false),
            ("pkg:1x/name", false),
            ("npm/name", false),
            ("pkg:npm/a b", false),
        ] {
            assert_eq!(is_purl(purl), expected, "{purl}");
        }
    }

    #[test]
    fn serial_numbers() {
        for (serial, expected) in [
            ("urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79", true),
            ("urn:uuid:3e671687-395b-41f5-a30f", false),
            ("3e671687-395b-41f5-a30f-a58921a69b79", false),
            ("urn:uuid:3e671687-395b-41f5-a30f-a58921a69bzz", false),
        ] {
            assert_eq!(is_serial(serial), expected, "{serial}");
        }
    }

    #[test]
    fn digests_have_the_length_of_their_algorithm() {
        assert!(is_digest("MD5", &"0a".repeat(16)));
        assert!(!is_digest("SHA-1", &"0a".repeat(16)));
        assert!(!is_digest("MD5", &"zz".repeat(16)));
        assert!(!is_digest("FOO", &"0a".repeat(16)));
    }
}
