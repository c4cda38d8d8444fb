//! Identities that become others: what crosses from a cluster to a cloud, and from cloud to cloud.
//!
//! A hop takes two sides: one that asks (an annotation, an association) and one that lets (a trust
//! policy, a credential, a binding). A [`Link`] names the objects that prove it and, in words, what no
//! record shows; a hop of which a side is loaded and refuses is no link.

mod account;
mod acting;
mod aws;
mod azure;
mod crossings;
mod google;
mod issuers;
mod node;
#[cfg(test)]
mod real_data;
#[cfg(test)]
pub(super) mod testing;
#[cfg(test)]
mod tests;
mod trust;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use self::account::Accounts;
pub(super) use self::crossings::Crossings;
use self::issuers::Issuers;
use super::Estate;
use super::authority::{Authority, Edge, Passes};
use super::cloud::{azure as entra, gcp};
use crate::domain::configured::cloud::aws::Arn;
use crate::domain::{Agent, Attachment, Bounds, ObjectRef, Text};

/// A principal: its realm (empty for those whose names are unique everywhere) and its object.
pub(super) type Identity = (Text, ObjectRef);

/// One hop from a principal to another.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Link {
    pub from: Identity,
    pub to: Identity,
    pub attachment: Attachment,
    pub rule: &'static str,
    /// The objects that prove it, where the two ends do not.
    pub through: Vec<ObjectRef>,
    /// What would prove it and is in no record.
    pub missing: Vec<Text>,
    /// It takes a step that nothing in the configuration asks for.
    pub is_derived: bool,
}

impl Link {
    /// From one identity to another by exchange of tokens, with nothing missing.
    fn federated(from: Identity, to: Identity, rule: &'static str) -> Self {
        Self {
            from,
            to,
            attachment: Attachment::Federation,
            rule,
            through: Vec::new(),
            missing: Vec::new(),
            is_derived: false,
        }
    }

    fn through(mut self, through: impl IntoIterator<Item = ObjectRef>) -> Self {
        self.through.extend(through);
        self
    }

    fn missing(mut self, missing: impl IntoIterator<Item = Text>) -> Self {
        self.missing.extend(missing);
        self
    }

    fn derived(self) -> Self {
        Self { is_derived: true, ..self }
    }
}

pub(super) fn service_account(realm: &Text, namespace: &Text, name: &Text) -> Identity {
    (realm.clone(), ObjectRef::new("ServiceAccount", namespace.clone(), name.clone()))
}

/// A role by its ARN. An object of an account: the path in the ARN is no part of its name.
pub(super) fn aws_role(arn: &str) -> Option<Identity> {
    let parsed = Arn::parse(arn)?;
    parsed.resource.strip_prefix("role/")?;
    let account = Text::from(parsed.account);
    let object = ObjectRef::new("AWS::IAM::Role", account.clone(), parsed.resource_name());
    Some((account, object))
}

fn google(member: &gcp::Member) -> Identity {
    (Text::default(), gcp::principal(member))
}

fn entra_principal(id: &Text) -> Identity {
    (Text::default(), entra::principal(id))
}

/// Every hop that the records show, in whole or in part.
pub(super) fn links(
    estate: &Estate,
    iam: &gcp::Iam<'_>,
    directory: &entra::Directory<'_>,
) -> Vec<Link> {
    let accounts = Accounts::read(estate);
    let trusts = trust::Trusts::read(estate);
    let issuers = Issuers::known(&accounts, &trusts);
    let mut links = aws::links(&accounts, &trusts, &issuers);
    links.extend(google::links(estate, &accounts, &trusts, &issuers, iam));
    links.extend(azure::links(estate, &accounts, &issuers, directory, iam));
    let federated: BTreeSet<&Identity> =
        links.iter().filter(|link| !link.is_derived).map(|link| &link.from).collect();
    let fallback = node::links(estate, &trusts, iam, &federated);
    links.extend(fallback);
    links
}

/// Adds the agents' own identities and every hop between identities.
pub(super) fn add(
    estate: &Estate,
    agents: &[Agent],
    iam: &gcp::Iam<'_>,
    directory: &entra::Directory<'_>,
    authority: &mut Authority,
) {
    acting::add(estate, agents, directory, authority);
    let mut placed = BTreeMap::new();
    for link in links(estate, iam, directory) {
        let [from, to] = [&link.from, &link.to].map(|identity| {
            *placed
                .entry(identity.clone())
                .or_insert_with(|| authority.principal(&identity.0, identity.1.clone()))
        });
        let edge = match link.is_derived {
            true => Edge::derived(link.attachment, link.rule, link.through),
            false => Edge {
                passes: Passes::Held,
                through: link.through,
                ..Edge::held(link.attachment, link.rule)
            },
        };
        let is_chain = edge.attachment == Attachment::RoleChain;
        let bounds = Arc::new(Bounds { depends_on: link.missing, ..Bounds::default() });
        let edge = edge.bounded(bounds);
        match is_chain {
            // The account's own records show the step as well, without what asks for it.
            true => authority.give_instead(from, to, edge),
            false => authority.give(from, to, edge),
        }
    }
}
