//! Tests of the file around this.

use super::*;

/// Reads `text` as one document, of which `before` bytes were read already, and writes each piece
/// and how it ended on one line each.
fn sliced(text: &str, before: usize, document: usize) -> Vec<String> {
    let limits = Limits { document, ..Limits::default() };
    let mut found = Vec::new();
    let mut each = |piece: Piece<'_>| {
        found.push(match piece {
            Piece::Document { json, is_slice, .. } => {
                format!("{}{json}", if is_slice { "~" } else { "" })
            }
            Piece::SetAside { kind, message, .. } => format!("! {kind}: {message}"),
        });
    };
    let (prefix, rest) = text.as_bytes().split_at(before.min(text.len()));
    let mut input = io::BufReader::with_capacity(7, rest);
    let end = read(prefix, 0, &mut input, &limits, &mut each).expect("in memory");
    found.extend(end.broken.map(|(kind, message)| format!("broken: {kind}: {message}")));
    found
}

#[track_caller]
fn check(text: &str, document: usize, expected: &[&str]) {
    for before in [0, 5, text.len()] {
        assert_eq!(sliced(text, before, document), expected, "{text} after {before}");
    }
}

#[test]
fn what_fits_is_handed_on_whole() {
    check(r#"{ "a" : [1, "x\"]" ], "b":{} }"#, 100, &[r#"{"a":[1,"x\"]"],"b":{}}"#]);
    check("[true,null]", 100, &["[true,null]"]);
}

#[test]
fn elements_come_inside_what_stood_around_them() {
    check(
        r#"{"kind":"L","own":[7],"items":[{"n":1},{"n":2},{"n":3}],"after":1}"#,
        60,
        &[
            r#"~{"kind":"L","own":[7],"items":[{"n":1}]}"#,
            r#"~{"kind":"L","own":[],"items":[{"n":2},{"n":3}]}"#,
            r#"~{"kind":"L","own":[],"items":[],"after":1}"#,
        ],
    );
}

#[test]
fn an_element_that_is_too_long_is_taken_apart_itself() {
    check(
        r#"{"all":[{"of":"x","spans":[{"s":11},{"s":22}]},{"of":"y"}]}"#,
        36,
        &[
            r#"~{"all":[{"of":"x","spans":[{"s":11}]}]}"#,
            r#"~{"all":[{"of":"x","spans":[{"s":22}]}]}"#,
            r#"~{"all":[{"of":"y"}]}"#,
        ],
    );
}

#[test]
fn what_breaks_off_keeps_what_was_complete() {
    check(
        r#"[{"a":1},{"b":"#,
        100,
        &[r#"[{"a":1}]"#, "broken: malformed: the document that begins here is cut off"],
    );
    check("[1}", 100, &["broken: malformed: `}` is not expected at byte 2"]);
    check(r#"{"a" 1}"#, 100, &["broken: malformed: a member without a colon at byte 5"]);
}

#[test]
fn a_value_longer_than_the_limit_is_refused() {
    let text = format!(r#"{{"a":"{}"}}"#, "x".repeat(90));
    check(&text, 50, &["broken: limit: a value is longer than 50 bytes"]);
}

proptest::proptest! {
    #[test]
    fn nothing_is_lost_or_said_twice(
        numbers in proptest::collection::vec(0..1000u32, 0..40),
        document in 8..200usize,
        before in 0..50usize,
    ) {
        let items: Vec<String> = numbers.iter().map(|n| format!("{{\"n\":{n}}}")).collect();
        let text = format!("{{\"k\":\"v\",\"items\":[{}],\"z\":0}}", items.join(", "));
        let mut seen = Vec::new();
        for piece in sliced(&text, before, document) {
            let json = piece.trim_start_matches('~');
            let Ok(value) = serde_json::from_str::<serde_json::Value>(json) else {
                // The head alone may be longer than the limit.
                proptest::prop_assert!(document < 40, "{piece}");
                return Ok(());
            };
            let items = value["items"].as_array().cloned().unwrap_or_default();
            seen.extend(items.iter().filter_map(|item| item["n"].as_u64()).map(|n| n as u32));
        }
        proptest::prop_assert_eq!(seen, numbers);
    }

    #[test]
    fn any_bytes_end(text in "[\\[{\"a:,1 \\\\\\]}]{0,60}", before in 0..30usize) {
        sliced(&text, before, 20);
    }
}
