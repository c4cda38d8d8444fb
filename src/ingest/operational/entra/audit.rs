//! Directory audits: changes to users, applications, their credentials and their permissions.

use super::wire::DirectoryAudit;
use super::{is_streamed, parse};
use crate::domain::{Discipline, Effect, Event, EventId, EventKind, Outcome, ProblemKind, Text};
use crate::ingest::json::Word;
use crate::ingest::operational::parameters::Parameters;
use crate::ingest::{Document, Format, Side, Sink};

const ID: &str = "entra-audit";

pub const FORMAT: Format = Format {
    id: ID,
    title: "Microsoft Entra directory audits",
    side: Side::Operational,
    says: &[(Discipline::Identity, "changes to applications, credentials, consents and roles")],
    coverage: "changes to the directory, and no reads",
    recognises: |shape| {
        (shape.has("activityDisplayName") && shape.has("initiatedBy"))
            || is_streamed(shape, "AuditLogs")
    },
    read,
};

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(streamed) = parse::<DirectoryAudit<'_>>(document, sink) else { return };
    let audit = &streamed.properties;
    let time = audit.activity_date_time.0.or(streamed.time.0);
    let (Some(time), Some(activity)) = (time, audit.activity_display_name.get()) else {
        let message = "a directory audit without a time or an activity";
        return sink.problem(document.problem(ProblemKind::MissingField, message));
    };
    let source = sink.intern(ID);
    let id = EventId::of(ID, &[audit.id.get().unwrap_or(document.json)]);
    let mut event = Event::new(id, time, &source, EventKind::CloudApi, document.place());
    event.recorder = Some(sink.intern("entra-id"));
    event.tenant = streamed.tenant_id.get().map(|tenant| sink.intern(tenant));
    event.action = Some(sink.intern(&format!("entra:{activity}")));
    event.effect = Some(Effect::Modify);
    let first = audit.target_resources.first();
    let target = first.and_then(|it| it.display_name.get().or(it.id.get()));
    event.target = target.map(|name| sink.intern(name));
    event.target_kind = first.and_then(|it| it.kind.get()).map(|kind| sink.intern(kind));
    let (user, app) = (&audit.initiated_by.user, &audit.initiated_by.app);
    let names = [
        &user.user_principal_name,
        &user.id,
        &app.service_principal_id,
        &app.app_id,
        &app.display_name,
    ];
    event.principal = names.into_iter().find_map(Word::get).map(|name| sink.intern(name));
    event.call_id = audit.correlation_id.get().map(Text::new);
    event.outcome = match audit.result.get() {
        Some("success") => Some(Outcome::Success),
        Some("failure" | "timeout") => Some(Outcome::Failure),
        _ => None,
    };
    if event.outcome == Some(Outcome::Failure) {
        event.error = audit.result_reason.get().map(|reason| sink.intern(reason));
    }
    let targets: Vec<&str> = audit.target_resources.iter().filter_map(|it| it.id.get()).collect();
    let modified: Vec<&str> = first
        .into_iter()
        .flat_map(|it| it.modified_properties.iter())
        .filter_map(|property| property.display_name.get())
        .collect();
    let mut parameters = Parameters::default();
    parameters
        .put("id", audit.id.get())
        .put("category", audit.category.get())
        .put("operation", audit.operation_type.get())
        .put("service", audit.logged_by_service.get())
        .put("sourceIP", user.ip_address.get())
        .put("appName", app.display_name.get())
        .put("appId", app.app_id.get())
        .put("targets", (!targets.is_empty()).then_some(targets))
        .put("modified", (!modified.is_empty()).then_some(modified));
    event.params = parameters.text();
    sink.event(event);
}
