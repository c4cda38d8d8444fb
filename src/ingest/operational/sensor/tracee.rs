//! Tracee (`tracee`): one event per line, in the older flat shape (`eventName`, `args`) and the newer
//! one (`name`, `workload`, `data`).
//!
//! A process is a span of its entity id, which Tracee makes of process number and start, under that of
//! its parent. `processName` is the kernel's command name, cut at 15 characters: the executable's path
//! is what counts, where there is one.

use serde_json::{Value, json};

use super::{Act, Place, event, missing_time, port, text, time};
use crate::domain::{Discipline, EventKind, Outcome, Text};
use crate::ingest::{Document, Format, Shape, Side, Sink};

const ID: &str = "tracee";

pub const FORMAT: Format = Format {
    id: ID,
    title: "Tracee events",
    side: Side::Operational,
    says: &[(Discipline::Behavior, "processes, files, connections, system calls and detections")],
    coverage: "the events that its policies select; what they leave out is not in it",
    recognises: |shape: &Shape<'_>| {
        (shape.has("eventName") && shape.has("processName"))
            || (shape.has("workload") && shape.has("policies") && shape.has("timestamp"))
    },
    read,
};

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(whole) = document.parse::<Value>(sink) else { return };
    let Some(time) = whole.get("timestamp").and_then(time) else {
        return missing_time(document, sink);
    };
    let arguments = Arguments::of(&whole);
    let name = text(&whole, &["eventName"]).or(text(&whole, &["name"])).unwrap_or("event");
    let place = place(&whole);
    let mut event = event(ID, None, time, act(name, &whole, &arguments), &place, document, sink);
    let result = whole.get("returnValue").and_then(Value::as_i64).or_else(|| arguments.result());
    event.outcome = result.map(|result| match result < 0 {
        true => Outcome::Failure,
        false => Outcome::Success,
    });
    let uid = whole.get("userId").or_else(|| whole.pointer("/workload/process/realUser/id"));
    event.principal = uid.and_then(Value::as_u64).map(|uid| sink.intern(&format!("uid:{uid}")));
    let process = |old: &str, new: &str| whole.get(old).or_else(|| whole.pointer(new)).cloned();
    let entity = process("processEntityId", "/workload/process/uniqueId");
    let parent = process("parentEntityId", "/workload/process/ancestors/0/uniqueId");
    let id = |entity: &Option<Value>| {
        let entity = entity.as_ref().and_then(Value::as_u64).filter(|entity| *entity > 0)?;
        Some(format!("{}:{entity}", place.node.as_deref().unwrap_or_default()))
    };
    match event.kind {
        EventKind::Exec => {
            event.span_id = id(&entity).map(|id| sink.intern(&id));
            event.parent_span_id = id(&parent).map(|id| sink.intern(&id));
        }
        _ => event.parent_span_id = id(&entity).map(|id| sink.intern(&id)),
    }
    let mut parameters = json!({
        "command": process("processName", "/workload/process/thread/name"),
        "path": whole.pointer("/executable/path").or(whole.pointer("/workload/process/executable/path")),
        "pid": process("hostProcessId", "/workload/process/hostPid"),
        "parent_pid": whole.get("hostParentProcessId"),
        "process_entity": entity,
        "parent_entity": parent,
        "container": place.container,
        "container_id": process("containerId", "/workload/container/id"),
        "policies": whole.get("matchedPolicies").or(whole.pointer("/policies/matched")),
        "syscall": whole.get("syscall"),
        "arguments": arguments.all(),
    });
    if let Value::Object(members) = &mut parameters {
        members.retain(|_, value| !value.is_null());
    }
    event.params = Some(Text::from(parameters.to_string()));
    sink.event(event);
}

/// Named arguments, in either shape.
struct Arguments<'a>(&'a [Value]);

impl<'a> Arguments<'a> {
    fn of(whole: &'a Value) -> Self {
        let list = whole.get("args").or_else(|| whole.get("data")).and_then(Value::as_array);
        Self(list.map_or(&[], Vec::as_slice))
    }

    /// The value of an argument. The newer shape puts it under the name of its type.
    fn get(&self, name: &str) -> Option<&'a Value> {
        let argument = self.0.iter().find(|argument| text(argument, &["name"]) == Some(name))?;
        argument.get("value").or_else(|| {
            let mut members = argument.as_object()?.iter();
            members.find(|(key, _)| *key != "name").map(|(_, value)| value)
        })
    }

    fn text(&self, names: &[&str]) -> Option<&'a str> {
        names.iter().find_map(|name| self.get(name)?.as_str()).filter(|text| !text.is_empty())
    }

    fn result(&self) -> Option<i64> {
        self.get("returnValue")?.as_i64()
    }

    fn all(&self) -> Value {
        let pairs = self.0.iter().filter_map(|argument| {
            let name = text(argument, &["name"])?;
            Some((name.to_owned(), self.get(name)?.clone()))
        });
        Value::Object(pairs.collect())
    }
}

fn act(name: &str, whole: &Value, arguments: &Arguments<'_>) -> Act {
    let is_detection = whole.get("detectedFrom").is_some()
        || whole.pointer("/metadata/Properties/signatureID").is_some();
    if is_detection {
        return Act { kind: EventKind::Alert, target_kind: "signature", ..Act::other(name, None) };
    }
    let path = arguments.text(&["pathname", "cmdpath", "file_path", "path"]);
    match (name, path) {
        ("execve" | "execveat" | "sched_process_exec" | "security_bprm_check", Some(path)) => {
            Act::exec(path)
        }
        (name, Some(path))
            if name.contains("open") || name.contains("file") || name.contains("unlink") =>
        {
            let flags = arguments.get("flags");
            let written = flags.and_then(Value::as_str).is_some_and(|flags| {
                ["O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC"].iter().any(|flag| flags.contains(flag))
            });
            // Access mode of open(2): 1 is O_WRONLY, 2 is O_RDWR.
            let by_number = flags.and_then(Value::as_u64).is_some_and(|flags| flags & 3 != 0);
            Act::file(
                path,
                written || by_number || name.contains("write") || name.contains("unlink"),
            )
        }
        ("connect" | "security_socket_connect" | "net_tcp_connect", _) => connection(arguments),
        ("sched_process_exit", _) => Act::other("exit", None),
        (name, _) if name.starts_with("net_packet_dns") => {
            let question = arguments.get("dns_questions").and_then(|list| list.get(0));
            let question = question.and_then(|question| text(question, &["query"]));
            Act::other("resolve", question.map(str::to_owned))
        }
        (name, _) if name.starts_with("net_packet") => {
            let host = arguments.text(&["dst"]).unwrap_or_default();
            let port = arguments.get("dst_port").and_then(Value::as_u64);
            let protocol = if name.ends_with("udp") { "udp" } else { "tcp" };
            Act::connect(host, port.and_then(|port| port.try_into().ok()), protocol)
        }
        (name, path) => Act { target: path.map(str::to_owned), ..Act::syscall(name) },
    }
}

fn connection(arguments: &Arguments<'_>) -> Act {
    let Some(remote) = arguments.get("remote_addr").or_else(|| arguments.get("addr")) else {
        let host = arguments.text(&["dst_dns", "dst"]).unwrap_or_default();
        let port = arguments.get("dst_port").and_then(Value::as_u64);
        return Act::connect(host, port.and_then(|port| port.try_into().ok()), "tcp");
    };
    let host = ["sin_addr", "sin6_addr", "sun_path"].iter().find_map(|key| text(remote, &[key]));
    let port = port(remote, &["sin_port"]).or_else(|| port(remote, &["sin6_port"]));
    Act::connect(host.unwrap_or_default(), port, "tcp")
}

fn place(whole: &Value) -> Place {
    let own = |paths: &[&str]| {
        let found = paths.iter().find_map(|path| whole.pointer(path)?.as_str());
        found.filter(|text| !text.is_empty()).map(str::to_owned)
    };
    Place {
        cluster: None,
        namespace: own(&[
            "/kubernetes/podNamespace",
            "/podNamespace",
            "/workload/k8s/namespace/name",
        ]),
        pod: own(&["/kubernetes/podName", "/podName", "/workload/k8s/pod/name"]),
        workload: None,
        container: own(&["/container/name", "/containerName", "/workload/container/name"]),
        node: own(&["/hostName"]),
    }
}
