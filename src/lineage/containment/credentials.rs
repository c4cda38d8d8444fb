//! Whose the credentials on record are, and which of them have not ended: those that the agent was
//! seen to use or was given, and whatever was got with one of these.

use std::collections::{BTreeMap, VecDeque};

use jiff::{SignedDuration, Timestamp};
use rustc_hash::FxHashMap;

use super::expiry::longest;
use super::found::{Facts, Found, Holdings, Through, facts};
use super::subject::{Claim, assumed_role, user};
use super::trail::{Issue, Session, Use, stronger};
use super::{Question, pods};
use crate::domain::containment::{Access, AccessKind, Expiry};
use crate::domain::{HopState, ObjectRef, Text};

/// A conversation that rested longer than this is taken to be over when no end is recorded.
const RESTS: SignedDuration = SignedDuration::from_hours(24);

/// How a credential is known to be the agent's.
#[derive(Clone)]
pub(super) struct Known<'a> {
    pub state: HopState,
    pub issue: Option<&'a Issue>,
}

pub(super) fn add(question: &Question<'_>, holdings: &mut Holdings) {
    let mut pods: BTreeMap<Text, Vec<(Text, Known<'_>)>> = BTreeMap::new();
    for (id, known) in known(question) {
        let used = question.trail.uses.get(&id);
        let kind = kind(&id, used, known.issue);
        let pod = used.and_then(|used| used.pod.clone());
        match (kind, pod.or_else(|| known.issue.and_then(|issue| issue.pod.clone()))) {
            (AccessKind::PodToken, Some(pod)) => pods.entry(pod).or_default().push((id, known)),
            (kind, _) => add_credential(question, (kind, id), used, &known, holdings),
        }
    }
    for (pod, tokens) in pods {
        pods::add_used(question, &pod, &tokens, holdings);
    }
    add_google_tokens(question, holdings);
    for (id, session) in sorted(&question.trail.sessions) {
        add_session(question, id, session, holdings);
    }
    if !question.trail.has_hops {
        holdings.unknown.push(
            "No record of credentials being issued is loaded: what was got from a token, role or key \
             outside these records is not listed."
                .to_owned(),
        );
    }
    let unsaid = holdings.live.iter().filter(|found| found.access.expiry == Expiry::NotRecorded);
    let unsaid = unsaid.count();
    if unsaid > 0 {
        holdings.unknown.push(format!(
            "When {unsaid} of these end is not recorded; they are listed until the longest life of \
             their kind is over."
        ));
    }
}

fn sorted<V>(map: &FxHashMap<Text, V>) -> BTreeMap<&Text, &V> {
    map.iter().collect()
}

/// Every credential of the agent: used by it, given to it, or got with one of these.
fn known<'q>(question: &Question<'q>) -> BTreeMap<Text, Known<'q>> {
    let trail = question.trail;
    let mut issues: Vec<&Issue> = trail.issues.iter().collect();
    issues.sort_unstable();
    issues.dedup();
    let mut by: FxHashMap<&Text, Vec<&Issue>> = FxHashMap::default();
    let mut of: BTreeMap<&Text, &Issue> = BTreeMap::new();
    for issue in issues.iter().filter(|issue| issue.issued.is_some()) {
        if let Some(issuer) = &issue.by {
            by.entry(issuer).or_default().push(issue);
        }
        if let Some(issued) = &issue.issued {
            of.entry(issued).or_insert(issue);
        }
    }
    let mut known: BTreeMap<Text, Known<'q>> = BTreeMap::new();
    for (id, used) in &trail.uses {
        if let Some(state) = &used.meant {
            let known_by = Known { state: state.clone(), issue: of.get(id).copied() };
            known.insert(id.clone(), known_by);
        }
    }
    for issue in &issues {
        if let (Some(id), Some(state)) = (&issue.issued, given(question, issue)) {
            let entry = known.entry(id.clone());
            let entry = entry.or_insert(Known { state: state.clone(), issue: Some(issue) });
            if let Some(better) = stronger(Some(entry.state.clone()), Some(state)) {
                entry.state = better;
            }
        }
    }
    let mut queue: VecDeque<Text> = known.keys().cloned().collect();
    while let Some(id) = queue.pop_front() {
        let Some(state) = known.get(&id).map(|known| known.state.clone()) else { continue };
        for issue in by.get(&id).into_iter().flatten() {
            if let Some(issued) = &issue.issued
                && !known.contains_key(issued)
            {
                known.insert(issued.clone(), Known { state: state.clone(), issue: Some(issue) });
                queue.push_back(issued.clone());
            }
        }
    }
    known
}

/// How it is known that something was given to the subject.
fn given(question: &Question<'_>, issue: &Issue) -> Option<HopState> {
    let states = issue.to.0.iter().filter_map(|(realm, principal, pod)| {
        let claim = Claim {
            agent: None,
            realm: realm.clone(),
            principal: Some(principal.clone()),
            pod: pod.clone(),
        };
        question.subject.is_meant(question.estate, &claim)
    });
    // What a token says of itself nobody has checked.
    let is_self_told = issue.source == "delegation-token";
    let state = states.map(Some).fold(None, stronger)?;
    Some(match (is_self_told, state) {
        (true, HopState::Verified) => HopState::Asserted,
        (_, state) => state,
    })
}

/// The kind of a credential, by its id and by what tells of it: access key ids begin with their kind
/// (IAM User Guide, "IAM identifiers"), the API server writes token ids as `JTI=`.
fn kind(id: &Text, used: Option<&Use>, issue: Option<&Issue>) -> AccessKind {
    let has_pod = used.is_some_and(|used| used.pod.is_some())
        || issue.is_some_and(|issue| issue.pod.is_some());
    let source =
        issue.map_or_else(|| used.map_or("", |used| used.source.raw()), |issue| issue.source.raw());
    match (id.raw(), source) {
        (raw, _) if raw.starts_with("ASIA") => AccessKind::AwsSession,
        (raw, _) if raw.starts_with("AKIA") => AccessKind::AwsAccessKey,
        (raw, _) if raw.starts_with("JTI=") && has_pod => AccessKind::PodToken,
        (raw, _) if raw.starts_with("JTI=") => AccessKind::RequestedToken,
        (raw, _) if raw.contains("/serviceAccounts/") => AccessKind::GoogleKey,
        (_, "entra-sign-in") if issue.is_none() => AccessKind::EntraServicePrincipal,
        (_, "entra-sign-in" | "azure-activity") => AccessKind::EntraToken,
        (_, "delegation-token") => AccessKind::OauthToken,
        _ => AccessKind::Credential,
    }
}

fn add_credential(
    question: &Question<'_>,
    (kind, id): (AccessKind, Text),
    used: Option<&Use>,
    known: &Known<'_>,
    holdings: &mut Holdings,
) {
    let issue = known.issue;
    let since = issue.and_then(|issue| issue.time).or(used.map(|used| used.first));
    let expiry = match (issue.and_then(|issue| issue.expiry), kind) {
        (Some(time), _) => Expiry::At { time },
        (None, AccessKind::AwsAccessKey | AccessKind::GoogleKey) => Expiry::Never,
        (None, _) => Expiry::NotRecorded,
    };
    if let Some(because) = ended(question.at, kind, since, expiry) {
        return holdings.ended(kind, because.0, because.1);
    }
    let principal = used.and_then(|used| used.principal.as_ref());
    let principal = principal.or(issue.and_then(|issue| issue.principal.as_ref()));
    let becomes = issue.and_then(|issue| issue.becomes.as_ref());
    // A session acts as the role it was given, not as whoever asked for it.
    let acts_as = match kind {
        AccessKind::AwsSession => becomes.or(principal),
        _ => principal,
    };
    let account = used.and_then(|used| used.account.as_ref());
    let account = account.or(issue.and_then(|issue| issue.account.as_ref()));
    let (facts, object) = names(kind, &id, acts_as, becomes);
    let issued_by = issue.and_then(|issue| issue.by.clone()).filter(|by| *by != id);
    holdings.live.push(Found {
        access: Access {
            kind,
            realm: account.cloned().unwrap_or_default(),
            holder: question.subject.agent.clone(),
            since,
            last_used: used.map(|used| used.last),
            expiry,
            known: known.state.clone(),
            because: because(used, issue),
            issued_by,
            object,
            id,
        },
        facts,
        through: acts_as.map_or(Through::Untold, |name| Through::Principals(vec![name.clone()])),
    });
}

/// Why a credential is over at an instant, and since when.
fn ended(
    at: Timestamp,
    kind: AccessKind,
    since: Option<Timestamp>,
    expiry: Expiry,
) -> Option<(&'static str, Option<Timestamp>)> {
    if let Expiry::At { time } = expiry {
        return (time <= at).then_some(("it expired", Some(time)));
    }
    let end = since?.checked_add(longest(kind)?).ok()?;
    (end <= at).then_some(("the longest life of its kind is over", Some(end)))
}

fn because(used: Option<&Use>, issue: Option<&Issue>) -> String {
    let uses = used.map_or_else(
        || "no use of it is recorded".to_owned(),
        |used| format!("used {} times in {}", used.count, used.source.visible()),
    );
    match issue {
        Some(issue) => format!("its issue is recorded in {}; {uses}", issue.source.visible()),
        None => format!("{uses}; no record of its issue is loaded"),
    }
}

/// The names that its commands need, and the configured object behind it.
fn names(
    kind: AccessKind,
    id: &Text,
    acts_as: Option<&Text>,
    becomes: Option<&Text>,
) -> (Facts, Option<ObjectRef>) {
    let mut facts = facts([("id", Some(id)), ("principal", acts_as)]);
    let mut object = None;
    match kind {
        AccessKind::AwsSession => {
            if let Some((account, role)) = acts_as.and_then(assumed_role) {
                facts.insert("role", role.into());
                object = Some(ObjectRef::new("AWS role", account, role));
            }
        }
        AccessKind::AwsAccessKey => {
            if let Some(name) = acts_as.and_then(user) {
                facts.insert("user", name.into());
            }
        }
        AccessKind::RequestedToken => {
            let account = acts_as.filter(|name| name.raw().starts_with(SERVICE_ACCOUNT));
            if let Some((namespace, name)) = account.or(becomes).and_then(service_account) {
                object = Some(ObjectRef::new("ServiceAccount", namespace, name));
                facts.insert("namespace", namespace.into());
                facts.insert("account", name.into());
            }
        }
        AccessKind::GoogleKey => {
            let mut parts = id.raw().rsplit('/');
            if let (Some(key), Some("keys"), Some(email)) =
                (parts.next(), parts.next(), parts.next())
            {
                facts.insert("key", key.into());
                facts.insert("email", email.into());
            }
        }
        _ => {}
    }
    (facts, object)
}

const SERVICE_ACCOUNT: &str = "system:serviceaccount:";

/// Namespace and name, from a user name of the API server or from `namespace/name`.
pub(super) fn service_account(name: &Text) -> Option<(&str, &str)> {
    match name.raw().strip_prefix(SERVICE_ACCOUNT) {
        Some(rest) => rest.split_once(':'),
        None => name.raw().split_once('/'),
    }
}

/// Google's log tells that an access token was made, and not which: one for each account.
fn add_google_tokens(question: &Question<'_>, holdings: &mut Holdings) {
    let mut latest: BTreeMap<Text, (Timestamp, HopState, &Issue)> = BTreeMap::new();
    let issues = question.trail.issues.iter();
    for issue in issues.filter(|issue| issue.source == "gcp-audit" && issue.issued.is_none()) {
        let (Some(time), Some(target), Some(state)) =
            (issue.time, &issue.becomes, given(question, issue))
        else {
            continue;
        };
        let email = target.raw().rsplit('/').next().unwrap_or_default();
        let entry = latest.entry(email.into()).or_insert((time, state.clone(), issue));
        if (time, issue) > (entry.0, entry.2) {
            *entry = (time, state, issue);
        }
    }
    for (email, (time, state, issue)) in latest {
        let kind = AccessKind::GoogleToken;
        if let Some(because) = ended(question.at, kind, Some(time), Expiry::NotRecorded) {
            holdings.ended(kind, because.0, because.1);
            continue;
        }
        holdings.live.push(Found {
            access: Access {
                kind,
                id: email.clone(),
                realm: issue.account.clone().unwrap_or_default(),
                holder: question.subject.agent.clone(),
                since: Some(time),
                last_used: None,
                expiry: Expiry::NotRecorded,
                known: state,
                because:
                    "the latest token that was made for it; its uses are in the name of the account"
                        .to_owned(),
                issued_by: issue.by.clone(),
                object: None,
            },
            facts: facts([("email", Some(&email))]),
            through: Through::Principals(vec![email]),
        });
    }
}

fn add_session(question: &Question<'_>, id: &Text, session: &Session, holdings: &mut Holdings) {
    let kind = if session.is_mcp { AccessKind::McpSession } else { AccessKind::AgentSession };
    let rests = question.at.duration_since(session.last);
    let is_of_incident = question.incident_from.is_some_and(|from| session.last >= from);
    if rests > RESTS && !is_of_incident {
        return holdings.ended(kind, "nothing of it for more than 24 hours", Some(session.last));
    }
    // A conversation can be taken up again by whoever reaches the agent; that it may is no access.
    let is_over = session.ended.is_some_and(|end| session.last <= end && end <= question.at);
    if is_over && !is_of_incident {
        return holdings.ended(kind, "the end of its last run is recorded", session.ended);
    }
    let endpoint = session.server.as_ref().and_then(|server| {
        let mut servers = question.estate.mcp_servers(&question.subject.agent);
        servers.find(|(known, _)| known.server == *server).map(|(known, _)| &known.endpoint)
    });
    holdings.live.push(Found {
        access: Access {
            kind,
            id: id.clone(),
            realm: question.subject.agent.realm.clone(),
            holder: question.subject.agent.clone(),
            since: Some(session.first),
            last_used: Some(session.last),
            expiry: Expiry::NotRecorded,
            known: HopState::Asserted,
            because: match is_over {
                true => format!("{} events of the incident; its last run ended", session.events),
                false => format!("{} events name it; no end is recorded", session.events),
            },
            issued_by: None,
            object: None,
        },
        facts: facts([("id", Some(id)), ("endpoint", endpoint)]),
        through: match (&session.server, session.is_mcp) {
            (Some(server), true) => Through::Server(server.clone()),
            _ => Through::Untold,
        },
    });
}

/// What the configuration alone gives.
pub(super) fn configured_state(rule: &str, confidence: u8) -> HopState {
    HopState::Inferred { rule: rule.to_owned(), confidence }
}

/// The name of the agent's service account, and as the API server spells it.
pub(super) fn own_account(question: &Question<'_>) -> Option<(Text, Text)> {
    let host = question.subject.agent.host();
    let name = question.estate.service_account(&host)?.clone();
    let user = format!("{SERVICE_ACCOUNT}{}:{}", host.space.raw(), name.raw());
    Some((name, user.into()))
}
