//! From documents to formats: routes every document, unfolds lists, accounts for what is set aside.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::container::{Ended, Piece, Stopped};
use super::detect::{TopKeys, TopLevel};
use super::list::{self, Item, Listing};
use super::tally::Tally;
use super::{Document, ReadCounts, Side, Sink, Source, formats, location};
use crate::domain::text::visible;
use crate::domain::{Location, Place, ProblemKind, Snapshot, Text};

/// Lists inside lists are followed this deep; nothing real goes deeper than two.
const LISTS_IN_LISTS: u32 = 4;

pub struct Intake<'a> {
    source: &'a Source,
    path: String,
    tally: Tally<'a>,
    documents: u64,
    formats: BTreeMap<&'static str, u64>,
    /// Kinds of which a page was seen that is not the last: the last page does not say that it is
    /// one of several.
    paged: BTreeSet<String>,
}

impl<'a> Intake<'a> {
    pub fn new(source: &'a Source, sink: &'a mut dyn Sink) -> Self {
        Self {
            source,
            path: plain_path(source.file.raw()),
            tally: Tally::new(source, sink),
            documents: 0,
            formats: BTreeMap::new(),
            paged: BTreeSet::new(),
        }
    }

    pub fn piece(&mut self, piece: Piece<'_>) {
        match piece {
            Piece::Document { at, json, top } => self.document(at, json, top, 0),
            Piece::SetAside { kind, at, message } => {
                self.documents += 1;
                let problem = self.tally.new_problem(kind, at, message);
                self.tally.problem(problem);
            }
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
            set_aside: self.tally.problems,
        }
    }

    fn document(&mut self, at: Location, json: &str, top: TopLevel<'_>, lists: u32) {
        match top {
            TopLevel::Object(keys) if keys.items_kind().is_some() && lists < LISTS_IN_LISTS => {
                match list::unfold(json, &keys) {
                    Some((listing, items)) => self.list(&at, &keys, &listing, &items, lists),
                    None => self.route(at, json, keys),
                }
            }
            TopLevel::Object(keys) => self.route(at, json, keys),
            TopLevel::Array if self.is_format(json) => self.route(at, json, TopKeys::default()),
            TopLevel::Array if lists < LISTS_IN_LISTS => match list::unfold_array(json) {
                Some(items) => items.iter().for_each(|item| self.item(&at, item, lists)),
                None => self.unknown(at),
            },
            TopLevel::Array | TopLevel::Scalar => self.unknown(at),
        }
    }

    fn item(&mut self, list: &Location, item: &Item<'_>, lists: u32) {
        // An item is a part of a well-formed document.
        if let Ok(top) = serde_json::from_str(&item.json) {
            self.document(location::beneath(list, &item.pointer), &item.json, top, lists + 1);
        }
    }

    fn unknown(&mut self, at: Location) {
        self.documents += 1;
        self.tally.unknown(at);
    }

    /// Whether an array is one document of some format rather than a list of documents.
    fn is_format(&self, json: &str) -> bool {
        let shape = TopKeys::default().into_shape(&self.path, json);
        formats().any(|format| (format.recognises)(&shape))
    }

    fn route(&mut self, at: Location, json: &str, keys: TopKeys<'_>) {
        self.documents += 1;
        let shape = keys.into_shape(&self.path, json);
        match formats().find(|format| (format.recognises)(&shape)) {
            Some(format) => {
                *self.formats.entry(format.id).or_default() += 1;
                (format.read)(&Document { source: self.source, at, json }, &mut self.tally);
            }
            None => match (&shape.kind, &shape.api_version) {
                (Some(kind), Some(_)) => self.tally.unread_kind(visible(kind).into_owned(), at),
                _ => self.tally.unknown(at),
            },
        }
    }

    fn list(
        &mut self,
        at: &Location,
        keys: &TopKeys<'_>,
        listing: &Listing,
        items: &[Item<'_>],
        lists: u32,
    ) {
        let before = self.tally.lost();
        // Namespaces by kind, of the items that the configured side reads.
        let mut held: BTreeMap<String, BTreeSet<Text>> = BTreeMap::new();
        if let Some(kind) = keys.items_kind().filter(|kind| is_configured(kind, keys)) {
            held.entry(kind.to_owned()).or_default();
        }
        let is_watched = !held.is_empty() || keys.items_kind() == Some("");
        for item in items {
            if is_watched && let Some((kind, namespace)) = configured_item(&item.json) {
                held.entry(kind).or_default().insert(namespace);
            }
            self.item(at, item, lists);
        }
        let is_whole = listing.from_api && !listing.continues && self.tally.lost() == before;
        for (kind, namespaces) in held {
            if listing.continues {
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
const CLUSTER_SCOPED: [&str; 3] = ["Namespace", "ClusterRole", "ClusterRoleBinding"];

/// Whether a format of the configured side reads items of this kind from this list.
fn is_configured(kind: &str, list: &TopKeys<'_>) -> bool {
    let item = TopKeys {
        kind: Some(kind.into()),
        api_version: list.api_version.clone(),
        keys: vec!["kind".into(), "apiVersion".into(), "metadata".into()],
    };
    let shape = item.into_shape("", "");
    formats().any(|format| format.side == Side::Configured && (format.recognises)(&shape))
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
    let kind = keys.kind.as_deref()?.to_owned();
    if !is_configured(&kind, &keys) {
        return None;
    }
    let item: Item = serde_json::from_str(json).ok()?;
    Some((kind, item.metadata.namespace.unwrap_or_default()))
}

/// A path with forward slashes, without the ending of a compressed file.
fn plain_path(path: &str) -> String {
    let path = path.replace('\\', "/");
    let plain = [".gz", ".zst"].iter().find_map(|ending| path.strip_suffix(ending));
    plain.unwrap_or(&path).to_owned()
}
