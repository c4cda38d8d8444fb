//! The case folder: evidence, event columns, search, settings, locks.
//!
//! ```text
//! case/
//!   manifest.json     what is in the case; its rename publishes a load
//!   evidence/         inputs byte for byte, by digest
//!   events/           Parquet, one part after the other
//!   records/          configured records, coverage, problems, as JSON Lines
//!   index/            the search index, derived from events/
//!   derived/          caches, bound to a generation
//!   ledger/           decisions: another room's
//!   settings.toml     what a person may set
//!   mask.key          the key under which secrets are masked
//! ```
//!
//! Reading ([`Case`]) needs no lock and sees the generation it opened. Writing ([`Load`]) is for one
//! process at a time. This is the only room that knows polars and tantivy: the events go through
//! one adapter, `columns.rs`.

mod columns;
mod derived;
mod error;
mod evidence;
mod files;
mod index;
mod known;
mod load;
mod manifest;
mod mask_key;
mod parts;
mod progress;
mod records;
mod search;
mod settings;
mod spill;
mod sql;
#[cfg(test)]
mod testing;

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

pub use derived::RowWriter;
pub use error::CaseError;
pub use evidence::{EvidenceReader, Kept};
#[doc(hidden)]
pub use index::Yardstick;
pub use load::{Load, LoadCounts, LoadSettings};
pub use manifest::{Evidence, FORMAT, Manifest, Part, RecordFile};
pub use parts::{EventFilter, Events};
pub use progress::{Progress, Report, Stage};
pub use records::{FileReport, Statements};
pub use search::{SearchOptions, SearchPage, search_fields};
pub use settings::Settings;
pub use spill::Spill;
pub use sql::Table;

use crate::domain::packed::Packed;
use crate::domain::{Coverage, Digest, Event, EventId, Problem, Record, Snapshot};
use error::AtPath;
use files::{EVENTS, EVIDENCE, RECORDS, create_folder, sync_folder};
use index::Indexer;
use search::Searcher;

/// An open case, as of the generation it was opened or refreshed at. Cheap to clone.
#[derive(Clone)]
pub struct Case {
    root: PathBuf,
    manifest: Arc<Manifest>,
    /// Opened by the first search.
    searcher: Arc<OnceLock<Searcher>>,
}

impl Case {
    /// Creates an empty case where nothing is yet, or an empty folder. It appears complete or not
    /// at all.
    pub fn create(path: impl AsRef<Path>) -> Result<Self, CaseError> {
        let path = path.as_ref();
        let exists = || CaseError::Exists { path: path.to_owned() };
        match fs::read_dir(path) {
            Ok(mut entries) => {
                if entries.next().is_some() {
                    return Err(exists());
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => return Err(exists()),
            Err(error) => return Err(error).at(path),
        }
        let name = path.file_name().ok_or_else(exists)?.to_string_lossy();
        let parent = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        fs::create_dir_all(parent).at(parent)?;
        let staged = parent.join(format!(".{name}.{}.new", std::process::id()));
        files::remove_folder(&staged)?;
        let created = fill_new(&staged).and_then(|()| match fs::rename(&staged, path) {
            Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => Err(exists()),
            renamed => renamed.at(path),
        });
        if let Err(error) = created {
            // The first error is the one to tell.
            let _ = files::remove_folder(&staged);
            return Err(error);
        }
        sync_folder(parent)?;
        Self::open(path)
    }

    /// Opens a case by reading its manifest, and nothing else.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, CaseError> {
        let root = path.as_ref().to_owned();
        let manifest = Arc::new(Manifest::read(&root)?);
        Ok(Self { root, manifest, searcher: Arc::default() })
    }

    pub fn open_or_create(path: impl AsRef<Path>) -> Result<Self, CaseError> {
        match Self::open(&path) {
            Err(CaseError::NotACase { .. }) => Self::create(path),
            opened => opened,
        }
    }

    pub fn path(&self) -> &Path {
        &self.root
    }

    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Moves to the newest generation. Says whether there was a newer one.
    pub fn refresh(&mut self) -> Result<bool, CaseError> {
        let manifest = Manifest::read(&self.root)?;
        let is_newer = manifest.generation != self.manifest.generation;
        if is_newer {
            self.manifest = Arc::new(manifest);
            self.searcher = Arc::default();
        }
        Ok(is_newer)
    }

    /// Begins a load, which is for one process at a time. Brings the index up to date first.
    pub fn begin_load(&self, settings: LoadSettings, to: Report<'_>) -> Result<Load, CaseError> {
        Load::begin(&self.root, settings, to)
    }

    /// Streams the events that the filter accepts.
    pub fn events(&self, filter: EventFilter) -> Events {
        Events::new(&self.root, &self.manifest, filter)
    }

    pub fn event(&self, id: &EventId) -> Result<Option<Event>, CaseError> {
        Ok(self.events_by_ids(std::slice::from_ref(id))?.pop())
    }

    /// The events of these ids, in their order; unknown ids are left out.
    pub fn events_by_ids(&self, ids: &[EventId]) -> Result<Vec<Event>, CaseError> {
        match self.searcher()? {
            Some(searcher) => searcher.by_ids(&self.manifest, ids),
            None => Ok(Vec::new()),
        }
    }

    /// Searches the events. The empty search finds all of them.
    pub fn search(&self, query: &str, options: SearchOptions) -> Result<SearchPage, CaseError> {
        match self.searcher()? {
            Some(searcher) => searcher.search(&self.manifest, query, options),
            None => Ok(SearchPage::default()),
        }
    }

    /// Runs SQL over the table `events`.
    pub fn sql(&self, query: &str) -> Result<Table, CaseError> {
        sql::run(&self.root, &self.manifest, query)
    }

    /// Everything that was read besides events, in one pass over the files.
    pub fn statements(&self) -> Result<Statements, CaseError> {
        records::read(&self.root, &self.manifest)
    }

    pub fn records(&self) -> Result<Vec<Record>, CaseError> {
        Ok(self.statements()?.records)
    }

    pub fn snapshots(&self) -> Result<Vec<Snapshot>, CaseError> {
        Ok(self.statements()?.snapshots)
    }

    pub fn coverage(&self) -> Result<Vec<Coverage>, CaseError> {
        Ok(self.statements()?.coverage)
    }

    pub fn problems(&self) -> Result<Vec<Problem>, CaseError> {
        Ok(self.statements()?.problems)
    }

    pub fn file_reports(&self) -> Result<Vec<FileReport>, CaseError> {
        Ok(self.statements()?.files)
    }

    /// The raw bytes of evidence, as a stream.
    pub fn open_evidence(&self, digest: &Digest) -> Result<EvidenceReader, CaseError> {
        evidence::open(&[self.root.join(EVIDENCE)], digest)
    }

    /// The raw bytes of evidence, all of them.
    pub fn evidence_bytes(&self, digest: &Digest) -> Result<Vec<u8>, CaseError> {
        let mut bytes = Vec::new();
        self.open_evidence(digest)?.read_to_end(&mut bytes).at(&self.root.join(EVIDENCE))?;
        Ok(bytes)
    }

    pub fn settings(&self) -> Result<Settings, CaseError> {
        settings::read(&self.root)
    }

    pub fn save_settings(&self, settings: &Settings) -> Result<(), CaseError> {
        settings::write(&self.root, settings)
    }

    /// Keeps something computed from this generation, under a plain name.
    pub fn put_derived(&self, name: &str, bytes: &[u8]) -> Result<(), CaseError> {
        derived::put(&self.root, self.manifest.generation, name, bytes)
    }

    /// What was kept for this generation, if anything.
    pub fn derived(&self, name: &str) -> Result<Option<Vec<u8>>, CaseError> {
        derived::get(&self.root, self.manifest.generation, name)
    }

    /// Keeps rows of a fixed width computed from this generation, under a plain name.
    pub fn write_rows(&self, name: &str) -> Result<RowWriter, CaseError> {
        RowWriter::create(&self.root, self.manifest.generation, name)
    }

    /// The rows kept under this name for this generation: from `first`, at most `most`.
    pub fn rows<T: Packed + Send>(
        &self,
        name: &str,
        first: u64,
        most: u64,
    ) -> Result<Vec<T>, CaseError> {
        derived::rows(&self.root, self.manifest.generation, name, first, most)
    }

    /// Builds the search index anew from the events, under the data lock. Searches meanwhile use
    /// the old one.
    pub fn rebuild_index(&mut self, to: Report<'_>) -> Result<(), CaseError> {
        let _lock = load::lock(&self.root)?;
        self.refresh()?;
        let indexer = Indexer::rebuild(&self.root, &self.manifest, to)?;
        self.searcher = Arc::default();
        indexer.finish()
    }

    /// Opens the index once. A case without events has none.
    fn searcher(&self) -> Result<Option<&Searcher>, CaseError> {
        if self.manifest.parts.is_empty() {
            return Ok(None);
        }
        if let Some(searcher) = self.searcher.get() {
            return Ok(Some(searcher));
        }
        let opened = Searcher::open(&self.root, &self.manifest)?;
        Ok(Some(self.searcher.get_or_init(|| opened)))
    }
}

/// The content of a new case.
fn fill_new(root: &Path) -> Result<(), CaseError> {
    for folder in [EVIDENCE, EVENTS, RECORDS] {
        create_folder(&root.join(folder))?;
    }
    settings::write(root, &Settings::default())?;
    Manifest::empty().write(root)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::testing::{case, event, events, full_event, go_on, load, stored};
    use super::*;
    use crate::domain::{EventKind, Location, ProblemKind};
    use crate::ingest::Sink;

    #[test]
    fn a_case_is_created_where_nothing_is() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("deep/case");
        assert!(matches!(Case::open(&path), Err(CaseError::NotACase { .. })));
        Case::open_or_create(&path).expect("creates");
        Case::open_or_create(&path).expect("opens");
        assert!(matches!(Case::create(&path), Err(CaseError::Exists { .. })));
        let file = folder.path().join("file");
        fs::write(&file, "").expect("writes");
        assert!(matches!(Case::create(&file), Err(CaseError::Exists { .. })));
        let left: Vec<_> = files::names(path.parent().expect("has one")).expect("lists");
        assert_eq!(left, ["case"], "no staging folder is left");
    }

    #[test]
    fn a_case_from_elsewhere_is_not_trusted() {
        let (_folder, mut case) = case();
        load(&mut case, events(0..1));
        let path = case.path().join(files::MANIFEST);
        let manifest = fs::read_to_string(&path).expect("reads");
        let open = |from: &str, to: &str| {
            fs::write(&path, manifest.replace(from, to)).expect("writes");
            Case::open(case.path()).err()
        };
        let newer = open("\"format\": 1", "\"format\": 2").expect("is refused");
        assert!(newer.to_string().contains("made by a newer diptych"), "{newer}");
        assert!(matches!(open("1-0.parquet", "../x"), Some(CaseError::Damaged { .. })));
        assert!(matches!(open("{", ""), Some(CaseError::Damaged { .. })));
        assert!(open("", "").is_none());
    }

    #[test]
    fn a_part_that_is_damaged_is_named() {
        let (_folder, mut case) = case();
        load(&mut case, events(0..10));
        let part = case.path().join(EVENTS).join(&case.manifest().parts[0].file);
        fs::write(&part, "PAR1 no longer PAR1").expect("writes");
        let mut events = case.events(EventFilter::default());
        let error = events.next().expect("says so").expect_err("is damaged");
        assert!(error.to_string().contains("1-0.parquet"), "{error}");
        assert!(events.next().is_none());
    }

    #[test]
    fn readers_keep_their_generation_while_others_write() {
        let (_folder, mut case) = case();
        load(&mut case, events(0..20));
        // One reader has searched before the load, the other searches for the first time after it.
        let (eager, lazy) = (Case::open(case.path()), Case::open(case.path()));
        let (mut eager, lazy) = (eager.expect("opens"), lazy.expect("opens"));
        let seen = |case: &Case| {
            let page = case.search("", SearchOptions::default()).expect("searches");
            (page.total, stored(case).len(), case.event(&event(25).id).expect("searches"))
        };
        assert_eq!(seen(&eager), (20, 20, None));
        let mut load = case.begin_load(LoadSettings::default(), &mut go_on).expect("idle");
        events(20..30).into_iter().for_each(|event| load.event(event));
        assert_eq!(seen(&eager), (20, 20, None), "while loading");
        load.commit(&mut go_on).expect("commits");
        assert_eq!(seen(&eager), (20, 20, None));
        assert_eq!(seen(&lazy), (20, 20, None));
        assert!(eager.refresh().expect("refreshes"));
        assert!(!eager.refresh().expect("refreshes"));
        assert_eq!(seen(&eager), (30, 30, Some(event(25))));
    }

    #[test]
    fn events_stream_in_the_order_of_time_and_through_filters() {
        let (_folder, mut case) = case();
        let count = parts::GROUP_ROWS as u32 + 10;
        load(&mut case, events(0..count).into_iter().rev().collect());
        let tool = Event { kind: EventKind::ToolCall, ..full_event("") };
        load(&mut case, vec![tool.clone()]);
        assert_eq!(stored(&case).len(), count as usize + 1);
        assert_eq!(stored(&case)[..count as usize], events(0..count));
        let filtered = |filter| case.events(filter).collect::<Result<Vec<_>, _>>().expect("reads");
        let window = EventFilter {
            from: Some(event(8190).time),
            until: Some(event(8194).time),
            ..EventFilter::default()
        };
        assert_eq!(filtered(window), events(8190..8195));
        let kinds = EventFilter {
            kinds: vec![EventKind::ToolCall],
            without_params: true,
            ..EventFilter::default()
        };
        assert_eq!(filtered(kinds), [Event { params: None, ..tool }]);
        let agent = EventFilter { agent: event(3).agent, ..EventFilter::default() };
        assert_eq!(filtered(agent).len(), (0..count).filter(|n| n % 7 == 3).count());
    }

    #[test]
    fn statements_come_back_in_their_order() {
        let (_folder, mut case) = case();
        let problem = |n: u64| Problem {
            kind: ProblemKind::Malformed,
            file: "a\u{202e}".into(),
            at: Location::Line(n),
            message: "expected value".to_owned(),
        };
        let report = FileReport {
            evidence: Digest::of(b""),
            file: "a".into(),
            bytes: 3,
            documents: 2,
            formats: BTreeMap::from([("k8s-audit".to_owned(), 2)]),
            records: 0,
            events: 1,
            known: 1,
            with_problems: 0,
            set_aside: 1,
            problems: 1,
        };
        for n in 0..2 {
            let mut load = case.begin_load(LoadSettings::default(), &mut go_on).expect("idle");
            load.problem(problem(n));
            load.file_report(report.clone());
            load.commit(&mut go_on).expect("commits");
        }
        case.refresh().expect("refreshes");
        assert_eq!(case.problems().expect("reads"), [problem(0), problem(1)]);
        assert_eq!(case.file_reports().expect("reads"), [report.clone(), report]);
        assert_eq!(case.manifest().problems(), 2);
    }

    #[test]
    fn what_is_derived_belongs_to_one_generation() {
        let (_folder, mut case) = case();
        case.put_derived("findings", b"none").expect("writes");
        assert_eq!(case.derived("findings").expect("reads"), Some(b"none".to_vec()));
        assert_eq!(case.derived("other").expect("reads"), None);
        load(&mut case, events(0..1));
        assert_eq!(case.derived("findings").expect("reads"), None);
        case.put_derived("findings", b"one").expect("writes");
        let files = files::names(&case.path().join(files::DERIVED)).expect("lists");
        assert_eq!(files, ["1-findings"]);
    }

    #[test]
    fn settings_are_kept() {
        let (_folder, case) = case();
        assert_eq!(case.settings().expect("reads"), Settings::default());
        let settings = Settings { cluster: Some("prod".to_owned()), ..Settings::default() };
        case.save_settings(&settings).expect("writes");
        assert_eq!(case.settings().expect("reads"), settings);
    }

    #[cfg(unix)]
    #[test]
    fn a_case_is_its_owners_alone() {
        use std::os::unix::fs::PermissionsExt;
        let (_folder, mut case) = case();
        load(&mut case, events(0..10));
        case.put_derived("findings", b"none").expect("writes");
        for entry in walkdir::WalkDir::new(case.path()) {
            let entry = entry.expect("lists");
            let mode = entry.metadata().expect("is there").permissions().mode() & 0o777;
            let private = if entry.file_type().is_dir() { 0o700 } else { 0o600 };
            assert_eq!(mode, private, "{}", entry.path().display());
        }
    }
}
