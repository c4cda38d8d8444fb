//! What may be a flow by its order alone: something sensitive was read, and later in the same trace
//! or session something was sent outside. Nothing shows that the one went with the other.

use rustc_hash::FxHashMap;

use super::sensitive::{Label, labels};
use super::{Scope, system};
use crate::domain::flow::{Boundary, Flow};
use crate::domain::sensitivity::DataRules;
use crate::domain::{Event, EventId, EventLink, LinkKind, Text};

/// Percent.
const CONFIDENCE: u8 = 20;
const RULE: &str = "only the order in the same trace or session";

/// For every sink that is not known to be inside, the last source of each label before it that
/// `known` has no flow of. Sinks by time; the order of the events does not matter.
pub fn by_order(events: &[Event], known: &[Flow], rules: &DataRules) -> Vec<Flow> {
    let scope = Scope::of(events, rules);
    let shown: rustc_hash::FxHashSet<(EventId, &Text)> =
        known.iter().map(|flow| (flow.sink, &flow.label)).collect();
    let mut sources: FxHashMap<(bool, &str), Vec<(Label, &Event)>> = FxHashMap::default();
    let mut flows = Vec::new();
    for event in &scope.events {
        let trace = event.trace_id.as_ref().map(|trace| (true, trace.raw()));
        let session = event.session.as_ref().map(|session| (false, session.raw()));
        let Some(conversation) = trace.or(session) else { continue };
        let before = sources.entry(conversation).or_default();
        let sink = scope.sink(event);
        let sink = sink.filter(|sink| !matches!(sink.boundary, Boundary::Internal { .. }));
        if let Some(sink) = sink {
            let unknown = before.iter().filter(|(label, source)| {
                !shown.contains(&(event.id, &label.label)) && source.time < event.time
            });
            flows.extend(unknown.map(|(label, source)| Flow {
                source: source.id,
                sink: event.id,
                label: label.label.clone(),
                because: [label.because.clone(), sink.because.to_owned()],
                path: vec![EventLink {
                    from: source.id,
                    to: event.id,
                    kind: LinkKind::Flow,
                    rule: RULE.to_owned(),
                    confidence: CONFIDENCE,
                }],
                carried: Vec::new(),
                boundary: sink.boundary.clone(),
                agents: both(source.agent.clone(), event.agent.clone()),
                systems: both(system(source), system(event)),
                seconds: event.time.duration_since(source.time).as_secs(),
                confidence: CONFIDENCE,
            }));
        }
        for label in labels(event, rules) {
            before.retain(|(known, _)| known.label != label.label);
            before.push((label, event));
        }
    }
    flows
}

fn both<T: PartialEq>(one: Option<T>, other: Option<T>) -> Vec<T> {
    let mut both: Vec<T> = one.into_iter().collect();
    both.extend(other.filter(|other| !both.contains(other)));
    both
}
