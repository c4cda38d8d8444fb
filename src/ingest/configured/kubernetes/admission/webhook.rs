//! Admission webhooks: services that decide about requests, or change them.

use serde::Deserialize;

use super::super::network::LabelSelector;
use super::super::object::{Metadata, Scope, record};
use super::{NamedExpression, ResourceRule, selector};
use crate::domain::Text;
use crate::domain::configured::{
    AdmissionAction, AdmissionEngine, AdmissionPolicy, AdmissionRule, Configured,
};
use crate::ingest::json::nullable;
use crate::ingest::mask::Masker;
use crate::ingest::{Document, Sink};

#[derive(Deserialize)]
struct Object {
    kind: Text,
    metadata: Metadata,
    #[serde(default, deserialize_with = "nullable")]
    webhooks: Vec<Webhook>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Webhook {
    #[serde(default, deserialize_with = "nullable")]
    name: Text,
    #[serde(default, deserialize_with = "nullable")]
    client_config: ClientConfig,
    #[serde(default, deserialize_with = "nullable")]
    rules: Vec<ResourceRule>,
    #[serde(default)]
    failure_policy: Option<Text>,
    #[serde(default)]
    namespace_selector: Option<LabelSelector>,
    #[serde(default)]
    object_selector: Option<LabelSelector>,
    #[serde(default, deserialize_with = "nullable")]
    match_conditions: Vec<NamedExpression>,
}

#[derive(Default, Deserialize)]
struct ClientConfig {
    #[serde(default)]
    url: Option<String>,
    #[serde(default)]
    service: Option<Service>,
}

#[derive(Deserialize)]
struct Service {
    #[serde(default, deserialize_with = "nullable")]
    namespace: Text,
    #[serde(default, deserialize_with = "nullable")]
    name: Text,
    #[serde(default, deserialize_with = "nullable")]
    path: Text,
}

pub fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(Object { kind, metadata, webhooks }) = document.parse(sink) else { return };
    // A validating webhook may refuse, a mutating one may refuse and change.
    let actions = match kind.raw().starts_with("Mutating") {
        true => vec![AdmissionAction::Deny, AdmissionAction::Mutate],
        false => vec![AdmissionAction::Deny],
    };
    let rules = webhooks.into_iter().map(|webhook| webhook.into_rule(&actions, document.masker()));
    record(
        document,
        &metadata,
        Scope::Cluster,
        |meta| {
            Configured::AdmissionPolicy(AdmissionPolicy {
                engine: AdmissionEngine::Webhook,
                kind,
                meta,
                rules: rules.collect(),
                ..AdmissionPolicy::default()
            })
        },
        sink,
    );
}

impl Webhook {
    fn into_rule(self, actions: &[AdmissionAction], masker: &Masker) -> AdmissionRule {
        let namespaces = selector(self.namespace_selector);
        let objects = selector(self.object_selector);
        let ClientConfig { url, service } = self.client_config;
        let service = service.map(|service| {
            format!("{}/{}{}", service.namespace.raw(), service.name.raw(), service.path.raw())
        });
        let rules = self.rules.into_iter();
        let conditions = self.match_conditions.into_iter();
        AdmissionRule {
            name: self.name,
            matches: rules.map(|rule| rule.into_match(&namespaces, &objects)).collect(),
            actions: actions.to_vec(),
            expressions: conditions.map(|condition| condition.into_policy("condition")).collect(),
            failure_policy: self.failure_policy,
            decided_by: service.or_else(|| url.map(|url| masker.address(&url))).map(Text::from),
            ..AdmissionRule::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::policy;
    use super::*;

    #[test]
    fn who_decides_about_what() {
        let webhooks = policy(
            r#"{"kind":"MutatingWebhookConfiguration","apiVersion":"admissionregistration.k8s.io/v1",
            "metadata":{"name":"w"},"webhooks":[{"name":"inject.example","failurePolicy":"Ignore",
            "clientConfig":{"caBundle":"eA==","service":{"namespace":"mesh","name":"injector","path":"/inject","port":443}},
            "rules":[{"apiGroups":[""],"operations":["CREATE"],"resources":["pods"],"scope":"*"}],
            "objectSelector":{"matchExpressions":[{"key":"skip","operator":"DoesNotExist"}]},
            "matchConditions":[{"name":"c","expression":"true"}]},
            {"name":"far.example","clientConfig":{"url":"https://u:p@far.example/check"},"rules":null}]}"#,
        );
        assert_eq!(webhooks.engine, AdmissionEngine::Webhook);
        let [near, far] = webhooks.rules.as_slice() else { unreachable!("two webhooks") };
        assert_eq!(near.actions, [AdmissionAction::Deny, AdmissionAction::Mutate]);
        assert_eq!(near.decided_by, Some("mesh/injector/inject".into()));
        assert_eq!(
            (near.failure_policy.clone(), near.expressions.len()),
            (Some("Ignore".into()), 1)
        );
        assert!(near.matches.first().is_some_and(|m| m.object_selector.is_some()));
        let far = far.decided_by.as_ref().map(Text::raw).unwrap_or_default();
        assert!(far.ends_with("@far.example/check") && !far.contains("u:p"), "{far}");
    }
}
