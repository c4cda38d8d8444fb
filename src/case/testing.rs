//! What the tests of this room share.

use std::ops::{ControlFlow, Range};

use jiff::{SignedDuration, Timestamp};

use super::{Case, EventFilter, LoadSettings, Progress};
use crate::domain::{
    AgentKey, Decision, Digest, Effect, Event, EventId, EventKind, Location, Outcome, Place, Text,
};
use crate::ingest::Sink;

/// An empty case in a folder that goes with its handle.
pub(super) fn case() -> (tempfile::TempDir, Case) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let case = Case::create(folder.path().join("case")).expect("creates");
    (folder, case)
}

pub(super) fn go_on(_: Progress) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// Loads events and refreshes the case.
pub(super) fn load(case: &mut Case, events: Vec<Event>) {
    let mut load = case.begin_load(LoadSettings::default(), &mut go_on).expect("idle");
    events.into_iter().for_each(|event| load.event(event));
    load.commit(&mut go_on).expect("commits");
    case.refresh().expect("refreshes");
}

/// All events of a case.
pub(super) fn stored(case: &Case) -> Vec<Event> {
    case.events(EventFilter::default()).collect::<Result<_, _>>().expect("reads")
}

/// The n-th of a series of events, one a second.
pub(super) fn event(number: u32) -> Event {
    let id = EventId::of("test", &[&number.to_string()]);
    let time = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(i64::from(number));
    let place = Place {
        evidence: Digest::of(b"evidence"),
        file: "audit.log".into(),
        at: Location::Line(u64::from(number) + 1),
    };
    Event {
        agent: Some(AgentKey::new("prod", "agents", format!("billing-{}", number % 7))),
        action: Some("get".into()),
        target: Some(format!("agents/secret-{number}").into()),
        target_kind: Some("secrets".into()),
        ..Event::new(id, time, &Text::from("k8s-audit"), EventKind::K8sApi, place)
    }
}

pub(super) fn events(numbers: Range<u32>) -> Vec<Event> {
    numbers.map(event).collect()
}

/// An event with every field set, its texts made of `raw`.
pub(super) fn full_event(raw: &str) -> Event {
    let text = |name: &str| Some(Text::from(format!("{name}{raw}")));
    Event {
        id: EventId::of("test", &[raw]),
        time: Timestamp::from_nanosecond(1_700_000_000_123_456_789).expect("in range"),
        source: format!("source{raw}").into(),
        recorder: text("recorder"),
        tenant: text("tenant"),
        environment: text("environment"),
        account: text("account"),
        kind: EventKind::ToolCall,
        agent: Some(AgentKey::new(raw, format!("{raw}/%2F"), "billing").with_inner(raw)),
        instance: text("instance"),
        principal: text("principal"),
        credential_id: text("credential_id"),
        passport_id: text("passport_id"),
        on_behalf_of: text("on_behalf_of"),
        model: text("model"),
        session: text("session"),
        trace_id: text("trace_id"),
        span_id: text("span_id"),
        parent_span_id: text("parent_span_id"),
        call_id: text("call_id"),
        action: text("action"),
        target: text("target"),
        target_kind: text("target_kind"),
        effect: Some(Effect::Modify),
        inline: Some(false),
        requested: text("requested"),
        decision: Some(Decision::Challenge),
        justification: text("justification"),
        outcome: Some(Outcome::Failure),
        error: text("error"),
        bytes: Some(u64::MAX),
        tokens_in: Some(0),
        tokens_out: Some(7),
        cost: Some(9),
        duration: Some(-1),
        params: text("params"),
        output_digest: Some(Digest::of(raw.as_bytes())),
        evidence: Place {
            evidence: Digest::of(b"evidence"),
            file: format!("file{raw}").into(),
            at: Location::Pointer(raw.into()),
        },
    }
}
