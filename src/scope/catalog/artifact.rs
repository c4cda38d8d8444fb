//! What a declared model, adapter or index resolved to.

use serde::{Deserialize, Serialize};

use crate::domain::Text;

/// Something that is loaded or called by name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Artifact {
    pub kind: ArtifactKind,
    /// With its tag or version, as it is referred to.
    pub name: Text,
    /// Of its content, in hexadecimal; the algorithm before a colon when it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Text>,
}

#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, strum::Display,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum ArtifactKind {
    Model,
    Adapter,
    /// What answers are looked up in: a knowledge source, a vector store, a data set.
    Index,
}

/// How what was observed stands to what was declared.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, strum::Display,
)]
#[serde(rename_all = "kebab-case")]
pub enum Resolution {
    #[strum(serialize = "same")]
    Same,
    /// The name stands for other content now.
    #[strum(serialize = "another digest")]
    AnotherDigest,
    #[strum(serialize = "another model")]
    AnotherModel,
    /// One of the two does not say enough.
    #[strum(serialize = "unknown")]
    Unknown,
}

/// What a declared artifact resolved to.
///
/// Content goes before names: equal digests are the same artifact. A declared alias is met by its own
/// dated release; a declared release is not known to be met by its alias.
pub fn resolved(declared: &Artifact, observed: &Artifact) -> Resolution {
    if declared.kind != observed.kind || declared.name.is_empty() || observed.name.is_empty() {
        return Resolution::Unknown;
    }
    let digests = compare_digests(declared.digest.as_ref(), observed.digest.as_ref());
    let (wanted, found) = (declared.name.raw(), observed.name.raw());
    match digests {
        Digests::Equal => Resolution::Same,
        _ if !is_release_of(found, wanted) => match is_release_of(wanted, found) {
            true => Resolution::Unknown,
            false => Resolution::AnotherModel,
        },
        Digests::Different => Resolution::AnotherDigest,
        // A digest was declared, and nothing shows that it is this one.
        Digests::Unknown if declared.digest.is_some() => Resolution::Unknown,
        Digests::Unknown => Resolution::Same,
    }
}

enum Digests {
    Equal,
    Different,
    Unknown,
}

fn compare_digests(one: Option<&Text>, other: Option<&Text>) -> Digests {
    let (Some(one), Some(other)) = (one, other) else { return Digests::Unknown };
    let parts = |digest: &Text| -> (Option<String>, String) {
        let digest = digest.raw().to_ascii_lowercase();
        match digest.split_once(':') {
            Some((algorithm, hex)) => (Some(algorithm.replace('-', "")), hex.to_owned()),
            None => (None, digest),
        }
    };
    let ((algorithm, one), (other_algorithm, other)) = (parts(one), parts(other));
    let are_alike = match (&algorithm, &other_algorithm) {
        (Some(one), Some(other)) => one == other,
        _ => one.len() == other.len(),
    };
    match (are_alike, one == other) {
        (false, _) => Digests::Unknown,
        (true, true) => Digests::Equal,
        (true, false) => Digests::Different,
    }
}

/// Whether `used` is `declared` or its own dated release: `gpt-4.1-2025-04-14` is one of `gpt-4.1`. A
/// provider before a slash (`openai/`) and the tag `latest` are no difference.
pub fn is_release_of(used: &str, declared: &str) -> bool {
    let base = |name: &str| {
        let name = name.rsplit_once('/').map_or(name, |(_, name)| name);
        name.strip_suffix(":latest").unwrap_or(name).to_owned()
    };
    let (used, declared) = (base(used), base(declared));
    match used.strip_prefix(&declared) {
        Some("") => true,
        Some(rest) => rest.strip_prefix(['-', '@']).is_some_and(|date| {
            date.len() >= 6 && date.chars().all(|c| c.is_ascii_digit() || c == '-')
        }),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(spelled: &str) -> Artifact {
        let (name, digest) = match spelled.split_once(" = ") {
            Some((name, digest)) => (name, Some(digest.into())),
            None => (spelled, None),
        };
        Artifact { kind: ArtifactKind::Model, name: name.into(), digest }
    }

    #[track_caller]
    fn check(declared: &str, observed: &str, expected: &str) {
        let found = resolved(&model(declared), &model(observed));
        assert_eq!(found.to_string(), expected, "{declared} | {observed}");
    }

    #[test]
    fn models_by_name_and_release() {
        for (declared, observed, expected) in [
            ("gpt-4.1", "gpt-4.1", "same"),
            ("gpt-4.1", "gpt-4.1-2025-04-14", "same"),
            ("gpt-4.1", "openai/gpt-4.1", "same"),
            ("claude-sonnet-4", "claude-sonnet-4-20250514", "same"),
            ("gemini-2.0", "gemini-2.0@20250601", "same"),
            ("llama3", "llama3:latest", "same"),
            ("gpt-4.1", "gpt-4.1-mini", "another model"),
            ("gpt-4.1", "gpt-4o", "another model"),
            ("gpt-4.1-2025-04-14", "gpt-4.1", "unknown"),
            ("gpt-4.1-2025-04-14", "gpt-4.1-2025-08-01", "another model"),
            ("", "gpt-4.1", "unknown"),
        ] {
            check(declared, observed, expected);
        }
    }

    #[test]
    fn digests_go_before_names() {
        for (declared, observed, expected) in [
            ("m = sha256:ab", "m = SHA-256:AB", "same"),
            ("m = sha256:ab", "renamed = sha256:ab", "same"),
            ("m = sha256:ab", "m = sha256:cd", "another digest"),
            ("m = sha256:ab", "m", "unknown"),
            ("m", "m = sha256:ab", "same"),
            ("m = sha256:ab", "m = sha512:abab", "unknown"),
            ("m = ab", "m = sha256:cd", "another digest"),
            ("m = ab", "m = abcd", "unknown"),
            ("m = sha256:ab", "n = sha256:cd", "another model"),
            ("m = sha256:ab", "n", "another model"),
        ] {
            check(declared, observed, expected);
        }
    }

    #[test]
    fn an_adapter_is_no_model() {
        let adapter = Artifact { kind: ArtifactKind::Adapter, ..model("m") };
        assert_eq!(resolved(&model("m"), &adapter), Resolution::Unknown);
    }

    proptest::proptest! {
        #[test]
        fn everything_resolves_to_itself(name in "[a-z/:@-]{1,8}", digest in "([0-9a-f]{2})?") {
            let artifact = Artifact {
                digest: (!digest.is_empty()).then(|| digest.as_str().into()),
                ..model(&name)
            };
            proptest::prop_assert_eq!(resolved(&artifact, &artifact), Resolution::Same);
        }
    }
}
