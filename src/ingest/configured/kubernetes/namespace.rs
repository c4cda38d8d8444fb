//! Namespaces.

use serde::Deserialize;

use super::object::{Metadata, Scope, record};
use crate::domain::{Configured, Discipline};
use crate::ingest::{Document, Format, Side, Sink};

pub const FORMAT: Format = Format {
    id: "k8s-namespace",
    title: "Kubernetes Namespace",
    side: Side::Configured,
    says: &[(Discipline::Identity, "the spaces that bindings and policies speak of")],
    coverage: "complete where a whole list was read",
    recognises: |shape| shape.is_kind("Namespace") && shape.in_group(""),
    read,
};

#[derive(Deserialize)]
struct Namespace {
    metadata: Metadata,
}

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(namespace) = document.parse::<Namespace>(sink) else { return };
    record(document, &namespace.metadata, Scope::Cluster, Configured::Namespace, sink);
}
