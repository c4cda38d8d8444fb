//! Service accounts and Google accounts that become identities of Microsoft Entra (Azure Workload
//! Identity, "Service account labels and annotations"; Entra, "Workload identity federation").

use std::collections::BTreeMap;

use super::account::{AccountKey, Accounts, identity, subject};
use super::issuers::{Issuers, without_scheme};
use super::{Identity, Link, entra, entra_principal, gcp, google};
use crate::domain::configured::WorkloadFederation;
use crate::domain::configured::cloud::azure::FederatedCredential;
use crate::domain::configured::{Configured, Workload};
use crate::domain::{ObjectRef, Text};
use crate::scope::Estate;

/// The audience of tokens that Entra exchanges.
const AUDIENCE: &str = "api://AzureADTokenExchange";

/// The label of pods into which the webhook mounts such a token.
const LABEL: (&str, &str) = ("azure.workload.identity/use", "true");

const GOOGLE: &str = "accounts.google.com";

type Credentials<'a> = BTreeMap<&'a Text, Vec<&'a FederatedCredential>>;

pub(super) fn links(
    estate: &Estate,
    accounts: &Accounts<'_>,
    issuers: &Issuers,
    directory: &entra::Directory<'_>,
    iam: &gcp::Iam<'_>,
) -> Vec<Link> {
    let mut by_subject = Credentials::new();
    for (_, credential) in &directory.credentials {
        let takes = credential.audiences.is_empty()
            || credential.audiences.iter().any(|audience| *audience == AUDIENCE);
        if let (Some(subject), true) = (&credential.subject, takes) {
            by_subject.entry(subject).or_default().push(credential);
        }
    }
    let asking = accounts.asking(WorkloadFederation::AzureWorkloadIdentity);
    let annotated = asking
        .flat_map(|(key, _, client)| asked(estate, key, client, &by_subject, issuers, directory));
    annotated.chain(from_google(&by_subject, iam)).collect()
}

/// The annotation asks for a client id, a credential of it lets the account.
fn asked(
    estate: &Estate,
    key: &AccountKey,
    client: &Text,
    credentials: &Credentials<'_>,
    issuers: &Issuers,
    directory: &entra::Directory<'_>,
) -> Vec<Link> {
    const RULE: &str = "annotated with the client id, whose credential takes the account's tokens";
    let subject = Text::from(subject(key));
    let letting = credentials.get(&subject).map_or(&[][..], Vec::as_slice);
    let shown = client.visible();
    let mut missing: Vec<Text> = match letting {
        [] => vec![format!("a federated credential of {shown} for {}", subject.visible()).into()],
        // A credential names its managed identity by resource id, or its application not at all.
        [one] => vec![format!("the credential {} belongs to {shown}", one.name.visible()).into()],
        _ => vec![
            format!("one of the credentials for {} belongs to {shown}", subject.visible()).into(),
        ],
    };
    if let [one] = letting {
        missing.extend(issuers.doubt(&key.0, one.issuer.raw()));
    }
    if !is_labelled(estate, key) {
        missing.push(format!("its pods carry the label {}", LABEL.0).into());
    }
    let through: Vec<ObjectRef> = letting.iter().map(|one| object(one)).collect();
    let principals: Vec<Identity> = match directory.with_client_id(client).as_slice() {
        [] => vec![(Text::default(), ObjectRef::new("Entra application", "", client.clone()))],
        ids => ids.iter().map(|id| entra_principal(id)).collect(),
    };
    let link = |to| Link::federated(identity(key), to, RULE);
    principals
        .into_iter()
        .map(|to| link(to).through(through.clone()).missing(missing.clone()))
        .collect()
}

/// Whether some workload of the account carries the label, as far as workloads are loaded.
fn is_labelled(estate: &Estate, (realm, namespace, name): &AccountKey) -> bool {
    let holders = estate.holders(realm, namespace, name);
    let workloads = holders.iter().filter_map(|key| match &estate.workload(key)?.body {
        Configured::Workload(workload) => Some(workload),
        _ => None,
    });
    let has_label = |workload: &Workload| {
        workload.pod_labels.iter().any(|(key, value)| *key == LABEL.0 && *value == LABEL.1)
    };
    workloads.into_iter().any(has_label)
}

/// A Google account presents the token that Google issues for its unique id.
fn from_google(credentials: &Credentials<'_>, iam: &gcp::Iam<'_>) -> Vec<Link> {
    const RULE: &str = "a credential takes the tokens that Google issues for the account";
    let with_id = iam.accounts().into_iter().filter_map(|email| {
        let id = iam.account(email)?.1.id.as_ref()?;
        Some((email, credentials.get(id)?))
    });
    with_id
        .flat_map(|(email, credentials)| credentials.iter().map(move |one| (email, *one)))
        .filter(|(_, credential)| without_scheme(credential.issuer.raw()) == GOOGLE)
        .map(|(email, credential)| {
            let from = google(&gcp::Member::ServiceAccount(email.clone()));
            // The object id of the owner is in no record of the credential.
            let owner = credential.identity.as_ref().unwrap_or(&credential.id);
            let to =
                (Text::default(), ObjectRef::new("owner of the credential", "", owner.clone()));
            Link::federated(from, to, RULE).through([object(credential)])
        })
        .collect()
}

fn object(credential: &FederatedCredential) -> ObjectRef {
    ObjectRef::new("federatedIdentityCredential", "", credential.id.clone())
}
