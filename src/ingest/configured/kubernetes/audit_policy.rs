//! The audit policy of an API server (`audit.k8s.io` Policy).

use serde::Deserialize;

use super::object::Metadata;
use crate::domain::configured::{
    AuditLevel, AuditPolicy, AuditResources, AuditRule, Configured, Provisioning,
};
use crate::domain::{Discipline, Record, Text};
use crate::ingest::json::nullable;
use crate::ingest::{Document, Format, Side, Sink};

pub const FORMAT: Format = Format {
    id: "k8s-audit-policy",
    title: "Kubernetes audit policy",
    side: Side::Configured,
    says: &[(Discipline::Identity, "which requests the audit log holds, and which it never could")],
    coverage: "what the file says; the API server must have been started with it",
    recognises: |shape| shape.is_kind("Policy") && shape.in_group("audit.k8s.io"),
    read,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Policy {
    #[serde(default, deserialize_with = "nullable")]
    metadata: Metadata,
    #[serde(default, deserialize_with = "nullable")]
    rules: Vec<Rule>,
    #[serde(default, deserialize_with = "nullable")]
    omit_stages: Vec<Text>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    level: AuditLevel,
    #[serde(default, deserialize_with = "nullable")]
    users: Vec<Text>,
    #[serde(default, deserialize_with = "nullable")]
    user_groups: Vec<Text>,
    #[serde(default, deserialize_with = "nullable")]
    verbs: Vec<Text>,
    #[serde(default, deserialize_with = "nullable")]
    resources: Vec<GroupResources>,
    #[serde(default, deserialize_with = "nullable")]
    namespaces: Vec<Text>,
    #[serde(default, rename = "nonResourceURLs", deserialize_with = "nullable")]
    paths: Vec<Text>,
    #[serde(default, deserialize_with = "nullable")]
    omit_stages: Vec<Text>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GroupResources {
    #[serde(default, deserialize_with = "nullable")]
    group: Text,
    #[serde(default, deserialize_with = "nullable")]
    resources: Vec<Text>,
    #[serde(default, deserialize_with = "nullable")]
    resource_names: Vec<Text>,
}

/// Rules are tried in order: one that is not understood would change what the others mean, so it
/// sets the policy aside as a whole.
fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(policy) = document.parse::<Policy>(sink) else { return };
    sink.record(Record {
        realm: Text::default(),
        at: policy.metadata.created(),
        provisioning: Provisioning::default(),
        place: document.place(),
        body: Configured::AuditPolicy(AuditPolicy {
            name: policy.metadata.name().unwrap_or_default(),
            rules: policy.rules.into_iter().map(rule).collect(),
            omit_stages: policy.omit_stages,
        }),
    });
}

fn rule(rule: Rule) -> AuditRule {
    let resources = |of: GroupResources| AuditResources {
        group: of.group,
        resources: of.resources,
        names: of.resource_names,
    };
    AuditRule {
        level: rule.level,
        users: rule.users,
        groups: rule.user_groups,
        verbs: rule.verbs,
        resources: rule.resources.into_iter().map(resources).collect(),
        namespaces: rule.namespaces,
        paths: rule.paths,
        omit_stages: rule.omit_stages,
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::{body, only, read_text};
    use super::*;
    use crate::domain::ProblemKind;

    #[test]
    fn rules_keep_their_order() {
        let Configured::AuditPolicy(policy) = body(only(
            "
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- level: None
  users: [system:kube-proxy]
  verbs: [watch]
  resources: [{group: '', resources: [endpoints, services/status]}]
- level: RequestResponse
  userGroups: [agents]
  namespaces: [desk, '']
  resources: [{resources: [secrets], resourceNames: [a]}, {group: apps}]
  omitStages: [Panic]
- level: Metadata
  nonResourceURLs: ['/api*']
",
        )) else {
            unreachable!("a policy");
        };
        let levels: Vec<_> = policy.rules.iter().map(|rule| rule.level).collect();
        assert_eq!(levels, [AuditLevel::None, AuditLevel::RequestResponse, AuditLevel::Metadata]);
        assert_eq!(policy.omit_stages, ["RequestReceived"]);
        let [first, second, third] = policy.rules.as_slice() else { unreachable!("three rules") };
        assert_eq!((first.users.len(), first.verbs.len(), first.resources.len()), (1, 1, 1));
        assert_eq!(second.groups, ["agents"]);
        assert_eq!(second.namespaces, ["desk", ""]);
        assert_eq!(second.omit_stages, ["Panic"]);
        let groups: Vec<_> = second.resources.iter().map(|of| of.group.raw()).collect();
        assert_eq!(groups, ["", "apps"]);
        assert_eq!(third.paths, ["/api*"]);
    }

    #[test]
    fn a_rule_that_is_not_understood_sets_the_policy_aside() {
        let text = r#"{"kind":"Policy","apiVersion":"audit.k8s.io/v1","rules":[{"level":"Loud"}]}"#;
        let found = read_text("policy.json", text);
        let kinds: Vec<_> = found.problems.iter().map(|problem| problem.kind).collect();
        assert_eq!((found.records.len(), kinds), (0, vec![ProblemKind::Malformed]));
    }
}
