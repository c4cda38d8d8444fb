//! The search index: derived from the parts, kept by tantivy, never the truth.
//!
//! No document is stored in it. It knows the words of each event, its time, its id and its
//! *location*: the number of its part and its row in it.
//!
//! Its commit carries the generation it was made for and is made *before* the manifest that
//! publishes that generation. So the index is never behind a published case; it may be ahead, when
//! a load died between the two or when a reader holds an earlier generation. What is ahead has
//! locations in parts that the manifest does not list, which readers leave out and the next writer
//! deletes. An index that is missing, foreign or behind (a case copied without it) is filled from
//! the parts.

use std::ops::Bound;
use std::path::{Path, PathBuf};

use tantivy::directory::MmapDirectory;
use tantivy::indexer::IndexWriterOptions;
use tantivy::query::RangeQuery;
use tantivy::schema::{
    BytesOptions, FAST, Field, IndexRecordOption, Schema, TextFieldIndexing, TextOptions,
};
use tantivy::tokenizer::{
    LowerCaser, RawTokenizer, RemoveLongFilter, SimpleTokenizer, TextAnalyzer,
};
use tantivy::{Index, IndexWriter, TantivyDocument, Term};

use super::error::CaseError;
use super::files::{INDEX, create_folder, make_private, remove_folder};
use super::manifest::{Manifest, Part};
use super::parts::{GROUP_ROWS, PartReader};
use super::progress::{Report, Stage, report};
use crate::domain::{Event, Text};

/// Memory in which a segment is built before it is written.
const WRITER_HEAP: usize = 64 << 20;

/// Longer words are no words: encoded blobs in parameters.
const LONGEST_WORD: usize = 256;

/// Takes the values of a field, one after the other.
type Take<'a> = &'a mut dyn FnMut(&str);

/// A field that can be named in a search. All of them are searched when none is named.
pub(super) struct FieldRow {
    pub(super) name: &'static str,
    /// Compared as a whole, in lower case; otherwise split into words at punctuation.
    pub(super) exact: bool,
    values: fn(&Event, Take<'_>),
}

pub(super) const FIELDS: &[FieldRow] = &[
    FieldRow { name: "kind", exact: true, values: |event, take| take(event.kind.into()) },
    FieldRow {
        name: "source",
        exact: true,
        values: |event, take| {
            take(event.source.raw());
            each([&event.recorder], take);
        },
    },
    FieldRow {
        name: "decision",
        exact: true,
        values: |event, take| event.decision.into_iter().for_each(|decision| take(decision.into())),
    },
    FieldRow {
        name: "outcome",
        exact: true,
        values: |event, take| event.outcome.into_iter().for_each(|outcome| take(outcome.into())),
    },
    FieldRow {
        name: "trace",
        exact: true,
        values: |event, take| {
            each([&event.trace_id, &event.span_id, &event.parent_span_id, &event.call_id], take);
        },
    },
    FieldRow { name: "session", exact: false, values: |event, take| each([&event.session], take) },
    FieldRow {
        name: "instance",
        exact: false,
        values: |event, take| each([&event.instance], take),
    },
    FieldRow {
        name: "agent",
        exact: false,
        values: |event, take| {
            if let Some(key) = &event.agent {
                let inner = key.inner.as_ref().map(Text::raw).unwrap_or_default();
                take(&[key.realm.raw(), key.space.raw(), key.name.raw(), inner].join("/"));
            }
        },
    },
    FieldRow {
        name: "principal",
        exact: false,
        values: |event, take| {
            let Event { principal, on_behalf_of, credential_id, passport_id, .. } = event;
            each([principal, on_behalf_of, credential_id, passport_id], take);
        },
    },
    FieldRow { name: "action", exact: false, values: |event, take| each([&event.action], take) },
    FieldRow {
        name: "target",
        exact: false,
        values: |event, take| each([&event.target, &event.target_kind], take),
    },
    FieldRow { name: "model", exact: false, values: |event, take| each([&event.model], take) },
    FieldRow {
        name: "text",
        exact: false,
        values: |event, take| {
            let Event { tenant, environment, account, requested, .. } = event;
            each([tenant, environment, account, requested], take);
            each([&event.justification, &event.error, &event.params], take);
        },
    },
];

fn each<const N: usize>(values: [&Option<Text>; N], take: Take<'_>) {
    values.into_iter().flatten().for_each(|value| take(value.raw()));
}

/// Where an event stands: the number of its part and its row there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct RowLocation {
    pub(super) part: u32,
    pub(super) row: u32,
}

impl RowLocation {
    pub(super) fn packed(self) -> u64 {
        u64::from(self.part) << 32 | u64::from(self.row)
    }

    pub(super) fn unpacked(packed: u64) -> Self {
        Self { part: (packed >> 32) as u32, row: packed as u32 }
    }
}

/// The fields of the schema.
#[derive(Clone)]
pub(super) struct Fields {
    pub(super) id: Field,
    pub(super) time: Field,
    pub(super) location: Field,
    /// In the order of [`FIELDS`].
    pub(super) named: Vec<Field>,
}

impl Fields {
    pub(super) const TIME: &str = "time";
    pub(super) const LOCATION: &str = "location";

    fn schema() -> (Schema, Self) {
        let mut schema = Schema::builder();
        let fields = Self {
            id: schema.add_bytes_field("id", BytesOptions::default().set_indexed()),
            time: schema.add_i64_field(Self::TIME, FAST),
            location: schema.add_u64_field(Self::LOCATION, FAST),
            named: FIELDS.iter().map(|row| schema.add_text_field(row.name, options(row))).collect(),
        };
        (schema.build(), fields)
    }

    /// What is indexed of one event.
    pub(super) fn document(&self, event: &Event, location: RowLocation) -> TantivyDocument {
        let mut document = TantivyDocument::new();
        document.add_bytes(self.id, event.id.as_bytes());
        document.add_i64(self.time, super::columns::nanoseconds(event.time).unwrap_or_default());
        document.add_u64(self.location, location.packed());
        for (row, &field) in FIELDS.iter().zip(&self.named) {
            (row.values)(event, &mut |value| document.add_text(field, value));
        }
        document
    }

    /// The events in parts that a manifest does not list, because they came after it.
    pub(super) fn beyond(&self, manifest: &Manifest) -> RangeQuery {
        let first = RowLocation { part: manifest.next_part, row: 0 };
        let first = Term::from_field_u64(self.location, first.packed());
        RangeQuery::new(Bound::Included(first), Bound::Unbounded)
    }
}

fn options(row: &FieldRow) -> TextOptions {
    let (tokenizer, recorded) = match row.exact {
        true => ("exact", IndexRecordOption::Basic),
        false => ("words", IndexRecordOption::WithFreqsAndPositions),
    };
    // Hits are in the order of time, never of relevance: no norms.
    let indexing = TextFieldIndexing::default().set_tokenizer(tokenizer).set_fieldnorms(false);
    TextOptions::default().set_indexing_options(indexing.set_index_option(recorded))
}

fn register_tokenizers(index: &Index) {
    let words = TextAnalyzer::builder(SimpleTokenizer::default())
        .filter(RemoveLongFilter::limit(LONGEST_WORD))
        .filter(LowerCaser)
        .build();
    let exact = TextAnalyzer::builder(RawTokenizer::default()).filter(LowerCaser).build();
    index.tokenizers().register("words", words);
    index.tokenizers().register("exact", exact);
}

/// Opens the index; [`CaseError::IndexBehind`] when there is none of this schema.
pub(super) fn open(root: &Path) -> Result<(Index, Fields), CaseError> {
    let path = root.join(INDEX);
    let (schema, fields) = Fields::schema();
    match Index::open_in_dir(&path) {
        Ok(index) if index.schema() == schema => {
            register_tokenizers(&index);
            Ok((index, fields))
        }
        Ok(_) | Err(_) => Err(CaseError::IndexBehind { path }),
    }
}

/// The generation of the last commit.
pub(super) fn generation(index: &Index, path: &Path) -> Result<u64, CaseError> {
    let metas = index.load_metas().map_err(|error| CaseError::index(path, error))?;
    Ok(metas.payload.and_then(|payload| payload.parse().ok()).unwrap_or_default())
}

/// Writes the index. Dropping it without a commit leaves the index as it was.
pub(super) struct Indexer {
    path: PathBuf,
    fields: Fields,
    writer: IndexWriter,
}

impl Indexer {
    /// Opens the index for writing and makes it hold exactly what the manifest lists.
    pub(super) fn open(
        root: &Path,
        manifest: &Manifest,
        to: Report<'_>,
    ) -> Result<Self, CaseError> {
        let (mut indexer, committed) = Self::as_it_is(root)?;
        if committed < manifest.generation {
            let missing = manifest.parts.iter().filter(|part| part.generation > committed);
            indexer.fill(root, missing, to)?;
            indexer.commit(manifest.generation)?;
        } else if committed > manifest.generation {
            let beyond = Box::new(indexer.fields.beyond(manifest));
            indexer.writer.delete_query(beyond).map_err(|error| indexer.failed(error))?;
            indexer.commit(manifest.generation)?;
        }
        match indexer.documents()? == manifest.events() {
            true => Ok(indexer),
            false => indexer.refilled(root, manifest, to),
        }
    }

    /// Builds the index anew from the parts. Readers see the old one until the commit.
    pub(super) fn rebuild(
        root: &Path,
        manifest: &Manifest,
        to: Report<'_>,
    ) -> Result<Self, CaseError> {
        Self::as_it_is(root)?.0.refilled(root, manifest, to)
    }

    /// Opens the index for writing, an empty one if there is none, with its committed generation.
    fn as_it_is(root: &Path) -> Result<(Self, u64), CaseError> {
        let path = root.join(INDEX);
        let (index, fields) = match open(root) {
            Err(CaseError::IndexBehind { .. }) => create(&path)?,
            opened => opened?,
        };
        let committed = generation(&index, &path)?;
        let writer = writer(&index, &path)?;
        Ok((Self { path, fields, writer }, committed))
    }

    fn refilled(
        mut self,
        root: &Path,
        manifest: &Manifest,
        to: Report<'_>,
    ) -> Result<Self, CaseError> {
        self.writer.delete_all_documents().map_err(|error| self.failed(error))?;
        self.fill(root, manifest.parts.iter(), to)?;
        self.commit(manifest.generation)?;
        Ok(self)
    }

    pub(super) fn add(&self, event: &Event, location: RowLocation) -> Result<(), CaseError> {
        let document = self.fields.document(event, location);
        self.writer.add_document(document).map_err(|error| self.failed(error))?;
        Ok(())
    }

    pub(super) fn commit(&mut self, generation: u64) -> Result<(), CaseError> {
        let payload = generation.to_string();
        let committed = self.writer.prepare_commit().and_then(|mut prepared| {
            prepared.set_payload(&payload);
            prepared.commit()
        });
        committed.map(drop).map_err(|error| CaseError::index(&self.path, error))
    }

    /// Lets merges of segments end. What they fail at, the next writer does again.
    pub(super) fn finish(self) -> Result<(), CaseError> {
        self.writer.wait_merging_threads().map_err(|error| CaseError::index(&self.path, error))?;
        make_private(&self.path)
    }

    fn fill<'a>(
        &self,
        root: &Path,
        parts: impl Iterator<Item = &'a Part> + Clone,
        to: Report<'_>,
    ) -> Result<(), CaseError> {
        let total = parts.clone().map(|part| u64::from(part.rows)).sum();
        let mut done = 0;
        for part in parts {
            let reader = PartReader::open(root, part)?;
            for start in (0..reader.rows).step_by(GROUP_ROWS) {
                report(to, Stage::Indexing, done, total)?;
                let events = reader.events(start, GROUP_ROWS.min(reader.rows - start))?;
                for (row, event) in (start as u32..).zip(&events) {
                    self.add(event, RowLocation { part: part.number, row })?;
                }
                done += events.len() as u64;
            }
        }
        report(to, Stage::Indexing, done, total)
    }

    fn documents(&self) -> Result<u64, CaseError> {
        let metas = self.writer.index().searchable_segment_metas();
        let metas = metas.map_err(|error| self.failed(error))?;
        Ok(metas.iter().map(|segment| u64::from(segment.num_docs())).sum())
    }

    fn failed(&self, error: tantivy::TantivyError) -> CaseError {
        CaseError::index(&self.path, error)
    }
}

fn writer(index: &Index, path: &Path) -> Result<IndexWriter, CaseError> {
    let options = IndexWriterOptions::builder()
        .num_worker_threads(1)
        .memory_budget_per_thread(WRITER_HEAP)
        .num_merge_threads(1)
        .build();
    index.writer_with_options(options).map_err(|error| CaseError::index(path, error))
}

/// An empty index in the place of whatever is there.
fn create(path: &Path) -> Result<(Index, Fields), CaseError> {
    remove_folder(path)?;
    create_folder(path)?;
    let (schema, fields) = Fields::schema();
    let directory = MmapDirectory::open(path).map_err(|error| CaseError::index(path, error))?;
    let index = Index::create(directory, schema, tantivy::IndexSettings::default())
        .map_err(|error| CaseError::index(path, error))?;
    register_tokenizers(&index);
    Ok((index, fields))
}

/// What the search engine alone makes of the same documents: `benches/load.rs` measures a load
/// against it.
#[doc(hidden)]
pub struct Yardstick {
    documents: Vec<TantivyDocument>,
}

impl Yardstick {
    pub fn new(events: &[Event]) -> Self {
        let (_, fields) = Fields::schema();
        let documents = (0..).zip(events);
        let documents = documents
            .map(|(row, event)| fields.document(event, RowLocation { part: 0, row }))
            .collect();
        Self { documents }
    }

    pub fn index(self, path: &Path) -> Result<(), CaseError> {
        let (index, fields) = create(path)?;
        let mut indexer = Indexer { path: path.to_owned(), fields, writer: writer(&index, path)? };
        for document in self.documents {
            indexer.writer.add_document(document).map_err(|error| indexer.failed(error))?;
        }
        indexer.commit(1)?;
        indexer.finish()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::ops::ControlFlow;

    use super::super::testing::{case, event, events, go_on, load};
    use super::super::{Case, SearchOptions};
    use super::*;

    /// Loads twice, spoils the index, and expects it to be whole after a load and after a rebuild.
    #[track_caller]
    fn check(spoil: impl Fn(&Path, &Manifest)) {
        let (_folder, mut case) = case();
        load(&mut case, events(0..30));
        let early = case.manifest().clone();
        load(&mut case, events(30..50));

        spoil(case.path(), &early);
        load(&mut case, events(50..60));
        assert_eq!(total(&case), Some(60));
        assert_eq!(case.event(&event(40).id).expect("searches"), Some(event(40)));

        spoil(case.path(), &early);
        let mut fresh = Case::open(case.path()).expect("opens");
        fresh.rebuild_index(&mut go_on).expect("rebuilds");
        assert_eq!(total(&fresh), Some(60));
        assert_eq!(fresh.event(&event(55).id).expect("searches"), Some(event(55)));
    }

    #[test]
    fn a_missing_index_is_filled() {
        check(|root, _| remove_folder(&root.join(INDEX)).expect("removes"));
    }

    #[test]
    fn an_unreadable_index_is_replaced() {
        check(|root, _| fs::write(root.join(INDEX).join("meta.json"), "?").expect("writes"));
    }

    #[test]
    fn an_index_of_another_case_is_replaced() {
        check(|root, _| {
            let (_folder, mut other) = case();
            load(&mut other, events(0..5));
            remove_folder(&root.join(INDEX)).expect("removes");
            fs::rename(other.path().join(INDEX), root.join(INDEX)).expect("moves");
        });
    }

    #[test]
    fn an_index_that_is_behind_is_rolled_forward() {
        check(|root, early| {
            remove_folder(&root.join(INDEX)).expect("removes");
            Indexer::rebuild(root, early, &mut go_on).expect("builds");
        });
    }

    #[test]
    fn a_reader_says_that_the_index_is_behind() {
        let (_folder, mut case) = case();
        load(&mut case, events(0..30));
        remove_folder(&case.path().join(INDEX)).expect("removes");
        let fresh = Case::open(case.path()).expect("opens");
        assert_eq!(total(&fresh), None);
        let error = fresh.event(&event(1).id).expect_err("has no index");
        assert!(error.hint().is_some_and(|hint| hint.contains("Rebuild")));
    }

    #[test]
    fn a_rebuild_that_is_cancelled_leaves_the_old_index() {
        let (_folder, mut case) = case();
        load(&mut case, events(0..30));
        let stopped = case.rebuild_index(&mut |_| ControlFlow::Break(()));
        assert!(matches!(stopped, Err(CaseError::Cancelled)));
        assert_eq!(total(&Case::open(case.path()).expect("opens")), Some(30));
    }

    /// The number of events that a search finds; `None` when the index is behind.
    fn total(case: &Case) -> Option<u64> {
        match case.search("get", SearchOptions::default()) {
            Err(CaseError::IndexBehind { .. }) => None,
            page => Some(page.expect("searches").total),
        }
    }
}
