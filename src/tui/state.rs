//! The state of the workbench. Only `update` changes it; drawing reads it.

use std::sync::Arc;

use super::busy::Busy;
use super::context::Context;
use super::effect::{Effect, Request};
use super::keymap::Keymap;
use super::keys::Key;
use super::panes::agents::Agents;
use super::panes::chain::Chains;
use super::panes::diptych::Diptych;
use super::panes::disputes::Disputes;
use super::panes::help::Help;
use super::panes::loading::Loading;
use super::panes::maturity::{self, Maturity};
use super::panes::palette::Palette;
use super::panes::problems::Problems;
use super::panes::prompt::Prompt;
use super::panes::queue::{Item, Queue};
use super::panes::record::Record;
use super::panes::ruling_form::RulingForm;
use super::panes::scope::Scope;
use super::panes::search::Search;
use super::panes::timeline::Timeline;
use super::panes::traces::Traces;
use super::panes::tree::Tree;
use super::requests::Requests;
use super::screen::Screen;
use super::theme::Theme;
use super::widgets::document::Scroll;
use super::widgets::listing::Listing;
use crate::catalog::{Catalog, Role, View};
use crate::domain::{AgentKey, FindingId};
use crate::view::CaseSummary;

pub struct State {
    pub catalog: Catalog,
    pub theme: Theme,
    pub keymap: Keymap,
    /// Whether signs may move.
    pub motion: bool,
    pub size: (u16, u16),
    pub screen: Screen,
    /// The screens from which the present one was opened.
    pub history: Vec<Screen>,
    /// What lies over the screen, the topmost last.
    pub overlays: Vec<Overlay>,
    /// The line being typed, over everything.
    pub prompt: Option<Prompt>,
    /// The keys of an unfinished sequence.
    pub pending: Vec<Key>,
    /// What the last key did, until the next one.
    pub status: Option<(Role, String)>,
    /// While evidence is loaded.
    pub loading: Option<Loading>,
    pub summary: CaseSummary,
    pub requests: Requests,
    pub busy: Busy,
    /// Counts waits for a pause in typing, and for a second Ctrl-C.
    pub(super) searches: u64,
    pub(super) quit_armed: Option<u64>,
    pub(super) outbox: Vec<Effect>,

    pub queue: Queue,
    pub diptych: Diptych,
    pub agents: Agents,
    pub scope: Scope,
    pub traces: Traces,
    pub tree: Tree,
    pub timeline: Timeline,
    pub chains: Chains,
    pub search: Search,
    pub disputes: Disputes,
    pub maturity: Maturity,
    pub problems: Problems,
}

/// What lies over a screen.
pub enum Overlay {
    Help(Help),
    Record(Record),
    Palette(Palette),
    Ruling(RulingForm),
}

impl State {
    /// A fresh workbench and what it asks first.
    pub fn new(catalog: Catalog, theme: Theme, motion: bool, loading: bool) -> (Self, Vec<Effect>) {
        fn shared<F: Clone>(view: &View<F>) -> Arc<View<F>> {
            Arc::new(view.clone())
        }
        let (keymap, mistakes) = Keymap::of(&catalog);
        let mistakes: Vec<_> = catalog.problems.iter().chain(&mistakes).cloned().collect();
        let status = (!mistakes.is_empty()).then(|| {
            let count = super::panes::counted(mistakes.len(), "mistake");
            (Role::Warning, format!("{count} in your views, keys or queries: see Problems"))
        });
        let views = &catalog.views;
        let mut state = Self {
            theme,
            keymap,
            motion,
            size: (80, 24),
            screen: Screen::Queue,
            history: Vec::new(),
            overlays: Vec::new(),
            prompt: None,
            pending: Vec::new(),
            status,
            loading: loading.then(Loading::default),
            summary: CaseSummary::default(),
            requests: Requests::default(),
            busy: Busy::default(),
            searches: 0,
            quit_armed: None,
            outbox: Vec::new(),
            queue: Queue::new(shared(&views.queue)),
            diptych: Diptych::default(),
            agents: Agents::new(shared(&views.agents)),
            scope: Scope::new(shared(&views.scope)),
            traces: Traces::new(shared(&views.traces)),
            tree: Tree::new(shared(&views.tree)),
            timeline: Timeline::new(shared(&views.timeline)),
            chains: Chains::new(shared(&views.chains)),
            search: Search::new(shared(&views.events)),
            disputes: Disputes::new(shared(&views.disputes)),
            maturity: Maturity::default(),
            problems: Problems::new(shared(&views.problems), &mistakes),
            catalog,
        };
        if !loading {
            state.open_case();
        }
        let effects = state.settle();
        (state, effects)
    }

    /// Where a key is pressed now.
    pub fn context(&self) -> Context {
        match self.prompt {
            Some(_) => Context::Line,
            None => self.context_below(),
        }
    }

    /// The context under the line being typed.
    pub fn context_below(&self) -> Context {
        match (self.overlays.last(), &self.loading) {
            (Some(Overlay::Help(_)), _) => Context::Help,
            (Some(Overlay::Record(_)), _) => Context::Record,
            (Some(Overlay::Palette(_)), _) => Context::Palette,
            (Some(Overlay::Ruling(_)), _) => Context::Form,
            (None, Some(_)) => Context::Loading,
            (None, None) => self.screen.context(),
        }
    }

    /// The list that the keys move in, if it is one.
    pub fn listing(&mut self) -> Option<&mut dyn Listing> {
        match self.overlays.last_mut() {
            Some(Overlay::Help(help)) => return Some(&mut help.rows),
            Some(_) => return None,
            None => {}
        }
        match self.screen {
            Screen::Queue => Some(&mut self.queue.rows),
            Screen::Agents => Some(&mut self.agents.rows),
            Screen::Scope => Some(&mut self.scope.rows),
            Screen::Traces => Some(&mut self.traces.rows),
            Screen::Tree => Some(&mut self.tree),
            Screen::Timeline => Some(&mut self.timeline),
            Screen::Chains => Some(&mut self.chains.rows),
            Screen::Search => Some(&mut self.search.rows),
            Screen::Disputes => Some(&mut self.disputes.rows),
            Screen::Problems => Some(&mut self.problems.rows),
            Screen::Diptych | Screen::Maturity => None,
        }
    }

    /// The document that the keys scroll, if it is one.
    pub fn scroll(&mut self) -> Option<&mut Scroll> {
        match (self.overlays.last_mut(), self.screen) {
            (Some(Overlay::Record(record)), _) => Some(&mut record.scroll),
            (None, Screen::Diptych) => Some(&mut self.diptych.scroll),
            (None, Screen::Maturity) => Some(&mut self.maturity.scroll),
            _ => None,
        }
    }

    /// The finding under the cursor.
    pub fn current_finding(&self) -> Option<FindingId> {
        match self.screen {
            Screen::Queue => self.queue.rows.current().map(|item| item.row.finding.id),
            Screen::Diptych => self.diptych.finding,
            Screen::Disputes => self.disputes.rows.current().map(|row| row.dispute.finding),
            _ => None,
        }
    }

    /// The findings that a decision is about.
    pub fn targets(&self) -> Vec<&Item> {
        match self.screen {
            Screen::Queue => self.queue.rows.targets(),
            Screen::Diptych => {
                self.diptych.finding.and_then(|id| self.queue.find(id)).into_iter().collect()
            }
            _ => Vec::new(),
        }
    }

    /// The agent of the row under the cursor.
    pub fn current_agent(&self) -> Option<AgentKey> {
        match self.screen {
            Screen::Queue | Screen::Diptych | Screen::Disputes => {
                let item = self.queue.find(self.current_finding()?)?;
                Some(item.row.finding.agent.clone())
            }
            Screen::Agents => self.agents.rows.current().map(|item| item.row.agent.key.clone()),
            Screen::Scope => self.scope.agent.clone(),
            Screen::Traces => self.traces.rows.current().and_then(|item| item.agent().cloned()),
            Screen::Tree => self.tree.agent().cloned(),
            Screen::Timeline => self.timeline.agent(),
            Screen::Chains => self.chains.rows.current().and_then(|item| item.chain.agent.clone()),
            Screen::Search => self.search.rows.current().and_then(|event| event.agent.clone()),
            Screen::Maturity | Screen::Problems => None,
        }
    }

    pub(super) fn say(&mut self, role: Role, sentence: impl Into<String>) {
        self.status = Some((role, sentence.into()));
    }

    pub(super) fn ask(&mut self, request: Request) {
        self.outbox.extend(self.requests.ask(request));
    }

    /// The first questions to a case that has been opened.
    pub(super) fn open_case(&mut self) {
        self.ask(Request::Summary);
        self.ask(Request::Findings);
    }

    /// Asks for what a screen shows. Where the answer may be large it is asked once, unless `again`.
    pub(super) fn fetch(&mut self, screen: Screen, again: bool) {
        use super::panes::Fetched::Ready;
        let request = match screen {
            Screen::Queue | Screen::Diptych if again => Request::Findings,
            Screen::Queue | Screen::Diptych => return,
            Screen::Agents => {
                if again || !self.agents.has_census() {
                    self.ask(Request::Census(self.agents.at));
                }
                Request::Agents
            }
            Screen::Scope if self.scope.fetched == Ready && !again => return,
            Screen::Scope => Request::Scope(self.scope.agent.clone()),
            Screen::Traces if self.traces.fetched == Ready && !again => return,
            Screen::Traces => Request::Traces(self.traces.focus.clone()),
            Screen::Tree if self.tree.fetched == Ready && !again => return,
            Screen::Tree => match &self.tree.trace {
                Some(trace) => Request::Tree(trace.clone()),
                None => return,
            },
            Screen::Timeline if self.timeline.fetched == Ready && !again => return,
            Screen::Timeline => match &self.timeline.scope {
                Some(scope) => Request::Timeline(scope.clone()),
                None => return,
            },
            Screen::Chains if self.chains.fetched == Ready && !again => return,
            Screen::Chains => Request::Chains(self.chains.agent.clone()),
            Screen::Search if !again => return,
            Screen::Search => match self.search.request() {
                Some(request) => request,
                None => return,
            },
            Screen::Disputes => Request::Disputes,
            Screen::Maturity => Request::Assess(maturity::LAST),
            Screen::Problems => Request::Problems,
        };
        self.ask(request);
    }

    /// Everything that has to be done outside since the last time.
    pub(super) fn settle(&mut self) -> Vec<Effect> {
        self.outbox.extend(self.busy.watch(self.requests.oldest()));
        std::mem::take(&mut self.outbox)
    }
}
