//! Which format a document is of.

use super::{Format, Shape, formats, known};

/// What the table of formats says of a document.
#[derive(Clone, Copy, Debug, Default)]
pub struct Recognised {
    pub format: Option<&'static Format>,
    /// Why a document that is no evidence is not read.
    pub reason: Option<&'static str>,
}

/// Asks the table, unless the last document had the same outside and nobody had to look further: the
/// lines of a file are mostly alike.
#[derive(Default)]
pub struct Recogniser {
    last: Option<Outside>,
}

struct Outside {
    kind: Option<String>,
    api_version: Option<String>,
    keys: Vec<String>,
    recognised: Recognised,
}

impl Recogniser {
    /// The documents are those of one file: their path does not change.
    pub fn recognise(&mut self, shape: &Shape<'_>) -> Recognised {
        if let Some(last) = self.last.as_ref().filter(|last| last.is_like(shape)) {
            return last.recognised;
        }
        let recognised = Recognised {
            format: formats().find(|format| (format.recognises)(shape)),
            reason: known::reason(shape),
        };
        self.last = (!shape.was_looked_into()).then(|| Outside::of(shape, recognised));
        recognised
    }
}

impl Outside {
    fn of(shape: &Shape<'_>, recognised: Recognised) -> Self {
        Self {
            kind: shape.kind.as_deref().map(str::to_owned),
            api_version: shape.api_version.as_deref().map(str::to_owned),
            keys: shape.keys.iter().map(|key| key.clone().into_owned()).collect(),
            recognised,
        }
    }

    fn is_like(&self, shape: &Shape<'_>) -> bool {
        self.keys == shape.keys
            && self.kind.as_deref() == shape.kind.as_deref()
            && self.api_version.as_deref() == shape.api_version.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::detect::TopLevel;

    /// Each document is recognised as it is alone.
    #[track_caller]
    fn check(path: &str, documents: &[&str]) {
        let mut recogniser = Recogniser::default();
        let ids =
            |recognised: Recognised| (recognised.format.map(|format| format.id), recognised.reason);
        let mut seen = Vec::new();
        for json in documents {
            let Ok(TopLevel::Object(keys)) = serde_json::from_str::<TopLevel<'_>>(json) else {
                unreachable!("an object")
            };
            let alone = Recogniser::default().recognise(&keys.clone().into_shape(path, json));
            let among = recogniser.recognise(&keys.into_shape(path, json));
            assert_eq!(ids(among), ids(alone), "{json}");
            seen.push(ids(among).0);
        }
        assert!(seen.iter().any(Option::is_some), "some of them are known: {seen:?}");
    }

    #[test]
    fn what_was_before_a_document_does_not_matter() {
        let span = r#"{"trace_id":"1","span_id":"2","start_time":"3","attributes":{}}"#;
        let other = r#"{"trace_id":"1","span_id":"2","start_time":"3","x":{}}"#;
        check("spans.jsonl", &[span, span, other, span, other, other]);
        let role = |kind: &str| {
            format!(r#"{{"kind":"{kind}","apiVersion":"rbac.authorization.k8s.io/v1","rules":[]}}"#)
        };
        check("k", &[&role("Role"), &role("Foo"), &role("Role"), &role("ClusterRole")]);
        // The same keys; only what is inside tells them apart.
        let server = r#"{"name":"a/b","description":"","packages":[{"registryType":"npm"}]}"#;
        let plain = r#"{"name":"a/b","description":"","packages":["npm"]}"#;
        check("server.json", &[span, server, plain, server, plain]);
    }
}
