//! Findings and rulings → disputes, and the rules by which they are ruled on (design §3.6).
//!
//! The two records are never merged: each says what it says of a finding's activity, and where they
//! do not agree a person with authority over both decides which governs.
//!
//! | file | subject |
//! |---|---|
//! | [`explain`] | each record's case, told to the other side |
//! | [`charter`] | who may propose and decide, and what is presumed |
//! | [`ruling`](mod@ruling) | from a draft to a ruling, or to all that is missing |
//! | [`precedent`] | earlier rulings on like disputes |

pub mod charter;
pub mod explain;
pub mod precedent;
pub mod ruling;

pub use charter::{Charter, CharterError, Presumption};
pub use precedent::{Precedent, precedents};
pub use ruling::{Draft, Objection, Refused, ruling};

use crate::domain::{BehaviouralVerdict, Dispute, DisputeState, Finding, ProvisioningVerdict};

/// What becomes of a pair of verdicts: the table of design §3.6.
pub fn state(provisioning: ProvisioningVerdict, behavioural: BehaviouralVerdict) -> DisputeState {
    use BehaviouralVerdict::{Consistent, Deviates, NotConverged, NotObserved};
    use ProvisioningVerdict::{InScope, OutOfScope, Unknown};
    match (provisioning, behavioural) {
        (InScope, Consistent) => DisputeState::ClosedByAgreement,
        (InScope, Deviates) => DisputeState::Dispute,
        (InScope, NotConverged) => DisputeState::Pending,
        (InScope, NotObserved) => DisputeState::NothingToDispute,
        (OutOfScope, Consistent) => DisputeState::Dispute,
        (OutOfScope, Deviates) => DisputeState::AgreedViolation,
        (OutOfScope, NotConverged) => DisputeState::Dispute,
        (OutOfScope, NotObserved) => DisputeState::ConfigurationMatter,
        (Unknown, Consistent) => DisputeState::Pending,
        (Unknown, Deviates) => DisputeState::Dispute,
        (Unknown, NotConverged) => DisputeState::Pending,
        (Unknown, NotObserved) => DisputeState::Pending,
    }
}

/// Every finding with its two verdicts and both records' cases. The docket is those in state
/// [`DisputeState::Dispute`].
pub fn disputes(findings: &[Finding]) -> Vec<Dispute> {
    findings.iter().map(dispute).collect()
}

/// One finding's two verdicts.
pub fn dispute(finding: &Finding) -> Dispute {
    Dispute {
        finding: finding.id,
        provisioning: finding.provisioning,
        behavioural: finding.behavioural,
        state: state(finding.provisioning, finding.behavioural),
        from: finding.from,
        until: finding.until,
        provisioning_case: explain::provisioning_case(finding),
        behavioural_case: explain::behavioural_case(finding),
    }
}

#[cfg(test)]
mod tests {
    use strum::IntoEnumIterator as _;

    use super::*;
    use crate::domain::Reading;
    use crate::ledger::fixture;

    #[test]
    fn every_pair_of_verdicts_has_the_state_of_the_table() {
        // Rows: in scope, out of scope, scope unknown. Columns: consistent, deviates, not converged,
        // not observed.
        let table = [
            ["agreed", "dispute", "pending", "nothing to dispute"],
            ["dispute", "agreed violation", "dispute", "configuration matter"],
            ["pending", "dispute", "pending", "pending"],
        ];
        let rows: Vec<Vec<String>> = ProvisioningVerdict::iter()
            .map(|left| BehaviouralVerdict::iter().map(move |right| state(left, right).to_string()))
            .map(Iterator::collect)
            .collect();
        assert_eq!(rows, table);
    }

    #[test]
    fn a_dispute_carries_both_cases() {
        let mut finding = fixture::finding("readers", Reading::Anomaly { missing: None });
        finding.behavioural = BehaviouralVerdict::Deviates;
        let [dispute]: [Dispute; 1] =
            disputes(&[finding.clone()]).try_into().expect("one finding, one dispute");
        assert_eq!((dispute.finding, dispute.state), (finding.id, DisputeState::Dispute));
        assert!(dispute.provisioning_case.contains(&finding.configured[0].text));
        assert!(dispute.behavioural_case.contains(&finding.operational[0].text));
    }
}
