//! Hubble (`hubble`): flows of Cilium's network with the verdict on each (`hubble observe -o json`,
//! the flow exporter).
//!
//! A flow is seen where it leaves or arrives; replies belong to the connection and are no acts of their
//! own. Source: Cilium's `flow.proto` and `observer.proto` as protobuf JSON.

use serde_json::{Value, json};

use super::{Act, Place, event, lost, missing_time, number, port, text, time, workload_of};
use crate::domain::{Decision, Discipline, Outcome, Plane, Text};
use crate::ingest::{Document, Format, Shape, Side, Sink};

const ID: &str = "hubble";

pub const FORMAT: Format = Format {
    id: ID,
    title: "Hubble flows",
    side: Side::Operational,
    says: &[(Discipline::Behavior, "connections, names resolved, and the policy that decided")],
    coverage: "the network of its nodes, except events that it says were lost",
    recognises: |shape: &Shape<'_>| {
        shape.has("lost_events")
            || (shape.has("flow") && shape.json().contains("\"verdict\""))
            || ["verdict", "traffic_direction", "source", "destination"]
                .iter()
                .all(|key| shape.has(key))
    },
    read,
};

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(whole) = document.parse::<Value>(sink) else { return };
    let flow = whole.get("flow").unwrap_or(&whole);
    let Some(time) = flow.get("time").or_else(|| whole.get("time")).and_then(time) else {
        return missing_time(document, sink);
    };
    if let Some(events) = whole.get("lost_events") {
        let count = number(events, &["num_events_lost"]).unwrap_or(0);
        let buffer = text(events, &["source"]).unwrap_or("a buffer");
        let node = text(&whole, &["node_name"]).unwrap_or("a node");
        return lost(
            ID,
            Plane::Network,
            "",
            time,
            format!("{count} flows lost at {buffer} on {node}"),
            sink,
        );
    }
    if flow.get("is_reply").and_then(Value::as_bool) == Some(true) {
        return;
    }
    let is_ingress = text(flow, &["traffic_direction"]) == Some("INGRESS");
    let (own, peer) = match is_ingress {
        true => ("destination", "source"),
        false => ("source", "destination"),
    };
    let none = Value::Null;
    let place = place(flow.get(own).unwrap_or(&none), flow);
    let act = act(flow, peer, is_ingress);
    let mut event = event(ID, text(flow, &["uuid"]), time, act, &place, document, sink);
    let verdict = text(flow, &["verdict"]).unwrap_or_default();
    event.decision = match verdict {
        "FORWARDED" | "REDIRECTED" | "TRANSLATED" => Some(Decision::Allow),
        "DROPPED" => Some(Decision::Deny),
        "AUDIT" => Some(Decision::Monitor),
        _ => None,
    };
    event.inline = event.decision.map(|_| true);
    event.outcome = match verdict {
        "DROPPED" | "ERROR" => Some(Outcome::Failure),
        _ => event.decision.map(|_| Outcome::Success),
    };
    event.justification = justification(flow).map(Text::from);
    event.params = Some(parameters(flow, &place));
    sink.event(event);
}

fn label<'a>(endpoint: &'a Value, key: &str) -> Option<&'a str> {
    let labels = endpoint.get("labels")?.as_array()?;
    labels.iter().filter_map(Value::as_str).find_map(|label| {
        let (name, value) = label.split_once('=')?;
        (name.trim_start_matches("k8s:") == key).then_some(value)
    })
}

fn workload(endpoint: &Value) -> Option<String> {
    let named = endpoint.get("workloads").and_then(|list| text(list.get(0)?, &["name"]));
    let by_labels = || workload_of(text(endpoint, &["pod_name"])?, |key| label(endpoint, key));
    named.map(str::to_owned).or_else(by_labels)
}

fn place(endpoint: &Value, flow: &Value) -> Place {
    let own = |path| text(endpoint, path).map(str::to_owned);
    let cluster = text(endpoint, &["cluster_name"])
        .or_else(|| label(endpoint, "io.cilium.k8s.policy.cluster"))
        .filter(|cluster| *cluster != "default");
    Place {
        cluster: cluster.map(str::to_owned),
        namespace: own(&["namespace"]),
        pod: own(&["pod_name"]),
        workload: workload(endpoint),
        container: None,
        node: text(flow, &["node_name"]).map(str::to_owned),
    }
}

fn act(flow: &Value, peer: &str, is_ingress: bool) -> Act {
    if let Some(query) = flow.pointer("/l7/dns").and_then(|dns| text(dns, &["query"])) {
        return Act::other("resolve", Some(query.trim_end_matches('.').to_owned()));
    }
    let endpoint = flow.get(peer).unwrap_or(&Value::Null);
    let host = host(flow, endpoint, peer);
    let (protocol, body) = flow
        .get("l4")
        .and_then(Value::as_object)
        .and_then(|layers| layers.iter().next())
        .map_or(("any", &Value::Null), |(protocol, body)| (protocol.as_str(), body));
    let port = port(body, &["destination_port"]);
    match is_ingress {
        true => Act::accept(&host, port, protocol),
        false => Act::connect(&host, port, protocol),
    }
}

/// Who is at the other end: a pod as `namespace/application`, as learned profiles name it, else a DNS
/// name, else an address.
fn host(flow: &Value, endpoint: &Value, peer: &str) -> String {
    const NAMES: &[&str] = &["app", "app.kubernetes.io/name", "k8s-app", "name"];
    if let Some(namespace) = text(endpoint, &["namespace"]) {
        let application = NAMES.iter().find_map(|name| label(endpoint, name)).map(str::to_owned);
        let application = application.or_else(|| workload(endpoint));
        if let Some(name) = application.or_else(|| text(endpoint, &["pod_name"]).map(str::to_owned))
        {
            return format!("{namespace}/{name}");
        }
    }
    let names = flow.get(format!("{peer}_names")).and_then(|names| names.get(0)?.as_str());
    names.or_else(|| text(flow, &["IP", peer])).unwrap_or_default().to_owned()
}

/// Which policies decided, and why it was dropped.
fn justification(flow: &Value) -> Option<String> {
    const POLICIES: &[&str] =
        &["egress_denied_by", "ingress_denied_by", "egress_allowed_by", "ingress_allowed_by"];
    let mut said: Vec<String> =
        text(flow, &["drop_reason_desc"]).map(str::to_owned).into_iter().collect();
    for key in POLICIES {
        for policy in flow.get(key).and_then(Value::as_array).into_iter().flatten() {
            let kind = text(policy, &["kind"]).unwrap_or("policy");
            let namespace = text(policy, &["namespace"]).unwrap_or_default();
            let name = text(policy, &["name"]).unwrap_or_default();
            said.push(format!("{}: {kind} {namespace}/{name}", key.replace('_', " ")));
        }
    }
    (!said.is_empty()).then(|| said.join("; "))
}

fn parameters(flow: &Value, place: &Place) -> Text {
    let mut parameters = json!({
        "source_ip": flow.pointer("/IP/source"),
        "destination_ip": flow.pointer("/IP/destination"),
        "source_identity": flow.pointer("/source/identity"),
        "destination_identity": flow.pointer("/destination/identity"),
        "type": flow.get("Type"),
        "summary": flow.get("Summary"),
        "http": flow.pointer("/l7/http").map(|http| json!({
            "method": http.get("method"), "url": http.get("url"), "code": http.get("code"),
        })),
        "node": place.node,
        "trace": flow.pointer("/trace_context/parent/trace_id"),
    });
    if let Value::Object(members) = &mut parameters {
        members.retain(|_, value| !value.is_null());
    }
    parameters.to_string().into()
}
