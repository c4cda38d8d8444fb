//! Sensors in the kernel and on the network: what processes, files and connections were seen.
//!
//! | format | reader | what it yields |
//! |---|---|---|
//! | `tetragon` | [`tetragon`] | execution, files, connections, system calls; links of the process tree |
//! | `tracee` | [`tracee`] | the same, and detections |
//! | `falco` | [`falco`] | alerts |
//! | `hubble` | [`hubble`] | connections with the verdict of the network policy |
//!
//! A sensor names the process by its command, which the kernel cuts at 15 characters; where it also
//! knows the path, the path is the target, and both are kept.

pub mod falco;
pub mod hubble;
#[cfg(test)]
mod tests;
pub mod tetragon;
pub mod tracee;

use jiff::Timestamp;
use serde_json::Value;

use crate::domain::coverage::CoverageScope;
use crate::domain::{
    AgentKey, Coverage, Digest, Effect, Event, EventId, EventKind, Plane, ProblemKind, Text,
};
use crate::ingest::time::Time;
use crate::ingest::{Document, Sink};

/// What was done, in the columns of an event.
struct Act {
    kind: EventKind,
    action: String,
    target: Option<String>,
    target_kind: &'static str,
    effect: Option<Effect>,
}

impl Act {
    fn exec(path: impl Into<String>) -> Self {
        Self {
            kind: EventKind::Exec,
            action: "exec".to_owned(),
            target: Some(path.into()),
            target_kind: "process",
            effect: Some(Effect::Trigger),
        }
    }

    fn file(path: impl Into<String>, writes: bool) -> Self {
        Self {
            kind: EventKind::File,
            action: if writes { "write" } else { "read" }.to_owned(),
            target: Some(path.into()),
            target_kind: "file",
            effect: Some(if writes { Effect::Modify } else { Effect::Read }),
        }
    }

    fn connect(host: &str, port: Option<u16>, protocol: &str) -> Self {
        Self {
            kind: EventKind::Egress,
            action: "connect".to_owned(),
            target: Some(address(host, port, protocol)),
            target_kind: "host",
            effect: Some(Effect::Send),
        }
    }

    fn accept(host: &str, port: Option<u16>, protocol: &str) -> Self {
        Self {
            kind: EventKind::Ingress,
            action: "accept".to_owned(),
            effect: None,
            ..Self::connect(host, port, protocol)
        }
    }

    fn syscall(name: impl Into<String>) -> Self {
        Self {
            kind: EventKind::Syscall,
            action: name.into(),
            target: None,
            target_kind: "syscall",
            effect: None,
        }
    }

    /// Something that exercises nothing.
    fn other(action: impl Into<String>, target: Option<String>) -> Self {
        Self {
            kind: EventKind::Other,
            action: action.into(),
            target,
            target_kind: "process",
            effect: None,
        }
    }
}

/// `host:port/protocol`; an IPv6 address needs brackets to be told from its port.
fn address(host: &str, port: Option<u16>, protocol: &str) -> String {
    let protocol = protocol.trim_start_matches("IPPROTO_").to_ascii_lowercase();
    let host = match host.contains(':') {
        true => format!("[{host}]"),
        false => host.to_owned(),
    };
    match port {
        Some(port) => format!("{host}:{port}/{protocol}"),
        None => format!("{host}/{protocol}"),
    }
}

/// Where it was done.
#[derive(Default)]
struct Place {
    cluster: Option<String>,
    namespace: Option<String>,
    pod: Option<String>,
    workload: Option<String>,
    container: Option<String>,
    node: Option<String>,
}

impl Place {
    /// The workload; a pod that tells none stands for itself until the estate folds it.
    fn agent(&self) -> Option<AgentKey> {
        let namespace = self.namespace.as_deref().filter(|namespace| !namespace.is_empty())?;
        let name = self.workload.as_deref().or(self.pod.as_deref());
        let name = name.filter(|name| !name.is_empty())?;
        Some(AgentKey::new(self.cluster.as_deref().unwrap_or_default(), namespace, name))
    }
}

/// The workload that a pod's name and labels tell: controllers put what they append to the name into a
/// label.
fn workload_of<'a>(pod: &str, label: impl Fn(&str) -> Option<&'a str>) -> Option<String> {
    if let Some(job) = label("batch.kubernetes.io/job-name").or_else(|| label("job-name")) {
        return Some(job.to_owned());
    }
    if let Some(hash) = label("pod-template-hash") {
        let (before, _) = pod.rsplit_once('-')?;
        return Some(before.strip_suffix(hash)?.trim_end_matches('-').to_owned());
    }
    if label("statefulset.kubernetes.io/pod-name").is_some()
        || label("controller-revision-hash").is_some()
    {
        return Some(pod.rsplit_once('-')?.0.to_owned());
    }
    None
}

/// An event of a sensor, without its decision and outcome.
fn event(
    format: &str,
    key: Option<&str>,
    time: Timestamp,
    act: Act,
    place: &Place,
    document: &Document<'_>,
    sink: &mut dyn Sink,
) -> Event {
    let digest = key.is_none().then(|| Digest::of(document.json.as_bytes()).to_string());
    let id = EventId::of(format, &[key.or(digest.as_deref()).unwrap_or_default()]);
    let source = sink.intern(format);
    let mut event = Event::new(id, time, &source, act.kind, document.place());
    event.recorder = Some(source);
    event.account = place.cluster.as_deref().map(|cluster| sink.intern(cluster));
    event.agent = place.agent();
    event.instance = place.pod.as_deref().or(place.node.as_deref()).map(|name| sink.intern(name));
    event.action = Some(sink.intern(&act.action));
    event.target =
        act.target.filter(|target| !target.is_empty()).map(|target| sink.intern(&target));
    event.target_kind = Some(sink.intern(act.target_kind));
    event.effect = act.effect;
    event.inline = Some(false);
    event
}

/// Says that the sensor lost something at this time.
fn lost(
    format: &str,
    plane: Plane,
    realm: &str,
    time: Timestamp,
    what: String,
    sink: &mut dyn Sink,
) {
    sink.coverage(Coverage {
        source: format.into(),
        plane,
        scope: CoverageScope::Realm { realm: realm.into() },
        from: time,
        until: time,
        acts: Vec::new(),
        partial: true,
        missed: vec![Text::from(what)],
    });
}

fn missing_time(document: &Document<'_>, sink: &mut dyn Sink) {
    let message = "an event of a sensor without a time";
    sink.problem(document.problem(ProblemKind::MissingField, message));
}

/// Text at a path of keys.
fn text<'a>(value: &'a Value, path: &[&str]) -> Option<&'a str> {
    let found = path.iter().try_fold(value, |value, key| value.get(key))?;
    found.as_str().filter(|text| !text.is_empty())
}

/// A number at a path of keys, written as one or as decimal text.
fn number(value: &Value, path: &[&str]) -> Option<u64> {
    let found = path.iter().try_fold(value, |value, key| value.get(key))?;
    found.as_u64().or_else(|| found.as_str()?.parse().ok())
}

fn port(value: &Value, path: &[&str]) -> Option<u16> {
    number(value, path)?.try_into().ok().filter(|port| *port > 0)
}

/// A time in any of the forms that logs write.
fn time(value: &Value) -> Option<Timestamp> {
    serde_json::from_value::<Time>(value.clone()).ok()?.0
}
