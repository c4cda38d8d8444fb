//! Gap 2 of the model discipline: an MCP server that advertises other tools than were declared for
//! it, or than it advertised before. One observation suffices; nothing has to be invoked.

use std::collections::{BTreeMap, BTreeSet};

use super::draft::Draft;
use super::sides::Sides;
use super::steps::{Path, Stage};
use crate::domain::catalog_diff::{Change, compare};
use crate::domain::{
    AgentKey, BehaviouralVerdict, Capability, CapabilityLine, Citation, GrantState, Pattern, Plane,
    ProvisioningVerdict, Reading, Text,
};
use crate::profile::CatalogVersion;
use crate::scope::Estate;
use crate::scope::catalog::against_declaration;

/// One change of a server's catalog: what was there before, what is there now.
pub struct CatalogShift<'a> {
    pub server: &'a Text,
    /// What it is compared with: the pin, or an earlier version.
    pub from: String,
    pub to: &'a CatalogVersion,
    pub changes: Vec<Change>,
}

/// How the catalogs of all servers shifted, each held against its pin and against what the same
/// client was shown before.
pub fn catalog_shifts<'a>(
    estate: &Estate,
    versions: &'a [CatalogVersion],
) -> Vec<CatalogShift<'a>> {
    let mut servers: BTreeMap<&Text, Vec<&CatalogVersion>> = BTreeMap::new();
    for version in versions {
        servers.entry(&version.server).or_default().push(version);
    }
    servers.values().flat_map(|versions| shifts(estate, versions)).collect()
}

/// One draft per agent that uses a server whose catalog shifted; on the server itself when no agent
/// is known to use it.
pub fn drafts(sides: &Sides<'_>) -> Vec<Draft> {
    let shifts = catalog_shifts(sides.input.estate, &sides.input.observation.catalogs);
    let mut servers: BTreeMap<&Text, Vec<CatalogShift<'_>>> = BTreeMap::new();
    for shift in shifts {
        servers.entry(shift.server).or_default().push(shift);
    }
    let mut drafts = Vec::new();
    for (server, shifts) in servers {
        let mut users = users(sides, server);
        if users.is_empty() {
            users.insert(AgentKey::new("", "", format!("mcp-server:{}", server.raw())));
        }
        drafts.extend(users.into_iter().map(|agent| draft(sides, agent, server, &shifts)));
    }
    drafts
}

fn shifts<'a>(estate: &Estate, versions: &[&'a CatalogVersion]) -> Vec<CatalogShift<'a>> {
    let mut shifts = Vec::new();
    let latest = versions.iter().max_by(|one, other| one.order(other));
    let pinned =
        latest.and_then(|latest| Some((*latest, against_declaration(estate, latest.listing())?)));
    if let Some((latest, found)) = pinned.filter(|(_, found)| found.is_drift()) {
        shifts.push(CatalogShift {
            server: &latest.server,
            from: "the pinned catalog".to_owned(),
            to: latest,
            changes: found.changes,
        });
    }
    for pair in versions.windows(2) {
        let [before, after] = pair else { continue };
        if !before.is_like(after) {
            continue;
        }
        let found = compare(before.listing(), after.listing());
        if found.is_drift() {
            shifts.push(CatalogShift {
                server: &after.server,
                from: name(before),
                to: after,
                changes: found.changes,
            });
        }
    }
    shifts
}

fn name(version: &CatalogVersion) -> String {
    match version.label.is_empty() {
        false => version.label.visible().into_owned(),
        true => version.at.strftime("%Y-%m-%d %H:%M").to_string(),
    }
}

fn users(sides: &Sides<'_>, server: &Text) -> BTreeSet<AgentKey> {
    let called = sides.input.observation.exercises.iter().filter_map(|exercise| {
        let on_server = matches!(
            &exercise.capability,
            Capability::Tool { server: Some(used), .. } if used == server
        );
        (on_server && exercise.count > 0).then(|| exercise.agent.clone())
    });
    let granted = sides.input.grants.iter().filter_map(|grant| {
        let on_server = match &grant.pattern {
            Pattern::Tool { server: Some(granted), .. } => granted == server,
            Pattern::Exactly { capability: Capability::McpTool { server: granted, .. } } => {
                granted == server
            }
            _ => false,
        };
        on_server.then(|| grant.holder.clone())
    });
    called.chain(granted).collect()
}

fn draft(sides: &Sides<'_>, agent: AgentKey, server: &Text, shifts: &[CatalogShift<'_>]) -> Draft {
    let latest = shifts.iter().map(|shift| shift.to.at).max();
    let operational = shifts
        .iter()
        .map(|shift| Citation {
            text: format!(
                "{} advertises in {} other tools than {}: {}",
                shift.server.visible(),
                name(shift.to),
                shift.from,
                sentence(&shift.changes)
            ),
            places: Vec::new(),
            events: shift.to.events.iter().take(8).copied().collect(),
        })
        .collect();
    let declared = sides.input.estate.declared_catalog(server);
    let configured = match declared {
        Some((catalog, record)) => Citation {
            text: format!("{} tools are pinned for {}", catalog.tools.len(), server.visible()),
            places: vec![record.place.clone()],
            events: Vec::new(),
        },
        None => Citation::new(format!("no catalog is pinned for {}", server.visible())),
    };
    let lines: BTreeSet<String> =
        shifts.iter().flat_map(|shift| &shift.changes).map(Change::visible).collect();
    let capabilities = lines
        .into_iter()
        .map(|capability| CapabilityLine {
            capability,
            state: GrantState::Exercised,
            count: 1,
            last: latest,
        })
        .collect();
    let last = shifts.last();
    Draft {
        discipline: Plane::Catalog.discipline(),
        plane: Plane::Catalog,
        anchor: format!("MCP server {}", server.raw()),
        reading: Reading::HiddenScope { unresolved: false },
        pattern: "catalog-shift",
        subject: format!(
            "MCP server {} changed its catalog: {}",
            server.visible(),
            last.map_or_else(String::new, |shift| sentence(&shift.changes)),
        ),
        configured: vec![configured],
        operational,
        path: Path::default()
            .step(
                Stage::Records,
                if declared.is_some() { "pinned" } else { "not pinned" },
                "the catalog is compared with the pin, and with what was advertised before",
            )
            .step(
                Stage::Scope,
                "resolved to something else",
                format!("{} changes of the catalog; upstream is the server", shifts.len()),
            )
            .step(
                Stage::Pattern,
                "not needed",
                "the first observation of a changed catalog suffices",
            ),
        capabilities,
        danger: None,
        wide: false,
        from: shifts.iter().map(|shift| shift.to.at).min(),
        until: latest,
        provisioning: match declared {
            Some(_) => ProvisioningVerdict::OutOfScope,
            None => ProvisioningVerdict::Unknown,
        },
        behavioural: BehaviouralVerdict::NotConverged,
        object: Some(format!("MCP server {}", server.visible())),
        agent,
    }
}

fn sentence(changes: &[Change]) -> String {
    const NAMED: usize = 4;
    let mut named: Vec<String> = changes.iter().take(NAMED).map(Change::visible).collect();
    if changes.len() > NAMED {
        named.push(format!("{} more", changes.len() - NAMED));
    }
    named.join(", ")
}
