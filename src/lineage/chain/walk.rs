//! From an identity that acted back to where its chain begins: credential, the call that issued it, the
//! caller's credential, and so on.

use std::collections::BTreeSet;

use rustc_hash::FxHashSet;

use super::actor::{Actor, Platform};
use super::issue::{How, Issue, Issues, Subject};
use super::known::Known;
use super::name::{self, Name};
use super::step::{Step, Walked, inferred};
use crate::domain::{AgentKey, Attribution, HopState, Principal, RootKind, Text};

/// Hops of one chain; AWS lets a session of a chained role go on without a bound.
const LONGEST: usize = 32;

/// Confidence in percent that the account which is configured to become a role is the one that did.
const CONFIGURED_TO_BECOME: u8 = 60;

/// What is known when all records were read.
pub(super) struct Walk<'a> {
    pub known: &'a Known<'a>,
    pub issues: &'a Issues,
    /// Workloads, and the accounts that the audit log shows their pods using.
    pub acting: &'a FxHashSet<(AgentKey, Text)>,
    /// Accounts whose logs were read.
    pub logged: &'a BTreeSet<Text>,
}

/// One step back.
enum Back {
    /// To another identity, over the link to the present one.
    To(Box<Step>, Box<Actor>),
    /// To the same identity with an earlier credential.
    Same(Box<Actor>),
    /// The present identity is the first that its record names.
    Begins,
    /// What came before is not told, or told in several ways.
    Lost(Box<Step>),
}

impl Walk<'_> {
    /// The chains behind an identity: several when several workloads share one of its accounts.
    pub fn chains(&self, actor: &Actor) -> Vec<Walked> {
        let mut tail: Vec<Step> = Vec::new();
        let mut at = actor.clone();
        let mut used: FxHashSet<Text> = FxHashSet::default();
        let mut source = at.source_identity.clone();
        for _ in 0..LONGEST {
            match self.back(&at, &mut used) {
                Back::To(step, before) => {
                    tail.push(*step);
                    at = *before;
                }
                Back::Same(before) => at = *before,
                Back::Begins => {
                    let begun = self.begin(&at);
                    return finished(begun, tail, source.as_ref());
                }
                Back::Lost(root) => {
                    let begun = lost(&at, *root, source.as_ref());
                    return finished(vec![begun], tail, source.as_ref());
                }
            }
            match (&source, &at.source_identity) {
                (Some(one), Some(other)) if one != other => {
                    let by = format!(
                        "the session's source identity is {}, and was {} before",
                        one.visible(),
                        other.visible()
                    );
                    tail.last_mut().into_iter().for_each(|step| {
                        step.hop = HopState::Contradicted { by: by.clone() };
                    });
                }
                (None, Some(other)) => source = Some(other.clone()),
                _ => {}
            }
        }
        let root = Step::unrecorded(
            format!("the records before the last {LONGEST} hops"),
            "the chain is longer than is followed",
        );
        let begun = lost(&at, root, source.as_ref());
        finished(vec![begun], tail, source.as_ref())
    }

    fn back(&self, at: &Actor, used: &mut FxHashSet<Text>) -> Back {
        let name = Name::of(at.platform, at.principal.raw());
        if at.is_delivered() {
            return Back::Begins;
        }
        if at.platform == Platform::Unchecked && at.agent.is_some() {
            return match at.credential.as_ref().map(|id| self.issues.of(id)) {
                Some([issue]) if issue.how == How::Token => self.token(at, issue),
                _ => Back::Begins,
            };
        }
        if let Some((before, earlier)) = at.before.split_last() {
            return self.listed(at, before, earlier);
        }
        // What a token says of itself was taken from the call that issued it.
        let credential = at.credential.as_ref().filter(|_| at.platform != Platform::Token);
        let Some(credential) = credential else {
            return self.unissued(at, &name);
        };
        match self.issues.of(credential) {
            _ if !used.insert(credential.clone()) => Back::Lost(Box::new(Step::unrecorded(
                "the first of the calls that issued the credentials",
                "the calls lead back to a credential of the same chain",
            ))),
            [] => self.unissued(at, &name),
            [issue] => self.issued(at, issue),
            several => {
                let callers = several.iter().map(|issue| &issue.caller);
                let callers: BTreeSet<Principal> = callers.map(principal_of).collect();
                let because = format!("{} calls issued a credential with this id", several.len());
                Back::Lost(Box::new(one_of(callers.into_iter().collect(), because)))
            }
        }
    }

    /// Back over the one call that issued the credential.
    fn issued(&self, at: &Actor, issue: &Issue) -> Back {
        let caller = &issue.caller;
        let source_identity =
            issue.source_identity.clone().or_else(|| caller.source_identity.clone());
        match issue.how {
            How::Renewed => Back::Same(Box::new(Actor {
                credential: caller.credential.clone(),
                before: caller.before.clone(),
                source_identity,
                ..at.clone()
            })),
            How::Token => self.token(at, issue),
            // The kubelet asks for the tokens that it mounts into pods.
            How::TokenRequest if caller.principal.raw().starts_with("system:node:") => {
                Back::Same(Box::new(Actor { credential: None, ..at.clone() }))
            }
            _ => {
                let before = match &issue.subject {
                    Some(subject) => self.account(subject),
                    None => caller.clone(),
                };
                let before = Actor { source_identity, ..before };
                let (hop, because) = self.given(at, issue, &before);
                let shown_by = Some(issue.shown_by);
                let step = Step { shown_by, ..Step::to(at, hop, because) };
                Back::To(Box::new(step), Box::new(before))
            }
        }
    }

    /// How the hop over an issuing call is known.
    fn given(&self, at: &Actor, issue: &Issue, before: &Actor) -> (HopState, String) {
        let contradicted =
            |by: String, because: &str| (HopState::Contradicted { by }, because.to_owned());
        if let Some(given) = issue.given.as_ref().filter(|given| **given != at.principal) {
            let by = format!("the call that issued the credential gave {}", given.visible());
            return contradicted(by, "the credential was used as another identity");
        }
        let objection = match Name::of(before.platform, before.principal.raw()) {
            Name::ServiceAccount { namespace, account } if at.platform == Platform::Aws => {
                let realm = self.known.realm_of(&before.realm, namespace, account);
                self.known.objection(&(realm, namespace.into(), account.into()), &at.principal)
            }
            _ => None,
        };
        if let Some(objection) = objection {
            return contradicted(objection, "the cloud gave the role to this account");
        }
        let (hop, because) = match (issue.how, &issue.subject) {
            (_, Some(subject)) if subject.by_tags => (
                HopState::Asserted,
                "the tags of the session name the account; whoever took the role on set them",
            ),
            _ if self.is_outside(before, at) => {
                (HopState::Asserted, "the caller is of an account outside of one's own")
            }
            (How::PodIdentity, _) => {
                (HopState::Verified, "EKS checked the account's token and gave out the role")
            }
            (How::WebIdentity, _) => {
                (HopState::Verified, "AWS checked the signature of the token and gave out the role")
            }
            (How::TokenRequest, _) => {
                (HopState::Verified, "the API server gave a token of the account to the caller")
            }
            _ => (HopState::Verified, "AWS gave the credential to the caller, and it was used"),
        };
        (hop, because.to_owned())
    }

    /// Whether a caller is of an account that is known to be somebody else's.
    fn is_outside(&self, caller: &Actor, at: &Actor) -> bool {
        at.platform == Platform::Aws
            && caller.account().is_some_and(|account| self.known.is_foreign(account, self.logged))
    }

    fn account(&self, subject: &Subject) -> Actor {
        let Subject { namespace, account, pod, .. } = subject;
        let cluster = subject.cluster.clone().unwrap_or_default();
        let realm = self.known.realm_of(&cluster, namespace.raw(), account.raw());
        let user = format!("system:serviceaccount:{}:{}", namespace.raw(), account.raw());
        let named = Actor::named(Platform::WebIdentity, &realm, user.into());
        Actor { instance: pod.clone(), ..named }
    }

    /// Back to the one for whom the record says that it acted.
    fn listed(&self, at: &Actor, before: &Text, earlier: &[Text]) -> Back {
        let is_impersonator = at.platform == Platform::Kubernetes;
        let previous = Actor {
            principal: before.clone(),
            before: earlier.to_vec(),
            // Under impersonation the token, and the pod in it, are those of the impersonator.
            credential: at.credential.clone().filter(|_| is_impersonator),
            instance: at.instance.clone().filter(|_| is_impersonator),
            agent: None,
            passport: None,
            ..at.clone()
        };
        let step = match at.platform {
            Platform::Kubernetes => Step {
                credential: None,
                ..Step::to(at, HopState::Verified, "the API server authorised the impersonation")
            },
            Platform::Google => {
                let because = "Google Cloud recorded the delegation in its order";
                Step::to(at, HopState::Verified, because)
            }
            Platform::Entra => {
                Step::to(at, HopState::Verified, "Entra gave the token, and names for whom")
            }
            // Of the actors in a token only the current one counts; the others are for information
            // (RFC 8693 §4.1), and all are asserted.
            _ => self.claimed(at),
        };
        Back::To(Box::new(step), Box::new(previous))
    }

    /// Back over a token that says itself whose it is. Whoever was shown it and wrote of it is a second
    /// recorder of its current actor, and of nobody before.
    fn token(&self, at: &Actor, issue: &Issue) -> Back {
        let caller = &issue.caller;
        if at.principal != caller.principal {
            let by = format!("the token is of {}", caller.principal.visible());
            let hop = HopState::Contradicted { by };
            let step = Step::to(at, hop, "the token was used as another identity");
            let step = Step { shown_by: Some(issue.shown_by), ..step };
            return Back::To(Box::new(step), Box::new(caller.clone()));
        }
        let Some((before, earlier)) = caller.before.split_last() else {
            let instance = at.instance.clone().or_else(|| caller.instance.clone());
            return Back::Same(Box::new(Actor { credential: None, instance, ..at.clone() }));
        };
        let (hop, because) = at.platform.word();
        let mut step = match at.platform {
            Platform::Unchecked => {
                self.claimed(&Actor { agent: caller.agent.clone(), ..at.clone() })
            }
            _ => Step::to(at, hop, because),
        };
        let named = at.agent.as_ref().map(|agent| self.known.estate.canonical(agent).host());
        if let (Some(meant), Some(named)) = (self.agent_called(at), named)
            && meant != named
        {
            let by = format!("the record names the agent {}", named.visible());
            step.hop = HopState::Contradicted { by };
        }
        let previous = Actor {
            principal: before.clone(),
            before: earlier.to_vec(),
            credential: None,
            instance: None,
            agent: None,
            ..caller.clone()
        };
        let step = Step { shown_by: Some(issue.shown_by), ..step };
        Back::To(Box::new(step), Box::new(previous))
    }

    /// An identity whose credential no call is known to have issued. Somebody took on a session; the
    /// configuration may name who can.
    fn unissued(&self, at: &Actor, name: &Name<'_>) -> Back {
        if !name.is_temporary() || name.machine().is_some() {
            return Back::Begins;
        }
        let named = |(realm, namespace, name): &(Text, Text, Text)| {
            let user = format!("system:serviceaccount:{}:{}", namespace.raw(), name.raw());
            Actor::named(Platform::WebIdentity, realm, user.into())
        };
        let accounts: Vec<Actor> = self.known.becoming(&at.principal).map(named).collect();
        match accounts.as_slice() {
            _ if at.source_identity.is_some() => Back::Lost(Box::new(unissued_root())),
            [] => Back::Lost(Box::new(unissued_root())),
            [only] => {
                let hop = inferred(
                    "the only account that is configured to become it",
                    CONFIGURED_TO_BECOME,
                );
                let because = "the call that issued the session is not recorded";
                Back::To(Box::new(Step::to(at, hop, because)), Box::new(only.clone()))
            }
            several => {
                let candidates = several.iter().map(principal_of).collect();
                let because = "several accounts are configured to become it, and the call that issued \
                               the session is not recorded";
                Back::Lost(Box::new(one_of(candidates, because)))
            }
        }
    }
}

fn unissued_root() -> Step {
    Step::unrecorded(
        "the call that issued the session's credential",
        "no record of the case says who took on the role",
    )
}

fn one_of(candidates: Vec<Principal>, because: impl Into<String>) -> Step {
    let principal = Principal::Trigger { name: "one of several callers".into() };
    Step::new(principal, HopState::Ambiguous { candidates }, because)
}

fn principal_of(actor: &Actor) -> Principal {
    name::principal(actor.platform, &actor.realm, &actor.principal)
}

/// The end of a walk at an identity before which nothing is told.
fn lost(at: &Actor, root: Step, source: Option<&Text>) -> Walked {
    let (hop, because) = at.platform.word();
    let steps = match source {
        // The session says for whom it is; the calls that led to it are missing.
        Some(_) if at.platform == Platform::Aws => {
            vec![root.clone(), Step::to(at, root.hop, because)]
        }
        _ => vec![root, Step::to(at, hop, because)],
    };
    Walked::from(None, RootKind::Unknown, steps)
}

/// The walked chains from their roots, with what the session says of its root.
fn finished(begun: Vec<Walked>, mut tail: Vec<Step>, source: Option<&Text>) -> Vec<Walked> {
    tail.reverse();
    let with_tail = |mut walked: Walked| {
        if let Some(source) = source {
            sourced(&mut walked, source);
        }
        walked.hops = tail.len();
        walked.steps.extend(tail.iter().cloned());
        walked
    };
    begun.into_iter().map(with_tail).collect()
}

/// AWS keeps the source identity from the first role on, so that it names the root.
fn sourced(walked: &mut Walked, source: &Text) {
    let Some(root) = walked.steps.first_mut() else { return };
    match (walked.root, &root.principal) {
        (RootKind::Unknown, _) => {
            let because = "the source identity of the session, which whoever began it chose";
            *root =
                Step::new(Principal::Human { name: source.clone() }, HopState::Asserted, because);
            walked.root = RootKind::Human;
        }
        (
            RootKind::Human | RootKind::Account,
            Principal::Human { name } | Principal::User { name },
        ) if !names_the_same(name, source) => {
            root.hop = HopState::Contradicted {
                by: format!("the session's source identity is {}", source.visible()),
            };
        }
        _ => {}
    }
}

/// Whether two spellings may mean one person: ARNs end with the name, addresses begin with it. Ids of a
/// directory can be compared with nothing.
fn names_the_same(one: &Text, other: &Text) -> bool {
    let short = |name: &Text| {
        let last = name.raw().rsplit(['/', ':']).next().unwrap_or_default().to_lowercase();
        last.split('@').next().unwrap_or_default().to_owned()
    };
    let is_id =
        |name: &str| name.len() >= 32 && name.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
    let (one, other) = (short(one), short(other));
    one == other || is_id(&one) || is_id(&other)
}
