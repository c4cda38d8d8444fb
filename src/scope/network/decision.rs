//! What the policies at one end of a connection decide.
//!
//! Stages come in order: the admin tier by priority, denials of the namespaced policies, what those
//! accept, isolation, the baseline tier, and in the end everything is accepted. Claims of one step
//! are made on the same open ports; what a claim is sure of is closed for the steps after it. What
//! it is not sure of stays open, and is undecided if the end is another.

use super::endpoint::{Cluster, End, Endpoint, Match};
use super::policy::{Action, Direction, Policy, Rule, Stage};
use super::ports::Ports;
use crate::domain::Text;

/// The decision for one direction at one end: every port is in one of the three sets.
#[derive(Debug, Default)]
pub struct Decision<'a> {
    pub accepted: Ports,
    pub denied: Ports,
    pub undecided: Ports,
    /// Who decided which ports, in the order of decision; passes and unsure claims among them.
    pub claims: Vec<Claim<'a>>,
}

/// Somebody's word on some ports.
#[derive(Clone, Debug)]
pub struct Claim<'a> {
    pub ports: Ports,
    pub action: Action,
    pub by: By<'a>,
    /// What the claim depends on, where it is not sure.
    pub depends_on: Option<Text>,
}

#[derive(Clone, Copy, Debug)]
pub enum By<'a> {
    Rule {
        policy: &'a Policy<'a>,
        rule: &'a Rule<'a>,
    },
    /// A policy selects the pods, and no policy accepts.
    Isolation(&'a Policy<'a>),
    /// No policy has a word on it.
    Default,
    /// Pods in the network of their node are not governed.
    HostNetwork,
}

impl<'a> By<'a> {
    pub fn policy(&self) -> Option<&'a Policy<'a>> {
        match self {
            Self::Rule { policy, .. } | Self::Isolation(policy) => Some(policy),
            Self::Default | Self::HostNetwork => None,
        }
    }
}

/// A policy and whether it governs the pods in question.
pub type Governing<'a> = (&'a Policy<'a>, Match);

/// Decides for the pods of `subject`, which the policies govern, about the other end.
///
/// `governing` is sorted by stage. `destination` is the end that is called, where ports are named.
pub fn decide<'a>(
    subject: &Endpoint<'_>,
    other: &End<'_>,
    direction: Direction,
    governing: &[Governing<'a>],
    cluster: &Cluster<'_>,
) -> Decision<'a> {
    let me = End::Pods(subject);
    let destination = if direction == Direction::Egress { other } else { &me };
    let question = Question { subject, other, destination, direction, cluster };
    let mut open = Open { ports: Ports::all(), passed_perhaps: Ports::default() };
    let mut decision = Decision::default();
    for tier in governing.chunk_by(|(one, _), (next, _)| one.stage.tier() == next.stage.tier()) {
        let is_ordered = tier.iter().any(|(policy, _)| policy.stage != Stage::Namespaced);
        match is_ordered {
            true => question.in_order(tier, &mut open, &mut decision),
            false => question.together(tier, &mut open, &mut decision),
        }
        open.next_tier(&decision);
    }
    let by = if subject.workload.host_network { By::HostNetwork } else { By::Default };
    let rest = Claim { ports: open.ports.clone(), action: Action::Accept, by, depends_on: None };
    open.settle(vec![rest], &mut decision);
    decision.weigh();
    decision
}

/// What is asked of every policy.
struct Question<'q> {
    subject: &'q Endpoint<'q>,
    other: &'q End<'q>,
    destination: &'q End<'q>,
    direction: Direction,
    cluster: &'q Cluster<'q>,
}

impl Question<'_> {
    /// Policies with priorities, the first of them first.
    fn in_order<'a>(&self, tier: &[Governing<'a>], open: &mut Open, decision: &mut Decision<'a>) {
        for equal in tier.chunk_by(|(one, _), (next, _)| one.stage == next.stage) {
            let of_each = equal.iter().map(|step| self.first_matches(step, &open.ports));
            open.settle(without_ties(of_each.collect()), decision);
        }
    }

    /// Policies without an order: denials, then what any of them accepts, then isolation.
    fn together<'a>(&self, tier: &[Governing<'a>], open: &mut Open, decision: &mut Decision<'a>) {
        for action in [Action::Deny, Action::Accept] {
            let claims = tier.iter().flat_map(|step| self.all(step, action));
            open.settle(claims.collect(), decision);
        }
        let isolating = tier.iter().filter_map(|step| self.isolation(step));
        open.settle(isolating.collect(), decision);
    }

    fn claim<'a>(
        &self,
        (policy, governs): &Governing<'a>,
        rule: &'a Rule<'a>,
    ) -> Option<Claim<'a>> {
        let concerns =
            governs.clone().and(|| rule.concerns(self.other, self.subject, self.cluster));
        let depends_on = match concerns {
            Match::No => return None,
            Match::Yes => None,
            Match::Depends(on) => Some(on),
        };
        let ports = rule.ports_at(self.destination);
        let by = By::Rule { policy, rule };
        (!ports.is_empty()).then_some(Claim { ports, action: rule.action, by, depends_on })
    }

    /// What each rule of this action claims, the others aside.
    fn all<'a>(&self, step: &Governing<'a>, action: Action) -> Vec<Claim<'a>> {
        let rules = step.0.section(self.direction).rules.iter();
        rules
            .filter(|rule| rule.action == action)
            .filter_map(|rule| self.claim(step, rule))
            .collect()
    }

    /// What each rule claims of that which the rules before it left.
    fn first_matches<'a>(&self, step: &Governing<'a>, open: &Ports) -> Vec<Claim<'a>> {
        let mut open = open.clone();
        let mut claims = Vec::new();
        for rule in &step.0.section(self.direction).rules {
            let Some(mut claim) = self.claim(step, rule) else { continue };
            claim.ports = claim.ports.intersection(&open);
            if claim.depends_on.is_none() {
                open = open.difference(&claim.ports);
            }
            claims.push(claim);
        }
        claims
    }

    fn isolation<'a>(&self, (policy, governs): &Governing<'a>) -> Option<Claim<'a>> {
        policy.section(self.direction).isolates.then(|| Claim {
            ports: Ports::all(),
            action: Action::Deny,
            by: By::Isolation(policy),
            depends_on: match governs {
                Match::Depends(on) => Some(on.clone()),
                _ => None,
            },
        })
    }
}

/// The claims of policies with one priority: which goes first is undefined, so where they disagree
/// none is sure.
fn without_ties(of_each: Vec<Vec<Claim<'_>>>) -> Vec<Claim<'_>> {
    let disagreed = |policy: usize, claim: &Claim<'_>| -> Ports {
        let others = of_each.iter().enumerate().filter(|(other, _)| *other != policy);
        let against =
            others.flat_map(|(_, claims)| claims).filter(|other| other.action != claim.action);
        against.map(|other| other.ports.intersection(&claim.ports)).collect()
    };
    let mut settled = Vec::new();
    for (policy, claims) in of_each.iter().enumerate() {
        for claim in claims {
            let tied = disagreed(policy, claim);
            let sure = Claim { ports: claim.ports.difference(&tied), ..claim.clone() };
            let unsure = Claim {
                ports: tied,
                depends_on: Some("which of two policies of one priority goes first".into()),
                ..claim.clone()
            };
            settled.extend([sure, unsure].into_iter().filter(|claim| !claim.ports.is_empty()));
        }
    }
    settled
}

/// What is still to be decided.
struct Open {
    ports: Ports,
    /// What a claim that is not sure may have passed to the next tier: no claim of this tier is
    /// sure of it.
    passed_perhaps: Ports,
}

impl Open {
    fn settle<'a>(&mut self, claims: Vec<Claim<'a>>, decision: &mut Decision<'a>) {
        let mut closed = Ports::default();
        for mut claim in claims {
            claim.ports = claim.ports.intersection(&self.ports);
            if claim.depends_on.is_some() {
                if claim.action == Action::Pass {
                    self.passed_perhaps = self.passed_perhaps.union(&claim.ports);
                }
                decision.note(claim);
                continue;
            }
            let unsure = claim.ports.intersection(&self.passed_perhaps);
            if !unsure.is_empty() && claim.action != Action::Pass {
                let depends_on = Some("a rule that may pass it to the next tier".into());
                decision.note(Claim { ports: unsure.clone(), depends_on, ..claim.clone() });
                claim.ports = claim.ports.difference(&unsure);
            }
            closed = closed.union(&claim.ports);
            match claim.action {
                Action::Accept => decision.accepted = decision.accepted.union(&claim.ports),
                Action::Deny => decision.denied = decision.denied.union(&claim.ports),
                Action::Pass => {}
            }
            decision.note(claim);
        }
        self.ports = self.ports.difference(&closed);
    }

    fn next_tier(&mut self, decision: &Decision<'_>) {
        self.passed_perhaps = Ports::default();
        let decided = decision.accepted.union(&decision.denied);
        self.ports = Ports::all().difference(&decided);
    }
}

impl<'a> Decision<'a> {
    fn note(&mut self, claim: Claim<'a>) {
        if !claim.ports.is_empty() {
            self.claims.push(claim);
        }
    }

    /// Takes out what an unsure claim may have decided otherwise.
    fn weigh(&mut self) {
        let unsure = |action: Action| -> Ports {
            let claims = self.claims.iter().filter(|claim| claim.depends_on.is_some());
            claims.filter(|claim| claim.action == action).map(|claim| claim.ports.clone()).collect()
        };
        let otherwise = unsure(Action::Deny).intersection(&self.accepted);
        let perhaps = unsure(Action::Accept).intersection(&self.denied);
        self.accepted = self.accepted.difference(&otherwise);
        self.denied = self.denied.difference(&perhaps);
        self.undecided = otherwise.union(&perhaps);
    }
}
