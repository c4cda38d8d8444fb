//! From a draft to a ruling. A ruling without its three outputs (governing record, resolver,
//! accountability) cannot be made, and everything that is wrong is said at once.

use std::fmt;

use jiff::{ToSpan as _, civil::Date};

use super::charter::Charter;
use crate::domain::{Dispute, DisputeState, GoverningRecord, Ruling, Text};

/// What a form collects, before anybody has checked it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    /// Who brought the dispute forward; blank when nobody in particular did.
    pub proposer: Text,
    pub governing: Option<GoverningRecord>,
    pub resolver: Text,
    /// Who is accountable, and for what: `platform team: narrow the binding`.
    pub accountability: Text,
    pub rationale: Text,
    pub conditions: Vec<Text>,
    pub review_by: Option<Date>,
    /// The day of the ruling, from which the charter's review period counts.
    pub on: Date,
}

/// Why a draft is no ruling: everything at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    pub objections: Vec<Objection>,
}

/// One thing that is wrong with a draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Objection {
    #[error("the governing record is blank")]
    NoGoverningRecord,
    #[error("the resolver is blank")]
    NoResolver,
    #[error("the accountability is blank")]
    NoAccountability,
    #[error("the resolver brought the dispute forward")]
    ResolverProposed,
    #[error("the resolver is the accountable party")]
    ResolverAccountable,
    #[error("the resolver is no arbiter under the charter")]
    NotAnArbiter,
    #[error("the proposer may propose for neither record under the charter")]
    NotAProposer,
    #[error("it goes against the charter's presumption and has no rationale")]
    NoRationale,
    #[error("the finding is not in dispute ({0})")]
    NotInDispute(DisputeState),
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let objections: Vec<String> = self.objections.iter().map(ToString::to_string).collect();
        f.write_str(&objections.join("; "))
    }
}

impl std::error::Error for Refused {}

impl Objection {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NoGoverningRecord => "Say which record the ruling follows.",
            Self::NoResolver => "Name the person with authority over both records.",
            Self::NoAccountability => "Name who is accountable, and for what.",
            Self::ResolverProposed | Self::ResolverAccountable | Self::NotAnArbiter => {
                "Let somebody decide who has no part in it."
            }
            Self::NotAProposer => "Let one of the two sides propose it.",
            Self::NoRationale => "Say why the presumption does not hold here.",
            Self::NotInDispute(_) => "Only what is on the docket can be ruled on.",
        }
    }
}

/// Makes a ruling of a draft, or says all that is wrong with it.
pub fn ruling(dispute: &Dispute, draft: Draft, charter: &Charter) -> Result<Ruling, Refused> {
    let objections = objections(dispute, &draft, charter);
    let Some(governing) = draft.governing.filter(|_| objections.is_empty()) else {
        return Err(Refused { objections });
    };
    let period = i64::from(charter.review_after_days);
    let default_review = (period > 0).then(|| draft.on.saturating_add(period.days()));
    Ok(Ruling {
        finding: dispute.finding,
        governing,
        resolver: draft.resolver,
        accountability: draft.accountability,
        rationale: draft.rationale,
        conditions: draft.conditions.into_iter().filter(|text| !is_blank(text)).collect(),
        review_by: draft.review_by.or(default_review),
    })
}

fn objections(dispute: &Dispute, draft: &Draft, charter: &Charter) -> Vec<Objection> {
    let resolver = name(draft.resolver.raw());
    let decides = |other: &str| !is_blank(&draft.resolver) && resolver == name(other);
    let is_listed = |person: &Text, lists: &[&[String]]| {
        let mut names = lists.iter().copied().flatten().peekable();
        names.peek().is_none() || names.any(|listed| name(listed) == name(person.raw()))
    };
    let roles = &charter.roles;
    let against = |presumed| draft.governing.is_some_and(|governing| governing != presumed);
    let checks = [
        (dispute.state != DisputeState::Dispute, Objection::NotInDispute(dispute.state)),
        (draft.governing.is_none(), Objection::NoGoverningRecord),
        (is_blank(&draft.resolver), Objection::NoResolver),
        (is_blank(&draft.accountability), Objection::NoAccountability),
        (decides(draft.proposer.raw()), Objection::ResolverProposed),
        (decides(accountable_party(draft.accountability.raw())), Objection::ResolverAccountable),
        (
            !is_blank(&draft.resolver) && !is_listed(&draft.resolver, &[&roles.arbiters]),
            Objection::NotAnArbiter,
        ),
        (
            !is_blank(&draft.proposer)
                && !is_listed(&draft.proposer, &[&roles.provisioning, &roles.behavioural]),
            Objection::NotAProposer,
        ),
        (
            is_blank(&draft.rationale) && charter.presumed().is_some_and(against),
            Objection::NoRationale,
        ),
    ];
    checks.into_iter().filter(|(wrong, _)| *wrong).map(|(_, objection)| objection).collect()
}

/// A dash, a question mark or an invisible character names nobody.
fn is_blank(text: &Text) -> bool {
    !text.raw().contains(char::is_alphanumeric)
}

/// Names are compared as people compare them.
fn name(raw: &str) -> String {
    raw.trim().to_lowercase()
}

/// Who, of "who: for what".
fn accountable_party(accountability: &str) -> &str {
    let end = accountability.find([':', ',', ';']).unwrap_or(accountability.len());
    let party = accountability.get(..end).unwrap_or(accountability);
    party.split_once(" for ").map_or(party, |(party, _)| party)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arbitrate::dispute;
    use crate::domain::{BehaviouralVerdict, Reading};
    use crate::ledger::fixture;

    fn draft() -> Draft {
        Draft {
            proposer: "anna".into(),
            governing: Some(GoverningRecord::Behavioural),
            resolver: "clara".into(),
            accountability: "platform team: narrow the binding".into(),
            on: jiff::civil::date(2026, 11, 1),
            ..Draft::default()
        }
    }

    fn rule(change: impl FnOnce(&mut Draft), charter: &str) -> Result<Ruling, Refused> {
        let mut finding = fixture::finding("readers", Reading::Anomaly { missing: None });
        finding.behavioural = BehaviouralVerdict::Deviates;
        let mut draft = draft();
        change(&mut draft);
        ruling(&dispute(&finding), draft, &Charter::parse(charter).expect("a charter"))
    }

    #[track_caller]
    fn check(change: impl FnOnce(&mut Draft), charter: &str, expected: &[Objection]) {
        let found = rule(change, charter).map_or_else(|refused| refused.objections, |_| Vec::new());
        assert_eq!(found, expected);
    }

    #[test]
    fn a_whole_draft_becomes_a_ruling() {
        let made = rule(|draft| draft.conditions = vec!["pin".into(), " ".into()], "");
        let made = made.expect("nothing is missing");
        assert_eq!(made.governing, GoverningRecord::Behavioural);
        assert_eq!(made.conditions, ["pin".into()] as [Text; 1]);
        assert_eq!(made.review_by, Some(jiff::civil::date(2027, 1, 30)));
        let never = rule(|_| (), "review-after-days = 0").expect("nothing is missing");
        assert_eq!(never.review_by, None);
    }

    #[test]
    fn all_blank_outputs_are_named_at_once() {
        let blank =
            [Objection::NoGoverningRecord, Objection::NoResolver, Objection::NoAccountability];
        check(|draft| *draft = Draft::default(), "", &blank);
        check(|draft| draft.resolver = " \u{200b}".into(), "", &blank[1..2]);
        check(|draft| draft.accountability = "-".into(), "", &blank[2..]);
    }

    #[test]
    fn nobody_decides_their_own_matter() {
        check(|draft| draft.resolver = " Anna".into(), "", &[Objection::ResolverProposed]);
        for resolver in ["platform team", "Platform Team "] {
            check(|draft| draft.resolver = resolver.into(), "", &[Objection::ResolverAccountable]);
        }
        let both = [Objection::ResolverProposed, Objection::ResolverAccountable];
        check(
            |draft| {
                draft.resolver = "anna".into();
                draft.accountability = "Anna for the follow-up".into();
            },
            "",
            &both,
        );
    }

    #[test]
    fn the_charter_says_who_may_and_what_is_presumed() {
        check(|_| (), "roles.arbiters = [\"Clara\"]", &[]);
        check(|_| (), "roles.arbiters = [\"dora\"]", &[Objection::NotAnArbiter]);
        check(|_| (), "roles.behavioural = [\"anna\"]", &[]);
        check(|_| (), "roles.provisioning = [\"ben\"]", &[Objection::NotAProposer]);
        let presumption = "presumption = \"provisioning-first\"";
        check(|_| (), presumption, &[Objection::NoRationale]);
        check(|draft| draft.rationale = "the business moved".into(), presumption, &[]);
    }

    #[test]
    fn only_what_is_in_dispute_is_ruled_on() {
        let agreed = dispute(&fixture::finding("readers", Reading::Latent));
        let refused = ruling(&agreed, draft(), &Charter::default()).expect_err("agreed");
        assert_eq!(refused.to_string(), "the finding is not in dispute (agreed)");
    }
}
