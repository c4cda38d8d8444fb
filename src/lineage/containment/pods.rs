//! The tokens of the agent's pods: those that were seen in use, and those of pods that are configured.

use std::collections::BTreeSet;

use super::Question;
use super::configured::standing;
use super::credentials::{Known, own_account, service_account};
use super::found::{Found, Holdings, Through, facts};
use super::trail::{Use, stronger};
use crate::domain::configured::Configured;
use crate::domain::containment::{Access, AccessKind, Expiry};
use crate::domain::{AgentKey, Attribution, HopState, ObjectRef, Text};

/// The tokens of one pod are revoked together.
pub(super) fn add_used(
    question: &Question<'_>,
    pod: &Text,
    tokens: &[(Text, Known<'_>)],
    holdings: &mut Holdings,
) {
    let uses: Vec<&Use> = tokens.iter().filter_map(|(id, _)| question.trail.uses.get(id)).collect();
    let last_used = uses.iter().map(|used| used.last).max();
    let host = question.subject.agent.host();
    let state = tokens.iter().map(|(_, known)| Some(known.state.clone())).fold(None, stronger);
    let is_there = question.estate.records().any(|record| {
        matches!(&record.body, Configured::Workload(workload)
            if workload.kind == "Pod" && workload.meta.name == *pod && record.realm == host.realm)
    });
    let is_listed = question.estate.snapshots().iter().any(|snapshot| {
        snapshot.complete
            && snapshot.object_kind == "Pod"
            && snapshot.realm == host.realm
            && snapshot.namespace.as_ref().is_none_or(|namespace| *namespace == host.space)
            && snapshot.at.is_none_or(|at| last_used.is_none_or(|last| last <= at))
    });
    if !is_there && is_listed {
        let because = "its pod is not in a complete list of pods";
        return holdings.ended(AccessKind::PodToken, because, last_used);
    }
    let shown = if is_there {
        "the pod is configured"
    } else {
        "whether the pod is still there is not recorded"
    };
    let events: u64 = uses.iter().map(|used| used.count).sum();
    let account = uses.iter().filter_map(|used| used.principal.as_ref()).min().cloned();
    let name = account.as_ref().and_then(service_account).map(|(_, name)| Text::from(name));
    let object = name
        .as_ref()
        .map(|name| ObjectRef::new("ServiceAccount", host.space.clone(), name.clone()));
    holdings.live.push(Found {
        access: Access {
            kind: AccessKind::PodToken,
            id: pod.clone(),
            realm: host.realm.clone(),
            holder: question.subject.agent.clone(),
            since: uses.iter().map(|used| used.first).min(),
            last_used,
            expiry: Expiry::WithItsObject,
            known: state.unwrap_or(HopState::Asserted),
            because: format!("{} token ids used {events} times; {shown}", tokens.len()),
            issued_by: None,
            object,
        },
        facts: facts([
            ("pod", Some(pod)),
            ("namespace", Some(&host.space)),
            ("account", name.as_ref()),
        ]),
        through: account.map_or(Through::Untold, |name| Through::Principals(vec![name])),
    });
}

/// Pods that are configured and of which no token was seen in use.
pub(super) fn add_configured(question: &Question<'_>, holdings: &mut Holdings) {
    let host = question.subject.agent.host();
    let seen: BTreeSet<Text> = holdings
        .live
        .iter()
        .filter(|found| found.access.kind == AccessKind::PodToken)
        .map(|found| found.access.id.clone())
        .collect();
    let account = own_account(question);
    for record in question.estate.records() {
        let Configured::Workload(pod) = &record.body else { continue };
        let meta = &pod.meta;
        let key = AgentKey::new(record.realm.clone(), meta.namespace.clone(), meta.name.clone());
        let is_own = pod.kind == "Pod" && question.estate.canonical(&key) == host;
        let mounts = pod.mounts_token != Some(false);
        if !is_own || !mounts || seen.contains(&meta.name) {
            continue;
        }
        let because = "the pod is configured and mounts a token; no use of it is recorded";
        let mut access = standing(question, AccessKind::PodToken, &meta.name, because.to_owned());
        access.since = record.provisioning.granted_at;
        access.expiry = Expiry::WithItsObject;
        access.object = account.as_ref().map(|(name, _)| {
            ObjectRef::new("ServiceAccount", meta.namespace.clone(), name.clone())
        });
        holdings.live.push(Found {
            access,
            facts: facts([("pod", Some(&meta.name)), ("namespace", Some(&meta.namespace))]),
            through: account
                .as_ref()
                .map_or(Through::Untold, |(_, user)| Through::Principals(vec![user.clone()])),
        });
    }
}
