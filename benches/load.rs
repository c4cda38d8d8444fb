//! How fast a load takes events, beside what the search engine alone makes of the same documents:
//! same schema, threads and heap, documents ready in memory.
//!
//! `cargo bench --bench load`

use std::ops::ControlFlow;

use diptych::case::{Case, LoadSettings, Yardstick};
use diptych::domain::{
    AgentKey, Decision, Digest, Event, EventId, EventKind, Location, Outcome, Place, Text,
};
use diptych::ingest::Sink;
use divan::Bencher;
use divan::counter::ItemsCount;
use jiff::{SignedDuration, Timestamp};

const EVENTS: usize = 100_000;

fn main() {
    divan::main();
}

/// Events → Parquet parts and index, published.
#[divan::bench(sample_count = 5)]
fn load(bencher: Bencher<'_, '_>) {
    let prepared = || {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let case = Case::create(folder.path().join("case")).expect("an empty folder");
        (folder, case, events())
    };
    bencher.counter(ItemsCount::new(EVENTS)).with_inputs(prepared).bench_local_values(
        |(folder, case, events)| {
            let mut go_on = |_| ControlFlow::Continue(());
            let mut load =
                case.begin_load(LoadSettings::default(), &mut go_on).expect("nobody else loads");
            events.into_iter().for_each(|event| load.event(event));
            load.commit(&mut go_on).expect("a disk that takes it");
            folder
        },
    );
}

/// The yardstick: documents → index, committed.
#[divan::bench(sample_count = 5)]
fn search_engine_alone(bencher: Bencher<'_, '_>) {
    let prepared = || {
        let folder = tempfile::tempdir().expect("a temporary folder");
        (folder, Yardstick::new(&events()))
    };
    bencher.counter(ItemsCount::new(EVENTS)).with_inputs(prepared).bench_local_values(
        |(folder, yardstick)| {
            yardstick.index(&folder.path().join("index")).expect("a disk that takes it");
            folder
        },
    );
}

/// A mix of API calls and tool calls, a few hundred bytes each.
fn events() -> Vec<Event> {
    (0..EVENTS).map(event).collect()
}

fn event(number: usize) -> Event {
    let time = Timestamp::UNIX_EPOCH + SignedDuration::from_millis(number as i64 * 137);
    let place = Place {
        evidence: Digest::of(b"evidence"),
        file: "audit.log".into(),
        at: Location::Line(number as u64),
    };
    let text = |text: String| Some(Text::from(text));
    let id = EventId::of("bench", &[&number.to_string()]);
    let common = Event {
        agent: Some(AgentKey::new("prod", "agents", format!("worker-{}", number % 40))),
        instance: text(format!("worker-{}-7d9f-{:05}", number % 40, number % 200)),
        principal: text(format!("system:serviceaccount:agents:worker-{}", number % 40)),
        outcome: Some(Outcome::Success),
        ..Event::new(id, time, &"k8s-audit".into(), EventKind::K8sApi, place)
    };
    match number % 3 {
        0 => Event {
            kind: EventKind::ToolCall,
            action: text(format!("crm_export_{}", number % 25)),
            target: text(format!("mcp-{}", number % 5)),
            trace_id: text(format!("{:032x}", number / 8)),
            span_id: text(format!("{number:016x}")),
            params: text(format!(
                r#"{{"customer":{number},"query":"orders of the last {} days","format":"csv"}}"#,
                number % 90
            )),
            ..common
        },
        _ => Event {
            action: text(["get", "list", "watch", "create"][number % 4].to_owned()),
            target: text(format!("billing/object-{}", number % 5000)),
            target_kind: text(["secrets", "pods", "configmaps"][number % 3].to_owned()),
            decision: Some(Decision::Allow),
            justification: text(format!("RBAC: allowed by RoleBinding \"worker-{}\"", number % 40)),
            ..common
        },
    }
}
