//! Whether the trust policy of a role admits somebody who comes with proof from outside: a token of
//! an OpenID Connect provider, a pod over EKS Pod Identity, a machine (IAM User Guide, "Create a role
//! for OpenID Connect federation"; EKS User Guide, "IAM roles for service accounts" and "EKS Pod
//! Identity").

use super::context::Context;
use super::decision::{Decision, Policies, Policy, Request};
use super::evaluate::evaluate;
use super::principal::{Principal, PrincipalKind};
use crate::domain::configured::cloud::aws::{Arn, IamIdentity, Listed};
use crate::domain::{ObjectRef, Text};

/// With what somebody comes.
#[derive(Clone, Copy, Debug)]
pub enum Claim<'a> {
    /// A token, as pods get one for IAM roles for service accounts.
    WebIdentity {
        /// Who issued it, without the scheme; `None` when that is not known.
        issuer: Option<&'a str>,
        subject: &'a str,
        /// `sts.amazonaws.com` where nothing else is asked for.
        audience: &'a str,
    },
    /// A pod of an EKS cluster, whose agent asks for it.
    PodIdentity {
        namespace: &'a str,
        service_account: &'a str,
        /// Whether the session is tagged, which the role has to allow.
        is_tagged: bool,
    },
    /// An AWS service that acts with the role: `ec2.amazonaws.com` for machines.
    Service(&'a str),
}

const POD_IDENTITY: &str = "pods.eks.amazonaws.com";

/// Whether the role may be assumed so, by its trust policy.
pub fn admits(role: &IamIdentity, claim: Claim<'_>) -> Decision {
    match claim {
        Claim::WebIdentity { issuer, subject, audience } => {
            let decisions = providers(role, issuer).into_iter().map(|provider| {
                let name = issuer_of(&provider);
                let context = Context::default()
                    .with(&format!("{name}:sub"), subject)
                    .with(&format!("{name}:aud"), audience);
                let principal = Principal::new(PrincipalKind::Federated, provider.clone());
                let decision = ask(role, principal, "sts:AssumeRoleWithWebIdentity", context);
                match issuer {
                    Some(_) => decision,
                    None => decision.depending_on(format!("the issuer of the token is {name}")),
                }
            });
            decisions.reduce(Decision::or).unwrap_or(Decision::NOBODY_TRUSTED)
        }
        Claim::PodIdentity { namespace, service_account, is_tagged } => {
            let context = match is_tagged {
                true => Context::default()
                    .with("aws:RequestTag/kubernetes-namespace", namespace)
                    .with("aws:RequestTag/kubernetes-service-account", service_account),
                false => Context::default(),
            };
            let service = || Principal::service(POD_IDENTITY);
            let assumed = ask(role, service(), "sts:AssumeRole", context.clone());
            match is_tagged {
                true => assumed.and(ask(role, service(), "sts:TagSession", context)),
                false => assumed,
            }
        }
        Claim::Service(name) => {
            ask(role, Principal::service(name), "sts:AssumeRole", Context::default())
        }
    }
}

fn ask(role: &IamIdentity, principal: Principal, action: &str, context: Context) -> Decision {
    let by = trust_of(role);
    let trust = role.trust.as_ref().map(|document| Policy { by, document });
    let request = Request {
        principal,
        action: action.into(),
        resource: role.arn.clone(),
        resource_account: None,
        context,
    };
    evaluate(&request, &Policies { resource: trust, ..Policies::default() })
}

/// The trust policy of a role as an object.
pub fn trust_of(role: &IamIdentity) -> ObjectRef {
    let arn = Arn::parse(role.arn.raw());
    let (account, name) =
        arn.map_or(("", role.arn.raw()), |arn| (arn.account, arn.resource_name()));
    ObjectRef::new("trust policy", account, name)
}

/// ARNs of the identity providers that could stand behind the token: those that the role trusts and,
/// when the issuer is known, have its name.
fn providers(role: &IamIdentity, issuer: Option<&str>) -> Vec<Text> {
    let statements = role.trust.iter().flat_map(|trust| &trust.statements);
    let entries = statements.filter_map(|statement| match &statement.principals {
        Some(Listed::Only(entries)) => Some(entries),
        _ => None,
    });
    let mut found: Vec<Text> = entries
        .flatten()
        .filter(|entry| entry.kind == "Federated")
        .map(|entry| entry.name.clone())
        .filter(|name| issuer.is_none_or(|issuer| issuer == issuer_of(name)))
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// The issuer as condition keys spell it. A few providers have a name and no ARN.
pub fn issuer_of(provider: &Text) -> &str {
    Arn::parse(provider.raw()).map_or(provider.raw(), |arn| arn.resource_name())
}
