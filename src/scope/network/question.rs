//! One connection, asked by a person: what becomes of it, and whose word that is at either end.

use super::connections::{Network, Verdict};
use super::decision::{By, Claim};
use super::endpoint::End;
use super::policy::{Action, Direction};
use crate::domain::{ConnectionAnswer, ConnectionWord};
use crate::scope::Estate;

/// Whether `from` may connect to a port of `to`, each spelled `NAMESPACE/WORKLOAD`, as an address or as
/// a name. `None` when no loaded cluster has the workloads.
pub fn connection(
    estate: &Estate,
    from: &str,
    to: &str,
    protocol: &str,
    port: u16,
) -> Option<ConnectionAnswer> {
    estate.realms_with_network.iter().find_map(|realm| {
        let network = Network::of_realm(estate, realm);
        let (source, destination) = (end(&network, from)?, end(&network, to)?);
        let is_inside = |end: &End<'_>| matches!(end, End::Pods(_));
        if !is_inside(&source) && !is_inside(&destination) {
            return None;
        }
        let connection = network.connection(&source, &destination);
        let words =
            connection.claims(protocol, port).map(|(direction, claim)| word(direction, claim));
        Some(ConnectionAnswer {
            realm: realm.clone(),
            verdict: match connection.verdict(protocol, port) {
                Verdict::Accepted => "accepted",
                Verdict::Denied => "denied",
                Verdict::Undecided => "undecided",
            },
            words: words.collect(),
        })
    })
}

fn end<'n>(network: &'n Network<'_>, spelled: &'n str) -> Option<End<'n>> {
    if let Ok(address) = spelled.parse() {
        return Some(network.address(address));
    }
    match spelled.split_once('/') {
        Some((namespace, name)) => network.workload(&namespace.into(), &name.into()),
        None => Some(End::Name(spelled)),
    }
}

fn word(direction: Direction, claim: &Claim<'_>) -> ConnectionWord {
    let policy = claim.by.policy();
    ConnectionWord {
        at: match direction {
            Direction::Egress => "egress",
            Direction::Ingress => "ingress",
        },
        says: match claim.action {
            Action::Accept => "accept",
            Action::Deny => "deny",
            Action::Pass => "pass",
        },
        by: policy.map(|policy| policy.object.clone()),
        because: match claim.by {
            By::Rule { rule, .. } => format!("rule {}", rule.name.visible()),
            By::Isolation(_) => "it selects the pods, and no policy accepts".to_owned(),
            By::Default => "no policy has a word on it".to_owned(),
            By::HostNetwork => "pods in the network of their node are not governed".to_owned(),
        },
        place: policy.map(|policy| policy.record.place.clone()),
        depends_on: claim.depends_on.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{estate, namespace, policy, selector, workload};
    use super::*;
    use crate::domain::configured::Configured;

    #[track_caller]
    fn check(from: &str, to: &str, port: u16, expected: Option<&str>) {
        let mut closed = policy("data", "closed", selector(&[("app", "crm")]));
        (closed.egress, closed.ingress) = (false, true);
        let estate = estate([
            namespace("agents", &[]),
            namespace("data", &[]),
            workload("Deployment", "agents", "billing"),
            workload("Deployment", "data", "crm"),
            Configured::NetworkPolicy(closed),
        ]);
        let answer = connection(&estate, from, to, "TCP", port);
        let shown = answer.map(|answer| {
            let words: Vec<String> = answer
                .words
                .iter()
                .map(|word| {
                    let by = word.by.as_ref().map_or("-".to_owned(), |by| by.visible());
                    format!("{} {} {by}", word.at, word.says)
                })
                .collect();
            format!("{}: {}", answer.verdict, words.join(", "))
        });
        assert_eq!(shown.as_deref(), expected, "{from} {to}");
    }

    #[test]
    fn both_ends_have_their_word() {
        let open = "egress accept -";
        check(
            "agents/billing",
            "data/crm",
            443,
            Some(&format!("denied: {open}, ingress deny NetworkPolicy data/closed")),
        );
        check(
            "data/crm",
            "agents/billing",
            443,
            Some(&format!("accepted: {open}, ingress accept -")),
        );
        check("agents/billing", "192.0.2.7", 443, Some(&format!("accepted: {open}")));
        check("agents/billing", "api.example.com", 443, Some(&format!("accepted: {open}")));
        check("192.0.2.7", "data/crm", 443, Some("denied: ingress deny NetworkPolicy data/closed"));
        check("192.0.2.7", "192.0.2.8", 443, None);
        check("agents/nobody", "data/crm", 443, None);
    }
}
