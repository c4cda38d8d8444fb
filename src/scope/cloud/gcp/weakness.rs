//! Service accounts that anybody, or every workload of a pool, can become (IAM, "Best practices for
//! using workload identity federation").

use super::{Iam, Level, Member, impersonation, level, principal};
use crate::domain::{LooseTrust, ObjectRef, Text};

const ANYBODY: &str = "anybody may become the account";
const ANY_GOOGLE_ACCOUNT: &str = "any Google account may become the account";
const WHOLE_POOL: &str = "every workload of the pool may become the account";

/// Bindings that let more become an account than one would think.
pub(in crate::scope) fn loose_trust(iam: &Iam<'_>) -> Vec<LooseTrust> {
    let letting = iam.bindings.iter().filter(|bound| impersonation::lets_become(iam, bound));
    let found = letting.flat_map(|bound| {
        let members = bound.members.iter().zip(&bound.binding.members);
        members.filter_map(|(member, identifier)| {
            Some(LooseTrust {
                realm: bound.record.realm.clone(),
                role: accounts_of(&bound.resource),
                place: bound.record.place.clone(),
                flaw: flaw(member)?,
                statement: bound.position,
                sid: None,
                evidence: identifier.clone(),
            })
        })
    });
    found.collect()
}

/// How a member of such a binding is too wide.
pub(super) fn flaw(member: &Member) -> Option<&'static str> {
    match member {
        Member::AllUsers => Some(ANYBODY),
        Member::AllAuthenticatedUsers => Some(ANY_GOOGLE_ACCOUNT),
        Member::PoolSet { shared, .. } if *shared == "*" => Some(WHOLE_POOL),
        _ => None,
    }
}

/// The account whose policy it is, or all that lie below.
fn accounts_of(resource: &Text) -> ObjectRef {
    let member = match (level(resource), resource.raw().split_once("/serviceAccounts/")) {
        (Level::Resource, Some((_, name))) => Member::ServiceAccount(name.into()),
        _ => Member::AccountsOf(resource.clone()),
    };
    principal(&member)
}
