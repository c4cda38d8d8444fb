//! Single answers of `aws iam`: one identity, one inline policy, one version, one list of attachments,
//! the OpenID Connect providers.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::super::parts::{Parts, asked_about};
use super::document::policy_document;
use super::identity::{Attached, Detail};
use super::managed::Version;
use super::wire::{Tag, Time, account, provisioning};
use crate::domain::configured::cloud::aws::{
    Arn, Attachments, Aws, Holder, IamKind, IamPolicy, OidcProvider, PolicyFunction,
};
use crate::domain::configured::{Configured, Provisioning};
use crate::domain::{Discipline, Location, ProblemKind, Text};
use crate::ingest::json::nullable;
use crate::ingest::{Document, Format, Shape, Side, Sink};

pub const FORMAT: Format = Format {
    id: "aws-iam",
    title: "AWS IAM, single answers",
    side: Side::Configured,
    says: &[(
        Discipline::Identity,
        "a role or user, an inline policy, a policy version, attachments, OpenID Connect providers",
    )],
    coverage: "the one object that was asked for; what else there is it does not show",
    recognises,
    read,
};

/// Keys that together mark an answer; where they are words of others too, a part of the text as well.
const ANSWERS: &[(&[&str], &str)] = &[
    (&["Role"], ":role/"),
    (&["User"], ":user/"),
    (&["RoleName", "PolicyName", "PolicyDocument"], ""),
    (&["UserName", "PolicyName", "PolicyDocument"], ""),
    (&["GroupName", "PolicyName", "PolicyDocument"], ""),
    (&["PolicyVersion"], "\"VersionId\""),
    (&["AttachedPolicies"], ""),
    (&["Policy"], "\"DefaultVersionId\""),
    (&["OpenIDConnectProviderList"], ""),
    (&["Url", "ClientIDList"], ""),
];

fn recognises(shape: &Shape<'_>) -> bool {
    ANSWERS.iter().any(|(keys, inside)| {
        keys.iter().all(|key| shape.has(key)) && shape.json().contains(inside)
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer<'a> {
    #[serde(borrow, default)]
    role: Option<Detail<'a>>,
    #[serde(borrow, default)]
    user: Option<Detail<'a>>,
    #[serde(default)]
    role_name: Option<Text>,
    #[serde(default)]
    user_name: Option<Text>,
    #[serde(default)]
    group_name: Option<Text>,
    #[serde(default)]
    policy_name: Option<Text>,
    #[serde(borrow, default)]
    policy_document: Option<&'a RawValue>,
    #[serde(borrow, default)]
    policy_version: Option<Version<'a>>,
    #[serde(default)]
    attached_policies: Option<Vec<Attached>>,
    #[serde(default)]
    is_truncated: Option<bool>,
    #[serde(default, rename = "OpenIDConnectProviderList")]
    providers: Option<Vec<Provider>>,
    #[serde(default)]
    url: Option<Text>,
    #[serde(default, rename = "ClientIDList", deserialize_with = "nullable")]
    client_ids: Vec<Text>,
    #[serde(default)]
    create_date: Time,
    #[serde(default, deserialize_with = "nullable")]
    tags: Vec<Tag>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Provider {
    arn: Text,
}

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(mut answer) = document.parse::<Answer<'_>>(sink) else { return };
    let mut parts = Parts::new(document, sink);
    let holder = [
        (IamKind::Role, answer.role_name.take()),
        (IamKind::User, answer.user_name.take()),
        (IamKind::Group, answer.group_name.take()),
    ];
    let holder = holder.into_iter().find_map(|(kind, name)| Some((kind, name?)));
    if let Some(role) = answer.role {
        identity(IamKind::Role, "/Role", role, &mut parts);
    } else if let Some(user) = answer.user {
        identity(IamKind::User, "/User", user, &mut parts);
    } else if let (Some(name), Some(raw)) = (answer.policy_name, answer.policy_document) {
        inline_policy(name, holder.map(|(_, name)| name), raw, &mut parts);
    } else if let Some(version) = answer.policy_version {
        policy_version(version, &mut parts);
    } else if let Some(attached) = answer.attached_policies {
        let complete = answer.is_truncated != Some(true) && document.at == Location::Whole;
        attachments(holder, attached, complete, &mut parts);
    } else if let Some(listed) = answer.providers {
        providers(listed, &mut parts);
    } else if let Some(url) = answer.url {
        let tags = answer.tags.into_iter().map(|tag| (tag.key, tag.value)).collect();
        parts.at = answer.create_date.0;
        let provider = OidcProvider { arn: None, url, audiences: Some(answer.client_ids) };
        let granted = provisioning(&tags, answer.create_date.0);
        parts.record("", granted, Configured::Aws(Aws::OidcProvider(provider)));
    } else {
        let reason = "describes a policy without its document; export it by `get-policy-version`";
        parts.problem("", ProblemKind::Incomplete, reason);
    }
}

fn identity(kind: IamKind, pointer: &str, detail: Detail<'_>, parts: &mut Parts<'_>) {
    parts.realm = account([detail.arn.raw()]);
    parts.at = detail.latest();
    detail.emit(kind, pointer, parts);
}

/// The answer names its holder without the account.
fn inline_policy(name: Text, holder: Option<Text>, raw: &RawValue, parts: &mut Parts<'_>) {
    match policy_document(raw, parts.sink) {
        Ok(document) => {
            let policy = IamPolicy {
                name,
                function: PolicyFunction::Identity,
                attached_to: holder.into_iter().collect(),
                document,
                ..IamPolicy::default()
            };
            parts.record("", Provisioning::default(), Configured::Aws(Aws::Policy(policy)));
        }
        Err(reason) => parts.problem("/PolicyDocument", ProblemKind::Malformed, &reason),
    }
}

fn policy_version(version: Version<'_>, parts: &mut Parts<'_>) {
    let at = "/PolicyVersion/Document";
    let Some(raw) = version.document else {
        return parts.problem(at, ProblemKind::Incomplete, "the policy version lacks its document");
    };
    let document = match policy_document(raw, parts.sink) {
        Ok(document) => document,
        Err(reason) => return parts.problem(at, ProblemKind::Malformed, &reason),
    };
    let Some(name) = asked_about(parts.document.source.file.raw(), "get-policy-version") else {
        let reason = "does not name the policy; call the file `get-policy-version.POLICY.json`";
        return parts.problem("", ProblemKind::MissingField, reason);
    };
    let policy = IamPolicy {
        name: name.into(),
        function: PolicyFunction::Identity,
        version: version.version_id,
        in_force: version.is_default_version,
        document,
        ..IamPolicy::default()
    };
    parts.at = version.create_date.0;
    let granted = Provisioning { granted_at: parts.at, ..Provisioning::default() };
    parts.record("", granted, Configured::Aws(Aws::Policy(policy)));
}

/// The commands whose answers list attachments without their holder.
const LISTS: &[(&str, IamKind)] = &[
    ("list-attached-role-policies", IamKind::Role),
    ("list-attached-user-policies", IamKind::User),
    ("list-attached-group-policies", IamKind::Group),
];

fn attachments(
    stated: Option<(IamKind, Text)>,
    attached: Vec<Attached>,
    complete: bool,
    parts: &mut Parts<'_>,
) {
    let file = parts.document.source.file.clone();
    let named = || {
        LISTS
            .iter()
            .find_map(|(command, kind)| Some((*kind, asked_about(file.raw(), command)?.into())))
    };
    let Some((kind, of)) = stated.or_else(named) else {
        let reason = "does not name whose policies these are; call the file `list-attached-role-policies.ROLE.json`";
        return parts.problem("", ProblemKind::MissingField, reason);
    };
    let with: Vec<Text> = attached.into_iter().map(|attached| attached.policy_arn).collect();
    parts.realm = account(with.iter().map(Text::raw));
    let attachments = Attachments { holder: Holder::Identity(kind), of, with, complete };
    parts.record("", Provisioning::default(), Configured::Aws(Aws::Attachments(attachments)));
}

/// The list has no pages: it is all there is.
fn providers(listed: Vec<Provider>, parts: &mut Parts<'_>) {
    parts.realm = account(listed.iter().map(|provider| provider.arn.raw()));
    for (index, Provider { arn }) in listed.into_iter().enumerate() {
        let at = format!("/OpenIDConnectProviderList/{index}");
        let Some(url) = Arn::parse(arn.raw()).map(|arn| Text::from(arn.resource_name())) else {
            let message = format!("`{}` is no ARN", arn.raw());
            parts.problem(&at, ProblemKind::MissingField, &message);
            continue;
        };
        let provider = OidcProvider { arn: Some(arn), url, audiences: None };
        parts.record(&at, Provisioning::default(), Configured::Aws(Aws::OidcProvider(provider)));
    }
    let complete = !parts.realm.is_empty() && parts.lost == 0;
    parts.snapshot("", "AWS::IAM::OIDCProvider", &Text::default(), complete);
}
