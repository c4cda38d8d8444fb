//! Data flow: sensitive source → … → what sends, over agents and systems.
//!
//! A step leads to the next when a value of the next call first stood in what the earlier one gave
//! back, or when a tie says that two layers saw the same act. What a call gives back is taken to be
//! made of what it was given: such a path is less sure than one on which the same value goes all the
//! way. A recipient's own address is no data that leaves.

mod ordered;
mod sensitive;
mod sink;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};

use self::sensitive::{Label, labels, of_mask};
use self::sink::{Sink, sink};
use super::origins::arguments;
use crate::domain::flow::Flow;
use crate::domain::origin::{CallOrigins, Source, leaves};
use crate::domain::sensitivity::DataRules;
use crate::domain::{
    AgentKey, Answer, Appearance, Event, EventId, EventKind, EventLink, Likeness, LinkKind, Origin,
    Text,
};

pub use self::ordered::by_order;

/// Sources of which one event's data may be made; of more the surest are kept.
const SOURCES: usize = 16;
/// A tool made something else of what it was given.
const TRANSFORMED: u8 = 80;
/// Steps of a path that are told.
const LONGEST: usize = 64;

/// What an event's data is made of.
#[derive(Clone)]
struct Taint {
    source: EventId,
    label: Label,
    confidence: u8,
    /// The step before; none at the source.
    step: Option<EventLink>,
}

/// The flows among the events of one scope (a trace, or several with the `ties` between them), sinks
/// by time. `origins` are those of the same events. The order of the events does not matter.
pub fn flows(
    events: &[Event],
    origins: &[CallOrigins],
    ties: &[EventLink],
    rules: &DataRules,
) -> Vec<Flow> {
    let scope = Scope::of(events, rules);
    let by_call: FxHashMap<EventId, &CallOrigins> =
        origins.iter().map(|origins| (origins.call, origins)).collect();
    let mut seen: FxHashMap<EventId, Vec<&EventLink>> = FxHashMap::default();
    for tie in ties.iter().filter(|tie| tie.kind == LinkKind::Correlation) {
        seen.entry(tie.to).or_default().push(tie);
    }
    let mut taints: FxHashMap<EventId, Vec<Taint>> = FxHashMap::default();
    let mut flows = Vec::new();
    for event in &scope.events {
        let mut found = Found::default();
        if let Some(origins) = by_call.get(&event.id) {
            found.carried(event, origins, &scope, &taints);
        }
        let call = scope.call_of(event);
        if let Some(call) = call {
            found.result_of(call, event, &taints);
        }
        for tie in seen.get(&event.id).into_iter().flatten() {
            found.seen(tie, &taints);
        }
        if let Some(sink) = scope.sink(event) {
            flows.extend(found.leaving(&sink).filter_map(|(taint, pointers)| {
                written(event, &sink, taint, pointers, &taints, &scope)
            }));
        }
        // A result is the source only where its call is not on record.
        let own = if call.is_none() { labels(event, rules) } else { Vec::new() };
        let own = own.into_iter().map(|label| {
            let source = event.id;
            Taint { source, label, confidence: 100, step: None }
        });
        let all: Vec<Taint> = own.chain(found.into_taints()).take(SOURCES).collect();
        if !all.is_empty() {
            taints.insert(event.id, all);
        }
    }
    flows
}

/// A call by its source, trace, session and id.
type CallKey<'a> = (&'a Text, Option<&'a Text>, Option<&'a Text>, &'a Text);

/// The events by time, with what is needed of each again and again.
struct Scope<'a> {
    events: Vec<&'a Event>,
    by_id: FxHashMap<EventId, &'a Event>,
    by_call: FxHashMap<CallKey<'a>, &'a Event>,
    /// Tools that say that they reach outside, by server and name.
    open_world: FxHashSet<(Option<&'a Text>, &'a Text)>,
    rules: &'a DataRules,
}

impl<'a> Scope<'a> {
    fn of(events: &'a [Event], rules: &'a DataRules) -> Self {
        let by_id: FxHashMap<EventId, &Event> =
            events.iter().map(|event| (event.id, event)).collect();
        let mut events: Vec<&Event> = by_id.values().copied().collect();
        events.sort_by_key(|event| (event.time, event.id));
        let is_open = |event: &&&Event| {
            let params = event.params.as_ref();
            event.kind == EventKind::Catalog
                && params.is_some_and(|params| params.raw().contains("\"openWorldHint\":true"))
        };
        let open_world = events
            .iter()
            .filter(is_open)
            .filter_map(|event| Some((event.target.as_ref(), event.action.as_ref()?)))
            .collect();
        let calls = events.iter().filter(|event| event.kind == EventKind::ToolCall);
        let by_call = calls.filter_map(|call| Some((call_key(call)?, *call))).collect();
        Self { events, by_id, by_call, open_world, rules }
    }

    /// The call that a result answers.
    fn call_of(&self, event: &'a Event) -> Option<&'a Event> {
        let key = call_key(event).filter(|_| event.kind == EventKind::ToolResult)?;
        self.by_call.get(&key).copied()
    }

    fn place(&self, place: &Appearance<Source>) -> Option<&'a Event> {
        self.by_id.get(&place.place.event?).copied()
    }

    /// The sources of what a place gave out. What first stood in the arguments of a call was made
    /// up, unless it was a message to the agent (`to`) that it became the prompt of.
    fn sources(
        &self,
        place: &Appearance<Source>,
        to: &Event,
        taints: &FxHashMap<EventId, Vec<Taint>>,
    ) -> Vec<EventId> {
        let Some(from) = self.place(place) else { return Vec::new() };
        let is_argument =
            from.kind == EventKind::ToolCall && place.origin == Origin::AgentGenerated;
        if is_argument && to.kind == EventKind::ToolCall {
            return Vec::new();
        }
        let given = taints.get(&from.id).into_iter().flatten().map(|taint| taint.source);
        given.filter(|source| !is_argument || *source != from.id).collect()
    }

    fn sink(&self, event: &Event) -> Option<Sink> {
        let tool = event.action.as_ref().map(|name| (event.target.as_ref(), name));
        let is_open = tool.is_some_and(|tool| self.open_world.contains(&tool));
        sink(event, arguments(event).as_ref(), is_open, self.rules)
    }
}

fn call_key(event: &Event) -> Option<CallKey<'_>> {
    let call = event.call_id.as_ref()?;
    Some((&event.source, event.trace_id.as_ref(), event.session.as_ref(), call))
}

/// The arguments that hold what ingest has masked.
fn secrets(event: &Event) -> FxHashMap<String, Label> {
    let leaves = arguments(event).map(|arguments| leaves(&arguments)).unwrap_or_default();
    leaves.into_iter().filter_map(|leaf| Some((leaf.at, of_mask(&leaf.raw)?))).collect()
}

fn step(from: &Event, to: &Event, at: &Text, likeness: Likeness) -> EventLink {
    let rule = match (at.is_empty(), likeness) {
        (true, _) => "the prompt holds what stood in it".to_owned(),
        (false, Likeness::Part) => format!("argument {} holds a part of it", at.visible()),
        (false, _) => format!("argument {} has a value from it", at.visible()),
    };
    let confidence = likeness.confidence();
    EventLink { from: from.id, to: to.id, kind: LinkKind::Flow, rule, confidence }
}

/// What comes together in one event, by source and label.
#[derive(Default)]
struct Found(BTreeMap<(EventId, Label), Arrived>);

struct Arrived {
    taint: Taint,
    /// The time of the step before: the way goes over the last one that had the value.
    at: jiff::Timestamp,
    /// Arguments with the likeness of what they carry; none when the event itself was seen twice.
    pointers: Vec<(Text, Likeness)>,
}

impl Found {
    /// Takes what the arguments of a call carry.
    fn carried(
        &mut self,
        event: &Event,
        origins: &CallOrigins,
        scope: &Scope<'_>,
        taints: &FxHashMap<EventId, Vec<Taint>>,
    ) {
        let secrets = secrets(event);
        for argument in &origins.arguments {
            let Answer::From(places) = &argument.answer else { continue };
            let Some(first) = places.first() else { continue };
            // A whole value comes from where it first stood, its parts from everywhere.
            let is_whole = first.likeness < Likeness::Part;
            let of_whole = if is_whole { places.get(..1).unwrap_or_default() } else { places };
            let sources: FxHashSet<EventId> =
                of_whole.iter().flat_map(|place| scope.sources(place, event, taints)).collect();
            for place in places {
                let Some(from) = scope.place(place) else { continue };
                let before = taints.get(&from.id).into_iter().flatten();
                for taint in before.filter(|taint| sources.contains(&taint.source)) {
                    let is_same = is_whole && first.place.event == Some(taint.source);
                    let is_made = from.kind == EventKind::ToolCall && from.id != taint.source;
                    let limit = if is_made && !is_same { TRANSFORMED } else { 100 };
                    let confidence = taint.confidence.min(place.likeness.confidence()).min(limit);
                    let step = step(from, event, &argument.at, place.likeness);
                    let carried = Some((&argument.at, place.likeness));
                    self.arrive(taint, step, confidence, from.time, carried);
                }
            }
            if let (Some(label), Some(from)) = (secrets.get(argument.at.raw()), scope.place(first))
            {
                let confidence = first.likeness.confidence();
                let taint = Taint { source: from.id, label: label.clone(), confidence, step: None };
                let step = step(from, event, &argument.at, first.likeness);
                let carried = Some((&argument.at, first.likeness));
                self.arrive(&taint, step, confidence, from.time, carried);
            }
        }
    }

    /// Takes what a call was given, for its result.
    fn result_of(&mut self, call: &Event, result: &Event, taints: &FxHashMap<EventId, Vec<Taint>>) {
        for taint in taints.get(&call.id).into_iter().flatten() {
            let limit = if taint.source == call.id { 100 } else { TRANSFORMED };
            let step = EventLink {
                from: call.id,
                to: result.id,
                kind: LinkKind::Flow,
                rule: "its result, by the id of the call".to_owned(),
                confidence: 100,
            };
            self.arrive(taint, step, taint.confidence.min(limit), call.time, None);
        }
    }

    /// Takes what another record of the same act says.
    fn seen(&mut self, tie: &EventLink, taints: &FxHashMap<EventId, Vec<Taint>>) {
        for taint in taints.get(&tie.from).into_iter().flatten() {
            let confidence = taint.confidence.min(tie.confidence);
            self.arrive(taint, tie.clone(), confidence, jiff::Timestamp::MIN, None);
        }
    }

    fn arrive(
        &mut self,
        taint: &Taint,
        step: EventLink,
        confidence: u8,
        at: jiff::Timestamp,
        pointer: Option<(&Text, Likeness)>,
    ) {
        let key = (taint.source, taint.label.clone());
        let step_from = step.from;
        let new = Taint { confidence, step: Some(step), ..taint.clone() };
        let arrived = self.0.entry(key).or_insert_with(|| Arrived {
            taint: new.clone(),
            at,
            pointers: Vec::new(),
        });
        let known = arrived.taint.step.as_ref().map(|step| step.from);
        if (at, Some(step_from)) > (arrived.at, known) {
            let confidence = confidence.max(arrived.taint.confidence);
            (arrived.taint, arrived.at) = (Taint { confidence, ..new }, at);
        }
        if let Some((at, likeness)) = pointer
            && !arrived.pointers.iter().any(|(known, _)| known == at)
        {
            arrived.pointers.push((at.clone(), likeness));
        }
    }

    /// What leaves with a sink, and in which arguments.
    fn leaving(&self, sink: &Sink) -> impl Iterator<Item = (&Taint, Vec<Text>)> {
        self.0.values().filter_map(|arrived| {
            let is_data = |(at, likeness): &&(Text, Likeness)| {
                !sink.addresses.contains(at.raw()) || *likeness == Likeness::Part
            };
            let data = arrived.pointers.iter().filter(is_data).map(|(at, _)| at.clone());
            let pointers: Vec<Text> = data.collect();
            let leaves = arrived.pointers.is_empty() || !pointers.is_empty();
            leaves.then_some((&arrived.taint, pointers))
        })
    }

    fn into_taints(self) -> impl Iterator<Item = Taint> {
        let mut taints: Vec<Taint> = self.0.into_values().map(|arrived| arrived.taint).collect();
        taints.sort_by_key(|taint| std::cmp::Reverse(taint.confidence));
        taints.into_iter()
    }
}

fn written(
    event: &Event,
    sink: &Sink,
    taint: &Taint,
    carried: Vec<Text>,
    taints: &FxHashMap<EventId, Vec<Taint>>,
    scope: &Scope<'_>,
) -> Option<Flow> {
    let mut path: Vec<EventLink> = Vec::new();
    let mut step = taint.step.clone();
    while let Some(link) = step.take().filter(|_| path.len() < LONGEST) {
        let before = taints.get(&link.from).into_iter().flatten();
        let same = |it: &&Taint| it.source == taint.source && it.label == taint.label;
        step = before.clone().find(same).and_then(|it| it.step.clone());
        path.push(link);
    }
    path.reverse();
    let source = scope.by_id.get(&taint.source)?;
    let stations = path.iter().map(|link| link.from).chain([event.id]);
    let stations: Vec<&Event> =
        stations.filter_map(|station| scope.by_id.get(&station).copied()).collect();
    let mut agents: Vec<AgentKey> = Vec::new();
    let mut systems: Vec<Text> = Vec::new();
    for station in stations {
        if let Some(agent) = station.agent.as_ref().filter(|agent| !agents.contains(agent)) {
            agents.push(agent.clone());
        }
        if let Some(system) = system(station).filter(|system| !systems.contains(system)) {
            systems.push(system);
        }
    }
    Some(Flow {
        source: taint.source,
        sink: event.id,
        label: taint.label.label.clone(),
        because: [taint.label.because.clone(), sink.because.to_owned()],
        path,
        carried,
        boundary: sink.boundary.clone(),
        agents,
        systems,
        seconds: event.time.duration_since(source.time).as_secs(),
        confidence: taint.confidence,
    })
}

/// The system that an event acts on: a server, what stands before the name of a tool, a service, a host.
fn system(event: &Event) -> Option<Text> {
    let action = event.action.as_ref()?.raw();
    match event.kind {
        EventKind::ToolCall | EventKind::ToolResult => event.target.clone().or_else(|| {
            let prefix = action.split(['.', '/', ':']).next().unwrap_or(action);
            Some(prefix.into())
        }),
        EventKind::CloudApi => Some(action.split(':').next().unwrap_or(action).into()),
        EventKind::K8sApi => Some("kubernetes".into()),
        EventKind::Egress => {
            let host = event.target.as_ref()?.raw().split(['/', ':']).next()?;
            Some(host.into())
        }
        _ => None,
    }
}
