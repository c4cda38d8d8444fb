//! Service accounts and Google accounts that become AWS roles.

use std::collections::{BTreeMap, BTreeSet};

use super::account::{AccountKey, Accounts, identity, subject};
use super::issuers::Issuers;
use super::trust::Trusts;
use super::{Identity, Link, aws_role};
use crate::domain::configured::cloud::aws::PolicyDocument;
use crate::domain::configured::{CloudIdentity, WorkloadFederation};
use crate::domain::{ObjectRef, Text};
use crate::scope::cloud::aws::{Claim, admits};

/// The audience of the tokens that the webhook of EKS mounts, unless an annotation names another.
const AUDIENCE: &str = "sts.amazonaws.com";

pub(super) fn links(accounts: &Accounts<'_>, trusts: &Trusts<'_>, issuers: &Issuers) -> Vec<Link> {
    let mut links = annotated(accounts, trusts);
    let asked: BTreeSet<(Identity, Identity)> =
        links.iter().map(|link| (link.from.clone(), link.to.clone())).collect();
    links.extend(trusted(accounts, trusts, issuers, &asked));
    links.extend(associated(accounts, trusts));
    links
}

/// IAM roles for service accounts: the annotation asks, the trust policy lets.
fn annotated(accounts: &Accounts<'_>, trusts: &Trusts<'_>) -> Vec<Link> {
    const RULE: &str = "annotated with the role, which trusts the account's tokens";
    let asking = accounts.asking(WorkloadFederation::AwsIrsa);
    let links = asking.filter_map(|(key, cloud, arn)| {
        let link = Link::federated(identity(key), aws_role(arn.raw())?, RULE);
        let audience = cloud.audience.as_ref().map_or(AUDIENCE, Text::raw);
        link.let_by(trusts, token(&subject(key), audience))
    });
    links.collect()
}

/// Roles that trust accounts which do not ask for them: a pod need only mount a token for the
/// audience.
fn trusted(
    accounts: &Accounts<'_>,
    trusts: &Trusts<'_>,
    issuers: &Issuers,
    asked: &BTreeSet<(Identity, Identity)>,
) -> Vec<Link> {
    const RULE: &str = "the role trusts the account's tokens; no annotation asks for it";
    let mut by_subject: BTreeMap<String, Vec<&AccountKey>> = BTreeMap::new();
    for key in accounts.by_key.keys() {
        by_subject.entry(subject(key)).or_default().push(key);
    }
    let mut links = Vec::new();
    for (role, trusting) in trusts.roles() {
        let Some(trust) = &trusting.trust else { continue };
        for (subject, keys) in candidates(&subjects(trust), &by_subject) {
            let Some(admission) = admits(trusting, token(subject, AUDIENCE)) else { continue };
            for key in keys {
                let from = identity(key);
                if asked.contains(&(from.clone(), role.clone())) {
                    continue;
                }
                let named = admission.issuers.iter();
                let doubts = named.filter_map(|issuer| issuers.doubt(&key.0, issuer));
                let link = Link::federated(from, role.clone(), RULE).derived();
                links.push(link.missing(doubts).admitted(admission.clone()));
            }
        }
    }
    links
}

/// The subjects of cluster tokens that a trust policy speaks of. A policy that speaks of none is not
/// made for clusters.
fn subjects(trust: &PolicyDocument) -> Vec<&str> {
    let conditions = trust.statements.iter().flat_map(|statement| &statement.conditions);
    conditions
        .filter(|condition| condition.key.raw().ends_with(":sub"))
        .flat_map(|condition| condition.values.iter().map(Text::raw))
        .filter(|subject| subject.starts_with("system:serviceaccount:"))
        .collect()
}

/// The accounts worth asking for: those that are named, or all of them where a pattern is.
fn candidates<'i, 'a>(
    subjects: &[&str],
    by_subject: &'i BTreeMap<String, Vec<&'a AccountKey>>,
) -> Vec<(&'i String, &'i Vec<&'a AccountKey>)> {
    match subjects.iter().any(|subject| subject.contains(['*', '?'])) {
        true => by_subject.iter().collect(),
        false => subjects.iter().filter_map(|subject| by_subject.get_key_value(*subject)).collect(),
    }
}

/// A token of any issuer that the role trusts: which one issues those of a cluster is said apart.
fn token<'t>(subject: &'t str, audience: &'t str) -> Claim<'t> {
    Claim::WebIdentity { issuer: None, subject, audience: Some(audience) }
}

/// EKS Pod Identity: the association asks, the trust of the service lets; a target role is assumed in
/// turn, once for all associations that name it.
fn associated(accounts: &Accounts<'_>, trusts: &Trusts<'_>) -> Vec<Link> {
    let mut links = Vec::new();
    let mut in_turn: BTreeMap<(Identity, Identity), Link> = BTreeMap::new();
    for (record, association) in &accounts.associations {
        let Some(link) = first(&record.realm, association, trusts) else { continue };
        let second = second(&link.to, association, trusts);
        links.push(link);
        if let Some(second) = second {
            in_turn
                .entry((second.from.clone(), second.to.clone()))
                .and_modify(|known| known.through.insert(0, object(association)))
                .or_insert(second);
        }
    }
    links.extend(in_turn.into_values());
    links
}

fn first(realm: &Text, association: &CloudIdentity, trusts: &Trusts<'_>) -> Option<Link> {
    let rule = match association.session_tags {
        Some(false) => "associated by Pod Identity; sessions do not name the pod",
        Some(true) => "associated by Pod Identity; sessions are tagged with the pod",
        None => "associated by Pod Identity",
    };
    let CloudIdentity { namespace, service_account, .. } = association;
    let key: AccountKey = (realm.clone(), namespace.clone(), service_account.clone());
    let role = aws_role(association.becomes.principal.as_ref()?.raw())?;
    let claim = Claim::PodIdentity {
        namespace: namespace.raw(),
        service_account: service_account.raw(),
        is_tagged: association.session_tags,
    };
    let link = Link::federated(identity(&key), role, rule).through([object(association)]);
    link.let_by(trusts, claim)
}

fn second(role: &Identity, association: &CloudIdentity, trusts: &Trusts<'_>) -> Option<Link> {
    const RULE: &str = "the association names it as the role to assume in turn";
    let target = aws_role(association.target_role.as_ref()?.raw())?;
    let link = Link::federated(role.clone(), target, RULE).through([object(association)]);
    link.chained(association.becomes.principal.as_ref()?, trusts)
}

fn object(association: &CloudIdentity) -> ObjectRef {
    let name = association.association.as_ref().unwrap_or(&association.service_account);
    ObjectRef::new("Pod Identity association", association.namespace.clone(), name.clone())
}
