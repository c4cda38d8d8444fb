//! Azure and Microsoft Entra: role assignments and definitions, federated credentials, agent
//! identities and diagnostic settings, as `az` and the APIs write them.

mod entra;
mod resources;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::parts::Parts;
use crate::domain::{Discipline, Text};
use crate::ingest::{Document, Format, Shape, Side, Sink};

pub const FORMAT: Format = Format {
    id: "azure-access",
    title: "Azure roles and Entra agent identities",
    side: Side::Configured,
    says: &[(
        Discipline::Identity,
        "role assignments and definitions, federated credentials, agent identities, log settings",
    )],
    coverage: "assignments above the scope, and of groups, only where they were asked for too",
    recognises,
    read,
};

fn recognises(shape: &Shape<'_>) -> bool {
    let is_wrapped =
        || shape.has("value") && (shape.has("@odata.context") || shape.keys.len() <= 2);
    if !is_wrapped() {
        return serde_json::from_str(shape.json())
            .is_ok_and(|head| Kind::of(&head, None).is_some());
    }
    let Ok(list) = serde_json::from_str::<List<'_>>(shape.json()) else { return false };
    let first = list.value.first().and_then(|item| serde_json::from_str(item.get()).ok());
    first.is_some_and(|head| Kind::of(&head, list.context.as_ref().map(Text::raw)).is_some())
}

#[derive(Deserialize)]
struct List<'a> {
    #[serde(default, rename = "@odata.context")]
    context: Option<Text>,
    #[serde(borrow)]
    value: Vec<&'a RawValue>,
}

/// The members of an item that tell its kind.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Head {
    #[serde(rename = "type")]
    kind: Option<Text>,
    #[serde(rename = "@odata.type")]
    odata_type: Option<Text>,
    #[serde(rename = "@odata.context")]
    context: Option<Text>,
    #[serde(rename = "servicePrincipalType")]
    service_principal_type: Option<Text>,
    id: Option<Text>,
    issuer: Option<Text>,
    audiences: Option<Vec<Text>>,
}

/// What an item is.
enum Kind {
    Resource(resources::Read),
    /// An agent object of Graph, by its type.
    Agent(&'static str),
}

impl Kind {
    fn of(head: &Head, context: Option<&str>) -> Option<Self> {
        let kind = head.kind.as_ref().map_or("", Text::raw);
        let named = |(name, _): &&(&str, resources::Read)| kind.eq_ignore_ascii_case(name);
        if let Some((_, read)) = resources::KINDS.iter().find(named) {
            return Some(Self::Resource(*read));
        }
        let context = head.context.as_ref().map(Text::raw).or(context).unwrap_or_default();
        let stated = head.odata_type.as_ref().map_or(context, Text::raw);
        if let Some(agent) = entra::kind(stated) {
            return Some(Self::Agent(agent));
        }
        if head.service_principal_type.as_ref().is_some_and(|kind| *kind == "ServiceIdentity") {
            return Some(Self::Agent(entra::AGENT_IDENTITY));
        }
        let is_federated = head.id.is_some() && head.issuer.is_some() && head.audiences.is_some();
        is_federated.then_some(Self::Resource(resources::federated_credential))
    }
}

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let mut parts = Parts::new(document, sink);
    let list = serde_json::from_str::<List<'_>>(document.json);
    match list {
        Ok(List { context, value }) => {
            let items: Vec<(String, &RawValue)> = parts.items("/value", &value);
            let context = context.as_ref().map(Text::raw);
            items.into_iter().for_each(|(at, item)| emit(&at, item.get(), context, &mut parts));
        }
        Err(_) => emit("", document.json, None, &mut parts),
    }
}

fn emit(pointer: &str, json: &str, context: Option<&str>, parts: &mut Parts<'_>) {
    use crate::domain::ProblemKind::{Malformed, Unsupported};
    // Items of one list may lie in different subscriptions, or in none.
    (parts.realm, parts.at) = (Text::default(), None);
    let head = match serde_json::from_str::<Head>(json) {
        Ok(head) => head,
        Err(error) => return parts.problem(pointer, Malformed, &error.to_string()),
    };
    let read = match Kind::of(&head, context) {
        Some(Kind::Resource(read)) => read(pointer, json, parts),
        Some(Kind::Agent(kind)) => entra::read(kind, pointer, json, parts),
        None => return parts.problem(pointer, Unsupported, "an item of another kind"),
    };
    if let Err(error) = read {
        parts.problem(pointer, Malformed, &error.to_string());
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{body, check};

    const SCOPE: &str = "/subscriptions/s-1/resourceGroups/agents";

    #[test]
    fn role_assignments_flat_and_nested() {
        let properties = format!(
            r#""principalId":"p-1","principalType":"ServicePrincipal","roleDefinitionId":"{SCOPE}/rd","scope":"{SCOPE}",
            "createdOn":"2026-01-01T00:00:00.5+00:00","createdBy":"dana","condition":null"#
        );
        let kind = r#""type":"Microsoft.Authorization/roleAssignments""#;
        let flat = format!(
            r#"{{"id":"{SCOPE}/ra","name":"ra",{kind},"principalName":"","roleDefinitionName":"Reader",{properties}}}"#
        );
        let nested =
            format!(r#"{{"value":[{{"id":"{SCOPE}/ra",{kind},"properties":{{{properties}}}}}]}}"#);
        let line = format!("s-1 Microsoft.Authorization/roleAssignments /{SCOPE}/ra");
        for text in [format!("[{flat}]"), nested] {
            let found = check("f.json", &text, &[&line]);
            let granted = found.records.first().map(|record| record.provisioning.clone());
            let granted = granted.expect("one record");
            assert_eq!(granted.granted_by, Some("dana".into()));
            assert!(granted.granted_at.is_some());
        }
        let read = body("f.json", &flat);
        assert_eq!((&read["role_name"], read.get("principal_name")), (&"Reader".into(), None));
    }

    #[test]
    fn role_definitions_keep_all_four_lists() {
        let definition = r#"{"id":"/subscriptions/s-1/providers/Microsoft.Authorization/roleDefinitions/d","type":"Microsoft.Authorization/roleDefinitions",
            "roleName":"Runner","roleType":"CustomRole","assignableScopes":["/subscriptions/s-1"],
            "permissions":[{"actions":["*/read"],"notActions":["x/read"],"dataActions":["b/read"],"notDataActions":[]}]}"#;
        let read = body("f.json", definition);
        assert_eq!(read["role_type"], "CustomRole");
        assert_eq!(
            read["permissions"],
            serde_json::json!([{"actions":["*/read"],"not_actions":["x/read"],"data_actions":["b/read"]}])
        );
        let nested = r#"{"id":"/d","type":"Microsoft.Authorization/roleDefinitions","properties":{"roleName":"R","type":"BuiltInRole","permissions":null}}"#;
        assert_eq!(body("f.json", nested)["role_type"], "BuiltInRole");
    }

    #[test]
    fn federated_credentials_of_identities_and_applications() {
        let identity =
            "/subscriptions/s-1/providers/Microsoft.ManagedIdentity/userAssignedIdentities/planner";
        let of_identity = format!(
            r#"{{"id":"{identity}/federatedIdentityCredentials/k8s","name":"k8s","type":"Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials",
            "issuer":"https://oidc.x","subject":"system:serviceaccount:agents:planner","audiences":["api://AzureADTokenExchange"]}}"#
        );
        let read = body("f.json", &of_identity);
        assert_eq!(read["identity"], identity);
        assert_eq!(read["subject"], "system:serviceaccount:agents:planner");
        let of_application = r#"{"@odata.context":"https://graph.microsoft.com/v1.0/$metadata#applications('x')/federatedIdentityCredentials",
            "value":[{"id":"c-1","name":"gh","issuer":"https://token.x","audiences":["a"],"claimsMatchingExpression":{"value":"claims['sub'] matches 'repo:o/*'"}}]}"#;
        check("f.json", of_application, &[" federatedIdentityCredential /c-1"]);
        assert_eq!(body("f.json", of_application)["claims"], "claims['sub'] matches 'repo:o/*'");
    }

    #[test]
    fn agent_identities() {
        for (text, expected) in [
            (
                r##"{"@odata.type":"#microsoft.graph.agentIdentity","id":"i-1","displayName":"desk","agentIdentityBlueprintId":"b-1","servicePrincipalType":"ServiceIdentity"}"##,
                " agentIdentity /i-1",
            ),
            (
                r#"{"@odata.context":"https://graph.microsoft.com/v1.0/$metadata#applications/microsoft.graph.agentIdentityBlueprint","value":[{"id":"b-1","appId":"a-1","displayName":"Desk"}]}"#,
                " agentIdentityBlueprint /b-1",
            ),
            (
                r##"{"value":[{"@odata.type":"#microsoft.graph.agentUser","id":"u-1","identityParentId":"i-1","accountEnabled":false}]}"##,
                " agentUser /u-1",
            ),
            (
                r#"{"id":"i-2","servicePrincipalType":"ServiceIdentity","appId":"x"}"#,
                " agentIdentity /i-2",
            ),
        ] {
            check("f.json", text, &[expected]);
        }
        let principal = r##"{"@odata.type":"#microsoft.graph.agentIdentityBlueprintPrincipal","id":"p-1","appId":"a-1","createdDateTime":"2026-04-26T00:00:00Z"}"##;
        let read = body("f.json", principal);
        assert_eq!(
            (&read["parent"], &read["created_at"]),
            (&"a-1".into(), &"2026-04-26T00:00:00Z".into())
        );
    }

    #[test]
    fn diagnostic_settings_name_their_resource() {
        let text = r#"{"id":"/subscriptions/s-1/vaults/v/providers/microsoft.insights/diagnosticSettings/all","type":"Microsoft.Insights/diagnosticSettings",
            "logs":[{"category":"AuditEvent","enabled":true},{"categoryGroup":"allLogs","enabled":false}],"workspaceId":"w"}"#;
        let read = body("f.json", text);
        assert_eq!(read["resource"], "/subscriptions/s-1/vaults/v");
        assert_eq!(read["logs"][0], serde_json::json!({"category":"AuditEvent","enabled":true}));
    }

    #[test]
    fn one_bad_item_costs_itself() {
        check(
            "f.json",
            r#"{"value":[{"id":"/subscriptions/s-1/d","type":"Microsoft.Authorization/roleDefinitions"},
                {"id":"i-1","servicePrincipalType":"ServiceIdentity"},{"id":"x","type":"Microsoft.Web/sites"},
                {"type":"Microsoft.Authorization/roleAssignments","id":"y"},7]}"#,
            &[
                "s-1 Microsoft.Authorization/roleDefinitions //subscriptions/s-1/d",
                " agentIdentity /i-1",
                ":/value/2 unsupported",
                ":/value/3 malformed",
                ":/value/4 malformed",
            ],
        );
    }
}
