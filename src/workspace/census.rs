//! The three questions about the agents of the open case, at an instant or over a window.

use jiff::{SignedDuration, Timestamp};

use super::posture::realms;
use super::{Error, Workspace};
use crate::case::EventFilter;
use crate::domain::Agent;
use crate::domain::census::{Census, CensusWindow};
use crate::lineage::census::{Lives, Question, census};
use crate::profile::{Observer, Settings};
use crate::scope::{self, Estate};

/// When the census is of: an instant, a window, or else the whole case.
#[derive(Clone, Copy, Debug)]
pub struct CensusOptions {
    pub at: Option<Timestamp>,
    /// Both ends included.
    pub from: Option<Timestamp>,
    pub until: Option<Timestamp>,
    /// At an instant: acts in this long before it count.
    pub within: SignedDuration,
}

impl Default for CensusOptions {
    fn default() -> Self {
        Self { at: None, from: None, until: None, within: SignedDuration::from_hours(1) }
    }
}

impl CensusOptions {
    /// Ends that are not given are those of the case, which only a pass over it tells.
    fn window(self) -> CensusWindow {
        match self.at {
            Some(at) => CensusWindow {
                at: self.at,
                from: Some(at.saturating_sub(self.within).unwrap_or(Timestamp::MIN)),
                until: Some(at),
            },
            None => CensusWindow { at: None, from: self.from, until: self.until },
        }
    }
}

impl Workspace {
    /// How many agents are active, what they can reach, and which of their acts were authorised.
    pub fn agent_census(&self, options: CensusOptions) -> Result<Census, Error> {
        let posture = self.posture()?;
        let case = self.case();
        let mut window = options.window();
        let agents: Vec<Agent> = posture.agents.iter().map(|row| row.agent.clone()).collect();
        let estate = self.estate_at(window.until)?;
        let mut lives = Lives::new(&estate);
        let mut observer = Observer::new(&estate, Settings::default());
        let is_within = |time: Timestamp| {
            window.from.is_none_or(|from| from <= time)
                && window.until.is_none_or(|until| time <= until)
        };
        for event in case.events(EventFilter { without_params: true, ..EventFilter::default() }) {
            let event = event?;
            lives.observe(&event);
            if is_within(event.time) {
                observer.observe(&event);
            }
        }
        let observation = observer.finish();
        window.from = window.from.or(observation.from);
        window.until = window.until.or(observation.until);
        Ok(census(&Question {
            window,
            estate: &estate,
            agents: &agents,
            grants: &scope::resolve(&estate, &agents),
            exercises: &observation.exercises,
            seen: &observation.agents,
            unattributed: observation.unattributed,
            coverage: &posture.coverage,
            lives: &lives,
        }))
    }

    /// The configured side as of an instant; the latest state when there is none.
    pub(super) fn estate_at(&self, instant: Option<Timestamp>) -> Result<Estate, Error> {
        let Some(instant) = instant else { return self.latest() };
        let case = self.case();
        let realms = realms(&case.coverage()?);
        Ok(Estate::as_of(&case.records()?, &case.snapshots()?, &realms, instant))
    }
}
