//! Bytes → JSON documents, whatever they were wrapped in.
//!
//! Compression is undone by magic number, text is told apart as JSON (lines, concatenated, single,
//! with comments), a log of messages, or YAML by its first bytes, and documents are handed on one at a time: a log of any
//! size is read in memory that its longest document bounds. A malformed document is handed on as
//! [`Piece::SetAside`] and reading goes on with the next.

mod bytes;
mod json;
mod jsonc;
mod lines;
mod message_log;
mod scanner;
mod yaml;

use std::io::{self, BufReader, Read};
use std::ops::ControlFlow;

use super::detect::TopLevel;
use crate::domain::{Location, ProblemKind};

pub use bytes::Stopped;

/// Bounds on what one piece of evidence may make the reader do.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes after decompression, over the whole file.
    pub total: u64,
    /// Bytes of one JSON document or line.
    pub document: usize,
    /// Bytes of one YAML document. Lower, because its tree is held in memory while it is converted.
    pub yaml_document: usize,
    /// Nesting of arrays and objects.
    pub depth: usize,
    /// The same in YAML. Lower, because its parser needs far more stack for each level.
    pub yaml_depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            total: 8 << 30,
            document: 256 << 20,
            yaml_document: 64 << 20,
            depth: 128,
            yaml_depth: 64,
        }
    }
}

/// What a container hands on.
#[derive(Debug)]
pub enum Piece<'a> {
    /// A well-formed document with what it looks like from outside.
    Document { at: Location, json: &'a str, top: TopLevel<'a> },
    /// A document or line that could not be read. The message is already visible text.
    SetAside { kind: ProblemKind, at: Location, message: String },
}

/// What was read of the file.
#[derive(Debug)]
pub struct Ended {
    /// Bytes as loaded, before decompression.
    pub bytes: u64,
    /// Why reading stopped before the end.
    pub stopped: Option<Stopped>,
}

/// Reads every document of `input` into `each`.
pub fn documents(
    input: &mut dyn Read,
    limits: &Limits,
    progress: &mut dyn FnMut(u64) -> ControlFlow<()>,
    each: &mut dyn FnMut(Piece<'_>),
) -> Ended {
    let mut counted = bytes::Counted::new(input, progress);
    let result = text_documents(&mut counted, limits, each);
    Ended { bytes: counted.so_far(), stopped: result.err().map(Stopped::from) }
}

/// How much of the text decides between JSON and YAML.
const SNIFFED: usize = 64 << 10;

fn text_documents(
    raw: &mut dyn Read,
    limits: &Limits,
    each: &mut dyn FnMut(Piece<'_>),
) -> io::Result<()> {
    let mut decompressed = bytes::decompressed(raw, limits.total)?;
    let head = bytes::peek(&mut *decompressed, SNIFFED);
    let syntax = match Syntax::of(head.bytes()) {
        Ok(syntax) => syntax,
        Err(what) => {
            each(Piece::SetAside {
                kind: ProblemKind::UnknownFormat,
                at: Location::Whole,
                message: what.to_owned(),
            });
            return Ok(());
        }
    };
    let text = BufReader::with_capacity(256 << 10, head.chain(decompressed));
    match syntax {
        Syntax::Json => json::read(&mut lines::Lines::new(text, limits.document), limits, each),
        Syntax::MessageLog => {
            message_log::read(&mut lines::Lines::new(text, limits.document), limits, each)
        }
        Syntax::Yaml => {
            yaml::read(&mut lines::Lines::new(text, limits.yaml_document), limits, each)
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Syntax {
    Json,
    /// Lines of text with a JSON-RPC message in each.
    MessageLog,
    Yaml,
}

/// Containers that are no text, told by how they begin.
const BINARY: &[(&[u8], &str)] = &[
    (b"PK\x03\x04", "a zip archive; unpack it and load what is inside"),
    (b"\xfd7zXZ\x00", "xz-compressed; decompress it first"),
    (b"BZh", "bzip2-compressed; decompress it first"),
    (b"PAR1", "a Parquet file; export it as JSON Lines"),
    (b"\xff\xfe", "text in UTF-16; convert it to UTF-8"),
    (b"\xfe\xff", "text in UTF-16; convert it to UTF-8"),
];

impl Syntax {
    /// Tells the syntax by the first bytes of the text, or says what the file is instead.
    fn of(head: &[u8]) -> Result<Self, &'static str> {
        if let Some((_, what)) = BINARY.iter().find(|(magic, _)| head.starts_with(magic)) {
            return Err(what);
        }
        if head.contains(&0) {
            return Err("a binary file; text in JSON or YAML is read");
        }
        let head = head.strip_prefix("\u{feff}".as_bytes()).unwrap_or(head).trim_ascii_start();
        let json = match head {
            // Two braces open a template directive, as in Helm charts, never a JSON document.
            [b'{', b'{', ..] => false,
            [b'{', ..] | [b'/', b'/' | b'*', ..] => true,
            // What is no value after the bracket is the heading of a section in an INI or TOML file.
            [b'[', rest @ ..] => {
                let first = rest.trim_ascii_start().first();
                first.is_none_or(|byte| b"{[\"]-0123456789tfn/".contains(byte))
            }
            // A rotated log can begin in the middle of a record.
            _ => head.split(|byte| *byte == b'\n').any(|line| line.starts_with(b"{\"")),
        };
        Ok(match json {
            true => Self::Json,
            false if message_log::is_one(head) => Self::MessageLog,
            false => Self::Yaml,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads `bytes` and writes each piece on one line.
    fn pieces(bytes: &[u8], limits: &Limits) -> Vec<String> {
        let mut found = Vec::new();
        let mut input = bytes;
        let ended =
            documents(&mut input, limits, &mut |_| ControlFlow::Continue(()), &mut |piece| {
                found.push(match piece {
                    Piece::Document { at, json, .. } => format!("{at} {json}"),
                    Piece::SetAside { kind, at, .. } => format!("{at} ! {kind}"),
                });
            });
        found.extend(ended.stopped.map(|stopped| format!("stopped: {stopped}")));
        found
    }

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        assert_eq!(pieces(text.as_bytes(), &Limits::default()), expected, "{text}");
    }

    #[test]
    fn json_in_every_wrapping() {
        check("{\"a\":1}", &[r#" {"a":1}"#]);
        check("{\"a\":1}\n{\"b\":2}\r\n\n", &[r#":1 {"a":1}"#, r#":2 {"b":2}"#]);
        check("{\n \"a\": 1\n}\n", &[" {\n \"a\": 1\n}"]);
        check("{\n\"a\":1\n}\n{\n\"b\":2\n}", &[":1# {\n\"a\":1\n}", ":2# {\n\"b\":2\n}"]);
        check("{\n\"a\":1\n}{\n\"b\":2\n}", &[":1# {\n\"a\":1\n}", ":2# {\n\"b\":2\n}"]);
        check(r#"{"a":1}{"b":2}"#, &[r#":bytes 0-7 {"a":1}"#, r#":bytes 7-14 {"b":2}"#]);
        check("\u{feff}[1]", &[" [1]"]);
        check("", &[]);
        check(" \n\n", &[]);
        let big = r#"{"id":340282366920938463463374607431768211455}"#;
        check(big, &[&format!(" {big}")]);
    }

    #[test]
    fn json_with_comments() {
        check("// c\n{\"a\": 1, // x\n \"b\": [1,],\n}", &[" {\"a\": 1,     \n \"b\": [1 ] \n}"]);
        check("/* c\n */ {\"a\":\"//no\",}", &["     \n    {\"a\":\"//no\" }"]);
    }

    #[test]
    fn a_malformed_line_is_set_aside_and_the_rest_is_read() {
        check(
            "{\"a\":1}\n{\"b\":\n{\"c\":3}\n{\"d\":4}",
            &[r#":1 {"a":1}"#, ":2 ! malformed", r#":3 {"c":3}"#, r#":4 {"d":4}"#],
        );
        check("{\"a\":\"x\n{\"b\":2}", &[":1 ! malformed", r#":2 {"b":2}"#]);
        check("nd\":1}\n{\"b\":2}", &[":1 ! malformed", r#":2 {"b":2}"#]);
        check("{\"a\":1}\n{\"b\":2", &[r#":1 {"a":1}"#, ":2 ! malformed"]);
        check("{\n\"a\": }\n}\n{\n\"b\":2\n}", &[":1 ! malformed", ":2# {\n\"b\":2\n}"]);
        check("{\"a\":1}\n{\n\"b\":2\n}\n", &[r#":1 {"a":1}"#, ":2# {\n\"b\":2\n}"]);
    }

    #[test]
    fn text_that_is_not_utf8_costs_its_line() {
        let found = pieces(b"{\"a\":1}\n{\"b\":\"\xff\"}\n{\"c\":3}", &Limits::default());
        assert_eq!(found, [r#":1 {"a":1}"#, ":2 ! malformed", r#":3 {"c":3}"#]);
    }

    #[test]
    fn yaml_documents() {
        check("a: 1\nb: [x, 'y']\n", &[r#" {"a":1,"b":["x","y"]}"#]);
        check(
            "---\na: 1\n---\n# none\n---\nb: no\n...\n",
            &[r#":1# {"a":1}"#, r#":2# {"b":"no"}"#],
        );
        check(
            "a: 1\n---\nb: [\n---\nc: 3\n",
            &[r#":1# {"a":1}"#, ":3 ! malformed", r#":3# {"c":3}"#],
        );
        check("8080: x\ntrue: y\n", &[r#" {"8080":"x","true":"y"}"#]);
    }

    #[test]
    fn compression_is_undone() {
        use std::io::Write;
        let gzip = |bytes: &[u8]| {
            let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            out.write_all(bytes).expect("in memory");
            out.finish().expect("in memory")
        };
        let (one, two) = (gzip(b"{\"a\":1}\n"), gzip(b"{\"b\":2}\n"));
        let expected = [r#":1 {"a":1}"#, r#":2 {"b":2}"#];
        let members = [one.clone(), two].concat();
        assert_eq!(pieces(&members, &Limits::default()), expected);
        assert_eq!(pieces(&gzip(&members), &Limits::default()), expected);
        let zstd = zstd::encode_all(&b"{\"a\":1}\n{\"b\":2}"[..], 1).expect("in memory");
        assert_eq!(pieces(&zstd, &Limits::default()), expected);

        let cut = one.get(..one.len() - 6).expect("a gzip file is longer");
        let found = pieces(cut, &Limits::default());
        assert_eq!(found.first().map(String::as_str), Some(r#" {"a":1}"#));
        assert!(found.last().is_some_and(|last| last.starts_with("stopped")), "{found:?}");
    }

    #[test]
    fn limits_are_reported() {
        let limits = Limits { total: 40, document: 12, yaml_document: 12, depth: 3, yaml_depth: 3 };
        let check = |text: &str, expected: &[&str]| {
            assert_eq!(pieces(text.as_bytes(), &limits), expected, "{text}");
        };
        check(
            "{\"a\":1}\n{\"long\":\"longer\"}\n{\"b\":2}",
            &[r#":1 {"a":1}"#, ":2 ! limit", r#":3 {"b":2}"#],
        );
        check("{\n\"a\":1,\n\"b\":2,\n\"c\":3\n}\n{\"d\":4}", &[":1 ! limit", r#":6 {"d":4}"#]);
        check("[[[[1]]]]\n[[[1]]]", &[":1 ! limit", ":2 [[[1]]]"]);
        check("a: 1\nb: 2\nc: 3\n---\nd: 4\n", &[":1 ! limit", r#":2# {"d":4}"#]);
        check(
            "{\"a\":1}\n{\"a\":1}\n{\"a\":1}\n{\"a\":1}\n{\"a\":1}\n{\"a\":1}\n",
            &[
                r#":1 {"a":1}"#,
                r#":2 {"a":1}"#,
                r#":3 {"a":1}"#,
                r#":4 {"a":1}"#,
                r#":5 {"a":1}"#,
                "stopped: more than 40 bytes after decompression",
            ],
        );
    }

    #[test]
    fn other_text_is_said_so() {
        check("Licence\nTerms: a: b\n", &[":1 ! unknown-format"]);
        check("[section]\nkey = [\n", &[":1 ! unknown-format"]);
    }

    #[test]
    fn what_is_no_text_is_said_so() {
        for bytes in [&b"PK\x03\x04rest"[..], b"a\0b", b"\xff\xfea\0"] {
            assert_eq!(pieces(bytes, &Limits::default()), [" ! unknown-format"]);
        }
    }
}
