//! The observer: one pass over the events, in any order, in bounded memory.

use jiff::Timestamp;
use rustc_hash::{FxHashMap, FxHashSet};

use super::acts::{Act, Acts, Placement};
use super::catalog::Catalogs;
use super::kind::{KindId, folded, kind_of};
use super::minutes::Minutes;
use super::observation::Observation;
use super::recent::{Interner, Recent, key};
use super::run::{Run, Span};
use super::runs::{Runs, Shared, shows_prompt};
use super::seen::{self, Parentage};
use super::settings::Settings;
use super::setup::Setups;
use super::tally::{ExerciseTally, authorisation, is_aggregate, remember};
use crate::domain::actor::{Actor, actor, is_host_level, is_kernel_or_api};
use crate::domain::{
    AgentKey, Attribution, Authorisation, Capability, Event, EventId, EventKind, EvidenceOfAgency,
    SeenAgent, Text,
};

/// Attributions and capabilities remembered, so that repeating events are looked up once.
const LOOKUPS: usize = 50_000;

/// Takes events one by one and keeps what can be said of them.
pub struct Observer<'a> {
    attribution: &'a dyn Attribution,
    settings: Settings,
    actors: Recent<ActorKey, Option<u32>>,
    agents: Interner<AgentKey>,
    logs: Vec<Log>,
    capabilities: Interner<Capability>,
    lookups: Recent<CapabilityKey, Option<u32>>,
    /// Distinct members of a group of capabilities, per agent.
    groups: FxHashMap<(u32, u32), usize>,
    exercises: FxHashMap<(u32, u32), ExerciseTally>,
    kinds: Interner<Capability>,
    /// Kind and target of a capability, by its id.
    kind_of: Vec<Option<(KindId, Option<Text>)>>,
    /// Spans of model calls that were counted lately.
    model_spans: Recent<u64, ()>,
    acts: Acts,
    parentage: Parentage,
    setups: Setups,
    catalogs: Catalogs,
    shared: Shared,
    /// The prompt of a session or trace, for the agents below the one that was prompted.
    prompts: FxHashMap<u64, EventId>,
    /// Sessions and traces with kernel or API events, by host.
    traced: FxHashSet<u64>,
    unattributed: u64,
    span: Option<(Timestamp, Timestamp)>,
}

type ActorKey = (Option<AgentKey>, Option<Text>, Option<Text>, Option<Text>, bool);
type CapabilityKey = (EventKind, Option<Text>, Option<Text>, Option<Text>, Option<Text>);

/// What is kept of one agent.
#[derive(Default)]
struct Log {
    candidates: Vec<AgentKey>,
    seen: SeenAgent,
    runs: Runs,
    /// Minutes with kernel or API events.
    minutes: Minutes,
}

/// The action of spans that pass a tool call on to an MCP server.
const MCP_CALL: &str = "mcp tools/call";

impl<'a> Observer<'a> {
    pub fn new(attribution: &'a dyn Attribution, settings: Settings) -> Self {
        Self {
            attribution,
            settings,
            actors: Recent::new(LOOKUPS),
            agents: Interner::new(),
            logs: Vec::new(),
            capabilities: Interner::new(),
            lookups: Recent::new(LOOKUPS),
            groups: FxHashMap::default(),
            exercises: FxHashMap::default(),
            kinds: Interner::new(),
            kind_of: Vec::new(),
            acts: Acts::new(),
            model_spans: Recent::new(LOOKUPS),
            parentage: Parentage::new(),
            setups: Setups::default(),
            catalogs: Catalogs::default(),
            shared: Shared::new(),
            prompts: FxHashMap::default(),
            traced: FxHashSet::default(),
            unattributed: 0,
            span: None,
        }
    }

    /// Whether another record of the same span has been counted: a call of a model is told by its span
    /// and by a log record beneath it.
    fn is_told_again(&mut self, event: &Event) -> bool {
        let (Some(trace), Some(span)) = (&event.trace_id, &event.span_id) else { return false };
        let key = key(&(trace.raw(), span.raw()));
        let is_told = self.model_spans.get(&key).is_some();
        self.model_spans.insert(key, ());
        is_told
    }

    pub fn observe(&mut self, event: &Event) {
        // Undated records say nothing about the window.
        if event.time != Timestamp::UNIX_EPOCH {
            let (from, until) = self.span.unwrap_or((event.time, event.time));
            self.span = Some((from.min(event.time), until.max(event.time)));
        }
        let actor = self.actor_of(event);
        let agent = actor.and_then(|actor| self.agents.get(actor)).cloned();
        if event.kind == EventKind::Catalog {
            self.catalogs.observe(event, agent.as_ref());
        }
        let (Some(actor), Some(agent)) = (actor, agent) else {
            self.unattributed += 1;
            return;
        };
        self.include(actor, &agent, event);
        self.parentage.observe(event, &agent, self.attribution);
        self.setups.observe(event, &agent);

        let capability = self.capability_of(event).map(|id| self.fold(actor, id));
        if is_aggregate(event) || event.kind == EventKind::Catalog {
            if let Some(capability) = capability {
                self.exercise(actor, capability, event);
            }
            return;
        }
        if event.kind == EventKind::ModelCall && self.is_told_again(event) {
            return;
        }
        self.join(event);
        let Some(log) = self.logs.get_mut(actor as usize) else {
            return;
        };
        let run = log.runs.touch(&agent, event, (&mut self.shared, &self.settings));
        let Some(capability) = capability else {
            return;
        };
        if event.kind != EventKind::ToolCall {
            self.count(actor, capability, &run, event);
            return;
        }
        let act = Act {
            agent: actor,
            capability,
            run: run.clone(),
            event: event.id,
            time: event.time,
            source: event.source.clone(),
            authorisation: authorisation(event),
            decided: event.is_decided_for(),
        };
        let Placement { echo_of, taken_back } = self.acts.place(event, act);
        match &echo_of {
            Some(outer) => {
                self.echo(outer, event, capability);
                if let Some(log) = self.logs.get_mut(actor as usize) {
                    log.runs.disown(&run);
                }
            }
            None => self.count(actor, capability, &run, event),
        }
        let outer = echo_of.map_or((actor, capability), |outer| (outer.agent, outer.capability));
        for echo in taken_back {
            self.take_back(&echo, outer);
        }
    }

    pub fn finish(mut self) -> Observation {
        let mut runs: Vec<Vec<Run>> =
            self.logs.iter_mut().map(|log| log.runs.finish(&self.settings)).collect();
        for run in runs.iter_mut().flatten() {
            self.complete(run);
        }
        self.conclude_evidence();
        let agents = self.agents.into_values();
        let mut observation = Observation {
            catalogs: self.catalogs.finish(),
            setups: self.setups.finish(),
            unattributed: self.unattributed,
            from: self.span.map(|(from, _)| from),
            until: self.span.map(|(_, until)| until),
            ..Observation::default()
        };
        let capabilities = self.capabilities.into_values();
        for ((actor, capability), tally) in self.exercises {
            let candidates =
                self.logs.get(actor as usize).map(|log| log.candidates.clone()).unwrap_or_default();
            if let (Some(agent), Some(capability)) =
                (agents.get(actor as usize), capabilities.get(capability as usize))
                && tally.total() > 0
            {
                let exercise = tally.finish(agent.clone(), capability.clone(), candidates);
                observation.exercises.push(exercise);
            }
        }
        observation
            .exercises
            .sort_by(|a, b| (&a.agent, &a.capability).cmp(&(&b.agent, &b.capability)));
        observation.kinds = self.kinds.into_values();
        observation.names = self.shared.names.into_values();
        for ((agent, log), runs) in agents.into_iter().zip(self.logs).zip(runs) {
            if !log.runs.earlier.is_empty() {
                observation.earlier.insert(agent.clone(), log.runs.earlier);
            }
            if !runs.is_empty() {
                observation.runs.insert(agent.clone(), runs);
            }
            observation.agents.insert(agent, log.seen);
        }
        observation
    }

    /// The number of the agent an event belongs to.
    fn actor_of(&mut self, event: &Event) -> Option<u32> {
        let lookup: ActorKey = match &event.agent {
            Some(agent) => (Some(agent.clone()), None, None, None, is_host_level(event.kind)),
            None => (
                None,
                event.account.clone(),
                Some(event.principal.clone()?),
                event.instance.clone(),
                is_host_level(event.kind),
            ),
        };
        if let Some(known) = self.actors.get(&lookup) {
            return *known;
        }
        let found = actor(event, self.attribution).map(|Actor { agent, candidates }| {
            let number = self.agent(&agent);
            if let Some(log) = self.logs.get_mut(number as usize) {
                log.candidates.extend(candidates);
                log.candidates.sort();
                log.candidates.dedup();
            }
            number
        });
        self.actors.insert(lookup, found);
        found
    }

    fn agent(&mut self, agent: &AgentKey) -> u32 {
        let number = self.agents.id(agent);
        if number as usize >= self.logs.len() {
            self.logs.push(Log::default());
        }
        number
    }

    /// Adds an event to what is known of its agent and of the host under it.
    fn include(&mut self, actor: u32, agent: &AgentKey, event: &Event) {
        let run_ids = [event.session.as_ref(), event.trace_id.as_ref()];
        if shows_prompt(event) {
            for id in run_ids.into_iter().flatten() {
                self.prompts.entry(key(id)).or_insert(event.id);
            }
        }
        let below = is_kernel_or_api(event.kind) && !is_aggregate(event);
        if below {
            for id in run_ids.into_iter().flatten() {
                self.traced.insert(key(&(agent.host(), id)));
            }
        }
        let Some(log) = self.logs.get_mut(actor as usize) else {
            return;
        };
        seen::include(&mut log.seen, event);
        if below {
            log.minutes.mark(event.time);
        }
        if let Some(evidence) = seen::evidence(event) {
            self.prove(agent, evidence);
        }
    }

    /// Evidence of agency holds for the agent and for the workload that runs it.
    fn prove(&mut self, agent: &AgentKey, evidence: EvidenceOfAgency) {
        for agent in [agent.clone(), agent.host()] {
            let number = self.agent(&agent);
            if let Some(log) = self.logs.get_mut(number as usize) {
                remember(&mut log.seen.evidence, Some(&evidence));
            }
        }
    }

    /// The number of the capability that an event exercises.
    fn capability_of(&mut self, event: &Event) -> Option<u32> {
        let lookup: CapabilityKey = (
            event.kind,
            event.action.clone(),
            event.target.clone(),
            event.target_kind.clone(),
            event.model.clone(),
        );
        if let Some(known) = self.lookups.get(&lookup) {
            return *known;
        }
        let found = event.capability().map(|capability| self.capabilities.id(&capability));
        self.lookups.insert(lookup, found);
        found
    }

    /// The capability under which an act is kept: its own, or the one its like is folded into when
    /// there are too many of them.
    fn fold(&mut self, actor: u32, capability: u32) -> u32 {
        if self.exercises.contains_key(&(actor, capability)) {
            return capability;
        }
        let Some((group, most)) =
            self.capabilities.get(capability).and_then(|known| folded(known, &self.settings))
        else {
            return capability;
        };
        let group = self.capabilities.id(&group);
        let members = self.groups.entry((actor, group)).or_default();
        if *members >= most {
            return group;
        }
        *members += 1;
        capability
    }

    fn exercise(&mut self, actor: u32, capability: u32, event: &Event) {
        self.exercises
            .entry((actor, capability))
            .or_insert_with(|| ExerciseTally::new(event.time))
            .count(event);
    }

    /// Counts an act: as an exercise, and as a call of its run.
    fn count(&mut self, actor: u32, capability: u32, run: &Text, event: &Event) {
        self.exercise(actor, capability, event);
        let kind = self.kind(capability);
        if let (Some((kind, target)), Some(log)) = (kind, self.logs.get_mut(actor as usize)) {
            let bounds = (&mut self.shared, &self.settings);
            log.runs.add(run, event, kind, target, authorisation(event), bounds);
        }
    }

    /// Lets a record that is no call complete the calls it belongs to.
    fn join(&mut self, event: &Event) {
        match (event.kind, event.action.as_ref().map(Text::raw), &event.target) {
            (EventKind::ToolResult, ..) => {
                if let Some(act) = self.acts.settle(event)
                    && let Some(tally) = self.exercises.get_mut(&(act.agent, act.capability))
                {
                    tally.settle();
                    tally.cite(event.id, &event.source);
                }
            }
            (EventKind::Other, Some(MCP_CALL), Some(tool)) => {
                if let Some((outer, taken_back)) = self.acts.pass_on(event, tool) {
                    for echo in taken_back {
                        self.take_back(&echo, (outer.agent, outer.capability));
                    }
                }
            }
            _ => {}
        }
    }

    /// Keeps an echo as evidence of its act. An echo that knows the tool's server tells it.
    fn echo(&mut self, outer: &Act, event: &Event, capability: u32) {
        let refined = self.refined(outer.capability, capability);
        let capability = refined.unwrap_or(outer.capability);
        if refined.is_some() {
            self.refine(outer, capability);
        }
        if let Some(tally) = self.exercises.get_mut(&(outer.agent, capability)) {
            tally.cite(event.id, &event.source);
        }
    }

    /// The more exact of two spellings of one tool, when it is the second.
    fn refined(&self, outer: u32, echo: u32) -> Option<u32> {
        match (self.capabilities.get(outer)?, self.capabilities.get(echo)?) {
            (Capability::Tool { server: None, .. }, Capability::Tool { server: Some(_), .. }) => {
                Some(echo)
            }
            _ => None,
        }
    }

    /// Counts an act under a more exact capability.
    fn refine(&mut self, act: &Act, capability: u32) {
        self.discount(act);
        self.exercises
            .entry((act.agent, capability))
            .or_insert_with(|| ExerciseTally::new(act.time))
            .readmit(act);
        let kinds = (self.kind(act.capability), self.kind(capability));
        if let ((Some((from, _)), Some((to, _))), Some(log)) =
            (kinds, self.logs.get_mut(act.agent as usize))
        {
            let refused = act.authorisation == Authorisation::Refused;
            log.runs.refine(&act.run, act.event, from, to, refused);
        }
        self.acts.refine(act.event, capability);
    }

    /// Takes back an act that turned out to be an echo of `outer`.
    fn take_back(&mut self, act: &Act, outer: (u32, u32)) {
        self.discount(act);
        if let Some(tally) = self.exercises.get_mut(&outer) {
            tally.cite(act.event, &act.source);
        }
        if let (Some((kind, _)), Some(log)) =
            (self.kind(act.capability), self.logs.get_mut(act.agent as usize))
        {
            let refused = act.authorisation == Authorisation::Refused;
            log.runs.take_back(&act.run, act.event, kind, refused);
        }
    }

    fn discount(&mut self, act: &Act) {
        if let Some(tally) = self.exercises.get_mut(&(act.agent, act.capability)) {
            tally.discount(act);
        }
    }

    /// The kind and target of a capability.
    fn kind(&mut self, capability: u32) -> Option<(KindId, Option<Text>)> {
        while self.kind_of.len() <= capability as usize {
            let next = u32::try_from(self.kind_of.len()).unwrap_or(u32::MAX);
            let kind = self.capabilities.get(next).and_then(kind_of);
            let kind = kind.map(|(kind, target)| (KindId(self.kinds.id(&kind)), target));
            self.kind_of.push(kind);
        }
        self.kind_of.get(capability as usize)?.clone()
    }

    /// Adds to a finished run what other agents' records know of it.
    fn complete(&mut self, run: &mut Run) {
        let ids = [Some(&run.id), run.trace.as_ref()];
        let ids = || ids.into_iter().flatten();
        if run.prompt.is_none() {
            run.prompt = ids().find_map(|id| self.prompts.get(&key(id)).copied());
        }
        let host = run.agent.host();
        let traced = ids().any(|id| self.traced.contains(&key(&(&host, id))));
        let number = self.agent(&host);
        let minutes = self.logs.get(number as usize).map(|log| &log.minutes);
        run.kernel_or_api = traced
            || match run.span {
                Span::Session => minutes.is_some_and(|minutes| minutes.any(run.start, run.end)),
                Span::Day => minutes.is_some_and(|minutes| minutes.has_day(run.start)),
            };
    }

    /// Tool calls prove an agent only once the echoes among them are known: an MCP server that
    /// records the calls it serves is no agent for that.
    fn conclude_evidence(&mut self) {
        let mut proven = Vec::new();
        for ((actor, capability), tally) in &self.exercises {
            if tally.total() > 0
                && matches!(self.capabilities.get(*capability), Some(Capability::Tool { .. }))
                && let Some(agent) = self.agents.get(*actor)
            {
                let evidence = tally.sources.iter().filter_map(seen::evidence_of_tools);
                proven.extend(evidence.map(|evidence| (agent.clone(), evidence)));
            }
        }
        for (agent, evidence) in proven {
            self.prove(&agent, evidence);
        }
        for (parent, child) in std::mem::take(&mut self.parentage.edges) {
            let number = self.agent(&parent);
            if let Some(log) = self.logs.get_mut(number as usize) {
                log.seen.sub_agents.push(child);
            }
        }
        for log in &mut self.logs {
            log.seen.evidence.sort();
        }
    }
}

#[cfg(test)]
mod tests;
