//! Principals of a cluster as the authorizer sees them: service accounts, users and groups, and the
//! groups that the API server adds by itself (formats.md §3.2).

use crate::domain::configured::{Binding, Subject};
use crate::domain::{ObjectRef, Principal, Text};

/// The group whose members every authorizer lets do everything.
pub const MASTERS: &str = "system:masters";

const AUTHENTICATED: &str = "system:authenticated";
const UNAUTHENTICATED: &str = "system:unauthenticated";
const ACCOUNTS: &str = "system:serviceaccounts";
const NODE_USER: &str = "system:node:";

pub fn account(namespace: &Text, name: &Text) -> ObjectRef {
    ObjectRef::new("ServiceAccount", namespace.clone(), name.clone())
}

/// A user; the service account whose user name it is.
pub fn user(name: &Text) -> ObjectRef {
    let account = name.raw().strip_prefix("system:serviceaccount:");
    match account.and_then(|rest| rest.split_once(':')) {
        Some((namespace, account)) => ObjectRef::new("ServiceAccount", namespace, account),
        None => ObjectRef::new("User", "", name.clone()),
    }
}

pub fn group(name: &Text) -> ObjectRef {
    ObjectRef::new("Group", "", name.clone())
}

/// The user of a node.
pub fn node(name: &Text) -> ObjectRef {
    ObjectRef::new("User", "", format!("{NODE_USER}{}", name.raw()))
}

pub fn is_node(user: &ObjectRef) -> bool {
    user.kind == "User" && user.name.raw().starts_with(NODE_USER)
}

/// The principal that an agent was seen to act as; `None` for one that no cluster knows.
pub fn acting_as(principal: &Principal) -> Option<ObjectRef> {
    match principal {
        Principal::ServiceAccount { namespace, name, .. } => Some(account(namespace, name)),
        Principal::Node { name, .. } => Some(node(name)),
        Principal::Human { name } | Principal::User { name } => Some(user(name)),
        _ => None,
    }
}

/// The principal that a subject means: a ServiceAccount without a namespace is one of the binding's
/// namespace, and nobody in a ClusterRoleBinding; a User may spell a service account.
pub fn named_by(subject: &Subject, binding: &Binding) -> Option<ObjectRef> {
    match subject.kind.raw() {
        "ServiceAccount" if !subject.namespace.is_empty() => {
            Some(account(&subject.namespace, &subject.name))
        }
        "ServiceAccount" if binding.meta.namespace.is_empty() => None,
        "ServiceAccount" => Some(account(&binding.meta.namespace, &subject.name)),
        "User" => Some(user(&subject.name)),
        "Group" => Some(group(&subject.name)),
        _ => None,
    }
}

/// The groups that the API server adds for a principal, nearest first. For a group: those in which
/// its members are, too.
pub fn groups(principal: &ObjectRef) -> Vec<ObjectRef> {
    let own = format!("{ACCOUNTS}:{}", principal.namespace.raw());
    let name = principal.name.raw();
    let groups: &[&str] = match principal.kind.raw() {
        "ServiceAccount" => &[&own, ACCOUNTS, AUTHENTICATED],
        "User" if name == "system:anonymous" => &[UNAUTHENTICATED],
        "User" if is_node(principal) => &["system:nodes", AUTHENTICATED],
        "Group" if [AUTHENTICATED, UNAUTHENTICATED].contains(&name) => &[],
        "Group" if name.starts_with(&format!("{ACCOUNTS}:")) => &[ACCOUNTS, AUTHENTICATED],
        _ => &[AUTHENTICATED],
    };
    groups.iter().map(|name| ObjectRef::new("Group", "", *name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_implied_by_the_principal() {
        for (principal, expected) in [
            (
                user(&"system:serviceaccount:agents:billing".into()),
                "ServiceAccount agents/billing: system:serviceaccounts:agents, \
                 system:serviceaccounts, system:authenticated",
            ),
            (node(&"n1".into()), "User system:node:n1: system:nodes, system:authenticated"),
            (user(&"alice".into()), "User alice: system:authenticated"),
            (user(&"system:anonymous".into()), "User system:anonymous: system:unauthenticated"),
            (
                user(&"system:serviceaccount:odd".into()),
                "User system:serviceaccount:odd: system:authenticated",
            ),
            (
                group(&"system:serviceaccounts:agents".into()),
                "Group system:serviceaccounts:agents: system:serviceaccounts, \
                 system:authenticated",
            ),
            (group(&AUTHENTICATED.into()), "Group system:authenticated: "),
        ] {
            let groups = groups(&principal);
            let names: Vec<&str> = groups.iter().map(|group| group.name.raw()).collect();
            assert_eq!(format!("{}: {}", principal.visible(), names.join(", ")), expected);
        }
    }
}
