//! Falco (`falco`): one alert per line (`json_output: true`).
//!
//! Falco reports what its rules select, so its silence covers nothing. Its own alert about dropped
//! system calls says that it was blind for a while.
//!
//! Alerts that were told to name processes (`proc.pid`, `proc.ppid`) stand under them. A number alone is
//! used again by later processes; with the start (`proc.pid.ts`) it is not.

use serde_json::{Value, json};

use super::{Act, Place, event, lost, missing_time, text, time};
use crate::domain::{Discipline, EventKind, Plane, Text};
use crate::ingest::{Document, Format, Shape, Side, Sink};

const ID: &str = "falco";

pub const FORMAT: Format = Format {
    id: ID,
    title: "Falco alerts",
    side: Side::Operational,
    says: &[(Discipline::Behavior, "what its rules alerted on")],
    coverage: "alerts only: no alert does not mean that nothing happened",
    recognises: |shape: &Shape<'_>| ["rule", "priority", "output"].iter().all(|key| shape.has(key)),
    read,
};

/// The rules by which Falco reports that it lost system calls.
const DROPS: &str = "Falco internal: syscall event drop";

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(alert) = document.parse::<Value>(sink) else { return };
    let Some(time) = alert.get("time").and_then(time) else {
        return missing_time(document, sink);
    };
    let fields = alert.get("output_fields").unwrap_or(&Value::Null);
    let field =
        |name: &str| fields.get(name).and_then(Value::as_str).filter(|text| *text != "<NA>");
    let rule = text(&alert, &["rule"]).unwrap_or("alert");
    if rule == DROPS {
        let dropped = fields.get("n_drops").map_or_else(|| "some".to_owned(), plain);
        let what = format!("{dropped} system calls dropped");
        lost(ID, Plane::Processes, "", time, what, sink);
    }
    let own = |text: Option<&str>| text.map(str::to_owned);
    let place = Place {
        namespace: own(field("k8s.ns.name").or_else(|| field("ka.target.namespace"))),
        pod: own(field("k8s.pod.name")),
        workload: own(field("k8s.deployment.name").or_else(|| field("k8s.rc.name"))),
        container: own(field("container.name")),
        node: own(text(&alert, &["hostname"])),
        cluster: own(field("k8s.cluster.name")),
    };
    const TARGETS: &[&str] = &["fd.name", "proc.exepath", "proc.cmdline", "ka.target.name"];
    let target = TARGETS.iter().find_map(|name| field(name));
    let act =
        Act { kind: EventKind::Alert, target_kind: "falco-rule", ..Act::other(rule, own(target)) };
    let mut event = event(ID, None, time, act, &place, document, sink);
    event.principal =
        field("ka.user.name").or_else(|| field("user.name")).map(|name| sink.intern(name));
    event.justification = text(&alert, &["output"]).map(Text::new);
    let process = |number: &str, start: &str| {
        let number = fields.get(number)?.as_u64()?;
        let host = place.node.as_deref().unwrap_or_default();
        let container = field("container.id").unwrap_or_default();
        let start = fields.get(start).and_then(Value::as_u64);
        let start = start.map(|start| format!("@{start}")).unwrap_or_default();
        Some(format!("{host}/{container}/{number}{start}"))
    };
    let own = process("proc.pid", "proc.pid.ts").map(|id| sink.intern(&id));
    match field("evt.type") {
        Some("execve" | "execveat") => {
            event.span_id = own;
            let parent = process("proc.ppid", "proc.ppid.ts");
            event.parent_span_id = parent.map(|id| sink.intern(&id));
        }
        _ => event.parent_span_id = own,
    }
    event.params = Some(
        json!({
            "priority": alert.get("priority"),
            "source": alert.get("source"),
            "tags": alert.get("tags"),
            "fields": fields,
        })
        .to_string()
        .into(),
    );
    sink.event(event);
}

/// A value as people write it.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
