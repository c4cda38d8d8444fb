//! Objects of Microsoft Entra Agent ID, as Microsoft Graph writes them.

use serde::Deserialize;

use super::super::parts::Parts;
use crate::domain::Text;
use crate::domain::configured::cloud::Azure;
use crate::domain::configured::cloud::azure::EntraAgent;
use crate::domain::configured::{Configured, Provisioning};

pub const AGENT_IDENTITY: &str = "agentIdentity";

/// Longer names first: each begins with the next.
const KINDS: &[&str] =
    &["agentIdentityBlueprintPrincipal", "agentIdentityBlueprint", AGENT_IDENTITY, "agentUser"];

/// The kind in `#microsoft.graph.agentIdentity`, or in the context of an answer, which ends in
/// `…$metadata#servicePrincipals/microsoft.graph.agentIdentity/$entity`.
pub fn kind(stated: &str) -> Option<&'static str> {
    let (_, named) = stated.rsplit_once("microsoft.graph.")?;
    let named = named.split(|c: char| !c.is_ascii_alphanumeric()).next()?;
    KINDS.iter().find(|kind| named == **kind).copied()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Object {
    id: Text,
    #[serde(default)]
    app_id: Option<Text>,
    #[serde(default)]
    display_name: Option<Text>,
    #[serde(default)]
    agent_identity_blueprint_id: Option<Text>,
    #[serde(default)]
    identity_parent_id: Option<Text>,
    #[serde(default)]
    account_enabled: Option<bool>,
    #[serde(default)]
    created_date_time: Option<String>,
    #[serde(default)]
    created_by_app_id: Option<Text>,
}

pub fn read(
    kind: &str,
    pointer: &str,
    json: &str,
    parts: &mut Parts<'_>,
) -> Result<(), serde_json::Error> {
    let object: Object = serde_json::from_str(json)?;
    let created = object.created_date_time.as_deref().and_then(|time| time.parse().ok());
    // A blueprint principal stands for its blueprint, whose application id it shares.
    let blueprint = object.app_id.clone().filter(|_| kind == "agentIdentityBlueprintPrincipal");
    let agent = EntraAgent {
        kind: kind.into(),
        id: object.id,
        app_id: object.app_id,
        name: object.display_name,
        parent: object.agent_identity_blueprint_id.or(object.identity_parent_id).or(blueprint),
        enabled: object.account_enabled,
        created_at: created,
    };
    parts.at = created;
    let granted = Provisioning {
        granted_by: object.created_by_app_id,
        granted_at: created,
        ..Provisioning::default()
    };
    parts.record(pointer, granted, Configured::Azure(Azure::AgentIdentity(agent)));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_in_types_and_contexts() {
        for (stated, expected) in [
            ("#microsoft.graph.agentIdentity", Some("agentIdentity")),
            ("#microsoft.graph.agentIdentityBlueprint", Some("agentIdentityBlueprint")),
            (
                "https://graph.microsoft.com/v1.0/$metadata#servicePrincipals/microsoft.graph.agentIdentity/$entity",
                Some("agentIdentity"),
            ),
            ("https://graph.microsoft.com/v1.0/$metadata#users", None),
            ("#microsoft.graph.servicePrincipal", None),
        ] {
            assert_eq!(kind(stated), expected, "{stated}");
        }
    }
}
