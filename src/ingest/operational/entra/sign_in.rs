//! Sign-ins: who was given a token, for which resource. Each is a hop.

use super::wire::SignIn;
use super::{is_streamed, parse};
use crate::domain::{Decision, Discipline, Event, EventId, EventKind, Outcome, ProblemKind, Text};
use crate::ingest::json::Word;
use crate::ingest::operational::parameters::Parameters;
use crate::ingest::{Document, Format, Shape, Side, Sink};

const ID: &str = "entra-sign-in";

pub const FORMAT: Format = Format {
    id: ID,
    title: "Microsoft Entra sign-ins",
    side: Side::Operational,
    says: &[(
        Discipline::Identity,
        "tokens given to users, services and agents, and the agent's parent",
    )],
    coverage: "issued tokens, and not what they were used for",
    recognises,
    read,
};

fn recognises(shape: &Shape<'_>) -> bool {
    const GRAPH: &[&str] = &["createdDateTime", "appId", "status", "resourceDisplayName"];
    GRAPH.iter().all(|key| shape.has(key)) || is_streamed(shape, "SignInLogs")
}

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(streamed) = parse::<SignIn<'_>>(document, sink) else { return };
    let sign_in = &streamed.properties;
    let Some(time) = sign_in.created_date_time.0.or(streamed.time.0) else {
        let message = "a sign-in without a time";
        return sink.problem(document.problem(ProblemKind::MissingField, message));
    };
    let source = sink.intern(ID);
    let id = EventId::of(ID, &[sign_in.id.get().unwrap_or(document.json)]);
    let mut event = Event::new(id, time, &source, EventKind::IdentityHop, document.place());
    event.recorder = Some(sink.intern("entra-id"));
    event.tenant = streamed.tenant_id.get().map(|tenant| sink.intern(tenant));
    event.action = Some(sink.intern("entra:SignIn"));
    let resource = sign_in.resource_display_name.get().or(sign_in.resource_id.get());
    event.target = resource.map(|name| sink.intern(name));
    event.target_kind = event.target.as_ref().map(|_| sink.intern("resource"));
    let (principal, on_behalf_of) = identities(sign_in);
    event.principal = principal.map(|name| sink.intern(name));
    event.on_behalf_of = on_behalf_of.map(|name| sink.intern(name));
    let credential =
        [&sign_in.service_principal_credential_key_id, &sign_in.federated_credential_id];
    event.credential_id = credential.into_iter().find_map(Word::get).map(Text::new);
    event.call_id = sign_in.correlation_id.get().map(Text::new);
    event.session = sign_in.session_id.get().map(Text::new);
    decision_and_outcome(sign_in, &mut event);
    event.params = parameters(sign_in, streamed.category.get()).text();
    sink.event(event);
}

/// Who signed in and for whom. A service signs in for itself; an agent that signs in with a user's
/// account stands before the user, unless the account is the agent's own.
fn identities<'s>(sign_in: &'s SignIn<'_>) -> (Option<&'s str>, Option<&'s str>) {
    let user = sign_in.user_principal_name.get().or(sign_in.user_id.get());
    let service = sign_in.service_principal_id.get();
    match (service, sign_in.agent.agent_type.get()) {
        (Some(service), _) => (Some(service), user),
        (None, Some(kind)) if !matches!(kind, "notAgentic" | "agentIDuser" | "agentIDUser") => {
            (sign_in.app_id.get().or(user), user)
        }
        _ => (user.or(sign_in.app_id.get()), None),
    }
}

/// Codes of sign-ins that were held up until something more was shown (Microsoft identity platform,
/// "authentication and authorization error codes").
const CHALLENGES: &[&str] = &["50072", "50074", "50076", "50079"];

fn decision_and_outcome(sign_in: &SignIn<'_>, event: &mut Event) {
    let status = &sign_in.status;
    let code = status.error_code.get().unwrap_or("0");
    event.outcome = Some(if code == "0" { Outcome::Success } else { Outcome::Failure });
    event.decision = match (code, sign_in.conditional_access_status.get()) {
        (code, _) if CHALLENGES.contains(&code) => Some(Decision::Challenge),
        // Conditional access blocked it: 53000 to 53009.
        (code, _) if code.len() == 5 && code.starts_with("5300") => Some(Decision::Deny),
        (_, Some("failure")) => Some(Decision::Deny),
        ("0", Some("success")) => Some(Decision::Allow),
        _ => None,
    };
    event.inline = event.decision.map(|_| true);
    if code != "0" {
        let reason = status.failure_reason.get().unwrap_or("failed");
        event.error = Some(format!("{code}: {reason}").into());
    }
}

fn parameters(sign_in: &SignIn<'_>, category: Option<&str>) -> Parameters {
    let agent = &sign_in.agent;
    let types: Vec<&str> = sign_in.sign_in_event_types.iter().filter_map(Word::get).collect();
    let mut parameters = Parameters::default();
    parameters
        .put("id", sign_in.id.get())
        .put("category", category)
        .put("issuedCredentialId", sign_in.unique_token_identifier.get())
        .put("appId", sign_in.app_id.get())
        .put("appName", sign_in.app_display_name.get())
        .put("servicePrincipalName", sign_in.service_principal_name.get())
        .put("userId", sign_in.user_id.get())
        .put("resourceId", sign_in.resource_id.get())
        .put("sourceIP", sign_in.ip_address.get())
        .put("clientApp", sign_in.client_app_used.get())
        .put("conditionalAccess", sign_in.conditional_access_status.get())
        .put("riskLevel", sign_in.risk_level_during_sign_in.get())
        .put("signInTypes", (!types.is_empty()).then_some(types))
        .put("agentType", agent.agent_type.get())
        .put("agentSubjectType", agent.agent_subject_type.get())
        .put("agentSubjectParentId", agent.agent_subject_parent_id.get())
        .put("parentAppId", agent.parent_app_id.get());
    parameters
}
