//! Kubescape's runtime alerts (`kubescape-alerts`): the body that its HTTP exporter posts
//! (`RuntimeAlerts`), whose alerts are flat, and the lines that it logs, whose alerts are nested.
//!
//! A rule fires where behaviour departs from a profile, so silence covers nothing: R0011 (egress) is off
//! by default, and R0002 (files) too.

use serde_json::{Map, Value, json};

use crate::domain::{
    AgentKey, Digest, Discipline, Event, EventId, EventKind, Location, ProblemKind, Text,
};
use crate::ingest::{Document, Format, Shape, Side, Sink, location};

const ID: &str = "kubescape-alerts";

pub const FORMAT: Format = Format {
    id: ID,
    title: "Kubescape runtime alerts",
    side: Side::Operational,
    says: &[(Discipline::Behavior, "departures from a learned profile, and malware")],
    coverage: "alerts only: no alert does not mean that nothing happened, and some rules are off by \
               default",
    recognises: |shape: &Shape<'_>| {
        shape.is_kind("RuntimeAlerts")
            || (shape.has("RuleID") && shape.has("BaseRuntimeMetadata"))
            || (shape.has("alertName") && shape.has("ruleID"))
    },
    read,
};

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(whole) = document.parse::<Value>(sink) else { return };
    let Some(alerts) = whole.pointer("/spec/alerts").and_then(Value::as_array) else {
        return alert(
            &flat(whole),
            &whole_process(&Value::Null),
            document,
            document.at.clone(),
            sink,
        );
    };
    let tree = whole_process(whole.get("spec").unwrap_or(&Value::Null));
    for (number, one) in alerts.iter().enumerate() {
        let at = location::beneath(&document.at, &format!("/spec/alerts/{number}"));
        alert(one, &tree, document, at, sink);
    }
}

/// A logged alert with the members of its groups beside each other, as in the flat form.
fn flat(whole: Value) -> Value {
    const GROUPS: &[&str] = &["BaseRuntimeMetadata", "RuntimeK8sDetails", "RuntimeProcessDetails"];
    let Value::Object(mut members) = whole else { return whole };
    let mut flat = Map::new();
    for group in GROUPS {
        if let Some(Value::Object(inner)) = members.remove(*group) {
            flat.extend(inner);
        }
    }
    for (logged, name) in
        [("msg", "alertName"), ("RuleID", "ruleID"), ("message", "message"), ("time", "timestamp")]
    {
        if let Some(value) = members.remove(logged) {
            flat.entry(name).or_insert(value);
        }
    }
    Value::Object(flat)
}

/// The process that the exporter sends beside the alerts.
fn whole_process(spec: &Value) -> Value {
    spec.pointer("/processTree/processTree")
        .or(spec.get("processTree"))
        .cloned()
        .unwrap_or_default()
}

fn alert(one: &Value, tree: &Value, document: &Document<'_>, at: Location, sink: &mut dyn Sink) {
    let text = |key: &str| one.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    let Some(time) = text("timestamp").and_then(super::time::parse) else {
        let message = "an alert without a time";
        let problem = document.problem(ProblemKind::MissingField, message);
        return sink.problem(crate::domain::Problem { at, ..problem });
    };
    let digest = Digest::of(one.to_string().as_bytes()).to_string();
    let id = EventId::of(ID, &[text("uniqueID").unwrap_or(&digest), &digest]);
    let source = sink.intern(ID);
    let place = crate::domain::Place { at, ..document.place() };
    let mut event = Event::new(id, time, &source, EventKind::Alert, place);
    event.recorder = Some(sink.intern("kubescape"));
    let cluster = text("clusterName").unwrap_or_default();
    event.account = Some(sink.intern(cluster)).filter(|cluster| !cluster.is_empty());
    let namespace = text("workloadNamespace").or(text("podNamespace")).or(text("namespace"));
    let workload = text("workloadName").or(text("podName"));
    event.agent = namespace
        .zip(workload)
        .map(|(namespace, workload)| AgentKey::new(cluster, namespace, workload));
    event.instance = text("podName").map(|pod| sink.intern(pod));
    event.action = text("alertName").or(text("ruleID")).map(|name| sink.intern(name));
    event.target = target(one).map(|target| sink.intern(&target));
    event.target_kind = text("ruleID").map(|rule| sink.intern(rule));
    event.justification = text("message").or(text("ruleDescription")).map(Text::new);
    event.inline = Some(false);
    let process = one.get("processTree").filter(|tree| tree.is_object()).unwrap_or(tree);
    event.params = Some(parameters(one, process).to_string().into());
    sink.event(event);
}

/// What the alert is about: the command, the file, the host or the domain among its arguments.
fn target(one: &Value) -> Option<String> {
    const ARGUMENTS: &[&str] =
        &["exec", "path", "domain", "dstIP", "ip", "syscall", "capability", "args"];
    let arguments = one.get("arguments")?;
    let found = ARGUMENTS.iter().find_map(|name| arguments.get(name)?.as_str())?;
    Some(found.to_owned()).filter(|found| !found.is_empty())
}

fn parameters(one: &Value, process: &Value) -> Value {
    let mut parameters = json!({
        "severity": one.get("severity"),
        "arguments": one.get("arguments"),
        "container": one.get("containerName"),
        "container_id": one.get("containerID"),
        "image": one.get("image"),
        "image_digest": one.get("imageDigest"),
        "node": one.get("nodeName"),
        "infected_pid": one.get("infectedPID"),
        "profile": one.get("profileMetadata"),
        "identifiers": one.get("identifiers"),
        // The command is cut at 15 characters; the path is not.
        "process": { "command": process.get("comm"), "path": process.get("path"),
                     "command_line": process.get("cmdline"), "pid": process.get("pid"),
                     "parent": process.get("pcomm"), "parent_pid": process.get("ppid") },
    });
    if let Value::Object(members) = &mut parameters {
        members.retain(|_, value| !value.is_null());
    }
    parameters
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::lines;
    use crate::ingest::configured::tests::read_text;

    #[test]
    fn posted_alerts_are_flat() {
        let found = read_text(
            "alerts.json",
            r#"{"kind":"RuntimeAlerts","apiVersion":"kubescape.io/v1","spec":{"alerts":[
            {"alertName":"Unexpected process launched","ruleID":"R0001","severity":1,
             "timestamp":"2026-08-01T10:00:00Z","arguments":{"exec":"/bin/bash"},"clusterName":"prod",
             "podName":"billing-7f-x","workloadName":"billing","workloadNamespace":"agents",
             "processTree":{"pid":42,"comm":"a-very-long-com"}},
            {"alertName":"no time"}]}}"#,
        );
        assert_eq!(lines(&found.events), ["alert Unexpected process launched /bin/bash"]);
        let event = found.events.first().expect("one event");
        assert_eq!(
            event.agent.as_ref().map(|agent| agent.visible()),
            Some("prod/agents/billing".into())
        );
        assert_eq!(event.target_kind, Some("R0001".into()));
        assert_eq!(found.problems.len(), 1, "{:?}", found.problems);
    }

    #[test]
    fn logged_alerts_are_nested() {
        let found = read_text(
            "log.jsonl",
            r#"{"level":"error","msg":"Exec to pod","time":"2026-08-01T10:00:00Z","message":"why","RuleID":"R2000","BaseRuntimeMetadata":{"alertName":"Exec to pod","timestamp":"2026-08-01T10:00:00Z","severity":5},"RuntimeK8sDetails":{"podName":"p-1","podNamespace":"n","workloadName":"p"}}"#,
        );
        assert_eq!(lines(&found.events), ["alert Exec to pod -"]);
        let event = found.events.first().expect("one event");
        assert_eq!(event.agent.as_ref().map(|agent| agent.visible()), Some("-/n/p".into()));
        assert_eq!(event.justification, Some("why".into()));
    }
}
