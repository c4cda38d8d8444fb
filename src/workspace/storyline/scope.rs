//! How a storyline's scope is spelled.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;

use crate::domain::text::visible;
use crate::domain::{EventId, Text};

/// Whose story is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StorylineScope {
    /// Everything in the window.
    All,
    Trace(Text),
    Session(Text),
    /// The agent's key, or a part of it that names only one.
    Agent(String),
    /// The finding's id, or its unique beginning: the events that it cites, and their runs.
    Finding(String),
    /// The events that a search finds.
    Search(String),
    /// The trace, the session or the agent of an event.
    Event(EventId),
    /// Whatever has this name: a trace, a session, a finding, an event or an agent.
    Named(String),
}

/// From an event to its story.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, strum::Display, strum::EnumString, strum::VariantNames,
)]
#[strum(serialize_all = "kebab-case")]
pub enum Follow {
    Trace,
    Session,
    Agent,
}

/// Which storyline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StorylineAsk {
    pub scope: StorylineScope,
    /// Both ends included.
    pub from: Option<Timestamp>,
    pub until: Option<Timestamp>,
    /// What of an event to follow; the first that it has when nothing is said.
    pub follow: Option<Follow>,
    /// The two events between which the path is asked for.
    pub ends: Option<(EventId, EventId)>,
}

impl From<StorylineScope> for StorylineAsk {
    fn from(scope: StorylineScope) -> Self {
        Self { scope, from: None, until: None, follow: None, ends: None }
    }
}

impl FromStr for StorylineScope {
    type Err = String;

    fn from_str(spelled: &str) -> Result<Self, String> {
        if spelled == "all" {
            return Ok(Self::All);
        }
        let named = || Ok(Self::Named(spelled.to_owned()));
        let Some((word, rest)) = spelled.split_once(':') else { return named() };
        match word {
            "trace" => Ok(Self::Trace(rest.into())),
            "session" => Ok(Self::Session(rest.into())),
            "agent" => Ok(Self::Agent(rest.to_owned())),
            "finding" => Ok(Self::Finding(rest.to_owned())),
            "search" => Ok(Self::Search(rest.to_owned())),
            "event" => rest.parse().map(Self::Event).map_err(|_| {
                format!("{} is not an event id: it has 32 hexadecimal digits", visible(rest))
            }),
            _ => named(),
        }
    }
}

impl fmt::Display for StorylineScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::Trace(id) => write!(f, "trace:{}", id.visible()),
            Self::Session(id) => write!(f, "session:{}", id.visible()),
            Self::Agent(name) => write!(f, "agent:{}", visible(name)),
            Self::Finding(id) => write!(f, "finding:{}", visible(id)),
            Self::Search(query) => write!(f, "search:{}", visible(query)),
            Self::Event(id) => write!(f, "event:{id}"),
            Self::Named(name) => write!(f, "{}", visible(name)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_read_as_they_are_spelled() {
        for spelled in [
            "all",
            "trace:4bf92f",
            "session:conv-1:2",
            "agent:prod/agents/a",
            "finding:3fa9",
            "search:kind:exec AND target:sh",
            "event:00000000000000000000000000000001",
            "conv-1",
            "urn:uuid:1",
        ] {
            let scope: StorylineScope = spelled.parse().expect(spelled);
            assert_eq!(scope.to_string(), spelled);
        }
        assert_eq!("conv-1".parse(), Ok(StorylineScope::Named("conv-1".to_owned())));
        assert!("event:1".parse::<StorylineScope>().is_err());
    }
}
