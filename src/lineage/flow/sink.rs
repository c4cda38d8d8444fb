//! Which events send something, and to which side of the boundary.

use rustc_hash::FxHashSet;
use serde_json::Value;

use crate::domain::flow::Boundary;
use crate::domain::origin::{Leaf, leaves};
use crate::domain::sensitivity::{DataRules, Side};
use crate::domain::{Capability, Effect, Event, EventKind, Text};

/// An event that sends something.
pub struct Sink {
    pub boundary: Boundary,
    /// Why it counts as sending.
    pub because: &'static str,
    /// Pointers of arguments that say to whom: they are no data that leaves.
    pub addresses: FxHashSet<String>,
}

/// Words in the names of tools that send what they are given.
const SENDING: &[&str] = &[
    "comment", "email", "export", "forward", "mail", "message", "notify", "post", "publish",
    "push", "reply", "respond", "send", "share", "sms", "submit", "tweet", "upload", "webhook",
];
/// First words of those that only read, whatever else stands in their names (`search_emails`).
const READING: &[&str] = &[
    "check", "count", "describe", "fetch", "find", "get", "list", "lookup", "query", "read",
    "retrieve", "search", "show", "view", "watch",
];

/// What an event sends, if it does. `open_world` are tools that say of themselves that they reach
/// outside (MCP, `openWorldHint`).
pub fn sink(
    event: &Event,
    arguments: Option<&Value>,
    open_world: bool,
    rules: &DataRules,
) -> Option<Sink> {
    match event.kind {
        EventKind::Egress => {
            let Some(Capability::Egress { host, .. }) = event.capability() else { return None };
            let boundary = boundary(host.raw(), rules);
            Some(Sink {
                boundary,
                because: "an outgoing connection",
                addresses: FxHashSet::default(),
            })
        }
        EventKind::ToolCall => of_tool(event, arguments, open_world, rules),
        _ if event.effect == Some(Effect::Send) => Some(Sink {
            boundary: Boundary::Unknown,
            because: "the record says that it sends",
            addresses: FxHashSet::default(),
        }),
        _ => None,
    }
}

fn of_tool(
    event: &Event,
    arguments: Option<&Value>,
    open_world: bool,
    rules: &DataRules,
) -> Option<Sink> {
    let words = event.action.as_ref().map(|name| words(name.raw())).unwrap_or_default();
    let reads = reads(event);
    let destinations: Vec<(String, String)> = arguments.map(destinations).unwrap_or_default();
    let sides = || destinations.iter().map(|(_, host)| boundary(host, rules));
    let outside = sides().find(|side| matches!(side, Boundary::External { .. }));
    let because = match event.effect {
        Some(Effect::Send) => "the record says that it sends",
        _ if !reads && words.iter().any(|word| SENDING.contains(&word.as_str())) => {
            "its name says that it sends"
        }
        _ if open_world => "it says of itself that it reaches outside",
        _ if outside.is_some() => "an address outside is among its arguments",
        _ => return None,
    };
    let boundary = outside.or(sides().next()).unwrap_or(Boundary::Unknown);
    let addresses = destinations.into_iter().map(|(at, _)| at).collect();
    Some(Sink { boundary, because, addresses })
}

fn boundary(host: &str, rules: &DataRules) -> Boundary {
    let destination = Text::new(host);
    match rules.side(host) {
        (Side::External, because) => Boundary::External { destination, because: because.into() },
        (Side::Internal, because) => Boundary::Internal { destination, because: because.into() },
    }
}

/// Whether an act only reads: as recorded, else by the first word of its name.
pub fn reads(event: &Event) -> bool {
    if let Some(effect) = event.effect {
        return effect == Effect::Read;
    }
    let Some(action) = &event.action else { return false };
    let name = action.raw().rsplit(['.', '/', ':']).next().unwrap_or_default();
    words(name).first().is_some_and(|word| READING.contains(&word.as_str()))
        || matches!(event.kind, EventKind::CloudApi)
}

/// The words of `snake_case`, `kebab-case` and `CamelCase` in lower case.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    for character in name.chars() {
        let begins = character.is_uppercase() && before.is_lowercase();
        if begins || !character.is_alphanumeric() {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| character.is_alphanumeric()) {
            word.extend(character.to_lowercase());
        }
        before = character;
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Arguments that are an address as a whole, with the host of each: `https://HOST/…`, `NAME@HOST`.
fn destinations(arguments: &Value) -> Vec<(String, String)> {
    let of_leaf = |leaf: Leaf| host(&leaf.raw).map(|host| (leaf.at, host));
    leaves(arguments).into_iter().filter_map(of_leaf).collect()
}

fn host(value: &str) -> Option<String> {
    if value.contains(char::is_whitespace) {
        return None;
    }
    if let Some((_, rest)) = value.split_once("://") {
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        let host = match host.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
            _ => host,
        };
        return Some(host.to_owned()).filter(|host| !host.is_empty());
    }
    let is_name = |host: &str| {
        let mut labels = host.split('.');
        let fine = |label: &str| {
            !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-')
        };
        host.contains('.') && labels.all(fine)
    };
    match value.split_once('@') {
        Some((user, host)) if !user.is_empty() && is_name(host) => Some(host.to_owned()),
        None => {
            let host = value.split('/').next().unwrap_or_default();
            (host.starts_with("www.") && is_name(host)).then(|| host.to_owned())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::lineage::testing::event;

    #[track_caller]
    fn check(name: &str, arguments: Value, expected: Option<&str>) {
        let mut call = event("test", 1, EventKind::ToolCall);
        call.action = Some(name.into());
        let rules = DataRules::default();
        let sink = sink(&call, Some(&arguments), false, &rules);
        let shown = sink.map(|sink| match sink.boundary {
            Boundary::External { destination, .. } => format!("out {}", destination.raw()),
            Boundary::Internal { destination, .. } => format!("in {}", destination.raw()),
            Boundary::Unknown => "?".to_owned(),
        });
        assert_eq!(shown.as_deref(), expected, "{name} {arguments}");
    }

    #[test]
    fn what_sends_and_where_to() {
        let text = json!({"text": "hi"});
        check("send_email", json!({"to": ["a@b.example"], "body": "x"}), Some("out b.example"));
        check("sendEmail", text.clone(), Some("?"));
        check("slack.post-message", text.clone(), Some("?"));
        check("search_emails", text.clone(), None);
        check("crm.get_message", text.clone(), None);
        check("compose", text, None);
        check("http_post", json!({"url": "http://crm.data.svc:8080/x"}), Some("in crm.data.svc"));
        check("get_webpage", json!({"url": "www.evil.example/?q=1"}), Some("out www.evil.example"));
        check(
            "get_webpage",
            json!({"url": "https://u:p@evil.example:8443"}),
            Some("out evil.example"),
        );
        check(
            "send",
            json!({"cc": "a@crm.local", "to": "b@evil.example"}),
            Some("out evil.example"),
        );
        check("note", json!({"text": "see a@b.example later"}), None);
    }

    #[test]
    fn connections_go_to_their_host() {
        let mut connection = event("test", 1, EventKind::Egress);
        connection.target = Some("10.0.0.7:443/tcp".into());
        let sink = sink(&connection, None, false, &DataRules::default()).expect("a sink");
        assert!(matches!(sink.boundary, Boundary::Internal { .. }));
    }
}
