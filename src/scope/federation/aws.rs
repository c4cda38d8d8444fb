//! Service accounts and Google accounts that become AWS roles.

use std::collections::{BTreeMap, BTreeSet};

use super::account::{AccountKey, Accounts, identity, subject};
use super::issuers::Issuers;
use super::trust::{Asking, Trusts, admits, open};
use super::{Identity, Link, aws_role};
use crate::domain::configured::cloud::aws::PolicyDocument;
use crate::domain::configured::{CloudIdentity, WorkloadFederation};
use crate::domain::{Attachment, ObjectRef, Permitted, Text};

/// The audience of the tokens that the webhook of EKS mounts, unless an annotation names another.
const AUDIENCE: &str = "sts.amazonaws.com";

/// The service that assumes roles for EKS Pod Identity.
const POD_IDENTITY: &str = "pods.eks.amazonaws.com";

pub(super) fn links(accounts: &Accounts<'_>, trusts: &Trusts<'_>, issuers: &Issuers) -> Vec<Link> {
    let mut links = annotated(accounts, trusts);
    let asked: BTreeSet<(Identity, Identity)> =
        links.iter().map(|link| (link.from.clone(), link.to.clone())).collect();
    links.extend(trusted(accounts, trusts, issuers, &asked));
    links.extend(
        accounts
            .associations
            .iter()
            .flat_map(|(record, association)| associated(&record.realm, association, trusts)),
    );
    links
}

/// IAM roles for service accounts: the annotation asks, the trust policy lets.
fn annotated(accounts: &Accounts<'_>, trusts: &Trusts<'_>) -> Vec<Link> {
    const RULE: &str = "annotated with the role, which trusts the account's tokens";
    let asking = accounts.asking(WorkloadFederation::AwsIrsa);
    let links = asking.filter_map(|(key, cloud, arn)| {
        let role = aws_role(arn.raw())?;
        let subject = subject(key);
        let audience = cloud.audience.as_ref().map_or(AUDIENCE, Text::raw);
        let asking = Asking::Token { issuer: None, subject: &subject, audience: Some(audience) };
        let missing = letting(&role, trusts, asking)?;
        Some(Link::federated(identity(key), role, RULE).missing(missing))
    });
    links.collect()
}

/// What is missing of the trusting side; `None` when it is loaded and refuses.
fn letting(role: &Identity, trusts: &Trusts<'_>, asking: Asking<'_>) -> Option<Vec<Text>> {
    let Some(trust) = trusts.of(role) else {
        return Some(vec![format!("the trust policy of {} lets it", role.1.visible()).into()]);
    };
    match admits(trust, asking).0 {
        Permitted::No => None,
        answer => Some(open(answer)),
    }
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
            let (answer, named) = admits(trust, token(subject));
            for key in keys.iter().filter(|_| answer.is_possible()) {
                let from = identity(key);
                if asked.contains(&(from.clone(), role.clone())) {
                    continue;
                }
                let doubts = named.iter().filter_map(|issuer| issuers.doubt(&key.0, issuer));
                let link = Link::federated(from, role.clone(), RULE).derived();
                links.push(link.missing(doubts).missing(open(answer.clone())));
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

fn token(subject: &str) -> Asking<'_> {
    Asking::Token { issuer: None, subject, audience: Some(AUDIENCE) }
}

/// EKS Pod Identity: the association asks, the trust of the service lets; a target role is assumed in
/// turn.
fn associated(realm: &Text, association: &CloudIdentity, trusts: &Trusts<'_>) -> Vec<Link> {
    let rule = match association.session_tags {
        Some(false) => "associated by Pod Identity; sessions do not name the pod",
        Some(true) => "associated by Pod Identity; sessions are tagged with the pod",
        None => "associated by Pod Identity",
    };
    let key: AccountKey =
        (realm.clone(), association.namespace.clone(), association.service_account.clone());
    let Some(arn) = &association.becomes.principal else { return Vec::new() };
    let Some(role) = aws_role(arn.raw()) else { return Vec::new() };
    let Some(missing) = letting(&role, trusts, Asking::Service(POD_IDENTITY)) else {
        return Vec::new();
    };
    let object = object(association);
    let first = Link::federated(identity(&key), role.clone(), rule).through([object.clone()]);
    let target = association.target_role.as_ref().and_then(|target| {
        let to = aws_role(target.raw())?;
        let missing = letting(&to, trusts, Asking::Role(arn.raw()))?;
        let rule = "the association names it as the role to assume in turn";
        let link = Link { attachment: Attachment::RoleChain, ..Link::federated(role, to, rule) };
        Some(link.through([object]).missing(missing))
    });
    [first.missing(missing)].into_iter().chain(target).collect()
}

fn object(association: &CloudIdentity) -> ObjectRef {
    let name = association.association.as_ref().unwrap_or(&association.service_account);
    ObjectRef::new("Pod Identity association", association.namespace.clone(), name.clone())
}
