//! What events tell of credentials and sessions up to an instant: one pass, in any order, a row for
//! each credential and session and none for each event.

use jiff::{SignedDuration, Timestamp};
use rustc_hash::FxHashMap;
use serde_json::Value;

use super::expiry;
use super::subject::{Claim, Subject};
use crate::domain::configured::Configured;
use crate::domain::configured::cloud::Aws;
use crate::domain::{Event, EventKind, HopState, Outcome, Text};
use crate::scope::Estate;

/// The records of credentials and sessions.
pub struct Trail<'a> {
    estate: &'a Estate,
    subject: &'a Subject,
    at: Timestamp,
    pub(super) uses: FxHashMap<Text, Use>,
    pub(super) issues: Vec<Issue>,
    pub(super) sessions: FxHashMap<Text, Session>,
    pub(super) has_hops: bool,
    meant: FxHashMap<Claim, Option<HopState>>,
}

/// The uses of one credential.
#[derive(Clone, Debug)]
pub(super) struct Use {
    pub first: Timestamp,
    pub last: Timestamp,
    pub count: u64,
    pub source: Text,
    pub account: Option<Text>,
    pub principal: Option<Text>,
    pub pod: Option<Text>,
    /// How it is known that the subject used it; absent when nobody says so.
    pub meant: Option<HopState>,
}

/// A record that a credential was given out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Issue {
    pub time: Option<Timestamp>,
    /// The id of what was issued; some logs do not have it.
    pub issued: Option<Text>,
    pub expiry: Option<Timestamp>,
    /// The credential that it was asked for with.
    pub by: Option<Text>,
    pub principal: Option<Text>,
    /// The identity that was given: a role, an account, an audience.
    pub becomes: Option<Text>,
    pub account: Option<Text>,
    pub source: Text,
    pub pod: Option<Text>,
    /// To whom: the service account whose token was exchanged, or the principal itself.
    pub to: Claims,
}

/// The identities that a record of an issue names as the receiver.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Claims(pub Vec<(Text, Text, Option<Text>)>);

/// A conversation, transcript or MCP session of the subject.
#[derive(Clone, Debug)]
pub(super) struct Session {
    pub first: Timestamp,
    pub last: Timestamp,
    pub events: u64,
    pub is_mcp: bool,
    /// The latest end that is recorded of a run in it; it may lie after the instant.
    pub ended: Option<Timestamp>,
    /// The server of an MCP session.
    pub server: Option<Text>,
}

impl<'a> Trail<'a> {
    pub fn new(estate: &'a Estate, subject: &'a Subject, at: Timestamp) -> Self {
        let mut trail = Self {
            estate,
            subject,
            at,
            uses: FxHashMap::default(),
            issues: Vec::new(),
            sessions: FxHashMap::default(),
            has_hops: false,
            meant: FxHashMap::default(),
        };
        trail.add_sessions_of_records();
        trail
    }

    /// Sessions that were kept as STS handed them out.
    fn add_sessions_of_records(&mut self) {
        for record in self.estate.records() {
            let Configured::Aws(Aws::Session(session)) = &record.body else { continue };
            let to = session.subject.iter();
            let to = to.map(|subject| (record.realm.clone(), subject.clone(), None)).collect();
            self.issues.push(Issue {
                time: record.at,
                issued: session.credential_id.clone(),
                expiry: session.expires,
                by: None,
                principal: None,
                becomes: Some(session.arn.clone()),
                account: Some(record.realm.clone()),
                source: "aws-sts".into(),
                pod: None,
                to: Claims(to),
            });
        }
    }

    /// Events after the instant are not known yet.
    pub fn observe(&mut self, event: &Event) {
        if event.time > self.at || event.time == Timestamp::UNIX_EPOCH {
            return;
        }
        if let Some(credential) = &event.credential_id {
            self.add_use(credential, event);
        }
        if event.kind == EventKind::IdentityHop {
            self.has_hops = true;
        }
        if event.outcome != Some(Outcome::Failure) {
            self.issues.extend(issue(event));
        }
        if let Some(session) = &event.session
            && event.kind != EventKind::IdentityHop
            && self.subject.is_actor(self.estate, event)
        {
            self.add_session(session, event);
        }
    }

    fn add_use(&mut self, credential: &Text, event: &Event) {
        let meant = self.is_meant(Claim::of(event));
        let used = self.uses.entry(credential.clone()).or_insert_with(|| Use {
            first: event.time,
            last: event.time,
            count: 0,
            source: event.source.clone(),
            account: event.account.clone(),
            principal: event.principal.clone(),
            pod: event.instance.clone(),
            meant: None,
        });
        used.first = used.first.min(event.time);
        used.last = used.last.max(event.time);
        used.count += 1;
        if event.source < used.source {
            used.source.clone_from(&event.source);
        }
        smallest(&mut used.account, event.account.as_ref());
        smallest(&mut used.principal, event.principal.as_ref());
        smallest(&mut used.pod, event.instance.as_ref());
        used.meant = stronger(used.meant.take(), meant);
    }

    fn add_session(&mut self, id: &Text, event: &Event) {
        let session = self.sessions.entry(id.clone()).or_insert(Session {
            first: event.time,
            last: event.time,
            events: 0,
            is_mcp: false,
            ended: None,
            server: None,
        });
        session.first = session.first.min(event.time);
        session.last = session.last.max(event.time);
        session.events += 1;
        session.is_mcp |= event.source == "mcp";
        if let (EventKind::AgentInvoke, Some(lasted)) = (event.kind, event.duration) {
            let end = event.time.saturating_add(SignedDuration::from_nanos(lasted.max(0)));
            session.ended = session.ended.max(end.ok());
        }
        if event.kind == EventKind::ToolCall {
            smallest(&mut session.server, event.target.as_ref());
        }
    }

    /// How it is known that a claim is of the subject, looked up once.
    fn is_meant(&mut self, claim: Claim) -> Option<HopState> {
        if let Some(known) = self.meant.get(&claim) {
            return known.clone();
        }
        let state = self.subject.is_meant(self.estate, &claim);
        self.meant.insert(claim, state.clone());
        state
    }
}

/// The stronger of two states. Where both are alike and yet differ, one of them by its words, so that
/// the order of events does not matter.
pub(super) fn stronger(one: Option<HopState>, other: Option<HopState>) -> Option<HopState> {
    let rank = |state: &HopState| (state.strength(), std::cmp::Reverse(format!("{state:?}")));
    match (one, other) {
        (Some(one), Some(other)) if one == other => Some(one),
        (Some(one), Some(other)) => Some(if rank(&one) >= rank(&other) { one } else { other }),
        (one, other) => one.or(other),
    }
}

fn smallest(kept: &mut Option<Text>, other: Option<&Text>) {
    if let Some(other) = other
        && kept.as_ref().is_none_or(|kept| other < kept)
    {
        *kept = Some(other.clone());
    }
}

/// Reads what an event says was issued. Parameters are only read where there can be any of it.
fn issue(event: &Event) -> Option<Issue> {
    let params = event.params.as_ref().map_or("", Text::raw);
    let names_one = params.contains("issuedCredentialId");
    let is_google = event.kind == EventKind::IdentityHop && event.source == "gcp-audit";
    if !names_one && !is_google {
        return None;
    }
    let params: Value = serde_json::from_str(params).unwrap_or_default();
    let word = |name: &str| params.get(name).and_then(Value::as_str).map(Text::new);
    let expiry = ["expiration", "expires"].into_iter().find_map(word);
    let realm = event.account.clone().unwrap_or_default();
    let pod = params.pointer("/sessionTags/kubernetes-pod-name").and_then(Value::as_str);
    let pod = pod.map(Text::new).or_else(|| event.instance.clone());
    let account = |namespace: Text, name: Text| {
        Text::from(format!("system:serviceaccount:{}:{}", namespace.raw(), name.raw()))
    };
    // The cluster has another name than the account of the cloud that tells of it.
    let mut to: Vec<(Text, Text, Option<Text>)> = Vec::new();
    if let Some(subject) = word("webIdentitySubject") {
        to.push((Text::default(), subject, pod.clone()));
    }
    if let (Some(namespace), Some(name)) = (word("namespace"), word("serviceAccount")) {
        to.push((Text::default(), account(namespace, name), pod.clone()));
    }
    // A token that is asked for is that of the account it is asked of, not of whoever asks.
    let is_request = event.kind == EventKind::K8sApi;
    // What a kubelet asks for is bound to a pod of its node, and shows with that pod once it is used.
    if is_request && event.principal.as_ref()?.raw().starts_with("system:node:") {
        return None;
    }
    if is_request && let Some((namespace, name)) = event.target.as_ref()?.raw().split_once('/') {
        to.push((realm.clone(), account(namespace.into(), name.into()), None));
    }
    if let (Some(principal), false) = (&event.principal, is_request) {
        to.push((realm.clone(), principal.clone(), event.instance.clone()));
    }
    let becomes =
        word("assumedRoleArn").or_else(|| word("roleArn")).or_else(|| event.target.clone());
    Some(Issue {
        time: Some(event.time),
        issued: word("issuedCredentialId"),
        expiry: expiry.and_then(|expiry| expiry::parse(expiry.raw())),
        by: event.credential_id.clone(),
        principal: event.principal.clone(),
        becomes,
        account: event.account.clone(),
        source: event.source.clone(),
        pod,
        to: Claims(to),
    })
}
