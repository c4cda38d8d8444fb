//! Which events are alike: of one actor, the same act on targets of one family.

use crate::domain::{AgentKey, Event, EventKind, Lane, Marks, Text};

/// What similar events share.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Likeness<'a> {
    pub actor: Actor<'a>,
    pub lane: Lane,
    kind: EventKind,
    action: Option<&'a Text>,
    target_kind: Option<&'a Text>,
    family: Option<&'a str>,
    marks: &'a Marks,
}

/// Agent and principal: either may be all that a recorder knows.
pub type Actor<'a> = (Option<&'a AgentKey>, Option<&'a Text>);

impl<'a> Likeness<'a> {
    pub fn of(event: &'a Event, marks: &'a Marks) -> Self {
        Self {
            actor: (event.agent.as_ref(), event.principal.as_ref()),
            lane: Lane::of(event.kind),
            kind: event.kind,
            action: event.action.as_ref(),
            target_kind: event.target_kind.as_ref(),
            family: family(event),
            marks,
        }
    }
}

/// The part of a target that similar events share: the folder of a file, the host of a connection,
/// the namespace of an object. Of a cloud's resources only the type counts, which is apart.
pub fn family(event: &Event) -> Option<&str> {
    let target = event.target.as_ref()?.raw();
    match event.kind {
        EventKind::File => Some(target.rsplit_once('/').map_or("", |(folder, _)| folder)),
        EventKind::Egress | EventKind::Ingress => Some(host(target)),
        EventKind::K8sApi => Some(target.split_once('/').map_or(target, |(space, _)| space)),
        EventKind::CloudApi => None,
        _ => Some(target),
    }
}

/// Without protocol and port: `host:port/protocol`, `host/protocol`, `[::1]:443/tcp`.
fn host(target: &str) -> &str {
    let address = target.rsplit_once('/').map_or(target, |(address, _)| address);
    match address.rsplit_once(':') {
        // An IPv6 address without a port has further colons and no brackets.
        Some((host, _)) if !host.contains(':') || host.ends_with(']') => host,
        _ => address,
    }
}
