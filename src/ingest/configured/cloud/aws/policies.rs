//! Policies that stand alone: a bare document, the policy of a resource, and the policies of an
//! organization.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::super::parts::{Parts, asked_about};
use super::document::{policy_document, policy_text};
use super::wire::account;
use crate::domain::configured::cloud::aws::{
    Arn, Attachments, Aws, Holder, IamPolicy, Listed, PolicyDocument, PolicyFunction,
};
use crate::domain::configured::{Configured, Provisioning};
use crate::domain::{Discipline, Location, ProblemKind, Text};
use crate::ingest::json::Str;
use crate::ingest::{Document, Format, Shape, Side, Sink};

pub const FORMAT: Format = Format {
    id: "aws-policy",
    title: "AWS policies that stand alone",
    side: Side::Configured,
    says: &[(
        Discipline::Identity,
        "a policy document: of a resource, a role's trust, an SCP or RCP, or of unknown function",
    )],
    coverage: "the one policy; to what it is attached only where the answer or its resources say so",
    recognises,
    read,
};

/// Keys of a policy document as a file of its own.
const DOCUMENT: &[&str] = &["Version", "Id", "Statement"];

fn recognises(shape: &Shape<'_>) -> bool {
    let is_document =
        shape.has("Statement") && shape.keys.iter().all(|key| DOCUMENT.contains(&&**key));
    let has_document = || shape.json().contains("Statement");
    let is_answer = || match () {
        () if shape.has("Policy") => has_document() || shape.json().contains("\"PolicySummary\""),
        () if shape.has("Policies") => shape.json().contains("_CONTROL_POLICY\""),
        () if shape.has("Targets") => {
            shape.json().contains("\"TargetId\"") && shape.json().contains("arn:aws")
        }
        () if shape.has("Attributes") => shape.json().contains("\"Policy\"") && has_document(),
        () if shape.has("ResourcePolicy") => shape.has("ARN") && has_document(),
        () => shape.has("policyText") && has_document(),
    };
    is_document || is_answer()
}

/// The answers in one: each has a few of these.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer<'a> {
    /// `get-bucket-policy`, `get-key-policy`, `lambda get-policy`: text. `describe-policy`: an object.
    #[serde(borrow, default)]
    policy: Option<&'a RawValue>,
    #[serde(default)]
    policy_name: Option<Text>,
    /// `organizations list-policies`.
    #[serde(borrow, default)]
    policies: Option<Vec<&'a RawValue>>,
    #[serde(default)]
    targets: Option<Vec<Target>>,
    /// `sqs get-queue-attributes`, `sns get-topic-attributes`.
    #[serde(borrow, default)]
    attributes: Option<Attributes<'a>>,
    /// `secretsmanager get-resource-policy`.
    #[serde(borrow, default)]
    resource_policy: Option<Str<'a>>,
    #[serde(default, rename = "ARN")]
    arn: Option<Text>,
    /// `ecr get-repository-policy`.
    #[serde(borrow, default, rename = "policyText")]
    policy_text: Option<Str<'a>>,
    #[serde(default, rename = "repositoryName")]
    repository_name: Option<Text>,
    #[serde(default)]
    next_token: Option<Text>,
    #[serde(borrow, default)]
    statement: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Target {
    target_id: Text,
    #[serde(default)]
    arn: Option<Text>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attributes<'a> {
    #[serde(borrow, default)]
    policy: Option<Str<'a>>,
    #[serde(default)]
    queue_arn: Option<Text>,
    #[serde(default)]
    topic_arn: Option<Text>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct OrganizationPolicy<'a> {
    policy_summary: Summary,
    #[serde(borrow, default)]
    content: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Summary {
    arn: Text,
    #[serde(default)]
    name: Option<Text>,
    #[serde(rename = "Type")]
    kind: Text,
}

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(answer) = document.parse::<Answer<'_>>(sink) else { return };
    let mut parts = Parts::new(document, sink);
    let is_whole = answer.next_token.is_none() && document.at == Location::Whole;
    if answer.statement.is_some() {
        bare(&mut parts);
    } else if let Some(raw) = answer.policy {
        match serde_json::from_str::<Str<'_>>(raw.get()) {
            Ok(text) => resource("/Policy", &text, None, answer.policy_name, &mut parts),
            Err(_) => organization(raw, &mut parts),
        }
    } else if let Some(policies) = answer.policies {
        let message = format!(
            "names {} policies without their content; export each by `describe-policy`",
            policies.len()
        );
        parts.problem("", ProblemKind::Incomplete, &message);
    } else if let Some(listed) = answer.targets {
        targets(listed, is_whole, &mut parts);
    } else if let Some(Attributes { policy: Some(text), queue_arn, topic_arn }) = answer.attributes
    {
        resource("/Attributes/Policy", &text, queue_arn.or(topic_arn), None, &mut parts);
    } else if let Some(text) = answer.resource_policy {
        resource("/ResourcePolicy", &text, answer.arn, None, &mut parts);
    } else if let Some(text) = answer.policy_text {
        resource("/policyText", &text, answer.repository_name, None, &mut parts);
    } else {
        parts.problem("", ProblemKind::MissingField, "the answer holds no policy");
    }
}

/// A document without anything around it; what it is for can show only in its statements.
fn bare(parts: &mut Parts<'_>) {
    let name =
        parts.document.source.file.raw().rsplit(['/', '\\']).next().unwrap_or_default().into();
    match policy_text(parts.document.json, parts.sink) {
        Ok(document) => {
            let function = function_of(&document);
            let attached_to = match function {
                PolicyFunction::Resource => only_resource(&document).into_iter().collect(),
                _ => Vec::new(),
            };
            let policy =
                IamPolicy { name, function, attached_to, document, ..IamPolicy::default() };
            parts.realm = account(policy.attached_to.iter().map(Text::raw));
            parts.record("", Provisioning::default(), Configured::Aws(Aws::Policy(policy)));
        }
        Err(reason) => parts.problem("", ProblemKind::Malformed, &reason),
    }
}

/// Only policies of resources name principals, and among them only the trust of a role speaks of
/// nothing but assuming it. A policy without principals may be of an identity, a boundary, a session
/// or an organization.
fn function_of(document: &PolicyDocument) -> PolicyFunction {
    let statements = &document.statements;
    if statements.is_empty() || !statements.iter().all(|statement| statement.principals.is_some()) {
        return PolicyFunction::Unknown;
    }
    let is_trust = statements.iter().all(|statement| {
        statement.resources.is_none()
            && matches!(&statement.actions, Listed::Only(actions)
                if actions.iter().all(|action| action.raw().starts_with("sts:")))
    });
    if is_trust { PolicyFunction::Trust } else { PolicyFunction::Resource }
}

/// The bucket or other resource that all statements are about, when it is one.
fn only_resource(document: &PolicyDocument) -> Option<Text> {
    let mut found: Option<String> = None;
    for statement in &document.statements {
        let Some(Listed::Only(resources)) = &statement.resources else { return None };
        for resource in resources {
            let arn = Arn::parse(resource.raw())?;
            let whole = match arn.service {
                "s3" => resource.raw().trim_end_matches("/*"),
                _ => resource.raw(),
            };
            if whole.contains(['*', '?', '$']) || found.as_ref().is_some_and(|found| found != whole)
            {
                return None;
            }
            found = Some(whole.to_owned());
        }
    }
    found.map(Text::from)
}

fn resource(
    pointer: &str,
    text: &str,
    holder: Option<Text>,
    name: Option<Text>,
    parts: &mut Parts<'_>,
) {
    let document = match policy_text(text, parts.sink) {
        Ok(document) => document,
        Err(reason) => return parts.problem(pointer, ProblemKind::Malformed, &reason),
    };
    let holder = holder.or_else(|| only_resource(&document)).or_else(|| asked(parts));
    if holder.is_none() {
        let reason = "does not name the resource that it is attached to; \
                      call the file `get-key-policy.KEY.json` or the like";
        parts.problem(pointer, ProblemKind::MissingField, reason);
    }
    let policy = IamPolicy {
        name: name.unwrap_or_else(|| "policy".into()),
        function: PolicyFunction::Resource,
        attached_to: holder.into_iter().collect(),
        document,
        ..IamPolicy::default()
    };
    parts.realm = account(policy.attached_to.iter().map(Text::raw));
    parts.record(pointer, Provisioning::default(), Configured::Aws(Aws::Policy(policy)));
}

/// The resource, from the name of the file.
fn asked(parts: &Parts<'_>) -> Option<Text> {
    let file = parts.document.source.file.raw();
    ["get-bucket-policy", "get-key-policy", "get-repository-policy", "get-policy"]
        .iter()
        .find_map(|command| asked_about(file, command).map(Text::from))
}

/// `organizations describe-policy`.
fn organization(raw: &RawValue, parts: &mut Parts<'_>) {
    let policy: OrganizationPolicy<'_> = match serde_json::from_str(raw.get()) {
        Ok(policy) => policy,
        Err(error) => return parts.problem("/Policy", ProblemKind::Malformed, &error.to_string()),
    };
    let summary = policy.policy_summary;
    let function = match summary.kind.raw() {
        "SERVICE_CONTROL_POLICY" => PolicyFunction::ServiceControl,
        "RESOURCE_CONTROL_POLICY" => PolicyFunction::ResourceControl,
        other => {
            let message = format!("policies of type {other} are not read");
            return parts.problem("/Policy", ProblemKind::Unsupported, &message);
        }
    };
    let at = "/Policy/Content";
    let Some(content) = policy.content else {
        return parts.problem(at, ProblemKind::Incomplete, "the policy lacks its content");
    };
    match policy_document(content, parts.sink) {
        Ok(document) => {
            parts.realm = account([summary.arn.raw()]);
            let policy = IamPolicy {
                name: summary.name.unwrap_or_else(|| summary.arn.clone()),
                arn: Some(summary.arn),
                function,
                document,
                ..IamPolicy::default()
            };
            parts.record("/Policy", Provisioning::default(), Configured::Aws(Aws::Policy(policy)));
        }
        Err(reason) => parts.problem(at, ProblemKind::Malformed, &reason),
    }
}

/// `organizations list-targets-for-policy`: whose targets they are stands in the file's name at best.
fn targets(listed: Vec<Target>, complete: bool, parts: &mut Parts<'_>) {
    let file = parts.document.source.file.raw();
    let Some(of) = asked_about(file, "list-targets-for-policy").map(Text::from) else {
        let reason =
            "does not name the policy; call the file `list-targets-for-policy.POLICY.json`";
        return parts.problem("", ProblemKind::MissingField, reason);
    };
    let with = listed.into_iter().map(|target| target.arn.unwrap_or(target.target_id)).collect();
    let attachments = Attachments { holder: Holder::Policy, of, with, complete };
    parts.record("", Provisioning::default(), Configured::Aws(Aws::Attachments(attachments)));
}
