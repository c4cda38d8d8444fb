//! The table of commands. Keymap, footer, help, palette and `docs/KEYS.md` are derived from it.

use strum::IntoEnumIterator;

use super::context::{Context, Where};

#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::Display)]
pub enum Group {
    Move,
    Decide,
    Arrange,
    Pivot,
    Screens,
    Typing,
    Session,
}

/// Everything a key or the palette can do.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    strum::Display,
    strum::EnumIter,
    strum::EnumString,
    strum::IntoStaticStr,
)]
#[strum(serialize_all = "kebab-case")]
pub enum Command {
    MoveDown,
    MoveUp,
    MoveTop,
    MoveBottom,
    HalfPageDown,
    HalfPageUp,
    PageDown,
    PageUp,
    NextItem,
    PreviousItem,
    NextUntagged,
    PreviousUntagged,
    Open,
    Back,
    AcceptReading,
    #[strum(serialize = "tag-gap-1")]
    TagGap1,
    #[strum(serialize = "tag-gap-2")]
    TagGap2,
    #[strum(serialize = "tag-gap-3")]
    TagGap3,
    TagCantTell,
    Note,
    Undo,
    Rule,
    Mark,
    MarkAll,
    Filter,
    NextMatch,
    PreviousMatch,
    SortNext,
    SortReverse,
    Group,
    Fold,
    Unfold,
    FoldAll,
    UnfoldAll,
    RootHere,
    Refresh,
    Copy,
    ShowScope,
    ShowTree,
    ShowTimeline,
    ShowContainment,
    ShowBaseline,
    AsOf,
    FollowNext,
    ShowChain,
    ShowEvidence,
    ShowEvents,
    NextScreen,
    PreviousScreen,
    GoQueue,
    GoAgents,
    GoScope,
    GoTraces,
    GoTimeline,
    GoChains,
    GoSearch,
    GoDisputes,
    GoMaturity,
    GoProblems,
    Help,
    Palette,
    Accept,
    CancelLine,
    NextField,
    PreviousField,
    Close,
    Cancel,
}

/// What is declared of a command.
#[derive(Debug)]
pub struct Spec {
    pub command: Command,
    pub title: &'static str,
    /// The word in the footer; empty when the footer leaves it out.
    pub hint: &'static str,
    pub help: &'static str,
    pub group: Group,
    pub contexts: Where,
    /// Whether it writes to the ledger.
    pub changes_state: bool,
}

use Context as C;
use Where as W;

/// Declares one row of the table.
macro_rules! spec {
    ($command:ident, $title:literal, $hint:literal, $group:ident, $contexts:expr, $help:literal) => {
        spec!($command, $title, $hint, $group, $contexts, $help, false)
    };
    ($command:ident, $title:literal, $hint:literal, $group:ident, $contexts:expr, $help:literal, $changes:literal) => {
        Spec {
            command: Command::$command,
            title: $title,
            hint: $hint,
            help: $help,
            group: Group::$group,
            contexts: $contexts,
            changes_state: $changes,
        }
    };
}

/// The table. The order is the order of the footer, the help and the palette.
#[rustfmt::skip]
pub const COMMANDS: &[Spec] = &[
    spec!(AcceptReading, "Accept the reading", "accept", Decide, W::Deciding,
        "Tag with what the engine reads, inheriting its reason, and go to the next untagged finding.", true),
    spec!(TagGap1, "Tag Gap 1", "Gap 1", Decide, W::Deciding,
        "Tag as latent capability: granted, never exercised. A tag that differs from the reading asks for a reason.", true),
    spec!(TagGap2, "Tag Gap 2", "Gap 2", Decide, W::Deciding,
        "Tag as hidden effective scope: exercised through authority that the agent's own configuration does not enumerate.", true),
    spec!(TagGap3, "Tag Gap 3", "Gap 3", Decide, W::Deciding,
        "Tag as in-scope anomaly: granted directly and exercised, but the pattern has shifted.", true),
    spec!(TagCantTell, "Tag can't tell", "can't tell", Decide, W::Deciding,
        "Tag as undecidable with the evidence at hand.", true),
    spec!(Open, "Open", "open", Move, W::Rows,
        "Open what the cursor is on: the two panels of a finding, an agent's traces, a trace's delegation tree, an event's record, the objects of a route as they were read."),
    spec!(Rule, "Rule on the dispute", "rule", Decide, W::Only(&[C::Disputes]),
        "Write the ruling: governing record, resolver and accountability are mandatory.", true),
    spec!(Filter, "Filter, or type the search", "filter", Arrange, W::Lists,
        "Show only the rows that contain what is typed; in the tree their ancestors stay. On the search screen: type the query."),
    spec!(NextUntagged, "Next untagged finding", "next untagged", Move, W::Deciding,
        "Go to the next finding without a standing tag."),
    spec!(PreviousUntagged, "Previous untagged finding", "", Move, W::Deciding,
        "Go to the previous finding without a standing tag."),
    spec!(NextItem, "Next item or page", "next", Move, W::Only(&[C::Diptych, C::Record, C::Search, C::Timeline]),
        "The next finding, the next cited event, the next page of results, or the next event on the way to the outcome."),
    spec!(PreviousItem, "Previous item or page", "", Move, W::Only(&[C::Diptych, C::Record, C::Search, C::Timeline]),
        "The previous finding, cited event, page of results, or event on the way to the outcome."),
    spec!(Undo, "Undo", "undo", Decide, W::Screens,
        "Retract your latest entry in the ledger. The retraction is an entry too.", true),
    spec!(Note, "Add a note", "note", Decide, W::Only(&[C::Queue, C::Diptych, C::Timeline]),
        "Write a note on the finding, or on the storyline at the instant under the cursor.", true),
    spec!(Mark, "Mark", "mark", Decide, W::Only(&[C::Queue]),
        "Mark the row, or the rows of a group, for one decision on all of them."),
    spec!(MarkAll, "Mark all that are shown", "", Decide, W::Only(&[C::Queue]),
        "Mark every row that the filter lets through, or unmark them."),
    spec!(Unfold, "Unfold", "", Arrange, W::Lists,
        "Unfold the branch or group."),
    spec!(FoldAll, "Fold all", "", Arrange, W::Lists,
        "Fold every branch or group."),
    spec!(UnfoldAll, "Unfold all", "", Arrange, W::Lists,
        "Unfold every branch or group."),
    spec!(RootHere, "Root here", "root here", Arrange, W::Only(&[C::Tree]),
        "Show only this branch; Esc goes back to the whole tree."),
    spec!(NextMatch, "Next match", "", Arrange, W::Lists,
        "Go to the next row that contains the last filter, also when the filter is off."),
    spec!(PreviousMatch, "Previous match", "", Arrange, W::Lists,
        "Go to the previous row that contains the last filter."),
    spec!(SortNext, "Sort by the next column", "sort", Arrange, W::Tables,
        "Sort by the next column."),
    spec!(SortReverse, "Reverse the order", "", Arrange, W::Tables,
        "Reverse the order of the sorted column."),
    spec!(Group, "Group by the sorted column", "group", Arrange, W::Tables,
        "Put rows with the same value of the sorted column under one heading with their count."),
    spec!(ShowEvidence, "Show the cited evidence", "evidence", Pivot, W::Only(&[C::Queue, C::Diptych]),
        "Open the events that the finding cites, one by one."),
    spec!(ShowScope, "Show the effective scope", "scope", Pivot, W::Agents,
        "Open what this row's agent effectively holds, with the route of every grant."),
    spec!(ShowTree, "Show the delegation tree", "tree", Pivot, W::Agents,
        "Open the traces in which this row's agent takes part; the tree of an event's trace on the search screen."),
    spec!(ShowTimeline, "Show the storyline", "storyline", Pivot, W::Agents,
        "Open the storyline of what the cursor is on: a finding's, a trace's, an event's or an agent's."),
    spec!(ShowContainment, "Show the containment sheet", "contain", Pivot, W::Agents,
        "What this row's agent can still use, how each is revoked, what survives that and which work it breaks. Nothing is run."),
    spec!(ShowBaseline, "Show the baseline", "baseline", Pivot, W::Agents,
        "What is normal for this row's agent: how far its baseline is, what changed, which runs do not fit, what is now and what was."),
    spec!(AsOf, "Census as of an instant", "as of", Arrange, W::Only(&[C::Agents]),
        "Who was active at an instant, what they could reach, and which of their acts were authorised."),
    spec!(FollowNext, "Follow its trace, session, agent", "follow", Pivot, W::Only(&[C::Timeline]),
        "Tell the story of the trace of the event under the cursor; again: of its session, of its agent."),
    spec!(ShowChain, "Show the identity chain", "chain", Pivot, W::Agents,
        "Open the identity chains of this row's agent."),
    spec!(ShowEvents, "Search this agent's events", "events", Pivot, W::Agents,
        "Search the events of this row's agent."),
    spec!(Fold, "Fold", "fold", Arrange, W::Lists,
        "Fold the branch or group, or go to the parent."),
    spec!(Copy, "Copy", "", Pivot, W::Views,
        "Send what the cursor is on to the terminal's clipboard, with hidden characters escaped."),
    spec!(MoveDown, "Down", "", Move, W::Movable, "One row down."),
    spec!(MoveUp, "Up", "", Move, W::Movable, "One row up."),
    spec!(MoveTop, "Top", "", Move, W::Movable, "To the first row."),
    spec!(MoveBottom, "Bottom", "", Move, W::Movable, "To the last row."),
    spec!(HalfPageDown, "Half a page down", "", Move, W::Movable, "Half a page down."),
    spec!(HalfPageUp, "Half a page up", "", Move, W::Movable, "Half a page up."),
    spec!(PageDown, "Page down", "", Move, W::Movable, "One page down."),
    spec!(PageUp, "Page up", "", Move, W::Movable, "One page up."),
    spec!(NextScreen, "Next screen", "screens", Screens, W::Screens, "The next screen."),
    spec!(PreviousScreen, "Previous screen", "", Screens, W::Screens, "The previous screen."),
    spec!(GoQueue, "Findings queue", "queue", Screens, W::Screens, "Go to the findings queue."),
    spec!(GoAgents, "Agents", "agents", Screens, W::Screens, "Go to the agents."),
    spec!(GoScope, "Effective scope", "scope", Screens, W::Screens, "Go to the effective scope of the agent under the cursor."),
    spec!(GoTraces, "Traces", "traces", Screens, W::Screens, "Go to the traces, each with its delegation tree."),
    spec!(GoTimeline, "Storyline", "storyline", Screens, W::Screens, "Go back to the last storyline."),
    spec!(GoChains, "Identity chains", "chains", Screens, W::Screens, "Go to the identity chains."),
    spec!(GoSearch, "Event search", "search", Screens, W::Screens, "Go to the event search."),
    spec!(GoDisputes, "Disputes", "disputes", Screens, W::Screens, "Go to the docket."),
    spec!(GoMaturity, "Maturity", "maturity", Screens, W::Screens, "Go to the maturity self-assessment."),
    spec!(GoProblems, "Problems", "problems", Screens, W::Screens, "Go to what was set aside while loading."),
    spec!(Accept, "Accept", "accept", Typing, W::Only(&[C::Line, C::Palette, C::Form]), "Take what was typed or chosen."),
    spec!(CancelLine, "Leave", "leave", Typing, W::Only(&[C::Line, C::Palette, C::Form]), "Leave without taking it."),
    spec!(NextField, "Next field", "next field", Typing, W::Only(&[C::Form]), "Go to the next field."),
    spec!(PreviousField, "Previous field", "", Typing, W::Only(&[C::Form]), "Go to the previous field."),
    spec!(Back, "Back", "back", Session, W::Views,
        "One level back: marks, filter, then the screen before. Never quits."),
    spec!(Palette, "Command palette", "palette", Session, W::Views, "Find a command or a named search by its title and run it."),
    spec!(Help, "Help", "help", Session, W::Views, "The keys and commands, searchable with the filter."),
    spec!(Refresh, "Refresh", "", Session, W::Screens, "Ask the case for this screen again."),
    spec!(Close, "Close or quit", "quit", Session, W::Closable,
        "Close what lies over the screen, go back, or quit."),
    spec!(Cancel, "Cancel or quit", "cancel", Session, W::Everywhere,
        "Leave what is being typed, or stop loading; pressed again, quit. Every tag is already saved."),
];

impl Command {
    /// The command's row in the table.
    pub fn spec(self) -> &'static Spec {
        COMMANDS
            .iter()
            .find(|spec| spec.command == self)
            .expect("a test holds that every command has a row")
    }

    pub fn id(self) -> &'static str {
        self.into()
    }

    /// The ids of all commands.
    pub fn ids() -> impl Iterator<Item = &'static str> {
        Self::iter().map(Self::id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_one_row_and_a_help_sentence() {
        for command in Command::iter() {
            let rows = COMMANDS.iter().filter(|spec| spec.command == command).count();
            assert_eq!(rows, 1, "{command}");
            let spec = command.spec();
            assert!(spec.help.ends_with('.') && spec.help.len() > 8, "{command}");
            assert!(spec.contexts.all().next().is_some(), "{command}");
        }
    }
}
