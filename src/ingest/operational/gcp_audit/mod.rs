//! Google Cloud audit logs: one event per call, from whichever service.
//!
//! The permission that was checked is recorded with whether it was granted, and a chain of delegation
//! in its order. Requests to GKE clusters come through the same log and become requests to the
//! Kubernetes API; issued tokens of service accounts become hops.

mod kubernetes;
mod wire;

use serde_json::Value;

use self::kubernetes::Request;
use self::wire::{AuditLog, LogEntry};
use super::k8s_audit;
use super::parameters::Parameters;
use crate::domain::{
    Decision, Discipline, Effect, Event, EventId, EventKind, Outcome, ProblemKind, Text,
};
use crate::ingest::json::{Integer, Word};
use crate::ingest::{Document, Format, Side, Sink, mask};

const ID: &str = "gcp-audit";

pub const FORMAT: Format = Format {
    id: ID,
    title: "Google Cloud audit log",
    side: Side::Operational,
    says: &[(Discipline::Identity, "calls with the permission checked, and who delegated to whom")],
    coverage: "changes always; reads of data only where they are enabled",
    recognises: |shape| shape.has("protoPayload") || shape.has("protopayload_auditlog"),
    read,
};

/// Calls that issue a token, by the service that does.
const HOPS: &[(&str, &[&str])] = &[
    (
        "iamcredentials.googleapis.com",
        &["GenerateAccessToken", "GenerateIdToken", "SignJwt", "SignBlob"],
    ),
    ("sts.googleapis.com", &["ExchangeToken"]),
];

/// `google.rpc.Code`.
const PERMISSION_DENIED: i64 = 7;
const UNAUTHENTICATED: i64 = 16;

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(entry) = document.parse::<LogEntry<'_>>(sink) else { return };
    let log = &entry.proto_payload;
    if log.type_url.get().is_some_and(|url| !url.ends_with("google.cloud.audit.AuditLog")) {
        let message = "a log entry of another type than an audit log";
        return sink.problem(document.problem(ProblemKind::Unsupported, message));
    }
    let time = entry.timestamp.0.or(entry.receive_timestamp.0);
    let (Some(time), Some(method), Some(service)) =
        (time, log.method_name.get(), log.service_name.get())
    else {
        let message = "an audit log without a time, a service or a method";
        return sink.problem(document.problem(ProblemKind::MissingField, message));
    };
    let id = match (entry.log_name.get(), entry.insert_id.get()) {
        (log, Some(insert)) => {
            EventId::of(ID, &[log.unwrap_or_default(), &time.to_string(), insert])
        }
        _ => EventId::of(ID, &[document.json]),
    };
    let source = sink.intern(ID);
    let mut event = Event::new(id, time, &source, EventKind::CloudApi, document.place());
    event.recorder = Some(sink.intern(service));
    let project = entry.resource.labels.project_id.get().or_else(|| project(&entry));
    match service {
        "k8s.io" => {
            event.kind = EventKind::K8sApi;
            let cluster = entry.resource.labels.cluster_name.get();
            event.account = cluster.map(|cluster| sink.intern(cluster));
            request(log, method, &mut event, sink);
        }
        _ => {
            event.account = project.map(|project| sink.intern(project));
            call(&entry, service, method, &mut event, sink);
        }
    }
    let authentication = &log.authentication_info;
    event.principal = authentication.principal().map(|name| sink.intern(name));
    event.on_behalf_of = authentication.delegation().first().map(|name| sink.intern(name));
    event.credential_id =
        authentication.service_account_key_name.get().map(|name| sink.intern(name));
    event.trace_id = entry.trace.get().and_then(|trace| trace.rsplit('/').next()).map(Text::new);
    event.span_id = entry.span_id.get().map(Text::new);
    event.call_id = entry.operation.id.get().map(Text::new);
    decision_and_outcome(&entry, &mut event, sink);
    event.params = parameters(&entry, method, project).text();
    sink.event(event);
}

/// The project in `projects/<project>/logs/…`.
fn project<'e>(entry: &'e LogEntry<'_>) -> Option<&'e str> {
    entry.log_name.get()?.strip_prefix("projects/")?.split('/').next()
}

/// A request to a GKE cluster.
fn request(log: &AuditLog<'_>, method: &str, event: &mut Event, sink: &mut dyn Sink) {
    let resource = log.resource_name.get().unwrap_or_default();
    let Some(request) = Request::of(method, resource) else {
        let verb = kubernetes::verb(method);
        event.action = Some(sink.intern(verb));
        event.target = Some(sink.intern(&format!("/{}", resource.trim_start_matches('/'))));
        event.target_kind = Some(sink.intern("nonresource"));
        event.effect = Some(k8s_audit::effect(verb, "", ""));
        return;
    };
    event.action = Some(sink.intern(request.verb));
    event.target = Some(sink.intern(&format!("{}/{}", request.namespace, request.name)));
    event.target_kind = Some(sink.intern(&request.target_kind()));
    event.effect = Some(k8s_audit::effect(request.verb, request.resource, request.subresource));
}

/// A call of a cloud service. Its action is the permission that was checked, because that is what
/// policies grant; the method where none is recorded.
fn call(entry: &LogEntry<'_>, service: &str, method: &str, event: &mut Event, sink: &mut dyn Sink) {
    let log = &entry.proto_payload;
    let name = method.rsplit('.').next().unwrap_or(method);
    if HOPS.iter().any(|(of, names)| *of == service && names.contains(&name)) {
        event.kind = EventKind::IdentityHop;
    }
    let checked = log.authorization_info.first();
    let permission = checked.and_then(|it| it.permission.get());
    event.action = Some(sink.intern(permission.unwrap_or(method)));
    let resource = log.resource_name.get().or(checked.and_then(|it| it.resource.get()));
    event.target = resource.map(|name| sink.intern(name));
    let attributes = checked.map(|it| &it.resource_attributes);
    let kind = attributes.and_then(|it| it.kind.get()).or(entry.resource.kind.get());
    event.target_kind = kind.map(|kind| sink.intern(kind));
    // The log of admin activity is of changes; that of data access is of both.
    let is_change = entry.log_name.get().is_some_and(|log| log.ends_with("activity"));
    event.effect = is_change.then_some(Effect::Modify);
}

fn decision_and_outcome(entry: &LogEntry<'_>, event: &mut Event, sink: &mut dyn Sink) {
    const LONGEST: usize = 1024;
    let log = &entry.proto_payload;
    let code = log.status.code.map_or(0, |Integer(code)| code);
    event.outcome = Some(if code == 0 { Outcome::Success } else { Outcome::Failure });
    event.error = match code {
        0 => None,
        code => {
            let message = log.status.message.get().unwrap_or_default();
            Some(format!("{code}: {}", mask::bounded(message, LONGEST)).into())
        }
    };
    let mut granted = log.authorization_info.iter().map(|it| it.granted.truth());
    let is_granted = granted.clone().any(|it| it == Some(true));
    event.decision = match entry.labels.decision.get() {
        Some("allow") => Some(Decision::Allow),
        Some("forbid") => Some(Decision::Deny),
        _ if matches!(code, PERMISSION_DENIED | UNAUTHENTICATED) => Some(Decision::Deny),
        _ if is_granted => Some(Decision::Allow),
        _ if code != 0 && granted.any(|it| it == Some(false)) => Some(Decision::Deny),
        _ => None,
    };
    event.inline = event.decision.map(|_| true);
    event.justification = entry.labels.reason.get().map(|reason| sink.intern(reason));
}

fn parameters(entry: &LogEntry<'_>, method: &str, project: Option<&str>) -> Parameters {
    let log = &entry.proto_payload;
    let authentication = &log.authentication_info;
    let list = |names: Vec<&str>| -> Option<Vec<Value>> {
        (!names.is_empty()).then(|| names.into_iter().map(Value::from).collect())
    };
    let permissions = log.authorization_info.iter().filter_map(|it| it.permission.get()).collect();
    let refused = log.authorization_info.iter().filter(|it| it.granted.truth() == Some(false));
    let refused = refused.filter_map(|it| it.permission.get()).collect();
    let delegates = log.request.delegates.iter().filter_map(Word::get).collect();
    let mut parameters = Parameters::default();
    parameters
        .put("method", Some(method))
        .put("project", project)
        .put("location", entry.resource.labels.location.get())
        .put("sourceIP", log.request_metadata.caller_ip.get())
        .put("userAgent", log.request_metadata.caller_supplied_user_agent.get())
        .put("insertId", entry.insert_id.get())
        .put("principalSubject", authentication.subject())
        .put("delegation", list(authentication.delegation()))
        .put("delegates", list(delegates))
        .put("permissions", list(permissions))
        .put("refused", list(refused))
        .put("mappedPrincipal", log.metadata.mapped_principal.get());
    parameters
}

#[cfg(test)]
mod tests;
