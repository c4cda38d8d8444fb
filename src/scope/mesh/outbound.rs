//! Where the proxy of a caller lets it go: the hosts that the mesh was told of, those of them that a
//! Sidecar imports, and what becomes of all others.
//!
//! Source: Istio, references of Sidecar, ServiceEntry and MeshConfig (`outboundTrafficPolicy`). A
//! limit of the proxy: traffic that goes past it is not held.

use super::index::{Member, Mesh};
use super::peer::Membership;
use crate::domain::configured::{ServiceEntry, Sidecar};
use crate::domain::{Record, Text};

/// What a proxy does with a call to a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outbound {
    /// It knows the host, and calls it over mutual TLS where it can.
    Known,
    /// It passes the call on as it came, in plain text for all it knows.
    PassedThrough,
    Blocked,
    /// No proxy of a sidecar is on the way.
    Unheld,
}

impl<'a> Mesh<'a> {
    /// What the proxy of `caller` does with a call to `host` (a full name), which stands in
    /// `namespace` when it is a service or an entry.
    pub fn outbound(&self, caller: &Member<'_>, host: &str) -> Outbound {
        if caller.membership != Membership::Sidecar {
            return Outbound::Unheld;
        }
        let sidecars = self.sidecars_of(caller);
        let own = &caller.key.space;
        let imports = |namespace: &Text| {
            let listeners = sidecars.iter().find(|(sidecar, _)| !sidecar.egress.is_empty());
            listeners.is_none_or(|(sidecar, _)| imports(sidecar, own, namespace, host))
        };
        let is_known = self.namespaces_of(host, own).any(imports);
        match (is_known, self.registry_only(caller).is_some()) {
            (true, _) => Outbound::Known,
            (false, true) => Outbound::Blocked,
            (false, false) => Outbound::PassedThrough,
        }
    }

    /// The object that keeps the proxy of `caller` from calling hosts that it does not know.
    pub(super) fn registry_only(&self, caller: &Member<'_>) -> Option<&'a Record> {
        let sidecars = self.sidecars_of(caller);
        let stated = sidecars.into_iter().find(|(sidecar, _)| sidecar.outbound.is_some());
        match stated {
            Some((sidecar, record)) => {
                (sidecar.outbound.as_ref()? == "REGISTRY_ONLY").then_some(record)
            }
            None => self.installation.filter(|_| self.settings.registry_only),
        }
    }

    /// The names that the proxy of `caller` knows: those of services by their namespaces, and hosts
    /// that entries tell it of.
    pub(super) fn told_of(&self, caller: &Member<'_>) -> Vec<Text> {
        let own = &caller.key.space;
        let sidecars = self.sidecars_of(caller);
        let listeners = sidecars.iter().find(|(sidecar, _)| !sidecar.egress.is_empty());
        let entries = self.entries.iter().flat_map(|(namespace, entries)| {
            entries.iter().flat_map(move |entry| {
                entry.hosts.iter().map(move |host| (entry, host, *namespace))
            })
        });
        let told = entries.filter(|(entry, host, namespace)| {
            is_told(entry, own, host.raw())
                && listeners.is_none_or(|(sidecar, _)| imports(sidecar, own, namespace, host.raw()))
        });
        let services = self.services.keys().flat_map(|namespace| {
            ["", ".svc", ".svc.cluster.local"]
                .map(|domain| Text::from(format!("*.{}{domain}", namespace.raw())))
        });
        told.map(|(_, host, _)| host.clone()).chain(services).collect()
    }

    /// The Sidecars that speak of a workload, the nearest first: one that selects it, that of its
    /// namespace, that of the mesh.
    pub(super) fn sidecars_of(&self, caller: &Member<'_>) -> Vec<(&'a Sidecar, &'a Record)> {
        let of = |namespace| self.sidecars.get(namespace).into_iter().flatten().copied();
        let labels = &caller.workload.pod_labels;
        let selector = |(sidecar, _): &(&Sidecar, &Record)| {
            sidecar.scope.selector.as_ref().map(|selector| selector.matches(labels))
        };
        let own = || of(&caller.key.space);
        own()
            .filter(|sidecar| selector(sidecar) == Some(true))
            .chain(own().filter(|sidecar| selector(sidecar).is_none()))
            .chain(of(&self.settings.root_namespace).filter(|sidecar| selector(sidecar).is_none()))
            .collect()
    }

    /// The namespaces that tell `viewer` of a host.
    fn namespaces_of<'m>(
        &'m self,
        host: &'m str,
        viewer: &'m Text,
    ) -> impl Iterator<Item = &'m Text> {
        let service = service_of(host).and_then(|(name, namespace)| {
            let (namespace, services) = self.services.get_key_value(&Text::from(namespace))?;
            services.iter().any(|service| service.meta.name == name).then_some(*namespace)
        });
        let entries = self.entries.iter().flat_map(|(namespace, entries)| {
            entries.iter().filter(|entry| is_told(entry, viewer, host)).map(|_| *namespace)
        });
        service.into_iter().chain(entries)
    }
}

/// Name and namespace of a service by its full name, `NAME.NAMESPACE.svc.DOMAIN`.
fn service_of(host: &str) -> Option<(&str, &str)> {
    let (name, rest) = host.split_once('.')?;
    let (namespace, rest) = rest.split_once('.')?;
    rest.starts_with("svc.").then_some((name, namespace))
}

fn is_told(entry: &ServiceEntry, viewer: &Text, host: &str) -> bool {
    let exported = entry.export_to.is_empty()
        || entry.export_to.iter().any(|to| match to.raw() {
            "*" => true,
            "." => entry.meta.namespace == *viewer,
            named => *viewer == named,
        });
    exported && entry.hosts.iter().any(|pattern| host_matches(pattern.raw(), host))
}

/// Whether a Sidecar imports a host that stands in `namespace`.
fn imports(sidecar: &Sidecar, own: &Text, namespace: &Text, host: &str) -> bool {
    sidecar.egress.iter().flat_map(|listener| &listener.hosts).any(|imported| {
        let Some((spaces, pattern)) = imported.raw().split_once('/') else { return false };
        let in_space = match spaces {
            "*" => true,
            "." => namespace == own,
            "~" => false,
            named => *namespace == named,
        };
        in_space && host_matches(pattern, host)
    })
}

/// Exact, `*.domain` for anything below it, or `*`.
fn host_matches(pattern: &str, host: &str) -> bool {
    match pattern.strip_prefix('*') {
        Some("") => true,
        Some(suffix) => host.strip_suffix(suffix).is_some_and(|below| !below.is_empty()),
        None => pattern.eq_ignore_ascii_case(host),
    }
}
