//! The delegation trees of a whole case: made once for each generation, in bounded memory, and kept
//! in the case so that a trace opens at once whatever its size.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};

use super::Error;
use crate::case::{Case, CaseError, Spill};
use crate::domain::packed::{Packed, packed};
use crate::domain::{
    AgentId, AgentKey, Budget, DelegationNames, DelegationNode, Event, EventId, IdentityChain,
    NameId, Text, TraceRow,
};
use crate::lineage;
use crate::lineage::chain::{ChainFocus, Chains};
use crate::lineage::edges::units::Units;
use crate::lineage::repairs::Repairs;
use crate::lineage::spans::{Span, SpanReader};
use crate::lineage::tree::{self, Context};
use crate::scope::Estate;

/// The names of the derived files.
const NODES: &str = "delegation-nodes";
const TRACES: &str = "delegation-traces";
const PARTICIPANTS: &str = "delegation-participants";
const ABOUT: &str = "delegation.json";

packed! {
    /// That an agent takes part in a trace.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub struct Participant {
        pub agent: AgentId,
        pub trace: NameId,
    }
}

/// What the trees of a case are called, and what was mended in them.
#[derive(Debug, Default, Serialize, Deserialize)]
struct About {
    names: DelegationNames,
    repairs: Vec<String>,
    /// Traces that are parts of another's tree: their names, and the one they are listed under.
    parts: FxHashMap<u32, u32>,
}

/// Takes the events of a case in any order and makes its trees and identity chains.
pub(super) struct Builder<'e> {
    estate: &'e Estate,
    reader: SpanReader<'e>,
    /// By trace, so that each part holds whole traces.
    spans: Spill<Span>,
    /// Traces that are parts of one.
    units: Units,
    chains: Chains<'e>,
}

impl<'e> Builder<'e> {
    pub fn new(estate: &'e Estate) -> Self {
        Self {
            estate,
            reader: SpanReader::new(estate),
            spans: Spill::default(),
            units: Units::default(),
            chains: Chains::new(estate, ChainFocus::All),
        }
    }

    pub fn observe(&mut self, event: &Event) -> Result<(), Error> {
        self.chains.observe(event);
        if let Some(span) = self.reader.read(event) {
            self.units.observe(&span);
            self.spans.push(span.trace.0, &span)?;
        }
        Ok(())
    }

    /// Keeps the trees in the case and returns the chains. `cited` are the events that findings cite.
    pub fn finish(
        mut self,
        case: &Case,
        cited: &FxHashSet<EventId>,
    ) -> Result<Vec<IdentityChain>, Error> {
        let accounts = accounts(self.estate, &self.reader);
        let context = Context { accounts: &accounts, cited };
        // A case that cannot be written (read-only media) keeps no trees.
        let mut nodes = case.write_rows(NODES).ok();
        let mut traces: Vec<TraceRow> = Vec::new();
        let mut participants: FxHashSet<Participant> = FxHashSet::default();
        let mut repairs = Repairs::default();
        let mut first = 0;
        let units = self.units.names(self.reader.names());
        for part in together(self.spans, &units)? {
            let forest = lineage::forest(part?, self.reader.names());
            self.chains.add_traces(&forest);
            repairs.add(&forest.repairs);
            if let Some(nodes) = &mut nodes {
                let trees = tree::build(&forest, &context);
                let takes_part = |node: &DelegationNode| {
                    Some(Participant { agent: node.agent?, trace: node.trace })
                };
                participants.extend(trees.nodes.iter().filter_map(takes_part));
                traces.extend(
                    trees.traces.iter().map(|row| TraceRow { first: row.first + first, ..*row }),
                );
                first += trees.nodes.len() as u64;
                nodes.write(&trees.nodes)?;
            }
        }
        let about = About {
            repairs: repairs.sentences(),
            parts: units.iter().map(|(part, whole)| (part.0, whole.0)).collect(),
            names: with_budgets(self.reader.into_names(), self.estate),
        };
        if let Some(nodes) = nodes {
            traces.sort_unstable_by_key(|row| (row.start, row.trace));
            let mut participants: Vec<Participant> = participants.into_iter().collect();
            participants.sort_unstable();
            nodes.finish()?;
            write_all(case, TRACES, &traces)?;
            write_all(case, PARTICIPANTS, &participants)?;
            let about = serde_json::to_vec(&about)
                .map_err(|error| Error::data(format!("cannot keep the trees: {error}")))?;
            case.put_derived(ABOUT, &about)?;
        }
        let mut chains = self.chains.finish();
        chains.sort_by(|a, b| (b.events, &a.agent).cmp(&(a.events, &b.agent)));
        Ok(chains)
    }
}

/// The spans by trace, those of tied traces in the part of their unit.
fn together(
    spans: Spill<Span>,
    units: &FxHashMap<NameId, NameId>,
) -> Result<impl Iterator<Item = Result<Vec<Span>, CaseError>>, CaseError> {
    let spans = match units.is_empty() {
        true => spans,
        false => {
            let mut regrouped = Spill::default();
            for part in spans.into_parts() {
                for span in part? {
                    let unit = units.get(&span.trace).copied().unwrap_or(span.trace);
                    regrouped.push(unit.0, &span)?;
                }
            }
            regrouped
        }
    };
    Ok(spans.into_parts())
}

fn write_all<T: Packed>(case: &Case, name: &str, rows: &[T]) -> Result<(), Error> {
    let mut writer = case.write_rows(name)?;
    writer.write(rows)?;
    Ok(writer.finish()?)
}

/// Adds what the posture policies of the agents allow.
fn with_budgets(mut names: DelegationNames, estate: &Estate) -> DelegationNames {
    let budget = |agent: &AgentKey| {
        let (policy, _) = estate.posture_policy(agent)?;
        Some(Budget {
            tool_calls: policy.max_tool_calls_per_run,
            sub_agents: policy.max_sub_agents,
        })
    };
    names.budgets = names.agents.iter().map(|agent| budget(agent).unwrap_or_default()).collect();
    names
}

/// A number for the account that the configuration gives to each agent.
fn accounts(estate: &Estate, reader: &SpanReader<'_>) -> Vec<Option<u32>> {
    let mut numbers: FxHashMap<(Text, Text, Text), u32> = FxHashMap::default();
    let account = |agent: &AgentKey| {
        let account = estate.service_account(&agent.host())?;
        Some((agent.realm.clone(), agent.space.clone(), account.clone()))
    };
    let mut number = |account| {
        let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
        *numbers.entry(account).or_insert(next)
    };
    reader.agents().iter().map(|agent| account(agent).map(&mut number)).collect()
}

/// The kept trees of a generation: where each trace is, and what everything is called.
#[derive(Debug, Default)]
pub struct Trees {
    /// By their start.
    pub traces: Vec<TraceRow>,
    pub names: Arc<DelegationNames>,
    pub repairs: Vec<String>,
    participants: Vec<Participant>,
    parts: FxHashMap<u32, u32>,
}

impl Trees {
    /// The trees that were kept; an error when none could be.
    pub fn of(case: &Case) -> Result<Self, Error> {
        let about = case.derived(ABOUT)?.ok_or_else(|| {
            Error::data("the delegation trees of this case could not be kept").with_hint(
                "The case folder cannot be written. Copy the case to where it can, and open that.",
            )
        })?;
        let about: About = serde_json::from_slice(&about).map_err(|error| {
            Error::data(format!("the kept delegation trees are damaged: {error}"))
        })?;
        Ok(Self {
            traces: case.rows(TRACES, 0, u64::MAX)?,
            names: Arc::new(about.names),
            repairs: about.repairs,
            parts: about.parts,
            participants: case.rows(PARTICIPANTS, 0, u64::MAX)?,
        })
    }

    /// The nodes of a trace.
    pub fn nodes(&self, case: &Case, trace: &TraceRow) -> Result<Vec<DelegationNode>, Error> {
        Ok(case.rows(NODES, trace.first, trace.nodes.into())?)
    }

    /// The trace of this name, or the one whose tree it is a part of.
    pub fn trace(&self, name: &Text) -> Option<&TraceRow> {
        let number = (0_u32..).zip(&self.names.names).find(|(_, known)| *known == name)?.0;
        let whole = NameId(self.parts.get(&number).copied().unwrap_or(number));
        self.traces.iter().find(|row| row.trace == whole)
    }

    /// The traces in which an agent takes part whose key contains `part`.
    pub fn traces_of(&self, part: &str) -> Vec<&TraceRow> {
        let agents: FxHashSet<AgentId> = (0_u32..)
            .zip(&self.names.agents)
            .filter(|(_, agent)| agent.visible().contains(part))
            .map(|(number, _)| AgentId(number))
            .collect();
        let takes_part = |row: &&Participant| agents.contains(&row.agent);
        let traces: FxHashSet<NameId> =
            self.participants.iter().filter(takes_part).map(|row| row.trace).collect();
        self.traces.iter().filter(|row| traces.contains(&row.trace)).collect()
    }
}
