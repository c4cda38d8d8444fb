//! Each record explains itself to the other side in a sentence or two: a grant to a SOC analyst, a
//! deviation to a provisioning owner.

use crate::domain::{
    BehaviouralVerdict, CantTell, Citation, Finding, ProvisioningVerdict, Reading,
};

/// More citations than this make a list, not a sentence; the finding has them all.
const CITED: usize = 2;

/// What the provisioning record says, told to somebody who reads events, not grants.
pub fn provisioning_case(finding: &Finding) -> String {
    let (claim, consequence) = match (finding.provisioning, &finding.reading) {
        (ProvisioningVerdict::InScope, _) => (
            "The agent was given this: ",
            "Whoever owns the grant expects to see it used; to end it, the grant has to be changed.",
        ),
        (ProvisioningVerdict::OutOfScope, Reading::Breach) => (
            "A rule forbids this and nothing enforces the rule: ",
            "That the act went through shows a missing control, not a permission.",
        ),
        (ProvisioningVerdict::OutOfScope, _) => (
            "The agent's own configuration does not give it this: ",
            "It works through authority that was given to something else, which is where it can be ended.",
        ),
        (ProvisioningVerdict::Unknown, _) => (
            "The records that are loaded do not say whether the agent was given this: ",
            "Load the configuration of this plane before taking silence for a permission.",
        ),
    };
    sentences(claim, &finding.configured, "no configured record is cited", consequence)
}

/// What the behavioural record says, told to somebody who reads grants, not events.
pub fn behavioural_case(finding: &Finding) -> String {
    let pending;
    let (claim, consequence) = match finding.behavioural {
        BehaviouralVerdict::Consistent => (
            "The agent does this as a matter of course: ",
            "Taking it away stops work that runs today.",
        ),
        BehaviouralVerdict::Deviates => (
            "The agent uses this in a way it did not before: ",
            "The grant cannot show the difference; an injected prompt, a changed business and a poor \
             baseline are all permitted.",
        ),
        BehaviouralVerdict::NotConverged => {
            pending = match &finding.reading {
                Reading::CantTell { why: why @ CantTell::NotConverged { .. } } => {
                    format!("What is normal for it can be said later ({}).", why.label())
                }
                _ => "What is normal for it cannot be said yet.".to_owned(),
            };
            ("The agent has not been watched long enough: ", pending.as_str())
        }
        BehaviouralVerdict::NotObserved => (
            "The agent was not seen to do this: ",
            "Whether it could not or did not is a question of what the sources cover.",
        ),
    };
    sentences(claim, &finding.operational, "no operational record is cited", consequence)
}

/// Claim, evidence, consequence. Citations are escaped where they are made.
fn sentences(claim: &str, cited: &[Citation], none: &str, consequence: &str) -> String {
    let cited: Vec<&str> = cited
        .iter()
        .map(|citation| citation.text.trim().trim_end_matches('.'))
        .filter(|text| !text.is_empty())
        .take(CITED)
        .collect();
    let cited = if cited.is_empty() { none.to_owned() } else { cited.join("; ") };
    format!("{claim}{cited}. {consequence}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::fixture;

    #[test]
    fn a_grant_is_explained_to_an_analyst() {
        let mut finding = fixture::finding("readers", Reading::Latent);
        finding.configured = ["One.", "two", "three"].map(Citation::new).into();
        let shown = provisioning_case(&finding);
        assert!(shown.starts_with("The agent was given this: One; two. "), "{shown}");
        finding.provisioning = ProvisioningVerdict::OutOfScope;
        let hidden = provisioning_case(&finding);
        finding.reading = Reading::Breach;
        assert_ne!(provisioning_case(&finding), hidden, "a breach is not hidden scope");
        finding.configured.clear();
        assert!(provisioning_case(&finding).contains("no configured record is cited."));
    }

    #[test]
    fn a_deviation_is_explained_to_an_owner() {
        let why = CantTell::NotConverged { until: None, condition: "12 more runs".to_owned() };
        let mut finding = fixture::finding("readers", Reading::CantTell { why });
        finding.behavioural = BehaviouralVerdict::NotConverged;
        assert!(behavioural_case(&finding).contains("12 more runs"));
        finding.behavioural = BehaviouralVerdict::Deviates;
        assert!(behavioural_case(&finding).contains("get secrets was seen 412 times."));
    }
}
