//! Kubernetes audit events (`audit.k8s.io/v1`, level Metadata), as the log backend writes them.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use crate::domain::configured::Binding;

use super::super::calendar::{Nanos, micros};
use super::super::dice::Dice;
use super::super::firm::{Agent, Firm};
use super::super::noise::Noise;
use super::super::rbac::{Identity, authorize};
use super::super::run::{Pod, Request};
use super::super::script::Access;

/// Turns requests into audit events. Remembers decisions: the same caller asks the same again.
pub struct Auditor<'a> {
    firm: &'a Firm,
    bindings: Vec<&'a Binding>,
    decisions: HashMap<(String, Access, String), Option<String>>,
    dice: Dice,
    /// Requests that were refused so far.
    pub refused: u64,
}

/// One line of the log, at its time.
pub struct Line {
    pub at: Nanos,
    pub json: Vec<u8>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Event<'a> {
    kind: &'static str,
    api_version: &'static str,
    level: &'static str,
    #[serde(rename = "auditID")]
    audit_id: &'a str,
    stage: &'static str,
    #[serde(rename = "requestURI")]
    request_uri: String,
    verb: &'static str,
    user: User<'a>,
    #[serde(rename = "sourceIPs")]
    source_ips: [&'a str; 1],
    user_agent: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    object_ref: Option<ObjectRef<'a>>,
    response_status: Status,
    request_received_timestamp: String,
    stage_timestamp: String,
    annotations: BTreeMap<&'static str, String>,
}

#[derive(Clone, Serialize)]
struct User<'a> {
    username: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    uid: &'a str,
    groups: &'a [String],
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    extra: BTreeMap<&'static str, [String; 1]>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ObjectRef<'a> {
    resource: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    namespace: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    name: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    api_group: &'static str,
    api_version: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    subresource: Option<&'static str>,
}

#[derive(Serialize)]
struct Status {
    metadata: BTreeMap<(), ()>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    code: u16,
}

/// Who makes a request, with what the log says of them.
struct Caller<'a> {
    user: User<'a>,
    address: &'a str,
    user_agent: &'a str,
    node: bool,
}

impl<'a> Auditor<'a> {
    pub fn new(firm: &'a Firm) -> Self {
        Self {
            firm,
            bindings: firm.bindings.iter().chain(&firm.withdrawn).collect(),
            decisions: HashMap::new(),
            dice: Dice::new(firm.seed, &["audit"]),
            refused: 0,
        }
    }

    /// The lines of one request of an agent.
    pub fn agent(&mut self, agent: &Agent, pod: &Pod, request: &Request) -> Vec<Line> {
        let namespace = agent.key.space.raw();
        let account = &agent.service_account;
        let username = format!("system:serviceaccount:{namespace}:{account}");
        let groups = [
            "system:serviceaccounts".to_owned(),
            format!("system:serviceaccounts:{namespace}"),
            "system:authenticated".to_owned(),
        ];
        let uid = Dice::new(self.firm.seed, &["uid", namespace, account]).uuid();
        let mut extra = BTreeMap::new();
        if agent.bound_tokens {
            let said = [
                ("authentication.kubernetes.io/credential-id", format!("JTI={}", pod.token)),
                ("authentication.kubernetes.io/node-name", pod.node.clone()),
                ("authentication.kubernetes.io/pod-name", pod.name.clone()),
                ("authentication.kubernetes.io/pod-uid", pod.uid.clone()),
            ];
            extra.extend(said.map(|(key, value)| (key, [value])));
        }
        let caller = Caller {
            user: User { username: &username, uid: &uid, groups: &groups, extra },
            address: &pod.ip,
            user_agent: "OpenAPI-Generator/34.1.0/python",
            node: false,
        };
        self.lines(&caller, request.at, &request.access, namespace)
    }

    /// The lines of one request of the control plane.
    pub fn noise(&mut self, noise: &Noise) -> Vec<Line> {
        let groups: Vec<_> = noise.caller.groups.iter().map(|&group| group.to_owned()).collect();
        let user = User {
            username: noise.caller.username,
            uid: "",
            groups: &groups,
            extra: BTreeMap::new(),
        };
        let caller = Caller {
            user,
            address: "10.20.0.5",
            user_agent: noise.caller.user_agent,
            node: noise.caller.node,
        };
        self.lines(&caller, noise.at, &noise.access, "")
    }

    fn lines(&mut self, caller: &Caller<'_>, at: Nanos, access: &Access, own: &str) -> Vec<Line> {
        let namespace = match (access.is_cluster_scoped(), access.namespace) {
            (true, _) => "",
            (false, "") => own,
            (false, other) => other,
        };
        let decided = match caller.node {
            // The node authorizer allows without an RBAC reason.
            true => Some(String::new()),
            false => self.decide(caller, access, namespace),
        };
        let audit_id = self.dice.uuid();
        let finished = at + self.dice.between(2_000_000, 19_000_000);
        // A watch is logged when it begins to answer and again when it ends.
        let stages: &[_] = match access.verb {
            "watch" => &["ResponseStarted", "ResponseComplete"],
            _ => &["ResponseComplete"],
        };
        if decided.is_none() {
            self.refused += 1;
        }
        stages
            .iter()
            .map(|stage| {
                let event =
                    event(caller, (at, finished), access, namespace, &decided, (&audit_id, stage));
                Line { at: finished, json: serde_json::to_vec(&event).unwrap_or_default() }
            })
            .collect()
    }

    fn decide(&mut self, caller: &Caller<'_>, access: &Access, namespace: &str) -> Option<String> {
        let key = (caller.user.username.to_owned(), *access, namespace.to_owned());
        let (firm, bindings) = (self.firm, &self.bindings);
        self.decisions
            .entry(key)
            .or_insert_with(|| {
                let identity =
                    Identity { username: caller.user.username, groups: caller.user.groups };
                authorize(&firm.roles, bindings, &identity, access, namespace)
            })
            .clone()
    }
}

fn event<'a>(
    caller: &'a Caller<'_>,
    (received, finished): (Nanos, Nanos),
    access: &Access,
    namespace: &'a str,
    decided: &Option<String>,
    (audit_id, stage): (&'a str, &'static str),
) -> Event<'a> {
    let created = matches!(access.verb, "create");
    let (decision, status) = match decided {
        Some(_) => (
            "allow",
            Status {
                metadata: BTreeMap::new(),
                status: None,
                reason: None,
                code: if created { 201 } else { 200 },
            },
        ),
        None => (
            "forbid",
            Status {
                metadata: BTreeMap::new(),
                status: Some("Failure"),
                reason: Some("Forbidden"),
                code: 403,
            },
        ),
    };
    Event {
        kind: "Event",
        api_version: "audit.k8s.io/v1",
        level: "Metadata",
        audit_id,
        stage,
        request_uri: uri(access, namespace),
        verb: access.verb,
        user: caller.user.clone(),
        source_ips: [caller.address],
        user_agent: caller.user_agent,
        object_ref: (!access.is_path()).then(|| ObjectRef {
            resource: access.plain(),
            namespace,
            name: access.name,
            api_group: access.group(),
            api_version: "v1",
            subresource: access.subresource(),
        }),
        response_status: status,
        request_received_timestamp: micros(received),
        stage_timestamp: micros(finished),
        annotations: BTreeMap::from([
            ("authorization.k8s.io/decision", decision.to_owned()),
            ("authorization.k8s.io/reason", decided.clone().unwrap_or_default()),
        ]),
    }
}

fn uri(access: &Access, namespace: &str) -> String {
    if access.is_path() {
        return access.resource.to_owned();
    }
    let mut uri = match access.group() {
        "" => "/api/v1".to_owned(),
        group => format!("/apis/{group}/v1"),
    };
    if !namespace.is_empty() {
        uri += &format!("/namespaces/{namespace}");
    }
    uri += &format!("/{}", access.plain());
    for part in [Some(access.name), access.subresource()].into_iter().flatten() {
        if !part.is_empty() {
            uri += &format!("/{part}");
        }
    }
    match access.verb {
        "watch" => uri + "?allowWatchBookmarks=true&watch=true",
        "list" => uri + "?limit=500",
        _ => uri,
    }
}
