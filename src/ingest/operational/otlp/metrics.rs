//! Metrics: totals, in which no single act can be seen. Their data points are counted and not read.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::ingest::json::readable;
use crate::ingest::{Document, Sink};

const POINTS: &str = "metric data points, which are totals and show no single act";

pub fn read(resources: &[&RawValue], document: &Document<'_>, sink: &mut dyn Sink) {
    let resources = resources.iter().filter_map(|raw| serde_json::from_str(raw.get()).ok());
    let points: usize = resources.map(|resource: Resource<'_>| resource.points()).sum();
    if points > 0 {
        sink.unread(document, POINTS, points as u64);
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Resource<'a> {
    #[serde(borrow, alias = "scope_metrics", alias = "instrumentationLibraryMetrics")]
    scope_metrics: Option<&'a RawValue>,
}

impl Resource<'_> {
    fn points(&self) -> usize {
        let scopes = readable::<Scope<'_>>(self.scope_metrics).into_iter();
        let metrics = scopes.flat_map(|scope| readable::<Metric<'_>>(scope.metrics));
        metrics.map(|metric| metric.points()).sum()
    }
}

#[derive(Deserialize)]
struct Scope<'a> {
    #[serde(borrow)]
    metrics: Option<&'a RawValue>,
}

/// A metric has one of these.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metric<'a> {
    #[serde(borrow)]
    gauge: Option<Data<'a>>,
    #[serde(borrow)]
    sum: Option<Data<'a>>,
    #[serde(borrow)]
    histogram: Option<Data<'a>>,
    #[serde(borrow, alias = "exponential_histogram")]
    exponential_histogram: Option<Data<'a>>,
    #[serde(borrow)]
    summary: Option<Data<'a>>,
}

impl Metric<'_> {
    fn points(&self) -> usize {
        [&self.gauge, &self.sum, &self.histogram, &self.exponential_histogram, &self.summary]
            .into_iter()
            .flatten()
            .map(|data| readable::<serde::de::IgnoredAny>(data.points).len())
            .sum()
    }
}

#[derive(Deserialize)]
struct Data<'a> {
    #[serde(borrow, rename = "dataPoints", alias = "data_points")]
    points: Option<&'a RawValue>,
}
