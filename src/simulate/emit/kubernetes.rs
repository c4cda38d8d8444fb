//! Kubernetes objects as typed lists, as the API returns them and kubectl prints them.

use serde_json::{Value, json};

use crate::domain::configured::{Binding, Meta, Role, Rule, Selector};

use super::super::SimulateError;
use super::super::calendar::{Nanos, seconds};
use super::super::dice::Dice;
use super::super::firm::{Agent, DNS, Firm, Reach};
use super::super::rbac::{GRANTED_AT, OWNER, TEAM};
use super::super::run::{Pod, pod};
use super::Folder;

/// The version of the cluster's store at which every list was taken.
const RESOURCE_VERSION: &str = "48213377";
const APPS: &str = "apps/v1";
const BATCH: &str = "batch/v1";
const RBAC: &str = "rbac.authorization.k8s.io/v1";

/// Writes one file per kind. Every list is complete.
pub fn write(folder: &Folder, firm: &Firm) -> Result<(), SimulateError> {
    let writer = Writer { folder, firm };
    writer.list("namespaces", "v1", "Namespace", namespaces(firm))?;
    writer.list("serviceaccounts", "v1", "ServiceAccount", service_accounts(firm))?;
    let (jobs, services): (Vec<_>, Vec<_>) = firm.in_cluster().partition(|agent| agent.is_job());
    writer.list("deployments", APPS, "Deployment", services.iter().map(|a| deployment(firm, a)))?;
    writer.list(
        "replicasets",
        APPS,
        "ReplicaSet",
        services.iter().map(|a| replica_set(firm, a)),
    )?;
    writer.list("pods", "v1", "Pod", services.iter().map(|a| running_pod(firm, a)))?;
    writer.list("cronjobs", BATCH, "CronJob", jobs.iter().map(|a| cron_job(firm, a)))?;
    writer.list("jobs", BATCH, "Job", jobs.iter().filter_map(|a| job(firm, a)))?;
    let namespaced = |meta: &Meta| !meta.namespace.is_empty();
    for (wanted, file, kind) in [(true, "roles", "Role"), (false, "clusterroles", "ClusterRole")] {
        let roles = firm.roles.iter().filter(|role| namespaced(&role.meta) == wanted);
        writer.list(file, RBAC, kind, roles.map(role))?;
    }
    for (wanted, file, kind) in [
        (true, "rolebindings", "RoleBinding"),
        (false, "clusterrolebindings", "ClusterRoleBinding"),
    ] {
        let bindings = firm.bindings.iter().filter(|binding| namespaced(&binding.meta) == wanted);
        writer.list(file, RBAC, kind, bindings.map(binding))?;
    }
    let policies = firm.in_cluster().filter_map(|agent| network_policy(firm, agent));
    writer.list("networkpolicies", "networking.k8s.io/v1", "NetworkPolicy", policies)
}

struct Writer<'a> {
    folder: &'a Folder,
    firm: &'a Firm,
}

impl Writer<'_> {
    /// Each item gets what every stored object has: type, uid, time of creation, version.
    fn list(
        &self,
        file: &str,
        api_version: &str,
        kind: &str,
        items: impl IntoIterator<Item = Value>,
    ) -> Result<(), SimulateError> {
        let items: Vec<Value> = items
            .into_iter()
            .map(|mut item| {
                let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
                let metadata = &item["metadata"];
                let (namespace, name) = (text(&metadata["namespace"]), text(&metadata["name"]));
                let uid = Dice::new(self.firm.seed, &["object", kind, &namespace, &name]).uuid();
                let created = match metadata["annotations"][GRANTED_AT].as_str() {
                    Some(granted) => granted.to_owned(),
                    None => seconds(self.firm.window.before(120)),
                };
                let metadata = &mut item["metadata"];
                for (key, value) in [
                    ("uid", uid),
                    ("creationTimestamp", created),
                    ("resourceVersion", version(&name)),
                ] {
                    if metadata[key].is_null() {
                        metadata[key] = value.into();
                    }
                }
                item["apiVersion"] = api_version.into();
                item["kind"] = kind.into();
                item
            })
            .collect();
        let list = json!({
            "apiVersion": api_version,
            "kind": format!("{kind}List"),
            "metadata": { "resourceVersion": RESOURCE_VERSION },
            "items": items,
        });
        self.folder.yaml(&format!("kubernetes/{file}.yaml"), &list)
    }
}

/// A plausible version below the list's own.
fn version(name: &str) -> String {
    let sum = name.bytes().fold(0u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    (40_000_000 + sum % 8_000_000).to_string()
}

fn namespaces(firm: &Firm) -> Vec<Value> {
    let platform = ["ai-platform", "kube-system"];
    let own = firm.namespaces().into_iter().map(|name| name.raw());
    own.chain(platform)
        .map(|name| {
            json!({
                "metadata": { "name": name, "labels": { "kubernetes.io/metadata.name": name } },
                "spec": { "finalizers": ["kubernetes"] },
                "status": { "phase": "Active" },
            })
        })
        .collect()
}

fn service_accounts(firm: &Firm) -> Vec<Value> {
    let mut accounts: Vec<_> = firm
        .in_cluster()
        .map(|agent| (agent.key.space.raw(), agent.service_account.as_str(), agent.team))
        .collect();
    accounts.sort_unstable();
    accounts.dedup_by_key(|(namespace, name, _)| (*namespace, *name));
    let metadata = |(namespace, name, team): (&str, &str, &str)| {
        json!({ "metadata": {
            "namespace": namespace, "name": name, "annotations": { TEAM: team },
        } })
    };
    accounts.into_iter().map(metadata).collect()
}

fn created(firm: &Firm, agent: &Agent) -> Nanos {
    match agent.from_day {
        0 => firm.window.before(90),
        day => firm.window.day(day),
    }
}

fn labels(agent: &Agent) -> Value {
    json!({ "app": agent.key.name.raw(), "team": agent.team })
}

fn metadata(firm: &Firm, agent: &Agent, name: &str) -> Value {
    json!({
        "namespace": agent.key.space.raw(),
        "name": name,
        "labels": labels(agent),
        "annotations": { OWNER: agent.owner, TEAM: agent.team },
        "creationTimestamp": seconds(created(firm, agent)),
    })
}

fn template(agent: &Agent) -> Value {
    json!({ "metadata": { "labels": labels(agent) }, "spec": pod_spec(agent) })
}

fn pod_spec(agent: &Agent) -> Value {
    let name = agent.key.name.raw();
    json!({
        "serviceAccountName": agent.service_account,
        "restartPolicy": if agent.is_job() { "Never" } else { "Always" },
        "containers": [{
            "name": "agent",
            "image": format!("registry.meridian.example/agents/{name}:2026.9.3"),
            "securityContext": { "allowPrivilegeEscalation": false, "runAsNonRoot": true },
        }],
    })
}

fn deployment(firm: &Firm, agent: &Agent) -> Value {
    json!({
        "metadata": metadata(firm, agent, agent.key.name.raw()),
        "spec": {
            "replicas": 1,
            "selector": { "matchLabels": { "app": agent.key.name.raw() } },
            "template": template(agent),
        },
    })
}

fn owned(mut metadata: Value, api_version: &str, kind: &str, name: &str) -> Value {
    metadata["ownerReferences"] =
        json!([{ "apiVersion": api_version, "kind": kind, "name": name, "controller": true }]);
    metadata
}

/// The pod at the end of the window, when the lists were taken.
fn last_pod(firm: &Firm, agent: &Agent) -> Pod {
    pod(firm, agent, firm.window.end() - 1)
}

fn replica_set(firm: &Firm, agent: &Agent) -> Value {
    let metadata = metadata(firm, agent, &last_pod(firm, agent).owner);
    json!({
        "metadata": owned(metadata, APPS, "Deployment", agent.key.name.raw()),
        "spec": {
            "replicas": 1,
            "selector": { "matchLabels": { "app": agent.key.name.raw() } },
            "template": template(agent),
        },
    })
}

fn running_pod(firm: &Firm, agent: &Agent) -> Value {
    let pod = last_pod(firm, agent);
    let mut metadata = owned(metadata(firm, agent, &pod.name), APPS, "ReplicaSet", &pod.owner);
    metadata["uid"] = pod.uid.into();
    let mut spec = pod_spec(agent);
    spec["nodeName"] = pod.node.into();
    json!({ "metadata": metadata, "spec": spec, "status": { "phase": "Running" } })
}

fn cron_job(firm: &Firm, agent: &Agent) -> Value {
    let day = match agent.cadence {
        super::super::firm::Cadence::Monthly(day) => day,
        super::super::firm::Cadence::Daily => 1,
    };
    json!({
        "metadata": metadata(firm, agent, agent.key.name.raw()),
        "spec": {
            "schedule": format!("0 3 {day} * *"),
            "jobTemplate": { "spec": { "template": template(agent) } },
        },
    })
}

/// The job that ran inside the window.
fn job(firm: &Firm, agent: &Agent) -> Option<Value> {
    let super::super::firm::Cadence::Monthly(on) = agent.cadence else { return None };
    let day = (0..firm.window.days).find(|&day| {
        let date = super::super::calendar::date(firm.window.day(day));
        date.ends_with(&format!("-{on:02}"))
    })?;
    let ran = pod(firm, agent, firm.window.at(day, 3, 0));
    let metadata = metadata(firm, agent, &ran.owner);
    Some(json!({
        "metadata": owned(metadata, BATCH, "CronJob", agent.key.name.raw()),
        "spec": { "template": template(agent) },
        "status": { "succeeded": 1 },
    }))
}

fn object_metadata(meta: &Meta) -> Value {
    let mut shown = json!({ "name": meta.name });
    if !meta.namespace.is_empty() {
        shown["namespace"] = meta.namespace.raw().into();
    }
    if !meta.labels.is_empty() {
        shown["labels"] = json!(meta.labels);
    }
    if !meta.annotations.is_empty() {
        shown["annotations"] = json!(meta.annotations);
    }
    shown
}

fn role(role: &Role) -> Value {
    let mut shown = json!({
        "metadata": object_metadata(&role.meta),
        "rules": role.rules.iter().map(rule).collect::<Vec<_>>(),
    });
    if !role.aggregates.is_empty() {
        let selectors: Vec<_> = role.aggregates.iter().map(selector).collect();
        shown["aggregationRule"] = json!({ "clusterRoleSelectors": selectors });
    }
    shown
}

fn rule(rule: &Rule) -> Value {
    if !rule.paths.is_empty() {
        return json!({ "verbs": rule.verbs, "nonResourceURLs": rule.paths });
    }
    let mut shown =
        json!({ "verbs": rule.verbs, "apiGroups": rule.groups, "resources": rule.resources });
    if !rule.names.is_empty() {
        shown["resourceNames"] = json!(rule.names);
    }
    shown
}

fn selector(selector: &Selector) -> Value {
    json!({ "matchLabels": selector.labels })
}

fn binding(binding: &Binding) -> Value {
    let subjects: Vec<_> = binding
        .subjects
        .iter()
        .map(|subject| match subject.kind == "ServiceAccount" {
            true => {
                json!({ "kind": subject.kind, "name": subject.name, "namespace": subject.namespace })
            }
            false => json!({
                "apiGroup": "rbac.authorization.k8s.io", "kind": subject.kind, "name": subject.name,
            }),
        })
        .collect();
    json!({
        "metadata": object_metadata(&binding.meta),
        "roleRef": {
            "apiGroup": "rbac.authorization.k8s.io",
            "kind": binding.role_kind,
            "name": binding.role,
        },
        "subjects": subjects,
    })
}

fn network_policy(firm: &Firm, agent: &Agent) -> Option<Value> {
    let permitted = agent.permitted.as_ref()?;
    let name = format!("{}-egress", agent.key.name.raw());
    let rules: Vec<_> = permitted.iter().map(egress_rule).collect();
    Some(json!({
        "metadata": metadata(firm, agent, &name),
        "spec": {
            "podSelector": { "matchLabels": { "app": agent.key.name.raw() } },
            "policyTypes": ["Egress"],
            "egress": rules,
        },
    }))
}

fn egress_rule(reach: &Reach) -> Value {
    match *reach {
        Reach::Pods { namespace, app, port, protocol } => {
            let label = if *reach == DNS { "k8s-app" } else { "app" };
            json!({
                "to": [{
                    "namespaceSelector": { "matchLabels": { "kubernetes.io/metadata.name": namespace } },
                    "podSelector": { "matchLabels": { label: app } },
                }],
                "ports": [{ "port": port, "protocol": protocol }],
            })
        }
        Reach::Address { cidr, port, .. } => json!({
            "to": [{ "ipBlock": { "cidr": cidr } }],
            "ports": [{ "port": port, "protocol": "TCP" }],
        }),
    }
}
