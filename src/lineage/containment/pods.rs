//! The tokens of the agent's pods: those that were seen in use, and those of pods that are configured.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rustc_hash::FxHashSet;

use super::Question;
use super::configured::standing;
use super::credentials::{Known, own_account, service_account};
use super::found::{Found, Holdings, Through, facts};
use super::trail::{Use, stronger};
use crate::domain::configured::{Configured, Workload};
use crate::domain::containment::{Access, AccessKind, Expiry};
use crate::domain::{AgentKey, Attribution, HopState, ObjectRef, Record, Text};

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
    let is_there = configured_pods(question).any(|(configured, _)| configured.meta.name == *pod);
    if !is_there && listed_at(question) >= last_used {
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

/// When a complete list of the pods was taken, at the least. One without a time was taken after the
/// first use of any pod that it lists: not before that is known does it say that another pod is gone.
fn listed_at(question: &Question<'_>) -> Option<Timestamp> {
    let host = question.subject.agent.host();
    let lists = question.estate.snapshots().iter().filter(|snapshot| {
        snapshot.complete
            && snapshot.object_kind == "Pod"
            && snapshot.realm == host.realm
            && snapshot.namespace.as_ref().is_none_or(|namespace| *namespace == host.space)
    });
    let undated = || {
        let listed: FxHashSet<&Text> =
            configured_pods(question).map(|(pod, _)| &pod.meta.name).collect();
        let uses = question.trail.uses.values();
        let of_listed =
            uses.filter(|used| used.pod.as_ref().is_some_and(|pod| listed.contains(pod)));
        of_listed.map(|used| used.first).max()
    };
    lists.filter_map(|list| list.at.or_else(undated)).max()
}

/// The pods of the workload as they are configured.
fn configured_pods<'q>(
    question: &Question<'q>,
) -> impl Iterator<Item = (&'q Workload, &'q Record)> {
    let (estate, host) = (question.estate, question.subject.agent.host());
    estate.records().filter_map(move |record| {
        let Configured::Workload(pod) = &record.body else { return None };
        let (namespace, name) = (pod.meta.namespace.clone(), pod.meta.name.clone());
        let key = AgentKey::new(record.realm.clone(), namespace, name);
        (pod.kind == "Pod" && estate.canonical(&key) == host).then_some((pod, record))
    })
}

/// Pods that are configured and of which no token was seen in use.
pub(super) fn add_configured(question: &Question<'_>, holdings: &mut Holdings) {
    let seen: BTreeSet<Text> = holdings
        .live
        .iter()
        .filter(|found| found.access.kind == AccessKind::PodToken)
        .map(|found| found.access.id.clone())
        .collect();
    let account = own_account(question);
    for (pod, record) in configured_pods(question) {
        let meta = &pod.meta;
        if pod.mounts_token == Some(false) || seen.contains(&meta.name) {
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
