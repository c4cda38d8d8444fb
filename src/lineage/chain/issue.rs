//! Calls that gave out a credential: what a later use of it is joined to.

use jiff::Timestamp;
use rustc_hash::FxHashMap;

use super::actor::{Actor, Params, Platform, is_token_request};
use crate::domain::{Event, EventId, EventKind, Outcome, Text};

/// Different callers that are kept of one credential. An id has one; placeholders have many.
const MOST: usize = 8;

/// How a credential was come by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum How {
    /// One identity took on another.
    Assumed,
    /// In exchange for a token of another issuer.
    WebIdentity,
    /// In exchange for an assertion of a directory.
    Directory,
    /// By EKS, for the pod on whose node its agent asked.
    PodIdentity,
    /// A temporary credential of the same identity.
    Renewed,
    /// A token of a Kubernetes service account.
    TokenRequest,
    /// A token that says itself whose it is and for whom.
    Token,
}

/// By the beginning of the action (AWS STS, EKS Auth, IAM Roles Anywhere and SSO API references).
const HOW: &[(&str, How)] = &[
    ("eks-auth:AssumeRoleForPodIdentity", How::PodIdentity),
    ("sts:AssumeRoleWithWebIdentity", How::WebIdentity),
    ("sts:AssumeRoleWithSAML", How::Directory),
    ("sso:GetRoleCredentials", How::Directory),
    ("sts:GetSessionToken", How::Renewed),
    ("sts:", How::Assumed),
    ("rolesanywhere:", How::Assumed),
    ("entra:SignIn", How::Renewed),
    ("token", How::Token),
];

/// A service account that stands behind a session.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Subject {
    pub cluster: Option<Text>,
    pub namespace: Text,
    pub account: Text,
    pub pod: Option<Text>,
    /// Tags say so, which whoever assumes the role sets; otherwise the service that issued it does.
    pub by_tags: bool,
}

/// One credential given out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Issue {
    pub how: How,
    pub caller: Actor,
    /// The identity that came with it.
    pub given: Option<Text>,
    pub source_identity: Option<Text>,
    pub subject: Option<Subject>,
    pub shown_by: (Timestamp, EventId),
}

impl Issue {
    /// What a hop gives out, by the id of its credential. `None` where it was refused or names none.
    pub fn of(event: &Event, caller: &Actor, params: &Params) -> Option<(Text, Self)> {
        if event.outcome == Some(Outcome::Failure) {
            return None;
        }
        let how = how(event)?;
        let credential = params
            .text("/issuedCredentialId")
            .or_else(|| (how == How::Token).then(|| unnamed_token(event)))?;
        // An id that stands for several credentials (a placeholder of a redacted log) joins nothing.
        if how != How::Token && caller.credential.as_ref() == Some(&credential) {
            return None;
        }
        let given = match how {
            How::TokenRequest => service_account(event),
            _ => params.text("/assumedRoleArn").or_else(|| params.text("/federatedUserArn")),
        };
        let issue = Self {
            how,
            caller: caller.clone(),
            given,
            source_identity: params.text("/sourceIdentity"),
            subject: subject(params),
            shown_by: (event.time, event.id),
        };
        Some((credential, issue))
    }

    fn says_the_same(&self, other: &Self) -> bool {
        let Self { shown_by, .. } = other;
        *other == Self { shown_by: *shown_by, ..self.clone() }
    }
}

/// The caller of a hop under the name that the issuer checked.
pub(super) fn caller(event: &Event, actor: Actor, params: &Params) -> Actor {
    let vouched = |platform, principal: Option<Text>| Actor {
        platform,
        principal: principal.unwrap_or_else(|| actor.principal.clone()),
        realm: Text::default(),
        credential: None,
        ..actor.clone()
    };
    match how(event) {
        Some(How::WebIdentity) => {
            vouched(Platform::WebIdentity, params.text("/webIdentitySubject"))
        }
        Some(How::Directory) => vouched(Platform::Directory, params.text("/samlSubject")),
        Some(How::Token) => {
            let own = params.text("/issuedCredentialId").unwrap_or_else(|| unnamed_token(event));
            Actor { credential: Some(own), ..actor }
        }
        _ => actor,
    }
}

fn how(event: &Event) -> Option<How> {
    if is_token_request(event) {
        return Some(How::TokenRequest);
    }
    if event.kind != EventKind::IdentityHop {
        return None;
    }
    let action = event.action.as_ref()?.raw();
    HOW.iter().find(|(begins, _)| action.starts_with(begins)).map(|(_, how)| *how)
}

/// What a token without an id is called here.
fn unnamed_token(event: &Event) -> Text {
    format!("token {}", event.id).into()
}

/// The user name of the account whose token was asked for.
fn service_account(event: &Event) -> Option<Text> {
    let (namespace, name) = event.target.as_ref()?.raw().split_once('/')?;
    Some(format!("system:serviceaccount:{namespace}:{name}").into())
}

/// The service account that the answer of EKS names, or the session tags of EKS Pod Identity (Amazon
/// EKS user guide, "Grant Pods access to AWS resources based on tags").
fn subject(params: &Params) -> Option<Subject> {
    let tag = |name: &str| params.text(&format!("/sessionTags/{name}"));
    let pod = tag("kubernetes-pod-name");
    let cluster = params.text("/clusterName").or_else(|| tag("eks-cluster-name"));
    let answered = params.text("/namespace").zip(params.text("/serviceAccount"));
    let by_tags = answered.is_none();
    let (namespace, account) =
        answered.or_else(|| tag("kubernetes-namespace").zip(tag("kubernetes-service-account")))?;
    Some(Subject { cluster, namespace, account, pod, by_tags })
}

/// Who was given which credential.
#[derive(Debug, Default)]
pub(super) struct Issues(FxHashMap<Text, Vec<Issue>>);

impl Issues {
    pub fn add(&mut self, credential: Text, issue: Issue) {
        let known = self.0.entry(credential).or_default();
        match known.iter_mut().find(|known| known.says_the_same(&issue)) {
            Some(known) => known.shown_by = known.shown_by.min(issue.shown_by),
            None => {
                known.push(issue);
                known.sort_unstable();
                known.truncate(MOST);
            }
        }
    }

    pub fn of(&self, credential: &Text) -> &[Issue] {
        self.0.get(credential).map_or(&[], Vec::as_slice)
    }
}
