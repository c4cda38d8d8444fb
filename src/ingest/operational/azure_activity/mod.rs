//! Azure activity and resource logs: one event per operation.
//!
//! They come in two spellings: as diagnostic settings stream them (`time`, `resultType`, `identity`)
//! and as the management API lists them (`eventTimestamp`, `status`, `caller`). The streamed form says
//! which role assignment allowed the operation.

mod wire;

use self::wire::Activity;
use super::parameters::Parameters;
use crate::domain::{Decision, Discipline, Event, EventId, EventKind, Outcome, ProblemKind, Text};
use crate::ingest::{Document, Format, Side, Sink};

const ID: &str = "azure-activity";

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
mod tests;
