//! NetworkPolicy: policies, or their absence → egress grants (formats.md §4.1).
//!
//! Policies only allow: the workloads that none selects for egress may reach anything, those that
//! some select may reach what the union of their rules allows. What a policy cannot express here (a
//! named port, which every destination resolves for itself) is taken as wide as it may be.

use std::collections::{BTreeMap, BTreeSet};

use super::{Estate, granted_by};
use crate::domain::configured::{
    Configured, NetworkPolicy, NetworkRule, Peer, Port, Selector, Workload,
};
use crate::domain::grant::Attachment;
use crate::domain::pattern::{Destination, PortRange};
use crate::domain::{
    Agent, AgentKey, Bounds, Grant, Hop, ObjectRef, Pattern, Plane, Record, Route, Text,
};

/// The label that every namespace carries its own name under.
const NAMESPACE_NAME: &str = "kubernetes.io/metadata.name";

/// A network policy with its record.
type Policy<'a> = (&'a NetworkPolicy, &'a Record);

/// Egress grants of the host workloads of these agents.
pub(super) fn grants(estate: &Estate, agents: &[Agent]) -> Vec<Grant> {
    let hosts: BTreeSet<AgentKey> = agents.iter().map(|agent| agent.key.host()).collect();
    let mut policies: BTreeMap<(&Text, &Text), Vec<Policy<'_>>> = BTreeMap::new();
    for (policy, record) in estate.network_policies().filter(|(policy, _)| policy.egress) {
        let place = (&record.realm, &policy.meta.namespace);
        policies.entry(place).or_default().push((policy, record));
    }
    let realms: BTreeSet<&Text> = hosts.iter().map(|host| &host.realm).collect();
    let known = realms.into_iter().filter(|realm| estate.realms_with_network.contains(*realm));
    let namespaces: BTreeMap<&Text, Namespaces<'_>> =
        known.map(|realm| (realm, Namespaces::of(estate, realm))).collect();
    let mut grants = Vec::new();
    for host in &hosts {
        let Some(namespaces) = namespaces.get(&host.realm) else { continue };
        let Some(record) = estate.workload(host) else { continue };
        let Configured::Workload(workload) = &record.body else { continue };
        let in_namespace = policies.get(&(&host.realm, &host.space));
        let in_namespace = in_namespace.map_or(&[][..], Vec::as_slice);
        grants.extend(of_workload(host, workload, record, in_namespace, namespaces));
    }
    grants
}

fn of_workload(
    host: &AgentKey,
    workload: &Workload,
    record: &Record,
    policies: &[Policy<'_>],
    namespaces: &Namespaces<'_>,
) -> Vec<Grant> {
    let own = Hop {
        object: ObjectRef::new(workload.kind.clone(), host.space.clone(), host.name.clone()),
        attachment: Attachment::Own,
        place: Some(record.place.clone()),
    };
    let anywhere = |object: ObjectRef, attachment| {
        let open = Hop { object, attachment, place: None };
        let pattern = Pattern::Egress { to: Destination::Anywhere, ports: Vec::new() };
        vec![grant(host, pattern, vec![own.clone(), open], None)]
    };
    if workload.host_network {
        // Policies do not apply to pods in the network of their node.
        let node = ObjectRef::new("Node network", "", "hostNetwork is set");
        return anywhere(node, Attachment::Node);
    }
    let selecting: Vec<&Policy<'_>> = policies
        .iter()
        .filter(|(policy, _)| policy.selects.matches(&workload.pod_labels))
        .collect();
    if selecting.is_empty() {
        // What is missing is a policy in the namespace: default allow is one finding there.
        let namespace = ObjectRef::new("Namespace", "", host.space.clone());
        return anywhere(namespace, Attachment::DefaultAllow);
    }
    let mut grants = Vec::new();
    for (policy, record) in selecting {
        let attachment = match policy.selects.is_empty() {
            true => Attachment::EmptySelector,
            false => Attachment::Own,
        };
        let meta = &policy.meta;
        let by = Hop {
            object: ObjectRef::new("NetworkPolicy", meta.namespace.clone(), meta.name.clone()),
            attachment,
            place: Some(record.place.clone()),
        };
        for pattern in
            policy.egress_rules.iter().flat_map(|rule| patterns(rule, policy, namespaces))
        {
            grants.push(grant(host, pattern, vec![own.clone(), by.clone()], Some(record)));
        }
    }
    grants
}

fn grant(host: &AgentKey, pattern: Pattern, hops: Vec<Hop>, record: Option<&Record>) -> Grant {
    let made = record.map(granted_by).unwrap_or_default();
    Grant {
        holder: host.clone(),
        pattern,
        plane: Plane::Network,
        route: Route { hops },
        bounds: Bounds::default(),
        enforced: true,
        platform_default: false,
        since: made.since,
        granted_by: made.granted_by,
        policy: made.policy,
    }
}

/// One pattern for each peer that the rule allows.
fn patterns(
    rule: &NetworkRule,
    policy: &NetworkPolicy,
    namespaces: &Namespaces<'_>,
) -> Vec<Pattern> {
    let ports: Vec<PortRange> = rule.ports.iter().filter_map(range).collect();
    // No port at all means every port, so a list of impossible ones must not become empty.
    if ports.is_empty() && !rule.ports.is_empty() {
        return Vec::new();
    }
    let to = |to| Pattern::Egress { to, ports: ports.clone() };
    if rule.peers.is_empty() {
        return vec![to(Destination::Anywhere)];
    }
    let destination = |peer: &Peer| match peer {
        Peer::Block { cidr, except } => {
            Some(Destination::Block { cidr: *cidr, except: except.clone() })
        }
        Peer::Pods { namespaces: selected, pods } => {
            let pods = pods.as_ref().map(spell).unwrap_or_default();
            namespaces.pods(selected.as_ref(), &policy.meta.namespace, pods)
        }
    };
    rule.peers.iter().filter_map(destination).map(to).collect()
}

/// The range that one entry of `ports` allows; `None` when its number is impossible.
fn range(port: &Port) -> Option<PortRange> {
    let protocol = match port.protocol.is_empty() {
        true => Text::from("TCP"),
        false => port.protocol.clone(),
    };
    let (first, last) = match &port.port {
        None => (0, u16::MAX),
        Some(number) if number.raw().bytes().all(|byte| byte.is_ascii_digit()) => {
            let first = number.raw().parse().ok()?;
            (first, port.end.unwrap_or(first))
        }
        // The number behind a name differs from one destination to the next.
        Some(_) => (0, u16::MAX),
    };
    (first <= last).then_some(PortRange { protocol, first, last })
}

/// The namespaces of a realm, for selectors.
struct Namespaces<'a> {
    labels: BTreeMap<&'a Text, BTreeMap<Text, Text>>,
}

impl<'a> Namespaces<'a> {
    fn of(estate: &'a Estate, realm: &Text) -> Self {
        let labels = estate.namespaces(realm).map(|meta| {
            let mut labels = meta.labels.clone();
            labels.entry(NAMESPACE_NAME.into()).or_insert_with(|| meta.name.clone());
            (&meta.name, labels)
        });
        Self { labels: labels.collect() }
    }

    /// The pods that a peer allows. `None` when its selector matches no namespace.
    fn pods(&self, selected: Option<&Selector>, own: &Text, pods: String) -> Option<Destination> {
        let Some(selected) = selected else {
            return Some(Destination::Pods {
                namespaces: vec![own.clone()],
                selector: pods.into(),
            });
        };
        let everywhere = |selector: String| Destination::Pods {
            namespaces: Vec::new(),
            selector: selector.into(),
        };
        if selected.is_empty() {
            return Some(everywhere(pods));
        }
        let matching = self.labels.iter().filter(|(_, labels)| selected.matches(labels));
        let mut namespaces: Vec<Text> = matching.map(|(name, _)| (*name).clone()).collect();
        // A namespace carries its own name as a label, loaded or not.
        if let (Some(name), 1, true) = (
            selected.labels.get(NAMESPACE_NAME),
            selected.labels.len(),
            selected.expressions.is_empty(),
        ) {
            namespaces = vec![name.clone()];
        }
        if !namespaces.is_empty() {
            return Some(Destination::Pods { namespaces, selector: pods.into() });
        }
        // Without any namespace loaded nobody can tell which ones are meant.
        let unknown = format!("{pods} in namespaces with {}", spell(selected));
        self.labels.is_empty().then(|| everywhere(unknown.trim_start().to_owned()))
    }
}

/// A selector as `kubectl` writes it: `app=web,tier in (a,b),!old`.
fn spell(selector: &Selector) -> String {
    let equal = selector.labels.iter().map(|(key, value)| format!("{}={}", key.raw(), value.raw()));
    let expressions = selector.expressions.iter().map(|expression| {
        let key = expression.key.raw();
        let values: Vec<&str> = expression.values.iter().map(Text::raw).collect();
        match expression.operator.raw() {
            "Exists" => key.to_owned(),
            "DoesNotExist" => format!("!{key}"),
            "In" => format!("{key} in ({})", values.join(",")),
            "NotIn" => format!("{key} notin ({})", values.join(",")),
            other => format!("{key} {other} ({})", values.join(",")),
        }
    });
    equal.chain(expressions).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::super::testing::{
        agent, change, estate, key, namespace, policy, selector, shown, workload,
    };
    use super::*;

    /// The egress grants of the workload `billing`, whose pods carry `app=billing`.
    #[track_caller]
    fn check(bodies: Vec<Configured>, expected: &[&str]) {
        let estate =
            estate(bodies.into_iter().chain([workload("Deployment", "agents", "billing")]));
        assert_eq!(shown(&grants(&estate, &[agent(key("billing"))])), expected);
    }

    fn allowing(peers: Vec<Peer>, ports: Vec<Port>) -> Vec<Configured> {
        let mut policy = policy("agents", "p", selector(&[("app", "billing")]));
        policy.egress_rules = vec![NetworkRule { peers, ports }];
        vec![
            Configured::NetworkPolicy(policy),
            namespace("agents", &[]),
            namespace("data", &[("team", "data")]),
        ]
    }

    fn port(protocol: &str, port: Option<&str>, end: Option<u16>) -> Port {
        Port { protocol: protocol.into(), port: port.map(Text::from), end }
    }

    fn pods(namespaces: Option<Selector>, pods: Option<Selector>) -> Vec<Peer> {
        vec![Peer::Pods { namespaces, pods }]
    }

    #[test]
    fn selection_decides_between_default_allow_and_the_policies() {
        let any = Selector::default;
        let named = || selector(&[("app", "billing")]);
        let selecting = |namespace, selects, egress, rules: usize| {
            let mut policy = policy(namespace, "p", selects);
            policy.egress = egress;
            policy.egress_rules = vec![NetworkRule::default(); rules];
            Configured::NetworkPolicy(policy)
        };
        let open = "egress: anywhere | Deployment agents/billing → \
                    Namespace agents (default allow)";
        let allowed = "egress: anywhere | Deployment agents/billing → NetworkPolicy agents/p";
        let inherited = format!("{allowed} (empty selector)");
        for (policy, expected) in [
            (selecting("agents", named(), true, 0), None),
            (selecting("agents", named(), true, 1), Some(allowed)),
            (selecting("agents", any(), true, 1), Some(inherited.as_str())),
            (selecting("agents", any(), false, 1), Some(open)),
            (selecting("other", any(), true, 0), Some(open)),
            (selecting("agents", selector(&[("app", "x")]), true, 0), Some(open)),
        ] {
            check(vec![policy], expected.as_slice());
        }
        check(vec![namespace("agents", &[])], &[open]);
        // Nothing of the plane is loaded: no claim.
        check(vec![], &[]);
    }

    #[test]
    fn peers_and_ports() {
        let via = "| Deployment agents/billing → NetworkPolicy agents/p";
        let block = |except: &[&str]| {
            vec![Peer::Block {
                cidr: "10.0.0.0/8".parse().expect("a literal block"),
                except: except.iter().map(|hole| hole.parse().expect("a literal block")).collect(),
            }]
        };
        let team = |team: &str| Some(selector(&[("team", team)]));
        let by_name = Some(selector(&[(NAMESPACE_NAME, "unloaded")]));
        for (peers, ports, expected) in [
            (vec![], vec![port("", Some("443"), None)], Some("anywhere on 443/TCP")),
            (vec![], vec![port("UDP", Some("1"), Some(9))], Some("anywhere on 1-9/UDP")),
            (vec![], vec![port("UDP", Some("9"), Some(1))], None),
            (vec![], vec![port("TCP", Some("70000"), None)], None),
            (vec![], vec![port("TCP", Some("web"), None)], Some("anywhere on 0-65535/TCP")),
            (block(&[]), vec![], Some("10.0.0.0/8")),
            (block(&["10.9.0.0/16"]), vec![], Some("10.0.0.0/8 except 10.9.0.0/16")),
            (pods(None, Some(Selector::default())), vec![], Some("pods of agents")),
            (pods(None, team("x")), vec![], Some("pods team=x of agents")),
            (pods(Some(Selector::default()), None), vec![], Some("pods of every namespace")),
            (pods(team("data"), team("x")), vec![], Some("pods team=x of data")),
            (pods(team("nobody"), None), vec![], None),
            (pods(by_name, None), vec![], Some("pods of unloaded")),
        ] {
            let expected = expected.map(|to| format!("egress: {to} {via}"));
            let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
            check(allowing(peers, ports), &expected);
        }
    }

    #[test]
    fn pods_in_the_network_of_the_node_are_exempt() {
        let host = change(workload("Deployment", "agents", "billing"), |w| w.host_network = true);
        let deny = Configured::NetworkPolicy(policy("agents", "p", Selector::default()));
        let estate = estate([host, deny]);
        assert_eq!(
            shown(&grants(&estate, &[agent(key("billing"))])),
            [
                "egress: anywhere | Deployment agents/billing → Node network hostNetwork is set (node)"
            ]
        );
    }
}
