//! Documents that are written from tables: `DIPTYCH_WRITE_DOCS=1 cargo test docs` writes them anew.

use std::path::Path;

use diptych::ingest;

const BEGIN: &str = "<!-- formats: written from the table in src/ingest -->\n";
const END: &str = "<!-- end of formats -->";

/// The table of formats, in Markdown.
fn formats() -> String {
    let mut table = String::from(
        "| id | panel | format | contributes | what it could have seen |\n|---|---|---|---|---|\n",
    );
    for format in ingest::formats() {
        let says: Vec<String> = format
            .says
            .iter()
            .map(|(discipline, what)| format!("*{discipline}*: {what}"))
            .collect();
        table += &format!(
            "| `{}` | {} | {} | {} | {} |\n",
            format.id,
            format.side,
            format.title,
            says.join("; "),
            format.coverage
        );
    }
    table
}

#[test]
fn the_formats_are_documented() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/FORMATS.md");
    let text = std::fs::read_to_string(&path).expect("the document is there");
    let (before, rest) = text.split_once(BEGIN).expect("the table has its place");
    let (written, after) = rest.split_once(END).expect("the table ends");
    let table = formats();
    if std::env::var_os("DIPTYCH_WRITE_DOCS").is_some() {
        std::fs::write(&path, format!("{before}{BEGIN}{table}{END}{after}")).expect("writable");
    } else {
        assert!(written == table, "docs/FORMATS.md is old: DIPTYCH_WRITE_DOCS=1 cargo test docs");
    }
}

#[test]
fn every_format_says_what_it_is() {
    let mut ids = std::collections::BTreeSet::new();
    for format in ingest::formats() {
        assert!(ids.insert(format.id), "two formats are called {}", format.id);
        assert!(!format.title.is_empty() && !format.says.is_empty(), "{}", format.id);
        assert!(!format.coverage.is_empty(), "{}", format.id);
    }
}
