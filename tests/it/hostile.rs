//! Hostile text: visible as escapes for people, byte-identical in JSON.

use serde_json::Value;

use crate::support::{Home, audit_event};

const NAME: &str = "pri\u{1b}[31mces\u{202e}gpj.\u{200b}\u{e0041}\tend";

fn home() -> Home {
    let home = Home::new();
    let name = serde_json::to_string(NAME).expect("a string is JSON");
    home.load(
        "hostile.log",
        &audit_event(1).replace("\"name\":\"prices\"", &format!("\"name\":{name}")),
    );
    home
}

#[test]
fn tables_and_csv_show_escapes() {
    let home = home();
    for format in ["table", "csv"] {
        let shown = home.ok(&["search", "", "--format", format]).stdout;
        assert!(shown.contains("pri\\e[31mces\\u{202e}gpj.\\u{200b}\\u{e0041}\\tend"), "{shown}");
        let controls: Vec<char> = shown.chars().filter(|c| c.is_control() && *c != '\n').collect();
        assert!(controls.is_empty(), "{format}: {controls:?}");
    }
}

#[test]
fn json_keeps_every_byte() {
    let home = home();
    let events = home.json(&["search", ""]);
    assert_eq!(events[0]["target"], Value::String(format!("agents/{NAME}")));
}

#[test]
fn file_names_are_evidence_too() {
    let home = Home::new();
    let done = home.load("a\u{1b}[2J\u{202e}b.log", &audit_event(1));
    assert!(done.stdout.contains("a\\e[2J\\u{202e}b.log"), "{}", done.stdout);
    assert!(!done.stdout.contains('\u{1b}') && !done.stdout.contains('\u{202e}'));
}

#[test]
fn garbage_is_set_aside_without_a_panic() {
    let home = Home::new();
    let deep = "[".repeat(200_000);
    for (number, content) in
        ["\u{0}\u{1}\u{2}", "{", "- - - :\n\t:", deep.as_str(), "", "\u{feff}"].iter().enumerate()
    {
        let path = home.write(&format!("garbage-{number}"), content);
        let done = home.ok(&["load", path.to_str().expect("a plain path")]);
        assert!(!done.stderr.contains("panicked"), "{}", done.stderr);
    }
}
