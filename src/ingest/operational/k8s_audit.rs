//! The Kubernetes audit log (`audit.k8s.io`, v1 and its forerunners): one event per API request.
//!
//! A request is logged at several stages under one audit id. `RequestReceived` is not read; the later
//! stages share the event id, so that a watch or an exec that appears twice is one event. A refused
//! authentication (401) only ever has `ResponseStarted`, which is why that stage is read at all.
//!
//! Managed clouds ship the log in envelopes, which are opened before (`envelope/`); stores keep it
//! flattened (`indexed.rs`).
//!
//! Request and response bodies are not kept: they can hold live bearer tokens.

mod indexed;
mod wire;

use std::borrow::Cow;

use jiff::Timestamp;
use serde::Serialize;

use self::indexed::Indexed;
use self::wire::{AuditEvent, ObjectReference, ResponseStatus};
use crate::domain::{
    Decision, Discipline, Effect, Event, EventId, EventKind, Outcome, ProblemKind, Text,
};
use crate::ingest::json::Str;
use crate::ingest::{Document, Format, Shape, Side, Sink, mask};

const ID: &str = "k8s-audit";

pub const FORMAT: Format = Format {
    id: ID,
    title: "Kubernetes audit log",
    side: Side::Operational,
    says: &[(Discipline::Identity, "requests to the API with decision and reason")],
    coverage: "the verbs and resources that the audit policy lets through",
    recognises,
    read,
};

/// Some stores drop the kind, others the audit id; an `Event` of the core API has no verb.
fn recognises(shape: &Shape<'_>) -> bool {
    let has_request = shape.has("objectRef") || shape.has("user");
    shape.in_group("audit.k8s.io") && shape.is_kind("Event")
        || shape.has("verb") && (shape.has("auditID") || shape.is_kind("Event") && has_request)
}

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(mut audit) = document.parse::<AuditEvent<'_>>(sink) else { return };
    if audit.object.is_none()
        && let Ok(indexed) = serde_json::from_str::<Indexed<'_>>(document.json)
    {
        indexed.fill(&mut audit);
    }
    if audit.stage.as_deref() == Some("RequestReceived") {
        return;
    }
    let (Some(time), Some(_)) = (audit.time(), audit.verb.as_deref()) else {
        let message = "an audit event without a time or a verb";
        sink.problem(document.problem(ProblemKind::MissingField, message));
        return;
    };
    let (audit, audit_id) = (&audit, audit.audit_id.as_deref());
    let id = EventId::of(ID, &[audit_id.unwrap_or(document.json)]);
    let source = sink.intern(ID);
    let mut event = Event::new(id, time, &source, EventKind::K8sApi, document.place());
    event.recorder = Some(sink.intern("kube-apiserver"));
    event.account = audit.cluster().map(|cluster| sink.intern(cluster));
    identities(audit, &mut event, sink);
    request(audit, &mut event, sink);
    decision_and_outcome(audit, &mut event, sink);
    event.duration = audit.finished().and_then(|end| nanoseconds(time, end));
    event.bytes = audit.request_object.map(|body| body.get().len() as u64);
    event.params = Some(parameters(audit, audit_id));
    sink.event(event);
}

/// Under impersonation the request is authorised as the impersonated user; who asked for that stays
/// on record beside it.
fn identities(audit: &AuditEvent<'_>, event: &mut Event, sink: &mut dyn Sink) {
    let authenticated = audit.user.username();
    match audit.impersonated_user.as_ref().and_then(|user| user.username()) {
        Some(impersonated) => {
            event.principal = Some(sink.intern(impersonated));
            event.on_behalf_of = authenticated.map(|name| sink.intern(name));
        }
        None => event.principal = authenticated.map(|name| sink.intern(name)),
    }
    if let Some(extra) = &audit.user.extra {
        event.credential_id = extra.credential_id.first().map(|id| sink.intern(id));
        event.instance = extra.pod_name.first().map(|pod| sink.intern(pod));
    }
}

fn request(audit: &AuditEvent<'_>, event: &mut Event, sink: &mut dyn Sink) {
    let verb = audit.verb.as_deref().unwrap_or_default();
    event.action = Some(sink.intern(verb));
    match &audit.object {
        Some(object) if object.resource.as_deref().is_some_and(|name| !name.is_empty()) => {
            let part = |part: &Option<Str<'_>>| part.as_deref().unwrap_or("").to_owned();
            let target = format!("{}/{}", part(&object.namespace), part(&object.name));
            event.target = Some(sink.intern(&target));
            event.target_kind = Some(sink.intern(&target_kind(object)));
            let (resource, subresource) = (part(&object.resource), part(&object.subresource));
            event.effect = Some(effect(verb, &resource, &subresource));
        }
        _ => {
            let uri = audit.request_uri.as_deref().unwrap_or("");
            let path = uri.split_once('?').map_or(uri, |(path, _)| path);
            event.target = Some(sink.intern(path));
            event.target_kind = Some(sink.intern("nonresource"));
            event.effect = Some(effect(verb, "", ""));
        }
    }
}

/// `resource[.group][/subresource]`.
fn target_kind(object: &ObjectReference<'_>) -> String {
    let mut kind = object.resource.as_deref().unwrap_or("").to_owned();
    for (separator, part) in [('.', &object.api_group), ('/', &object.subresource)] {
        if let Some(part) = part.as_deref().filter(|part| !part.is_empty()) {
            kind.push(separator);
            kind.push_str(part);
        }
    }
    kind
}

/// What a request does to the object; to a path outside the resource tree when `resource` is empty.
pub(super) fn effect(verb: &str, resource: &str, subresource: &str) -> Effect {
    // These run something in a container or pass a connection on, by whichever verb: websocket
    // clients say `get` where older ones say `create`.
    if matches!(subresource, "exec" | "attach" | "portforward" | "proxy") {
        return Effect::Trigger;
    }
    let is_reading = matches!(verb, "get" | "list" | "watch" | "head" | "options");
    // Access and token reviews are created but change nothing.
    if is_reading || resource.ends_with("reviews") { Effect::Read } else { Effect::Modify }
}

fn decision_and_outcome(audit: &AuditEvent<'_>, event: &mut Event, sink: &mut dyn Sink) {
    let status = audit.response_status.as_ref();
    let code = status.and_then(|status| status.code);
    event.outcome = code.filter(|code| *code > 0).map(|code| match code < 400 {
        true => Outcome::Success,
        false => Outcome::Failure,
    });
    let annotations = audit.annotations.as_ref();
    let recorded = annotations.and_then(|annotations| annotations.decision.as_deref());
    event.decision = match (recorded, code) {
        (Some("allow"), _) => Some(Decision::Allow),
        (Some("forbid"), _) => Some(Decision::Deny),
        (_, Some(401 | 403)) => Some(Decision::Deny),
        _ => None,
    };
    event.inline = event.decision.map(|_| true);
    event.justification = annotations
        .and_then(|annotations| annotations.reason.as_deref())
        .filter(|reason| !reason.is_empty())
        .map(|reason| sink.intern(reason));
    if event.outcome == Some(Outcome::Failure) {
        event.error = status.and_then(error).map(|error| sink.intern(&error));
    }
}

/// `Reason: message`, or whichever of the two there is.
fn error<'a>(status: &'a ResponseStatus<'_>) -> Option<Cow<'a, str>> {
    match (status.reason.as_deref(), status.message.as_deref()) {
        (Some(reason), Some(message)) => Some(format!("{reason}: {message}").into()),
        (reason, message) => reason.or(message).map(Cow::Borrowed),
    }
}

fn nanoseconds(from: Timestamp, until: Timestamp) -> Option<i64> {
    i64::try_from(until.as_nanosecond() - from.as_nanosecond()).ok().filter(|span| *span >= 0)
}

fn parameters(audit: &AuditEvent<'_>, audit_id: Option<&str>) -> Text {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Parameters<'a> {
        #[serde(rename = "auditID", skip_serializing_if = "Option::is_none")]
        audit_id: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        user_agent: Option<&'a str>,
        #[serde(rename = "sourceIPs", skip_serializing_if = "Vec::is_empty")]
        source_ips: Vec<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        code: Option<i64>,
        #[serde(rename = "requestURI", skip_serializing_if = "Option::is_none")]
        request_uri: Option<&'a str>,
        /// Joins the issue of a token to its use.
        #[serde(skip_serializing_if = "Option::is_none")]
        issued_credential_id: Option<&'a str>,
    }
    const LONGEST_URI: usize = 256;
    let parameters = Parameters {
        audit_id,
        user_agent: audit.user_agent.as_deref(),
        source_ips: audit.source_ips.iter().map(|ip| &**ip).collect(),
        code: audit.response_status.as_ref().and_then(|status| status.code),
        request_uri: audit.request_uri.as_deref().map(|uri| mask::bounded(uri, LONGEST_URI)),
        issued_credential_id: audit
            .annotations
            .as_ref()
            .and_then(|annotations| annotations.issued_credential_id.as_deref()),
    };
    serde_json::to_string(&parameters).unwrap_or_default().into()
}

#[cfg(test)]
mod tests;
