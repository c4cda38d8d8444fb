//! What an agent had read, was allowed and refused, held and had started, as of an instant.
//!
//! What it had been given is for `scope` to say. Nothing is guessed: a call of which no record says
//! whether it gave anything back is said to be such.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rustc_hash::FxHashMap;
use strum::IntoEnumIterator;

use super::owner::Owners;
use super::{links, order};
use crate::domain::{
    AgentKey, Attribution, Authorisation, Effect, Event, EventId, EventKind, StateLine,
    StateQuestion, Text,
};

/// Events and places that a line names.
const NAMED: usize = 3;
/// Said of acts that could be another agent's.
const SHARED: &str = "(by an identity that several agents share)";
/// Verbs of the Kubernetes API that read.
const READING_VERBS: [&str; 3] = ["get", "list", "watch"];

/// The lines that the events of one scope give, and what none of them says. Events after `at` are
/// passed over, and so are those of other agents, but for those of the workload around it.
pub fn state(
    events: Vec<Event>,
    agent: &AgentKey,
    at: Timestamp,
    attribution: &dyn Attribution,
) -> Vec<StateLine> {
    let mut lines: BTreeMap<(StateQuestion, String), StateLine> = BTreeMap::new();
    let mut events = order::by_time(events);
    events.retain(|event| event.time <= at);
    let mut owners = Owners::new(attribution);
    let mut own: FxHashMap<EventId, bool> = FxHashMap::default();
    for event in &events {
        let found = owners.of(event);
        // What only names the workload is of every agent inside it.
        if found.iter().any(|owner| owner == agent || *owner == agent.host()) {
            own.insert(event.id, found.len() > 1);
        }
    }
    let parents: FxHashMap<EventId, EventId> =
        links::parents(&events).into_iter().map(|link| (link.to, link.from)).collect();
    for event in &events {
        if let Some(shared) = own.get(&event.id) {
            for (question, what) in answers(event) {
                let what = if *shared { format!("{what} {SHARED}") } else { what };
                add(&mut lines, question, what, event);
            }
        } else if event.kind == EventKind::AgentInvoke
            && let Some(child) = &event.agent
            && parents.get(&event.id).is_some_and(|parent| own.contains_key(parent))
        {
            let child = attribution.canonical(child).visible();
            add(&mut lines, StateQuestion::Started, child, event);
        }
    }
    let mut lines: Vec<StateLine> = lines.into_values().collect();
    for question in StateQuestion::iter() {
        let answered = lines.iter().any(|line| line.question == question);
        if let (false, Some(why)) = (answered, unanswered(question)) {
            lines.push(StateLine::not_recorded(question, why));
        }
    }
    lines.sort_by(|a, b| (a.question, a.first, &a.what).cmp(&(b.question, b.first, &b.what)));
    lines
}

/// Why there is no line; nothing for what is not answered here.
fn unanswered(question: StateQuestion) -> Option<&'static str> {
    match question {
        StateQuestion::Given | StateQuestion::CouldReach => None,
        StateQuestion::Read => Some("no record of the run says that anything was read"),
        StateQuestion::Allowed => Some("no record of the run carries a decision that allowed"),
        StateQuestion::Refused => Some("no record of the run carries a refusal"),
        StateQuestion::Held => Some("no record of the run names an identity or a credential"),
        StateQuestion::Started => Some("no record of the run starts another agent"),
    }
}

fn add(
    lines: &mut BTreeMap<(StateQuestion, String), StateLine>,
    question: StateQuestion,
    what: String,
    event: &Event,
) {
    let line = lines.entry((question, what)).or_insert_with_key(|(question, what)| StateLine {
        question: *question,
        what: what.clone(),
        count: 0,
        first: Some(event.time),
        last: None,
        events: Vec::<EventId>::new(),
        places: Vec::new(),
    });
    line.count += 1;
    line.last = Some(event.time);
    if line.events.len() < NAMED {
        line.events.push(event.id);
        line.places.push(event.evidence.clone());
    }
}

/// What one event says of its agent.
fn answers(event: &Event) -> Vec<(StateQuestion, String)> {
    let mut answers = Vec::new();
    let what = what(event);
    match reading(event) {
        Reading::Yes => answers.push((StateQuestion::Read, what.clone())),
        Reading::Unknown => {
            let unknown = format!("{what} (whether it gave anything back is not recorded)");
            answers.push((StateQuestion::Read, unknown));
        }
        Reading::No => {}
    }
    // Only what somebody decided: success without a decision is no permission on record.
    if event.decision.is_some() {
        let question = match event.authorisation() {
            Authorisation::Refused => StateQuestion::Refused,
            _ => StateQuestion::Allowed,
        };
        let why = event.justification.as_ref().map(|why| format!(": {}", why.visible()));
        answers.push((question, format!("{what}{}", why.unwrap_or_default())));
    }
    let identities = [
        ("principal", &event.principal),
        ("credential", &event.credential_id),
        ("passport", &event.passport_id),
        ("on behalf of", &event.on_behalf_of),
    ];
    let held = identities.into_iter().filter_map(|(word, identity)| {
        let identity = identity.as_ref().filter(|identity| !identity.is_empty())?;
        Some((StateQuestion::Held, format!("{word} {}", identity.visible())))
    });
    answers.extend(held);
    if let (EventKind::Handoff, Some(to)) = (event.kind, &event.target) {
        answers.push((StateQuestion::Started, format!("handed over to {}", to.visible())));
    }
    answers
}

enum Reading {
    Yes,
    No,
    Unknown,
}

fn reading(event: &Event) -> Reading {
    let verb = event.action.as_ref().map(Text::raw);
    match (event.effect, event.kind) {
        _ if event.authorisation() == Authorisation::Refused => Reading::No,
        (Some(Effect::Read), _) => Reading::Yes,
        (Some(_), _) => Reading::No,
        (None, EventKind::File) if verb == Some("read") => Reading::Yes,
        (None, EventKind::K8sApi) if verb.is_some_and(|verb| READING_VERBS.contains(&verb)) => {
            Reading::Yes
        }
        (None, EventKind::ToolResult) => Reading::Yes,
        (None, EventKind::ToolCall) if event.output_digest.is_some() => Reading::Yes,
        (None, EventKind::ToolCall) => Reading::Unknown,
        _ => Reading::No,
    }
}

/// Kind, action and target, escaped.
fn what(event: &Event) -> String {
    let kind = event.kind.to_string().replace('_', " ");
    let target_kind = match event.kind {
        EventKind::K8sApi => event.target_kind.as_ref(),
        _ => None,
    };
    let words = [event.action.as_ref(), target_kind, event.target.as_ref()];
    let words: Vec<_> = words.into_iter().flatten().map(Text::visible).collect();
    format!("{kind}: {}", words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::AsGiven;
    use super::super::testing::events;
    use super::*;

    /// The lines of agent `a` at second 10, as `QUESTION COUNT WHAT`.
    #[track_caller]
    fn check(lines: &[&str], change: impl Fn(&mut [Event]), expected: &[&str]) {
        let mut events = events(lines);
        change(&mut events);
        let agent = AgentKey::new("prod", "agents", "a");
        let at = Timestamp::from_second(10).expect("a small number");
        let state = |events| state(events, &agent, at, &AsGiven);
        let told: Vec<String> = state(events.clone())
            .iter()
            .filter(|line| line.is_recorded())
            .map(|line| format!("{} {} {}", line.question, line.count, line.what))
            .collect();
        assert_eq!(told, expected);
        assert_eq!(state(events.iter().rev().cloned().collect()), state(events));
    }

    #[test]
    fn what_was_read_before_the_instant_counts() {
        check(
            &[
                "1 file read /a",
                "2 file read /a",
                "3 file write /b",
                "4 k8s_api list n/",
                "5 k8s_api create n/x",
                "6 tool_call send",
                "7 file read /c as b",
                "11 file read /d",
            ],
            |_| {},
            &[
                "read 2 file: read /a",
                "read 1 k8s api: list n/",
                "read 1 tool call: send (whether it gave anything back is not recorded)",
            ],
        );
        check(&["1 k8s_api get n/x refused"], |_| {}, &["refused 1 k8s api: get n/x"]);
    }

    #[test]
    fn decisions_and_identities_are_told() {
        check(
            &["1 exec ls"],
            |events| {
                events[0].decision = Some(crate::domain::Decision::Allow);
                events[0].justification = Some("by role x".into());
                events[0].principal = Some("sa".into());
                events[0].credential_id = Some("JTI=1".into());
            },
            &["allowed 1 exec: ls: by role x", "held 1 credential JTI=1", "held 1 principal sa"],
        );
    }

    #[test]
    fn agents_that_it_started_are_told() {
        check(
            &[
                "1 tool_call delegate span 1",
                "2 agent_invoke b as b span 2 under 1",
                "3 agent_invoke c as c span 3 under 2",
                "4 handoff d e",
            ],
            |events| events[0].output_digest = Some(crate::domain::Digest::of(b"x")),
            &[
                "read 1 tool call: delegate",
                "started 1 prod/agents/b",
                "started 1 handed over to e",
            ],
        );
    }

    #[test]
    fn what_nothing_says_is_said() {
        let state = state(Vec::new(), &AgentKey::default(), Timestamp::MAX, &AsGiven);
        assert_eq!(state.len(), 5);
        assert!(state.iter().all(|line| line.what.starts_with("not recorded: no record")));
    }
}
