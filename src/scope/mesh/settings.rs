//! What holds for a whole mesh: its root namespace, its trust domains, what may leave it.

use serde_json::Value;

use crate::domain::Text;
use crate::domain::configured::{Configured, Record};

/// The parts of `MeshConfig` that decide who may call whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Policies of this namespace hold in every other.
    pub root_namespace: Text,
    /// The trust domain of the mesh first, then its aliases.
    pub trust_domains: Vec<Text>,
    /// Proxies let nothing out to hosts that the mesh was not told of.
    pub registry_only: bool,
}

impl Default for Settings {
    /// What Istio assumes where nothing is said.
    fn default() -> Self {
        Self {
            root_namespace: "istio-system".into(),
            trust_domains: vec!["cluster.local".into()],
            registry_only: false,
        }
    }
}

/// Objects that install a mesh, and where they carry its `MeshConfig`.
const INSTALLATIONS: &[(&str, &str)] =
    &[("IstioOperator", "/spec/meshConfig"), ("Istio", "/spec/values/meshConfig")];

impl Settings {
    /// As the first object among `records` says that installs the mesh; and that object.
    pub fn of<'a>(records: impl IntoIterator<Item = &'a Record>) -> (Self, Option<&'a Record>) {
        let written = records.into_iter().find_map(|record| {
            let Configured::Object(object) = &record.body else { return None };
            let (_, pointer) = INSTALLATIONS.iter().find(|(kind, _)| object.kind == *kind)?;
            let content: Value = serde_json::from_str(object.content.as_ref()?.raw()).ok()?;
            Some((Self::written(content.pointer(pointer)?), record))
        });
        match written {
            Some((settings, record)) => (settings, Some(record)),
            None => (Self::default(), None),
        }
    }

    fn written(config: &Value) -> Self {
        let text = |key: &str| config.get(key).and_then(Value::as_str).map(Text::from);
        let aliases = config.get("trustDomainAliases").and_then(Value::as_array);
        let aliases = aliases.into_iter().flatten().filter_map(Value::as_str).map(Text::from);
        let default = Self::default();
        let own = match text("trustDomain") {
            Some(domain) => vec![domain],
            None => default.trust_domains,
        };
        let outbound = config.pointer("/outboundTrafficPolicy/mode").and_then(Value::as_str);
        Self {
            root_namespace: text("rootNamespace").unwrap_or(default.root_namespace),
            trust_domains: own.into_iter().chain(aliases).collect(),
            registry_only: outbound == Some("REGISTRY_ONLY"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{meta, record};
    use super::*;
    use crate::domain::configured::Object;

    #[test]
    fn an_installation_says_what_holds_for_the_mesh() {
        let config = r#"{"rootNamespace":"mesh","trustDomain":"new","trustDomainAliases":["old"],
            "outboundTrafficPolicy":{"mode":"REGISTRY_ONLY"}}"#;
        let written = Settings {
            root_namespace: "mesh".into(),
            trust_domains: vec!["new".into(), "old".into()],
            registry_only: true,
        };
        for (kind, content, expected) in [
            ("IstioOperator", format!(r#"{{"spec":{{"meshConfig":{config}}}}}"#), written.clone()),
            ("Istio", format!(r#"{{"spec":{{"values":{{"meshConfig":{config}}}}}}}"#), written),
            ("IstioOperator", r#"{"spec":{"meshConfig":{}}}"#.to_owned(), Settings::default()),
            ("IstioOperator", "{".to_owned(), Settings::default()),
            ("ConfigMap", format!(r#"{{"spec":{{"meshConfig":{config}}}}}"#), Settings::default()),
        ] {
            let object = Configured::Object(Object {
                kind: kind.into(),
                meta: meta("istio-system", "installed", &[]),
                content: Some(content.as_str().into()),
                ..Object::default()
            });
            assert_eq!(Settings::of(&[record(object)]).0, expected, "{kind} {content}");
        }
    }
}
