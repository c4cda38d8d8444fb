//! Ties in real data.

use std::path::Path;

use super::*;
use crate::ingest::{Collected, Source};
use crate::lineage::testing::AsGiven;
use crate::scope::testing::real_data;

fn load(path: &Path) -> Collected {
    let mut sink = Collected::default();
    let mut files: Vec<_> = walkdir::WalkDir::new(path)
        .sort_by_file_name()
        .into_iter()
        .flatten()
        .filter(|e| e.file_type().is_file())
        .collect();
    files.retain(|f| !f.path().ends_with("SOURCE.txt"));
    for file in files {
        let bytes = std::fs::read(file.path()).expect("readable");
        let source =
            Source::new(crate::domain::Digest::of(&bytes), file.path().to_str().unwrap_or(""));
        crate::ingest::read(&source, &mut bytes.as_slice(), &mut sink, &mut |_| {
            std::ops::ControlFlow::Continue(())
        });
    }
    sink
}

#[test]
#[expect(clippy::print_stderr, reason = "explores")]
fn explore() {
    let Some(paths) = std::env::var_os("EXPLORE") else { return };
    for path in paths.to_string_lossy().split(',') {
        let read = load(&real_data(path));
        let estate = crate::scope::Estate::build(&read.records, &read.snapshots, &[]);
        let mut correlator = Correlator::new(&estate);
        read.events.iter().for_each(|event| correlator.observe(event));
        let report = correlator.finish(&read.coverage);
        eprintln!("==== {path}: {} events", read.events.len());
        for join in &report.joins.layers {
            eprintln!(
                "{} {}: joined {} ({:?} %)",
                join.layer,
                join.events,
                join.joined_events(),
                join.rate()
            );
            for j in &join.joined {
                eprintln!("    {} to {} by {} ({})", j.events, j.to, j.rule, j.confidence)
            }
            for j in &join.rest {
                eprintln!("    {} because {} e.g. {:?}", j.events, j.why, j.examples.first())
            }
        }
        for gap in &report.credentials {
            eprintln!("{:?}", gap)
        }
        if read.events.len() < 5000 {
            let found = correlate(&read.events, &estate);
            let show = |id: EventId| {
                let e = read.events.iter().find(|e| e.id == id).expect("known");
                format!(
                    "{} {} {} {} @{}+{:?} {:?} tr={} sp={} pa={} call={}",
                    e.kind,
                    e.source.raw(),
                    e.action.clone().unwrap_or_default().raw(),
                    e.target.clone().unwrap_or_default().raw(),
                    e.time,
                    e.duration,
                    e.instance,
                    e.trace_id.clone().unwrap_or_default().raw(),
                    e.span_id.clone().unwrap_or_default().raw(),
                    e.parent_span_id.clone().unwrap_or_default().raw(),
                    e.call_id.clone().unwrap_or_default().raw()
                )
            };
            for link in found.links {
                eprintln!(
                    "LINK {} {}\n   {}\n   {}",
                    link.rule,
                    link.confidence,
                    show(link.from),
                    show(link.to)
                )
            }
            for link in found.ambiguous {
                eprintln!(
                    "AMBIGUOUS {} {}\n   {}\n   {:?}",
                    link.rule,
                    link.confidence,
                    show(link.event),
                    link.candidates
                )
            }
        }
        let _ = &AsGiven;
    }
}
