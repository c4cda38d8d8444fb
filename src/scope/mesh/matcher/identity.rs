//! Identities of workloads: `TRUST_DOMAIN/ns/NAMESPACE/sa/ACCOUNT`.

use super::Value;
use crate::domain::matcher::Dialect;

/// Whether a principal is one that `pattern` lists. Trust domains that are aliases of each other
/// count as one, in patterns that spell a whole identity.
///
/// Source: Istio, Trust Domain Migration.
pub fn principal_matches(pattern: &str, principal: &str, trust_domains: &[&str]) -> bool {
    if Value::matches(pattern, principal) {
        return true;
    }
    let Some((domain, rest)) = principal.split_once('/') else { return false };
    is_whole(pattern)
        && trust_domains.contains(&domain)
        && trust_domains.iter().any(|alias| Value::matches(pattern, &format!("{alias}/{rest}")))
}

fn is_whole(pattern: &str) -> bool {
    matches!(pattern.split('/').collect::<Vec<_>>()[..], [_, "ns", _, "sa", _])
}

/// Service accounts as `NAMESPACE/ACCOUNT`, or `ACCOUNT` in the namespace of the policy.
pub struct Account;

impl Account {
    pub fn matches(pattern: &str, account: &str, namespace: &str) -> bool {
        match pattern.contains('/') {
            true => pattern == account,
            false => account.split_once('/') == Some((namespace, pattern)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases_of_a_trust_domain_are_the_same_domain() {
        let domains = &["new-td", "old-td", "cluster.local"][..];
        let none = &["cluster.local"][..];
        let old = "old-td/ns/sleep-allow/sa/sleep";
        let new = "new-td/ns/sleep-allow/sa/sleep";
        for (pattern, principal, domains, expected) in [
            (old, old, none, true),
            (old, new, none, false),
            (old, new, domains, true),
            (new, old, domains, true),
            (old, "foreign/ns/sleep-allow/sa/sleep", domains, false),
            ("*", "foreign/ns/a/sa/b", none, true),
            ("*/ns/sleep-allow/sa/sleep", new, none, true),
            ("old-td/ns/sleep-allow/sa/*", new, domains, true),
            // Not a whole identity: nothing tells where the trust domain ends.
            ("old-td/*", new, domains, false),
            ("*", "", none, false),
        ] {
            assert_eq!(principal_matches(pattern, principal, domains), expected, "{pattern}");
        }
    }

    #[test]
    fn accounts_are_of_the_namespace_of_the_policy() {
        for (pattern, expected) in
            [("sleep", true), ("foo/sleep", true), ("bar/sleep", false), ("slee", false)]
        {
            assert_eq!(Account::matches(pattern, "foo/sleep", "foo"), expected, "{pattern}");
        }
    }
}
