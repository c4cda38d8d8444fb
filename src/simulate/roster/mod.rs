//! The firm's agents: forty-four, in three cloud accounts. Larger firms repeat them in further
//! namespaces.

mod customer;
mod engineering;
mod internal;
mod risk;
mod sandbox;

use super::firm::Agent;
use super::script::{Step, ToolUse};

/// The first `count` agents. Beyond the roster's forty-four they repeat, under `namespace-2` and on.
pub fn agents(count: usize) -> Vec<Agent> {
    let mut roster = Vec::new();
    for part in
        [customer::agents, internal::agents, risk::agents, engineering::agents, sandbox::agents]
    {
        roster.extend(part());
    }
    let size = roster.len().max(1);
    (0..count)
        .filter_map(|index| {
            let mut agent = roster.get(index % size)?.clone();
            if index >= size {
                agent.key.space = format!("{}-{}", agent.key.space.raw(), index / size + 1).into();
            }
            Some(agent)
        })
        .collect()
}

/// Steps in order.
fn steps<const N: usize>(tools: [ToolUse; N]) -> Vec<Step> {
    tools.into_iter().map(Step::Tool).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agents_have_unique_keys_and_ordinary_ones_have_work() {
        let agents = agents(120);
        let mut keys: Vec<_> = agents.iter().map(|agent| agent.key.visible()).collect();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), 120);
        assert!(agents.iter().all(|agent| !agent.tasks.is_empty()));
        assert_eq!(super::agents(44).len(), 44);
        let owned_by_nobody = super::agents(44).iter().filter(|a| a.owner.is_empty()).count();
        assert_eq!(owned_by_nobody, 4);
    }
}
