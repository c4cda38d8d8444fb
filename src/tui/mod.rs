//! The workbench: a terminal face over the workspace.
//!
//! One closed [`Event`](event::Event) enum goes into [`update`](update::update), the only place where
//! [`State`](state::State) changes; [`Effect`](effect::Effect)s come out and are done outside, in
//! [`runner`]. [`render`](render::render) reads the state and draws. Neither touches a disk, a clock
//! or a terminal, so the whole workbench runs in a test. What is data (columns, keys, themes, named
//! searches) comes from the [`catalog`](crate::catalog); what can be done is one table in
//! [`command`].

mod busy;
pub mod command;
pub mod context;
pub mod desk;
pub mod effect;
pub mod event;
#[cfg(test)]
mod fixture;
pub mod headless;
pub mod keymap;
pub mod keys;
pub mod panes;
pub mod render;
mod requests;
mod runner;
mod screen;
pub mod state;
pub mod svg;
mod terminal;
#[cfg(test)]
mod tests;
pub mod theme;
pub mod update;
pub mod widgets;

use std::sync::Arc;

pub use desk::{Desk, DeskError, LoadProgress, LoadingHandle, RulingDraft};
pub use headless::Headless;
pub use keymap::keys_markdown;
pub use svg::svg;

use crate::catalog::Catalog;
use state::State;
use theme::Theme;

/// How the workbench is to run.
#[derive(Default)]
pub struct Options {
    /// A theme of the catalog; without one `dark`, and `mono` wherever colour is not wanted.
    pub theme: Option<String>,
    /// Signs that tell of work under way do not move.
    pub still: bool,
    /// A load that is under way: its progress is the first screen, its desk replaces the given one.
    pub loading: Option<LoadingHandle>,
}

/// Why the workbench could not run.
#[derive(Debug, thiserror::Error)]
pub enum TuiError {
    #[error("standard output is not a terminal")]
    NoTerminal,
    #[error("the terminal failed: {0}")]
    Terminal(#[from] std::io::Error),
}

impl TuiError {
    /// What to do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NoTerminal => {
                Some("Every screen has a command that prints the same; see --help.")
            }
            Self::Terminal(_) => None,
        }
    }
}

/// Runs the workbench on the terminal until the user quits.
pub async fn run(desk: Arc<dyn Desk>, catalog: Catalog, options: Options) -> Result<(), TuiError> {
    let variable = |name| std::env::var(name).ok();
    let theme = theme::choose(
        options.theme.as_deref(),
        variable("NO_COLOR").as_deref(),
        variable("TERM").as_deref(),
    );
    let theme = Theme::of(&catalog, &theme);
    let screen = terminal::Screen::open(theme.monochrome)?;
    let (state, effects) = State::new(catalog, theme, !options.still, options.loading.is_some());
    runner::run(state, effects, screen, desk, options.loading).await
}
