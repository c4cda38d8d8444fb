//! The entries of one container → aggregated events.

use std::borrow::Cow;

use jiff::Timestamp;
use serde_json::json;

use super::wire::{Container, Metadata, Neighbor, Port, Selector};
use super::{AgentKey, ID};
use crate::domain::{Effect, Event, EventId, EventKind, Outcome, ProblemKind, Text};
use crate::ingest::json::Str;
use crate::ingest::{Document, Sink};

/// What all entries of one object share.
pub struct Reporter<'a> {
    pub metadata: &'a Metadata<'a>,
    pub agent: &'a AgentKey,
    pub time: Timestamp,
    pub document: &'a Document<'a>,
}

/// One thing that a container was seen to do.
struct Entry<'a> {
    kind: EventKind,
    action: &'a str,
    target: Option<Cow<'a, str>>,
    target_kind: &'a str,
    effect: Option<Effect>,
    /// What else the profile says, as members of `params`.
    details: serde_json::Value,
}

impl<'a> Entry<'a> {
    fn new(kind: EventKind, action: &'a str, target_kind: &'a str) -> Self {
        Self { kind, action, target: None, target_kind, effect: None, details: json!({}) }
    }

    fn on(mut self, target: impl Into<Cow<'a, str>>) -> Self {
        self.target = Some(target.into());
        self
    }
}

pub fn emit(reporter: &Reporter<'_>, container: &Container<'_>, sink: &mut dyn Sink) {
    let label = reporter.metadata.label("workload-container-name");
    let name = container.name.as_deref().filter(|name| !name.is_empty()).or(label).unwrap_or("");
    let mut put = |entry: Entry<'_>| emit_entry(reporter, name, entry, sink);
    for exec in &container.execs {
        let mut entry = Entry::new(EventKind::Exec, "exec", "process").on(&*exec.path);
        entry.effect = Some(Effect::Trigger);
        entry.details = json!({ "args": exec.args.iter().map(|arg| &**arg).collect::<Vec<_>>() });
        put(entry);
    }
    for open in &container.opens {
        let writes = open.flags.iter().any(|flag| writes(flag));
        let (action, effect) =
            if writes { ("write", Effect::Modify) } else { ("read", Effect::Read) };
        let mut entry = Entry::new(EventKind::File, action, "file").on(&*open.path);
        entry.effect = Some(effect);
        put(entry);
    }
    for syscall in &container.syscalls {
        put(Entry::new(EventKind::Syscall, syscall, "syscall"));
    }
    for capability in &container.capabilities {
        put(Entry::new(EventKind::Syscall, capability, "linux-capability"));
    }
    for endpoint in &container.endpoints {
        // Outbound endpoints are the neighbours of `egress` again.
        if endpoint.direction.as_deref() != Some("outbound") {
            let methods: Vec<&str> = endpoint.methods.iter().map(|method| &**method).collect();
            let mut entry =
                Entry::new(EventKind::Ingress, "accept", "endpoint").on(&*endpoint.endpoint);
            entry.details = json!({ "methods": methods });
            put(entry);
        }
    }
    for neighbor in &container.egress {
        for target in addresses(neighbor, reporter, sink) {
            let mut entry = Entry::new(EventKind::Egress, "connect", "host").on(target);
            entry.effect = Some(Effect::Send);
            emit_entry(reporter, name, entry, sink);
        }
    }
    for neighbor in &container.ingress {
        for target in addresses(neighbor, reporter, sink) {
            let entry = Entry::new(EventKind::Ingress, "accept", "host").on(target);
            emit_entry(reporter, name, entry, sink);
        }
    }
}

fn emit_entry(reporter: &Reporter<'_>, container: &str, entry: Entry<'_>, sink: &mut dyn Sink) {
    let metadata = reporter.metadata;
    let target = entry.target.as_deref().unwrap_or("");
    let mut details = entry.details;
    let id = EventId::of(
        ID,
        &[
            metadata.namespace.as_deref().unwrap_or(""),
            metadata.name.as_deref().unwrap_or(""),
            container,
            entry.kind.into(),
            entry.action,
            target,
            entry.target_kind,
            &details.to_string(),
        ],
    );
    let source = sink.intern(ID);
    let place = reporter.document.place();
    let mut event = Event::new(id, reporter.time, &source, entry.kind, place);
    event.recorder = Some(source);
    event.agent = Some(reporter.agent.clone());
    event.action = Some(sink.intern(entry.action));
    event.target = Some(sink.intern(target)).filter(|target| !target.is_empty());
    event.target_kind = Some(sink.intern(entry.target_kind));
    event.effect = entry.effect;
    event.inline = Some(false);
    event.outcome = Some(Outcome::Success);
    details["aggregated"] = true.into();
    details["container"] = container.into();
    event.params = Some(Text::from(details.to_string()));
    sink.event(event);
}

fn writes(flag: &str) -> bool {
    matches!(flag, "O_WRONLY" | "O_RDWR" | "O_CREAT" | "O_TRUNC" | "O_APPEND")
}

/// `host:port/protocol` of everything a neighbour stands for: its DNS names, else its pods as
/// `namespace/pod`, else its addresses; each with each port.
fn addresses(neighbor: &Neighbor<'_>, reporter: &Reporter<'_>, sink: &mut dyn Sink) -> Vec<String> {
    /// A hostile object could name a million hosts and a million ports.
    const MOST: usize = 10_000;
    let hosts = hosts(neighbor, reporter.agent.space.raw());
    let mut ports: Vec<String> = neighbor.ports.iter().map(port).collect();
    if ports.is_empty() {
        ports.push("/tcp".to_owned());
    }
    if hosts.len().saturating_mul(ports.len()) > MOST {
        let message = format!("a neighbour with more than {MOST} addresses; the first are read");
        sink.problem(reporter.document.problem(ProblemKind::Limit, message));
    }
    let pairs = hosts.iter().flat_map(|host| ports.iter().map(move |port| format!("{host}{port}")));
    pairs.take(MOST).collect()
}

/// `:port/protocol`, or `/protocol` for all ports.
fn port(port: &Port<'_>) -> String {
    let protocol = port.protocol.as_deref().unwrap_or("tcp").to_ascii_lowercase();
    match port.port {
        Some(port) => format!(":{port}/{protocol}"),
        None => format!("/{protocol}"),
    }
}

fn hosts(neighbor: &Neighbor<'_>, space: &str) -> Vec<String> {
    let filled = |many: &[Str<'_>], one: &Option<Str<'_>>| {
        let all = many.iter().chain(one.iter().filter(|_| many.is_empty()));
        all.filter(|text| !text.is_empty()).map(|text| text.to_string()).collect::<Vec<_>>()
    };
    let names = filled(&neighbor.dns_names, &neighbor.dns);
    if !names.is_empty() {
        return names.iter().map(|name| name.trim_end_matches('.').to_owned()).collect();
    }
    if let Some(pods) = neighbor.pod_selector.as_ref().and_then(pods) {
        let namespace = neighbor.namespace_selector.as_ref().map(namespace);
        return vec![format!("{}/{pods}", namespace.unwrap_or(space))];
    }
    // An IPv6 address needs brackets to be told from its port.
    let bracket = |address: String| match address.contains(':') {
        true => format!("[{address}]"),
        false => address,
    };
    filled(&neighbor.ip_addresses, &neighbor.ip_address).into_iter().map(bracket).collect()
}

/// A name for the selected pods: the label that names an application, else all labels.
fn pods(selector: &Selector<'_>) -> Option<String> {
    const NAMES: &[&str] = &["app", "app.kubernetes.io/name", "k8s-app", "name"];
    let labels = &selector.match_labels;
    let label = |key: &&str| labels.iter().find(|(name, _)| ***name == **key);
    match NAMES.iter().find_map(label) {
        Some((_, value)) => Some(value.to_string()),
        None if labels.is_empty() => None,
        None => {
            let pairs = labels.iter().map(|(key, value)| format!("{}={}", &**key, &**value));
            Some(pairs.collect::<Vec<_>>().join(","))
        }
    }
}

fn namespace<'a>(selector: &'a Selector<'_>) -> &'a str {
    const NAMES: &[&str] = &["kubernetes.io/metadata.name", "name"];
    let labels = &selector.match_labels;
    let label = |key: &&str| labels.iter().find(|(name, _)| ***name == **key);
    NAMES.iter().find_map(label).map_or("*", |(_, value)| &**value)
}
