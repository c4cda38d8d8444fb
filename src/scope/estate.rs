//! The estate: configured records as they stand, indexed for the questions that the other files of
//! this room and the floors above ask.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use jiff::Timestamp;

use super::current::standing;
use super::federation::Crossings;
use super::fold::Workloads;
use super::rbac;
use crate::domain::configured::{
    AgentDeclaration, AuditPolicy, Configured, DeclaredCatalog, McpServer, PosturePolicy, Workload,
};
use crate::domain::{AgentKey, Attribution, ObjectRef, Problem, Record, Snapshot, Text};

/// What the configured side says, indexed. Built once for one instant; immutable after that.
#[derive(Debug)]
pub struct Estate {
    records: Vec<Record>,
    snapshots: Vec<Snapshot>,
    /// The instant that this is of; the latest state when there is none.
    pub(super) instant: Option<Timestamp>,
    /// What an unnamed realm means, when only one is known.
    pub(super) only_realm: Option<Text>,
    pub(super) workloads: Workloads,
    /// Workloads by realm, namespace and service account.
    pub(super) by_account: BTreeMap<(Text, Text, Text), Vec<AgentKey>>,
    /// Hosts (workloads and declared agents) by name alone.
    pub(super) by_name: BTreeMap<Text, BTreeSet<AgentKey>>,
    /// Names of MCP clients.
    pub(super) clients: BTreeSet<Text>,
    declarations: BTreeMap<Text, Vec<usize>>,
    policies: BTreeMap<Text, usize>,
    catalogs: BTreeMap<Text, usize>,
    /// MCP servers by the client that is configured to use them.
    servers: BTreeMap<AgentKey, Vec<usize>>,
    /// Realms of which anything of the RBAC plane, or of the network plane, is loaded.
    pub(super) realms_with_rbac: BTreeSet<Text>,
    pub(super) realms_with_network: BTreeSet<Text>,
    /// What identities become in the clouds; worked out when it is first asked for.
    pub(super) crossings: OnceLock<Crossings>,
}

/// A binding that names a role which was not loaded. It grants nothing that can be listed.
#[derive(Clone, Debug)]
pub struct DanglingBinding<'a> {
    pub binding: &'a Record,
    pub missing: ObjectRef,
}

/// The one realm in which declared agents run on workloads that were loaded without a realm.
fn home_of_unnamed(records: &[Record]) -> Option<Text> {
    let unnamed: BTreeSet<(&Text, &Text)> = records
        .iter()
        .filter(|record| record.realm.is_empty())
        .filter_map(|record| match &record.body {
            Configured::Workload(workload) => Some((&workload.meta.namespace, &workload.meta.name)),
            _ => None,
        })
        .collect();
    let homes: BTreeSet<&Text> = records
        .iter()
        .filter(|record| !record.realm.is_empty())
        .filter(|record| match &record.body {
            Configured::AgentDeclaration(declaration) => {
                let name = declaration.workload.as_ref().unwrap_or(&declaration.name);
                unnamed.contains(&(&declaration.namespace, name))
            }
            _ => false,
        })
        .map(|record| &record.realm)
        .collect();
    match homes.len() {
        1 => homes.first().map(|realm| (*realm).clone()),
        _ => None,
    }
}

impl Estate {
    /// Indexes the records that stand. Where the records, snapshots and `realms_seen` (in events)
    /// name only one realm, an unnamed realm means that one; otherwise it stays a realm of its own.
    pub fn build(records: &[Record], snapshots: &[Snapshot], realms_seen: &[Text]) -> Self {
        let named: BTreeSet<&Text> = (records.iter().map(|record| &record.realm))
            .chain(snapshots.iter().map(|snapshot| &snapshot.realm))
            .chain(realms_seen)
            .filter(|realm| !realm.is_empty())
            .collect();
        let only_realm = match named.len() {
            1 => named.first().map(|realm| (*realm).clone()),
            _ => home_of_unnamed(records),
        };
        let fill = |realm: &mut Text| {
            if let (true, Some(only)) = (realm.is_empty(), &only_realm) {
                *realm = only.clone();
            }
        };
        let mut snapshots = snapshots.to_vec();
        snapshots.iter_mut().for_each(|snapshot| fill(&mut snapshot.realm));
        let placed = records.iter().cloned().map(|mut record| {
            // What lies on somebody's machine is not in the cluster.
            if !record.body.is_personal() {
                fill(&mut record.realm);
            }
            record
        });
        let records = standing(placed, &snapshots);
        let workloads = Workloads::build(&records);
        let mut estate = Self {
            records,
            snapshots,
            instant: None,
            only_realm,
            workloads,
            by_account: BTreeMap::new(),
            by_name: BTreeMap::new(),
            clients: BTreeSet::new(),
            declarations: BTreeMap::new(),
            policies: BTreeMap::new(),
            catalogs: BTreeMap::new(),
            servers: BTreeMap::new(),
            realms_with_rbac: BTreeSet::new(),
            realms_with_network: BTreeSet::new(),
            crossings: OnceLock::new(),
        };
        estate.index();
        estate
    }

    fn index(&mut self) {
        for (key, position) in &self.workloads.tops {
            self.by_name.entry(key.name.clone()).or_default().insert(key.clone());
            if let Some(Configured::Workload(workload)) =
                self.records.get(*position).map(|record| &record.body)
            {
                let account =
                    (key.realm.clone(), key.space.clone(), service_account(workload).clone());
                self.by_account.entry(account).or_default().push(key.clone());
            }
        }
        for (position, record) in self.records.iter().enumerate() {
            match &record.body {
                Configured::AgentDeclaration(declaration) => {
                    let workload = declaration.workload.as_ref();
                    let names: BTreeSet<&Text> =
                        workload.into_iter().chain([&declaration.name]).collect();
                    for name in names {
                        self.declarations.entry(name.clone()).or_default().push(position);
                    }
                    if !declaration.namespace.is_empty() {
                        let host = workload.unwrap_or(&declaration.name).clone();
                        let key = AgentKey::new(
                            record.realm.clone(),
                            declaration.namespace.clone(),
                            host.clone(),
                        );
                        self.by_name.entry(host).or_default().insert(key);
                    }
                }
                Configured::PosturePolicy(policy) => {
                    self.policies.insert(policy.agent_id.clone(), position);
                }
                // What somebody pinned goes before what a registry published.
                Configured::DeclaredCatalog(catalog) if catalog.registry.is_none() => {
                    self.catalogs.insert(catalog.server.clone(), position);
                }
                Configured::DeclaredCatalog(catalog) => {
                    self.catalogs.entry(catalog.server.clone()).or_insert(position);
                }
                Configured::McpServer(server) => {
                    self.clients.insert(server.client.clone());
                }
                Configured::Role(_) | Configured::Binding(_) => {
                    self.realms_with_rbac.insert(record.realm.clone());
                }
                Configured::NetworkPolicy(_)
                | Configured::ClusterNetworkPolicy(_)
                | Configured::CiliumPolicy(_)
                | Configured::Namespace(_) => {
                    self.realms_with_network.insert(record.realm.clone());
                }
                _ => {}
            }
        }
        self.index_clients();
    }

    /// Comes last: the key of a client depends on the other indexes.
    fn index_clients(&mut self) {
        for (position, record) in self.records.iter().enumerate() {
            if let Configured::McpServer(server) = &record.body {
                let key = AgentKey::new(record.realm.clone(), "", server.client.clone());
                let client = self.canonical(&key);
                self.servers.entry(client).or_default().push(position);
            }
        }
    }

    /// What an unnamed realm means, when that is known.
    pub fn realm_of_unnamed(&self) -> Option<&Text> {
        self.only_realm.as_ref()
    }

    /// What the API server of a cluster records, when its policy is loaded.
    pub fn audit_policy(&self, realm: &Text) -> Option<&AuditPolicy> {
        self.records().filter(|record| record.realm == *realm).find_map(|record| {
            match &record.body {
                Configured::AuditPolicy(policy) => Some(policy),
                _ => None,
            }
        })
    }

    /// Every record that stands.
    pub fn records(&self) -> impl Iterator<Item = &Record> + Clone {
        self.records.iter()
    }

    pub fn snapshots(&self) -> &[Snapshot] {
        &self.snapshots
    }

    /// The record that describes the host workload of an agent.
    pub fn workload(&self, agent: &AgentKey) -> Option<&Record> {
        self.records.get(*self.workloads.tops.get(&agent.host())?)
    }

    /// The service account of an agent's workload, `default` when it names none.
    pub fn service_account(&self, agent: &AgentKey) -> Option<&Text> {
        match &self.workload(agent)?.body {
            Configured::Workload(workload) => Some(service_account(workload)),
            _ => None,
        }
    }

    /// The workloads that run as a service account.
    pub fn holders(&self, realm: &Text, namespace: &Text, account: &Text) -> &[AgentKey] {
        let key = (realm.clone(), namespace.clone(), account.clone());
        self.by_account.get(&key).map_or(&[], Vec::as_slice)
    }

    /// The declaration of an agent: its own, else that of its host.
    pub fn declaration(&self, agent: &AgentKey) -> Option<(&AgentDeclaration, &Record)> {
        self.own_declaration(agent).or_else(|| self.own_declaration(&agent.host()))
    }

    /// The declaration that names exactly this agent.
    pub(super) fn own_declaration(&self, agent: &AgentKey) -> Option<(&AgentDeclaration, &Record)> {
        let name = agent.inner.as_ref().unwrap_or(&agent.name);
        let candidates = self.declarations.get(name)?.iter().rev();
        let mut candidates = candidates.filter_map(|position| {
            let record = self.records.get(*position)?;
            match &record.body {
                Configured::AgentDeclaration(declaration) => Some((declaration, record)),
                _ => None,
            }
        });
        candidates.find(|(declaration, record)| {
            let host = declaration.workload.as_ref();
            let names_it = match &agent.inner {
                Some(inner) => {
                    declaration.name == *inner && host.is_none_or(|host| *host == agent.name)
                }
                // One of several agents in a workload does not speak for the workload.
                None => {
                    host.unwrap_or(&declaration.name) == &agent.name
                        && !self.is_one_of_several(declaration)
                }
            };
            names_it
                && same_or_unnamed(&record.realm, &agent.realm)
                && same_or_unnamed(&declaration.namespace, &agent.space)
        })
    }

    /// Whether other declarations name the same workload, so that this one is an inner agent.
    pub(super) fn is_one_of_several(&self, declaration: &AgentDeclaration) -> bool {
        let Some(workload) = &declaration.workload else { return false };
        let sharing = self.declarations.get(workload).into_iter().flatten().filter(|position| {
            let record = self.records.get(**position).map(|record| &record.body);
            matches!(record, Some(Configured::AgentDeclaration(other))
                if other.workload.as_ref() == Some(workload)
                    && other.namespace == declaration.namespace
                    && other.kind == declaration.kind)
        });
        declaration.name != *workload && sharing.count() > 1
    }

    /// The posture policy of an agent: its own, else that of its host.
    pub fn posture_policy(&self, agent: &AgentKey) -> Option<(&PosturePolicy, &Record)> {
        self.own_posture_policy(agent).or_else(|| self.own_posture_policy(&agent.host()))
    }

    /// The posture policy whose `agent_id` is this agent: its whole key, `namespace/name`, or its
    /// name.
    pub(super) fn own_posture_policy(&self, agent: &AgentKey) -> Option<(&PosturePolicy, &Record)> {
        let name = agent.inner.as_ref().unwrap_or(&agent.name);
        let spellings =
            [agent.stored(), format!("{}/{}", agent.space.raw(), name.raw()), name.raw().into()];
        let position = spellings.iter().find_map(|id| self.policies.get(id.as_str()))?;
        let record = self.records.get(*position)?;
        match &record.body {
            Configured::PosturePolicy(policy) => Some((policy, record)),
            _ => None,
        }
    }

    /// The tools that are declared for an MCP server.
    pub fn declared_catalog(&self, server: &Text) -> Option<(&DeclaredCatalog, &Record)> {
        let record = self.records.get(*self.catalogs.get(server)?)?;
        match &record.body {
            Configured::DeclaredCatalog(catalog) => Some((catalog, record)),
            _ => None,
        }
    }

    /// Agents that are clients of MCP servers by configuration.
    pub(super) fn mcp_clients(&self) -> impl Iterator<Item = &AgentKey> {
        self.servers.keys()
    }

    /// The MCP servers that this client is configured to use.
    pub fn mcp_servers(&self, client: &AgentKey) -> impl Iterator<Item = (&McpServer, &Record)> {
        self.servers.get(client).into_iter().flatten().filter_map(|position| {
            let record = self.records.get(*position)?;
            match &record.body {
                Configured::McpServer(server) => Some((server, record)),
                _ => None,
            }
        })
    }

    /// Bindings whose role was not loaded.
    pub fn dangling_bindings(&self) -> Vec<DanglingBinding<'_>> {
        rbac::dangling_bindings(self)
    }

    /// What could not be resolved in full.
    pub fn problems(&self) -> Vec<Problem> {
        rbac::oversized_rules(self)
    }
}

fn service_account(workload: &Workload) -> &Text {
    static DEFAULT: std::sync::LazyLock<Text> = std::sync::LazyLock::new(|| Text::from("default"));
    match workload.service_account.is_empty() {
        true => &DEFAULT,
        false => &workload.service_account,
    }
}

pub(super) fn same_or_unnamed(one: &Text, other: &Text) -> bool {
    one.is_empty() || other.is_empty() || one == other
}

#[cfg(test)]
mod tests {
    use super::super::testing::{REALM, estate, key, record, workload};
    use super::*;

    fn declared(name: &str, workload: Option<&str>) -> Configured {
        Configured::AgentDeclaration(AgentDeclaration {
            kind: "registry".into(),
            namespace: "agents".into(),
            name: name.into(),
            workload: workload.map(Text::from),
            ..AgentDeclaration::default()
        })
    }

    fn policy(agent_id: &str) -> Configured {
        Configured::PosturePolicy(PosturePolicy {
            agent_id: agent_id.into(),
            ..PosturePolicy::default()
        })
    }

    #[test]
    fn the_only_named_realm_is_what_an_unnamed_one_means() {
        let unnamed = || {
            let mut record = record(workload("Deployment", "agents", "billing"));
            record.realm = Text::default();
            record
        };
        let other = |realm: &str| vec![Text::from(realm)];
        for (seen, found) in [
            (other("prod"), true),
            (vec![], false),
            ([other("prod"), other("staging")].concat(), false),
        ] {
            let estate = Estate::build(&[unnamed()], &[], &seen);
            assert_eq!(estate.workload(&key("billing")).is_some(), found, "{seen:?}");
        }
    }

    #[test]
    fn declarations_are_found_by_workload_or_name() {
        let estate = estate([
            declared("Billing Assistant", Some("billing")),
            declared("planner", Some("team")),
            declared("writer", Some("team")),
            declared("solo", None),
        ]);
        for (agent, name) in [
            (key("billing"), Some("Billing Assistant")),
            (key("billing").with_inner("sub"), Some("Billing Assistant")),
            (key("team").with_inner("planner"), Some("planner")),
            (key("team"), None),
            (key("solo"), Some("solo")),
            (AgentKey::new(REALM, "other", "solo"), None),
        ] {
            let found = estate.declaration(&agent).map(|(found, _)| found.name.raw());
            assert_eq!(found, name, "{agent}");
        }
    }

    #[test]
    fn posture_policies_are_found_by_any_spelling_of_the_agent() {
        let estate =
            estate([policy("billing"), policy("agents/crm"), policy("prod/agents/hr/ask")]);
        for (agent, id) in [
            (key("billing"), Some("billing")),
            (key("billing").with_inner("x"), Some("billing")),
            (key("crm"), Some("agents/crm")),
            (key("hr").with_inner("ask"), Some("prod/agents/hr/ask")),
            (key("hr"), None),
        ] {
            let found = estate.posture_policy(&agent).map(|(found, _)| found.agent_id.raw());
            assert_eq!(found, id, "{agent}");
        }
    }
}
