//! Azure activity and resource logs: one event per operation.
//!
//! They come in two spellings: as diagnostic settings stream them (`time`, `resultType`, `identity`)
//! and as the management API lists them (`eventTimestamp`, `status`, `caller`). The streamed form says
//! which role assignment allowed the operation.

use serde::Deserialize;

use super::parameters::Parameters;
use crate::domain::{Decision, Discipline, Event, EventId, EventKind, Outcome, ProblemKind, Text};
use crate::ingest::json::{Part, Word};
use crate::ingest::time::Time;
use crate::ingest::{Document, Format, Side, Sink};

pub const ID: &str = "azure-activity";

pub const FORMAT: Format = Format {
    id: ID,
    title: "Azure activity and resource logs",
    side: Side::Operational,
    says: &[(
        Discipline::Identity,
        "operations on resources with the role assignment that allowed them",
    )],
    coverage: "changes to resources; reads and data only where a diagnostic setting sends them",
    recognises: |shape| {
        const WHO: &[&str] = &["identity", "authorization", "caller", "callerIpAddress"];
        shape.has("operationName") && WHO.iter().any(|key| shape.has(key))
    },
    read,
};

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Activity<'a> {
    time: Time,
    event_timestamp: Time,
    #[serde(borrow)]
    event_data_id: Word<'a>,
    #[serde(borrow)]
    correlation_id: Word<'a>,
    #[serde(borrow)]
    operation_name: Value<'a>,
    #[serde(borrow)]
    category: Value<'a>,
    #[serde(borrow)]
    resource_id: Word<'a>,
    #[serde(borrow)]
    resource_type: Value<'a>,
    #[serde(borrow)]
    result_type: Word<'a>,
    #[serde(borrow)]
    result_signature: Word<'a>,
    #[serde(borrow)]
    result_description: Word<'a>,
    #[serde(borrow)]
    status: Value<'a>,
    #[serde(borrow)]
    sub_status: Value<'a>,
    #[serde(borrow)]
    caller: Word<'a>,
    #[serde(borrow)]
    caller_ip_address: Word<'a>,
    #[serde(borrow)]
    http_request: Part<HttpRequest<'a>>,
    #[serde(borrow)]
    claims: Part<Claims<'a>>,
    #[serde(borrow)]
    authorization: Part<Authorization<'a>>,
    #[serde(borrow)]
    identity: Part<Identity<'a>>,
    #[serde(borrow)]
    properties: Part<Properties<'a>>,
}

/// A word, which the management API wraps with its translation.
#[derive(Default)]
struct Value<'a>(Word<'a>);

impl<'de: 'a, 'a> Deserialize<'de> for Value<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Localized<'a> {
            #[serde(borrow)]
            value: Word<'a>,
        }
        let json = <&'de serde_json::value::RawValue>::deserialize(deserializer)?.get();
        let word = match json.starts_with('{') {
            true => serde_json::from_str::<Localized<'de>>(json).map(|it| it.value),
            false => serde_json::from_str(json),
        };
        Ok(Self(word.unwrap_or_default()))
    }
}

impl Value<'_> {
    fn get(&self) -> Option<&str> {
        self.0.get()
    }
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct HttpRequest<'a> {
    #[serde(borrow)]
    client_ip_address: Word<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Identity<'a> {
    #[serde(borrow)]
    authorization: Part<Authorization<'a>>,
    #[serde(borrow)]
    claims: Part<Claims<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Authorization<'a> {
    #[serde(borrow)]
    action: Word<'a>,
    #[serde(borrow)]
    scope: Word<'a>,
    #[serde(borrow)]
    evidence: Part<Evidence<'a>>,
}

/// What allowed the operation.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Evidence<'a> {
    #[serde(borrow)]
    role: Word<'a>,
    #[serde(borrow)]
    role_assignment_id: Word<'a>,
    #[serde(borrow)]
    role_assignment_scope: Word<'a>,
    #[serde(borrow)]
    role_definition_id: Word<'a>,
    #[serde(borrow)]
    principal_id: Word<'a>,
    #[serde(borrow)]
    principal_type: Word<'a>,
}

/// Claims of the caller's token that identify it.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Claims<'a> {
    #[serde(
        borrow,
        rename = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn",
        alias = "upn"
    )]
    user: Word<'a>,
    #[serde(
        borrow,
        rename = "http://schemas.microsoft.com/identity/claims/objectidentifier",
        alias = "oid"
    )]
    object: Word<'a>,
    #[serde(borrow)]
    appid: Word<'a>,
    /// The identifier of the token; the sign-in that issued it has the same.
    #[serde(borrow)]
    uti: Word<'a>,
    #[serde(borrow)]
    idtyp: Word<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Properties<'a> {
    #[serde(borrow)]
    status_code: Word<'a>,
}

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(activity) = document.parse::<Activity<'_>>(sink) else { return };
    let time = activity.time.0.or(activity.event_timestamp.0);
    let (Some(time), Some(operation)) = (time, activity.operation_name.get()) else {
        let message = "an Azure log record without a time or an operation";
        return sink.problem(document.problem(ProblemKind::MissingField, message));
    };
    let id = activity.event_data_id.get().unwrap_or(document.json);
    let source = sink.intern(ID);
    let id = EventId::of(ID, &[id]);
    let mut event = Event::new(id, time, &source, EventKind::CloudApi, document.place());
    event.recorder = Some(sink.intern("azure-monitor"));
    let authorization = [&activity.authorization, &activity.identity.authorization];
    let authorised = authorization.iter().find_map(|it| it.action.get());
    event.action = Some(sink.intern(authorised.unwrap_or(operation)));
    let scope = authorization.iter().find_map(|it| it.scope.get());
    let resource = activity.resource_id.get().or(scope);
    event.target = resource.map(|resource| sink.intern(resource));
    event.target_kind = activity.resource_type.get().map(|kind| sink.intern(kind));
    event.account = resource.and_then(subscription).map(|subscription| sink.intern(subscription));
    event.call_id = activity.correlation_id.get().map(Text::new);
    let (top, inner) = (&activity.claims, &activity.identity.claims);
    let user = top.user.get().or(inner.user.get());
    let object = top.object.get().or(inner.object.get());
    let app = top.appid.get().or(inner.appid.get());
    event.principal =
        activity.caller.get().or(user).or(object).or(app).map(|name| sink.intern(name));
    event.credential_id = top.uti.get().or(inner.uti.get()).map(Text::new);
    decision_and_outcome(&activity, &mut event, sink);
    let evidence = &activity.identity.authorization.evidence;
    let mut parameters = Parameters::default();
    parameters
        .put("operation", Some(operation))
        .put("category", activity.category.get())
        .put("status", status(&activity))
        .put("statusCode", code(&activity))
        .put(
            "sourceIP",
            activity.caller_ip_address.get().or(activity.http_request.client_ip_address.get()),
        )
        .put("objectId", object)
        .put("appId", app)
        .put("identityType", top.idtyp.get().or(inner.idtyp.get()))
        .put("role", evidence.role.get())
        .put("roleAssignment", evidence.role_assignment_id.get())
        .put("roleAssignmentScope", evidence.role_assignment_scope.get())
        .put("roleDefinition", evidence.role_definition_id.get())
        .put("principalId", evidence.principal_id.get())
        .put("principalType", evidence.principal_type.get());
    event.params = parameters.text();
    sink.event(event);
}

/// The subscription in `/subscriptions/<id>/…`, in whichever case.
fn subscription(resource: &str) -> Option<&str> {
    let mut steps = resource.split('/').skip_while(|it| !it.eq_ignore_ascii_case("subscriptions"));
    steps.nth(1).filter(|id| !id.is_empty())
}

fn status<'a>(activity: &'a Activity<'_>) -> Option<&'a str> {
    activity.result_type.get().or(activity.status.get())
}

fn code<'a>(activity: &'a Activity<'_>) -> Option<&'a str> {
    let properties = activity.properties.status_code.get();
    properties.or(activity.result_signature.get()).or(activity.sub_status.get())
}

fn decision_and_outcome(activity: &Activity<'_>, event: &mut Event, sink: &mut dyn Sink) {
    let status = status(activity).unwrap_or_default();
    // An operation that runs long is recorded when it starts and when it ends.
    event.outcome = match status {
        "Success" | "Succeeded" | "Accept" | "Accepted" => Some(Outcome::Success),
        "Failure" | "Failed" => Some(Outcome::Failure),
        _ => None,
    };
    let code = code(activity).unwrap_or_default();
    let is_refused =
        ["Forbidden", "Unauthorized", "403", "401"].iter().any(|word| code.contains(word))
            || code == "AuthorizationFailed";
    let assignment = activity.identity.authorization.evidence.role_assignment_id.get();
    event.decision = match (is_refused, assignment) {
        (true, _) => Some(Decision::Deny),
        (false, Some(_)) => Some(Decision::Allow),
        (false, None) => None,
    };
    event.inline = event.decision.map(|_| true);
    if event.decision == Some(Decision::Allow) {
        let role = activity.identity.authorization.evidence.role.get();
        event.justification = role.map(|role| sink.intern(&format!("role {role}")));
    }
    if event.outcome == Some(Outcome::Failure) {
        let description = activity.result_description.get().unwrap_or(code);
        event.error = (!description.is_empty()).then(|| description.into());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::domain::{Authorisation, Event, Text};
    use crate::ingest::configured::tests::read_text;
    use crate::ingest::operational::tests::{one, read};

    fn streamed() -> Value {
        json!({
            "time": "2026-08-01T10:00:00Z", "category": "Administrative", "correlationId": "c-1",
            "resourceId": "/SUBSCRIPTIONS/S-1/RESOURCEGROUPS/R/PROVIDERS/MICROSOFT.STORAGE/STORAGEACCOUNTS/A",
            "operationName": "MICROSOFT.STORAGE/STORAGEACCOUNTS/LISTKEYS/ACTION",
            "resultType": "Success", "resultSignature": "Succeeded.", "callerIpAddress": "10.0.0.9",
            "identity": {
                "authorization": {
                    "action": "Microsoft.Storage/storageAccounts/listKeys/action", "scope": "/subscriptions/S-1/x",
                    "evidence": {"role": "Contributor", "roleAssignmentId": "ra-1", "principalId": "o-1", "principalType": "ServicePrincipal"},
                },
                "claims": {"appid": "app-1", "uti": "u-1", "http://schemas.microsoft.com/identity/claims/objectidentifier": "o-1"},
            },
        })
    }

    fn raw(text: &Option<Text>) -> Option<&str> {
        text.as_ref().map(Text::raw)
    }

    #[track_caller]
    fn check(record: &Value, principal: &str, authorisation: Authorisation) -> Event {
        let event = one("x.json", &record.to_string());
        assert_eq!(
            raw(&event.action),
            Some("Microsoft.Storage/storageAccounts/listKeys/action"),
            "{record}"
        );
        assert_eq!((raw(&event.account), raw(&event.principal)), (Some("S-1"), Some(principal)));
        assert_eq!(event.authorisation(), authorisation, "{record}");
        event
    }

    #[test]
    fn streamed_records_say_what_allowed_the_operation() {
        let event = check(&streamed(), "o-1", Authorisation::Allowed);
        assert_eq!(raw(&event.justification), Some("role Contributor"));
        assert_eq!((raw(&event.credential_id), raw(&event.call_id)), (Some("u-1"), Some("c-1")));
        let params = event.params.unwrap_or_default();
        assert!(params.raw().contains(r#""roleAssignment":"ra-1""#), "{}", params.raw());

        let mut refused = streamed();
        refused["resultType"] = "Failure".into();
        refused["resultSignature"] = "Failed.Forbidden".into();
        check(&refused, "o-1", Authorisation::Refused);
    }

    #[test]
    fn listed_records_are_the_same_operations() {
        let listed = json!({
            "eventTimestamp": "2026-08-01T10:00:00Z", "eventDataId": "e-1", "caller": "alice@example.org",
            "operationName": {"value": "Microsoft.Storage/storageAccounts/listKeys/action", "localizedValue": "List keys"},
            "status": {"value": "Failed"}, "subStatus": {"value": "Forbidden"},
            "resourceId": "/subscriptions/S-1/resourceGroups/R", "authorization": {"action": "Microsoft.Storage/storageAccounts/listKeys/action"},
        });
        check(&listed, "alice@example.org", Authorisation::Refused);
        let mut started = listed;
        started["status"]["value"] = "Started".into();
        started["subStatus"]["value"] = "".into();
        check(&started, "alice@example.org", Authorisation::Undecided);
    }

    #[test]
    fn batches_are_opened_and_bad_records_said() {
        let batch = json!({"records": [streamed(), {"operationName": "x", "caller": "y"}]});
        let found = read_text("x.json", &batch.to_string());
        assert_eq!((found.events.len(), found.problems.len()), (1, 1));
        assert_eq!(read("x", r#"{"operationName":{},"identity":7,"time":"z"}"#).problems.len(), 1);
    }
}
