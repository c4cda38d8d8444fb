//! AWS CloudTrail: one event per API call, and one hop per call that gives out an identity.
//!
//! Which calls a trail records is a setting of the trail and not in its log: management events by
//! default, calls on data (objects, functions, table items) only where selected. What is absent proves
//! nothing.
//!
//! Parameters of requests and elements of responses are not kept but for the names of resources and
//! what joins one identity to the next.

mod denial;
mod hop;
mod names;
mod reshape;
mod target;
mod wire;

use serde_json::value::RawValue;
use serde_json::{Map, Value};

use self::wire::Record;
use super::parameters::Parameters;
use crate::domain::{
    Decision, Discipline, Effect, Event, EventId, EventKind, Outcome, ProblemKind, Text,
};
use crate::ingest::json::Word;
use crate::ingest::{Document, Format, Shape, Side, Sink, mask};

const ID: &str = "cloudtrail";

pub const FORMAT: Format = Format {
    id: ID,
    title: "AWS CloudTrail",
    side: Side::Operational,
    says: &[
        (Discipline::Identity, "cloud calls with their role session, and every assumed role"),
        (Discipline::Behavior, "which resources were reached through cloud services"),
    ],
    coverage: "the calls that the trail selects, which its log does not say; reads of data seldom",
    recognises,
    read,
};

/// Notifications of S3 and stream records for functions have the same names for other things.
fn recognises(shape: &Shape<'_>) -> bool {
    const OTHERS: &[&str] = &["s3", "dynamodb", "kinesis", "eventSourceARN"];
    let has = |names: &[&str]| names.iter().any(|name| shape.has(name));
    let is_record = has(&["eventSource", "eventsource", "event_source"])
        && has(&["eventName", "eventname", "event_name"])
        && !has(OTHERS);
    let is_elastic = shape.keys.iter().any(|key| key.starts_with("aws.cloudtrail."))
        || (shape.has("aws") && shape.has("event") && shape.json().contains("\"cloudtrail\""));
    is_record || is_elastic
}

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(record) = document.parse::<Record<'_>>(sink) else { return };
    if !record.is_reshaped() {
        return emit(&record, document, sink);
    }
    let canonical = reshape::canonical(document.json).unwrap_or_default();
    match serde_json::from_str::<Record<'_>>(&canonical) {
        Ok(canonical) => emit(&canonical, document, sink),
        Err(_) => emit(&record, document, sink),
    }
}

fn emit(record: &Record<'_>, document: &Document<'_>, sink: &mut dyn Sink) {
    let (Some(time), Some(service), Some(call)) =
        (record.time(), record.event_source.get(), record.event_name.get())
    else {
        let message = "a CloudTrail record without a time, a service or a call";
        return sink.problem(document.problem(ProblemKind::MissingField, message));
    };
    let action = names::action(service, call);
    let is_hop = names::is_hop(&action);
    let kind = if is_hop { EventKind::IdentityHop } else { EventKind::CloudApi };
    let id = record.shared_event_id.get().or(record.event_id.get()).unwrap_or(document.json);
    let source = sink.intern(ID);
    let mut event = Event::new(EventId::of(ID, &[id]), time, &source, kind, document.place());
    event.recorder = Some(source);
    event.action = Some(sink.intern(&action));
    event.account = record.account().map(|account| sink.intern(account));
    event.call_id = record.request_id.get().map(Text::new);
    event.effect = record.read_only.truth().map(|reads| match reads {
        true => Effect::Read,
        false => Effect::Modify,
    });
    let request = members(record.request_parameters);
    let response = record.response_elements.map_or(Value::Null, value);
    identity(record, &mut event, sink);
    if let Some(target) = target::target(record, &request) {
        event.target = Some(sink.intern(&target.name));
        event.target_kind = target.kind.map(|kind| sink.intern(&kind));
    }
    decision_and_outcome(record, &response, &mut event, sink);
    let mut parameters = parameters(record);
    match is_hop {
        true => hop::put(&request, &response, &mut parameters),
        false => drop(parameters.put("names", target::names(&request))),
    }
    event.params = parameters.text();
    sink.event(event);
}

fn value(json: &RawValue) -> Value {
    serde_json::from_str(json.get()).unwrap_or_default()
}

fn members(json: Option<&RawValue>) -> Map<String, Value> {
    match json.map(value) {
        Some(Value::Object(members)) => members,
        _ => Map::new(),
    }
}

fn identity(record: &Record<'_>, event: &mut Event, sink: &mut dyn Sink) {
    let identity = &record.user_identity;
    let session = &identity.session_context;
    event.principal = identity.principal().map(|principal| sink.intern(principal));
    event.credential_id = identity.access_key_id.get().map(|key| sink.intern(key));
    event.session = identity.session_name().map(|name| sink.intern(name));
    let user = identity.on_behalf_of.user_id.get().or(session.source_identity.get());
    event.on_behalf_of = user.map(|user| sink.intern(user));
    // Credentials that the metadata service delivered are those of the instance, not of a workload.
    if session.ec2_role_delivery.get().is_some() {
        event.instance = event.session.clone();
    }
}

fn decision_and_outcome(
    record: &Record<'_>,
    response: &Value,
    event: &mut Event,
    sink: &mut dyn Sink,
) {
    const LONGEST: usize = 1024;
    let code = record.error_code.get();
    let message = record.error_message.get().map(denial::readable);
    // A failed sign-in to the console has no code.
    let is_failed_sign_in = response.get("ConsoleLogin").is_some_and(|result| result == "Failure");
    let has_failed = code.is_some() || is_failed_sign_in;
    event.outcome = Some(if has_failed { Outcome::Failure } else { Outcome::Success });
    event.error = match (code, message) {
        (Some(code), Some(message)) => {
            Some(format!("{code}: {}", mask::bounded(message, LONGEST)).into())
        }
        (code, message) => code.or(message).map(Text::new),
    };
    if !code.is_some_and(names::is_refusal) {
        return;
    }
    event.decision = Some(Decision::Deny);
    event.inline = Some(true);
    if let Some(denial) = message.and_then(denial::denial) {
        event.justification = denial.because.map(|because| sink.intern(because));
        event.requested = Some(match denial.resource {
            Some(resource) => format!("{} on {resource}", denial.action).into(),
            None => denial.action.into(),
        });
        if event.target.is_none() {
            event.target = denial.resource.map(|resource| sink.intern(resource));
        }
    }
}

fn parameters(record: &Record<'_>) -> Parameters {
    let identity = &record.user_identity;
    let session = &identity.session_context;
    let scope = &identity.in_scope_of;
    let words: [(&str, &Word<'_>); 23] = [
        ("eventID", &record.event_id),
        ("sharedEventID", &record.shared_event_id),
        ("eventType", &record.event_type),
        ("eventCategory", &record.event_category),
        ("region", &record.aws_region),
        ("sourceIP", &record.source_ip_address),
        ("userAgent", &record.user_agent),
        ("vpcEndpointId", &record.vpc_endpoint_id),
        ("errorCode", &record.error_code),
        ("identityType", &identity.kind),
        ("identityAccount", &identity.account_id),
        ("principalId", &identity.principal_id),
        ("identityProvider", &identity.identity_provider),
        ("invokedBy", &identity.invoked_by),
        ("identityStoreArn", &identity.on_behalf_of.identity_store_arn),
        ("inScopeOf", &scope.source_arn),
        ("inScopeOfType", &scope.issuer_type),
        ("issuedTo", &scope.credentials_issued_to),
        ("callerRoleArn", &session.session_issuer.arn),
        ("sessionCreated", &session.attributes.creation_date),
        ("sourceIdentity", &session.source_identity),
        ("ec2RoleDelivery", &session.ec2_role_delivery),
        ("webIdentityProvider", &session.web_id_federation_data.federated_provider),
    ];
    let mut parameters = Parameters::default();
    for (name, word) in words {
        parameters.put(name, word.get());
    }
    parameters
        .put("sessionName", identity.session_name())
        .put("mfa", session.attributes.mfa_authenticated.truth())
        .put("readOnly", record.read_only.truth())
        .put("managementEvent", record.management_event.truth())
        .put("fromConsole", record.session_credential_from_console.truth());
    let arns: Vec<Value> =
        record.resources.iter().filter_map(|it| it.arn.get()).map(Value::from).collect();
    parameters.put("resources", (arns.len() > 1).then_some(arns));
    parameters
}

#[cfg(test)]
mod tests;
