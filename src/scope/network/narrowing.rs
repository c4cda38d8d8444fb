//! What the policies that come before one take away from it.

use super::decision::Governing;
use super::endpoint::{Cluster, Match};
use super::meaning::{Meant, patterns};
use super::policy::{Action, Policy, Rule, Stage};
use crate::domain::{Bounds, Clause, Layer};

const TIE: &str = "which of two policies of one priority goes first";
const PASSED: &str = "no rule before it passes it on";

/// What the egress rules of other policies take away from that which `target` accepts; from default
/// allow when there is no target.
pub fn narrowing(
    governing: &[Governing<'_>],
    target: Option<&Policy<'_>>,
    cluster: &Cluster<'_>,
) -> Bounds {
    let mut bounds = Bounds::default();
    for (policy, governs) in governing {
        let Some(before) = before(policy, target) else { continue };
        let mut clauses = Vec::new();
        for (position, rule) in policy.egress.rules.iter().enumerate() {
            let takes = match before {
                Before::InTier | Before::Tied => rule.action != Action::Accept,
                Before::InTierAbove | Before::Together => rule.action == Action::Deny,
            };
            if !takes {
                continue;
            }
            let mut found: Vec<Clause> = patterns(rule, cluster).into_iter().map(clause).collect();
            let passed =
                before == Before::InTierAbove && may_be_passed(policy, position, governing);
            let further = [
                (before == Before::Tied).then(|| TIE.into()),
                passed.then(|| PASSED.into()),
                match governs {
                    Match::Depends(on) => Some(on.clone()),
                    _ => None,
                },
            ];
            for clause in &mut found {
                clause.depends_on.extend(further.iter().flatten().cloned());
            }
            clauses.extend(found);
        }
        if !clauses.is_empty() {
            bounds.except.push(layer(policy, clauses));
        }
    }
    bounds
}

/// How a policy comes before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Before {
    /// In the same tier, by its priority: what it passes on is out of this tier.
    InTier,
    /// In the same tier with the same priority.
    Tied,
    /// In a tier above: what it passes on gets here.
    InTierAbove,
    /// Without an order: denials go first.
    Together,
}

fn before(policy: &Policy<'_>, target: Option<&Policy<'_>>) -> Option<Before> {
    let Some(target) = target else { return Some(Before::InTierAbove) };
    let (mine, its) = (policy.stage, target.stage);
    match mine.tier() == its.tier() {
        true if its == Stage::Namespaced => Some(Before::Together),
        // What its own rules take away stands with its permissions.
        true if policy.object == target.object => None,
        true if mine == its => Some(Before::Tied),
        true => (mine < its).then_some(Before::InTier),
        false => (mine < its).then_some(Before::InTierAbove),
    }
}

/// Whether a rule of the same tier before this one passes something on.
fn may_be_passed(policy: &Policy<'_>, position: usize, governing: &[Governing<'_>]) -> bool {
    let passes = |rule: &Rule<'_>| rule.action == Action::Pass;
    let own = policy.egress.rules.iter().take(position).any(passes);
    let tier = governing.iter().map(|(other, _)| other);
    let mut earlier = tier
        .filter(|other| other.stage.tier() == policy.stage.tier() && other.stage < policy.stage);
    own || earlier.any(|other| other.egress.rules.iter().any(passes))
}

/// A pattern that takes away. It may be wider than the rule: then it only may take away.
pub fn clause(meant: Meant) -> Clause {
    let labels = meant.by_labels.then(|| "the labels of the pods there".into());
    let outside = meant.outside.then(|| "it is outside of the cluster".into());
    let wider = [labels, outside].into_iter().flatten();
    Clause { depends_on: wider.chain(meant.depends_on).collect(), pattern: meant.pattern }
}

pub fn layer(policy: &Policy<'_>, clauses: Vec<Clause>) -> Layer {
    Layer { by: policy.object.clone(), place: Some(policy.record.place.clone()), clauses }
}
