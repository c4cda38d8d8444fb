//! From documents to formats: routes every document, unfolds lists, accounts for what is set aside.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use serde::Deserialize;

use super::container::{Ended, Piece, Stopped};
use super::detect::{TopKeys, TopLevel};
use super::envelope::{self, Content, Opened};
use super::list::{self, Item, Listing};
use super::recognise::{Recognised, Recogniser};
use super::tally::Tally;
use super::{Document, ReadCounts, Side, Sink, Source, configured, formats, location, unknown};
use crate::domain::configured::Object;
use crate::domain::text::visible;
use crate::domain::{Location, Place, ProblemKind, Snapshot, Text};

/// Lists and envelopes inside one another are followed this deep. A recorded exchange around a shipped
/// log around a batch of a log service around a trail is four.
const NESTING: u32 = 6;

pub struct Intake<'a> {
    source: &'a Source,
    path: Rc<str>,
    tally: Tally<'a>,
    recogniser: Recogniser,
    documents: u64,
    with_problems: u64,
    set_aside: u64,
    formats: BTreeMap<&'static str, u64>,
    /// Kinds of which a page was seen that is not the last: the last page does not say that it is
    /// one of several.
    paged: BTreeSet<String>,
    /// What is read now is a part of a document that is too long to be held.
    is_slice: bool,
}

impl<'a> Intake<'a> {
    /// `path` is the plain path of the source.
    pub fn new(source: &'a Source, path: String, sink: &'a mut dyn Sink) -> Self {
        Self {
            source,
            path: path.into(),
            tally: Tally::new(source, sink),
            recogniser: Recogniser::default(),
            documents: 0,
            with_problems: 0,
            set_aside: 0,
            formats: BTreeMap::new(),
            paged: BTreeSet::new(),
            is_slice: false,
        }
    }

    pub fn piece(&mut self, piece: Piece<'_>) {
        match piece {
            Piece::Document { at, json, top, is_slice } => {
                self.is_slice = is_slice;
                self.document(at, json, top, 0);
            }
            Piece::SetAside { kind, at, message } => self.set_aside(kind, at, message),
        }
    }

    pub fn finish(mut self, ended: Ended) -> ReadCounts {
        let (kind, message) = match &ended.stopped {
            None | Some(Stopped::Cancelled) => (None, String::new()),
            Some(stopped @ Stopped::TooLarge(_)) => (Some(ProblemKind::Limit), stopped.to_string()),
            Some(Stopped::Unreadable(error)) => (Some(ProblemKind::Unreadable), error.to_string()),
        };
        if let Some(kind) = kind {
            let message = format!("reading stopped before the end: {}", visible(&message));
            let problem = self.tally.new_problem(kind, Location::Whole, message);
            self.tally.problem(problem);
        }
        self.tally.finish(ended.stopped.is_some());
        ReadCounts {
            bytes: ended.bytes,
            documents: self.documents,
            formats: self.formats,
            records: self.tally.records,
            events: self.tally.events,
            with_problems: self.with_problems,
            set_aside: self.set_aside,
            problems: self.tally.problems,
        }
    }

    fn document(&mut self, at: Location, json: &str, top: TopLevel<'_>, nesting: u32) {
        match top {
            TopLevel::Object(keys) if keys.items_kind().is_some() && nesting < NESTING => {
                match list::unfold(json, &keys) {
                    Some((listing, items)) => self.list(&at, &keys, &listing, &items, nesting),
                    None => self.route(at, json, keys, nesting),
                }
            }
            TopLevel::Object(keys) => self.route(at, json, keys, nesting),
            TopLevel::Array if self.is_format(json) => {
                self.route(at, json, TopKeys::default(), nesting);
            }
            TopLevel::Array if nesting < NESTING => {
                self.items(at, list::unfold_array(json), nesting);
            }
            TopLevel::Scalar if nesting < NESTING => {
                self.items(at, envelope::tokens(json), nesting);
            }
            TopLevel::Array | TopLevel::Scalar => self.no_record(at),
        }
    }

    fn items(&mut self, at: Location, items: Option<Vec<Item<'_>>>, nesting: u32) {
        match items {
            Some(items) => items.iter().for_each(|item| self.item(&at, item, nesting)),
            None => self.no_record(at),
        }
    }

    fn item(&mut self, outer: &Location, item: &Item<'_>, nesting: u32) {
        // An item is a part of a well-formed document.
        if let Ok(top) = serde_json::from_str(&item.json) {
            self.document(location::beneath(outer, &item.pointer), &item.json, top, nesting + 1);
        }
    }

    /// A document that holds no records at all: a number, a list of words.
    fn no_record(&mut self, at: Location) {
        self.documents += 1;
        self.set_aside += 1;
        self.tally.unknown(at);
    }

    /// Whether an array is one document of some format rather than a list of documents.
    fn is_format(&self, json: &str) -> bool {
        // Formats that an analyst chose read documents, not lists of them.
        let shape = TopKeys::default().into_shape(&self.path, json);
        self.source.read_as.is_none() && formats().any(|format| (format.recognises)(&shape))
    }

    fn route(&mut self, at: Location, json: &str, keys: TopKeys<'_>, nesting: u32) {
        let path = Rc::clone(&self.path);
        let shape = keys.into_shape(&path, json);
        let Recognised { format: detected, reason } = self.recogniser.recognise(&shape);
        if detected.is_none() && reason.is_none() && nesting < NESTING {
            if envelope::is_bulk_action(&shape) {
                return;
            }
            if let Some(opened) = envelope::open(&shape) {
                return self.contents(&at, opened, nesting);
            }
        }
        self.documents += 1;
        let document = Document { source: self.source, at, json };
        let (kept, problems) = (self.tally.kept(), self.tally.problems);
        match (self.source.read_as.or(detected), reason, &shape.kind, &shape.api_version) {
            (Some(format), ..) => {
                *self.formats.entry(format.id).or_default() += 1;
                (format.read)(&document, &mut self.tally);
            }
            (None, Some(reason), ..) => self.tally.unread_document(reason.to_owned(), document.at),
            (None, None, Some(kind), Some(_)) => {
                self.tally.unread_kind(&visible(kind), document.at);
            }
            _ => {
                unknown::keep(&document, &mut self.tally);
                self.tally.unknown(document.at);
            }
        }
        match (self.tally.kept() > kept, self.tally.problems > problems) {
            (_, false) => {}
            (true, true) => self.with_problems += 1,
            (false, true) => self.set_aside += 1,
        }
    }

    /// What an envelope holds. One that holds nothing at all is said so: its file would else seem to
    /// have been read.
    fn contents(&mut self, at: &Location, opened: Opened<'_>, nesting: u32) {
        if opened.contents.is_empty() {
            let message = format!("{} without a record in it", opened.title);
            self.set_aside(ProblemKind::Incomplete, at.clone(), message);
        }
        for content in opened.contents {
            match content {
                Content::Document(item) => self.item(at, &item, nesting),
                Content::Other { pointer, kind, message } => {
                    self.set_aside(kind, location::beneath(at, &pointer), message);
                }
            }
        }
    }

    /// A document of which nothing is kept.
    fn set_aside(&mut self, kind: ProblemKind, at: Location, message: String) {
        self.documents += 1;
        self.set_aside += 1;
        let problem = self.tally.new_problem(kind, at, message);
        self.tally.problem(problem);
    }

    fn list(
        &mut self,
        at: &Location,
        keys: &TopKeys<'_>,
        listing: &Listing,
        items: &[Item<'_>],
        nesting: u32,
    ) {
        let before = self.tally.lost();
        // Namespaces by kind, of the items that the configured side reads.
        let mut held: BTreeMap<String, BTreeSet<Text>> = BTreeMap::new();
        let typed = keys.items_kind().filter(|kind| !kind.is_empty());
        if let Some(kind) = typed.and_then(|kind| configured_kind(kind, keys)) {
            held.entry(kind).or_default();
        }
        if items.is_empty() {
            // An empty list is an answer too.
            self.documents += 1;
        }
        let is_watched = !held.is_empty() || keys.items_kind() == Some("");
        for item in items {
            if is_watched && let Some((kind, namespace)) = configured_item(&item.json) {
                held.entry(kind).or_default().insert(namespace);
            }
            self.item(at, item, nesting);
        }
        let is_whole = listing.from_api && !listing.continues && self.tally.lost() == before;
        for (kind, namespaces) in held {
            if listing.continues || self.is_slice {
                self.paged.insert(kind.clone());
            }
            let namespaced = !CLUSTER_SCOPED.contains(&kind.as_str());
            // An empty list of a namespaced kind does not say for which namespace it was asked.
            let is_placed = !namespaced || !namespaces.is_empty();
            let complete = is_whole && is_placed && !self.paged.contains(&kind);
            let mut namespaces = namespaces.into_iter();
            let namespace = match (namespaces.next(), namespaces.next()) {
                (Some(only), None) if namespaced && !only.is_empty() => Some(only),
                _ => None,
            };
            self.tally.snapshot(Snapshot {
                realm: Text::default(),
                object_kind: kind.into(),
                namespace,
                at: None,
                complete,
                place: Place {
                    evidence: self.source.evidence,
                    file: self.source.file.clone(),
                    at: at.clone(),
                },
            });
        }
    }
}

/// Configured kinds that are in no namespace.
const CLUSTER_SCOPED: &[&str] = &[
    "Namespace",
    "Node",
    "ClusterRole",
    "ClusterRoleBinding",
    "ClusterNetworkPolicy",
    "AdminNetworkPolicy",
    "BaselineAdminNetworkPolicy",
    "CiliumClusterwideNetworkPolicy",
];

/// The kind of items of this list as identities name it, when the configured side reads them.
fn configured_kind(kind: &str, list: &TopKeys<'_>) -> Option<String> {
    let item = TopKeys {
        kind: Some(kind.into()),
        api_version: list.api_version.clone(),
        keys: vec!["kind".into(), "apiVersion".into(), "metadata".into()],
    };
    let shape = item.into_shape("", "");
    let format = formats().find(|format| (format.recognises)(&shape))?;
    match (format.side, format.id == configured::kubernetes::ANY_OBJECT.id) {
        (Side::Operational, _) => None,
        (Side::Configured, false) => Some(kind.to_owned()),
        (Side::Configured, true) => {
            Some(Object::qualified_kind(kind, list.api_version.as_deref().unwrap_or_default()))
        }
    }
}

/// Kind and namespace of an item that a format of the configured side reads.
fn configured_item(json: &str) -> Option<(String, Text)> {
    #[derive(Deserialize)]
    struct Item {
        metadata: Metadata,
    }
    #[derive(Deserialize)]
    struct Metadata {
        #[serde(default)]
        namespace: Option<Text>,
    }
    let Ok(TopLevel::Object(keys)) = serde_json::from_str(json) else { return None };
    let kind = configured_kind(keys.kind.as_deref()?, &keys)?;
    let item: Item = serde_json::from_str(json).ok()?;
    Some((kind, item.metadata.namespace.unwrap_or_default()))
}

/// A path with forward slashes, without the ending of a compressed file.
pub fn plain_path(path: &str) -> String {
    let path = path.replace('\\', "/");
    let plain = [".gz", ".zst"].iter().find_map(|ending| path.strip_suffix(ending));
    plain.unwrap_or(&path).to_owned()
}
