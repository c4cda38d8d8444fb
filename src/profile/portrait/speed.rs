//! What learning costs: events a second on one core, and memory per agent.

use std::time::Instant;

use super::portraits::Portraits;
use super::record::Portrait;
use crate::domain::{AgentKey, Event, EventId, EventKind, Text};
use crate::profile::fixture::event;

const AGENTS: u64 = 1000;

/// Events of all kinds with a few fields, as they come: one in four is a tool call with arguments.
fn events() -> Vec<Event> {
    let kinds = [EventKind::ToolCall, EventKind::ModelCall, EventKind::Egress, EventKind::K8sApi];
    let number = |number: u64| Text::from(number.to_string());
    let event = |index: u64| {
        let kind = kinds[(index % 4) as usize];
        let mut event = event(&index.to_string(), index as f64 / 300.0, kind);
        event.environment = Some("prod".into());
        event.principal = Some("system:serviceaccount:agents:desk".into());
        event.model = Some(number(index % 3));
        event.action = Some(number(index % 40));
        event.target = Some(number(index * index % 500));
        (event.tokens_in, event.tokens_out) = (Some(index % 9000), Some(index % 700));
        event.duration = Some((index * 1_000_003 % 5_000_000_000) as i64);
        event.bytes = Some(index % 100_000);
        event.params = (kind == EventKind::ToolCall).then(|| {
            r#"{"arguments":{"to":"a@b.ch","amount":12,"note":"as agreed"},"origins":[{"at":"/to","origin":"tool_output","likeness":"exact","tool":"read_mail"},{"at":"/amount","origin":"user_input","likeness":"exact"}]}"#.into()
        });
        event
    };
    (0..20_000).map(event).collect()
}

#[test]
#[expect(clippy::print_stderr, reason = "says what was measured")]
fn learning_is_fast_and_small() {
    let all = if cfg!(debug_assertions) { 20_000 } else { 10_000_000 };
    let agents: Vec<AgentKey> = (0..AGENTS)
        .map(|number| AgentKey::new("prod", "agents", format!("agent-{number}")))
        .collect();
    let mut events = events();
    let mut portraits = Portraits::default();
    let mut spent = std::time::Duration::ZERO;
    let mut learned = 0u64;
    while learned < all {
        for event in &mut events {
            event.id = EventId::from_bytes((u128::from(learned) << 64 | 7).to_be_bytes());
        }
        let start = Instant::now();
        for event in &events {
            // The events of a run come together.
            let agent = learned / 16 * 7919 % AGENTS;
            portraits.event(&agents[agent as usize], None, event);
            learned += 1;
        }
        spent += start.elapsed();
    }
    let rate = learned as f64 / spent.as_secs_f64();
    let bytes: Vec<usize> = agents.iter().map(|agent| portraits.bytes(agent)).collect();
    let (mean, most) =
        (bytes.iter().sum::<usize>() / bytes.len(), bytes.iter().max().copied().unwrap_or(0));
    eprintln!(
        "{learned} events of {AGENTS} agents: {rate:.0} events/s on one core; memory of an agent \
         {mean} bytes on average, {most} at most, bound {} for each week and context",
        Portrait::MOST_BYTES
    );
    let weeks = agents.iter().map(|agent| portraits.weeks(agent).len()).max().unwrap_or(0);
    assert!(most <= weeks * Portrait::MOST_BYTES);
    assert!(cfg!(debug_assertions) || rate > 200_000.0, "{rate:.0} events/s");
}
