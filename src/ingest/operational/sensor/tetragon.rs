//! Tetragon (`tetragon`): one event per line, its kind the key that holds it.
//!
//! Process identity is `exec_id`, which the event carries as `call_id`. An execution is a span of that
//! id under the process that started it (`parent_exec_id`); whatever else a process does is under it.
//! What the runtime starts from outside is the top of its container. Source: Tetragon's gRPC API, `tetragon.proto` and
//! `events.proto`, as its JSON export writes them.

use serde_json::{Value, json};

use super::{Act, Place, event, lost, missing_time, number, port, text, time, workload_of};
use crate::domain::{Decision, Discipline, Outcome, Plane, Text};
use crate::ingest::{Document, Format, Shape, Side, Sink};

const ID: &str = "tetragon";

pub const FORMAT: Format = Format {
    id: ID,
    title: "Tetragon events",
    side: Side::Operational,
    says: &[(
        Discipline::Behavior,
        "processes with their parents, files, connections, system calls",
    )],
    coverage: "every execution on its nodes; files and connections as far as tracing policies select \
               them; nothing while it is throttled",
    recognises,
    read,
};

const KINDS: &[&str] = &[
    "process_exec",
    "process_exit",
    "process_kprobe",
    "process_tracepoint",
    "process_uprobe",
    "process_usdt",
    "process_lsm",
    "process_loader",
    "process_connect",
    "process_accept",
    "process_listen",
    "process_close",
    "process_throttle",
    "rate_limit_info",
];

fn recognises(shape: &Shape<'_>) -> bool {
    KINDS.iter().any(|kind| shape.has(kind))
}

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(whole) = document.parse::<Value>(sink) else { return };
    let Some((kind, body)) = KINDS.iter().find_map(|kind| Some((*kind, whole.get(kind)?))) else {
        return;
    };
    let process = body.get("process").unwrap_or(&Value::Null);
    // The first events after a start carry no time of their own.
    let started = process.get("start_time").filter(|_| kind == "process_exec");
    let Some(time) = whole.get("time").and_then(time).or_else(|| started.and_then(time)) else {
        return missing_time(document, sink);
    };
    let cluster = text(&whole, &["cluster_name"]).unwrap_or_default();
    let node = text(&whole, &["node_name"]).unwrap_or_default();
    if kind == "process_throttle" || kind == "rate_limit_info" {
        let dropped = number(body, &["number_of_dropped_process_events"]);
        let what = match dropped {
            Some(dropped) => format!("{dropped} events dropped by a rate limit"),
            None => format!("throttled on node {node}: {}", text(body, &["type"]).unwrap_or("?")),
        };
        return lost(ID, Plane::Processes, cluster, time, what, sink);
    }
    let place = place(process, cluster, node);
    let act = act(kind, body, process);
    let exec_id = text(process, &["exec_id"]);
    // Several events can be of one process; one execution is one event.
    let key = exec_id.filter(|_| kind == "process_exec");
    let mut event = event(ID, key, time, act, &place, document, sink);
    event.call_id = exec_id.map(|id| sink.intern(id));
    match kind {
        "process_exec" => {
            event.span_id = event.call_id.clone();
            let parent = text(process, &["parent_exec_id"]).filter(|_| !leaves_container(body));
            event.parent_span_id = parent.map(|id| sink.intern(id));
        }
        _ => event.parent_span_id = event.call_id.clone(),
    }
    event.principal = number(process, &["uid"]).map(|uid| sink.intern(&format!("uid:{uid}")));
    event.outcome = Some(Outcome::Success);
    if let Some(policy) = text(body, &["policy_name"]) {
        event.justification = Some(sink.intern(policy));
    }
    let action = text(body, &["action"]).unwrap_or_default().trim_start_matches("KPROBE_ACTION_");
    if matches!(action, "SIGKILL" | "OVERRIDE" | "NOTIFYENFORCER" | "NOTIFYKILLER") {
        event.decision = Some(Decision::Deny);
        event.outcome = Some(Outcome::Failure);
        event.inline = Some(true);
    }
    event.bytes = number(body, &["stats", "bytes_sent"]);
    event.params = Some(parameters(body, process, &place));
    sink.event(event);
}

/// Whether the parent is known to run in another container, or outside of all.
fn leaves_container(body: &Value) -> bool {
    let container = |process: &Value| text(process, &["docker"]).map(str::to_owned);
    let parent = body.get("parent").filter(|parent| parent.is_object());
    parent.is_some_and(|parent| container(parent) != body.get("process").and_then(container))
}

fn place(process: &Value, cluster: &str, node: &str) -> Place {
    let own = |text: Option<&str>| text.map(str::to_owned);
    let pod = process.get("pod").unwrap_or(&Value::Null);
    let name = text(pod, &["name"]);
    let label = |key: &str| pod.get("pod_labels")?.get(key)?.as_str();
    let workload =
        own(text(pod, &["workload"])).or_else(|| name.and_then(|name| workload_of(name, label)));
    Place {
        cluster: Some(cluster.to_owned()).filter(|cluster| !cluster.is_empty()),
        namespace: own(text(pod, &["namespace"])),
        pod: own(name),
        workload,
        container: own(text(pod, &["container", "name"])),
        node: Some(node.to_owned()).filter(|node| !node.is_empty()),
    }
}

fn act(kind: &str, body: &Value, process: &Value) -> Act {
    let binary = || text(process, &["binary"]).unwrap_or_default().to_owned();
    let protocol = text(body, &["protocol"]).unwrap_or("tcp");
    let destination = || {
        let names = body.get("destination_names").and_then(|names| names.get(0)?.as_str());
        names.or(text(body, &["destination_ip"])).unwrap_or_default()
    };
    match kind {
        "process_exec" => Act::exec(binary()),
        "process_exit" => Act::other("exit", Some(binary())),
        "process_connect" => {
            Act::connect(destination(), port(body, &["destination_port"]), protocol)
        }
        "process_close" => Act::other(
            "close",
            Some(super::address(destination(), port(body, &["destination_port"]), protocol)),
        ),
        "process_listen" => {
            Act::accept(text(body, &["ip"]).unwrap_or_default(), port(body, &["port"]), protocol)
        }
        "process_accept" => Act::accept(
            text(body, &["source_ip"]).unwrap_or_default(),
            port(body, &["source_port"]),
            protocol,
        ),
        "process_loader" => Act::file(text(body, &["path"]).unwrap_or_default(), false),
        "process_tracepoint" => {
            let name = text(body, &["event"]).unwrap_or("tracepoint");
            Act::syscall(name.trim_start_matches("sys_enter_"))
        }
        _ => {
            let function = text(body, &["function_name"]).or(text(body, &["symbol"]));
            probed(function.unwrap_or(kind), body)
        }
    }
}

/// What a kernel function that is probed means, by its name and arguments.
fn probed(function: &str, body: &Value) -> Act {
    const CONNECT: &[&str] =
        &["tcp_connect", "socket_connect", "sys_connect", "ip4_datagram_connect"];
    const FILE: &[&str] = &[
        "file_permission",
        "file_open",
        "file_post_open",
        "path_truncate",
        "mmap_file",
        "fd_install",
        "filp_open",
        "sys_read",
        "sys_write",
        "sys_open",
        "sys_openat",
        "bprm_check",
    ];
    let arguments = body.get("args").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let argument = |kind: &str| arguments.iter().find_map(|argument| argument.get(kind));
    let is = |names: &[&str]| names.iter().any(|name| function.ends_with(name));
    if is(CONNECT) {
        if let Some(socket) = argument("sock_arg") {
            let host = text(socket, &["daddr"]).unwrap_or_default();
            let protocol = text(socket, &["protocol"]).unwrap_or("tcp");
            return Act::connect(host, port(socket, &["dport"]), protocol);
        }
        if let Some(address) = argument("sockaddr_arg") {
            let host = text(address, &["addr"]).unwrap_or_default();
            return Act::connect(host, port(address, &["port"]), "tcp");
        }
    }
    let path = ["file_arg", "path_arg", "linux_binprm_arg"].iter().find_map(|kind| argument(kind));
    let path =
        path.and_then(|path| text(path, &["path"])).or_else(|| argument("string_arg")?.as_str());
    if let (true, Some(path)) = (is(FILE), path) {
        // The mask of `security_file_permission`: 2 is MAY_WRITE (linux/fs.h).
        let mask = argument("int_arg").and_then(Value::as_i64).unwrap_or(0);
        let writes = function.contains("write") || function.contains("truncate") || mask & 2 != 0;
        // Older versions cut the leading slash.
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        return Act::file(path, writes);
    }
    if let Some(capability) = argument("capability_arg").and_then(|arg| text(arg, &["name"])) {
        return Act { target_kind: "linux-capability", ..Act::syscall(capability) };
    }
    let name =
        function.trim_start_matches("__").trim_start_matches("x64_").trim_start_matches("arm64_");
    Act { target: path.map(str::to_owned), ..Act::syscall(name.trim_start_matches("sys_")) }
}

/// What else is known: the process, its parent, its container. Bytes that a probe copied stay in the
/// evidence.
fn parameters(body: &Value, process: &Value, place: &Place) -> Text {
    let mut parameters = json!({
        "pid": process.get("pid"),
        "binary": process.get("binary"),
        "arguments": process.get("arguments"),
        "cwd": process.get("cwd"),
        "exec_id": process.get("exec_id"),
        "parent_exec_id": process.get("parent_exec_id"),
        "parent_binary": body.get("parent").and_then(|parent| parent.get("binary")),
        "container": place.container,
        "container_id": process.get("pod").and_then(|pod| pod.get("container")?.get("id")),
        "docker": process.get("docker"),
        "node": place.node,
        "function": body.get("function_name"),
        "action": body.get("action"),
        "signal": body.get("signal"),
        "status": body.get("status"),
        "capabilities": process.get("cap").and_then(|cap| cap.get("effective")),
    });
    if let Value::Object(members) = &mut parameters {
        members.retain(|_, value| !value.is_null());
    }
    parameters.to_string().into()
}
