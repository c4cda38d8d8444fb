//! The screens and their order.

use super::context::Context;

/// One screen. The diptych belongs to the queue and the tree to the traces: they have no tab.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Screen {
    #[default]
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
}

/// The tabs in their order.
pub const TABS: &[Screen] = &[
    Screen::Queue,
    Screen::Agents,
    Screen::Scope,
    Screen::Traces,
    Screen::Timeline,
    Screen::Chains,
    Screen::Search,
    Screen::Disputes,
    Screen::Maturity,
    Screen::Problems,
];

impl Screen {
    pub fn title(self) -> &'static str {
        match self {
            Self::Queue => "Findings",
            Self::Diptych => "Diptych",
            Self::Agents => "Agents",
            Self::Scope => "Scope",
            Self::Traces => "Traces",
            Self::Tree => "Tree",
            Self::Timeline => "Storyline",
            Self::Chains => "Chains",
            Self::Search => "Search",
            Self::Disputes => "Disputes",
            Self::Maturity => "Maturity",
            Self::Problems => "Problems",
        }
    }

    /// The tab that is lit.
    pub fn tab(self) -> Self {
        match self {
            Self::Diptych => Self::Queue,
            Self::Tree => Self::Traces,
            other => other,
        }
    }

    /// The next or previous tab, going round.
    pub fn neighbour(self, backwards: bool) -> Self {
        let at = TABS.iter().position(|tab| *tab == self.tab()).unwrap_or_default();
        let step = if backwards { TABS.len() - 1 } else { 1 };
        TABS.get((at + step) % TABS.len()).copied().unwrap_or_default()
    }

    pub fn context(self) -> Context {
        match self {
            Self::Queue => Context::Queue,
            Self::Diptych => Context::Diptych,
            Self::Agents => Context::Agents,
            Self::Scope => Context::Scope,
            Self::Traces => Context::Traces,
            Self::Tree => Context::Tree,
            Self::Timeline => Context::Timeline,
            Self::Chains => Context::Chains,
            Self::Search => Context::Search,
            Self::Disputes => Context::Disputes,
            Self::Maturity => Context::Maturity,
            Self::Problems => Context::Problems,
        }
    }
}
