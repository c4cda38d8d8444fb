//! Cilium network policies (`cilium.io/v2`).
//!
//! A field that is absent limits nothing, so a field that is not understood may not be dropped: it
//! becomes an unknown peer.

mod ports;
#[cfg(test)]
mod tests;
mod traffic;

use serde::Deserialize;
use serde_json::Value;

use self::traffic::{EGRESS, INGRESS, Section};
use super::LabelSelector;
use super::object::{Metadata, Scope, record};
use crate::domain::configured::{
    CiliumPolicy, CiliumRule, CiliumSubject, Configured, Expression, Selector,
};
use crate::domain::text::visible;
use crate::domain::{Discipline, ProblemKind, Text};
use crate::ingest::doubts::Doubts;
use crate::ingest::json::nullable;
use crate::ingest::{Document, Format, Side, Sink};

pub const FORMAT: Format = Format {
    id: "cilium-network-policy",
    title: "Cilium network policy",
    side: Side::Configured,
    says: &[(
        Discipline::Behavior,
        "destinations, names and requests that are permitted or denied",
    )],
    coverage: "enforced only where Cilium runs and enforces; names stand for the addresses it saw",
    recognises: |shape| {
        shape.in_group("cilium.io") && KINDS.iter().any(|(kind, _)| shape.is_kind(kind))
    },
    read,
};

const KINDS: &[(&str, Scope)] = &[
    ("CiliumNetworkPolicy", Scope::Namespaced),
    ("CiliumClusterwideNetworkPolicy", Scope::Cluster),
];

#[derive(Deserialize)]
struct Object {
    kind: Text,
    metadata: Metadata,
    #[serde(default)]
    spec: Option<Value>,
    #[serde(default, deserialize_with = "nullable")]
    specs: Vec<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RuleObject {
    #[serde(default)]
    endpoint_selector: Option<LabelSelector>,
    #[serde(default)]
    node_selector: Option<LabelSelector>,
    #[serde(default, deserialize_with = "nullable")]
    enable_default_deny: DefaultDeny,
    #[serde(default, deserialize_with = "nullable")]
    ingress: Vec<Value>,
    #[serde(default, deserialize_with = "nullable")]
    ingress_deny: Vec<Value>,
    #[serde(default, deserialize_with = "nullable")]
    egress: Vec<Value>,
    #[serde(default, deserialize_with = "nullable")]
    egress_deny: Vec<Value>,
    #[serde(default)]
    description: Option<Text>,
}

#[derive(Default, Deserialize)]
struct DefaultDeny {
    #[serde(default)]
    ingress: Option<bool>,
    #[serde(default)]
    egress: Option<bool>,
}

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(Object { kind, metadata, spec, specs }) = document.parse(sink) else { return };
    let Some((_, scope)) = KINDS.iter().find(|(known, _)| kind == *known) else { return };
    let mut doubts = Doubts::default();
    let specs = specs.into_iter().enumerate();
    let specs = specs.map(|(index, spec)| (format!("/specs/{index}"), spec));
    let specs = spec.map(|spec| ("/spec".to_owned(), spec)).into_iter().chain(specs);
    let rules: Vec<CiliumRule> =
        specs.filter_map(|(pointer, spec)| rule(&pointer, spec, &mut doubts)).collect();
    if rules.is_empty() {
        let message = "the policy has no rule that can be read";
        sink.problem(document.problem(ProblemKind::MissingField, message));
        return doubts.report(document, sink);
    }
    record(
        document,
        &metadata,
        *scope,
        |meta| Configured::CiliumPolicy(CiliumPolicy { kind, meta, rules }),
        sink,
    );
    doubts.report(document, sink);
}

fn rule(pointer: &str, spec: Value, doubts: &mut Doubts) -> Option<CiliumRule> {
    let object = match serde_json::from_value::<RuleObject>(spec) {
        Ok(object) => object,
        Err(error) => {
            doubts.add(pointer, format!("a rule: {}", visible(&error.to_string())));
            return None;
        }
    };
    let subject = match (object.endpoint_selector, object.node_selector) {
        (Some(selector), None) => CiliumSubject::Endpoints { selector: labelled(selector) },
        (None, Some(selector)) => CiliumSubject::Nodes { selector: labelled(selector) },
        _ => {
            doubts.add(pointer, "a rule without exactly one of endpointSelector and nodeSelector");
            CiliumSubject::Unknown
        }
    };
    let mut section = |name: &str, direction, entries: Vec<Value>| {
        let entries = entries.into_iter().enumerate().map(|(index, entry)| {
            let pointer = format!("{pointer}/{name}/{index}");
            Section { pointer, direction, doubts }.traffic(entry)
        });
        entries.collect()
    };
    Some(CiliumRule {
        subject,
        default_deny_ingress: object.enable_default_deny.ingress,
        default_deny_egress: object.enable_default_deny.egress,
        ingress: section("ingress", INGRESS, object.ingress),
        ingress_deny: section("ingressDeny", INGRESS, object.ingress_deny),
        egress: section("egress", EGRESS, object.egress),
        egress_deny: section("egressDeny", EGRESS, object.egress_deny),
        description: object.description.filter(|description| !description.is_empty()),
    })
}

/// The selector with the source of every label written out.
fn labelled(selector: LabelSelector) -> Selector {
    let Selector { labels, expressions } = selector.into_selector();
    let expression =
        |expression: Expression| Expression { key: with_source(&expression.key), ..expression };
    Selector {
        labels: labels.into_iter().map(|(key, value)| (with_source(&key), value)).collect(),
        expressions: expressions.into_iter().map(expression).collect(),
    }
}

/// `app` as `any:app`, `$host` (an early way to say it) as `reserved:host`; `k8s:app` as it is.
fn with_source(key: &Text) -> Text {
    match (key.raw().strip_prefix('$'), key.raw().contains(':')) {
        (Some(reserved), _) => format!("reserved:{reserved}").into(),
        (None, true) => key.clone(),
        (None, false) => format!("any:{}", key.raw()).into(),
    }
}
