//! The peer's explanations: which policies decide on which ports of a connection.

use std::collections::{BTreeMap, BTreeSet};

use super::lines::name;
use super::manifests::Manifests;
use crate::scope::network::connections::{Connection, Network};
use crate::scope::network::decision::{By, Decision};
use crate::scope::network::endpoint::End;
use crate::scope::network::policy::{Action, Policy};
use crate::scope::network::ports::Ports;

const DEFAULT: &str = "the system default";

/// Whether each explained connection is decided by the same policies and rules.
pub fn check(manifests: &Manifests, text: &str) -> Result<(), String> {
    let network = manifests.network();
    let mut compared = 0;
    let mut connection: Option<(String, Connection<'_>)> = None;
    let mut ports = Ports::default();
    let mut reasons: BTreeMap<&str, (String, BTreeSet<String>)> = BTreeMap::new();
    let mut direction = "";
    for line in text.lines().chain(["end"]) {
        let is_deeper = line.starts_with("\t\t");
        if !is_deeper && !reasons.is_empty() {
            let (ends, connection) = connection.as_ref().ok_or("reasons without a connection")?;
            compare(ends, connection, &ports, &reasons)?;
            compared += 1;
            reasons.clear();
        }
        let trimmed = line.trim();
        if let Some(ends) = line.strip_prefix("Connections between ") {
            let ends = ends.trim_end_matches(':');
            connection = between(&network, ends)?.map(|found| (ends.to_owned(), found));
        } else if line.contains(" => ") && !line.contains('#') {
            // Only in the list of connections that no policy decides.
            let Some(found) = between(&network, line)? else { continue };
            let both = ["Egress", "Ingress"];
            let by_default = || ("Allowed".to_owned(), BTreeSet::from([DEFAULT.to_owned()]));
            let defaults = both.into_iter().map(|side| (side, by_default())).collect();
            compare(line, &found, &Ports::all(), &defaults)?;
            compared += 1;
        } else if connection.is_none() {
            // Of an ingress controller.
        } else if let Some((list, why)) =
            trimmed.split_once(" due to the ").filter(|_| line.starts_with('\t') && !is_deeper)
        {
            let (effect, list) = list.split_once(' ').ok_or("no effect")?;
            ports = parse(list);
            if why.starts_with("system default") {
                for side in ["Egress", "Ingress"] {
                    reasons.insert(side, (effect.into(), BTreeSet::from([DEFAULT.into()])));
                }
            }
        } else if let Some(side) = ["Egress", "Ingress"]
            .into_iter()
            .find(|side| is_deeper && !line.starts_with("\t\t\t") && trimmed.starts_with(*side))
        {
            direction = side;
            let allowed = if trimmed.contains("(Allowed)") { "Allowed" } else { "Denied" };
            let by_default = trimmed.contains("system default").then(|| DEFAULT.to_owned());
            reasons.insert(direction, (allowed.into(), by_default.into_iter().collect()));
        } else if line.starts_with("\t\t\t") && !trimmed.ends_with(" list:") {
            let reason = reasons.get_mut(direction).ok_or("a policy without a direction")?;
            reason.1.insert(reason_of(trimmed.trim_start_matches("- "))?);
        }
    }
    (compared > 0).then_some(()).ok_or_else(|| "nothing was compared".to_owned())
}

/// `Kind 'name' allows by rule`, `… selects`.
fn reason_of(text: &str) -> Result<String, String> {
    let parts: Vec<&str> = text.splitn(3, '\'').collect();
    let [kind, name, what] = parts.as_slice() else { return Err(format!("no policy: {text}")) };
    let what = what.trim();
    let rule = what.split_once(" rule ").map(|(_, rule)| rule);
    let verb = what.split(' ').next().unwrap_or_default();
    Ok(match (verb, rule) {
        ("allows" | "denies" | "passes", Some(rule)) => format!("{kind}'{name}' {verb} {rule}"),
        _ => format!("{kind}'{name}' {verb}"),
    })
}

/// `TCP:[1-79,81-65535], UDP, SCTP`
fn parse(list: &str) -> Ports {
    let protocols = list.split(", ").map(|part| match part.split_once(":[") {
        None => Ports::of_protocol(part),
        Some((protocol, ranges)) => {
            let number = |text: &str| text.parse().expect("a port");
            let ranges = ranges.trim_end_matches(']').split(',').map(|range| {
                let (first, last) = range.split_once('-').unwrap_or((range, range));
                Ports::of(protocol, number(first), number(last))
            });
            ranges.collect()
        }
    });
    protocols.collect()
}

/// `None` for an ingress controller, which is no matter of network policies.
fn between<'n>(network: &'n Network<'_>, ends: &str) -> Result<Option<Connection<'n>>, String> {
    let (source, destination) = ends.split_once(" => ").ok_or("no two ends")?;
    if source == "{ingress-controller}" {
        return Ok(None);
    }
    let end = |text: &str| match text.strip_suffix("[External]") {
        Some(range) => {
            let first = range.split('-').next().unwrap_or_default();
            first.parse().map(End::Address).map_err(|_| format!("no address: {range}"))
        }
        None => {
            let found = network.endpoints.iter().find(|endpoint| name(endpoint) == text);
            found.map(End::Pods).ok_or_else(|| format!("no such workload: {text}"))
        }
    };
    Ok(Some(network.connection(&end(source)?, &end(destination)?)))
}

fn compare(
    ends: &str,
    connection: &Connection<'_>,
    ports: &Ports,
    expected: &BTreeMap<&str, (String, BTreeSet<String>)>,
) -> Result<(), String> {
    let sides = [("Egress", &connection.egress), ("Ingress", &connection.ingress)];
    for (side, decision) in sides {
        let found = found(decision.as_ref(), ports);
        match expected.get(side) {
            Some(reasons) if agree(reasons, &found) => {}
            // The peer says nothing of the other side when one denies.
            None => {}
            Some(reasons) => {
                return Err(format!(
                    "{ends} {ports} {side}: expected {reasons:?}, found {found:?}"
                ));
            }
        }
    }
    Ok(())
}

/// The same effect by the same policies. Of the rules of a policy that accept the same the peer
/// names one.
fn agree(expected: &(String, BTreeSet<String>), found: &(String, BTreeSet<String>)) -> bool {
    let policies = |reasons: &BTreeSet<String>| -> BTreeSet<String> {
        let without_rule = |reason: &String| match reason.split_once(" allows ") {
            Some((policy, _)) => format!("{policy} allows"),
            None => reason.clone(),
        };
        reasons.iter().map(without_rule).collect()
    };
    expected.0 == found.0
        && expected.1.is_subset(&found.1)
        && policies(&expected.1) == policies(&found.1)
}

/// Whether all of these ports are allowed or denied on one side, and by whom.
fn found(decision: Option<&Decision<'_>>, ports: &Ports) -> (String, BTreeSet<String>) {
    let Some(decision) = decision else {
        return ("Allowed".to_owned(), BTreeSet::from([DEFAULT.to_owned()]));
    };
    let within = |all: &Ports| ports.difference(all).is_empty();
    let effect = match (within(&decision.accepted), within(&decision.denied)) {
        (true, _) => "Allowed",
        (_, true) => "Denied",
        _ => "Mixed",
    };
    let claims = decision.claims.iter().filter(|claim| claim.depends_on.is_none());
    let relevant = claims.filter(|claim| !claim.ports.intersection(ports).is_empty());
    let reasons: BTreeSet<String> = relevant
        .filter_map(|claim| match &claim.by {
            By::Rule { policy, rule } => {
                let verb = match claim.action {
                    Action::Accept => "allows",
                    Action::Deny => "denies",
                    Action::Pass => "passes",
                };
                Some(format!("{} {verb} {}", shown(policy), rule.name.raw()))
            }
            By::Isolation(policy) => Some(format!("{} selects", shown(policy))),
            By::Default | By::HostNetwork => None,
        })
        .collect();
    match reasons.is_empty() {
        true => (effect.to_owned(), BTreeSet::from([DEFAULT.to_owned()])),
        false => (effect.to_owned(), reasons),
    }
}

fn shown(policy: &Policy<'_>) -> String {
    let object = &policy.object;
    match object.namespace.is_empty() {
        true => format!("{} '{}'", object.kind.raw(), object.name.raw()),
        false => {
            format!("{} '{}/{}'", object.kind.raw(), object.namespace.raw(), object.name.raw())
        }
    }
}
