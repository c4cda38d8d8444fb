//! The RBAC objects of one cluster, indexed: roles, bindings by subject, and the accounts, pods and
//! nodes that a step can lead to.

use std::collections::{BTreeMap, BTreeSet};

use super::super::Estate;
use super::principal;
use crate::domain::configured::{Binding, Configured, Object, Role, ServiceAccount, Workload};
use crate::domain::{ObjectRef, Record, Text};

/// The annotation by which a secret of the type `kubernetes.io/service-account-token` names its
/// account.
const TOKEN_OF: &str = "kubernetes.io/service-account.name";

/// What one cluster says about who may do what.
#[derive(Default)]
pub struct Cluster<'a> {
    pub roles: BTreeMap<ObjectRef, (&'a Record, &'a Role)>,
    pub bindings: Vec<Bound<'a>>,
    /// Positions of bindings by the principal that they name.
    pub by_subject: BTreeMap<ObjectRef, Vec<usize>>,
    /// Service accounts: loaded, or named by a workload or a binding.
    pub accounts: BTreeMap<ObjectRef, Option<&'a Record>>,
    /// By namespace.
    pub pods: BTreeMap<&'a Text, Vec<Running<'a>>>,
    pub nodes: BTreeSet<&'a Text>,
    /// Accounts by namespace and the secret that holds a token of theirs.
    pub tokens: BTreeMap<(&'a Text, &'a Text), Vec<ObjectRef>>,
}

/// A binding and the role that it names.
pub struct Bound<'a> {
    pub record: &'a Record,
    pub binding: &'a Binding,
    pub object: ObjectRef,
    pub role: ObjectRef,
}

/// A workload that runs as an account.
pub struct Running<'a> {
    pub name: &'a Text,
    pub account: ObjectRef,
    pub node: Option<&'a Text>,
}

/// The clusters of an estate by realm.
pub fn clusters(estate: &Estate) -> BTreeMap<&Text, Cluster<'_>> {
    let mut clusters: BTreeMap<&Text, Cluster<'_>> = BTreeMap::new();
    for record in estate.records() {
        clusters.entry(&record.realm).or_default().add(record);
    }
    clusters
}

impl<'a> Cluster<'a> {
    fn add(&mut self, record: &'a Record) {
        match &record.body {
            Configured::Role(role) => {
                self.roles.insert(role_object(role), (record, role));
            }
            Configured::Binding(binding) => self.bind(record, binding),
            Configured::ServiceAccount(account) => self.account(record, account),
            Configured::Workload(workload) => self.run(workload),
            Configured::Node(node) => {
                self.nodes.insert(&node.meta.name);
            }
            Configured::Object(object) if object.kind == "Secret" => self.secret(object),
            _ => {}
        }
    }

    fn bind(&mut self, record: &'a Record, binding: &'a Binding) {
        let subjects: BTreeSet<ObjectRef> = binding
            .subjects
            .iter()
            .filter_map(|subject| principal::named_by(subject, binding))
            .collect();
        for subject in subjects {
            if subject.kind == "ServiceAccount" {
                self.accounts.entry(subject.clone()).or_default();
            }
            self.by_subject.entry(subject).or_default().push(self.bindings.len());
        }
        let (object, role) = (binding_object(binding), role_reference(binding));
        self.bindings.push(Bound { record, binding, object, role });
    }

    fn account(&mut self, record: &'a Record, account: &'a ServiceAccount) {
        let object = principal::account(&account.meta.namespace, &account.meta.name);
        for secret in &account.secrets {
            self.tokens.entry((&account.meta.namespace, secret)).or_default().push(object.clone());
        }
        self.accounts.insert(object, Some(record));
    }

    fn secret(&mut self, secret: &'a Object) {
        if let Some(account) = secret.meta.annotations.get(TOKEN_OF) {
            let key = (&secret.meta.namespace, &secret.meta.name);
            let account = principal::account(&secret.meta.namespace, account);
            self.tokens.entry(key).or_default().push(account);
        }
    }

    fn run(&mut self, workload: &'a Workload) {
        let name = match workload.service_account.is_empty() {
            true => "default".into(),
            false => workload.service_account.clone(),
        };
        let account = principal::account(&workload.meta.namespace, &name);
        self.accounts.entry(account.clone()).or_default();
        let node = workload.node.as_ref();
        let running = Running { name: &workload.meta.name, account, node };
        self.pods.entry(&workload.meta.namespace).or_default().push(running);
    }

    /// The bindings that name this principal.
    pub fn bindings_of(&self, principal: &ObjectRef) -> impl Iterator<Item = &Bound<'a>> {
        let positions = self.by_subject.get(principal).into_iter().flatten();
        positions.filter_map(|position| self.bindings.get(*position))
    }

    /// The accounts of a namespace; one named `default` is in every namespace.
    pub fn accounts_in(&self, namespace: &Text) -> BTreeSet<ObjectRef> {
        let start = principal::account(namespace, &Text::default());
        let after = self.accounts.range(start..).map(|(account, _)| account);
        let accounts = after.take_while(|account| account.namespace == *namespace).cloned();
        accounts.chain([principal::account(namespace, &"default".into())]).collect()
    }

    /// The namespaces that anything of the cluster stands in.
    pub fn namespaces(&self) -> BTreeSet<&Text> {
        let objects = self.accounts.keys().chain(self.roles.keys());
        let objects = objects.chain(self.bindings.iter().map(|bound| &bound.object));
        objects.map(|object| &object.namespace).filter(|namespace| !namespace.is_empty()).collect()
    }

    /// Bindings whose role was not loaded.
    pub fn dangling(&self) -> impl Iterator<Item = &Bound<'a>> {
        self.bindings.iter().filter(|bound| {
            !self.roles.contains_key(&bound.role) && !bound.binding.subjects.is_empty()
        })
    }
}

fn binding_object(binding: &Binding) -> ObjectRef {
    let namespace = &binding.meta.namespace;
    let kind = if namespace.is_empty() { "ClusterRoleBinding" } else { "RoleBinding" };
    ObjectRef::new(kind, namespace.clone(), binding.meta.name.clone())
}

pub fn role_object(role: &Role) -> ObjectRef {
    let namespace = &role.meta.namespace;
    let kind = if namespace.is_empty() { "ClusterRole" } else { "Role" };
    ObjectRef::new(kind, namespace.clone(), role.meta.name.clone())
}

/// The role that a binding names. A ClusterRoleBinding that names a Role names nothing that can be.
fn role_reference(binding: &Binding) -> ObjectRef {
    let namespace = match binding.role_kind == "Role" {
        true => binding.meta.namespace.clone(),
        false => Text::default(),
    };
    ObjectRef::new(binding.role_kind.clone(), namespace, binding.role.clone())
}
