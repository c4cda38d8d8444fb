//! The diff against real catalogs: a server release by release, what a registry declares for one of
//! these releases, and recorded changes in two revisions of the protocol.
//!
//! The figures were counted over the JSON by a script of its own, before the diff was looked at.

use super::against_declaration;
use crate::domain::Text;
use crate::domain::catalog_diff::{
    Change, Circumstance, Facet, Listing, Part, advertised, compare,
};
use crate::domain::configured::{Configured, DeclaredCatalog, ToolDefinition};
use crate::ingest::configured::tests::read_text;
use crate::scope::Estate;
use crate::scope::testing::real_data;

/// The count tells whether the real data was there.
fn tell(line: std::fmt::Arguments<'_>) {
    std::io::Write::write_fmt(&mut std::io::stderr(), format_args!("{line}\n"))
        .expect("standard error takes a line");
}

/// The tools that a file advertises, by way of the reader and its events.
fn tools(folder: &std::path::Path, file: &str) -> Option<Vec<ToolDefinition>> {
    let text = std::fs::read_to_string(folder.join(file)).ok()?;
    let found = read_text(file, &text);
    assert_eq!(found.problems, [], "{file}");
    let tools = found.events.iter().filter_map(advertised);
    Some(tools.map(|advertised| advertised.definition).collect())
}

fn listing<'a>(server: &'a Text, tools: &'a [ToolDefinition]) -> Listing<'a> {
    Listing { server, principal: None, protocol: None, goes_on: false, tools }
}

/// Added, removed, renamed, redefined; of the last two: description, input schema, hints, widened
/// hints, title, other annotations, icons, metadata.
type Counts = [usize; 12];

/// Added, added and required, removed, required or no longer, type, values, default, description,
/// other keywords, other spelling.
type Facets = [usize; 10];

/// The first release is v0.5.0.
const RELEASES: &[(&str, Counts, Facets)] = &[
    ("v0.7.0", [51, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0], [0, 0, 1, 0, 0, 0, 0, 0, 0, 0]),
    ("v0.8.0", [0, 0, 1, 1, 1, 1, 0, 0, 1, 0, 0, 0], [0, 0, 0, 1, 0, 0, 1, 0, 0, 0]),
    ("v0.10.0", [4, 0, 0, 4, 3, 4, 0, 0, 0, 0, 0, 0], [2, 1, 1, 0, 0, 0, 0, 4, 0, 0]),
    ("v0.11.0", [0, 0, 0, 3, 1, 3, 0, 0, 0, 0, 0, 0], [2, 0, 2, 0, 0, 2, 0, 6, 0, 0]),
    ("v0.12.0", [3, 0, 0, 3, 0, 3, 0, 0, 0, 0, 0, 0], [2, 0, 0, 0, 0, 1, 0, 0, 0, 0]),
    ("v0.13.0", [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
    ("v0.15.0", [3, 0, 1, 4, 2, 4, 0, 0, 1, 0, 0, 0], [5, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
    ("v0.16.0", [3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
    ("v0.17.0", [6, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0], [0, 1, 1, 0, 0, 0, 0, 0, 0, 0]),
    ("v0.18.0", [4, 6, 0, 2, 0, 2, 0, 0, 0, 0, 0, 0], [2, 1, 1, 0, 0, 0, 0, 1, 0, 0]),
    ("v0.20.0", [4, 11, 0, 6, 2, 5, 0, 0, 0, 0, 0, 0], [2, 0, 1, 0, 0, 1, 0, 2, 0, 0]),
    ("v0.21.0", [1, 0, 0, 4, 2, 4, 0, 0, 0, 0, 0, 0], [6, 0, 0, 0, 0, 0, 0, 7, 0, 0]),
    ("v0.23.0-gosdk", [31, 0, 0, 29, 0, 6, 27, 0, 0, 0, 0, 0], [0, 0, 1, 1, 0, 0, 0, 2, 1, 1]),
    ("v0.26.0", [3, 0, 0, 9, 1, 4, 0, 0, 0, 0, 5, 0], [1, 0, 0, 0, 0, 0, 0, 3, 0, 0]),
    ("v0.27.0", [0, 0, 0, 7, 0, 2, 1, 0, 0, 0, 5, 0], [0, 1, 1, 0, 0, 0, 0, 1, 0, 0]),
    ("v0.28.0", [3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
    ("v0.28.1", [0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0], [1, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
    ("v0.29.0", [0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0], [1, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
    ("v0.32.0", [1, 22, 0, 8, 2, 5, 0, 0, 0, 0, 0, 3], [9, 0, 0, 5, 0, 4, 0, 10, 0, 0]),
    ("v0.33.0", [21, 0, 0, 4, 2, 4, 3, 0, 1, 0, 0, 0], [4, 0, 4, 0, 0, 1, 0, 2, 1, 0]),
    ("v1.0.4", [1, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0, 0, 0, 1]),
    ("v1.0.5", [2, 0, 0, 3, 0, 3, 0, 0, 0, 0, 0, 0], [2, 0, 0, 0, 0, 0, 0, 1, 0, 0]),
    ("v1.4.0", [7, 0, 0, 25, 4, 19, 0, 0, 7, 0, 0, 2], [21, 0, 1, 1, 1, 2, 1, 14, 1, 0]),
    ("v1.5.0", [5, 2, 0, 5, 2, 5, 0, 0, 0, 0, 0, 0], [4, 0, 2, 3, 0, 1, 0, 6, 1, 0]),
    ("v1.6.0", [8, 0, 0, 113, 2, 8, 169, 0, 0, 0, 0, 0], [7, 0, 1, 0, 1, 0, 0, 10, 1, 0]),
    ("v1.7.0", [1, 0, 0, 2, 1, 0, 1, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
    ("v1.8.0", [0, 8, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0], [1, 0, 0, 0, 0, 1, 0, 1, 1, 0]),
    ("v1.9.0", [1, 0, 0, 6, 3, 5, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 2, 0, 0, 6, 2, 0]),
    ("v1.10.0", [1, 0, 0, 9, 3, 7, 2, 0, 0, 0, 0, 0], [8, 0, 0, 0, 1, 5, 0, 4, 3, 0]),
];

fn counts(changes: &[Change]) -> Counts {
    let change = |is: fn(&Change) -> bool| changes.iter().filter(|change| is(change)).count();
    let part = |is: fn(&Part) -> bool| {
        changes.iter().flat_map(Change::parts).filter(|part| is(part)).count()
    };
    [
        change(|change| matches!(change, Change::Added { .. })),
        change(|change| matches!(change, Change::Removed { .. })),
        change(|change| matches!(change, Change::Renamed { .. })),
        change(|change| matches!(change, Change::Redefined { .. })),
        part(|part| *part == Part::Description),
        part(|part| matches!(part, Part::InputSchema { .. })),
        part(|part| matches!(part, Part::Hint { .. })),
        part(|part| matches!(part, Part::Hint { widens: true, .. })),
        part(|part| *part == Part::Title),
        part(|part| *part == Part::Annotations),
        part(|part| *part == Part::Icons),
        part(|part| *part == Part::Meta),
    ]
}

fn facets(changes: &[Change]) -> Facets {
    let mut counts = Facets::default();
    for part in changes.iter().flat_map(Change::parts) {
        let Part::InputSchema { changes } = part else { continue };
        assert!(!changes.is_empty(), "the schemas are kept");
        for change in changes {
            let column = match &change.facet {
                Facet::Added { required: false } => 0,
                Facet::Added { required: true } => 1,
                Facet::Removed => 2,
                Facet::Required { .. } => 3,
                Facet::Type { .. } => 4,
                Facet::Values { .. } => 5,
                Facet::Default => 6,
                Facet::Description => 7,
                Facet::Keyword { .. } => 8,
                Facet::Spelling => 9,
                Facet::More => unreachable!("no release changes so much of one tool"),
            };
            counts[column] += 1;
        }
    }
    counts
}

#[test]
fn every_change_of_a_server_release_by_release() {
    let folder = real_data("mcp-github-catalogs");
    let server = Text::from("github");
    let Some(mut before) = tools(&folder, "tools-list.v0.5.0.json") else { return };
    let (mut compared, mut changes) = (0, 0);
    for (release, expected, schema) in RELEASES {
        let file = format!("tools-list.{release}.json");
        let after = tools(&folder, &file).expect("the release is there");
        let found = compare(listing(&server, &before), listing(&server, &after));
        assert_eq!(counts(&found.changes), *expected, "{release}: {:#?}", found.changes);
        assert_eq!(facets(&found.changes), *schema, "{release}: {:#?}", found.changes);
        assert!(found.is_drift(), "{release}");
        let same = compare(listing(&server, &after), listing(&server, &after));
        assert_eq!(same.changes, [], "{release}");
        compared += 1;
        changes += found.changes.len();
        before = after;
    }
    tell(format_args!("{compared} pairs of releases compared, {changes} changes"));
}

#[test]
fn renames_are_the_two_that_there_were() {
    let folder = real_data("mcp-github-catalogs");
    let server = Text::from("github");
    for (before, after, from, to) in [
        (
            "v0.7.0",
            "v0.8.0",
            "add_pull_request_review_comment_to_pending_review",
            "add_comment_to_pending_review",
        ),
        ("v0.13.0", "v0.15.0", "get_pull_request_comments", "get_pull_request_review_comments"),
    ] {
        let read = |release: &str| tools(&folder, &format!("tools-list.{release}.json"));
        let (Some(before), Some(after)) = (read(before), read(after)) else { return };
        let found = compare(listing(&server, &before), listing(&server, &after)).changes;
        let renamed = found.iter().any(|change| {
            matches!(change, Change::Renamed { from: one, to: other, .. }
                if *one == from && *other == to)
        });
        assert!(renamed, "{found:?}");
    }
}

/// The catalogs that the files of a registry declare.
fn declared(text: &str, file: &str) -> Vec<(Configured, DeclaredCatalog)> {
    let records = read_text(file, text).records.into_iter();
    let catalogs = records.filter_map(|record| match record.body {
        Configured::DeclaredCatalog(catalog) => {
            Some((Configured::DeclaredCatalog(catalog.clone()), catalog))
        }
        _ => None,
    });
    catalogs.collect()
}

/// ToolHive pins image v0.31.0 with 41 tools; the release has 80 (v0.32.0 of the catalogs has the
/// same). Of those declared four have another schema, and one another description.
#[test]
fn what_a_registry_declares_of_a_release() {
    let registry = real_data("mcp-toolhive").join("registry.2026-02-20.json");
    let Ok(text) = std::fs::read_to_string(registry) else { return };
    let catalogs = declared(&text, "registry.json");
    let github = catalogs.into_iter().find(|(_, catalog)| catalog.server == "github");
    let (body, catalog) = github.expect("the registry has the server");
    let released = tools(&real_data("mcp-github-catalogs"), "tools-list.v0.32.0.json");
    let released = released.expect("the release is there");
    assert_eq!((catalog.tools.len(), released.len()), (41, 80));
    let estate = Estate::build(&[super::super::testing::record(body)], &[], &[]);
    let server = Text::from("github");
    let found = against_declaration(&estate, listing(&server, &released)).expect("it is declared");
    let [added, removed, renamed, redefined, description, input, ..] = counts(&found.changes);
    assert_eq!((added, removed, renamed), (39, 0, 0));
    assert_eq!((redefined, description, input), (4, 1, 4), "{:#?}", found.changes);
    assert_eq!(against_declaration(&estate, listing(&"other".into(), &released)), None);
    tell(format_args!("41 declared tools held against 80"));
}

/// A catalog does not differ from itself, and what is left out of it is missed.
#[test]
fn catalogs_of_a_registry_by_themselves() {
    let Ok(entries) = std::fs::read_dir(real_data("mcp-docker-registry").join("servers")) else {
        return;
    };
    let mut compared = 0;
    for entry in entries.filter_map(Result::ok) {
        let path = entry.path().join("tools.json");
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        for (_, catalog) in declared(&text, &path.to_string_lossy()) {
            let whole = Listing::declared(&catalog);
            assert_eq!(compare(whole, whole).changes, [], "{}", path.display());
            let fewer = Listing { tools: catalog.tools.get(1..).unwrap_or_default(), ..whole };
            let names = |changes: &[Change]| changes.len();
            assert_eq!(names(&compare(whole, fewer).changes), 1, "{}", path.display());
            let page = Listing { goes_on: true, ..fewer };
            assert_eq!(compare(whole, page).changes, [], "{}", path.display());
            compared += 1;
        }
    }
    // The other 23 files are empty: such a server says only when it is asked what it has.
    assert_eq!(compared, 18);
    tell(format_args!("{compared} declared catalogs compared"));
}

#[test]
fn recorded_changes_in_two_revisions_of_the_protocol() {
    let folder = real_data("produced-by-sdks").join("mcp");
    let server = Text::from("docs-server");
    let expected = [
        "shell_exec added",
        "run_sql: description changed, input schema: database added, write added",
        "shell_exec removed",
    ];
    let read =
        |revision: &str, at: usize| tools(&folder, &format!("{revision}.tools-list.{at}.json"));
    let revisions = [("legacy", "2025-11-25"), ("modern", "2026-07-28")];
    for (revision, protocol) in revisions {
        let protocol = Text::from(protocol);
        for (at, expected) in expected.iter().enumerate() {
            let (Some(before), Some(after)) = (read(revision, at), read(revision, at + 1)) else {
                return;
            };
            let asked = |tools| Listing { protocol: Some(&protocol), ..listing(&server, tools) };
            let found = compare(asked(&before), asked(&after));
            let shown: Vec<String> = found.changes.iter().map(Change::visible).collect();
            assert_eq!(shown, [*expected], "{revision} {at}");
            assert!(found.is_drift());
        }
    }
    // The same server says the same in both, and what it says differently is no drift.
    let (old, new) = (Text::from("2025-11-25"), Text::from("2026-07-28"));
    for (before, after, changes) in [(0, 0, 0), (0, 1, 1)] {
        let (Some(legacy), Some(modern)) = (read("legacy", before), read("modern", after)) else {
            return;
        };
        let legacy = Listing { protocol: Some(&old), ..listing(&server, &legacy) };
        let modern = Listing { protocol: Some(&new), ..listing(&server, &modern) };
        let found = compare(legacy, modern);
        assert_eq!(found.apart_in, [Circumstance::Protocol]);
        assert_eq!((found.changes.len(), found.is_drift()), (changes, false));
    }
    tell(format_args!("8 recorded listings compared"));
}
