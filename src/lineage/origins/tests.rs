//! Conversations as lines, with the origins that a reader of them gives by hand.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::*;
use crate::domain::{Digest, LinkKind};
use crate::lineage::testing;

/// One line: session, what it is, its name, its content.
pub type Line = (&'static str, &'static str, &'static str, Value);

/// One event a line, one second apart.
pub fn events(lines: &[Line]) -> Vec<Event> {
    let event = |(second, (session, what, name, content)): (u32, &Line)| {
        let kind = match *what {
            "user" => EventKind::Prompt,
            "call" => EventKind::ToolCall,
            "result" => EventKind::ToolResult,
            "connect" => EventKind::Egress,
            _ => EventKind::Other,
        };
        let mut event = testing::event("test", second, kind);
        event.session = Some((*session).into());
        event.agent = Some(crate::domain::AgentKey::new("", "", *session));
        match kind {
            EventKind::Prompt => {
                let text = content.as_str().expect("a prompt");
                let digest = Digest::of(text.as_bytes());
                event.params =
                    Some(json!({ "prompt": text, "prompt_digest": digest }).to_string().into());
            }
            EventKind::Egress => event.target = Some((*name).into()),
            _ => {
                event.action = Some((*name).into());
                event.params = Some(content.to_string().into());
            }
        }
        event
    };
    (0..).zip(lines).map(event).collect()
}

pub fn delegation(events: &[Event], from: usize, to: usize) -> EventLink {
    EventLink {
        from: events[from].id,
        to: events[to].id,
        kind: LinkKind::Delegation,
        rule: "test".to_owned(),
        confidence: 100,
    }
}

/// `LINE POINTER ORIGIN@LINE …` of every argument.
fn shown(events: &[Event], found: &[CallOrigins]) -> Vec<String> {
    let line = |id: EventId| events.iter().position(|event| event.id == id).expect("an event");
    let mut shown = Vec::new();
    for CallOrigins { call, arguments } in found {
        for argument in arguments {
            let answer = match &argument.answer {
                Answer::From(places) => places
                    .iter()
                    .map(|place| match place.place.event {
                        Some(event) => format!("{}@{}", place.origin, line(event)),
                        None => place.origin.to_string(),
                    })
                    .collect::<Vec<_>>()
                    .join(" "),
                Answer::Nowhere => "nowhere".to_owned(),
                Answer::NotTelling => "not telling".to_owned(),
                Answer::CantTell(why) => why.clone(),
            };
            shown.push(format!("{} {} {answer}", line(*call), argument.at.raw()));
        }
    }
    shown
}

#[track_caller]
fn check(lines: &[Line], ties: &[(usize, usize)], expected: &[&str]) {
    let events = events(lines);
    let ties: Vec<EventLink> =
        ties.iter().map(|(from, to)| delegation(&events, *from, *to)).collect();
    let found = origins(&events, &ties);
    assert_eq!(shown(&events, &found), expected);
    let reversed: Vec<Event> = events.iter().rev().cloned().collect();
    assert_eq!(origins(&reversed, &ties), found, "the order of events does not matter");
}

#[test]
fn texts_that_events_keep_are_searched() {
    check(
        &[
            ("s", "user", "", json!("Pay the invoice of bob@home.example")),
            ("s", "call", "mail.read", json!({"from": "bob@home.example", "limit": 5})),
            ("s", "result", "mail.read", json!({"text": "Use IBAN GB82 WEST 1234 5698 7654 32"})),
            (
                "s",
                "call",
                "pay",
                json!({"iban": "GB82WEST12345698765432", "note": "for the invoice INV-1"}),
            ),
        ],
        &[],
        &[
            "1 /from user_input@0",
            "1 /limit not telling",
            "3 /iban tool_output@2",
            "3 /note nowhere",
        ],
    );
}

#[test]
fn what_is_not_on_record_leaves_it_open() {
    check(
        &[("s", "call", "pay", json!({"to": "eve@evil.example"}))],
        &[],
        &["0 /to what was asked is not on record"],
    );
    let mut lines = events(&[
        ("s", "user", "", json!("Pay")),
        ("s", "call", "read", json!({})),
        ("s", "call", "pay", json!({"to": "eve@evil.example"})),
    ]);
    lines[1].output_digest = Some(Digest::of(b"a text"));
    let found = origins(&lines, &[]);
    assert_eq!(shown(&lines, &found), ["2 /to the results of earlier calls are not kept as text"]);
}

#[test]
fn other_conversations_count_only_when_they_are_linked() {
    let lines = [
        ("a", "user", "", json!("Look up the customer")),
        ("a", "result", "crm.get", json!("mail: kim@customer.example")),
        ("a", "call", "ask_agent", json!({"message": "Write to kim@customer.example, please"})),
        ("b", "user", "", json!("Write to kim@customer.example, please")),
        ("b", "call", "send", json!({"to": "kim@customer.example"})),
    ];
    let apart = ["2 /message tool_output@1", "4 /to user_input@3"];
    check(&lines, &[], &apart);
    check(
        &lines,
        &[(2, 3)],
        &[
            "2 /message tool_output@1",
            "3  agent_generated@2",
            "4 /to tool_output@1 agent_generated@2 agent_generated@3",
        ],
    );
}

#[test]
fn what_a_reader_states_is_taken() {
    let rows = json!([
        {"at": "/to", "origin": "tool_output", "source_id": "read"},
        {"at": "/cc", "origin": "agent_generated"},
        {"at": "/x", "origin": "guessed"},
        {"at": "/y", "unknown": "too long"},
    ]);
    let arguments = json!({"to": "eve@evil.example", "cc": "a@b.example", "x": "some value", "y": "other value", "z": "a last value"});
    let lines = [
        ("s", "user", "", json!("Send it")),
        ("s", "call", "read", json!({})),
        (
            "s",
            "call",
            "send",
            json!({"arguments": arguments, "origin": "tool_output", "origins": rows}),
        ),
        ("s", "call", "later", json!({"arguments": {"truncated": "{\"to\"", "bytes": 99999}})),
    ];
    check(
        &lines,
        &[],
        &[
            "2 /to tool_output@1",
            "2 /cc nowhere",
            "2 /x the record names an unknown origin: guessed",
            "2 /y too long",
            "2 /z the record states the origin of other arguments only",
            "3  the arguments were too long to be kept",
        ],
    );
}

#[test]
fn links_name_the_argument_and_never_its_value() {
    let events = events(&[
        ("s", "user", "", json!("Pay")),
        ("s", "result", "read", json!("to eve@evil.example")),
        ("s", "call", "pay", json!({"to": "eve@evil.example", "cc": ["eve@evil.example"]})),
    ]);
    let found = origins(&events, &[]);
    let links: Vec<EventLink> = found.iter().flat_map(CallOrigins::links).collect();
    assert_eq!(links.len(), 1, "{links:?}");
    assert_eq!((links[0].from, links[0].to), (events[1].id, events[2].id));
    assert_eq!(links[0].rule, "argument /cc/0 first stood in the result of read");
}

proptest::proptest! {
    /// Whatever was said in whatever order: places are earlier, in the same or a linked conversation.
    #[test]
    fn an_origin_precedes_its_call_and_is_linked_to_it(
        lines in proptest::collection::vec((0_usize..3, 0_usize..3, 0_usize..4), 1..12),
        tie in proptest::option::of((0_usize..12, 0_usize..12)),
        turn in 0_usize..12,
    ) {
        let values = ["kim@customer.example", "INV-2041-77", "GB82WEST12345698765432", "see the list"];
        let lines: Vec<Line> = lines
            .iter()
            .map(|(session, what, value)| {
                let session = ["a", "b", "c"][*session];
                match what {
                    0 => (session, "user", "", json!(format!("use {}", values[*value]))),
                    1 => (session, "call", "f", json!({"v": values[*value]})),
                    _ => (session, "result", "f", json!(format!("got {}", values[*value]))),
                }
            })
            .collect();
        let events = events(&lines);
        let ties: Vec<EventLink> = tie
            .filter(|(from, to)| *from < events.len() && *to < events.len())
            .map(|(from, to)| delegation(&events, from, to))
            .into_iter()
            .collect();
        let found = origins(&events, &ties);
        let mut turned = events.clone();
        turned.rotate_left(turn % events.len());
        proptest::prop_assert_eq!(&origins(&turned, &ties), &found);
        let of = |id: EventId| events.iter().find(|event| event.id == id).expect("an event");
        let time = |id: EventId| -> Timestamp { of(id).time };
        let joined = |one: &Event, other: &Event| {
            let sessions = [&one.session, &other.session];
            sessions[0] == sessions[1] || ties.iter().any(|tie| {
                let ends = [&of(tie.from).session, &of(tie.to).session];
                ends.contains(&sessions[0]) && ends.contains(&sessions[1])
            })
        };
        for origins in &found {
            for argument in &origins.arguments {
                let Answer::From(places) = &argument.answer else { continue };
                proptest::prop_assert!(!places.is_empty());
                for place in places {
                    let from = place.place.event.expect("an event");
                    proptest::prop_assert!(time(from) < time(origins.call));
                    proptest::prop_assert!(joined(of(from), of(origins.call)));
                }
            }
        }
    }
}
