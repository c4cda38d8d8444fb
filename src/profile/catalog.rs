//! MCP catalogs over time: which tools a server advertised, and what changed between two listings.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::{AgentKey, Event, EventId, Text};

/// Listings in the making per server before like neighbours are merged.
const OPEN_LISTINGS: usize = 4096;

/// Event ids kept as evidence per version.
const SAMPLES: usize = 8;

/// One state of a server's catalog, as one client saw it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CatalogVersion {
    pub server: Text,
    /// The client, when the record names one: a catalog may vary by authorisation.
    pub agent: Option<AgentKey>,
    /// When it was first listed. Meaningless when `undated`.
    pub at: Timestamp,
    /// The session or release under which it was listed.
    pub label: Text,
    /// No time was recorded; the labels give the order.
    pub undated: bool,
    /// Listings in a row that showed exactly this.
    pub listings: u64,
    /// Tools by name.
    pub tools: BTreeMap<Text, ToolDigests>,
    pub events: Vec<EventId>,
}

/// What identifies a tool's definition. Empty when the record does not say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolDigests {
    pub digest: Text,
    /// Of the schemas alone: a renamed tool keeps it.
    pub schema: Text,
}

/// One difference between two states of a catalog.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "kebab-case")]
pub enum CatalogChange {
    Added {
        tool: Text,
    },
    Removed {
        tool: Text,
    },
    Renamed {
        from: Text,
        to: Text,
    },
    /// The same name with another definition: the one to catch.
    Redefined {
        tool: Text,
        schema: bool,
    },
}

/// What changed from `before` to `after`, in order of tool name. A removed and an added tool with
/// the same schema are one that was renamed.
pub fn changes(before: &CatalogVersion, after: &CatalogVersion) -> Vec<CatalogChange> {
    let mut changes = Vec::new();
    let mut removed: Vec<(&Text, &ToolDigests)> =
        before.tools.iter().filter(|(name, _)| !after.tools.contains_key(*name)).collect();
    for (name, now) in &after.tools {
        let tool = name.clone();
        let Some(then) = before.tools.get(name) else {
            let same = |(_, digests): &(&Text, &ToolDigests)| {
                !now.schema.is_empty() && digests.schema == now.schema
            };
            changes.push(match removed.iter().position(same) {
                Some(at) => {
                    let (from, _) = removed.remove(at);
                    CatalogChange::Renamed { from: from.clone(), to: tool }
                }
                None => CatalogChange::Added { tool },
            });
            continue;
        };
        let differs = |a: &Text, b: &Text| !a.is_empty() && !b.is_empty() && a != b;
        if differs(&then.digest, &now.digest) || differs(&then.schema, &now.schema) {
            let schema = differs(&then.schema, &now.schema);
            changes.push(CatalogChange::Redefined { tool, schema });
        }
    }
    let gone = removed.into_iter().map(|(tool, _)| CatalogChange::Removed { tool: tool.clone() });
    changes.extend(gone);
    changes
}

/// Compares labels as people number them: `v0.9.0` before `v0.10.0`.
pub fn compare_labels(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a, b);
    loop {
        let (left, right) = (digits(a), digits(b));
        let order = match (left > 0, right > 0) {
            (true, true) => {
                let ((x, after_x), (y, after_y)) = (a.split_at(left), b.split_at(right));
                let (x, y) = (x.trim_start_matches('0'), y.trim_start_matches('0'));
                (a, b) = (after_x, after_y);
                // Without leading zeros the longer number is the larger one.
                x.len().cmp(&y.len()).then_with(|| x.cmp(y))
            }
            _ => {
                let (mut x, mut y) = (a.chars(), b.chars());
                let order = match (x.next(), y.next()) {
                    (None, None) => return Ordering::Equal,
                    (left, right) => left.cmp(&right),
                };
                (a, b) = (x.as_str(), y.as_str());
                order
            }
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

type Series = (Text, Option<AgentKey>);

/// Catalog events, grouped into versions.
#[derive(Default)]
pub struct Catalogs {
    series: BTreeMap<Series, BTreeMap<(Timestamp, Text), CatalogVersion>>,
}

impl Catalogs {
    pub fn observe(&mut self, event: &Event, agent: Option<&AgentKey>) {
        let (Some(server), Some(tool)) = (&event.target, &event.action) else {
            return;
        };
        let label = event.session.clone().unwrap_or_else(|| event.evidence.file.clone());
        let series = self.series.entry((server.clone(), agent.cloned())).or_default();
        if series.len() > OPEN_LISTINGS {
            let merged = merge(std::mem::take(series).into_values());
            *series = merged
                .into_iter()
                .map(|version| ((version.at, version.label.clone()), version))
                .collect();
        }
        let version = series.entry((event.time, label.clone())).or_insert_with(|| CatalogVersion {
            server: server.clone(),
            agent: agent.cloned(),
            at: event.time,
            label,
            undated: event.time == Timestamp::UNIX_EPOCH,
            listings: 1,
            tools: BTreeMap::new(),
            events: Vec::new(),
        });
        version.tools.insert(tool.clone(), advertised(event));
        if version.events.len() < SAMPLES {
            version.events.push(event.id);
        }
    }

    /// All versions: by server and client, then by time, then by label.
    pub fn finish(self) -> Vec<CatalogVersion> {
        self.series.into_values().flat_map(|series| merge(series.into_values())).collect()
    }
}

/// Puts listings in order and merges neighbours that show the same tools.
fn merge(listings: impl Iterator<Item = CatalogVersion>) -> Vec<CatalogVersion> {
    let mut listings: Vec<CatalogVersion> = listings.collect();
    listings
        .sort_by(|a, b| a.at.cmp(&b.at).then_with(|| compare_labels(a.label.raw(), b.label.raw())));
    let mut versions: Vec<CatalogVersion> = Vec::new();
    for listing in listings {
        match versions.last_mut() {
            Some(last) if last.tools == listing.tools => last.listings += listing.listings,
            _ => versions.push(listing),
        }
    }
    versions
}

/// The definition that a catalog event advertises.
fn advertised(event: &Event) -> ToolDigests {
    let schema = event.params.as_ref().and_then(|params| {
        let params: serde_json::Value = serde_json::from_str(params.raw()).ok()?;
        params.get("schema_digest")?.as_str().map(Text::from)
    });
    ToolDigests {
        digest: event.target_kind.clone().unwrap_or_default(),
        schema: schema.unwrap_or_default(),
    }
}

/// How many ASCII digits a text starts with.
fn digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;

    /// Name, digest and schema.
    type Tool<'a> = (&'a str, &'a str, &'a str);

    /// Observes listings given as (hours, label, tools).
    fn versions(listings: &[(f64, &str, &[Tool<'_>])]) -> Vec<CatalogVersion> {
        let mut catalogs = Catalogs::default();
        for (hours, label, tools) in listings {
            for (name, digest, schema) in *tools {
                let id = format!("{label}{hours}{name}");
                let mut event = fixture::event(&id, *hours, crate::domain::EventKind::Catalog);
                event.session = Some((*label).into());
                event.action = Some((*name).into());
                event.target = Some("github".into());
                event.target_kind = Some((*digest).into());
                event.params = Some(format!(r#"{{"schema_digest":"{schema}"}}"#).into());
                catalogs.observe(&event, None);
            }
        }
        catalogs.finish()
    }

    #[track_caller]
    fn check(before: &[Tool<'_>], after: &[Tool<'_>], expected: &[CatalogChange]) {
        let versions = versions(&[(0.0, "a", before), (1.0, "b", after)]);
        let [first, second] = versions.as_slice() else {
            assert!(expected.is_empty(), "{versions:?}");
            return;
        };
        assert_eq!(changes(first, second), expected);
    }

    #[test]
    fn every_change_has_its_name() {
        let tool = Text::from;
        let base = [("list", "d1", "s1"), ("read", "d2", "s2")];
        check(&base, &base, &[]);
        check(&base, &[base[0]], &[CatalogChange::Removed { tool: tool("read") }]);
        check(&base[..1], &base, &[CatalogChange::Added { tool: tool("read") }]);
        check(
            &base,
            &[base[0], ("fetch", "d3", "s2")],
            &[CatalogChange::Renamed { from: tool("read"), to: tool("fetch") }],
        );
        check(
            &base,
            &[base[0], ("read", "d9", "s2")],
            &[CatalogChange::Redefined { tool: tool("read"), schema: false }],
        );
        check(
            &base,
            &[base[0], ("read", "d9", "s9")],
            &[CatalogChange::Redefined { tool: tool("read"), schema: true }],
        );
    }

    #[test]
    fn undated_listings_stand_in_order_of_their_labels() {
        let undated = -fixture::HOURS_SINCE_EPOCH;
        let tool = |digest| [("list", digest, "s")];
        let (two, nine, ten) = (tool("2"), tool("9"), tool("10"));
        let found = versions(&[
            (undated, "v0.10.0", &ten),
            (undated, "v0.2.0", &two),
            (undated, "v0.9.0", &nine),
            (undated, "v0.9.1", &nine),
        ]);
        let labels: Vec<&str> = found.iter().map(|version| version.label.raw()).collect();
        assert_eq!(labels, ["v0.2.0", "v0.9.0", "v0.10.0"]);
        assert_eq!(
            found.get(1).map(|version| (version.listings, version.undated)),
            Some((2, true))
        );
    }

    proptest::proptest! {
        #[test]
        fn labels_have_an_order(a in "[a-c0-3.]{0,6}", b in "[a-c0-3.]{0,6}", c in "[a-c0-3.]{0,6}") {
            use Ordering::Greater;
            proptest::prop_assert_eq!(compare_labels(&a, &b), compare_labels(&b, &a).reverse());
            if compare_labels(&a, &b) != Greater && compare_labels(&b, &c) != Greater {
                proptest::prop_assert_ne!(compare_labels(&a, &c), Greater);
            }
        }
    }
}
