//! AuthorizationPolicy: which requests a workload accepts.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::super::kubernetes::{Scope, record};
use super::{Object, ScopeObject};
use crate::domain::Text;
use crate::domain::configured::{
    AuthorizationPolicy, Configured, MeshAction, MeshCondition, MeshRule,
};
use crate::domain::text::visible;
use crate::ingest::doubts::Doubts;
use crate::ingest::json::nullable;
use crate::ingest::{Document, Sink};

#[derive(Default, Deserialize)]
struct Spec {
    #[serde(flatten)]
    scope: ScopeObject,
    #[serde(default)]
    action: Option<Text>,
    #[serde(default)]
    provider: Option<Provider>,
    #[serde(default, deserialize_with = "nullable")]
    rules: Vec<Option<RuleObject>>,
}

#[derive(Deserialize)]
struct Provider {
    #[serde(default, deserialize_with = "nullable")]
    name: Text,
}

#[derive(Default, Deserialize)]
struct RuleObject {
    #[serde(default)]
    from: Option<Vec<From>>,
    #[serde(default)]
    to: Option<Vec<To>>,
    #[serde(default, deserialize_with = "nullable")]
    when: Vec<When>,
}

/// Attributes of a source or of an operation with their values; `notX` has those that `X` excludes.
type Attributes = BTreeMap<String, Option<Vec<Text>>>;

#[derive(Deserialize)]
struct From {
    #[serde(default, deserialize_with = "nullable")]
    source: Attributes,
}

#[derive(Deserialize)]
struct To {
    #[serde(default, deserialize_with = "nullable")]
    operation: Attributes,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct When {
    key: Text,
    #[serde(default, deserialize_with = "nullable")]
    values: Vec<Text>,
    #[serde(default, deserialize_with = "nullable")]
    not_values: Vec<Text>,
}

const ACTIONS: &[(&str, MeshAction)] = &[
    ("ALLOW", MeshAction::Allow),
    ("DENY", MeshAction::Deny),
    ("AUDIT", MeshAction::Audit),
    ("CUSTOM", MeshAction::Custom),
];

const SOURCE: &[&str] = &[
    "principals",
    "requestPrincipals",
    "namespaces",
    "serviceAccounts",
    "ipBlocks",
    "remoteIpBlocks",
    "trustDomains",
];
const OPERATION: &[&str] = &["hosts", "ports", "methods", "paths"];

/// Keys of conditions; those that end in a bracket or a dot go on.
const KEYS: &[&str] = &[
    "request.headers[",
    "request.auth.claims[",
    "request.auth.principal",
    "request.auth.audiences",
    "request.auth.presenter",
    "source.ip",
    "remote.ip",
    "source.namespace",
    "source.principal",
    "source.serviceAccount",
    "source.trustDomain",
    "destination.ip",
    "destination.port",
    "connection.sni",
    "experimental.envoy.filters.",
];

const DRY_RUN: &str = "istio.io/dry-run";

pub fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(Object::<Spec> { metadata, spec }) = document.parse(sink) else { return };
    let spec = spec.unwrap_or_default();
    let mut doubts = Doubts::default();
    let action = action(spec.action.as_ref(), &mut doubts);
    let provider = spec.provider.map(|provider| provider.name).filter(|name| !name.is_empty());
    let is_custom = action == MeshAction::Custom;
    doubts.add_if(
        "/spec",
        &[
            (is_custom && provider.is_none(), "CUSTOM without a provider"),
            (!is_custom && provider.is_some(), "a provider for another action than CUSTOM"),
        ],
    );
    let scope = spec.scope.into_scope(&mut doubts);
    let rules = spec.rules.into_iter().enumerate();
    let rules = rules
        .map(|(index, rule)| {
            let pointer = format!("/spec/rules/{index}");
            rule.unwrap_or_default().into_rule(&pointer, &mut doubts)
        })
        .collect();
    record(
        document,
        &metadata,
        Scope::Namespaced,
        |meta| {
            let dry_run = meta.annotations.get(DRY_RUN).is_some_and(|value| *value == "true");
            let policy = AuthorizationPolicy { meta, scope, action, provider, dry_run, rules };
            Configured::AuthorizationPolicy(policy)
        },
        sink,
    );
    doubts.report(document, sink);
}

fn action(named: Option<&Text>, doubts: &mut Doubts) -> MeshAction {
    let Some(named) = named.filter(|named| !named.is_empty()) else { return MeshAction::Allow };
    let known = ACTIONS.iter().find(|(name, _)| *named == *name);
    known.map_or_else(
        || {
            doubts.add("/spec/action", format!("no action `{}`", named.visible()));
            MeshAction::Unknown
        },
        |(_, action)| *action,
    )
}

impl RuleObject {
    fn into_rule(self, pointer: &str, doubts: &mut Doubts) -> MeshRule {
        doubts.add_if(
            pointer,
            &[
                (self.from.as_ref().is_some_and(Vec::is_empty), "`from` names no source"),
                (self.to.as_ref().is_some_and(Vec::is_empty), "`to` names no operation"),
            ],
        );
        let from = self.from.unwrap_or_default().into_iter();
        let to = self.to.unwrap_or_default().into_iter();
        MeshRule {
            from: from.map(|from| source(from.source, pointer, doubts)).collect(),
            to: to.map(|to| conditions(to.operation, OPERATION, pointer, doubts)).collect(),
            when: self.when.into_iter().map(|when| when.into_condition(pointer, doubts)).collect(),
        }
    }
}

fn source(source: Attributes, pointer: &str, doubts: &mut Doubts) -> Vec<MeshCondition> {
    let conditions = conditions(source, SOURCE, pointer, doubts);
    let has = |named: &str| {
        conditions
            .iter()
            .any(|condition| condition.attribute == named && !condition.any_of.is_empty())
    };
    if has("serviceAccounts") && (has("namespaces") || has("principals")) {
        doubts.add(pointer, "serviceAccounts together with namespaces or principals");
    }
    conditions
}

/// One condition for each attribute. One that is not known is kept under its name: to drop it would
/// make the rule match more.
fn conditions(
    attributes: Attributes,
    known: &[&str],
    pointer: &str,
    doubts: &mut Doubts,
) -> Vec<MeshCondition> {
    let mut conditions: BTreeMap<String, MeshCondition> = BTreeMap::new();
    for (field, values) in attributes {
        let excluded = known.iter().find(|attribute| is_negation(&field, attribute));
        let attribute = excluded.map_or(field.as_str(), |attribute| *attribute);
        if !known.contains(&attribute) {
            doubts.add(pointer, format!("no attribute `{}`", visible(attribute)));
        }
        let condition = conditions.entry(attribute.to_owned()).or_default();
        condition.attribute = attribute.into();
        match excluded {
            Some(_) => condition.none_of = values.unwrap_or_default(),
            None => condition.any_of = values.unwrap_or_default(),
        }
    }
    if conditions.values().all(MeshCondition::limits_nothing) {
        doubts.add(pointer, "a source or operation that says nothing");
    }
    conditions.into_values().collect()
}

/// Whether `field` is `notIpBlocks` for `ipBlocks`.
fn is_negation(field: &str, attribute: &str) -> bool {
    field.strip_prefix("not").is_some_and(|rest| {
        rest.len() == attribute.len()
            && rest.starts_with(|first: char| first.is_ascii_uppercase())
            && rest.eq_ignore_ascii_case(attribute)
    })
}

impl When {
    fn into_condition(self, pointer: &str, doubts: &mut Doubts) -> MeshCondition {
        let key = self.key.raw();
        let is_known = KEYS.iter().any(|known| match known.ends_with(['[', '.']) {
            true => key.strip_prefix(known).is_some_and(|rest| !rest.is_empty()),
            false => key == *known,
        });
        if !is_known {
            doubts.add(pointer, format!("no attribute `{}`", visible(key)));
        }
        let condition =
            MeshCondition { attribute: self.key, any_of: self.values, none_of: self.not_values };
        if condition.limits_nothing() {
            doubts.add(pointer, "a condition without values");
        }
        condition
    }
}
