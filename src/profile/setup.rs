//! What an agent was made of over time, as its records state it: instructions and image.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::cadence::day;
use crate::domain::{AgentKey, Event, EventId, Text};

/// Values of days kept per agent and facet: years of daily records.
const MOST: usize = 1024;

/// What of an agent can change.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, strum::Display,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Facet {
    Model,
    Instructions,
    Tools,
    Image,
}

/// Members of an event's parameters that state a facet: a digest or a version.
const STATED: &[(&str, Facet)] = &[
    ("instructions_digest", Facet::Instructions),
    ("system_instructions_digest", Facet::Instructions),
    ("image_digest", Facet::Image),
    ("service_version", Facet::Image),
];

/// One state of one facet.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Setup {
    /// The first record of it.
    pub at: Timestamp,
    pub event: EventId,
    pub value: Text,
}

/// The first record of each value of each day.
type Stated = BTreeMap<(i64, Text), (Timestamp, EventId)>;

/// Setups while they are being observed: of each value the first record of each day, so that nothing
/// depends on the order of records.
#[derive(Default)]
pub struct Setups {
    stated: BTreeMap<(AgentKey, Facet), Stated>,
}

impl Setups {
    pub fn observe(&mut self, event: &Event, agent: &AgentKey) {
        let Some(params) = event.params.as_ref().map(Text::raw) else { return };
        // Parsing costs; most records state nothing.
        if !STATED.iter().any(|(name, _)| params.contains(name)) {
            return;
        }
        let Ok(Value::Object(members)) = serde_json::from_str(params) else { return };
        for (name, facet) in STATED {
            let Some(Value::String(value)) = members.get(*name) else { continue };
            let stated = self.stated.entry((agent.clone(), *facet)).or_default();
            let record = (event.time, event.id);
            let first = stated.entry((day(event.time), value.as_str().into())).or_insert(record);
            *first = record.min(*first);
            // The latest stay, in whatever order they came.
            if stated.len() > MOST {
                stated.pop_first();
            }
        }
    }

    /// By agent and facet, oldest first.
    pub fn finish(self) -> BTreeMap<AgentKey, BTreeMap<Facet, Vec<Setup>>> {
        let mut setups: BTreeMap<AgentKey, BTreeMap<Facet, Vec<Setup>>> = BTreeMap::new();
        for ((agent, facet), stated) in self.stated {
            let mut records: Vec<Setup> = stated
                .into_iter()
                .map(|((_, value), (at, event))| Setup { at, event, value })
                .collect();
            records.sort();
            setups.entry(agent).or_default().insert(facet, stretches(records));
        }
        setups
    }
}

/// The first record of each state. While a new state is rolled out the old one goes on beside it: what
/// was there the last day is nothing new.
fn stretches(records: Vec<Setup>) -> Vec<Setup> {
    let mut series: Vec<Setup> = Vec::new();
    let (mut last_day, mut today): (Vec<Text>, (i64, Vec<Text>)) =
        (Vec::new(), (i64::MIN, Vec::new()));
    for record in records {
        if day(record.at) != today.0 {
            last_day = std::mem::take(&mut today.1);
            today.0 = day(record.at);
        }
        today.1.push(record.value.clone());
        if !last_day.contains(&record.value) {
            series.push(record);
        }
    }
    series
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{agent, event};
    use super::super::random::Random;
    use super::*;
    use crate::domain::EventKind;

    /// Days and values of images.
    const RECORDS: &[(u32, &str)] =
        &[(0, "a"), (1, "a"), (2, "a"), (2, "b"), (3, "a"), (3, "b"), (4, "b"), (6, "a"), (7, "c")];

    fn setups(order: &[usize]) -> Vec<(i64, Text)> {
        let mut setups = Setups::default();
        for &at in order {
            let Some((days, value)) = RECORDS.get(at) else { continue };
            let hours = f64::from(*days) * 24.0 + at as f64;
            let mut event = event(&at.to_string(), hours, EventKind::Exec);
            event.params = Some(format!(r#"{{"image_digest":"{value}"}}"#).into());
            setups.observe(&event, &agent());
        }
        let found = setups.finish();
        let series = found.get(&agent()).and_then(|facets| facets.get(&Facet::Image));
        let start = day(super::super::fixture::at(0.0));
        let stated = series.into_iter().flatten();
        stated.map(|setup| (day(setup.at) - start, setup.value.clone())).collect()
    }

    #[test]
    fn states_do_not_depend_on_the_order_of_records() {
        let expected: Vec<(i64, Text)> =
            [(0, "a"), (2, "b"), (6, "a"), (7, "c")].map(|(at, value)| (at, value.into())).into();
        for seed in 0..100 {
            let mut random = Random::new(seed);
            let mut order: Vec<usize> = (0..RECORDS.len()).collect();
            order.sort_by_cached_key(|_| random.number());
            assert_eq!(setups(&order), expected, "{order:?}");
        }
    }
}
