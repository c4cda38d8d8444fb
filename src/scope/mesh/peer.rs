//! Whether a workload takes mutual TLS, plain text or both (PeerAuthentication).
//!
//! Source: Istio, reference of PeerAuthentication: the workload's policy before the namespace's
//! before the mesh's; of two for one scope the oldest; PERMISSIVE where nobody says anything.

use std::collections::BTreeMap;

use crate::domain::configured::{PeerAuthentication, Record};
use crate::domain::{AgentKey, Text};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MutualTls {
    /// Plain text is refused.
    Strict,
    Permissive,
    /// Plain text only.
    Disable,
}

const MODES: &[(&str, MutualTls)] = &[
    ("STRICT", MutualTls::Strict),
    ("PERMISSIVE", MutualTls::Permissive),
    ("DISABLE", MutualTls::Disable),
];

/// One policy and the record that makes it.
pub(super) type Peer<'a> = (&'a PeerAuthentication, &'a Record);

/// The mode at a port of a workload, from the policies of the root namespace and of its own; and the
/// policy that says so.
pub(super) fn mode<'a>(
    root: &[Peer<'a>],
    own: &[Peer<'a>],
    labels: &BTreeMap<Text, Text>,
    port: Option<u16>,
) -> (MutualTls, Option<&'a Record>) {
    let selects =
        |peer: &&Peer<'_>| selector(peer.0).is_some_and(|labelled| labelled.matches(labels));
    let for_all = |peer: &&Peer<'_>| selector(peer.0).is_none();
    let workload = oldest(own.iter().filter(selects));
    let at_port = || {
        let (policy, record) = workload?;
        let mode = policy.ports.get(&Text::from(port?.to_string())).and_then(known)?;
        Some((mode, record))
    };
    let stated = |policy: Option<Peer<'a>>| {
        let (policy, record) = policy?;
        Some((policy.mode.as_ref().and_then(known)?, record))
    };
    at_port()
        .or_else(|| stated(workload))
        .or_else(|| stated(oldest(own.iter().filter(for_all))))
        .or_else(|| stated(oldest(root.iter().filter(for_all))))
        .map_or((MutualTls::Permissive, None), |(mode, record)| (mode, Some(record)))
}

/// An empty selector is none.
fn selector(policy: &PeerAuthentication) -> Option<&crate::domain::configured::Selector> {
    policy.scope.selector.as_ref().filter(|selector| !selector.is_empty())
}

fn oldest<'a, 'p>(peers: impl Iterator<Item = &'p Peer<'a>>) -> Option<Peer<'a>>
where
    'a: 'p,
{
    let age = |(policy, record): &&Peer<'_>| (record.at, policy.meta.name.clone());
    peers.min_by_key(age).copied()
}

/// `UNSET` inherits, as does what is no mode.
fn known(mode: &Text) -> Option<MutualTls> {
    MODES.iter().find(|(name, _)| *mode == *name).map(|(_, mode)| *mode)
}

/// How the pods of a workload take part in the mesh.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Membership {
    Sidecar,
    /// Behind the ztunnel of its node.
    Ambient,
    Outside,
    /// Its namespace is not loaded.
    Unknown,
}

/// The container of an injected proxy.
const PROXY: &str = "istio-proxy";

/// How a workload takes part, by its labels and those of its namespace.
///
/// Source: Istio, Installing the Sidecar and Add workloads to the mesh (ambient).
pub(super) fn membership(
    workload: &crate::domain::configured::Workload,
    namespace: Option<&BTreeMap<Text, Text>>,
) -> Membership {
    let pod = |key: &str| workload.pod_labels.get(key).map(Text::raw);
    let around = |key: &str| namespace.and_then(|labels| labels.get(key)).map(Text::raw);
    let is_injected = workload.containers.iter().any(|container| container.name == PROXY);
    let injects = match (pod("sidecar.istio.io/inject"), around("istio-injection")) {
        (Some("true"), _) => true,
        (Some("false"), _) | (None, Some("disabled")) => false,
        (_, Some("enabled")) => true,
        _ => pod("istio.io/rev").or(around("istio.io/rev")).is_some(),
    };
    let mode = pod("istio.io/dataplane-mode").or(around("istio.io/dataplane-mode"));
    match (is_injected, workload.host_network) {
        (true, _) => Membership::Sidecar,
        (false, true) => Membership::Outside,
        (false, false) if injects => Membership::Sidecar,
        (false, false) => match (mode, namespace) {
            (Some("ambient"), _) => Membership::Ambient,
            (_, None) => Membership::Unknown,
            (_, Some(_)) => Membership::Outside,
        },
    }
}

/// Where a workload is, for messages.
pub(super) fn takes_part(workload: &AgentKey) -> String {
    format!("{} takes part in the mesh", workload.stored())
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{change, labels, meta, record_at, selector, workload};
    use super::*;
    use crate::domain::Configured;
    use crate::domain::configured::{Container, MeshScope};

    fn peer(
        namespace: &str,
        app: Option<&str>,
        mode: Option<&str>,
        port: Option<&str>,
        at: i64,
    ) -> (PeerAuthentication, Record) {
        let policy = PeerAuthentication {
            meta: meta(namespace, "p", &[]),
            scope: MeshScope {
                selector: app.map(|app| selector(&[("app", app)])),
                ..MeshScope::default()
            },
            mode: mode.map(Text::from),
            ports: port.map(|mode| (Text::from("8080"), Text::from(mode))).into_iter().collect(),
        };
        let record = record_at(Configured::PeerAuthentication(policy.clone()), at, "p.yaml");
        (policy, record)
    }

    #[test]
    fn the_narrowest_policy_that_says_anything_holds() {
        let strict = Some("STRICT");
        let mesh = || peer("istio-system", None, strict, None, 1);
        let space = |mode| peer("shop", None, mode, None, 2);
        let own = |mode, port| peer("shop", Some("crm"), mode, port, 3);
        for (policies, port, expected) in [
            (vec![], None, MutualTls::Permissive),
            (vec![mesh()], None, MutualTls::Strict),
            (vec![mesh(), space(Some("PERMISSIVE"))], None, MutualTls::Permissive),
            (vec![mesh(), space(Some("UNSET"))], None, MutualTls::Strict),
            (vec![space(Some("PERMISSIVE")), own(strict, None)], None, MutualTls::Strict),
            (vec![space(strict), own(None, Some("DISABLE"))], Some(8080), MutualTls::Disable),
            (vec![space(strict), own(None, Some("DISABLE"))], Some(80), MutualTls::Strict),
            (vec![peer("shop", Some("other"), strict, None, 1)], None, MutualTls::Permissive),
            // Of two for one scope the oldest.
            (
                vec![space(strict), peer("shop", None, Some("DISABLE"), None, 1)],
                None,
                MutualTls::Disable,
            ),
        ] {
            let (root, own): (Vec<_>, Vec<_>) = policies
                .iter()
                .map(|(policy, record)| (policy, record))
                .partition(|(policy, _)| policy.meta.namespace == "istio-system");
            assert_eq!(
                mode(&root, &own, &labels(&[("app", "crm")]), port).0,
                expected,
                "{policies:?}"
            );
        }
    }

    #[test]
    fn labels_and_containers_tell_who_takes_part() {
        let proxy = Container { name: PROXY.into(), ..Container::default() };
        for (namespace, pod, host, injected, expected) in [
            (Some(("istio-injection", "enabled")), None, false, false, Membership::Sidecar),
            (
                Some(("istio-injection", "enabled")),
                Some(("sidecar.istio.io/inject", "false")),
                false,
                false,
                Membership::Outside,
            ),
            (Some(("istio.io/rev", "canary")), None, false, false, Membership::Sidecar),
            (Some(("istio.io/dataplane-mode", "ambient")), None, false, false, Membership::Ambient),
            (
                Some(("istio.io/dataplane-mode", "ambient")),
                Some(("istio.io/dataplane-mode", "none")),
                false,
                false,
                Membership::Outside,
            ),
            (Some(("istio-injection", "enabled")), None, true, false, Membership::Outside),
            (Some(("team", "a")), None, false, false, Membership::Outside),
            (None, None, false, false, Membership::Unknown),
            (None, None, false, true, Membership::Sidecar),
        ] {
            let body = change(workload("Deployment", "shop", "crm"), |workload| {
                workload.host_network = host;
                workload.pod_labels.extend(labels(pod.as_slice()));
                workload.containers.extend(injected.then(|| proxy.clone()));
            });
            let Configured::Workload(workload) = body else { unreachable!("a workload") };
            let around = namespace.map(|label| labels(&[label]));
            assert_eq!(membership(&workload, around.as_ref()), expected, "{namespace:?} {pod:?}");
        }
    }
}
