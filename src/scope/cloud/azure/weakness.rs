//! Federated credentials that take more tokens than one (Entra, "Flexible federated identity
//! credentials"). A subject has no wildcards; an expression may.

use super::Directory;
use crate::domain::{LooseTrust, ObjectRef};

const WILDCARD: &str = "any subject that fits the pattern may become the application";
const NO_SUBJECT: &str = "any subject of the issuer may become the application";

/// Credentials whose expression leaves the subject open.
pub(in crate::scope) fn loose_trust(directory: &Directory<'_>) -> Vec<LooseTrust> {
    let credentials = directory.credentials.iter();
    let found = credentials.filter_map(|(record, credential)| {
        let claims = credential.claims.as_ref().filter(|_| credential.subject.is_none())?;
        Some(LooseTrust {
            realm: record.realm.clone(),
            role: ObjectRef::new("federatedIdentityCredential", "", credential.id.clone()),
            place: record.place.clone(),
            flaw: flaw(claims.raw())?,
            statement: 1,
            sid: None,
            evidence: claims.clone(),
        })
    });
    found.collect()
}

/// Of comparisons like `claims['sub'] matches 'repo:acme/*'`, joined by `and`, each must hold.
fn flaw(claims: &str) -> Option<&'static str> {
    let comparisons = claims.split(" and ").map(str::trim);
    let mut of_subject = comparisons.filter_map(|it| it.strip_prefix("claims['sub']")).peekable();
    let leaves_open = |comparison: &str| {
        let pattern = comparison.trim_start().strip_prefix("matches");
        pattern.is_some_and(|pattern| pattern.contains(['*', '?']))
    };
    match (of_subject.peek().is_none(), of_subject.all(leaves_open)) {
        (true, _) => Some(NO_SUBJECT),
        (false, true) => Some(WILDCARD),
        (false, false) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_that_leave_the_subject_open() {
        for (claims, expected) in [
            ("claims['sub'] matches 'repo:acme/*'", Some(WILDCARD)),
            ("claims['sub'] matches 'repo:acme/agents:ref:refs/heads/v?'", Some(WILDCARD)),
            (
                "claims['sub'] matches 'repo:acme/*' and claims['job_workflow_ref'] eq 'a'",
                Some(WILDCARD),
            ),
            ("claims['job_workflow_ref'] matches 'acme/*'", Some(NO_SUBJECT)),
            ("claims['sub'] eq 'repo:acme/agents'", None),
            // A star is a wildcard for `matches` only.
            ("claims['sub'] eq 'repo:acme/*'", None),
            ("claims['sub'] matches '*' and claims['sub'] eq 'repo:acme/agents'", None),
            ("", Some(NO_SUBJECT)),
        ] {
            assert_eq!(flaw(claims), expected, "{claims}");
        }
    }
}
