//! What the policies at the other end take away from what a workload may connect to.

use std::collections::BTreeMap;

use super::connections::Network;
use super::decision::{Claim, Decision};
use super::endpoint::{End, Endpoint};
use super::meaning::ranges;
use super::narrowing::layer;
use super::policy::{Action, Direction, Policy};
use super::ports::Ports;
use crate::domain::pattern::{Destination, PortRange};
use crate::domain::{Bounds, Clause, ObjectRef, Pattern, Text, opposite};

/// On which ports, and on what it depends.
type Refused = (Vec<PortRange>, Vec<Text>);

impl<'a> Network<'a> {
    /// What the loaded workloads that policies govern do not take from `source`.
    pub fn refused_by_others(&self, source: &Endpoint<'_>) -> Bounds {
        let mut by: BTreeMap<&ObjectRef, (&Policy<'_>, BTreeMap<Refused, Vec<Text>>)> =
            BTreeMap::new();
        let others = self.endpoints.iter().filter(|other| other.at != source.at);
        for other in others {
            let me = End::Pods(source);
            let Some(decision) = self.decision(&End::Pods(other), &me, Direction::Ingress) else {
                continue;
            };
            let name: Text = format!("{}/{}", other.namespace().raw(), other.name.raw()).into();
            for (policy, refused) in refused(&decision) {
                let (_, names) =
                    by.entry(&policy.object).or_insert_with(|| (policy, BTreeMap::new()));
                names.entry(refused).or_default().push(name.clone());
            }
        }
        let except = by.into_values().map(|(policy, refused)| {
            let clauses = refused.into_iter().map(|((ports, depends_on), names)| Clause {
                pattern: Pattern::Egress { to: Destination::Workloads { names }, ports },
                depends_on,
            });
            layer(policy, clauses.collect())
        });
        Bounds { except: except.collect(), ..Bounds::default() }
    }
}

/// What is denied, by whom; and what may be denied, with what that depends on.
fn refused<'n>(decision: &Decision<'n>) -> impl Iterator<Item = (&'n Policy<'n>, Refused)> {
    decision.claims.iter().filter_map(|claim| {
        let policy = claim.by.policy()?;
        let (ports, depends_on) = refused_by(claim, decision)?;
        (!ports.is_empty()).then(|| (policy, (ranges(&ports), depends_on)))
    })
}

fn refused_by(claim: &Claim<'_>, decision: &Decision<'_>) -> Option<(Ports, Vec<Text>)> {
    let of = |ports: &Ports| claim.ports.intersection(ports);
    match (claim.action, &claim.depends_on) {
        (Action::Deny, None) => Some((of(&decision.denied), Vec::new())),
        (Action::Deny, Some(on)) => Some((of(&decision.undecided), vec![on.clone()])),
        // What is accepted on a condition is denied without it.
        (Action::Accept, Some(on)) => Some((of(&decision.undecided), vec![opposite(on)])),
        (Action::Accept, None) | (Action::Pass, _) => None,
    }
}
