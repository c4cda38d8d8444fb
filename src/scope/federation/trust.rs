//! Which tokens of other issuers a role trusts (IAM User Guide, "Create a role for OpenID Connect
//! federation"; EKS User Guide, "Assign IAM roles to Kubernetes service accounts").

use std::collections::BTreeMap;

use super::{Identity, aws_role};
use crate::domain::configured::Configured;
use crate::domain::configured::cloud::Aws;
use crate::domain::configured::cloud::aws::{
    Condition, IamIdentity, IamKind, Listed, PolicyDocument, Statement, StatementEffect,
};
use crate::domain::matcher::{Dialect, Glob, GlobIgnoringCase};
use crate::domain::{Permitted, Text};
use crate::scope::Estate;

/// Roles with who may assume them.
#[derive(Debug)]
pub(super) struct Trusts<'a>(BTreeMap<Identity, &'a IamIdentity>);

/// Who asks to become a role.
#[derive(Clone, Copy, Debug)]
pub(super) enum Asking<'a> {
    /// With a token of an OpenID Connect issuer, named without its scheme.
    Token { issuer: Option<&'a str>, subject: &'a str, audience: Option<&'a str> },
    /// As an AWS service.
    Service(&'a str),
    /// As another role, by ARN.
    Role(&'a str),
}

impl<'a> Trusts<'a> {
    pub fn read(estate: &'a Estate) -> Self {
        let roles = estate.records().filter_map(|record| match &record.body {
            Configured::Aws(Aws::Identity(role)) if role.kind == IamKind::Role => {
                Some((aws_role(role.arn.raw())?, role))
            }
            _ => None,
        });
        Self(roles.collect())
    }

    pub fn roles(&self) -> impl Iterator<Item = (&Identity, &'a IamIdentity)> {
        self.0.iter().map(|(identity, role)| (identity, *role))
    }

    /// The trust policy of a role, when it is loaded.
    pub fn of(&self, role: &Identity) -> Option<&'a PolicyDocument> {
        self.0.get(role)?.trust.as_ref()
    }
}

/// Whether a trust policy lets somebody assume its role, and the issuers whose tokens it takes.
pub(super) fn admits<'p>(
    trust: &'p PolicyDocument,
    asking: Asking<'_>,
) -> (Permitted, Vec<&'p str>) {
    let (mut allowed, mut issuers) = (Permitted::No, Vec::new());
    let mut denied = Permitted::No;
    for statement in &trust.statements {
        let (answer, issuer) = statement_admits(statement, asking);
        match statement.effect {
            StatementEffect::Allow => {
                if answer.is_possible() {
                    issuers.extend(issuer);
                }
                allowed = allowed.max(answer);
            }
            StatementEffect::Deny => denied = denied.max(answer),
        }
    }
    let left = match denied {
        Permitted::No => Permitted::Yes,
        Permitted::Yes => Permitted::No,
        Permitted::Depends(on) => Permitted::Depends(on),
    };
    (allowed.and(left), issuers)
}

fn statement_admits<'p>(
    statement: &'p Statement,
    asking: Asking<'_>,
) -> (Permitted, Option<&'p str>) {
    let action = match asking {
        Asking::Token { .. } => "sts:AssumeRoleWithWebIdentity",
        Asking::Service(_) | Asking::Role(_) => "sts:AssumeRole",
    };
    let Some(Listed::Only(principals)) = &statement.principals else {
        return (Permitted::No, None);
    };
    let covers =
        |actions: &[Text]| actions.iter().any(|glob| GlobIgnoringCase::matches(glob.raw(), action));
    let is_action = match &statement.actions {
        Listed::Only(actions) => covers(actions),
        Listed::AllExcept(actions) => !covers(actions),
    };
    let named = principals.iter().find_map(|principal| {
        let name = principal.name.raw();
        match (asking, principal.kind.raw()) {
            (Asking::Token { issuer, .. }, "Federated") => {
                let provider = name.split_once(":oidc-provider/").map_or(name, |(_, url)| url);
                issuer.is_none_or(|issuer| issuer == provider).then_some(provider)
            }
            (Asking::Service(service), "Service") => (name == service).then_some(name),
            (Asking::Role(arn), "AWS" | "*") => is_role(name, arn).then_some(name),
            _ => None,
        }
    });
    match named.filter(|_| is_action) {
        Some(named) => {
            let conditions = statement.conditions.iter().map(|it| holds(it, named, asking));
            (conditions.fold(Permitted::Yes, Permitted::and), Some(named))
        }
        None => (Permitted::No, None),
    }
}

/// The role itself, its whole account, or anybody.
fn is_role(principal: &str, arn: &str) -> bool {
    let account = arn.split(':').nth(4).unwrap_or_default();
    principal == arn
        || principal == "*"
        || !account.is_empty()
            && (principal == account
                || principal.strip_suffix(":root").is_some_and(|it| it.ends_with(account)))
}

/// What a token says is known; every other condition is left in words.
fn holds(condition: &Condition, issuer: &str, asking: Asking<'_>) -> Permitted {
    let Asking::Token { subject, audience, .. } = asking else { return in_words(condition) };
    let known = match condition.key.raw().strip_prefix(issuer) {
        Some(":sub") => Some(subject),
        Some(":aud" | ":oaud") => audience,
        _ => None,
    };
    let Some(known) = known else { return in_words(condition) };
    let operator = condition.operator.raw();
    let operator = operator.strip_suffix("IfExists").unwrap_or(operator);
    let operator = operator.rsplit_once(':').map_or(operator, |(_, operator)| operator);
    let any = |matches: fn(&str, &str) -> bool| {
        condition.values.iter().any(|value| matches(value.raw(), known))
    };
    let is_true = match operator {
        "StringEquals" => any(|value, known| value == known),
        "StringNotEquals" => !any(|value, known| value == known),
        "StringEqualsIgnoreCase" => any(|value, known| value.eq_ignore_ascii_case(known)),
        "StringLike" => any(Glob::matches),
        "StringNotLike" => !any(Glob::matches),
        _ => return in_words(condition),
    };
    if is_true { Permitted::Yes } else { Permitted::No }
}

fn in_words(condition: &Condition) -> Permitted {
    let values: Vec<&str> = condition.values.iter().map(Text::raw).collect();
    let words =
        format!("{} {} {}", condition.key.raw(), condition.operator.raw(), values.join(" or "));
    Permitted::Depends(vec![words.into()])
}

/// What remains to be shown, in words.
pub(super) fn open(answer: Permitted) -> Vec<Text> {
    match answer {
        Permitted::Depends(on) => on,
        Permitted::Yes | Permitted::No => Vec::new(),
    }
}
