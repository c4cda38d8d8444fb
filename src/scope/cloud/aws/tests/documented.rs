//! The table of decisions that AWS documents, in `tests.toml`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::context::Context;
use super::super::decision::{Policies, Request};
use super::super::evaluate::evaluate;
use super::super::principal::Principal;
use super::{anonymous, document, policy, shown};
use crate::domain::configured::cloud::aws::PolicyDocument;

#[derive(Deserialize)]
struct Table {
    group: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    page: String,
    cases: Vec<Case>,
    #[serde(flatten)]
    shared: Given,
}

#[derive(Deserialize)]
struct Case {
    expect: String,
    because: String,
    #[serde(flatten)]
    own: Given,
}

/// What is asked, and of which policies.
#[derive(Clone, Default, Deserialize)]
struct Given {
    principal: Option<String>,
    action: Option<String>,
    resource: Option<String>,
    resource_account: Option<String>,
    context: Option<BTreeMap<String, Values>>,
    #[serde(default)]
    open: bool,
    version: Option<String>,
    identity: Option<String>,
    allow_if: Option<String>,
    deny_if: Option<String>,
    resource_policy: Option<String>,
    #[serde(default)]
    unknown_resource_policy: bool,
    boundary: Option<String>,
    session: Option<String>,
    scp: Option<Vec<String>>,
    rcp: Option<String>,
    management: Option<String>,
}

#[derive(Clone, Deserialize)]
#[serde(untagged)]
enum Values {
    One(String),
    Several(Vec<String>),
}

impl Given {
    /// What the case says, and where it is silent what its group says.
    fn or(&self, group: &Self) -> Self {
        let text = |own: &Option<String>, shared: &Option<String>| own.clone().or(shared.clone());
        // Three ways to say one thing.
        let says = [&self.identity, &self.allow_if, &self.deny_if].into_iter().any(Option::is_some);
        let own = if says { self } else { group };
        Self {
            principal: text(&self.principal, &group.principal),
            action: text(&self.action, &group.action),
            resource: text(&self.resource, &group.resource),
            resource_account: text(&self.resource_account, &group.resource_account),
            context: self.context.clone().or(group.context.clone()),
            open: self.open || group.open,
            version: text(&self.version, &group.version),
            identity: own.identity.clone(),
            allow_if: own.allow_if.clone(),
            deny_if: own.deny_if.clone(),
            resource_policy: text(&self.resource_policy, &group.resource_policy),
            unknown_resource_policy: self.unknown_resource_policy || group.unknown_resource_policy,
            boundary: text(&self.boundary, &group.boundary),
            session: text(&self.session, &group.session),
            scp: self.scp.clone().or(group.scp.clone()),
            rcp: text(&self.rcp, &group.rcp),
            management: text(&self.management, &group.management),
        }
    }

    fn request(&self) -> Request {
        let mut context = if self.open { Context::default() } else { Context::complete() };
        for (key, values) in self.context.iter().flatten() {
            match values {
                Values::One(value) => context.set(key, [value.as_str()]),
                Values::Several(values) => context.set(key, values.iter().map(String::as_str)),
            }
        }
        let principal = match self.principal.as_deref() {
            None => Principal::from_arn("arn:aws:iam::111122223333:user/alice").expect("a user"),
            Some("anonymous") => anonymous(),
            Some(name) => Principal::from_arn(name).unwrap_or_else(|| Principal::service(name)),
        };
        Request {
            principal,
            action: self.action.as_deref().unwrap_or("s3:GetObject").into(),
            resource: self.resource.as_deref().unwrap_or("arn:aws:s3:::bucket/key").into(),
            resource_account: self.resource_account.as_deref().map(Into::into),
            context,
        }
    }

    /// A document of these statements.
    fn document(&self, statements: &str) -> PolicyDocument {
        let statements: Value = serde_json::from_str(statements).expect("statements are JSON");
        document(&match self.version.as_deref() {
            None => json!({"Version": "2012-10-17", "Statement": statements}),
            Some("") => json!({"Statement": statements}),
            Some(version) => json!({"Version": version, "Statement": statements}),
        })
    }

    fn identity(&self) -> PolicyDocument {
        let everything = r#""Action":"*","Resource":"*""#;
        let statements = match (&self.allow_if, &self.deny_if, &self.identity) {
            (Some(condition), ..) => {
                format!(r#"[{{"Effect":"Allow",{everything},"Condition":{condition}}}]"#)
            }
            (_, Some(condition), _) => format!(
                r#"[{{"Effect":"Allow",{everything}}},{{"Effect":"Deny",{everything},"Condition":{condition}}}]"#
            ),
            (.., Some(statements)) => statements.clone(),
            _ => "[]".to_owned(),
        };
        self.document(&statements)
    }

    fn decide(&self) -> String {
        let optional = |statements: &Option<String>| {
            statements.as_deref().map(|statements| self.document(statements))
        };
        let identity = self.identity();
        let resource = optional(&self.resource_policy).unwrap_or_default();
        let (boundary, session) = (optional(&self.boundary), optional(&self.session));
        let levels: Vec<PolicyDocument> =
            self.scp.iter().flatten().map(|level| self.document(level)).collect();
        let rcp = optional(&self.rcp);
        let policies = Policies {
            identity: vec![policy("identity", &identity)],
            resource: (!self.unknown_resource_policy).then(|| policy("resource", &resource)),
            boundary: boundary.as_ref().map(|one| policy("boundary", one)),
            session: session.as_ref().map(|one| policy("session", one)),
            service_control: levels.iter().map(|one| vec![policy("scp", one)]).collect(),
            resource_control: rcp.iter().map(|one| policy("rcp", one)).collect(),
            management_account: self.management.as_deref().map(Into::into),
        };
        shown(&evaluate(&self.request(), &policies))
    }
}

#[test]
fn decisions_are_as_documented() {
    let table: Table = toml::from_str(include_str!("tests.toml")).expect("the table is TOML");
    let (mut cases, mut wrong) = (0, Vec::new());
    for Group { page, cases: of_page, shared } in &table.group {
        for (case, number) in of_page.iter().zip(1..) {
            let decided = case.own.or(shared).decide();
            cases += 1;
            if decided != case.expect {
                let Case { expect, because, .. } = case;
                wrong.push(format!("{page} {number}: {decided}, not {expect}: {because}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {cases} differ: {wrong:#?}", wrong.len());
    assert!(cases >= 200, "only {cases} cases");
}
