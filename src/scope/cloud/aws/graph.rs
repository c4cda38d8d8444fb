//! Accounts in the graph of authority: users, roles and groups, the policies that they hold with what
//! bounds them, and the roles that they may assume.

use std::collections::BTreeMap;
use std::sync::Arc;

use petgraph::graph::NodeIndex;

use super::bounds::Bounding;
use super::chain;
use super::clauses::clauses;
use super::context::Context;
use super::directory::{Directory, Held, Read, account_of, object_of_identity};
use super::principal::Principal;
use crate::domain::configured::cloud::aws::{IamIdentity, IamKind, StatementEffect};
use crate::domain::{Attachment, Bounds, Clause, Layer, ObjectRef, Plane, Text};
use crate::scope::Estate;
use crate::scope::authority::{Authority, Edge, Permission};

/// Adds everything that the records of accounts say.
pub fn add(estate: &Estate, authority: &mut Authority) {
    let directory = Directory::of(estate.records());
    let mut policies = Policies::default();
    for read in directory.identities() {
        let node = principal(read.it, authority);
        authority.loaded(node, read.record);
        match read.it.kind {
            IamKind::Group => {
                for held in directory.own_policies(read.it) {
                    let policy = policies.node(&held, authority);
                    authority.give(node, policy, Edge::held(Attachment::Own, ATTACHED));
                }
            }
            IamKind::User | IamKind::Role => {
                holder(read, node, &directory, &mut policies, authority)
            }
        }
    }
    for link in chain::links(&directory) {
        let (from, to) = (link.from(authority), principal(link.to, authority));
        authority.give(from, to, link.edge());
    }
}

const ATTACHED: &str = "holds the policy";

/// The node of a user, group or role.
pub fn principal(identity: &IamIdentity, authority: &mut Authority) -> NodeIndex {
    authority.principal(&account_of(&identity.arn).into(), object_of_identity(identity))
}

/// A user or role with its policies and groups. Each of these edges carries what bounds all that the
/// holder does, since denials in one policy take away from every other.
fn holder<'a>(
    read: Read<'a, IamIdentity>,
    node: NodeIndex,
    directory: &Directory<'a>,
    policies: &mut Policies,
    authority: &mut Authority,
) {
    let Some(who) = Principal::of_identity(read.it) else { return };
    let context = who.context();
    let bounding = Bounding::of(read.it, &who, directory);
    let shared = Arc::new(bounding.bounds(&context));
    let narrowed = |by: &ObjectRef, held: &[Held<'a>]| match own_clauses(by, held, &context) {
        None => shared.clone(),
        Some(layer) => {
            let mut bounds = Bounds::clone(&shared);
            bounds.within.push(layer);
            Arc::new(bounds)
        }
    };
    for held in directory.own_policies(read.it) {
        let policy = policies.node(&held, authority);
        let bounds = narrowed(&held.object, std::slice::from_ref(&held));
        authority.give(node, policy, Edge::held(Attachment::Own, ATTACHED).bounded(bounds));
    }
    for (object, group) in directory.groups(read.it) {
        let held = group.map(|group| directory.own_policies(group.it)).unwrap_or_default();
        let bounds = narrowed(&object, &held);
        let to = authority.principal(&object.namespace.clone(), object);
        let edge = Edge::held(Attachment::Group, "is in the group").bounded(bounds);
        authority.give(node, to, edge);
    }
}

/// What these policies allow to this principal, where that depends on the principal or the request:
/// the policies themselves carry what they allow at most.
fn own_clauses(by: &ObjectRef, held: &[Held<'_>], context: &Context) -> Option<Layer> {
    let read = held.iter().filter_map(|held| held.policy);
    let allowed = |context: &Context| -> Vec<Clause> {
        let documents = read.clone().map(|read| &read.it.document);
        documents.flat_map(|document| clauses(document, StatementEffect::Allow, context)).collect()
    };
    let is_conditional = allowed(&Context::default()).iter().any(|it| !it.depends_on.is_empty());
    let place = read.clone().next().map(|read| read.record.place.clone());
    is_conditional.then(|| Layer { by: by.clone(), place, clauses: allowed(context) })
}

/// The nodes of policies. What one allows at most is added once, however many hold it.
#[derive(Default)]
struct Policies(BTreeMap<(Text, ObjectRef), NodeIndex>);

impl Policies {
    fn node(&mut self, held: &Held<'_>, authority: &mut Authority) -> NodeIndex {
        let realm = held.object.namespace.clone();
        let key = (realm.clone(), held.object.clone());
        if let Some(node) = self.0.get(&key) {
            return *node;
        }
        let node = authority.content(&realm, held.object.clone());
        self.0.insert(key, node);
        if let Some(read) = held.policy {
            authority.loaded(node, read.record);
            let widest = clauses(&read.it.document, StatementEffect::Allow, &Context::default());
            for clause in widest {
                authority.permit(node, Permission::new(clause.pattern, Plane::Cloud));
            }
        }
        node
    }
}
