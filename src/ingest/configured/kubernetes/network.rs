//! Network policies.

use std::collections::BTreeMap;

use ipnet::IpNet;
use serde::Deserialize;

use super::object::{Metadata, Scope, record};
use crate::domain::configured::{
    Configured, Expression, NetworkPolicy, NetworkRule, Peer, Port, Selector,
};
use crate::domain::text::visible;
use crate::domain::{Discipline, ProblemKind, Text};
use crate::ingest::json::nullable;
use crate::ingest::{Document, Format, Side, Sink};

pub const FORMAT: Format = Format {
    id: "k8s-network-policy",
    title: "Kubernetes NetworkPolicy",
    side: Side::Configured,
    says: &[(Discipline::Behavior, "destinations that are permitted, and by which policy")],
    coverage: "enforced only where the network plugin enforces it",
    recognises: |shape| {
        shape.is_kind("NetworkPolicy")
            && (shape.in_group("networking.k8s.io") || shape.in_group("extensions"))
    },
    read,
};

#[derive(Deserialize)]
struct Policy {
    metadata: Metadata,
    #[serde(default, deserialize_with = "nullable")]
    spec: Spec,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Spec {
    #[serde(default, deserialize_with = "nullable")]
    pod_selector: LabelSelector,
    #[serde(default, deserialize_with = "nullable")]
    policy_types: Vec<Text>,
    #[serde(default, deserialize_with = "nullable")]
    ingress: Vec<RuleObject>,
    #[serde(default, deserialize_with = "nullable")]
    egress: Vec<RuleObject>,
}

/// A rule of either direction: `from` or `to`.
#[derive(Deserialize)]
struct RuleObject {
    #[serde(default, deserialize_with = "nullable")]
    from: Vec<PeerObject>,
    #[serde(default, deserialize_with = "nullable")]
    to: Vec<PeerObject>,
    #[serde(default, deserialize_with = "nullable")]
    ports: Vec<PortObject>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PeerObject {
    #[serde(default)]
    pod_selector: Option<LabelSelector>,
    #[serde(default)]
    namespace_selector: Option<LabelSelector>,
    #[serde(default)]
    ip_block: Option<IpBlock>,
}

#[derive(Deserialize)]
struct IpBlock {
    cidr: String,
    #[serde(default, deserialize_with = "nullable")]
    except: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PortObject {
    #[serde(default)]
    protocol: Option<Text>,
    #[serde(default)]
    port: Option<serde_json::Value>,
    #[serde(default)]
    end_port: Option<u16>,
}

/// A label selector as Kubernetes writes it.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LabelSelector {
    #[serde(default, deserialize_with = "nullable")]
    match_labels: BTreeMap<Text, Option<Text>>,
    #[serde(default, deserialize_with = "nullable")]
    match_expressions: Vec<Requirement>,
}

#[derive(Deserialize)]
struct Requirement {
    key: Text,
    operator: Text,
    #[serde(default, deserialize_with = "nullable")]
    values: Vec<Text>,
}

impl LabelSelector {
    pub fn into_selector(self) -> Selector {
        let label = |(key, value): (Text, Option<Text>)| (key, value.unwrap_or_default());
        let expression = |requirement: Requirement| Expression {
            key: requirement.key,
            operator: requirement.operator,
            values: requirement.values,
        };
        Selector {
            labels: self.match_labels.into_iter().map(label).collect(),
            expressions: self.match_expressions.into_iter().map(expression).collect(),
        }
    }
}

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(Policy { metadata, spec }) = document.parse(sink) else { return };
    // A policy of which one part is not understood would grant or deny something else: it is set
    // aside as a whole. What the API refuses cannot stand in a cluster.
    let parts = directions(&spec).and_then(|directions| {
        let ingress = rules(spec.ingress, |rule| (rule.from, rule.to, rule.ports))?;
        let egress = rules(spec.egress, |rule| (rule.to, rule.from, rule.ports))?;
        Ok((directions, ingress, egress))
    });
    let ((ingress, egress), ingress_rules, egress_rules) = match parts {
        Ok(parts) => parts,
        Err(message) => {
            return sink.problem(document.problem(ProblemKind::MissingField, message));
        }
    };
    let selects = spec.pod_selector.into_selector();
    record(
        document,
        &metadata,
        Scope::Namespaced,
        |meta| {
            Configured::NetworkPolicy(NetworkPolicy {
                meta,
                selects,
                ingress,
                egress,
                egress_rules,
                ingress_rules,
            })
        },
        sink,
    );
}

/// Whether the policy governs ingress and egress. Without `policyTypes`: ingress always, egress when
/// there are egress rules.
fn directions(spec: &Spec) -> Result<(bool, bool), String> {
    let types = &spec.policy_types;
    if let Some(other) = types.iter().find(|named| !["Ingress", "Egress"].contains(&named.raw())) {
        return Err(format!("no type of policy `{}`", other.visible()));
    }
    let named = |direction: &str| types.iter().any(|named| *named == direction);
    Ok(match types.is_empty() {
        true => (true, !spec.egress.is_empty()),
        false => (named("Ingress"), named("Egress")),
    })
}

/// The peers of a rule's own direction, those of the other, and its ports.
type Parts = (Vec<PeerObject>, Vec<PeerObject>, Vec<PortObject>);

fn rules(
    rules: Vec<RuleObject>,
    parts: fn(RuleObject) -> Parts,
) -> Result<Vec<NetworkRule>, String> {
    let rule = |(peers, others, ports): Parts| match others.is_empty() {
        true => Ok(NetworkRule {
            peers: peers.into_iter().map(peer).collect::<Result<_, _>>()?,
            ports: ports.into_iter().map(port).collect::<Result<_, _>>()?,
        }),
        false => Err("a rule with peers of the other direction".to_owned()),
    };
    rules.into_iter().map(parts).map(rule).collect()
}

fn peer(peer: PeerObject) -> Result<Peer, String> {
    let pods = peer.pod_selector.map(LabelSelector::into_selector);
    let namespaces = peer.namespace_selector.map(LabelSelector::into_selector);
    match (peer.ip_block, &pods, &namespaces) {
        (None, None, None) => Err("a peer without a selector and without an `ipBlock`".to_owned()),
        (None, _, _) => Ok(Peer::Pods { namespaces, pods }),
        (Some(block), None, None) => Ok(Peer::Block {
            cidr: cidr(&block.cidr)?,
            except: block.except.iter().map(|except| cidr(except)).collect::<Result<_, _>>()?,
        }),
        (Some(_), _, _) => Err("a peer with both a selector and an `ipBlock`".to_owned()),
    }
}

fn cidr(text: &str) -> Result<IpNet, String> {
    text.trim().parse().map_err(|_| format!("`{}` is no address block", visible(text)))
}

fn port(port: PortObject) -> Result<Port, String> {
    let protocol = port.protocol.unwrap_or_else(|| "TCP".into());
    if !["TCP", "UDP", "SCTP"].contains(&protocol.raw()) {
        return Err(format!("no protocol `{}`", protocol.visible()));
    }
    let number = port.port.as_ref().and_then(serde_json::Value::as_u64);
    let number_or_name: Option<Text> = match (port.port, number) {
        (None | Some(serde_json::Value::Null), _) => None,
        (Some(_), Some(number @ 1..=65535)) => Some(number.to_string().into()),
        (Some(serde_json::Value::String(name)), _) if !name.is_empty() => Some(name.into()),
        _ => return Err("a port that is neither a number nor a name".to_owned()),
    };
    if port.end_port.is_some_and(|end| number.is_none_or(|first| u64::from(end) < first)) {
        return Err("a range of ports that begins with no number or above its end".to_owned());
    }
    Ok(Port { protocol, port: number_or_name, end: port.end_port })
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::{body, only, read_text};
    use super::*;

    fn policy(spec: &str) -> String {
        format!(
            r#"{{"kind":"NetworkPolicy","apiVersion":"networking.k8s.io/v1",
            "metadata":{{"name":"p","namespace":"n"}},"spec":{spec}}}"#
        )
    }

    #[track_caller]
    fn check(spec: &str, ingress: bool, egress: bool) -> NetworkPolicy {
        let Configured::NetworkPolicy(policy) = body(only(&policy(spec))) else {
            unreachable!("a policy");
        };
        assert_eq!((policy.ingress, policy.egress), (ingress, egress), "{spec}");
        policy
    }

    #[test]
    fn directions_without_policy_types() {
        check("{}", true, false);
        check(r#"{"egress":[]}"#, true, false);
        check(r#"{"egress":[{}]}"#, true, true);
        check(r#"{"policyTypes":["Egress"]}"#, false, true);
        check(r#"{"policyTypes":["Ingress","Egress"],"ingress":[]}"#, true, true);
    }

    #[test]
    fn nulls_say_nothing() {
        let policy = check(
            r#"{"podSelector":null,"policyTypes":null,"egress":null,"ingress":[{"from":null,
            "ports":[{"port":null,"protocol":null,"endPort":null}]},
            {"from":[{"podSelector":{},"namespaceSelector":null,"ipBlock":null}],"ports":null}]}"#,
            true,
            false,
        );
        let rules: Vec<_> =
            policy.ingress_rules.iter().map(|rule| (rule.peers.len(), rule.ports.len())).collect();
        assert_eq!(rules, [(0, 1), (1, 0)]);
    }

    #[test]
    fn peers_and_ports() {
        let policy = check(
            r#"{"egress":[{"to":[{"podSelector":{},"namespaceSelector":{"matchLabels":{"a":"b"}}},
            {"ipBlock":{"cidr":"10.0.0.0/8","except":["10.1.0.0/16"]}}],
            "ports":[{"port":443},{"port":"dns","protocol":"UDP"},{"port":1,"endPort":9}]}]}"#,
            true,
            true,
        );
        let [rule] = policy.egress_rules.as_slice() else { unreachable!("one rule") };
        assert!(matches!(
            rule.peers.first(),
            Some(Peer::Pods { namespaces: Some(_), pods: Some(_) })
        ));
        assert!(matches!(rule.peers.last(), Some(Peer::Block { except, .. }) if except.len() == 1));
        let ports: Vec<_> =
            rule.ports.iter().map(|p| (p.protocol.raw(), p.port.clone(), p.end)).collect();
        assert_eq!(
            ports,
            [
                ("TCP", Some("443".into()), None),
                ("UDP", Some("dns".into()), None),
                ("TCP", Some("1".into()), Some(9)),
            ]
        );
    }

    #[test]
    fn what_is_not_understood_sets_the_policy_aside() {
        for spec in [
            r#"{"egress":[{"to":[{}]}]}"#,
            r#"{"egress":[{"to":[{"ipBlock":{"cidr":"nowhere"}}]}]}"#,
            r#"{"ingress":[{"ports":[{"port":[]}]}]}"#,
            r#"{"ingress":[{"ports":[{"port":"http","endPort":9}]}]}"#,
            r#"{"ingress":[{"ports":[{"port":9,"endPort":8}]}]}"#,
            r#"{"ingress":[{"ports":[{"endPort":8}]}]}"#,
            r#"{"ingress":[{"ports":[{"port":0}]}]}"#,
            r#"{"ingress":[{"ports":[{"port":1,"protocol":"tcp"}]}]}"#,
            r#"{"ingress":[{"to":[{"podSelector":{}}]}]}"#,
            r#"{"policyTypes":["egress"]}"#,
        ] {
            let found = read_text("f.json", &policy(spec));
            assert_eq!((found.records.len(), found.problems.len()), (0, 1), "{spec}");
        }
    }
}
