//! What both faces ask for. Composes the floors below, so that the screen and the command line
//! cannot differ.
//!
//! Opening reads the manifest and the last reading, nothing more. Whatever the reading is made of is
//! computed when the case has changed, and kept in the case as a derived file.

mod baseline;
mod catalogs;
mod census;
mod containment;
mod correlation;
mod decisions;
mod error;
mod evidence;
mod flow;
mod given;
mod identity;
mod lineage;
mod load;
mod paths;
mod posture;
mod read_ahead;
mod sample;
mod scope;
mod storyline;
mod trees;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

pub use baseline::BaselineOptions;
pub use census::CensusOptions;
pub use containment::ContainmentOptions;
pub use decisions::RulingDraft;
pub use error::{Error, ErrorKind};
pub use flow::{ConversationFocus, FlowOptions};
pub use given::Given;
pub use lineage::TreeOptions;
pub use load::{LoadOptions, Progress};
pub use paths::Paths;
pub use scope::ScopeOptions;
pub use storyline::{Follow, StorylineAsk, StorylineScope};

pub use crate::lineage::containment::markdown as containment_document;
pub use crate::lineage::correlate::{How, RULES, Rule};
pub use crate::scope::tools::permission::Call;

pub use crate::ingest::{Format, Side, format, formats};

use crate::case::{self, Case, CaseError, SearchOptions, Table};
use crate::domain::{Event, EventId, Problem, Record};
use crate::ledger::Ledger;
use crate::view::{AgentRow, CaseSummary, FileReport, SearchPage};
use posture::Posture;
use trees::Trees;

/// Who works on a case.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The name under which decisions are signed.
    pub author: String,
    pub paths: Paths,
}

/// An open case and what was read from it.
pub struct Workspace {
    path: PathBuf,
    identity: Identity,
    opened: RwLock<Opened>,
    /// Made at the first decision: reading a case needs no key.
    ledger: Mutex<Option<Ledger>>,
}

/// One generation of the case.
struct Opened {
    case: Case,
    posture: Option<Arc<Posture>>,
    trees: Option<Arc<Trees>>,
}

impl Workspace {
    /// Opens a case that is there.
    pub fn open(path: &Path, identity: Identity) -> Result<Self, Error> {
        Self::on(Case::open(path)?, path, identity)
    }

    /// Opens a case, or creates an empty one.
    pub fn open_or_create(path: &Path, identity: Identity) -> Result<Self, Error> {
        Self::on(Case::open_or_create(path)?, path, identity)
    }

    fn on(case: Case, path: &Path, identity: Identity) -> Result<Self, Error> {
        identity.paths.remember_case(path);
        Ok(Self {
            path: path.to_owned(),
            identity,
            opened: RwLock::new(Opened { case, posture: None, trees: None }),
            ledger: Mutex::new(None),
        })
    }

    /// The case folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The generation that is open.
    fn case(&self) -> Case {
        self.opened.read().unwrap_or_else(PoisonError::into_inner).case.clone()
    }

    /// Opens the latest generation, in place of the one that is open.
    fn reopen(&self) -> Result<(), Error> {
        let case = Case::open(&self.path)?;
        let mut opened = self.opened.write().unwrap_or_else(PoisonError::into_inner);
        *opened = Opened { case, posture: None, trees: None };
        Ok(())
    }

    /// The reading of the open generation; computed when it is not kept yet.
    fn posture(&self) -> Result<Arc<Posture>, Error> {
        self.read_once(|opened| &mut opened.posture, Posture::of)
    }

    /// What was read of the open generation; read now when it was not.
    fn read_once<T>(
        &self,
        slot: fn(&mut Opened) -> &mut Option<Arc<T>>,
        read: fn(&Case) -> Result<T, Error>,
    ) -> Result<Arc<T>, Error> {
        let mut opened = self.opened.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = slot(&mut opened) {
            return Ok(known.clone());
        }
        let case = opened.case.clone();
        drop(opened);
        let found = Arc::new(read(&case)?);
        let mut opened = self.opened.write().unwrap_or_else(PoisonError::into_inner);
        // Another generation may have been opened meanwhile.
        if opened.case.manifest().generation == case.manifest().generation {
            *slot(&mut opened) = Some(found.clone());
        }
        Ok(found)
    }

    /// What the case holds.
    pub fn summary(&self) -> Result<CaseSummary, Error> {
        let case = self.case();
        let manifest = case.manifest();
        let posture = self.posture()?;
        let window = manifest.window();
        let rows = self.findings()?;
        Ok(CaseSummary {
            path: self.path.display().to_string(),
            generation: manifest.generation,
            evidence: manifest.evidence.len(),
            records: usize::try_from(manifest.configured_records()).unwrap_or(usize::MAX),
            events: manifest.events(),
            agents: posture.agents.len(),
            findings: rows.len(),
            untagged: rows.iter().filter(|row| row.tag.needs_a_verdict()).count(),
            disputes: self.disputes()?.iter().filter(|row| row.ruling.is_none()).count(),
            problems: posture.problems,
            from: window.map(|(from, _)| from),
            until: window.map(|(_, until)| until),
        })
    }

    /// The agents of the case.
    pub fn agents(&self) -> Result<Vec<AgentRow>, Error> {
        Ok(self.posture()?.agents.clone())
    }

    /// One page of a search, newest first.
    pub fn search(&self, query: &str, offset: usize, limit: usize) -> Result<SearchPage, Error> {
        let options =
            SearchOptions { offset, limit, newest_first: true, ..SearchOptions::default() };
        let page = self.find(query, options)?;
        let total = usize::try_from(page.total).unwrap_or(usize::MAX);
        Ok(SearchPage { total, events: page.events })
    }

    /// Asks the index.
    fn find(&self, query: &str, options: SearchOptions) -> Result<case::SearchPage, Error> {
        match self.case().search(query, options) {
            Err(CaseError::IndexBehind { .. }) => {
                // The index is derived: it is made again from the events, and asked again.
                let mut case = self.case();
                case.rebuild_index(&mut |_| std::ops::ControlFlow::Continue(()))?;
                self.reopen()?;
                Ok(self.case().search(query, options)?)
            }
            answer => Ok(answer?),
        }
    }

    /// One event in full.
    pub fn event(&self, id: EventId) -> Result<Option<Event>, Error> {
        Ok(self.case().event(&id)?)
    }

    /// An analysis over the table `events`.
    pub fn sql(&self, query: &str) -> Result<Table, Error> {
        let case = self.case();
        // The engine panics on some statements it does not know how to refuse.
        let answer = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| case.sql(query)));
        match answer {
            Ok(table) => Ok(table?),
            Err(_) => Err(Error::usage("the analysis engine cannot run this statement").with_hint(
                "Write it with other functions; `diptych query --list` shows some that run.",
            )),
        }
    }

    /// Every configured record of every load.
    pub fn records(&self) -> Result<Vec<Record>, Error> {
        Ok(self.case().records()?)
    }

    /// What was set aside while loading.
    pub fn problems(&self) -> Result<Vec<Problem>, Error> {
        Ok(self.case().problems()?)
    }

    /// What was read from each piece of evidence.
    pub fn file_reports(&self) -> Result<Vec<FileReport>, Error> {
        Ok(self.case().file_reports()?.into_iter().map(load::file_report).collect())
    }
}

impl From<CaseError> for Error {
    fn from(error: CaseError) -> Self {
        let kind = match error {
            CaseError::NotACase { .. } | CaseError::Exists { .. } => ErrorKind::Usage,
            CaseError::Search { .. } | CaseError::Sql { .. } => ErrorKind::Usage,
            CaseError::Cancelled => ErrorKind::Cancelled,
            _ => ErrorKind::Data,
        };
        let hint = error.hint();
        let made = Self::new(kind, error.to_string());
        match hint {
            Some(hint) => made.with_hint(hint),
            None => made,
        }
    }
}
