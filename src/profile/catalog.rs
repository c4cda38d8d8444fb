//! MCP catalogs over time: which tools a server advertised, and what changed between two listings.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::catalog_diff::{Listing, advertised};
use crate::domain::configured::ToolDefinition;
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
    /// Revision of the protocol in which it was asked for, when the record names one.
    pub protocol: Option<Text>,
    /// There is more that was not seen: a page is missing.
    pub goes_on: bool,
    /// When it was first listed. Meaningless when `undated`.
    pub at: Timestamp,
    /// The session or release under which it was listed.
    pub label: Text,
    /// No time was recorded; the labels give the order.
    pub undated: bool,
    /// Listings in a row that showed exactly this.
    pub listings: u64,
    /// Tools by name.
    pub tools: Vec<ToolDefinition>,
    pub events: Vec<EventId>,
}

impl CatalogVersion {
    /// The listing, to be compared with another.
    pub fn listing(&self) -> Listing<'_> {
        Listing {
            server: &self.server,
            // Versions of two clients are never compared.
            principal: None,
            protocol: self.protocol.as_ref(),
            goes_on: self.goes_on,
            tools: &self.tools,
        }
    }

    /// Which came first: by time, then by label.
    pub fn order(&self, other: &Self) -> Ordering {
        let by_label = || compare_labels(self.label.raw(), other.label.raw());
        self.at.cmp(&other.at).then_with(by_label)
    }

    /// Whether two versions are answers to the same question.
    pub fn is_like(&self, other: &Self) -> bool {
        (&self.server, &self.agent, &self.protocol)
            == (&other.server, &other.agent, &other.protocol)
    }
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

/// Server, client and revision of the protocol.
type Series = (Text, Option<AgentKey>, Option<Text>);

/// Time and label.
type Listed = (Timestamp, Text);

/// Catalog events, grouped into versions.
#[derive(Default)]
pub struct Catalogs {
    series: BTreeMap<Series, BTreeMap<Listed, Growing>>,
}

/// A version whose tools still come, by name and digest.
struct Growing {
    version: CatalogVersion,
    tools: BTreeMap<(Text, Text), ToolDefinition>,
}

impl Growing {
    fn grown(self) -> CatalogVersion {
        CatalogVersion { tools: self.tools.into_values().collect(), ..self.version }
    }

    fn of(version: CatalogVersion) -> Self {
        let named =
            |tool: &ToolDefinition| ((tool.name.clone(), tool.digest.clone()), tool.clone());
        Self { tools: version.tools.iter().map(named).collect(), version }
    }
}

impl Catalogs {
    pub fn observe(&mut self, event: &Event, agent: Option<&AgentKey>) {
        let (Some(server), Some(tool)) = (&event.target, advertised(event)) else { return };
        let label = event.session.clone().unwrap_or_else(|| event.evidence.file.clone());
        let key = (server.clone(), agent.cloned(), tool.protocol.clone());
        let series = self.series.entry(key).or_default();
        if series.len() > OPEN_LISTINGS {
            let merged = merge(std::mem::take(series).into_values().map(Growing::grown));
            *series = merged
                .into_iter()
                .map(|version| ((version.at, version.label.clone()), Growing::of(version)))
                .collect();
        }
        let growing = series.entry((event.time, label.clone())).or_insert_with(|| Growing {
            version: CatalogVersion {
                server: server.clone(),
                agent: agent.cloned(),
                protocol: tool.protocol.clone(),
                goes_on: false,
                at: event.time,
                label,
                undated: event.time == Timestamp::UNIX_EPOCH,
                listings: 1,
                tools: Vec::new(),
                events: Vec::new(),
            },
            tools: BTreeMap::new(),
        });
        let definition = tool.definition;
        growing.version.goes_on |= tool.goes_on;
        growing.tools.insert((definition.name.clone(), definition.digest.clone()), definition);
        if growing.version.events.len() < SAMPLES {
            growing.version.events.push(event.id);
        }
    }

    /// All versions: by server, client and protocol, then by time, then by label.
    pub fn finish(self) -> Vec<CatalogVersion> {
        let series = self.series.into_values();
        series.flat_map(|series| merge(series.into_values().map(Growing::grown))).collect()
    }
}

/// Puts listings in order and merges neighbours that show the same tools.
fn merge(listings: impl Iterator<Item = CatalogVersion>) -> Vec<CatalogVersion> {
    let mut listings: Vec<CatalogVersion> = listings.collect();
    listings.sort_by(CatalogVersion::order);
    let mut versions: Vec<CatalogVersion> = Vec::new();
    for listing in listings {
        match versions.last_mut() {
            Some(last) if last.tools == listing.tools => last.listings += listing.listings,
            _ => versions.push(listing),
        }
    }
    versions
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

    #[test]
    fn listings_of_other_protocols_are_no_later_versions() {
        let mut catalogs = Catalogs::default();
        for (hours, protocol) in [(0.0, "2025-11-25"), (1.0, "2026-07-28"), (2.0, "2025-11-25")] {
            let mut event =
                fixture::event(&format!("{hours}"), hours, crate::domain::EventKind::Catalog);
            event.action = Some("list".into());
            event.target = Some("github".into());
            event.target_kind = Some(protocol.into());
            event.params = Some(format!(r#"{{"protocolVersion":"{protocol}"}}"#).into());
            catalogs.observe(&event, None);
        }
        let versions = catalogs.finish();
        let listings: Vec<u64> = versions.iter().map(|version| version.listings).collect();
        assert_eq!(listings, [2, 1]);
        assert!(!versions[0].is_like(&versions[1]));
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
