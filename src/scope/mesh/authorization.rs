//! What the authorization policies of a workload make of a call.
//!
//! Source: Istio, reference of AuthorizationPolicy: CUSTOM, then DENY, then ALLOW; without an ALLOW
//! policy everything is allowed; AUDIT and a dry run decide nothing.

use super::attribute::View;
use super::call::Call;
use super::rule::Question;
use super::settings::Settings;
use crate::domain::Record;
use crate::domain::configured::{AuthorizationPolicy, MeshAction};
use crate::scope::answer::Answer;

/// A policy and the record that makes it.
#[derive(Clone, Copy, Debug)]
pub struct Policy<'a> {
    pub policy: &'a AuthorizationPolicy,
    pub record: &'a Record,
}

/// Whether a call is allowed, and what makes it so.
#[derive(Clone, Debug)]
pub struct Decision<'a> {
    pub allowed: Answer,
    /// The policies that match, or may match, in the order in which they are asked. When no ALLOW
    /// policy matches although there are some, all of those.
    pub by: Vec<Policy<'a>>,
    /// No ALLOW policy selects the workload.
    pub by_default: bool,
    /// By what it is not allowed, or may not be: policies, or what refuses a call before they are
    /// asked.
    pub against: Vec<&'a Record>,
    /// Policies in dry run that would match, and policies that audit.
    pub noted: Vec<(Policy<'a>, Answer)>,
}

impl<'a> Decision<'a> {
    /// Nothing stands in the way.
    pub fn unheld() -> Self {
        Self {
            allowed: Answer::Yes,
            by: Vec::new(),
            by_default: true,
            against: Vec::new(),
            noted: Vec::new(),
        }
    }

    /// Refused before any policy is asked.
    pub fn refused(self, by: Option<&'a Record>) -> Self {
        let against = by.into_iter().collect();
        Self { allowed: Answer::No, by: Vec::new(), against, ..self }
    }
}

/// Traffic to one proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Traffic {
    /// To Envoy, which reads it as HTTP.
    Http,
    /// To Envoy, of another protocol.
    Tcp,
    /// To Envoy, of a protocol that is not known.
    Unknown,
    /// To ztunnel.
    Tunnelled,
}

const IS_HTTP: &str = "the traffic is HTTP";

/// What these policies make of a call. All of them select the workload.
pub fn decide<'a>(
    policies: &[Policy<'a>],
    call: &Call,
    traffic: Traffic,
    settings: &Settings,
) -> Decision<'a> {
    let as_seen = |view| seen(policies, call, view, settings);
    match traffic {
        Traffic::Http => as_seen(View::Requests),
        Traffic::Tcp => as_seen(View::Connections),
        Traffic::Tunnelled => as_seen(View::Tunnels),
        Traffic::Unknown => {
            let (http, tcp) = (as_seen(View::Requests), as_seen(View::Connections));
            let allowed = Answer::whether(IS_HTTP, http.allowed.clone(), tcp.allowed);
            let against = together(http.against.clone(), tcp.against);
            Decision { allowed, against, ..http }
        }
    }
}

fn seen<'a>(policies: &[Policy<'a>], call: &Call, view: View, settings: &Settings) -> Decision<'a> {
    let matches = |policy: &AuthorizationPolicy| {
        let question = Question { call, view, settings, namespace: &policy.meta.namespace };
        Answer::any(policy.rules.iter().map(|rule| question.rule(rule, policy.action)))
    };
    let mut decision = Decision::unheld();
    let mut allows = Answer::No;
    let mut allowing = Vec::new();
    let mut unmatched = Vec::new();
    for policy in in_order(policies) {
        // ztunnel is not told of the other actions.
        let is_told = matches!(policy.policy.action, MeshAction::Allow | MeshAction::Deny)
            || view != View::Tunnels;
        if !is_told {
            continue;
        }
        let matched = matches(policy.policy);
        if policy.policy.dry_run || policy.policy.action == MeshAction::Audit {
            if matched != Answer::No {
                decision.noted.push((policy, matched));
            }
            continue;
        }
        let refuses = match policy.policy.action {
            MeshAction::Deny => matched.clone(),
            MeshAction::Custom => matched.clone().and(Answer::on(refusal(policy.policy))),
            MeshAction::Unknown => {
                matched.clone().and(Answer::on("an action that is not understood refuses"))
            }
            MeshAction::Allow | MeshAction::Audit => Answer::No,
        };
        if policy.policy.action == MeshAction::Allow {
            decision.by_default = false;
            let list = if matched == Answer::No { &mut unmatched } else { &mut allowing };
            list.push(policy);
            allows = allows.or(matched);
        } else if refuses != Answer::No {
            decision.by.push(policy);
            decision.against.push(policy.record);
            decision.allowed = decision.allowed.and(refuses.negated());
        }
    }
    if !decision.by_default {
        let allowing = if allowing.is_empty() { unmatched } else { allowing };
        if allows != Answer::Yes {
            decision.against.extend(allowing.iter().map(|policy| policy.record));
        }
        decision.by.extend(allowing);
        decision.allowed = decision.allowed.and(allows);
    }
    decision
}

/// Both, each record once.
pub(super) fn together<'a>(mut one: Vec<&'a Record>, other: Vec<&'a Record>) -> Vec<&'a Record> {
    for record in other {
        if !one.iter().any(|known| std::ptr::eq(*known, record)) {
            one.push(record);
        }
    }
    one
}

/// CUSTOM first, then DENY, then ALLOW; the others where it does not matter.
fn in_order<'a>(policies: &[Policy<'a>]) -> Vec<Policy<'a>> {
    const ORDER: [MeshAction; 3] = [MeshAction::Custom, MeshAction::Deny, MeshAction::Allow];
    let place = |policy: &Policy<'_>| {
        ORDER.iter().position(|action| *action == policy.policy.action).unwrap_or(0)
    };
    let mut policies = policies.to_vec();
    policies.sort_by_key(place);
    policies
}

fn refusal(policy: &AuthorizationPolicy) -> String {
    let provider = policy.provider.as_ref().map_or("that is not named", |name| name.raw());
    format!("the external authorizer {provider} refuses")
}
