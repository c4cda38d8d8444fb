//! Resources of Azure Resource Manager: flat as `az` writes them, or with their `properties` inside
//! as the API does.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::super::parts::Parts;
use crate::domain::Text;
use crate::domain::configured::cloud::Azure;
use crate::domain::configured::cloud::azure::{
    AzurePermission, DiagnosticLog, DiagnosticSetting, FederatedCredential, RoleAssignment,
    RoleDefinition,
};
use crate::domain::configured::{Configured, Provisioning};
use crate::ingest::json::nullable;

/// Reads one item into the sink.
pub type Read = fn(&str, &str, &mut Parts<'_>) -> Result<(), serde_json::Error>;

/// Resource types that are read.
pub const KINDS: &[(&str, Read)] = &[
    ("Microsoft.Authorization/roleAssignments", role_assignment),
    ("Microsoft.Authorization/roleDefinitions", role_definition),
    (
        "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials",
        federated_credential,
    ),
    ("Microsoft.Insights/diagnosticSettings", diagnostic_setting),
];

#[derive(Deserialize)]
struct Outer<'a> {
    id: Text,
    #[serde(default)]
    name: Option<Text>,
    #[serde(borrow, default)]
    properties: Option<&'a RawValue>,
}

/// The resource's id and name, and its properties wherever they stand.
fn resource<'a, T: Deserialize<'a>>(json: &'a str) -> Result<(Outer<'a>, T), serde_json::Error> {
    let outer: Outer<'a> = serde_json::from_str(json)?;
    let properties = outer.properties.map_or(json, RawValue::get);
    let properties = serde_json::from_str(properties)?;
    Ok((outer, properties))
}

/// The subscription in a resource id or scope.
fn subscription(id: &Text) -> Text {
    let mut steps =
        id.raw().split('/').skip_while(|step| !step.eq_ignore_ascii_case("subscriptions"));
    steps.nth(1).unwrap_or_default().into()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Assignment {
    principal_id: Text,
    #[serde(default)]
    principal_name: Option<Text>,
    #[serde(default)]
    principal_type: Option<Text>,
    role_definition_id: Text,
    #[serde(default)]
    role_definition_name: Option<Text>,
    scope: Text,
    #[serde(default)]
    condition: Option<Text>,
    #[serde(default)]
    created_on: Option<String>,
    #[serde(default)]
    created_by: Option<Text>,
    #[serde(default)]
    updated_on: Option<String>,
}

fn role_assignment(
    pointer: &str,
    json: &str,
    parts: &mut Parts<'_>,
) -> Result<(), serde_json::Error> {
    let (outer, assignment) = resource::<Assignment>(json)?;
    let time = |text: &Option<String>| text.as_deref().and_then(|text| text.parse().ok());
    let granted_at = time(&assignment.created_on);
    parts.at = time(&assignment.updated_on).max(granted_at);
    parts.realm = subscription(&assignment.scope);
    let granted =
        Provisioning { granted_by: assignment.created_by, granted_at, ..Provisioning::default() };
    let body = RoleAssignment {
        id: outer.id,
        principal: assignment.principal_id,
        principal_name: assignment.principal_name.filter(|name| !name.is_empty()),
        principal_type: assignment.principal_type,
        role: assignment.role_definition_id,
        role_name: assignment.role_definition_name,
        scope: assignment.scope,
        condition: assignment.condition,
    };
    parts.record(pointer, granted, Configured::Azure(Azure::RoleAssignment(body)));
    Ok(())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Definition {
    #[serde(default)]
    role_name: Option<Text>,
    #[serde(default)]
    role_type: Option<Text>,
    /// The kind of role in the API's properties; the resource type where all is flat.
    #[serde(default, rename = "type")]
    kind: Option<Text>,
    #[serde(default, deserialize_with = "nullable")]
    assignable_scopes: Vec<Text>,
    #[serde(default, deserialize_with = "nullable")]
    permissions: Vec<Permission>,
    #[serde(default)]
    updated_on: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Permission {
    #[serde(default, deserialize_with = "nullable")]
    actions: Vec<Text>,
    #[serde(default, deserialize_with = "nullable")]
    not_actions: Vec<Text>,
    #[serde(default, deserialize_with = "nullable")]
    data_actions: Vec<Text>,
    #[serde(default, deserialize_with = "nullable")]
    not_data_actions: Vec<Text>,
    #[serde(default)]
    condition: Option<Text>,
}

fn role_definition(
    pointer: &str,
    json: &str,
    parts: &mut Parts<'_>,
) -> Result<(), serde_json::Error> {
    let (outer, definition) = resource::<Definition>(json)?;
    parts.at = definition.updated_on.as_deref().and_then(|time| time.parse().ok());
    parts.realm = subscription(&outer.id);
    let permissions = definition.permissions.into_iter().map(|permission| AzurePermission {
        actions: permission.actions,
        not_actions: permission.not_actions,
        data_actions: permission.data_actions,
        not_data_actions: permission.not_data_actions,
        condition: permission.condition,
    });
    let body = RoleDefinition {
        name: definition.role_name.or(outer.name).unwrap_or_else(|| outer.id.clone()),
        id: outer.id,
        role_type: definition.role_type.or(definition.kind.filter(|_| outer.properties.is_some())),
        assignable_scopes: definition.assignable_scopes,
        permissions: permissions.collect(),
    };
    parts.record(pointer, Provisioning::default(), Configured::Azure(Azure::RoleDefinition(body)));
    Ok(())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Credential {
    issuer: Text,
    #[serde(default)]
    subject: Option<Text>,
    #[serde(default)]
    claims_matching_expression: Option<Expression>,
    #[serde(default, deserialize_with = "nullable")]
    audiences: Vec<Text>,
}

#[derive(Deserialize)]
struct Expression {
    value: Text,
}

/// Of a managed identity (Resource Manager) or of an application (Graph).
pub fn federated_credential(
    pointer: &str,
    json: &str,
    parts: &mut Parts<'_>,
) -> Result<(), serde_json::Error> {
    let (outer, credential) = resource::<Credential>(json)?;
    parts.realm = subscription(&outer.id);
    let owner = outer.id.raw().split_once("/federatedIdentityCredentials/").map(|(owner, _)| owner);
    let body = FederatedCredential {
        identity: owner.map(Text::from),
        name: outer.name.unwrap_or_else(|| outer.id.clone()),
        id: outer.id,
        issuer: credential.issuer,
        subject: credential.subject.filter(|subject| !subject.is_empty()),
        claims: credential.claims_matching_expression.map(|expression| expression.value),
        audiences: credential.audiences,
    };
    parts.record(
        pointer,
        Provisioning::default(),
        Configured::Azure(Azure::FederatedCredential(body)),
    );
    Ok(())
}

#[derive(Deserialize)]
struct Setting {
    #[serde(default, deserialize_with = "nullable")]
    logs: Vec<Log>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Log {
    #[serde(default)]
    category: Option<Text>,
    #[serde(default)]
    category_group: Option<Text>,
    #[serde(default)]
    enabled: bool,
}

fn diagnostic_setting(
    pointer: &str,
    json: &str,
    parts: &mut Parts<'_>,
) -> Result<(), serde_json::Error> {
    let (outer, setting) = resource::<Setting>(json)?;
    parts.realm = subscription(&outer.id);
    let marker = "/providers/microsoft.insights/diagnosticsettings/";
    let end = outer.id.raw().to_ascii_lowercase().rfind(marker);
    let resource = end.and_then(|end| outer.id.raw().get(..end)).unwrap_or_default();
    let logs = setting.logs.into_iter().map(|log| DiagnosticLog {
        category: log.category,
        group: log.category_group,
        enabled: log.enabled,
    });
    let body = DiagnosticSetting { resource: resource.into(), id: outer.id, logs: logs.collect() };
    parts.record(
        pointer,
        Provisioning::default(),
        Configured::Azure(Azure::DiagnosticSetting(body)),
    );
    Ok(())
}
