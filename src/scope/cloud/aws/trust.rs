//! Whether the trust policy of a role admits somebody who comes with proof from outside: a token of
//! an OpenID Connect provider, a pod over EKS Pod Identity, a machine (IAM User Guide, "Create a role
//! for OpenID Connect federation"; EKS User Guide, "IAM roles for service accounts" and "EKS Pod
//! Identity").

use super::clauses::in_words;
use super::context::Context;
use super::decision::{Decision, Policies, Policy, Request};
use super::evaluate::evaluate;
use super::principal::{Principal, PrincipalKind};
use super::weakness::{Flaw, flaw_of_naming};
use crate::domain::configured::cloud::aws::{Arn, IamIdentity, Listed};
use crate::domain::{ObjectRef, Text};

/// With what somebody comes.
#[derive(Clone, Copy, Debug)]
pub enum Claim<'a> {
    /// A token, as pods get one for IAM roles for service accounts.
    WebIdentity {
        /// Who issued it, without the scheme; when that is not known, any issuer that the role trusts.
        issuer: Option<&'a str>,
        subject: &'a str,
        audience: Option<&'a str>,
    },
    /// A pod of an EKS cluster, whose agent asks for it.
    PodIdentity {
        namespace: &'a str,
        service_account: &'a str,
        /// Whether the session is tagged, which the role has to allow.
        is_tagged: Option<bool>,
    },
    /// An AWS service that acts with the role: `ec2.amazonaws.com` for machines.
    Service(&'a str),
}

/// How a role lets somebody in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admission<'a> {
    /// What configuration alone does not decide.
    pub depends_on: Vec<Text>,
    /// The issuers of whom the token may be, without their scheme.
    pub issuers: Vec<&'a str>,
    /// How loosely the role names whom it lets in.
    pub flaw: Option<Flaw>,
}

const POD_IDENTITY: &str = "pods.eks.amazonaws.com";

/// How the role may be assumed so, by its trust policy; `None` when it may not.
pub fn admits<'a>(role: &'a IamIdentity, claim: Claim<'_>) -> Option<Admission<'a>> {
    let asking = match claim {
        Claim::WebIdentity { issuer, .. } => providers(role, issuer),
        Claim::PodIdentity { .. } => vec![(Principal::service(POD_IDENTITY), None)],
        Claim::Service(name) => vec![(Principal::service(name), None)],
    };
    let decided = asking.into_iter().map(|(who, issuer)| {
        let decision = decide(role, &who, issuer.unwrap_or_default(), claim);
        (who, issuer, decision)
    });
    let admitted: Vec<_> = decided.filter(|(.., decision)| decision.is_possible()).collect();
    let flaw =
        admitted.iter().find_map(|(who, _, decision)| flaw_of_naming(role, who, decision.causes()));
    let issuers = admitted.iter().filter_map(|(_, issuer, _)| *issuer).collect();
    let (on, _) = admitted.into_iter().map(|(.., it)| it).reduce(Decision::or)?.into_parts();
    Some(Admission { depends_on: worded(on, role), issuers, flaw })
}

fn decide(role: &IamIdentity, who: &Principal, issuer: &str, claim: Claim<'_>) -> Decision {
    let none = Context::default;
    match claim {
        Claim::WebIdentity { subject, audience, .. } => {
            let mut context = none().with(&format!("{issuer}:sub"), subject);
            if let Some(audience) = audience {
                context.set(&format!("{issuer}:aud"), [audience]);
            }
            ask(role, who, "sts:AssumeRoleWithWebIdentity", context)
        }
        Claim::PodIdentity { namespace, service_account, is_tagged } => {
            let tags = none()
                .with("aws:RequestTag/kubernetes-namespace", namespace)
                .with("aws:RequestTag/kubernetes-service-account", service_account);
            let plain = || ask(role, who, "sts:AssumeRole", none());
            let tagged = ask(role, who, "sts:AssumeRole", tags.clone()).and(ask(
                role,
                who,
                "sts:TagSession",
                tags,
            ));
            match is_tagged {
                Some(true) => tagged,
                Some(false) => plain(),
                None => tagged.or(plain().depending_on("the sessions are not tagged")),
            }
        }
        Claim::Service(_) => ask(role, who, "sts:AssumeRole", none()),
    }
}

fn ask(role: &IamIdentity, who: &Principal, action: &str, context: Context) -> Decision {
    let by = trust_of(role);
    let trust = role.trust.as_ref().map(|document| Policy { by, document });
    let request = Request {
        principal: who.clone(),
        action: action.into(),
        resource: role.arn.clone(),
        resource_account: None,
        context,
    };
    evaluate(&request, &Policies { resource: trust, ..Policies::default() })
}

/// Condition keys as the conditions of the trust policy that ask for them.
fn worded(on: impl IntoIterator<Item = Text>, role: &IamIdentity) -> Vec<Text> {
    let statements = role.trust.iter().flat_map(|trust| &trust.statements);
    let conditions = || statements.clone().flat_map(|statement| &statement.conditions);
    let words = |on: Text| {
        let asking: Vec<Text> = conditions().filter(|it| it.key == on).map(in_words).collect();
        if asking.is_empty() { vec![on] } else { asking }
    };
    on.into_iter().flat_map(words).collect()
}

/// The trust policy of a role as an object.
pub fn trust_of(role: &IamIdentity) -> ObjectRef {
    let arn = Arn::parse(role.arn.raw());
    let (account, name) =
        arn.map_or(("", role.arn.raw()), |arn| (arn.account, arn.resource_name()));
    ObjectRef::new("trust policy", account, name)
}

/// The identity providers that could stand behind the token, each with its issuer: those that the role
/// trusts and, when the issuer is known, have its name.
fn providers<'a>(role: &'a IamIdentity, issuer: Option<&str>) -> Vec<(Principal, Option<&'a str>)> {
    let statements = role.trust.iter().flat_map(|trust| &trust.statements);
    let entries = statements.filter_map(|statement| match &statement.principals {
        Some(Listed::Only(entries)) => Some(entries),
        _ => None,
    });
    let mut found: Vec<&Text> = entries
        .flatten()
        .filter(|entry| entry.kind == "Federated")
        .map(|entry| &entry.name)
        .filter(|name| issuer.is_none_or(|issuer| issuer == issuer_of(name)))
        .collect();
    found.sort_unstable();
    found.dedup();
    let provider = |name: &'a Text| {
        (Principal::new(PrincipalKind::Federated, name.clone()), Some(issuer_of(name)))
    };
    found.into_iter().map(provider).collect()
}

/// The issuer as condition keys spell it. A few providers have a name and no ARN.
pub fn issuer_of(provider: &Text) -> &str {
    Arn::parse(provider.raw()).map_or(provider.raw(), |arn| arn.resource_name())
}
