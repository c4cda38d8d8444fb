//! The three answers in words.

use jiff::Timestamp;

use crate::domain::Plane;
use crate::domain::census::{Census, CensusWindow};

/// One line for each question, and one more for what is in no answer. Escaped.
pub(super) fn sentences(census: &Census) -> Vec<String> {
    let mut lines = vec![active(census), reach(census), acts(census)];
    if !census.ambiguous.is_empty() || census.unattributed > 0 {
        let acts: u64 = census.ambiguous.iter().map(|identity| identity.acts.total()).sum();
        lines.push(format!(
            "In no answer: {acts} acts of {} shared identities that could be of several agents, and \
             {} events of nobody who is known as an agent.",
            census.ambiguous.len(),
            census.unattributed
        ));
    }
    lines
}

fn active(census: &Census) -> String {
    let active = &census.active;
    let mut how = vec![format!("{} acted {}", active.acted, when(&census.window))];
    if active.in_a_run > 0 {
        how.push(format!("{} in a run without an act there", active.in_a_run));
    }
    if active.standing > 0 {
        how.push(format!("{} only by a pod or credential", active.standing));
    }
    format!(
        "Active: {} of {} known agents ({}). {} shadow, {} dormant, {} dormant or unseen, {} without \
         an owner, {} ephemeral.",
        active.total(),
        active.known,
        how.join(", "),
        active.shadow,
        active.dormant,
        active.dormant_or_unseen,
        active.unowned,
        active.ephemeral
    )
}

fn when(window: &CensusWindow) -> String {
    let shown = |time: Option<Timestamp>| {
        time.map_or_else(|| "?".to_owned(), |time| time.strftime("%Y-%m-%d %H:%M:%S").to_string())
    };
    format!("from {} until {} UTC", shown(window.from), shown(window.until))
}

fn reach(census: &Census) -> String {
    let planes = census.reach.iter().filter(|reach| reach.agents > 0);
    let mut held: Vec<String> = planes
        .map(|reach| {
            format!(
                "{} ({} agents, {} grants, {} of them inherited)",
                reach.plane,
                reach.agents,
                reach.immediate + reach.inherited,
                reach.inherited
            )
        })
        .collect();
    if held.is_empty() {
        held.push("no grant of an active agent is loaded".to_owned());
    }
    let unknown = census.reach.iter().filter(|reach| reach.not_loaded > 0);
    let unknown: Vec<String> =
        unknown.map(|reach| format!("{} for {}", reach.plane, reach.not_loaded)).collect();
    let unknown = match unknown.is_empty() {
        true => String::new(),
        false => format!(" Not loaded: {}.", unknown.join(", ")),
    };
    let widest = census.widest.iter().find(|widest| widest.plane == Plane::Kubernetes);
    let widest = widest.or(census.widest.first()).map(|widest| {
        format!(" Widest on {}: {} with {} grants.", widest.plane, widest.agent, widest.grants)
    });
    format!("Reach: {}.{}{unknown}", held.join(", "), widest.unwrap_or_default())
}

fn acts(census: &Census) -> String {
    let acts = &census.acts;
    format!(
        "Acts: {} of {} authorised ({} by a recorded decision, {} by a grant); {} improvised, {} \
         permitted but declared by nobody, {} conditional, {} refused, {} unknown because the \
         configuration is not loaded.",
        acts.authorised(),
        acts.total(),
        acts.decided,
        acts.granted,
        acts.improvised,
        acts.undeclared,
        acts.conditional,
        acts.refused,
        acts.unknown
    )
}
