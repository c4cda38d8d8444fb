//! Who asks, as the authorizer sees it: a user name and groups.

use crate::domain::configured::Subject;
use crate::domain::{Principal, Text};

const AUTHENTICATED: &str = "system:authenticated";
const UNAUTHENTICATED: &str = "system:unauthenticated";
const ANONYMOUS: &str = "system:anonymous";
const NODES: &str = "system:nodes";

/// A user name with its groups, those that the API server adds by itself included.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Identity {
    pub user: Text,
    pub groups: Vec<Text>,
}

impl Identity {
    /// An authenticated user with the groups that its credential names. Service accounts and nodes
    /// are in the groups of their kind (formats.md §3.2), nearest first.
    pub fn of_user(user: &Text, groups: &[Text]) -> Self {
        let mut all: Vec<Text> = implied(user);
        all.splice(
            0..0,
            groups.iter().filter(|group| !all.contains(group)).cloned().collect::<Vec<_>>(),
        );
        Self { user: user.clone(), groups: all }
    }

    pub fn of_account(namespace: &Text, name: &Text) -> Self {
        Self::of_user(&account_user(namespace, name), &[])
    }

    /// The identity behind a principal of a cluster; `None` for one that no cluster knows.
    pub fn of_principal(principal: &Principal) -> Option<Self> {
        match principal {
            Principal::ServiceAccount { namespace, name, .. } => {
                Some(Self::of_account(namespace, name))
            }
            Principal::Node { name, .. } => {
                Some(Self::of_user(&format!("system:node:{}", name.raw()).into(), &[]))
            }
            Principal::Human { name } | Principal::User { name } => Some(Self::of_user(name, &[])),
            _ => None,
        }
    }

    /// The service account behind the user name, as namespace and name.
    pub fn account(&self) -> Option<(Text, Text)> {
        account_of_user(&self.user)
    }

    /// The subjects of bindings that mean this identity: its own first, then its groups. A service
    /// account is also meant by a `User` subject that spells its user name.
    pub fn subjects(&self) -> impl Iterator<Item = Subject> {
        let account = self.account().map(|(namespace, name)| Subject {
            kind: "ServiceAccount".into(),
            name,
            namespace,
        });
        let user = named("User", &self.user);
        let groups = self.groups.iter().map(|group| named("Group", group));
        account.into_iter().chain([user]).chain(groups)
    }
}

/// The user name of a service account.
pub fn account_user(namespace: &Text, name: &Text) -> Text {
    format!("system:serviceaccount:{}:{}", namespace.raw(), name.raw()).into()
}

/// The service account that a user name spells, as namespace and name.
pub fn account_of_user(user: &Text) -> Option<(Text, Text)> {
    let (namespace, name) = user.raw().strip_prefix("system:serviceaccount:")?.split_once(':')?;
    Some((namespace.into(), name.into()))
}

/// The groups that the API server adds for a user name.
fn implied(user: &Text) -> Vec<Text> {
    if let Some((namespace, _)) = account_of_user(user) {
        let own = format!("system:serviceaccounts:{}", namespace.raw());
        return vec![own.into(), "system:serviceaccounts".into(), AUTHENTICATED.into()];
    }
    match user.raw() {
        ANONYMOUS => vec![UNAUTHENTICATED.into()],
        raw if raw.starts_with("system:node:") => vec![NODES.into(), AUTHENTICATED.into()],
        _ => vec![AUTHENTICATED.into()],
    }
}

fn named(kind: &str, name: &Text) -> Subject {
    Subject { kind: kind.into(), name: name.clone(), namespace: Text::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(user: &str, groups: &[&str], expected: &str) {
        let groups: Vec<Text> = groups.iter().map(|group| Text::from(*group)).collect();
        let identity = Identity::of_user(&user.into(), &groups);
        let subjects = identity.subjects().map(|subject| {
            let name = match subject.namespace.is_empty() {
                true => subject.name.raw().to_owned(),
                false => format!("{}/{}", subject.namespace.raw(), subject.name.raw()),
            };
            format!("{} {name}", subject.kind.raw())
        });
        assert_eq!(subjects.collect::<Vec<_>>().join(", "), expected);
    }

    #[test]
    fn groups_are_implied_by_the_user_name() {
        check(
            "system:serviceaccount:agents:billing",
            &["system:authenticated"],
            "ServiceAccount agents/billing, User system:serviceaccount:agents:billing, \
             Group system:serviceaccounts:agents, Group system:serviceaccounts, \
             Group system:authenticated",
        );
        check(
            "system:node:n1",
            &[],
            "User system:node:n1, Group system:nodes, Group system:authenticated",
        );
        check("alice", &["dev"], "User alice, Group dev, Group system:authenticated");
        check("system:anonymous", &[], "User system:anonymous, Group system:unauthenticated");
        check(
            "system:serviceaccount:odd",
            &[],
            "User system:serviceaccount:odd, Group system:authenticated",
        );
    }
}
