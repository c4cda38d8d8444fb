//! Service accounts that a principal can become (IAM, "Service account impersonation").

use std::sync::Arc;

use super::weakness::flaw;
use super::{Bound, Iam, Level, Member, level, member_node};
use crate::domain::{Attachment, Bounds, Text};
use crate::scope::authority::{Authority, Edge};

/// Permissions that let their holder act as a service account, and what it takes.
struct Way {
    permission: &'static str,
    rule: &'static str,
    /// A resource that runs as the account must be made first.
    is_derived: bool,
}

const WAYS: &[Way] = &[
    Way {
        permission: "iam.serviceAccounts.getAccessToken",
        rule: "may get access tokens of the account",
        is_derived: false,
    },
    Way {
        permission: "iam.serviceAccounts.actAs",
        rule: "may run a resource as the account",
        is_derived: true,
    },
];

/// Edges from members of bindings that allow it to each account in their reach.
pub(super) fn add(iam: &Iam<'_>, authority: &mut Authority) {
    for bound in &iam.bindings {
        let role = &bound.binding.role;
        for way in WAYS.iter().filter(|way| iam.roles.lets_become(role, way.permission)) {
            for email in targets(iam, bound) {
                add_edges(iam, bound, way, email, authority);
            }
        }
    }
}

/// Whether the role of the binding lets its members become an account.
pub(super) fn lets_become(iam: &Iam<'_>, bound: &Bound<'_>) -> bool {
    let role = &bound.binding.role;
    WAYS.iter().any(|way| iam.roles.lets_become(role, way.permission))
}

fn add_edges(iam: &Iam<'_>, bound: &Bound<'_>, way: &Way, email: &Text, authority: &mut Authority) {
    let mut depends_on = bound.open(iam.instant);
    depends_on.extend(disabled(iam, email));
    let account = Member::ServiceAccount(email.clone());
    let to = member_node(&account, authority);
    let bounds = Arc::new(Bounds { depends_on, ..Bounds::default() });
    for member in bound.members.iter().filter(|it| **it != Member::Deleted && **it != account) {
        let attachment = match member {
            Member::PoolSubject { .. } | Member::PoolSet { .. } => Attachment::Federation,
            _ => Attachment::RoleChain,
        };
        let edge = match way.is_derived {
            true => Edge::derived(attachment, way.rule, vec![bound.object()]),
            false => {
                let rule = flaw(member).unwrap_or(way.rule);
                Edge { through: vec![bound.object()], ..Edge::held(attachment, rule) }
            }
        };
        let from = member_node(member, authority);
        authority.give(from, to, edge.bounded(bounds.clone()));
    }
}

/// In words, when nobody can act as the account as it stands.
pub(in crate::scope) fn disabled(iam: &Iam<'_>, email: &Text) -> Option<Text> {
    let (_, account) = iam.account(email)?;
    account.disabled.then(|| format!("{} is enabled again", email.visible()).into())
}

/// The accounts to which a binding applies: the one whose policy it is in, or those that lie below.
fn targets<'i>(iam: &'i Iam<'_>, bound: &Bound<'_>) -> Vec<&'i Text> {
    let resource = &bound.resource;
    let accounts = iam.accounts();
    if level(resource) == Level::Resource {
        let named = resource.raw().split_once("/serviceAccounts/").map(|(_, name)| name);
        let is_it = |email: &&Text| {
            let id = iam.account(email).and_then(|(_, account)| account.id.as_ref());
            named.is_some_and(|named| **email == *named || id.is_some_and(|id| *id == *named))
        };
        return accounts.into_iter().filter(is_it).collect();
    }
    let lies_below = |email: &&Text| {
        iam.project_of(email).is_some_and(|project| iam.hierarchy.holds(resource, &project))
    };
    accounts.into_iter().filter(lies_below).collect()
}
