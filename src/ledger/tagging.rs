//! Building a tag: a verdict that differs from the reading needs its own reason.

use super::LedgerError;
use crate::domain::{CantTell, Finding, Reading, Tag, Text, Verdict};

/// A tag on `finding` as it reads now. One that agrees with the reading inherits the reading's
/// reason unless it brings its own; one that differs must bring its own.
pub fn tag(finding: &Finding, verdict: Verdict, reason: Option<Text>) -> Result<Tag, LedgerError> {
    let own = reason.map(|reason| reason.raw().trim().to_owned()).filter(|own| !own.is_empty());
    let reason = match own {
        Some(own) => own,
        None if verdict.agrees_with(&finding.reading) => inherited(finding),
        None => {
            return Err(LedgerError::ReasonMissing { verdict, reading: finding.reading.clone() });
        }
    };
    Ok(Tag { finding: finding.id, verdict, reason, reading: finding.reading_digest() })
}

/// The reading's own reason: why it cannot be told, else the step that decided.
fn inherited(finding: &Finding) -> String {
    match (&finding.reading, finding.steps.last()) {
        (Reading::CantTell { why }, _) => CantTell::label(why),
        (_, Some(step)) if !step.because.is_empty() => step.because.clone(),
        _ => finding.title.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Signal;
    use crate::ledger::fixture;

    #[track_caller]
    fn check(reading: Reading, verdict: Verdict, reason: Option<&str>, expected: Option<&str>) {
        let finding = fixture::finding("readers", reading);
        let built = tag(&finding, verdict, reason.map(Text::from));
        let Some(expected) = expected else {
            assert!(matches!(built, Err(LedgerError::ReasonMissing { .. })), "{built:?}");
            return;
        };
        let tag = built.expect("it has a reason");
        assert_eq!((tag.finding, tag.reading), (finding.id, finding.reading_digest()));
        assert_eq!(tag.reason, expected);
    }

    #[test]
    fn only_a_verdict_that_differs_needs_a_reason() {
        let cant_tell =
            Reading::CantTell { why: CantTell::MissingSignal { signal: Signal::ToolCall } };
        check(Reading::Latent, Verdict::Gap1, None, Some("reads secrets through readers"));
        check(Reading::Latent, Verdict::Gap1, Some("mine"), Some("mine"));
        check(Reading::Latent, Verdict::Gap2, Some(" mine "), Some("mine"));
        check(Reading::Latent, Verdict::Gap2, Some(" \n"), None);
        check(Reading::Latent, Verdict::Gap2, None, None);
        check(Reading::Breach, Verdict::CantTell, None, None);
        check(cant_tell.clone(), Verdict::CantTell, None, Some("missing signal: tool call"));
        check(cant_tell, Verdict::Gap3, None, None);
    }
}
