//! The manifests of one of the peer's cases, through the readers.

use std::net::IpAddr;
use std::ops::ControlFlow;
use std::path::Path;

use crate::domain::configured::{Configured, Meta, Record};
use crate::domain::{Digest, Text};
use crate::ingest::{self, Collected, Source};
use crate::scope::network::connections::Network;
use crate::scope::network::endpoint::Standing;
use crate::scope::testing::record;

pub struct Manifests {
    records: Vec<Record>,
}

impl Manifests {
    pub fn read(folder: &Path) -> Self {
        let mut found = Collected::default();
        files(folder, 0, &mut |path| {
            let bytes = std::fs::read(path).expect("a manifest can be read");
            let source = Source::new(Digest::of(&bytes), path.to_string_lossy().as_ref());
            ingest::read(&source, &mut bytes.as_slice(), &mut found, &mut |_| {
                ControlFlow::Continue(())
            });
        });
        let mut records = found.records;
        for record in &mut records {
            as_the_peer_reads(&mut record.body);
        }
        add_namespaces(&mut records);
        Self { records }
    }

    pub fn network(&self) -> Network<'_> {
        let workloads = self.records.iter().filter_map(|record| match &record.body {
            Configured::Workload(workload) => {
                Some(Standing { name: &workload.meta.name, workload, record, addresses: vec![POD] })
            }
            _ => None,
        });
        Network::of(self.records.iter(), workloads)
    }
}

/// The peer takes pods to lie outside of every block, so each has an address of documentation here
/// (RFC 5737), which no case names.
const POD: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(203, 0, 113, 1));

fn files(folder: &Path, depth: usize, each: &mut dyn FnMut(&Path)) {
    let mut entries: Vec<_> =
        std::fs::read_dir(folder).into_iter().flatten().flatten().map(|e| e.path()).collect();
    entries.sort();
    for path in entries {
        let is_manifest = path.extension().is_some_and(|end| {
            ["yaml", "yml", "json"].iter().any(|known| end.eq_ignore_ascii_case(known))
        });
        match path.is_dir() {
            true if depth < 8 => files(&path, depth + 1, each),
            false if is_manifest => each(&path),
            _ => {}
        }
    }
}

/// Like `kubectl` the peer puts into `default` what names no namespace, and it knows nothing of pods
/// in the network of their node.
fn as_the_peer_reads(body: &mut Configured) {
    let meta: &mut Meta = match body {
        Configured::Workload(workload) => {
            workload.host_network = false;
            &mut workload.meta
        }
        Configured::NetworkPolicy(policy) => &mut policy.meta,
        _ => return,
    };
    if meta.namespace.is_empty() {
        meta.namespace = Text::from("default");
    }
}

/// The peer takes a namespace that it was not given to have no label but its name.
fn add_namespaces(records: &mut Vec<Record>) {
    let mut missing: Vec<Text> = Vec::new();
    let known = |name: &Text, records: &[Record]| {
        records
            .iter()
            .any(|record| matches!(&record.body, Configured::Namespace(meta) if meta.name == *name))
    };
    for found in records.iter() {
        if let Configured::Workload(workload) = &found.body {
            let name = &workload.meta.namespace;
            if !known(name, records) && !missing.contains(name) {
                missing.push(name.clone());
            }
        }
    }
    records.extend(
        missing
            .into_iter()
            .map(|name| record(Configured::Namespace(Meta { name, ..Meta::default() }))),
    );
}
