//! As whom agents act: the service account of the workload, and the principals that a declaration, a
//! passport or the record itself names.

use petgraph::graph::NodeIndex;

use super::gcp::Member;
use super::{Identity, aws_role, entra, entra_principal, google, service_account};
use crate::domain::{Agent, Attachment, Principal, Text};
use crate::scope::Estate;
use crate::scope::authority::{Authority, Edge};
use crate::scope::delegation::passports;

pub(super) fn add(
    estate: &Estate,
    agents: &[Agent],
    directory: &entra::Directory<'_>,
    authority: &mut Authority,
) {
    for agent in agents {
        let node = authority.agent(&agent.key);
        let host = agent.key.host();
        let on_host = authority.agent(&host);
        match estate.service_account(&host) {
            Some(account) => {
                let account = service_account(&host.realm, &host.space, account);
                give(on_host, account, "runs as", authority);
            }
            None => {
                for role in agent.principals.iter().filter_map(cloud_role) {
                    give(node, role, "was seen to act as", authority);
                }
            }
        }
        let declared = estate.own_declaration(&agent.key);
        for name in declared.iter().filter_map(|(declaration, _)| declaration.principal.as_ref()) {
            for identity in identities(&agent.key.realm, name, directory) {
                give(node, identity, "is declared to act as", authority);
            }
        }
    }
    for (key, passport, _) in passports(estate) {
        let Some(subject) = &passport.subject else { continue };
        let node = authority.agent(&key);
        for identity in identities(&key.realm, subject, directory) {
            give(node, identity, "has a passport for", authority);
        }
    }
}

fn give(from: NodeIndex, to: Identity, rule: &'static str, authority: &mut Authority) {
    let to = authority.principal(&to.0, to.1);
    authority.implied(to);
    if !authority.gives(from, to) {
        authority.give(from, to, Edge::held(Attachment::Own, rule));
    }
}

fn cloud_role(principal: &Principal) -> Option<Identity> {
    match principal {
        Principal::CloudRole { arn } => aws_role(arn.raw()),
        _ => None,
    }
}

/// The principals that a name may mean, in the spelling of each platform.
pub(super) fn identities(
    realm: &Text,
    name: &Text,
    directory: &entra::Directory<'_>,
) -> Vec<Identity> {
    let raw = name.raw();
    let in_cluster = |namespace: &str, account: &str| {
        vec![service_account(realm, &namespace.into(), &account.into())]
    };
    if let Some((namespace, account)) =
        raw.strip_prefix("system:serviceaccount:").and_then(|rest| rest.split_once(':'))
    {
        return in_cluster(namespace, account);
    }
    // SPIFFE ids as meshes issue them: spiffe://DOMAIN/ns/NAMESPACE/sa/NAME.
    if let Some((_, path)) = raw.strip_prefix("spiffe://").and_then(|rest| rest.split_once("/ns/"))
    {
        return path.split_once("/sa/").map_or_else(Vec::new, |(ns, name)| in_cluster(ns, name));
    }
    if let Some(role) = aws_role(raw) {
        return vec![role];
    }
    if raw.ends_with("gserviceaccount.com") {
        let email = raw.strip_prefix("serviceAccount:").unwrap_or(raw);
        return vec![google(&Member::ServiceAccount(email.into()))];
    }
    match directory.knows(name) {
        true => vec![entra_principal(name)],
        false => directory.with_client_id(name).into_iter().map(entra_principal).collect(),
    }
}
