//! Whose an event is: of the agent that it names, else of the agents that act as its principal.

use rustc_hash::FxHashMap;

use crate::domain::{AgentKey, Attribution, Event, Text};

/// What tells whose an event is: agent, account, principal, instance.
type Named<'a> = (Option<&'a AgentKey>, Option<&'a Text>, Option<&'a Text>, Option<&'a Text>);

/// Asks the same only once: a scope names few identities and names them often.
pub struct Owners<'a> {
    attribution: &'a dyn Attribution,
    known: FxHashMap<Named<'a>, Vec<AgentKey>>,
}

impl<'a> Owners<'a> {
    pub fn new(attribution: &'a dyn Attribution) -> Self {
        Self { attribution, known: FxHashMap::default() }
    }

    /// One agent, or all that share the identity; none when it is nobody's.
    pub fn of(&mut self, event: &'a Event) -> &[AgentKey] {
        let Event { agent, account, principal, instance, .. } = event;
        let named = match agent {
            Some(agent) => (Some(agent), None, None, None),
            None => (None, account.as_ref(), principal.as_ref(), instance.as_ref()),
        };
        let attribution = self.attribution;
        self.known.entry(named).or_insert_with(|| match named {
            (Some(agent), ..) => vec![attribution.canonical(agent)],
            (None, account, Some(principal), instance) => {
                let realm = account.cloned().unwrap_or_default();
                attribution.agents_of(&realm, principal, instance)
            }
            _ => Vec::new(),
        })
    }
}
