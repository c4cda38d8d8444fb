//! Azure and Microsoft Entra.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::Text;
use crate::domain::configured::Identity;

/// One configured item of a subscription or tenant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "object", rename_all = "kebab-case")]
pub enum Azure {
    RoleAssignment(RoleAssignment),
    RoleDefinition(RoleDefinition),
    FederatedCredential(FederatedCredential),
    AgentIdentity(EntraAgent),
    DiagnosticSetting(DiagnosticSetting),
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleAssignment {
    pub id: Text,
    /// Object id of the user, group or service principal.
    pub principal: Text,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub principal_name: Option<Text>,
    /// `User`, `Group`, `ServicePrincipal`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub principal_type: Option<Text>,
    /// Id of the role definition.
    pub role: Text,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role_name: Option<Text>,
    /// Where it holds, and everywhere below: `/`, a management group, a subscription, …
    pub scope: Text,
    /// A condition on attributes that must hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<Text>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleDefinition {
    pub id: Text,
    pub name: Text,
    /// `BuiltInRole` or `CustomRole`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role_type: Option<Text>,
    pub assignable_scopes: Vec<Text>,
    pub permissions: Vec<AzurePermission>,
}

/// What a role permits: actions without the `not` ones, in each of the two planes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AzurePermission {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<Text>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_actions: Vec<Text>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub data_actions: Vec<Text>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_data_actions: Vec<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition: Option<Text>,
}

/// Tokens of another issuer that stand for an application or managed identity.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FederatedCredential {
    /// The resource id of the credential, or its object id.
    pub id: Text,
    pub name: Text,
    /// Resource id of the managed identity; absent when the source does not name the owner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<Text>,
    pub issuer: Text,
    /// `system:serviceaccount:NAMESPACE:NAME`; absent when an expression takes its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Text>,
    /// An expression over the token's claims.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claims: Option<Text>,
    pub audiences: Vec<Text>,
}

/// An object of Microsoft Entra Agent ID.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntraAgent {
    /// `agentIdentity`, `agentIdentityBlueprint`, `agentIdentityBlueprintPrincipal`, `agentUser`.
    pub kind: Text,
    pub id: Text,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app_id: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Text>,
    /// What it was made from: the blueprint of an identity, the identity of an agent user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
}

/// Where the logs of a resource go, and which.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiagnosticSetting {
    pub id: Text,
    /// The resource whose logs are sent.
    pub resource: Text,
    pub logs: Vec<DiagnosticLog>,
}

/// One line of a setting: a category or a group of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiagnosticLog {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<Text>,
    /// `allLogs` or `audit`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<Text>,
    pub enabled: bool,
}

impl DiagnosticSetting {
    /// Whether logs of the category are certainly sent. Which categories `audit` holds differs from
    /// service to service, so only `allLogs` counts as a group.
    pub fn records(&self, category: &str) -> bool {
        self.logs.iter().filter(|log| log.enabled).any(|log| {
            log.category.as_ref().is_some_and(|named| *named == category)
                || log.group.as_ref().is_some_and(|group| *group == "allLogs")
        })
    }
}

impl Azure {
    /// Which object this speaks of; kinds are resource types of Azure Resource Manager and Graph.
    pub fn identity(&self) -> Identity {
        let none = Text::default();
        let (kind, id) = match self {
            Self::RoleAssignment(item) => ("Microsoft.Authorization/roleAssignments", &item.id),
            Self::RoleDefinition(item) => ("Microsoft.Authorization/roleDefinitions", &item.id),
            Self::FederatedCredential(item) => ("federatedIdentityCredential", &item.id),
            Self::AgentIdentity(item) => return Identity::new(item.kind.clone(), &none, &item.id),
            Self::DiagnosticSetting(item) => ("Microsoft.Insights/diagnosticSettings", &item.id),
        };
        Identity::new(kind, &none, id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_sends_its_enabled_categories() {
        let log = |category: Option<&str>, group: Option<&str>, enabled| DiagnosticLog {
            category: category.map(Text::from),
            group: group.map(Text::from),
            enabled,
        };
        let setting = |logs| DiagnosticSetting { logs, ..DiagnosticSetting::default() };
        for (log, expected) in [
            (log(Some("AuditEvent"), None, true), true),
            (log(Some("AuditEvent"), None, false), false),
            (log(Some("Other"), None, true), false),
            (log(None, Some("allLogs"), true), true),
            (log(None, Some("audit"), true), false),
        ] {
            assert_eq!(setting(vec![log.clone()]).records("AuditEvent"), expected, "{log:?}");
        }
    }
}
