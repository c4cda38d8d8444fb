//! PeerAuthentication: whether workloads take plain text.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::super::kubernetes::{Scope, record};
use super::{Object, ScopeObject};
use crate::domain::Text;
use crate::domain::configured::{Configured, PeerAuthentication};
use crate::ingest::doubts::Doubts;
use crate::ingest::{Document, Sink};

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Spec {
    #[serde(flatten)]
    scope: ScopeObject,
    #[serde(default)]
    mtls: Option<MutualTls>,
    #[serde(default)]
    port_level_mtls: Option<BTreeMap<Text, Option<MutualTls>>>,
}

#[derive(Default, Deserialize)]
struct MutualTls {
    #[serde(default)]
    mode: Option<Text>,
}

const MODES: &[&str] = &["UNSET", "DISABLE", "PERMISSIVE", "STRICT"];

pub fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(Object::<Spec> { metadata, spec }) = document.parse(sink) else { return };
    let spec = spec.unwrap_or_default();
    let mut doubts = Doubts::default();
    let mut mode = |pointer: &str, mtls: Option<MutualTls>| {
        let mode = mtls.and_then(|mtls| mtls.mode);
        if let Some(mode) = &mode
            && !MODES.contains(&mode.raw())
        {
            doubts.add(pointer, format!("no mode `{}`", mode.visible()));
        }
        mode
    };
    let for_all = mode("/spec/mtls", spec.mtls);
    let has_ports = spec.port_level_mtls.as_ref().map(|ports| !ports.is_empty());
    let mut ports = BTreeMap::new();
    for (port, mtls) in spec.port_level_mtls.into_iter().flatten() {
        let mode = mode("/spec/portLevelMtls", mtls).unwrap_or_else(|| "UNSET".into());
        ports.insert(port, mode);
    }
    for port in ports.keys().filter(|port| !is_port(port)) {
        doubts.add("/spec/portLevelMtls", format!("no port `{}`", port.visible()));
    }
    let scope = spec.scope.into_scope(&mut doubts);
    let is_selected = scope.selector.as_ref().is_some_and(|selector| !selector.is_empty());
    doubts.add_if(
        "/spec/portLevelMtls",
        &[
            (has_ports == Some(true) && !is_selected, "ports without a selector of workloads"),
            (has_ports == Some(false), "no ports"),
        ],
    );
    record(
        document,
        &metadata,
        Scope::Namespaced,
        |meta| {
            let policy = PeerAuthentication { meta, scope, mode: for_all, ports };
            Configured::PeerAuthentication(policy)
        },
        sink,
    );
    doubts.report(document, sink);
}

fn is_port(text: &Text) -> bool {
    text.raw().parse::<u16>().is_ok_and(|port| port > 0)
}
