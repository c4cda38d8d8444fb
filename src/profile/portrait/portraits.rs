//! The portraits of all agents: by context, and by week, so that any two windows can be put together
//! later without reading events again.

use std::collections::BTreeMap;
use std::ops::Range;

use jiff::Timestamp;
use rustc_hash::{FxHashMap, FxHasher};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::learn::Vocabulary;
use super::record::Portrait;
use crate::domain::{AgentKey, Event, Text};
use crate::profile::Observation;
use crate::profile::cadence::day;
use crate::profile::run::Run;

/// In what an agent works: what is normal in one context is not in another (requirement S0.7).
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Context {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<Text>,
    /// The kind of task, for callers that know it: no record states one in a field of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<Text>,
}

impl Context {
    /// What a record says of it.
    pub fn of(event: &Event) -> Self {
        Self { environment: event.environment.clone(), tenant: event.tenant.clone(), task: None }
    }

    fn is_known(&self) -> bool {
        *self != Self::default()
    }

    /// Of two records of one run. Where they name different ones, the first by name, whatever came
    /// first.
    fn join(&mut self, other: Self) {
        let fields = [
            (&mut self.environment, other.environment),
            (&mut self.tenant, other.tenant),
            (&mut self.task, other.task),
        ];
        for (known, further) in fields {
            *known = [known.take(), further].into_iter().flatten().min();
        }
    }

    /// `prod, tenant acme`, for people.
    pub fn visible(&self) -> String {
        let parts = [("", &self.environment), ("tenant ", &self.tenant), ("task ", &self.task)];
        let named = parts.iter().filter_map(|(word, name)| {
            name.as_ref().map(|name| format!("{word}{}", name.visible()))
        });
        match named.collect::<Vec<_>>() {
            none if none.is_empty() => "no context recorded".to_owned(),
            named => named.join(", "),
        }
    }
}

/// Portraits by agent, week and context.
#[derive(Clone, Debug, Default)]
pub struct Portraits {
    agents: FxHashMap<AgentKey, BTreeMap<(i64, Context), Portrait>>,
    /// The contexts of runs whose records name one, until the runs are learned.
    runs: FxHashMap<u64, Context>,
}

impl Portraits {
    /// Learns from a record of an agent, in any order. Each act is to be handed in once: the records
    /// that only echo it would count its arguments and its duration again.
    pub fn event(&mut self, agent: &AgentKey, run: Option<&Text>, event: &Event) {
        if event.time == Timestamp::UNIX_EPOCH {
            return;
        }
        let context = Context::of(event);
        if let Some(run) = run
            && context.is_known()
        {
            self.runs.entry(run_key(agent, run)).or_default().join(context.clone());
        }
        self.portrait(agent, day(event.time), context).learn_event(event);
    }

    /// Learns from a run; after the records that name its context. It belongs to the week in which it
    /// started.
    pub fn run(&mut self, run: &Run, vocabulary: &Vocabulary<'_>) {
        let context = self.runs.get(&run_key(&run.agent, &run.id)).cloned().unwrap_or_default();
        self.portrait(&run.agent, day(run.start), context).learn_run(run, vocabulary);
    }

    /// Learns from all runs of an observation, the earlier ones included.
    pub fn runs_of(&mut self, observation: &Observation) {
        let vocabulary = Vocabulary::new(&observation.kinds);
        for run in observation.runs.values().flatten() {
            self.run(run, &vocabulary);
        }
        for (agent, days) in &observation.earlier {
            for (number, earlier) in days {
                let portrait = self.portrait(agent, *number, Context::default());
                portrait.learn_day(*number, earlier, &vocabulary);
            }
        }
    }

    /// Adds what others learned from other records and runs.
    pub fn merge(&mut self, other: &Self) {
        for (agent, weeks) in &other.agents {
            let known = self.agents.entry(agent.clone()).or_default();
            for (key, portrait) in weeks {
                known.entry(key.clone()).or_default().merge(portrait);
            }
        }
        for (run, context) in &other.runs {
            self.runs.entry(*run).or_default().join(context.clone());
        }
    }

    /// In no particular order.
    pub fn agents(&self) -> impl Iterator<Item = &AgentKey> {
        self.agents.keys()
    }

    pub fn contexts(&self, agent: &AgentKey) -> Vec<Context> {
        let weeks = self.agents.get(agent);
        let mut contexts: Vec<_> = weeks
            .into_iter()
            .flat_map(|weeks| weeks.keys())
            .map(|(_, known)| known.clone())
            .collect();
        contexts.sort();
        contexts.dedup();
        contexts
    }

    /// The first days of the weeks in which an agent was seen, since 1970, in order.
    pub fn weeks(&self, agent: &AgentKey) -> Vec<i64> {
        let weeks = self.agents.get(agent);
        let mut weeks: Vec<i64> =
            weeks.into_iter().flat_map(|weeks| weeks.keys()).map(|(week, _)| *week).collect();
        weeks.dedup();
        weeks
    }

    /// The portrait of an agent over the weeks that start in `days`; in one context or, without one,
    /// in all of them together.
    pub fn over(&self, agent: &AgentKey, context: Option<&Context>, days: Range<i64>) -> Portrait {
        let mut portrait = Portrait::default();
        for ((week, known), learned) in self.agents.get(agent).into_iter().flatten() {
            if days.contains(week) && context.is_none_or(|context| context == known) {
                portrait.merge(learned);
            }
        }
        portrait
    }

    /// Memory that the portraits of an agent take, in bytes, about.
    pub fn bytes(&self, agent: &AgentKey) -> usize {
        let weeks = self.agents.get(agent);
        weeks.into_iter().flat_map(|weeks| weeks.values()).map(Portrait::bytes).sum()
    }

    fn portrait(&mut self, agent: &AgentKey, day: i64, context: Context) -> &mut Portrait {
        self.agents.entry(agent.clone()).or_default().entry((monday(day), context)).or_default()
    }
}

/// The first day of the week of a day, both since 1970-01-01, which was a Thursday.
pub fn monday(day: i64) -> i64 {
    day.saturating_sub(day.saturating_add(3).rem_euclid(7))
}

fn run_key(agent: &AgentKey, run: &Text) -> u64 {
    use std::hash::{Hash, Hasher};

    let mut hasher = FxHasher::default();
    (agent, run).hash(&mut hasher);
    hasher.finish()
}

/// One row of the stored form.
#[derive(Serialize, Deserialize)]
struct Row<P> {
    agent: AgentKey,
    week: i64,
    context: Context,
    baseline: P,
}

impl Serialize for Portraits {
    /// Rows in order of agent, week and context.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let ordered: BTreeMap<_, _> = self.agents.iter().collect();
        let rows = ordered.into_iter().flat_map(|(agent, weeks)| {
            weeks.iter().map(|((week, context), baseline)| Row {
                agent: agent.clone(),
                week: *week,
                context: context.clone(),
                baseline,
            })
        });
        serializer.collect_seq(rows)
    }
}

impl<'de> Deserialize<'de> for Portraits {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut portraits = Self::default();
        for Row { agent, week, context, baseline } in
            Vec::<Row<Portrait>>::deserialize(deserializer)?
        {
            portraits.agents.entry(agent).or_default().insert((week, context), baseline);
        }
        Ok(portraits)
    }
}
