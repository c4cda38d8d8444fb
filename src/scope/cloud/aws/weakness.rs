//! Trust policies that let in more than one would think.

use super::decision::Cause;
use super::directory::{account_of, object_of_identity};
use super::operator::{Operator, Test};
use super::principal::Principal;
use super::trust::{issuer_of, trust_of};
use crate::domain::configured::Configured;
use crate::domain::configured::cloud::Aws;
use crate::domain::configured::cloud::aws::{
    Arn, Condition, IamIdentity, Listed, PolicyPrincipal, Statement, StatementEffect,
};
use crate::domain::{LooseTrust, Text};
use crate::scope::Estate;

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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    Anybody,
    AnybodyUnderConditions,
    EverybodyElse,
    OtherAccount,
    AnySubject,
    /// Subjects of every namespace, owner, …; in words.
    WideSubject(&'static str),
}

impl Flaw {
    pub fn words(self) -> &'static str {
        match self {
            Self::Anybody => "anybody may assume the role",
            Self::AnybodyUnderConditions => "anybody who meets the conditions may assume the role",
            Self::EverybodyElse => "everybody but those listed may assume the role",
            Self::OtherAccount => "whomever another account allows may assume the role",
            Self::AnySubject => "any subject of the identity provider may assume the role",
            Self::WideSubject(words) => words,
        }
    }
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

const EVERY_REF: &str = "subjects of every ref may assume the role";
const EVERY_PROJECT: &str = "subjects of every project may assume the role";

/// How subjects of tokens are built: what they begin with, then what it means to leave a part open,
/// from the widest to the narrowest (EKS: service accounts; GitHub Actions, GitLab and HCP Terraform:
/// "OpenID Connect").
const SUBJECTS: [(&str, &[&str]); 4] = [
    (
        "system:serviceaccount:",
        &[
            "subjects of every namespace may assume the role",
            "subjects of every service account may assume the role",
        ],
    ),
    (
        "repo:",
        &[
            "subjects of every owner may assume the role",
            "subjects of every repository may assume the role",
            EVERY_REF,
        ],
    ),
    ("project_path:", &["subjects of every group may assume the role", EVERY_PROJECT, EVERY_REF]),
    (
        "organization:",
        &[
            "subjects of every organization may assume the role",
            EVERY_PROJECT,
            "subjects of every workspace may assume the role",
        ],
    ),
];

/// The loose trust policies of roles.
pub(in crate::scope) fn loose_trust(estate: &Estate) -> impl Iterator<Item = LooseTrust> {
    let roles = estate.records().filter_map(|record| match &record.body {
        Configured::Aws(Aws::Identity(it)) => Some((record, it)),
        _ => None,
    });
    roles.flat_map(|(record, role)| {
        weaknesses(role).into_iter().map(move |weakness| LooseTrust {
            realm: account_of(&role.arn).into(),
            role: object_of_identity(role),
            place: record.place.clone(),
            flaw: weakness.flaw.words(),
            statement: weakness.statement,
            sid: weakness.sid,
            evidence: weakness.evidence,
        })
    })
}

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
        flaws(role, statement, |_| true).into_iter().map(weak)
    });
    found.collect()
}

/// The flaw of the words by which the trust policy names this principal, in the statements that let it
/// in.
pub fn flaw_of_naming(role: &IamIdentity, who: &Principal, by: &[Cause]) -> Option<Flaw> {
    let (trust, policy) = (role.trust.as_ref()?, trust_of(role));
    let causes = by.iter().filter(|cause| cause.by == policy);
    let statements =
        causes.filter_map(|cause| trust.statements.get(cause.statement.checked_sub(1)?));
    let names = |entry: &PolicyPrincipal| who.named_by(entry).is_some();
    let mut found = statements.flat_map(|statement| flaws(role, statement, names));
    found.next().map(|(flaw, _)| flaw)
}

/// The flaws of a statement, as far as these principals go.
fn flaws(
    role: &IamIdentity,
    statement: &Statement,
    concerns: impl Fn(&PolicyPrincipal) -> bool,
) -> Vec<(Flaw, Text)> {
    match &statement.principals {
        None => Vec::new(),
        Some(Listed::AllExcept(entries)) => {
            let but: Vec<&str> = entries.iter().map(|entry| entry.name.raw()).collect();
            vec![(Flaw::EverybodyElse, but.join(", ").into())]
        }
        Some(Listed::Only(entries)) => {
            let entries = entries.iter().filter(|entry| concerns(entry));
            entries.flat_map(|entry| flaws_of_entry(role, statement, entry)).collect()
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
    parts.get(before.min(parts.len() - 1)).map(|words| Flaw::WideSubject(words))
}
