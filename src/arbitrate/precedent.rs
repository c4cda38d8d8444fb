//! Precedents: earlier rulings on like disputes, the most alike first, each with the reasons why it
//! is alike.

use crate::domain::{Finding, GoverningRecord, Ruling};

/// An earlier ruling on a like dispute.
#[derive(Clone, Debug, PartialEq)]
pub struct Precedent {
    pub ruling: Ruling,
    /// Title of the finding that was ruled on. Escaped.
    pub title: String,
    /// Weight of all likenesses; only good for ranking.
    pub likeness: u32,
    /// What is alike, weightiest first.
    pub reasons: Vec<&'static str>,
    /// Another precedent of the same list, at least as like, was ruled the other way.
    pub contradicted: bool,
}

/// In what two disputes can be alike, how much it weighs, and how to tell.
type Likeness = (&'static str, u32, fn(&Finding, &Finding) -> bool);

const LIKENESSES: [Likeness; 5] = [
    ("same pattern", 8, |a, b| a.pattern == b.pattern),
    ("same verdicts of both records", 4, |a, b| {
        (a.provisioning, a.behavioural) == (b.provisioning, b.behavioural)
    }),
    ("same granting object", 3, |a, b| a.anchor == b.anchor && a.plane == b.plane),
    ("same discipline", 2, |a, b| a.discipline == b.discipline),
    ("same agent", 1, |a, b| a.agent == b.agent),
];

/// Below this two disputes have in common only what most have: a discipline or an agent.
const ENOUGH: u32 = 6;

/// Earlier rulings on disputes like the one on `finding`; those on the finding itself are left out,
/// they are its own history.
pub fn precedents(finding: &Finding, earlier: &[(Finding, Ruling)]) -> Vec<Precedent> {
    let mut found: Vec<Precedent> = earlier
        .iter()
        .filter(|(other, _)| other.id != finding.id)
        .map(|(other, ruling)| {
            let alike = || LIKENESSES.iter().filter(|(_, _, alike)| alike(finding, other));
            Precedent {
                ruling: ruling.clone(),
                title: other.title.clone(),
                likeness: alike().map(|(_, weight, _)| weight).sum(),
                reasons: alike().map(|(reason, _, _)| *reason).collect(),
                contradicted: false,
            }
        })
        .filter(|precedent| precedent.likeness >= ENOUGH)
        .collect();
    // Stable: of equally like ones the earlier given stay first.
    found.sort_by_key(|precedent| std::cmp::Reverse(precedent.likeness));
    let ruled: Vec<(u32, GoverningRecord)> =
        found.iter().map(|precedent| (precedent.likeness, precedent.ruling.governing)).collect();
    for precedent in &mut found {
        precedent.contradicted = ruled.iter().any(|(likeness, governing)| {
            *likeness >= precedent.likeness && precedent.contradicts(*governing)
        });
    }
    found
}

impl Precedent {
    /// Whether a ruling for `governing` would go the other way.
    pub fn contradicts(&self, governing: GoverningRecord) -> bool {
        self.ruling.governing != governing
    }

    /// One line for a list. Escaped.
    pub fn line(&self) -> String {
        let contradicted = if self.contradicted { "; precedents differ" } else { "" };
        format!(
            "{} governs, by {}: {} ({}{contradicted})",
            self.ruling.governing,
            self.ruling.resolver.visible(),
            self.title,
            self.reasons.join(", "),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{BehaviouralVerdict, Discipline, Reading, Text};
    use crate::ledger::fixture;

    fn ruled(finding: Finding, governing: GoverningRecord) -> (Finding, Ruling) {
        let ruling = Ruling {
            finding: finding.id,
            governing,
            resolver: "clara\u{202e}".into(),
            accountability: "platform".into(),
            rationale: Text::default(),
            conditions: Vec::new(),
            review_by: None,
        };
        (finding, ruling)
    }

    #[test]
    fn like_disputes_are_ranked_with_reasons_and_contradictions_flagged() {
        use GoverningRecord::{Behavioural, Provisioning};
        let mine = fixture::finding("mine", Reading::Latent);
        let like = fixture::finding("like", Reading::Latent);
        let mut less = fixture::finding("less", Reading::Latent);
        less.behavioural = BehaviouralVerdict::Deviates;
        let mut unlike = fixture::finding("unlike", Reading::Latent);
        unlike.pattern = "node-fallback".to_owned();
        unlike.behavioural = BehaviouralVerdict::Deviates;
        unlike.discipline = Discipline::Behavior;
        let earlier = [
            ruled(mine.clone(), Behavioural),
            ruled(unlike, Behavioural),
            ruled(less, Provisioning),
            ruled(like, Behavioural),
        ];
        let found = precedents(&mine, &earlier);
        let shown: Vec<String> = found.iter().map(Precedent::line).collect();
        assert_eq!(
            shown,
            [
                "behavioural governs, by clara\\u{202e}: reads secrets through like (same pattern, \
                 same verdicts of both records, same discipline, same agent)",
                "provisioning governs, by clara\\u{202e}: reads secrets through less (same pattern, \
                 same discipline, same agent; precedents differ)",
            ]
        );
        assert!(found[0].contradicts(Provisioning) && found[1].contradicts(Behavioural));
    }
}
