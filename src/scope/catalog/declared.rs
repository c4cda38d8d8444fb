//! The models, adapters and indexes that are declared for an agent.

use super::{Artifact, ArtifactKind};
use crate::domain::configured::{AgentInventory, Component, Configured};
use crate::domain::{AgentKey, Attribution, ObjectRef, Place, Record, Text};
use crate::scope::Estate;

/// An artifact, and the object that declares it.
#[derive(Clone, Debug, PartialEq)]
pub struct DeclaredArtifact {
    pub artifact: Artifact,
    pub by: ObjectRef,
    pub place: Place,
}

/// What is declared for an agent: in its declaration and the model configuration that this names, in
/// its client's settings, and in the bills of materials that are about it.
pub fn declared_artifacts(estate: &Estate, agent: &AgentKey) -> Vec<DeclaredArtifact> {
    let mut found = Vec::new();
    let mut push = |artifact: Artifact, by: ObjectRef, record: &Record| {
        found.push(DeclaredArtifact { artifact, by, place: record.place.clone() });
    };
    let declaration = estate.declaration(agent);
    if let Some((declaration, record)) = declaration {
        let by = ObjectRef::new(
            declaration.kind.clone(),
            declaration.namespace.clone(),
            declaration.name.clone(),
        );
        if let Some(name) = &declaration.model {
            push(model(name), by, record);
        }
    }
    let configuration = declaration.and_then(|(declaration, _)| {
        Some((&declaration.namespace, declaration.model_configuration.as_ref()?))
    });
    for record in estate.records() {
        match &record.body {
            Configured::ModelConfiguration(named) => {
                let meta = &named.meta;
                let is_named = configuration == Some((&meta.namespace, &meta.name));
                let by =
                    ObjectRef::new(named.kind.clone(), meta.namespace.clone(), meta.name.clone());
                if let Some(name) = named.model.as_ref().filter(|_| is_named) {
                    push(model(name), by, record);
                }
            }
            Configured::PermissionRules(rules) => {
                let client = AgentKey::new(record.realm.clone(), "", rules.client.clone());
                let client = AgentKey { inner: rules.profile.clone(), ..estate.canonical(&client) };
                let is_its = client == *agent || client == agent.host();
                let file = record.place.file.clone();
                let by = ObjectRef::new("permission rules", rules.client.clone(), file);
                if let Some(name) = rules.model.as_ref().filter(|_| is_its) {
                    push(model(name), by, record);
                }
            }
            Configured::Component(component) if is_about(&component.bom, agent) => {
                let by = ObjectRef::new("Bom", "", component.bom.clone());
                if let Some(artifact) = of_component(component) {
                    push(artifact, by, record);
                }
            }
            Configured::AgentInventory(inventory) if is_about(&inventory.agent, agent) => {
                let by = ObjectRef::new("AgentInventory", "", inventory.agent.clone());
                for artifact in of_inventory(inventory) {
                    push(artifact, by.clone(), record);
                }
            }
            _ => {}
        }
    }
    found
}

fn model(name: &Text) -> Artifact {
    Artifact { kind: ArtifactKind::Model, name: name.clone(), digest: None }
}

/// Whether a bill of materials is about an agent: by its name, or `group/name`.
fn is_about(subject: &Text, agent: &AgentKey) -> bool {
    let name = agent.inner.as_ref().unwrap_or(&agent.name);
    let base = subject.raw().rsplit_once('/').map_or(subject.raw(), |(_, base)| base);
    base == name.raw() && !base.is_empty()
}

/// The machine-learning components of a bill (CycloneDX 1.5, `machine-learning-model`, `data`).
fn of_component(component: &Component) -> Option<Artifact> {
    let kind = match component.kind.raw() {
        "machine-learning-model" => ArtifactKind::Model,
        "data" => ArtifactKind::Index,
        _ => return None,
    };
    // The strongest digest that both sides are likely to have.
    let hash = ["SHA-256", "SHA-512", "SHA-1"].iter().find_map(|algorithm| {
        let hex = component.hashes.get(*algorithm)?;
        Some(format!("{algorithm}:{}", hex.raw()).into())
    });
    let version = component.version.as_ref().filter(|version| !version.is_empty());
    let name = match version {
        Some(version) if kind == ArtifactKind::Model => {
            format!("{}:{}", component.name.raw(), version.raw()).into()
        }
        _ => component.name.clone(),
    };
    Some(Artifact { kind, name, digest: hash })
}

fn of_inventory(inventory: &AgentInventory) -> impl Iterator<Item = Artifact> {
    inventory.items.iter().filter_map(|item| {
        let kind = match item.kind.raw() {
            "model" => ArtifactKind::Model,
            "adapter" => ArtifactKind::Adapter,
            "knowledge_source" | "memory_store" => ArtifactKind::Index,
            _ => return None,
        };
        Some(Artifact { kind, name: item.name.clone(), digest: item.digest.clone() })
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::super::testing::{estate, key, meta};
    use super::*;
    use crate::domain::configured::{
        AgentDeclaration, InventoryItem, ModelConfiguration, PermissionRules,
    };

    fn shown(found: &[DeclaredArtifact]) -> Vec<String> {
        let line = |found: &DeclaredArtifact| {
            let digest = found.artifact.digest.as_ref().map_or("-", Text::raw);
            let Artifact { kind, name, .. } = &found.artifact;
            format!("{kind} {} {digest} | {}", name.raw(), found.by.visible())
        };
        found.iter().map(line).collect()
    }

    #[test]
    fn every_place_where_a_model_is_declared() {
        let declaration = AgentDeclaration {
            kind: "kagent Agent".into(),
            namespace: "agents".into(),
            name: "billing".into(),
            model: Some("gpt-4.1".into()),
            model_configuration: Some("large".into()),
            ..AgentDeclaration::default()
        };
        let configuration = |name: &str, model: &str| {
            Configured::ModelConfiguration(ModelConfiguration {
                kind: "ModelConfig".into(),
                meta: meta("agents", name, &[]),
                model: Some(model.into()),
                ..ModelConfiguration::default()
            })
        };
        let component = |kind: &str, name: &str| {
            Configured::Component(Component {
                bom: "acme/billing".into(),
                kind: kind.into(),
                name: name.into(),
                hashes: BTreeMap::from([("SHA-256".into(), "ab".into())]),
                ..Component::default()
            })
        };
        let item = |kind: &str, name: &str| InventoryItem {
            kind: kind.into(),
            name: name.into(),
            digest: Some("cd".into()),
            ..InventoryItem::default()
        };
        let inventory = Configured::AgentInventory(AgentInventory {
            agent: "billing".into(),
            items: vec![item("adapter", "tone"), item("tool", "x"), item("knowledge_source", "kb")],
            ..AgentInventory::default()
        });
        let settings = Configured::PermissionRules(PermissionRules {
            client: "claude-code".into(),
            model: Some("sonnet".into()),
            ..PermissionRules::default()
        });
        let estate = estate([
            Configured::AgentDeclaration(declaration),
            configuration("large", "gpt-4.1-2025-04-14"),
            configuration("small", "gpt-4.1-mini"),
            component("machine-learning-model", "ranker"),
            component("library", "left-pad"),
            inventory,
            settings,
        ]);
        let mut found = shown(&declared_artifacts(&estate, &key("billing")));
        found.sort_unstable();
        assert_eq!(
            found,
            [
                "adapter tone cd | AgentInventory billing",
                "index kb cd | AgentInventory billing",
                "model gpt-4.1 - | kagent Agent agents/billing",
                "model gpt-4.1-2025-04-14 - | ModelConfig agents/large",
                "model ranker SHA-256:ab | Bom acme/billing",
            ]
        );
        let client = AgentKey::new("prod", "", "claude-code");
        assert_eq!(
            shown(&declared_artifacts(&estate, &client)),
            ["model sonnet - | permission rules claude-code/estate.yaml"]
        );
        assert_eq!(shown(&declared_artifacts(&estate, &key("other"))), [""; 0]);
    }
}
