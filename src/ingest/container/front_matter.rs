//! Markdown with YAML front matter → one JSON document.
//!
//! The keys of the front matter are the document's keys; the text after it stands beside them as
//! [`BODY`]. Clients read sub-agents, skills, commands and rules in this shape.

use std::io::{self, Read};

use serde_json::Value;

use super::{Limits, Piece, yaml};
use crate::domain::text::visible;
use crate::domain::{Location, ProblemKind};

/// The key of the text after the front matter.
pub const BODY: &str = "$body";
/// Present and true when that text was cut.
pub const BODY_IS_CUT: &str = "$bodyIsCut";

/// Bytes of the text that are kept.
const LONGEST_BODY: usize = 256 << 10;
/// Bytes of the front matter.
const LONGEST_FRONT: usize = 256 << 10;
/// Bytes that are looked at. One more than is kept tells whether anything was cut.
const LONGEST: usize = LONGEST_FRONT + LONGEST_BODY + 1;

/// Reads the one document of `text` into `each`.
pub fn read(text: impl Read, limits: &Limits, each: &mut dyn FnMut(Piece<'_>)) -> io::Result<()> {
    let mut bytes = Vec::new();
    text.take(LONGEST as u64).read_to_end(&mut bytes)?;
    let text = match std::str::from_utf8(&bytes) {
        Ok(text) => text,
        // The end of what is kept may fall inside a character.
        Err(error) if bytes.len() == LONGEST => text_until(&bytes, error.valid_up_to()),
        Err(_) => {
            each(set_aside(ProblemKind::Malformed, 1, "the text is not UTF-8"));
            return Ok(());
        }
    };
    let Some((front, body)) = split(text) else {
        each(set_aside(ProblemKind::UnknownFormat, 1, "Markdown without a closed front matter"));
        return Ok(());
    };
    if front.len() > LONGEST_FRONT {
        let message = format!("the front matter is longer than {LONGEST_FRONT} bytes");
        each(set_aside(ProblemKind::Limit, 1, &message));
        return Ok(());
    }
    match document(front, body, limits) {
        Ok(json) => {
            // The text was written from a value, so it can be read.
            if let Ok(top) = serde_json::from_str(&json) {
                each(Piece::Document { at: Location::Whole, json: &json, top, is_slice: false });
            }
        }
        Err(message) => each(set_aside(ProblemKind::Malformed, 2, &message)),
    }
    Ok(())
}

fn text_until(bytes: &[u8], end: usize) -> &str {
    bytes.get(..end).and_then(|valid| std::str::from_utf8(valid).ok()).unwrap_or_default()
}

/// Whether the text begins with a fence, keys and a second fence, after which no YAML follows.
pub fn has_front_matter(head: &[u8]) -> bool {
    let text = String::from_utf8_lossy(head);
    split(&text).is_some_and(|(front, body)| {
        yaml::resembles_yaml(front) && !body.trim().is_empty() && !yaml::resembles_yaml(body)
    })
}

/// What stands between the first two fences, and what follows the second.
fn split(text: &str) -> Option<(&str, &str)> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut lines = text.split_inclusive('\n');
    let first = lines.next().filter(|line| is_fence(line))?;
    let mut end = first.len();
    for line in lines {
        let start = end;
        end += line.len();
        if is_fence(line) {
            return Some((text.get(first.len()..start)?, text.get(end..)?));
        }
    }
    None
}

fn is_fence(line: &str) -> bool {
    line.trim_end() == "---"
}

fn document(front: &str, body: &str, limits: &Limits) -> Result<String, String> {
    let json = yaml::to_json(front, limits)
        .or_else(|error| yaml::to_json(&quoted(front), limits).map_err(|_| error))
        .map_err(|error| error.to_string())?;
    let mut keys = match serde_json::from_str(&json) {
        Ok(Value::Object(keys)) => keys,
        Ok(Value::Null) => serde_json::Map::new(),
        _ => return Err("the front matter holds no keys".to_owned()),
    };
    let kept = crate::ingest::mask::bounded(body, LONGEST_BODY);
    if kept.len() < body.len() {
        keys.insert(BODY_IS_CUT.to_owned(), true.into());
    }
    keys.insert(BODY.to_owned(), kept.into());
    Ok(Value::Object(keys).to_string())
}

/// The front matter with the values of its lines in quotes. People write descriptions with colons in
/// them, which no YAML parser takes; the clients read such values to the end of the line.
fn quoted(front: &str) -> String {
    let line = |line: &str| match line.split_once(": ") {
        Some((key, value)) if is_plain(key, value.trim()) => {
            format!("{key}: {}\n", Value::from(value.trim()))
        }
        _ => format!("{line}\n"),
    };
    front.lines().map(line).collect()
}

/// Whether this is a key at the left margin with an unquoted value.
fn is_plain(key: &str, value: &str) -> bool {
    let is_key = key.starts_with(|first: char| first.is_ascii_alphabetic()) && !key.contains(' ');
    is_key && !value.starts_with(['"', '\'', '[', '{', '|', '>', '&', '*', '!', '#'])
}

fn set_aside<'a>(kind: ProblemKind, line: u64, message: &str) -> Piece<'a> {
    Piece::SetAside { kind, at: Location::Line(line), message: visible(message).into_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &[u8]) -> Vec<String> {
        let mut found = Vec::new();
        read(text, &Limits::default(), &mut |piece| {
            found.push(match piece {
                Piece::Document { json, .. } => json.to_owned(),
                Piece::SetAside { kind, at, .. } => format!("{at} {kind}"),
            });
        })
        .expect("in memory");
        found
    }

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(read_text(text.as_bytes()).concat(), expected, "{text}");
    }

    #[test]
    fn keys_and_body() {
        check(
            "---\nname: a\ntools: [x, y]\n---\n\nDo.\n---\nMore.\n",
            r#"{"$body":"\nDo.\n---\nMore.\n","name":"a","tools":["x","y"]}"#,
        );
        check("\u{feff}---\r\nname: a\r\n---\r\nDo.", r#"{"$body":"Do.","name":"a"}"#);
        check("---\n---\n", r#"{"$body":""}"#);
    }

    #[test]
    fn descriptions_with_colons_are_read_as_the_clients_read_them() {
        check(
            "---\nname: a\ndescription: Use when: <b>user: 'x'</b>\\n now\ntools: [x]\n---\n",
            r#"{"$body":"","description":"Use when: <b>user: 'x'</b>\\n now","name":"a","tools":["x"]}"#,
        );
        check("---\na: [\n---\nb", ":2 malformed");
        check("---\n- a\n---\nb", ":2 malformed");
        check("---\na: b\n", ":1 unknown-format");
        check("# Title\n", ":1 unknown-format");
    }

    #[test]
    fn long_text_is_cut_and_says_so() {
        let body = "é".repeat(LONGEST_BODY);
        let found = read_text(format!("---\na: b\n---\n{body}").as_bytes()).concat();
        let value: Value = serde_json::from_str(&found).expect("JSON");
        assert_eq!(value[BODY].as_str().map(str::len), Some(LONGEST_BODY));
        assert_eq!(value[BODY_IS_CUT], true);
        check(&format!("---\na: {}\n---\nb", "x".repeat(LONGEST_FRONT)), ":1 limit");
    }

    #[test]
    fn bytes_that_are_no_text_cost_the_document() {
        assert_eq!(read_text(b"---\na: b\n---\n\xff end"), [":1 malformed"]);
        let cut = format!("---\na: b\n---\n{}", "é".repeat(LONGEST));
        assert!(read_text(cut.as_bytes()).concat().contains(BODY_IS_CUT), "cut inside a character");
    }

    #[test]
    fn front_matter_is_told_from_a_stream_of_documents() {
        for (text, has) in [
            ("---\na: b\n---\nYou are a reader.\n", true),
            ("---\na: b\n---\nc: d\n", false),
            ("---\na: b\n---\n", false),
            ("---\na: b\n", false),
            ("a: b\n---\nYou are.\n", false),
        ] {
            assert_eq!(has_front_matter(text.as_bytes()), has, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in "(---\\n)?[-a-c: \\[\\]{}\"é\\n]{0,40}(---\\n)?.{0,9}") {
            read_text(text.as_bytes());
            has_front_matter(text.as_bytes());
        }
    }
}
