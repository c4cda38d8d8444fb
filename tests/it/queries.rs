//! The named queries of `queries/`: every example runs through the case's own search and SQL.

use std::ops::ControlFlow;

use diptych::case::{Case, LoadSettings, SearchOptions};
use diptych::catalog::Catalog;
use diptych::domain::Event;
use diptych::ingest::Sink;

/// A case that holds one event.
fn case_of(event: Event) -> (tempfile::TempDir, Case) {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let path = folder.path().join("case");
    let case = Case::create(&path).expect("a case can be created");
    let mut go_on = |_| ControlFlow::Continue(());
    let mut load = case.begin_load(LoadSettings::default(), &mut go_on).expect("nobody else loads");
    load.event(event);
    load.commit(&mut go_on).expect("the load is published");
    (folder, Case::open(&path).expect("the case opens"))
}

#[test]
fn every_example_of_a_named_search_is_as_it_says() {
    let catalog = Catalog::builtin().expect("the shipped catalog passes");
    let mut examples = 0;
    for query in &catalog.searches {
        for example in &query.examples {
            let (_folder, case) = case_of(example.event().expect("the example is an event"));
            let page = case.search(&query.expression, SearchOptions::default());
            let page = page.unwrap_or_else(|error| panic!("{}: {error}", query.id));
            assert_eq!(page.total > 0, example.matches, "{}: {:?}", query.id, example.event);
            examples += 1;
        }
    }
    assert!(examples >= 2 * catalog.searches.len(), "each search shows a hit and a miss");
}

#[test]
fn every_example_of_a_named_analysis_is_as_it_says() {
    let catalog = Catalog::builtin().expect("the shipped catalog passes");
    assert!(catalog.analyses.len() >= 5);
    for query in &catalog.analyses {
        for example in &query.examples {
            let (_folder, case) = case_of(example.event().expect("the example is an event"));
            let table =
                case.sql(&query.expression).unwrap_or_else(|error| panic!("{}: {error}", query.id));
            assert_eq!(
                !table.rows.is_empty(),
                example.matches,
                "{}: {:?}",
                query.id,
                example.event
            );
        }
    }
}
