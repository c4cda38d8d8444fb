//! Trust policies that let in more than one would think.

use super::operator::{Operator, Test};
use super::principal::Principal;
use super::trust::issuer_of;
use crate::domain::Text;
use crate::domain::configured::cloud::aws::{
    Arn, Condition, IamIdentity, Listed, PolicyPrincipal, Statement, StatementEffect,
};

/// A statement of a trust policy that is loose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weakness {
    pub flaw: Flaw,
    /// Position in the trust policy, from one.
    pub statement: usize,
    pub sid: Option<Text>,
    /// The principal or the condition value that is too wide.
    pub evidence: Text,
}

/// In which way it is loose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::Display)]
pub enum Flaw {
    #[strum(serialize = "anybody may assume the role")]
    Anybody,
    #[strum(serialize = "anybody who meets the conditions may assume the role")]
    AnybodyUnderConditions,
    #[strum(serialize = "everybody but those listed may assume the role")]
    EverybodyElse,
    #[strum(serialize = "whomever another account allows may assume the role")]
    OtherAccount,
    #[strum(serialize = "any subject of the identity provider may assume the role")]
    AnySubject,
    /// Of every namespace, owner, …
    #[strum(serialize = "subjects of every {0} may assume the role")]
    WideSubject(&'static str),
}

/// Condition keys that tell principals apart, so that a condition on them restricts who comes in. The
/// tags of a principal do as well.
const IDENTIFYING: [&str; 13] = [
    "aws:principalarn",
    "aws:principalaccount",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceorgid",
    "aws:sourceorgpaths",
    "aws:sourceip",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:userid",
    "sts:externalid",
];

/// How subjects of tokens are built: what they begin with, then parts from the widest to the
/// narrowest (EKS: service accounts; GitHub Actions, GitLab and HCP Terraform: "OpenID Connect").
const SUBJECTS: [(&str, &[&str]); 4] = [
    ("system:serviceaccount:", &["namespace", "service account"]),
    ("repo:", &["owner", "repository", "ref"]),
    ("project_path:", &["group", "project", "ref"]),
    ("organization:", &["organization", "project", "workspace"]),
];

/// The weaknesses of the role's trust policy, statement by statement.
pub fn weaknesses(role: &IamIdentity) -> Vec<Weakness> {
    let statements = role.trust.iter().flat_map(|trust| &trust.statements).zip(1..);
    let allowing = statements.filter(|(statement, _)| statement.effect == StatementEffect::Allow);
    let found = allowing.flat_map(|(statement, number)| {
        let weak = move |(flaw, evidence)| Weakness {
            flaw,
            statement: number,
            sid: statement.sid.clone(),
            evidence,
        };
        flaws(role, statement).into_iter().map(weak)
    });
    found.collect()
}

fn flaws(role: &IamIdentity, statement: &Statement) -> Vec<(Flaw, Text)> {
    match &statement.principals {
        None => Vec::new(),
        Some(Listed::AllExcept(entries)) => {
            let but: Vec<&str> = entries.iter().map(|entry| entry.name.raw()).collect();
            vec![(Flaw::EverybodyElse, but.join(", ").into())]
        }
        Some(Listed::Only(entries)) => {
            entries.iter().flat_map(|entry| flaws_of_entry(role, statement, entry)).collect()
        }
    }
}

fn flaws_of_entry(
    role: &IamIdentity,
    statement: &Statement,
    entry: &PolicyPrincipal,
) -> Vec<(Flaw, Text)> {
    let is_restricted = statement.conditions.iter().any(restricts);
    let named = |flaw| vec![(flaw, entry.name.clone())];
    match entry.kind.raw() {
        "*" | "AWS" if entry.name == "*" => match is_restricted {
            true => named(Flaw::AnybodyUnderConditions),
            false => named(Flaw::Anybody),
        },
        "*" | "AWS" if !is_restricted && is_other_account(role, entry.name.raw()) => {
            named(Flaw::OtherAccount)
        }
        "Federated" if is_open_id(&entry.name) => flaws_of_subject(statement, &entry.name),
        _ => Vec::new(),
    }
}

/// Whether a condition can only be met by some of all principals.
fn restricts(condition: &Condition) -> bool {
    let key = condition.key.raw().to_ascii_lowercase();
    let identifies = IDENTIFYING.contains(&key.as_str()) || key.starts_with("aws:principaltag/");
    identifies && demands(condition).is_some_and(|values| !values.iter().any(|value| *value == "*"))
}

/// The values that a condition demands; none when a request without the key, or with nearly any
/// value, meets it.
fn demands(condition: &Condition) -> Option<&[Text]> {
    let operator = Operator::parse(condition.operator.raw())?;
    let demands = !operator.negated && !operator.if_exists && operator.test != Test::Null;
    demands.then_some(condition.values.as_slice())
}

fn is_other_account(role: &IamIdentity, name: &str) -> bool {
    let own = Arn::parse(role.arn.raw()).map(|arn| arn.account);
    let account = match Arn::parse(name) {
        Some(arn) if arn.resource == "root" => arn.account,
        Some(_) => return false,
        None => name,
    };
    let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    is_account && own != Some(account)
}

/// A SAML provider vouches for its own users only; of OpenID Connect providers many are shared.
fn is_open_id(provider: &Text) -> bool {
    Principal::from_arn(provider.raw()).is_none_or(|_| provider.raw().contains(":oidc-provider/"))
}

fn flaws_of_subject(statement: &Statement, provider: &Text) -> Vec<(Flaw, Text)> {
    let key = format!("{}:sub", issuer_of(provider));
    let mut demanded = statement
        .conditions
        .iter()
        .filter(|condition| condition.key.raw().eq_ignore_ascii_case(&key))
        .filter_map(|condition| Some((condition, demands(condition)?)))
        .peekable();
    if demanded.peek().is_none() {
        return vec![(Flaw::AnySubject, provider.clone())];
    }
    let like = demanded.filter(|(condition, _)| {
        Operator::parse(condition.operator.raw()).is_some_and(|op| op.test == Test::Like)
    });
    let values = like.flat_map(|(_, values)| values);
    values.filter_map(|value| Some((flaw_of_pattern(value.raw())?, value.clone()))).collect()
}

/// How wide a pattern of subjects is: by the widest part that has a wildcard.
fn flaw_of_pattern(pattern: &str) -> Option<Flaw> {
    let wildcard = pattern.find(['*', '?'])?;
    let fixed = pattern.get(..wildcard)?;
    let known = SUBJECTS.iter().find(|(prefix, _)| fixed.starts_with(prefix));
    let Some((prefix, parts)) = known else { return Some(Flaw::AnySubject) };
    let before = fixed.get(prefix.len()..)?.matches([':', '/']).count();
    parts.get(before.min(parts.len() - 1)).map(|part| Flaw::WideSubject(part))
}
