//! The delegation tree and the identity chains of the open case.

use rustc_hash::FxHashSet;

use super::{Error, Workspace};
use crate::case::EventFilter;
use crate::domain::{Attribution, DelegationTree, Event, EventId, IdentityChain, Text};
use crate::lineage;

/// Which part of the delegation tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TreeFocus {
    All,
    /// Traces in which an agent takes part whose key contains this.
    AgentContaining(String),
    Trace(Text),
}

impl Workspace {
    /// The delegation tree. Plumbing spans are left out unless `all_spans`.
    pub fn tree(&self, focus: &TreeFocus, all_spans: bool) -> Result<DelegationTree, Error> {
        let case = self.case();
        let estate = self.latest()?;
        let mut spans: Vec<Event> = Vec::new();
        for event in case.events(EventFilter { without_params: true, ..EventFilter::default() }) {
            let event = event?;
            let wanted = match focus {
                TreeFocus::Trace(trace) => event.trace_id.as_ref() == Some(trace),
                TreeFocus::All | TreeFocus::AgentContaining(_) => event.trace_id.is_some(),
            };
            if wanted {
                spans.push(event);
            }
        }
        if let TreeFocus::AgentContaining(part) = focus {
            let takes_part = |event: &Event| {
                let key = event.agent.as_ref().map(|agent| estate.canonical(agent).visible());
                key.is_some_and(|key| key.contains(part))
            };
            let traces: std::collections::BTreeSet<Text> = spans
                .iter()
                .filter(|event| takes_part(event))
                .filter_map(|event| event.trace_id.clone())
                .collect();
            spans.retain(|event| {
                event.trace_id.as_ref().is_some_and(|trace| traces.contains(trace))
            });
        }
        let tree = lineage::tree::build(&spans, &estate);
        let mut tree = if all_spans { tree } else { lineage::tree::agents_only(&tree) };
        let posture = self.posture()?;
        let cited = posture.findings.iter().flat_map(|finding| &finding.operational);
        count_cited(&mut tree, &cited.flat_map(|citation| &citation.events).collect());
        Ok(tree)
    }

    /// The identity chains, the busiest first.
    pub fn chains(&self) -> Result<Vec<IdentityChain>, Error> {
        Ok(self.posture()?.chains.clone())
    }
}

/// Counts at every node the events below it that a finding cites. Nodes stand in depth-first order,
/// so a subtree is a range and its count a difference of two running sums.
fn count_cited(tree: &mut DelegationTree, cited: &FxHashSet<&EventId>) {
    let mut running = Vec::with_capacity(tree.nodes.len() + 1);
    running.push(0_u64);
    for node in &tree.nodes {
        let here = u64::from(node.event.is_some_and(|event| cited.contains(&event)));
        running.push(running.last().copied().unwrap_or_default() + here);
    }
    let at = |index: usize| running.get(index).copied().unwrap_or_default();
    for (index, node) in tree.nodes.iter_mut().enumerate() {
        node.totals.findings = at(index + node.size as usize).saturating_sub(at(index));
    }
}
