//! One row for each agent: whether it is active, registered, owned, and how long it lives.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::Question;
use super::judge::{Judge, Word};
use super::lives::{Life, Of};
use super::reach;
use crate::domain::census::{
    ActLine, ActiveAgents, Activity, Acts, CensusRow, Lifetimes, Presence,
};
use crate::domain::configured::Configured;
use crate::domain::{Agent, AgentKey, Exercise};

/// Capabilities named in a row.
const NAMED: usize = 8;

/// A life whose last record is this close to the end of all records may go on.
const OPEN: SignedDuration = SignedDuration::from_mins(10);

/// Kinds of workload that come and go.
const PASSING: &[&str] = &["Job", "CronJob", "Pod"];

pub(super) fn rows(question: &Question<'_>, judge: &Judge<'_>) -> Vec<CensusRow> {
    let mut exercises: BTreeMap<&AgentKey, Vec<&Exercise>> = BTreeMap::new();
    for exercise in question.exercises.iter().filter(|exercise| exercise.candidates.is_empty()) {
        exercises.entry(&exercise.agent).or_default().push(exercise);
    }
    let mut started_by: BTreeMap<&AgentKey, BTreeSet<&AgentKey>> = BTreeMap::new();
    for (parent, seen) in question.seen {
        for child in &seen.sub_agents {
            started_by.entry(child).or_default().insert(parent);
        }
    }
    let lives = question.lives.by_agent();
    let row = |agent: &Agent| {
        let own = exercises.get(&agent.key).map_or(&[][..], Vec::as_slice);
        let lives = lives.get(&agent.key).map_or(&[][..], Vec::as_slice);
        let seen = question.seen.get(&agent.key);
        let acted = seen.filter(|seen| seen.events > 0).and_then(|seen| seen.last);
        let (activity, because) = activity(question, acted, lives);
        let mut acts = Acts::default();
        own.iter().for_each(|exercise| acts.add(&judge.acts(exercise)));
        let registered = judge.is_registered(&agent.key);
        let spawned_by = started_by.get(&agent.key);
        CensusRow {
            agent: agent.key.clone(),
            activity,
            because,
            registered,
            owner: agent.owner.clone(),
            presence: presence(question, &agent.key, registered),
            events: seen.map_or(0, |seen| seen.events),
            first: seen.and_then(|seen| seen.first),
            last: seen.and_then(|seen| seen.last),
            reach: reach::of(question, judge, &agent.key),
            acts,
            improvised: lines(judge, own, Word::Improvised),
            undeclared: lines(judge, own, Word::Undeclared),
            ephemeral: (spawned_by.is_some() || is_passing(question, agent))
                .then(|| lifetimes(question, agent, lives, spawned_by)),
        }
    };
    let mut rows: Vec<CensusRow> = question.agents.iter().map(row).collect();
    rows.sort_by(|one, other| one.agent.cmp(&other.agent));
    rows
}

/// Counts a row under the words that hold for it.
pub(super) fn count(active: &mut ActiveAgents, row: &CensusRow) {
    match row.activity {
        Activity::Acted => active.acted += 1,
        Activity::InARun => active.in_a_run += 1,
        Activity::Standing => active.standing += 1,
        Activity::Inactive => {}
    }
    match row.presence {
        Presence::Shadow => active.shadow += 1,
        Presence::Dormant => active.dormant += 1,
        Presence::CannotTell => active.dormant_or_unseen += 1,
        Presence::Registered | Presence::NotObserved => {}
    }
    active.unowned += usize::from(row.owner.is_none());
    active.ephemeral += usize::from(row.ephemeral.is_some());
}

fn activity(
    question: &Question<'_>,
    acted: Option<Timestamp>,
    lives: &[(Of, Life)],
) -> (Activity, String) {
    if let Some(last) = acted {
        return (Activity::Acted, format!("acted last at {last}"));
    }
    let (Some(from), Some(until)) = (question.window.from, question.window.until) else {
        return (Activity::Inactive, "nothing is dated".to_owned());
    };
    // Over an instant it is enough to be there at the instant itself.
    let (from, until) = question.window.at.map_or((from, until), |at| (at, at));
    let over = lives.iter().filter(|(_, life)| life.from <= until && from <= life.until);
    match over.min_by_key(|(of, _)| *of) {
        None => (Activity::Inactive, "no record of it in the window".to_owned()),
        Some((of, life)) => {
            let (activity, what) = match of {
                Of::Run => (Activity::InARun, "a run"),
                Of::Session => (Activity::InARun, "a session"),
                Of::Pod => (Activity::Standing, "a pod"),
                Of::Credential => (Activity::Standing, "a credential"),
            };
            (activity, format!("{what} of it was there from {} until {}", life.from, life.until))
        }
    }
}

/// Observed up to an instant, or in the window; registered at its end.
fn presence(question: &Question<'_>, agent: &AgentKey, registered: bool) -> Presence {
    let window = &question.window;
    let from = window.from.filter(|_| window.at.is_none()).unwrap_or(Timestamp::MIN);
    let until = window.until.unwrap_or(Timestamp::MAX);
    let seen = question.lives.seen(agent);
    let is_observed = seen.is_some_and(|(first, last)| first <= until && from <= last);
    let covers = || {
        question.coverage.iter().any(|coverage| {
            !coverage.partial
                && coverage.is_about(agent)
                && coverage.from <= until
                && from <= coverage.until
        })
    };
    match (registered, is_observed) {
        (true, true) => Presence::Registered,
        (false, true) => Presence::Shadow,
        (false, false) => Presence::NotObserved,
        (true, false) if covers() => Presence::Dormant,
        (true, false) => Presence::CannotTell,
    }
}

/// The capabilities whose acts have this word, the most frequent first.
fn lines(judge: &Judge<'_>, exercises: &[&Exercise], word: Word) -> Vec<ActLine> {
    let of_word = exercises.iter().filter_map(|exercise| {
        let acts = judge.acts(exercise);
        let count = match word {
            Word::Improvised => acts.improvised,
            Word::Undeclared => acts.undeclared,
            Word::Granted | Word::Conditional | Word::Unknown => 0,
        };
        let capability = exercise.capability.visible();
        (count > 0).then_some(ActLine { capability, count, last: exercise.last })
    });
    let mut lines: Vec<ActLine> = of_word.collect();
    lines.sort_by(|a, b| (b.count, &a.capability).cmp(&(a.count, &b.capability)));
    lines.truncate(NAMED);
    lines
}

fn is_passing(question: &Question<'_>, agent: &Agent) -> bool {
    match question.estate.workload(&agent.key).map(|record| &record.body) {
        Some(Configured::Workload(workload)) => PASSING.contains(&workload.kind.raw()),
        _ => false,
    }
}

fn lifetimes(
    question: &Question<'_>,
    agent: &Agent,
    lives: &[(Of, Life)],
    spawned_by: Option<&BTreeSet<&AgentKey>>,
) -> Lifetimes {
    let window = &question.window;
    let (from, until) = (window.from.unwrap_or(Timestamp::MIN), window.until);
    let until = until.unwrap_or(Timestamp::MAX);
    let runs = lives
        .iter()
        .filter(|(of, life)| *of == Of::Run && life.from <= until && from <= life.until);
    let mut all = Lifetimes { shortest: i64::MAX, ..Lifetimes::default() };
    for (_, life) in runs {
        let seconds = life.until.duration_since(life.from).as_secs();
        all.lives += 1;
        all.shortest = all.shortest.min(seconds);
        all.longest = all.longest.max(seconds);
        let goes_on =
            question.lives.until().is_some_and(|end| end.duration_since(life.until) < OPEN);
        *match (life.ended, goes_on, life.has_spans) {
            (true, ..) => &mut all.finished,
            (false, true, _) => &mut all.open,
            (false, false, true) => &mut all.vanished,
            (false, false, false) => &mut all.untold,
        } += 1;
    }
    if all.lives == 0 {
        all.shortest = 0;
    }
    let spawned_by: Vec<AgentKey> =
        spawned_by.into_iter().flatten().map(|parent| (*parent).clone()).collect();
    all.inherits = inherits(question, agent, &spawned_by);
    all.spawned_by = spawned_by;
    all
}

/// From whom it has the identity as which it acts, one sentence for each way that is known.
fn inherits(question: &Question<'_>, agent: &Agent, spawned_by: &[AgentKey]) -> Vec<String> {
    let mut ways = Vec::new();
    let principals =
        |key: &AgentKey| question.seen.get(key).map_or(&[][..], |seen| seen.principals.as_slice());
    for parent in spawned_by {
        let of_parent = principals(parent);
        for shared in principals(&agent.key).iter().filter(|own| of_parent.contains(own)) {
            ways.push(format!(
                "acts as {}, like {}, which started it",
                shared.visible(),
                parent.visible()
            ));
        }
    }
    if let Some(account) = question.estate.service_account(&agent.key) {
        let of = match (
            agent.key.inner.is_some(),
            spawned_by.iter().any(|p| p.host() == agent.key.host()),
        ) {
            (true, true) => "the workload in which it and the agent that started it run",
            (true, false) => "the workload in which it runs",
            (false, _) => "its own workload",
        };
        ways.push(format!(
            "is configured to act as service account {}, that of {of}",
            account.visible()
        ));
    }
    if ways.is_empty() {
        ways.push("no record says as whom it acts".to_owned());
    }
    ways
}
