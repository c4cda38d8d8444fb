//! Catalogs over time, and what declared artifacts resolved to.

use jiff::Timestamp;
use serde_json::Value;

use super::posture::estate;
use super::{Error, Workspace};
use crate::case::EventFilter;
use crate::domain::{Attribution, EventKind, Text};
use crate::profile::catalog::Catalogs;
use crate::reconcile::{CatalogShift, catalog_shifts};
use crate::scope::Estate;
use crate::scope::catalog::{Artifact, ArtifactKind, declared_artifacts, resolved};
use crate::view::{ArtifactRow, CatalogRow, ObservedArtifact};

/// The models that agents were seen to use, by agent as the log names it.
const MODELS: &str = "
    SELECT agent, model, COUNT(*) AS calls FROM events
    WHERE agent IS NOT NULL AND model IS NOT NULL GROUP BY agent, model ORDER BY agent, model";

impl Workspace {
    /// How the catalogs of the MCP servers shifted: against their pins, and from version to version.
    pub fn catalogs(&self, server: Option<&str>) -> Result<Vec<CatalogRow>, Error> {
        let case = self.case();
        let estate = self.latest()?;
        let mut catalogs = Catalogs::default();
        let listings = EventFilter { kinds: vec![EventKind::Catalog], ..EventFilter::default() };
        for event in case.events(listings) {
            let event = event?;
            let agent = event.agent.as_ref().map(|agent| estate.canonical(agent));
            catalogs.observe(&event, agent.as_ref());
        }
        let versions = catalogs.finish();
        let shifts = catalog_shifts(&estate, &versions);
        let asked = |shift: &CatalogShift<'_>| server.is_none_or(|only| *shift.server == only);
        Ok(shifts.into_iter().filter(asked).map(row).collect())
    }

    /// The models, adapters and indexes that are declared for an agent, with what was seen in use.
    pub fn artifacts(&self, agent: &str) -> Result<Vec<ArtifactRow>, Error> {
        let agent = self.agent_called(agent)?;
        let estate = self.latest()?;
        let mut used: Vec<(Artifact, u64)> = Vec::new();
        for row in self.sql(MODELS)?.rows {
            let [Value::String(by), Value::String(model), calls] = row.as_slice() else { continue };
            let by = crate::domain::AgentKey::from_stored(by).map(|by| estate.canonical(&by));
            if by.is_some_and(|by| by == agent || by.host() == agent) {
                let name = Text::from(model.as_str());
                let artifact = Artifact { kind: ArtifactKind::Model, name, digest: None };
                used.push((artifact, calls.as_u64().unwrap_or_default()));
            }
        }
        let declared = declared_artifacts(&estate, &agent).into_iter();
        Ok(declared
            .map(|declared| ArtifactRow {
                observed: used
                    .iter()
                    .filter(|(used, _)| used.kind == declared.artifact.kind)
                    .map(|(used, events)| ObservedArtifact {
                        name: used.name.clone(),
                        resolution: resolved(&declared.artifact, used).to_string(),
                        events: *events,
                    })
                    .collect(),
                kind: declared.artifact.kind.to_string(),
                name: declared.artifact.name,
                digest: declared.artifact.digest,
                by: declared.by,
                place: declared.place,
            })
            .collect())
    }

    /// The configured side as it stands last.
    pub(super) fn latest(&self) -> Result<Estate, Error> {
        let case = self.case();
        Ok(estate(&case.records()?, &case.snapshots()?, &case.coverage()?))
    }
}

fn row(shift: CatalogShift<'_>) -> CatalogRow {
    let to = shift.to;
    let at: Option<Timestamp> = (!to.undated).then_some(to.at);
    CatalogRow {
        server: to.server.clone(),
        agent: to.agent.clone(),
        protocol: to.protocol.clone(),
        from: shift.from,
        to: to.label.clone(),
        at,
        changes: shift.changes,
        events: to.events.clone(),
    }
}
