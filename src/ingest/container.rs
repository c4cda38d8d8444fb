//! Bytes → JSON documents, whatever they were wrapped in.
//!
//! Compression is undone by magic number. Text is told apart by its first bytes as JSON (lines,
//! concatenated, single, with comments) or YAML, and by the ending of the file's name or its first
//! bytes as TOML, Markdown with front matter or recorded HTTP messages; telemetry in protobuf is told
//! by its first record. Documents are handed on one at a time: a log of any
//! size is read in memory that its longest document bounds. A malformed document is handed on as
//! [`Piece::SetAside`] and reading goes on with the next.

mod bytes;
pub mod front_matter;
mod http;
mod json;
mod jsonc;
mod lines;
mod message_log;
mod otlp_protobuf;
mod scanner;
mod slices;
mod toml;
mod yaml;

use std::cell::Cell;
use std::io::{self, BufReader, Read};
use std::ops::ControlFlow;

use super::detect::TopLevel;
use crate::domain::{Location, ProblemKind};

pub use bytes::{Stopped, Swell};

/// Bounds on what one piece of evidence may make the reader do.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How far a compressed file may swell.
    pub swell: Swell,
    /// Bytes of one JSON value that cannot be taken apart.
    pub document: usize,
    /// Bytes of one JSON document or line above which it is read in slices.
    pub held: usize,
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
            swell: bytes::Swell { least: 1 << 30, times: 200 },
            document: 256 << 20,
            held: 32 << 20,
            yaml_document: 64 << 20,
            depth: 128,
            yaml_depth: 64,
        }
    }
}

/// What a container hands on.
#[derive(Debug)]
pub enum Piece<'a> {
    /// A well-formed document with what it looks like from outside. A slice is a part of a document
    /// that is too long to be held: others of its kind come before or after it.
    Document { at: Location, json: &'a str, top: TopLevel<'a>, is_slice: bool },
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

/// Reads every document of `input` into `each`. `path` is the file's, without the ending of a
/// compressed file.
pub fn documents(
    input: &mut dyn Read,
    path: &str,
    limits: &Limits,
    progress: &mut dyn FnMut(u64) -> ControlFlow<()>,
    each: &mut dyn FnMut(Piece<'_>),
) -> Ended {
    let loaded = Cell::new(0);
    let mut counted = bytes::Counted::new(input, progress, &loaded);
    let result = text_documents(&mut counted, path, limits, &loaded, each);
    Ended { bytes: loaded.get(), stopped: result.err().map(Stopped::from) }
}

/// How much of the text decides on its syntax.
const SNIFFED: usize = 64 << 10;

fn text_documents(
    raw: &mut dyn Read,
    path: &str,
    limits: &Limits,
    loaded: &Cell<u64>,
    each: &mut dyn FnMut(Piece<'_>),
) -> io::Result<()> {
    let mut decompressed = bytes::decompressed(raw, limits.swell, loaded)?;
    let head = bytes::peek(&mut *decompressed, SNIFFED);
    if let Some(framing) = otlp_protobuf::Framing::of(head.bytes()) {
        let input = BufReader::with_capacity(256 << 10, head.chain(decompressed));
        return otlp_protobuf::read(input, framing, limits, each);
    }
    let syntax = match Syntax::of(head.bytes(), path) {
        Ok(syntax) => syntax,
        Err((kind, what)) => {
            each(Piece::SetAside { kind, at: Location::Whole, message: what.to_owned() });
            return Ok(());
        }
    };
    let text = BufReader::with_capacity(256 << 10, head.chain(decompressed));
    match syntax {
        Syntax::Json => json::read(&mut lines::Lines::new(text, limits.held), limits, each),
        Syntax::MessageLog => {
            message_log::read(&mut lines::Lines::new(text, limits.held), limits, each)
        }
        Syntax::Yaml => {
            yaml::read(&mut lines::Lines::new(text, limits.yaml_document), limits, each)
        }
        Syntax::Toml => toml::read(text, each),
        Syntax::Http => http::read(text, limits, each),
        Syntax::FrontMatter => front_matter::read(text, limits, each),
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Syntax {
    Json,
    /// Lines of text with a JSON-RPC message in each.
    MessageLog,
    Yaml,
    Toml,
    FrontMatter,
    /// Recorded messages with JSON bodies.
    Http,
}

/// What the ending of a file's name says of its text.
const ENDINGS: &[(&str, Syntax)] = &[
    (".toml", Syntax::Toml),
    (".md", Syntax::FrontMatter),
    (".mdc", Syntax::FrontMatter),
    (".markdown", Syntax::FrontMatter),
    // Of these two the content decides which: people name one and write the other.
    (".yaml", Syntax::Yaml),
    (".yml", Syntax::Yaml),
    (".json", Syntax::Json),
    (".jsonl", Syntax::Json),
];

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
    /// Tells the syntax by the first bytes of the text and the file's name, or says what the file is
    /// instead.
    fn of(head: &[u8], path: &str) -> Result<Self, (ProblemKind, &'static str)> {
        if let Some((_, what)) = BINARY.iter().find(|(magic, _)| head.starts_with(magic)) {
            return Err((ProblemKind::UnknownFormat, what));
        }
        if head.contains(&0) {
            return Err((
                ProblemKind::UnknownFormat,
                "a binary file; text in JSON or YAML is read",
            ));
        }
        let is_whole = head.len() < SNIFFED;
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
        // A priority in front of a log line has a digit there (RFC 5424 §6.2.1).
        if let (false, [b'<', b'?' | b'!' | b'A'..=b'Z' | b'a'..=b'z', ..]) = (json, head) {
            return Err((
                ProblemKind::Unsupported,
                "XML or HTML; ask the source for JSON instead (`--output json`)",
            ));
        }
        let ending = ENDINGS.iter().find(|(ending, _)| path.ends_with(ending));
        match ending.map(|(_, syntax)| *syntax) {
            Some(Self::Toml) => Ok(Self::Toml),
            _ if http::is_message(head) => Ok(Self::Http),
            _ if json => Ok(Self::Json),
            Some(Self::FrontMatter) if !head.starts_with(b"---") => Err((
                ProblemKind::UnknownFormat,
                "Markdown without front matter: prose, which declares nothing",
            )),
            Some(Self::FrontMatter) => Ok(Self::FrontMatter),
            Some(Self::Yaml | Self::Json | Self::Http | Self::MessageLog) => Ok(Self::Yaml),
            None if message_log::is_one(head) => Ok(Self::MessageLog),
            None if front_matter::has_front_matter(head) => Ok(Self::FrontMatter),
            // A part of a longer text may not parse.
            None if is_whole && toml::is_toml(head) => Ok(Self::Toml),
            None => Ok(Self::Yaml),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads `bytes` and writes each piece on one line.
    fn pieces(bytes: &[u8], limits: &Limits) -> Vec<String> {
        pieces_of("", bytes, limits)
    }

    fn pieces_of(path: &str, bytes: &[u8], limits: &Limits) -> Vec<String> {
        let mut found = Vec::new();
        let (mut input, mut go_on) = (bytes, |_| ControlFlow::Continue(()));
        let ended = documents(&mut input, path, limits, &mut go_on, &mut |piece| {
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
    fn xml_is_named() {
        check("<?xml version=\"1.0\"?>\n<bom/>", &[" ! unsupported"]);
        check("\u{feff} <bom/>", &[" ! unsupported"]);
        check("<b>x\"}\n{\"a\":1}", &[":1 ! malformed", r#":2 {"a":1}"#]);
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
        check("%YAML 1.2\n---\na: 1\n", &[r#" {"a":1}"#]);
        check("%no directive\n", &[":1 ! unknown-format"]);
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
        let limits = Limits {
            swell: bytes::Swell { least: 40, times: 1 },
            document: 12,
            held: 12,
            yaml_document: 12,
            depth: 3,
            yaml_depth: 3,
        };
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
    }

    #[test]
    fn what_swells_too_far_is_stopped() {
        let lines = "{\"a\":1}\n".repeat(100);
        let packed = zstd::encode_all(lines.as_bytes(), 1).expect("in memory");
        let read = |least, times| {
            let swell = bytes::Swell { least, times };
            pieces(&packed, &Limits { swell, ..Limits::default() })
        };
        assert_eq!(read(1000, 1).len(), 100);
        assert_eq!(read(10, 1000).len(), 100);
        let stopped = read(40, 1);
        assert!(stopped.len() < 10, "{stopped:?}");
        assert!(stopped.last().is_some_and(|last| last.starts_with("stopped: ")), "{stopped:?}");
        assert_eq!(pieces(lines.as_bytes(), &Limits::default()).len(), 100);
    }

    #[test]
    fn what_is_too_long_to_hold_is_read_in_slices() {
        let limits = Limits { held: 10, document: 60, ..Limits::default() };
        let check = |text: &str, expected: &[&str]| {
            assert_eq!(pieces(text.as_bytes(), &limits), expected, "{text}");
        };
        let items = r#"{"n":1},{"n":2},{"n":3},{"n":4},{"n":5}"#;
        check(
            &format!("[{items}]\n{{\"d\":4}}\n"),
            &[
                r#":bytes 1-32 [{"n":1},{"n":2},{"n":3},{"n":4}]"#,
                r#":bytes 33-40 [{"n":5}]"#,
                r#":2 {"d":4}"#,
            ],
        );
        let pretty = format!("{{\n\"Records\":\n[{}]\n}}\n{{\"d\":4}}", items.replace(',', ",\n"));
        check(
            &pretty,
            &[
                r#":bytes 14-48 {"Records":[{"n":1},{"n":2},{"n":3},{"n":4}]}"#,
                r#":bytes 49-57 {"Records":[{"n":5}]}"#,
                r#":9 {"d":4}"#,
            ],
        );
        check(
            "{\"a\":1,\"b\":2}{\"c\":3}\n{\"d\":4}",
            &[r#":bytes 1-12 {"a":1,"b":2}"#, r#":1 {"c":3}"#, r#":2 {"d":4}"#],
        );
        check("{\"a\":[1,2,3}, {\"b\":2}\n{\"d\":4}", &[":1 ! malformed", r#":2 {"d":4}"#]);
    }

    #[test]
    fn toml_and_front_matter_by_name_or_content() {
        let check = |path: &str, text: &str, expected: &str| {
            let found = pieces_of(path, text.as_bytes(), &Limits::default());
            assert_eq!(found, [expected], "{path} {text}");
        };
        check("a/c.toml", "[tools]\na = 1\n", r#" {"tools":{"a":1}}"#);
        check("-", "model = \"m\"\n[a]\n", r#" {"a":{},"model":"m"}"#);
        check("a.md", "---\na: b\n---\nc: d\n", r#" {"$body":"c: d\n","a":"b"}"#);
        check("SKILL", "---\na: b\n---\nDo so.\n", r#" {"$body":"Do so.\n","a":"b"}"#);
        check("a.md", "# Title\n", " ! unknown-format");
        check("a.md", "{\"a\":1}", r#" {"a":1}"#);
        let documents = pieces_of("a.yaml", b"---\na: b\n---\nDo so.\n", &Limits::default());
        assert_eq!(documents, [r#":1# {"a":"b"}"#, r#":2# "Do so.""#]);
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
        assert_eq!(pieces(b" <A>b</A>", &Limits::default()), [" ! unsupported"]);
    }
}
