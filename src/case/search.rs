//! Search: words and named fields over all events, in the order of time.
//!
//! ```text
//! secrets billing                 both words, anywhere
//! kind:k8s_api action:get         in named fields
//! agent:prod/agents/billing       identifiers are split at punctuation and found as a phrase
//! target:"crm export" OR delete   phrases, OR, NOT or -, parentheses
//! trace:4bf92f*                   prefixes
//! ```

use std::collections::BTreeMap;
use std::ops::Bound;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use tantivy::collector::{Count, TopDocs};
use tantivy::query::{
    AllQuery, BooleanQuery, Occur, Query, QueryParser, QueryParserError, RangeQuery,
};
use tantivy::query_grammar::{Delimiter, UserInputAst, UserInputLeaf, UserInputLiteral};
use tantivy::schema::IndexRecordOption;
use tantivy::{DocAddress, DocSet, Order, ReloadPolicy, TERMINATED, Term};

use super::error::CaseError;
use super::files::INDEX;
use super::index::{self, FIELDS, Fields, RowLocation};
use super::manifest::Manifest;
use super::parts::{GROUP_ROWS, PartReader};
use crate::domain::{Event, EventId, text};

/// Which page of the hits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SearchOptions {
    pub limit: usize,
    pub offset: usize,
    pub newest_first: bool,
    /// Both ends included.
    pub from: Option<Timestamp>,
    pub until: Option<Timestamp>,
}

impl Default for SearchOptions {
    fn default() -> Self {
        Self { limit: 100, offset: 0, newest_first: true, from: None, until: None }
    }
}

/// One page of hits.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SearchPage {
    /// Hits in all.
    pub total: u64,
    pub events: Vec<Event>,
}

/// The names of the fields that a search may name.
pub fn search_fields() -> impl Iterator<Item = &'static str> {
    FIELDS.iter().map(|row| row.name)
}

/// The index as one generation of the case sees it.
pub(super) struct Searcher {
    root: PathBuf,
    searcher: tantivy::Searcher,
    fields: Fields,
    /// The index holds events of later generations too.
    is_ahead: bool,
}

impl Searcher {
    pub(super) fn open(root: &Path, manifest: &Manifest) -> Result<Self, CaseError> {
        let path = root.join(INDEX);
        let (index, fields) = index::open(root)?;
        let searcher = index
            .reader_builder()
            .reload_policy(ReloadPolicy::Manual)
            .try_into()
            .map_err(|error| CaseError::index(&path, error))?
            .searcher();
        // Read after the searcher was opened: what it sees is this generation or an earlier one.
        let committed = index::generation(&index, &path)?;
        let (held, listed) = (searcher.num_docs(), manifest.events());
        if committed < manifest.generation || held < listed {
            return Err(CaseError::IndexBehind { path });
        }
        Ok(Self { root: root.to_owned(), searcher, fields, is_ahead: held > listed })
    }

    pub(super) fn search(
        &self,
        manifest: &Manifest,
        query: &str,
        options: SearchOptions,
    ) -> Result<SearchPage, CaseError> {
        let query = self.restricted(manifest, self.parse(query)?, options);
        // The collector allocates for as many hits as it may have to keep.
        let held = self.searcher.num_docs() as usize;
        let (limit, offset) = (options.limit.min(held), options.offset.min(held));
        if limit == 0 {
            let total = self.searcher.search(&query, &Count).map_err(|error| self.failed(error))?;
            return Ok(SearchPage { total: total as u64, events: Vec::new() });
        }
        let order = if options.newest_first { Order::Desc } else { Order::Asc };
        let page = TopDocs::with_limit(limit)
            .and_offset(offset)
            .order_by_fast_field::<i64>(Fields::TIME, order);
        let (total, hits) =
            self.searcher.search(&query, &(Count, page)).map_err(|error| self.failed(error))?;
        let addresses = hits.into_iter().map(|(_, address)| address);
        let locations =
            addresses.map(|address| self.location(address)).collect::<Result<Vec<_>, _>>()?;
        let events = fetch(&self.root, manifest, &locations)?;
        Ok(SearchPage { total: total as u64, events })
    }

    /// The events of these ids, in the order of the ids; unknown ids are left out.
    pub(super) fn by_ids(
        &self,
        manifest: &Manifest,
        ids: &[EventId],
    ) -> Result<Vec<Event>, CaseError> {
        let mut locations = Vec::with_capacity(ids.len());
        for id in ids {
            locations.extend(self.locate(id)?.filter(|found| found.part < manifest.next_part));
        }
        fetch(&self.root, manifest, &locations)
    }

    fn locate(&self, id: &EventId) -> Result<Option<RowLocation>, CaseError> {
        let term = Term::from_field_bytes(self.fields.id, id.as_bytes());
        for (segment, reader) in (0..).zip(self.searcher.segment_readers()) {
            let ids = reader.inverted_index(self.fields.id).map_err(|error| self.failed(error))?;
            let postings = ids.read_postings(&term, IndexRecordOption::Basic);
            let Some(mut postings) = postings.map_err(|error| self.failed(error.into()))? else {
                continue;
            };
            while postings.doc() != TERMINATED {
                if !reader.is_deleted(postings.doc()) {
                    return self.location(DocAddress::new(segment, postings.doc())).map(Some);
                }
                postings.advance();
            }
        }
        Ok(None)
    }

    fn location(&self, address: DocAddress) -> Result<RowLocation, CaseError> {
        let segment = self.searcher.segment_reader(address.segment_ord);
        let column =
            segment.fast_fields().u64(Fields::LOCATION).map_err(|error| self.failed(error))?;
        let packed = column.first(address.doc_id);
        packed.map(RowLocation::unpacked).ok_or_else(|| {
            CaseError::index(&self.root.join(INDEX), "an event without its location")
        })
    }

    /// The query within the generation and the times asked for.
    fn restricted(
        &self,
        manifest: &Manifest,
        query: Box<dyn Query>,
        options: SearchOptions,
    ) -> Box<dyn Query> {
        let mut clauses = vec![(Occur::Must, query)];
        if options.from.is_some() || options.until.is_some() {
            // A bound that no stored time can reach is no bound.
            let bound = |time: Option<Timestamp>| {
                let time = time.and_then(super::columns::nanoseconds);
                time.map_or(Bound::Unbounded, |time| {
                    Bound::Included(Term::from_field_i64(self.fields.time, time))
                })
            };
            match (bound(options.from), bound(options.until)) {
                (Bound::Unbounded, Bound::Unbounded) => {}
                (from, until) => {
                    clauses.push((Occur::Must, Box::new(RangeQuery::new(from, until))));
                }
            }
        }
        if self.is_ahead {
            clauses.push((Occur::MustNot, Box::new(self.fields.beyond(manifest))));
        }
        Box::new(BooleanQuery::new(clauses))
    }

    fn parse(&self, query: &str) -> Result<Box<dyn Query>, CaseError> {
        if query.trim().is_empty() {
            return Ok(Box::new(AllQuery));
        }
        let written = tantivy::query_grammar::parse_query(query)
            .map_err(|_| unreadable("unbalanced quotes, brackets or operators"))?;
        let mut parser = QueryParser::for_index(self.searcher.index(), self.fields.named.clone());
        parser.set_conjunction_by_default();
        parser.allow_regexes();
        let (query, errors) =
            parser.build_query_from_user_input_ast_lenient(with_prefixes(written));
        // "All but" is a fair question: the parser answers it although it complains.
        match errors.into_iter().find(|error| *error != QueryParserError::AllButQueryForbidden) {
            Some(error) => Err(unreadable(error)),
            None => Ok(query),
        }
    }

    fn failed(&self, error: tantivy::TantivyError) -> CaseError {
        CaseError::index(&self.root.join(INDEX), error)
    }
}

fn unreadable(what: impl std::fmt::Display) -> CaseError {
    CaseError::Search {
        what: text::visible(&what.to_string()).into_owned(),
        fields: search_fields().collect::<Vec<_>>().join(", "),
    }
}

/// Gives `word*` its meaning, which the parser leaves open.
fn with_prefixes(written: UserInputAst) -> UserInputAst {
    match written {
        UserInputAst::Clause(clauses) => UserInputAst::Clause(
            clauses.into_iter().map(|(occur, clause)| (occur, with_prefixes(clause))).collect(),
        ),
        UserInputAst::Boost(inner, factor) => {
            UserInputAst::Boost(Box::new(with_prefixes(*inner)), factor)
        }
        UserInputAst::Leaf(leaf) => match *leaf {
            UserInputLeaf::Literal(literal) if literal.delimiter == Delimiter::None => {
                match literal.phrase.strip_suffix('*') {
                    Some(stem) => starting_with(stem, literal.field_name.as_deref()),
                    None => UserInputLeaf::Literal(literal).into(),
                }
            }
            other => other.into(),
        },
    }
}

fn starting_with(stem: &str, field: Option<&str>) -> UserInputAst {
    let rows = FIELDS.iter().filter(|row| field.is_none_or(|name| name == row.name));
    let clauses: Vec<_> = rows
        .map(|row| {
            let name = row.name.to_owned();
            let words: Vec<&str> = stem
                .split(|c: char| !c.is_alphanumeric())
                .filter(|word| !word.is_empty())
                .collect();
            let leaf = match words.as_slice() {
                _ if row.exact => regex_of_prefix(name, stem),
                [word] if stem.ends_with(word) => regex_of_prefix(name, word),
                _ => UserInputLeaf::Literal(UserInputLiteral {
                    field_name: Some(name),
                    phrase: stem.to_owned(),
                    delimiter: Delimiter::DoubleQuotes,
                    slop: 0,
                    prefix: words.len() > 1 && stem.ends_with(char::is_alphanumeric),
                }),
            };
            (Some(Occur::Should), leaf.into())
        })
        .collect();
    match (clauses.is_empty(), field) {
        // An unknown field: the parser says so.
        (true, Some(field)) => UserInputLeaf::Literal(UserInputLiteral {
            field_name: Some(field.to_owned()),
            phrase: stem.to_owned(),
            delimiter: Delimiter::None,
            slop: 0,
            prefix: false,
        })
        .into(),
        _ => UserInputAst::Clause(clauses),
    }
}

fn regex_of_prefix(field: String, prefix: &str) -> UserInputLeaf {
    let mut pattern = String::with_capacity(prefix.len() + 2);
    for character in prefix.chars().flat_map(char::to_lowercase) {
        if character.is_ascii_punctuation() {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern.push_str(".*");
    UserInputLeaf::Regex { field: Some(field), pattern }
}

/// Reads the events at these locations from their parts, in the order of the locations.
fn fetch(
    root: &Path,
    manifest: &Manifest,
    locations: &[RowLocation],
) -> Result<Vec<Event>, CaseError> {
    let mut wanted: BTreeMap<(u32, u32), Vec<(RowLocation, usize)>> = BTreeMap::new();
    for (slot, &location) in locations.iter().enumerate() {
        let group = location.row / GROUP_ROWS as u32;
        wanted.entry((location.part, group)).or_default().push((location, slot));
    }
    let mut found: Vec<(usize, Event)> = Vec::with_capacity(locations.len());
    let mut reader: Option<(u32, PartReader)> = None;
    for ((number, _), mut rows) in wanted {
        let reader = match &reader {
            Some((open, reader)) if *open == number => reader,
            _ => {
                let part = manifest.parts.iter().find(|part| part.number == number);
                let part = part.ok_or_else(|| {
                    CaseError::index(&root.join(INDEX), "an event in a part that is not there")
                })?;
                &reader.insert((number, PartReader::open(root, part)?)).1
            }
        };
        rows.sort_unstable();
        let (Some((first, _)), Some((last, _))) = (rows.first(), rows.last()) else { continue };
        let start = first.row as usize;
        let events = reader.events(start, last.row as usize - start + 1)?;
        for (location, slot) in rows {
            let event = events.get(location.row as usize - start).ok_or_else(|| {
                CaseError::index(&root.join(INDEX), "an event in a row that is not there")
            })?;
            found.push((slot, event.clone()));
        }
    }
    found.sort_unstable_by_key(|(slot, _)| *slot);
    Ok(found.into_iter().map(|(_, event)| event).collect())
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::super::testing::{case, event, events, full_event, load};
    use super::super::{Case, SearchOptions};
    use super::*;
    use crate::domain::{Decision, EventKind};

    /// A case of known events: numbers 0 to 9 as in [`event`], and a few with a story.
    fn story() -> (tempfile::TempDir, Case) {
        let (folder, mut case) = case();
        let denied = Event { decision: Some(Decision::Deny), ..event(100) };
        let tool = Event {
            kind: EventKind::ToolCall,
            action: Some("github_create_issue".into()),
            target: Some("https://mcp.example:8443/sse".into()),
            trace_id: Some("4BF92F3577B34DA6".into()),
            model: Some("gpt-4.1".into()),
            params: Some(r#"{"title":"Ünlaut leak","body":"rm -rf"}"#.into()),
            principal: Some("system:serviceaccount:agents:billing".into()),
            ..event(101)
        };
        load(&mut case, events(0..10).into_iter().chain([denied, tool]).collect());
        (folder, case)
    }

    #[track_caller]
    fn check(case: &Case, query: &str, total: u64) {
        let page = case.search(query, SearchOptions::default()).expect("is a search");
        assert_eq!(page.total, total, "{query}");
        assert_eq!(page.events.len() as u64, total, "{query}");
    }

    #[test]
    fn words_fields_phrases_and_prefixes() {
        let (_folder, case) = story();
        for (query, total) in [
            ("", 12),
            ("  ", 12),
            ("*", 12),
            ("secrets", 12),
            ("SECRETS get", 11),
            ("get issue", 0),
            ("get OR issue", 12),
            ("secrets -deny", 11),
            ("NOT deny", 11),
            ("kind:tool_call", 1),
            ("tool_call", 1),
            ("kind:tool", 0),
            ("action:get decision:deny", 1),
            ("agent:prod/agents/billing-3", 2),
            ("agent:billing", 12),
            ("issue", 1),
            ("create_issue", 1),
            ("issue_create", 0),
            (r#"action:"create issue""#, 1),
            ("mcp.example", 1),
            (r#""https://mcp.example:8443""#, 1),
            ("trace:4bf92f3577b34da6", 1),
            ("trace:4bf9*", 1),
            ("4bf9*", 1),
            ("trace:bf9*", 0),
            ("target:sec*", 12),
            ("git*", 1),
            ("github_cre*", 1),
            ("model:gpt-4.1", 1),
            ("ünlaut", 1),
            ("leak", 1),
            (r#""rm -rf""#, 1),
            (r#"principal:"system:serviceaccount:agents:billing""#, 1),
            ("(deny OR leak) secrets", 2),
            ("source:k8s-audit", 12),
            ("kind: IN [tool_call prompt]", 1),
        ] {
            check(&case, query, total);
        }
    }

    #[test]
    fn what_is_no_search_says_why_and_names_the_fields() {
        let (_folder, case) = story();
        for query in ["(deny", "nofield:x", "nofield:x*", "time:1", "system:serviceaccount:a"] {
            let error = case.search(query, SearchOptions::default()).expect_err(query);
            assert!(matches!(error, CaseError::Search { .. }), "{query}: {error}");
            assert!(error.hint().is_some_and(|hint| hint.contains("principal")), "{query}");
        }
    }

    #[test]
    fn pages_are_in_the_order_of_time() {
        let (_folder, mut case) = case();
        load(&mut case, events(0..50));
        load(&mut case, events(50..80));
        let newest = SearchOptions { limit: 5, offset: 27, ..SearchOptions::default() };
        let oldest = SearchOptions { newest_first: false, ..newest };
        let found = |options| case.search("secrets", options).expect("searches");
        assert_eq!(found(newest).events, (48..53).rev().map(event).collect::<Vec<_>>());
        assert_eq!(found(oldest).events, events(27..32));
        assert_eq!(found(newest).total, 80);
        assert_eq!(found(SearchOptions { limit: 0, ..newest }).total, 80);
        assert_eq!(found(SearchOptions { offset: usize::MAX, ..newest }).events, []);
        assert_eq!(found(SearchOptions { limit: usize::MAX, ..oldest }).events, events(27..80));
    }

    #[test]
    fn a_window_includes_both_ends() {
        let (_folder, mut case) = case();
        load(&mut case, events(0..50));
        let second = |n| Some(Timestamp::UNIX_EPOCH + SignedDuration::from_secs(n));
        for (from, until, total) in [
            (second(10), second(12), 3),
            (second(10), None, 40),
            (None, second(0), 1),
            (Some(Timestamp::MIN), Some(Timestamp::MAX), 50),
            (second(12), second(10), 0),
        ] {
            let options = SearchOptions { from, until, ..SearchOptions::default() };
            assert_eq!(case.search("get", options).expect("searches").total, total);
        }
    }

    #[test]
    fn events_are_found_by_id_in_the_order_asked_for() {
        let (_folder, mut case) = case();
        load(&mut case, events(0..20));
        load(&mut case, events(20..40));
        let ids = [35, 3, 999, 3, 20].map(|number| event(number).id);
        let found = case.events_by_ids(&ids).expect("searches");
        assert_eq!(found, [35, 3, 3, 20].map(event));
    }

    #[test]
    fn hostile_text_is_found_and_comes_back_byte_for_byte() {
        let (_folder, mut case) = case();
        let hostile = full_event("\u{1b}[31m\u{202e}\0 \"quote\u{200b} \u{e0041}\n");
        load(&mut case, vec![hostile.clone()]);
        let page = case.search("quote kind:tool_call", SearchOptions::default());
        assert_eq!(page.expect("searches").events, [hostile]);
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(16))]
        #[test]
        fn no_search_panics(queries in proptest::collection::vec("[a-z:*\"'()\\[\\]{}^~ /+-]{0,24}|.*", 64)) {
            let (_folder, case) = story();
            for query in queries {
                let _ = case.search(&query, SearchOptions::default());
            }
        }
    }
}
