//! Screenshots of the real screens, and the table of keys, as build products: `docs/` shows what the
//! program draws on the bundled sample. `DIPTYCH_WRITE_DOCS=1` writes them anew.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use diptych::catalog::Catalog;
use diptych::domain::Reading;
use diptych::tui::{self, Headless};
use diptych::workspace::Workspace;

use crate::sample;

/// Every picture: name, size, and the keys that lead to it.
const PICTURES: &[(&str, (u16, u16), &str)] = &[
    ("queue", (120, 32), ""),
    ("diptych", (120, 40), "enter"),
    ("agents", (120, 32), "g a"),
    ("scope", (120, 40), "g a p"),
    ("traces", (120, 32), "g t"),
    ("tree", (120, 32), "g t enter"),
    ("timeline", (160, 44), "w"),
    ("containment", (140, 44), "K"),
    ("baseline", (140, 44), "g a B"),
    ("chain", (120, 32), "g c"),
    ("search", (120, 32), "g s"),
    ("disputes", (120, 32), "g d"),
    ("maturity", (120, 32), "g m"),
    ("help", (120, 40), "?"),
];

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs")
}

/// Compares a document with what is drawn now, or writes it.
fn check(name: &str, drawn: &str) {
    let path = docs().join(name);
    if std::env::var_os("DIPTYCH_WRITE_DOCS").is_some() {
        std::fs::create_dir_all(path.parent().expect("inside docs")).expect("docs can be written");
        std::fs::write(&path, drawn).expect("docs can be written");
        return;
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == drawn,
        "docs/{name} is not what is drawn now; DIPTYCH_WRITE_DOCS=1 cargo test screens writes it"
    );
}

#[test]
fn the_pictures_show_the_real_screens() {
    let (_home, workspace) = sample::loaded();
    let desk: Arc<dyn tui::Desk> = Arc::new(workspace);
    for (name, size, keys) in PICTURES {
        let catalog = Catalog::builtin().expect("the shipped catalog passes");
        let mut workbench = Headless::new(desk.clone(), catalog, "dark", *size);
        workbench.wait();
        if !keys.is_empty() {
            workbench.keys(keys).expect("the keys are keys").wait();
        }
        let screen = workbench.screen();
        assert!(
            !screen.contains("panicked") && screen.trim().lines().count() > 5,
            "{name}:\n{screen}"
        );
        check(
            &format!("screens/{name}.svg"),
            &tui::svg(&workbench.buffer(), tui::svg::Ground::Dark),
        );
    }
}

#[test]
fn the_table_of_keys_is_the_one_in_force() {
    let catalog = Catalog::builtin().expect("the shipped catalog passes");
    check("KEYS.md", &tui::keys_markdown(&catalog));
}

#[test]
fn the_first_ten_findings_take_at_most_two_keys_each_and_stay_tagged() {
    let (home, workspace) = sample::loaded();
    let workspace = Arc::new(workspace);
    let catalog = Catalog::builtin().expect("the shipped catalog passes");
    let mut workbench = Headless::new(workspace.clone(), catalog, "dark", (80, 24));
    workbench.wait();
    let queue = workspace.findings().expect("the sample was read");
    for row in queue.iter().take(10) {
        // Accepting the reading is one key; what is no gap type takes a verdict and Enter.
        let keys = match row.finding.reading {
            Reading::Breach | Reading::Compound => "2 enter",
            _ => "a",
        };
        workbench.keys(keys).expect("the keys are keys").wait();
    }
    let tagged = |workspace: &Workspace| {
        let rows = workspace.findings().expect("the case is readable");
        rows.iter().filter(|row| !row.tag.needs_a_verdict()).count()
    };
    assert_eq!(tagged(&workspace), 10);
    let again = sample::reopened(&home);
    assert_eq!(tagged(&again), 10, "after reopening");
    assert!(again.verify_ledger().expect("the ledger is readable").is_sound());
}
