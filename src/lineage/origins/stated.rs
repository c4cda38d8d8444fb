//! The origins that a reader states beside the arguments.

use std::collections::BTreeMap;

use rustc_hash::FxHashSet;
use serde::Deserialize;
use serde_json::Value;

use crate::domain::origin::{Source, Weight, leaves};
use crate::domain::{Answer, Appearance, ArgumentOrigin, EventId, Likeness, Origin, Text};

const SILENT: &str = "the record states the origin of other arguments only";

#[derive(Deserialize)]
struct Row {
    at: Text,
    origin: Option<Text>,
    likeness: Option<Text>,
    tool: Option<Text>,
    event: Option<EventId>,
    /// Of the Agent Control Standard: the tool or step that the source itself names.
    source_id: Option<Text>,
    unknown: Option<Text>,
}

/// Rows of one argument stand behind one another, its origin first. `None` when they are no rows.
pub fn read(rows: &Value) -> Option<Vec<ArgumentOrigin<Source>>> {
    let rows: Vec<Row> = Vec::deserialize(rows).ok()?;
    let mut numbers: BTreeMap<Text, usize> = BTreeMap::new();
    let mut arguments: Vec<ArgumentOrigin<Source>> = Vec::new();
    for row in rows {
        let at = row.at.clone();
        let next = arguments.len();
        let number = *numbers.entry(at.clone()).or_insert(next);
        let answer = answer(row);
        match (arguments.get_mut(number).map(|known| &mut known.answer), answer) {
            (Some(Answer::From(places)), Answer::From(further)) => places.extend(further),
            (Some(_), _) => {}
            (None, answer) => arguments.push(ArgumentOrigin { at, answer }),
        }
    }
    Some(arguments)
}

fn answer(row: Row) -> Answer<Source> {
    if let Some(why) = row.unknown {
        return Answer::CantTell(why.visible().into_owned());
    }
    let Some(word) = row.origin else {
        return Answer::CantTell("the record names no origin".to_owned());
    };
    let Ok(origin) = word.raw().parse::<Origin>() else {
        return Answer::CantTell(format!("the record names an unknown origin: {}", word.visible()));
    };
    let is_placed = row.likeness.is_some() || row.event.is_some() || row.source_id.is_some();
    if origin == Origin::AgentGenerated && !is_placed {
        return Answer::Nowhere;
    }
    // A source that states its origins without a search knows them.
    let likeness = row.likeness.and_then(|word| word.raw().parse().ok()).unwrap_or(Likeness::Exact);
    let place = Source { event: row.event, tool: row.tool.or(row.source_id) };
    Answer::From(vec![Appearance { origin, likeness, place }])
}

/// Places that are known by their tool only become its last call. In a conversation that another
/// agent started, the user is that agent.
pub fn complete(
    argument: &mut ArgumentOrigin<Source>,
    is_delegated: bool,
    last: impl Fn(&Text) -> Option<EventId>,
) {
    let Answer::From(places) = &mut argument.answer else { return };
    for Appearance { origin, place, .. } in places {
        if place.event.is_none() && *origin == Origin::ToolOutput {
            place.event = place.tool.as_ref().and_then(&last);
        }
        if is_delegated && *origin == Origin::UserInput {
            *origin = Origin::AgentGenerated;
        }
    }
}

/// The arguments of which nothing is stated.
pub fn silent(arguments: &Value, stated: &[ArgumentOrigin<Source>]) -> Vec<ArgumentOrigin<Source>> {
    if arguments.is_null() {
        return Vec::new();
    }
    let known: FxHashSet<&str> = stated.iter().map(|argument| argument.at.raw()).collect();
    let silent = leaves(arguments).into_iter().filter(|leaf| {
        let above = |at: &str| known.contains(at);
        !above(&leaf.at)
            && !leaf
                .at
                .match_indices('/')
                .any(|(end, _)| end > 0 && leaf.at.get(..end).is_some_and(above))
    });
    let answers = silent.map(|leaf| ArgumentOrigin {
        answer: match leaf.weight {
            Weight::Nothing | Weight::Word => Answer::NotTelling,
            Weight::Much => Answer::CantTell(SILENT.to_owned()),
        },
        at: leaf.at.into(),
    });
    answers.collect()
}
