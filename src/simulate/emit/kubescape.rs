//! Kubescape's learned profiles: what the kernel sensor saw of each workload. One list per namespace
//! with full specs, as exporting the objects by name gives them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::SimulateError;
use super::super::calendar::seconds;
use super::super::firm::{Agent, DNS, Firm, Profile, Reach};
use super::super::run::pod;
use super::Folder;

const API_VERSION: &str = "spdx.softwarecomposition.kubescape.io/v1beta1";

pub fn write(folder: &Folder, firm: &Firm) -> Result<(), SimulateError> {
    let mut lists: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for agent in firm.in_cluster() {
        lists.entry(agent.key.space.raw()).or_default().extend(profiles(firm, agent));
    }
    for (namespace, items) in lists {
        let list = json!({
            "apiVersion": "v1", "kind": "List", "items": items, "metadata": { "resourceVersion": "" },
        });
        folder.json(&format!("kubescape/{namespace}.json"), &list)?;
    }
    Ok(())
}

fn profiles(firm: &Firm, agent: &Agent) -> Vec<Value> {
    let name = agent.key.name.raw();
    let owner = pod(firm, agent, firm.window.end() - 1).owner;
    let (owner, workload) = match agent.is_job() {
        true => (format!("job-{owner}"), format!("cronjob-{name}")),
        false => (format!("replicaset-{owner}"), format!("deployment-{name}")),
    };
    let object = |kind: &str, object_name: String, spec: Value| {
        json!({
            "apiVersion": API_VERSION,
            "kind": kind,
            "metadata": metadata(firm, agent, &object_name),
            "spec": spec,
        })
    };
    let match_labels = json!({ "app": name });
    match agent.profile {
        Profile::PerContainer => {
            let mut spec = container(agent);
            spec["egress"] = egress(agent);
            spec["ingress"] = json!([]);
            spec["matchLabels"] = match_labels;
            vec![object("ContainerProfile", format!("{owner}-agent"), spec)]
        }
        Profile::Complete | Profile::Partial => {
            let mut process = container(agent);
            process["name"] = "agent".into();
            let network = json!({ "name": "agent", "egress": egress(agent), "ingress": [] });
            vec![
                object(
                    "ApplicationProfile",
                    owner,
                    json!({ "architectures": ["amd64"], "containers": [process] }),
                ),
                object(
                    "NetworkNeighborhood",
                    workload,
                    json!({ "containers": [network], "matchLabels": match_labels }),
                ),
            ]
        }
    }
}

fn metadata(firm: &Firm, agent: &Agent, name: &str) -> Value {
    let (namespace, workload) = (agent.key.space.raw(), agent.key.name.raw());
    let (group, kind) = if agent.is_job() { ("batch", "CronJob") } else { ("apps", "Deployment") };
    let completion = match agent.profile {
        Profile::Partial => "partial",
        Profile::Complete | Profile::PerContainer => "complete",
    };
    let learned_from = firm.window.day(agent.from_day);
    json!({
        "name": name,
        "namespace": namespace,
        "creationTimestamp": seconds(learned_from),
        "labels": {
            "kubescape.io/workload-api-group": group,
            "kubescape.io/workload-api-version": "v1",
            "kubescape.io/workload-container-name": "agent",
            "kubescape.io/workload-kind": kind,
            "kubescape.io/workload-name": workload,
            "kubescape.io/workload-namespace": namespace,
        },
        "annotations": {
            "kubescape.io/completion": completion,
            "kubescape.io/status": "completed",
            "kubescape.io/previous-report-timestamp": seconds(learned_from),
            "kubescape.io/report-timestamp": seconds(firm.window.end() - 1),
            "kubescape.io/wlid": format!(
                "wlid://cluster-{}/namespace-{namespace}/{}-{workload}",
                agent.key.realm.raw(),
                kind.to_lowercase(),
            ),
        },
    })
}

fn container(agent: &Agent) -> Value {
    let module = agent.key.name.raw().replace('-', "_");
    json!({
        "capabilities": [],
        "endpoints": [],
        "execs": [{
            "path": "/usr/local/bin/python3",
            "args": ["/usr/local/bin/python3", "-m", module],
        }],
        "opens": [
            { "path": "/etc/ssl/certs/ca-certificates.crt", "flags": ["O_RDONLY", "O_CLOEXEC"] },
            {
                "path": "/var/run/secrets/kubernetes.io/serviceaccount/token",
                "flags": ["O_RDONLY", "O_CLOEXEC"],
            },
        ],
        "syscalls": ["close", "connect", "epoll_wait", "openat", "read", "sendto", "socket", "write"],
    })
}

fn egress(agent: &Agent) -> Value {
    agent.reaches.iter().map(neighbor).collect()
}

fn neighbor(reach: &Reach) -> Value {
    match *reach {
        Reach::Pods { namespace, app, port, protocol } => {
            let label = if *reach == DNS { "k8s-app" } else { "app" };
            json!({
                "identifier": format!("{namespace}/{app}"),
                "type": "internal",
                "dns": "",
                "dnsNames": [],
                "ipAddress": "",
                "namespaceSelector": { "matchLabels": { "kubernetes.io/metadata.name": namespace } },
                "podSelector": { "matchLabels": { label: app } },
                "ports": [port_entry(protocol, port)],
            })
        }
        Reach::Address { ip, port, .. } => json!({
            "identifier": ip,
            "type": "external",
            "dns": "",
            "dnsNames": [],
            "ipAddress": ip,
            "namespaceSelector": null,
            "podSelector": null,
            "ports": [port_entry("TCP", port)],
        }),
    }
}

fn port_entry(protocol: &str, port: u16) -> Value {
    json!({ "name": format!("{protocol}-{port}"), "port": port, "protocol": protocol })
}
