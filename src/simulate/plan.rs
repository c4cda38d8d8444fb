//! When agents work: a stable daily rhythm of runs, drawn from a small deck of tasks, plus the
//! single runs that causes plant.

use super::calendar::{DAY, HOUR, Nanos, timestamp};
use super::dice::Dice;
use super::firm::{Agent, Cadence, Firm};
use super::script::Task;

/// One run to be performed.
pub struct Run<'a> {
    pub at: Nanos,
    pub agent: &'a Agent,
    pub task: &'a Task,
    /// Counts the agent's runs; names the run's dice.
    pub ordinal: u64,
    /// Tool calls that are repeated anyway are made so many times as often.
    pub times: u32,
}

/// Plans day after day. Keeps what carries over: counts of runs and fractions of a run.
pub struct Planner<'a> {
    firm: &'a Firm,
    /// How much busier than in the roster every agent is.
    pace: f64,
    done: Vec<u64>,
    carried: Vec<f64>,
}

/// Working hours, UTC.
const OPENS: i64 = 7;
const CLOSES: i64 = 17;

impl<'a> Planner<'a> {
    pub fn new(firm: &'a Firm, pace: f64) -> Self {
        let agents = firm.agents.len();
        Self { firm, pace, done: vec![0; agents], carried: vec![0.0; agents] }
    }

    /// The runs of one day, in order of time.
    pub fn day(&mut self, day: u32) -> Vec<Run<'a>> {
        let firm = self.firm;
        let midnight = firm.window.day(day);
        let mut runs = Vec::new();
        for (agent, (done, carried)) in
            firm.agents.iter().zip(self.done.iter_mut().zip(&mut self.carried))
        {
            let times = match agent.surge {
                Some((on, times)) if on == day => times,
                _ => 1,
            };
            let count = runs_on(firm, agent, day, self.pace, carried);
            let tasks = match &agent.shift {
                Some((from, tasks)) if day >= *from => tasks,
                _ => &agent.tasks,
            };
            for index in 0..count {
                let Some(task) = deal(firm.seed, agent, tasks, *done) else { continue };
                let at = midnight + slot(firm.seed, agent, *done, index, count);
                runs.push(Run { at, agent, task, ordinal: *done, times });
                *done += 1;
            }
            for (at, task) in &agent.episodes {
                if (midnight..midnight + DAY).contains(at) {
                    runs.push(Run { at: *at, agent, task, ordinal: *done, times: 1 });
                    *done += 1;
                }
            }
        }
        runs.sort_by(|a, b| (a.at, &a.agent.key).cmp(&(b.at, &b.agent.key)));
        runs
    }
}

fn runs_on(firm: &Firm, agent: &Agent, day: u32, pace: f64, carried: &mut f64) -> u64 {
    match agent.cadence {
        Cadence::Monthly(on) => {
            let date = timestamp(firm.window.day(day)).strftime("%d").to_string();
            u64::from(date.parse() == Ok(on))
        }
        Cadence::Daily if day < agent.from_day || !firm.window.is_working(day) => 0,
        Cadence::Daily => {
            let due = f64::from(agent.runs_per_day) * pace + *carried;
            *carried = due.fract();
            due as u64
        }
    }
}

/// The task of the nth run: each task comes up as often as its weight in every round of the deck,
/// in an order of its own.
fn deal<'a>(seed: u64, agent: &Agent, tasks: &'a [Task], nth: u64) -> Option<&'a Task> {
    let mut deck: Vec<_> =
        tasks.iter().flat_map(|task| std::iter::repeat_n(task, task.weight as usize)).collect();
    let size = deck.len().max(1) as u64;
    Dice::new(seed, &["deck", &agent.path(), &(nth / size).to_string()]).shuffle(&mut deck);
    deck.get((nth % size) as usize).copied()
}

/// When in the day a run begins: spread over the working hours, at about the same time every day.
fn slot(seed: u64, agent: &Agent, nth: u64, index: u64, count: u64) -> Nanos {
    let width = (CLOSES - OPENS) * HOUR / (count.max(1) as i64);
    let mut dice = Dice::new(seed, &["slot", &agent.path(), &nth.to_string()]);
    OPENS * HOUR + width * (index as i64) + dice.between(0, width / 8)
}
