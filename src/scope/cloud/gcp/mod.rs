//! Google Cloud IAM: allow policies → authority (IAM, "Allow policies").
//!
//! A binding gives its role to its members, on the resource of its policy and on everything below it;
//! policies add up, none takes away. Denials (deny policies, principal access boundaries) are in no
//! record that is read, so that this is an upper bound.

mod condition;
mod expression;
mod hierarchy;
mod impersonation;
mod member;
mod role;
#[cfg(test)]
mod tests;
mod time;
mod weakness;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use petgraph::graph::NodeIndex;

use self::hierarchy::{Hierarchy, Level, level, relative};
pub(in crate::scope) use self::member::{CLUSTER_POOL, Member};
use self::role::Roles;
pub(in crate::scope) use self::weakness::loose_trust;
use crate::domain::configured::Configured;
use crate::domain::configured::cloud::Gcp;
use crate::domain::configured::cloud::gcp::{
    AllowPolicy, GcpBinding, GcpServiceAccount, WorkloadIdentityProvider,
};
use crate::domain::{Attachment, Bounds, Layer, ObjectRef, Plane, Record, Text};
use crate::scope::Estate;
use crate::scope::authority::{Authority, Edge, Permission};

/// What the records say of Google Cloud.
#[derive(Debug)]
pub(in crate::scope) struct Iam<'a> {
    /// Without those whose condition does not hold at the instant.
    bindings: Vec<Bound<'a>>,
    hierarchy: Hierarchy,
    roles: Roles<'a>,
    /// The instant that is asked for.
    instant: Option<Timestamp>,
    accounts: BTreeMap<&'a Text, (&'a Record, &'a GcpServiceAccount)>,
    pub providers: Vec<(&'a Record, &'a WorkloadIdentityProvider)>,
}

/// One binding of one policy.
#[derive(Debug)]
struct Bound<'a> {
    record: &'a Record,
    /// The relative name of the resource of the policy.
    resource: Text,
    /// In that policy, from one.
    position: usize,
    binding: &'a GcpBinding,
    members: Vec<Member>,
}

impl<'a> Iam<'a> {
    pub fn read(estate: &'a Estate) -> Self {
        let (mut policies, mut roles) = (Vec::new(), Vec::new());
        let (mut accounts, mut providers) = (BTreeMap::new(), Vec::new());
        for record in estate.records() {
            let Configured::Gcp(item) = &record.body else { continue };
            match item {
                Gcp::AllowPolicy(policy) => policies.push((record, policy)),
                Gcp::Role(role) => roles.push((record, role)),
                Gcp::ServiceAccount(account) => {
                    accounts.insert(&account.email, (record, account));
                }
                Gcp::WorkloadIdentityProvider(provider) => providers.push((record, provider)),
            }
        }
        Self {
            hierarchy: Hierarchy::new(policies.iter().map(|(_, policy)| *policy)),
            bindings: policies
                .into_iter()
                .flat_map(|(record, policy)| bound(record, policy))
                .filter(|bound| bound.stands(estate.instant))
                .collect(),
            roles: Roles::new(roles),
            instant: estate.instant,
            accounts,
            providers,
        }
    }

    /// Everybody whom a binding names.
    pub fn members(&self) -> BTreeSet<&Member> {
        self.bindings.iter().flat_map(|bound| &bound.members).collect()
    }

    /// Service accounts with a record, or named by a binding.
    pub fn accounts(&self) -> BTreeSet<&Text> {
        let named = self.members().into_iter().filter_map(|member| match member {
            Member::ServiceAccount(email) => Some(email),
            _ => None,
        });
        named.chain(self.accounts.keys().copied()).collect()
    }

    pub fn account(&self, email: &Text) -> Option<(&'a Record, &'a GcpServiceAccount)> {
        self.accounts.get(email).copied()
    }

    /// The account as which the machines of a project run unless they are told otherwise; it is called
    /// by the number of the project.
    pub fn default_accounts(&self, project: &Text) -> Vec<Text> {
        let numbers = self.hierarchy.names(project);
        let numbers = numbers.iter().filter_map(|name| name.raw().strip_prefix("projects/"));
        numbers
            .filter(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
            .map(|number| format!("{number}-compute@developer.gserviceaccount.com").into())
            .collect()
    }

    /// The project whose account this is, by the domain of its address.
    fn project_of(&self, email: &Text) -> Option<Text> {
        let (_, domain) = email.raw().split_once('@')?;
        let project = domain.strip_suffix(".iam.gserviceaccount.com")?;
        Some(format!("projects/{project}").into())
    }
}

fn bound<'a>(record: &'a Record, policy: &'a AllowPolicy) -> impl Iterator<Item = Bound<'a>> {
    let resource = relative(policy.resource.raw());
    policy.bindings.iter().zip(1..).map(move |(binding, position)| Bound {
        record,
        resource: resource.clone(),
        position,
        binding,
        members: binding.members.iter().map(|member| Member::parse(member.raw())).collect(),
    })
}

impl Bound<'_> {
    /// A role may be bound twice on a resource, with different conditions.
    fn object(&self) -> ObjectRef {
        let role = self.binding.role.raw();
        let name = match &self.binding.condition {
            None => self.binding.role.clone(),
            Some(condition) => format!("{role} if {}", condition.raw()).into(),
        };
        ObjectRef::new("iam.googleapis.com/Binding", self.resource.clone(), name)
    }

    /// Its condition as layers, for requests at an instant; none when it always holds.
    fn conditions(&self, instant: Option<Timestamp>) -> Vec<Layer> {
        let condition = self.binding.condition.iter();
        let place = &self.record.place;
        condition.flat_map(|it| condition::layers(it, &self.object(), place, instant)).collect()
    }

    /// Whether its condition can hold at the instant.
    fn stands(&self, instant: Option<Timestamp>) -> bool {
        !self.conditions(instant).iter().any(|layer| layer.clauses.is_empty())
    }

    /// Its condition in words, unless it is known to hold.
    fn open(&self, instant: Option<Timestamp>) -> Vec<Text> {
        match self.conditions(instant).is_empty() {
            true => Vec::new(),
            false => self.binding.condition.iter().cloned().collect(),
        }
    }
}

/// A principal of Google Cloud. Its name is unique in all projects, so that it has no realm.
pub(in crate::scope) fn principal(member: &Member) -> ObjectRef {
    let object = |kind: &str, name: &Text| ObjectRef::new(kind, "", name.clone());
    match member {
        Member::ServiceAccount(email) => object("iam.googleapis.com/ServiceAccount", email),
        Member::PoolSubject { pool, subject } => {
            ObjectRef::new("workload identity", pool.clone(), subject.clone())
        }
        Member::PoolSet { pool, shared } => {
            ObjectRef::new("workload identities", pool.clone(), shared.clone())
        }
        Member::AllUsers => object("Google group", &"allUsers".into()),
        Member::AllAuthenticatedUsers => object("Google group", &"allAuthenticatedUsers".into()),
        Member::AccountsOf(container) => object("service accounts of", container),
        Member::HoldersOf { role, project } => {
            ObjectRef::new("holders of a basic role", project.clone(), *role)
        }
        Member::Other { kind, name } => object(kind, name),
        Member::Deleted => object("deleted principal", &Text::default()),
    }
}

impl Member {
    fn is_set(&self) -> bool {
        !matches!(self, Self::ServiceAccount(_) | Self::PoolSubject { .. } | Self::Deleted)
    }
}

/// Bindings, roles and the accounts that can be impersonated.
pub(in crate::scope) fn add(iam: &Iam<'_>, authority: &mut Authority) {
    let roles: BTreeSet<&Text> = iam.bindings.iter().map(|bound| &bound.binding.role).collect();
    roles.into_iter().for_each(|role| add_role(iam, role, authority));
    for bound in &iam.bindings {
        let binding = add_binding(iam, bound, authority);
        for member in bound.members.iter().filter(|member| **member != Member::Deleted) {
            let attachment = if member.is_set() { Attachment::Group } else { Attachment::Own };
            let holder = member_node(member, authority);
            authority.give(holder, binding, Edge::held(attachment, "is a member of the binding"));
            add_convenience(bound, holder, authority);
        }
    }
    for email in iam.accounts() {
        let node = member_node(&Member::ServiceAccount(email.clone()), authority);
        if let Some((record, _)) = iam.account(email) {
            authority.loaded(node, record);
        }
    }
    add_sets(iam, authority);
    impersonation::add(iam, authority);
}

pub(in crate::scope) fn member_node(member: &Member, authority: &mut Authority) -> NodeIndex {
    let node = authority.principal(&Text::default(), principal(member));
    authority.implied(node);
    node
}

fn add_binding(iam: &Iam<'_>, bound: &Bound<'_>, authority: &mut Authority) -> NodeIndex {
    let object = bound.object();
    let binding = authority.granting(&bound.record.realm, object.clone());
    authority.loaded(binding, bound.record);
    let role = authority.content(&Text::default(), role_object(&bound.binding.role));
    let mut within = iam.hierarchy.layers(&bound.resource, &object);
    within.extend(bound.conditions(iam.instant));
    let attachment = match level(&bound.resource) {
        Level::Container => Attachment::ParentScope,
        Level::Project | Level::Resource => Attachment::Own,
    };
    let narrowed = Arc::new(Bounds { within, ..Bounds::default() });
    authority.give(binding, role, Edge::held(attachment, "names the role").bounded(narrowed));
    binding
}

fn role_object(name: &Text) -> ObjectRef {
    ObjectRef::new("iam.googleapis.com/Role", "", name.clone())
}

fn add_role(iam: &Iam<'_>, name: &Text, authority: &mut Authority) {
    let node = authority.content(&Text::default(), role_object(name));
    let included = iam.roles.included(name);
    match included.record {
        Some(record) => authority.loaded(node, record),
        None => authority.implied(node),
    }
    for clause in included.clauses {
        let bounds = Bounds { depends_on: clause.depends_on, ..Bounds::default() };
        let bounds = (!bounds.is_empty()).then(|| Arc::new(bounds));
        let permission = Permission { bounds, ..Permission::new(clause.pattern, Plane::Cloud) };
        authority.permit(node, permission);
    }
}

/// Whoever has a basic role on a project is meant by the convenience values of its resources.
fn add_convenience(bound: &Bound<'_>, holder: NodeIndex, authority: &mut Authority) {
    const BASIC: [&str; 3] = ["roles/owner", "roles/editor", "roles/viewer"];
    let role = BASIC.into_iter().find(|role| bound.binding.role == *role);
    if let (Some(role), Level::Project) = (role, level(&bound.resource)) {
        let meant = Member::HoldersOf { role, project: bound.resource.clone() };
        let holders = member_node(&meant, authority);
        let rule = "has the basic role on the project";
        authority.give(holder, holders, Edge::held(Attachment::Own, rule));
    }
}

/// Service accounts belong to sets by their kind and project.
fn add_sets(iam: &Iam<'_>, authority: &mut Authority) {
    let sets = iam.members().into_iter().filter(|member| {
        matches!(member, Member::AllUsers | Member::AllAuthenticatedUsers | Member::AccountsOf(_))
    });
    for set in sets {
        let to = member_node(set, authority);
        for email in iam.accounts() {
            let belongs = match set {
                Member::AccountsOf(container) => iam
                    .project_of(email)
                    .is_some_and(|project| iam.hierarchy.holds(container, &project)),
                _ => true,
            };
            if belongs {
                let from = member_node(&Member::ServiceAccount(email.clone()), authority);
                // What makes the grant inherited is the binding that names the set.
                authority.give(from, to, Edge::held(Attachment::Own, "belongs to the set"));
            }
        }
    }
}
