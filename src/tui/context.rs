//! Where a key is pressed, and the groups of places in which commands work alike.

use serde::Deserialize;
use strum::IntoEnumIterator;

/// A screen, or what lies over it.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    Deserialize,
    strum::Display,
    strum::EnumIter,
    strum::EnumString,
    strum::IntoStaticStr,
)]
#[strum(serialize_all = "kebab-case")]
pub enum Context {
    Queue,
    Diptych,
    Agents,
    Scope,
    Traces,
    Tree,
    Timeline,
    Chains,
    Search,
    Disputes,
    Maturity,
    Problems,
    /// The screen shown while evidence is loaded.
    Loading,
    Help,
    Record,
    /// A line being typed: a filter, a search, a reason, a note.
    Line,
    Palette,
    /// The ruling.
    Form,
}

/// What a place shows, which decides most of what can be done there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Table,
    Tree,
    Document,
    /// A table over a screen.
    TableOver,
    /// A document over a screen.
    DocumentOver,
    Typing,
    Loading,
}

impl Context {
    fn kind(self) -> Kind {
        match self {
            Self::Queue
            | Self::Agents
            | Self::Scope
            | Self::Traces
            | Self::Chains
            | Self::Search
            | Self::Disputes
            | Self::Problems => Kind::Table,
            Self::Tree | Self::Timeline => Kind::Tree,
            Self::Diptych | Self::Maturity => Kind::Document,
            Self::Help => Kind::TableOver,
            Self::Record => Kind::DocumentOver,
            Self::Line | Self::Palette | Self::Form => Kind::Typing,
            Self::Loading => Kind::Loading,
        }
    }

    /// Whether what is under the cursor belongs to an agent.
    fn is_of_an_agent(self) -> bool {
        self.is_screen() && !matches!(self, Self::Maturity | Self::Problems)
    }

    fn is_screen(self) -> bool {
        matches!(self.kind(), Kind::Table | Kind::Tree | Kind::Document)
    }

    /// Whether plain characters are typed here rather than run commands.
    pub fn takes_text(self) -> bool {
        self.kind() == Kind::Typing
    }
}

/// The places in which a command works.
#[derive(Clone, Copy, Debug)]
pub enum Where {
    Everywhere,
    /// What is looked at: screens and what lies over them.
    Views,
    Screens,
    Lists,
    Tables,
    /// Lists on screens, of which a row can be opened.
    Rows,
    /// Where something moves, the palette included.
    Movable,
    /// Where a finding is decided on.
    Deciding,
    /// Where a row belongs to an agent.
    Agents,
    /// What can be closed or left.
    Closable,
    Only(&'static [Context]),
}

impl Where {
    pub fn contains(self, context: Context) -> bool {
        let kind = context.kind();
        let is_over = matches!(kind, Kind::TableOver | Kind::DocumentOver);
        match self {
            Self::Everywhere => true,
            Self::Views => context.is_screen() || is_over,
            Self::Screens => context.is_screen(),
            Self::Lists => matches!(kind, Kind::Table | Kind::Tree | Kind::TableOver),
            Self::Tables => matches!(kind, Kind::Table | Kind::TableOver),
            Self::Rows => matches!(kind, Kind::Table | Kind::Tree) && context != Context::Problems,
            Self::Movable => context.is_screen() || is_over || context == Context::Palette,
            Self::Deciding => matches!(context, Context::Queue | Context::Diptych),
            Self::Agents => context.is_of_an_agent(),
            Self::Closable => context.is_screen() || is_over || kind == Kind::Loading,
            Self::Only(contexts) => contexts.contains(&context),
        }
    }

    /// The places, in their order.
    pub fn all(self) -> impl Iterator<Item = Context> {
        Context::iter().filter(move |context| self.contains(*context))
    }
}
