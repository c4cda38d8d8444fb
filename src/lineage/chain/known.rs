//! What the configured side knows of the identities in a chain.

use std::collections::{BTreeMap, BTreeSet};

use super::name::Name;
use crate::domain::configured::cloud::aws::Arn;
use crate::domain::configured::{Configured, Passport};
use crate::domain::{AgentKey, Attribution, Text};
use crate::scope::Estate;

/// Realm, namespace and name of a service account.
pub(super) type Account = (Text, Text, Text);

#[derive(Debug)]
pub(super) struct Known<'e> {
    pub estate: &'e Estate,
    /// Realms of service accounts, by namespace and name.
    realms: BTreeMap<(Text, Text), BTreeSet<Text>>,
    /// Service accounts that are configured to become a cloud identity, and the other way round.
    becoming: BTreeMap<Text, BTreeSet<Account>>,
    becomes: BTreeMap<Account, BTreeSet<Text>>,
    /// Workloads with a pod on a machine, by the machine's id.
    on_machines: BTreeMap<Text, BTreeSet<AgentKey>>,
    passports: BTreeMap<Text, &'e Passport>,
    /// Accounts of AWS of which anything is configured.
    aws_accounts: BTreeSet<Text>,
}

impl<'e> Known<'e> {
    pub fn of(estate: &'e Estate) -> Self {
        let mut known = Self {
            estate,
            realms: BTreeMap::new(),
            becoming: BTreeMap::new(),
            becomes: BTreeMap::new(),
            on_machines: BTreeMap::new(),
            passports: BTreeMap::new(),
            aws_accounts: BTreeSet::new(),
        };
        let mut machines: BTreeMap<(&Text, &Text), Text> = BTreeMap::new();
        for record in estate.records() {
            let realm = &record.realm;
            match &record.body {
                Configured::ServiceAccount(account) => {
                    let (namespace, name) = (&account.meta.namespace, &account.meta.name);
                    known.exists(realm, namespace, name);
                    for cloud in account.cloud.iter().filter_map(|cloud| cloud.principal.as_ref()) {
                        known.asks(realm, namespace, name, cloud);
                    }
                }
                Configured::CloudIdentity(association) => {
                    let (namespace, name) = (&association.namespace, &association.service_account);
                    if let Some(cloud) = &association.becomes.principal {
                        known.asks(realm, namespace, name, cloud);
                    }
                }
                Configured::Workload(workload) => {
                    let account = match workload.service_account.is_empty() {
                        true => &Text::from("default"),
                        false => &workload.service_account,
                    };
                    known.exists(realm, &workload.meta.namespace, account);
                }
                Configured::Node(node) => {
                    let machine =
                        node.provider_id.as_ref().and_then(|id| id.raw().rsplit('/').next());
                    machines.extend(machine.map(|id| ((realm, &node.meta.name), Text::from(id))));
                }
                Configured::Passport(passport) => {
                    known.passports.insert(passport.id.clone(), passport);
                }
                Configured::Aws(_) => {
                    known.aws_accounts.insert(realm.clone());
                }
                _ => {}
            }
        }
        known.place_pods(&machines);
        known
    }

    fn exists(&mut self, realm: &Text, namespace: &Text, name: &Text) {
        let key = (namespace.clone(), name.clone());
        self.realms.entry(key).or_default().insert(realm.clone());
    }

    fn asks(&mut self, realm: &Text, namespace: &Text, name: &Text, cloud: &Text) {
        let account = (realm.clone(), namespace.clone(), name.clone());
        let cloud = cloud_key(cloud);
        self.becoming.entry(cloud.clone()).or_default().insert(account.clone());
        self.becomes.entry(account).or_default().insert(cloud);
    }

    fn place_pods(&mut self, machines: &BTreeMap<(&Text, &Text), Text>) {
        for record in self.estate.records() {
            let Configured::Workload(pod) = &record.body else { continue };
            let node = pod.node.as_ref().map(|node| (&record.realm, node));
            let Some(machine) = node.and_then(|node| machines.get(&node)) else { continue };
            let (namespace, name) = (pod.meta.namespace.clone(), pod.meta.name.clone());
            let workload =
                self.estate.canonical(&AgentKey::new(record.realm.clone(), namespace, name));
            self.on_machines.entry(machine.clone()).or_default().insert(workload);
        }
    }

    /// The realms that a service account may be of: the cluster that the record names, when such an
    /// account is known there, else every one that has such an account.
    pub fn realms_of(&self, cluster: &Text, namespace: &str, account: &str) -> Vec<Text> {
        let realms = self.realms.get(&(namespace.into(), account.into()));
        match realms {
            Some(realms) if !realms.contains(cluster) => realms.iter().cloned().collect(),
            _ => vec![cluster.clone()],
        }
    }

    /// The realm of a service account, when there is one choice; else what the record names.
    pub fn realm_of(&self, cluster: &Text, namespace: &str, account: &str) -> Text {
        match self.realms_of(cluster, namespace, account).as_slice() {
            [only] => only.clone(),
            _ => cluster.clone(),
        }
    }

    /// The service accounts that are configured to become this cloud identity.
    pub fn becoming(&self, cloud: &Text) -> impl Iterator<Item = &Account> {
        self.becoming.get(&cloud_key(cloud)).into_iter().flatten()
    }

    /// In words, what the configuration says against this account becoming that identity.
    pub fn objection(&self, account: &Account, cloud: &Text) -> Option<String> {
        let (_, namespace, name) = account;
        let is_same = |other: &Account| (&other.1, &other.2) == (namespace, name);
        if self.becoming(cloud).any(is_same) {
            return None;
        }
        if let Some(other) = self.becomes.get(account).and_then(BTreeSet::first) {
            return Some(format!("the account is configured to become {}", other.visible()));
        }
        let (_, namespace, name) = self.becoming(cloud).next()?;
        let other = format!("{}/{}", namespace.visible(), name.visible());
        Some(format!("the configuration lets {other} become it, and not this account"))
    }

    pub fn on_machine(&self, machine: &str) -> impl Iterator<Item = &AgentKey> {
        self.on_machines.get(&Text::from(machine)).into_iter().flatten()
    }

    pub fn passport(&self, id: &Text) -> Option<&'e Passport> {
        self.passports.get(id).copied()
    }

    /// Whether an account is known to be another organisation's. Where nothing is configured, only the
    /// accounts whose logs were read are known to be one's own.
    pub fn is_foreign(&self, account: &str, logged: &BTreeSet<Text>) -> bool {
        let account = Text::from(account);
        let is_own = self.aws_accounts.contains(&account) || logged.contains(&account);
        let none_is_known = self.aws_accounts.is_empty() && logged.is_empty();
        !is_own && !none_is_known
    }
}

/// The same for a role by its ARN, with or without its path, and for a session of it.
fn cloud_key(cloud: &Text) -> Text {
    let Some(arn) = Arn::parse(cloud.raw()) else { return cloud.clone() };
    let role = match Name::of(super::actor::Platform::Aws, cloud.raw()) {
        Name::RoleSession { role, .. } => role,
        _ if arn.resource.starts_with("assumed-role/") => arn.resource_name(),
        _ if arn.resource.starts_with("role/") => arn.resource_name(),
        _ => return cloud.clone(),
    };
    format!("arn:{}:iam::{}:role/{role}", arn.partition, arn.account).into()
}
