//! Where the arguments of a call come from, once places are events.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Answer, ArgumentOrigin, Origin};
use crate::domain::{EventId, EventLink, LinkKind, Text};

/// Where the arguments of one call come from; the text of a prompt counts as an argument (with an
/// empty pointer) when another agent wrote it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CallOrigins {
    pub call: EventId,
    pub arguments: Vec<ArgumentOrigin<Source>>,
}

/// A place in which a value stood.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Source {
    /// `None` for what is no event of the case: standing instructions, texts of other documents.
    pub event: Option<EventId>,
    /// The tool that gave it back.
    pub tool: Option<Text>,
}

impl CallOrigins {
    /// A link from every earlier event in which a value of the call first appeared.
    pub fn links(&self) -> Vec<EventLink> {
        let mut links: BTreeMap<EventId, EventLink> = BTreeMap::new();
        for argument in &self.arguments {
            let Answer::From(places) = &argument.answer else { continue };
            let Some(first) = places.first() else { continue };
            let Some(from) = first.place.event.filter(|from| *from != self.call) else { continue };
            let link = EventLink {
                from,
                to: self.call,
                kind: LinkKind::Argument,
                rule: rule(argument, first.origin, first.place.tool.as_ref()),
                confidence: first.likeness.confidence(),
            };
            let known = links.entry(from).or_insert_with(|| link.clone());
            if link.confidence > known.confidence {
                *known = link;
            }
        }
        links.into_values().collect()
    }
}

fn rule(argument: &ArgumentOrigin<Source>, origin: Origin, tool: Option<&Text>) -> String {
    let whose = match (origin, tool) {
        (Origin::UserInput, _) => "what the user asked".to_owned(),
        (Origin::AgentGenerated, _) => "what an agent wrote".to_owned(),
        (_, Some(tool)) => format!("the result of {}", tool.visible()),
        (origin, None) => origin.to_string(),
    };
    match argument.at.is_empty() {
        true => format!("the prompt first stood in {whose}"),
        false => format!("argument {} first stood in {whose}", argument.at.visible()),
    }
}
