//! A synthetic estate with its ground truth.
//!
//! Causes are planted, evidence follows, and the truth is written from the causes, never from the
//! evidence. `roster` has the firm's ordinary agents, `causes` changes them, `plan` and `run` let them
//! work, `emit` writes what the real tools would have written. Everything is drawn from the seed.

mod calendar;
mod causes;
mod dice;
mod emit;
mod firm;
mod noise;
mod plan;
mod rbac;
mod roster;
mod run;
mod script;
mod servers;
mod truth;

use std::collections::BinaryHeap;
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

pub use self::truth::{Expected, GroundTruth, Ordinary, Planted, Span};

use crate::domain::AgentKey;

use self::calendar::{Nanos, Window};
use self::emit::audit::{Auditor, Line};
use self::emit::{
    Folder, WeeklyLog, hostile, kubernetes, kubescape, mcp, otlp, policies, registry,
};
use self::firm::Firm;
use self::plan::Planner;

/// What to simulate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    pub agents: usize,
    pub days: u32,
    /// About how many events, spans and audit events together.
    pub events: u64,
    pub seed: u64,
    /// The first day.
    pub start: Timestamp,
}

#[derive(Debug, thiserror::Error)]
pub enum SimulateError {
    #[error("cannot write {}: {error}", path.display())]
    Write { path: PathBuf, error: io::Error },
    #[error("the window of {days} days from {start} cannot be counted")]
    Window { start: Timestamp, days: u32 },
    #[error("cancelled after {written} events")]
    Cancelled { written: u64 },
}

impl SimulateError {
    fn write(path: &Path, error: io::Error) -> Self {
        Self::Write { path: path.to_owned(), error }
    }

    /// What a person can do about it, as a sentence.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Write { .. } => "Choose a folder that can be written, with room on the disk.",
            Self::Window { .. } => "Choose a start between the years 1700 and 2250.",
            Self::Cancelled { .. } => "The folder is incomplete; delete it and run again.",
        }
    }
}

/// The bundled sample: three weeks of the firm, ending on 31 October 2026.
pub fn sample(folder: &Path) -> Result<GroundTruth, SimulateError> {
    // 11 October 2026, a Sunday.
    let start = Timestamp::from_second(1_791_676_800).unwrap_or(Timestamp::UNIX_EPOCH);
    let request = Request { agents: 44, days: 21, events: SAMPLE_EVENTS, seed: 1, start };
    write(folder, &request, &mut |_, _| ControlFlow::Continue(()))
}

/// A little busier than the roster, so that nearly every agent has the runs that a baseline needs.
const SAMPLE_EVENTS: u64 = 19_400;

/// Events that one day of the control plane leaves.
const NOISE_PER_DAY: f64 = 30.0;

/// Simulates into `folder`. `progress` is told the events written so far and those to come; it may
/// break, which leaves the folder incomplete.
pub fn write(
    folder: &Path,
    request: &Request,
    progress: &mut dyn FnMut(u64, u64) -> ControlFlow<()>,
) -> Result<GroundTruth, SimulateError> {
    let Request { agents, days, events, seed, start } = *request;
    let window = Window::new(start, days).ok_or(SimulateError::Window { start, days })?;
    let mut firm = Firm::new(seed, window, agents);
    let planted = causes::plant(&mut firm);
    let folder = Folder::new(folder);
    kubernetes::write(&folder, &firm)?;
    kubescape::write(&folder, &firm)?;
    mcp::write(&folder, &firm)?;
    registry::write(&folder, &firm)?;
    policies::write(&folder, &firm)?;
    hostile::write(&folder, &firm)?;
    let mut ordinary = activity(&folder, &firm, events, progress)?;
    ordinary.agents_without_cause = firm
        .agents
        .iter()
        .map(|agent| agent.key.visible())
        .filter(|key| !planted.iter().any(|cause| cause.agent == *key))
        .collect();
    let truth = GroundTruth {
        format: 1,
        seed,
        agents: firm.agents.len(),
        window: Span::new(window.start, window.end()),
        causes: planted,
        ordinary,
    };
    folder.json("ground-truth.json", &serde_json::to_value(&truth).unwrap_or_default())?;
    Ok(truth)
}

/// Lets everybody work through the window, and writes spans and audit events as they come.
fn activity(
    folder: &Folder,
    firm: &Firm,
    wanted: u64,
    progress: &mut dyn FnMut(u64, u64) -> ControlFlow<()>,
) -> Result<Ordinary, SimulateError> {
    let mut audit = Timeline::new(WeeklyLog::new(folder, firm.window, ("audit/", ".log.gz")));
    let mut traces =
        Timeline::new(WeeklyLog::new(folder, firm.window, ("traces/", ".otlp.jsonl.gz")));
    let mut auditor = Auditor::new(firm);
    let mut planner = Planner::new(firm, pace(firm, wanted));
    let mut counts = Ordinary {
        hostile_agent: AgentKey::new(firm::CLUSTER, hostile::WORKLOAD.0, hostile::WORKLOAD.1)
            .visible(),
        malformed_records: hostile::MALFORMED,
        unknown_documents: hostile::UNKNOWN,
        ..Ordinary::default()
    };
    for day in 0..firm.window.days {
        let mut noise = noise::day(firm, day).into_iter().peekable();
        for run in planner.day(day) {
            while let Some(noise) = noise.next_if(|noise| noise.at <= run.at) {
                audit.push_all(auditor.noise(&noise), &mut counts.audit_events);
            }
            // Nothing that is still to come can be earlier than this run.
            audit.flush(run.at)?;
            traces.flush(run.at)?;
            let performance = run::perform(firm, &run);
            counts.runs += 1;
            counts.spans += performance.spans.len() as u64;
            if run.agent.is_recorded() {
                for request in &performance.requests {
                    let lines = auditor.agent(run.agent, &performance.pod, request);
                    audit.push_all(lines, &mut counts.audit_events);
                }
            }
            let (at, json) = otlp::line(&performance);
            traces.push(Line { at, json });
            let written = counts.spans + counts.audit_events;
            if progress(written, wanted.max(written)).is_break() {
                return Err(SimulateError::Cancelled { written });
            }
        }
        for noise in noise {
            audit.push_all(auditor.noise(&noise), &mut counts.audit_events);
        }
    }
    audit.finish()?;
    traces.finish()?;
    counts.refused_requests = auditor.refused;
    Ok(counts)
}

/// How much busier than in the roster everybody has to be for about so many events.
fn pace(firm: &Firm, wanted: u64) -> f64 {
    let working_days = f64::from(firm.window.working_days());
    let per_day: f64 = firm
        .agents
        .iter()
        .map(|agent| {
            let share = |task: &script::Task| f64::from(task.weight) * events_of(task);
            let weight: u32 = agent.tasks.iter().map(|task| task.weight).sum();
            let per_run: f64 =
                agent.tasks.iter().map(share).sum::<f64>() / f64::from(weight.max(1));
            per_run * f64::from(agent.runs_per_day)
        })
        .sum();
    let noise = NOISE_PER_DAY * f64::from(firm.window.days);
    ((wanted as f64 - noise) / (per_day * working_days).max(1.0)).max(0.0)
}

/// Spans and requests that one run of the task leaves, about.
fn events_of(task: &script::Task) -> f64 {
    let tools: f64 = task
        .tools()
        .map(|tool| {
            let (least, most) = tool.times;
            f64::from(least + most) / 2.0 * (1.0 + tool.requests.len() as f64)
        })
        .sum();
    4.0 + tools + 3.0 * task.sub_agents().count() as f64
}

/// Lines that are not yet due, in order of time; ties keep the order in which they came.
struct Timeline<'a> {
    log: WeeklyLog<'a>,
    waiting: BinaryHeap<Waiting>,
    pushed: u64,
}

struct Waiting {
    line: Line,
    order: u64,
}

impl<'a> Timeline<'a> {
    fn new(log: WeeklyLog<'a>) -> Self {
        Self { log, waiting: BinaryHeap::new(), pushed: 0 }
    }

    fn push(&mut self, line: Line) {
        self.waiting.push(Waiting { line, order: self.pushed });
        self.pushed += 1;
    }

    fn push_all(&mut self, lines: Vec<Line>, counted: &mut u64) {
        for line in lines {
            *counted += 1;
            self.push(line);
        }
    }

    /// Writes what is due before `now`.
    fn flush(&mut self, now: Nanos) -> Result<(), SimulateError> {
        while self.waiting.peek().is_some_and(|next| next.line.at < now) {
            let Some(Waiting { line, .. }) = self.waiting.pop() else { break };
            self.log.line(line.at, &line.json)?;
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<(), SimulateError> {
        self.flush(Nanos::MAX)?;
        self.log.finish()
    }
}

impl Waiting {
    fn due(&self) -> (Nanos, u64) {
        (self.line.at, self.order)
    }
}

impl Ord for Waiting {
    /// The heap's greatest is the earliest.
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        other.due().cmp(&self.due())
    }
}

impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Waiting {
    fn eq(&self, other: &Self) -> bool {
        self.due() == other.due()
    }
}

impl Eq for Waiting {}

#[cfg(test)]
mod tests;
