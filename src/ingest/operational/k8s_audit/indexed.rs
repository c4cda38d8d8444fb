//! Audit events as an index keeps them: the nested members flattened to the top.
//!
//! Stores that index audit logs keep the user's name instead of the user, the resource instead of the
//! object reference, and the request as a line of text, `verb uri reason`.

use serde::Deserialize;

use super::wire::{Annotations, AuditEvent, ObjectReference, ResponseStatus};
use crate::ingest::json::Str;

/// The members that stand at the top of an indexed event.
#[derive(Deserialize)]
pub struct Indexed<'a> {
    #[serde(borrow)]
    resource: Option<Str<'a>>,
    #[serde(borrow)]
    namespace: Option<Str<'a>>,
    #[serde(borrow)]
    name: Option<Str<'a>>,
    code: Option<i64>,
    #[serde(borrow)]
    message: Option<Str<'a>>,
}

impl<'a> Indexed<'a> {
    /// Puts what stands at the top where the event as written has it, unless it has it itself.
    pub fn fill(self, audit: &mut AuditEvent<'a>) {
        let verb = audit.verb.as_deref().unwrap_or_default();
        let request = self.message.as_deref().and_then(|line| line.strip_prefix(verb));
        let (uri, reason) = match request.map(str::trim_start) {
            Some(request) if request.starts_with('/') => {
                request.split_once(' ').unwrap_or((request, ""))
            }
            _ => ("", ""),
        };
        let text = |text: &str| (!text.is_empty()).then(|| Str(text.to_owned().into()));
        if audit.object.is_none() && self.resource.as_ref().is_some_and(|name| !name.is_empty()) {
            audit.object = Some(ObjectReference {
                resource: self.resource,
                namespace: self.namespace,
                name: self.name,
                api_group: text(group(uri)),
                subresource: None,
            });
        }
        if audit.request_uri.is_none() {
            audit.request_uri = text(uri);
        }
        if audit.response_status.is_none() {
            audit.response_status = self.code.map(|code| ResponseStatus {
                code: Some(code),
                reason: None,
                message: None,
            });
        }
        if audit.annotations.is_none() {
            let reason = text(reason.trim());
            audit.annotations =
                Some(Annotations { decision: None, reason, issued_credential_id: None });
        }
    }
}

/// The API group in `/apis/<group>/<version>/…`; the core group has none.
fn group(uri: &str) -> &str {
    let rest = uri.strip_prefix("/apis/").unwrap_or_default();
    rest.split_once('/').map_or("", |(group, _)| group)
}
