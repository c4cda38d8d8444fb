//! JSON text → documents: lines, concatenated, pretty-printed, with comments.

use std::collections::VecDeque;
use std::io::{self, BufRead};

use serde_json::Deserializer;

use super::lines::{Content, Line, Lines};
use super::scanner::{self, Fed, Scanner};
use super::{Limits, Piece, jsonc, slices};
use crate::domain::text::visible;
use crate::domain::{Location, ProblemKind, Text};
use crate::ingest::detect::TopLevel;

/// Reads every document of `lines` into `each`.
pub fn read(
    lines: &mut Lines<impl BufRead>,
    limits: &Limits,
    each: &mut dyn FnMut(Piece<'_>),
) -> io::Result<()> {
    let mut splitter = Splitter {
        limits,
        each,
        first: First::None,
        ordinal: 0,
        open: None,
        skipping: false,
        again: VecDeque::new(),
        long: None,
    };
    let result = loop {
        match lines.next() {
            Ok(Some(line)) => splitter.line(line),
            Ok(None) => break Ok(()),
            Err(error) => break Err(error),
        }
        if let Some(long) = splitter.long.take()
            && let Err(error) = splitter.slices(&long, lines)
        {
            break Err(error);
        }
    };
    splitter.finish();
    result
}

/// A broken document over at most this many lines is read again from its second line.
const LINES_READ_AGAIN: usize = 8;

struct Splitter<'a> {
    limits: &'a Limits,
    each: &'a mut dyn FnMut(Piece<'_>),
    first: First,
    /// Documents seen so far.
    ordinal: u64,
    /// A document that began on an earlier line.
    open: Option<Open>,
    /// After a broken document, until a line begins with a bracket.
    skipping: bool,
    /// Lines of a broken document that are read again on their own.
    again: VecDeque<(u64, u64, String)>,
    /// A document that is too long to be held.
    long: Option<Long>,
}

/// What has been read of a document that is too long to be held, and where it begins.
struct Long {
    text: Vec<u8>,
    line: u64,
    offset: u64,
}

/// The first document is held back until it is known whether it is the only one, because that
/// decides how its place is written.
enum First {
    None,
    Held { at: Location, json: String },
    Gone,
}

impl Splitter<'_> {
    fn line(&mut self, line: Line<'_>) {
        match line.content {
            Content::Text(text) => self.text(line.number, line.offset, text),
            Content::NotUtf8 => {
                self.unusable(line.number, ProblemKind::Malformed, "the line is not UTF-8".into());
            }
            Content::TooLong(text) => self.long_line(line.number, line.offset, text),
        }
        self.read_again();
    }

    fn finish(&mut self) {
        while let Some(open) = self.open.take() {
            self.abandon(open, "the document that begins here is cut off".to_owned());
            self.read_again();
        }
        if let First::Held { json, .. } = std::mem::replace(&mut self.first, First::Gone) {
            self.hand_on(Location::Whole, &json);
        }
    }

    fn read_again(&mut self) {
        while let Some((number, offset, text)) = self.again.pop_front() {
            self.text(number, offset, &text);
        }
    }

    /// A line without usable text also breaks the document it stands in.
    fn unusable(&mut self, number: u64, kind: ProblemKind, message: String) {
        self.skipping |= self.open.take().is_some();
        self.set_aside(kind, number, message);
    }

    fn text(&mut self, number: u64, offset: u64, text: &str) {
        if self.open.is_some() {
            return self.go_on(number, offset, text);
        }
        if self.skipping && !text.starts_with(['{', '[']) {
            return;
        }
        self.skipping = false;
        if !text.trim_ascii().is_empty() {
            self.release_first();
            self.begin(number, offset, text);
        }
    }

    /// A line that is too long to be held is read in slices if a document goes on or begins there.
    fn long_line(&mut self, number: u64, offset: u64, text: &[u8]) {
        if let Some(open) = self.open.take() {
            let mut long = open.into_long();
            long.text.extend_from_slice(text);
            self.long = Some(long);
        } else if text.trim_ascii_start().starts_with(b"{")
            || text.trim_ascii_start().starts_with(b"[")
        {
            self.long = Some(Long { text: text.to_vec(), line: number, offset });
        } else {
            let message = format!("the line is longer than {} bytes", self.limits.held);
            self.unusable(number, ProblemKind::Limit, message);
        }
    }

    /// Reads a long document, and those that follow in what was read of its line.
    fn slices(&mut self, long: &Long, lines: &mut Lines<impl BufRead>) -> io::Result<()> {
        self.release_first();
        self.first = First::Gone;
        self.skipping = false;
        let mut rest = long.text.trim_ascii_start();
        while !rest.is_empty() {
            self.ordinal += 1;
            let offset = long.offset + (long.text.len() - rest.len()) as u64;
            let end = slices::read(rest, offset, lines.rest(), self.limits, self.each)?;
            rest = rest.get(end.of_prefix..).unwrap_or_default().trim_ascii_start();
            lines.passed(end.consumed, end.breaks);
            if let Some((kind, message)) = end.broken {
                (self.each)(Piece::SetAside { kind, at: Location::Line(long.line), message });
                self.skipping = true;
                lines.pass_line();
                break;
            }
        }
        Ok(())
    }

    /// Reads the documents on a line on which none is open.
    fn begin(&mut self, number: u64, offset: u64, line: &str) {
        let mut rest = line.trim_ascii_start();
        let mut alone = true;
        while !rest.is_empty() {
            let here = offset + (line.len() - rest.len()) as u64;
            let mut stream = Deserializer::from_str(rest).into_iter::<TopLevel<'_>>();
            let error = match stream.next() {
                None => return,
                Some(Err(error)) => error,
                Some(Ok(top)) => {
                    let (json, after) = split(rest, stream.byte_offset());
                    rest = after.trim_ascii_start();
                    alone &= rest.is_empty();
                    let at = match alone {
                        true => Location::Line(number),
                        false => Location::Bytes { start: here, end: here + json.len() as u64 },
                    };
                    self.document(at, json, top);
                    continue;
                }
            };
            let mut open = Open::new(number);
            match open.push(number, here, rest) {
                Fed::Open if open.scanner.is_idle() => return,
                Fed::Open => {
                    self.open = Some(open);
                    return;
                }
                Fed::Broken => {
                    return self.set_aside(ProblemKind::Malformed, number, reason(&error));
                }
                Fed::Complete(end) => {
                    let (json, after) = split(rest, end);
                    rest = after.trim_ascii_start();
                    self.lenient(Location::Line(number), number, json);
                }
            }
        }
    }

    /// Goes on with the open document on its next line.
    fn go_on(&mut self, number: u64, offset: u64, line: &str) {
        let Some(mut open) = self.open.take() else { return };
        match open.push(number, offset, line) {
            Fed::Open if open.text.len() > self.limits.held => {
                self.long = Some(open.into_long());
            }
            Fed::Open => self.open = Some(open),
            Fed::Broken => {
                let message = format!("the document that begins here breaks off at line {number}");
                self.abandon(open, message);
                if self.again.is_empty() {
                    self.again.push_back((number, offset, line.to_owned()));
                }
            }
            Fed::Complete(end) => {
                let (_, after) = split(line, end);
                let json = open.text.get(..open.text.len() - after.len() - 1).unwrap_or_default();
                let at = Location::Pointer(Text::from(format!("{}#", self.ordinal + 1)));
                self.lenient(at, open.line, json);
                self.text(number, offset + end as u64, after);
            }
        }
    }

    /// Sets the open document aside. It may have been one cut line followed by good ones: those are
    /// read again. Of a long document they are not, which bounds how often any byte is read.
    fn abandon(&mut self, open: Open, message: String) {
        self.set_aside(ProblemKind::Malformed, open.line, message);
        self.skipping = true;
        if open.starts.len() <= LINES_READ_AGAIN {
            for &(number, offset, start) in open.starts.iter().skip(1).rev() {
                let line = open.text.get(start..).and_then(|rest| rest.lines().next());
                self.again.push_front((number, offset, line.unwrap_or_default().to_owned()));
            }
        }
    }

    /// Parses a document that may hold comments and trailing commas.
    fn lenient(&mut self, at: Location, line: u64, text: &str) {
        let json = match serde_json::from_str::<TopLevel<'_>>(text) {
            Ok(top) => return self.document(at, text, top),
            Err(_) => jsonc::to_json(text),
        };
        match serde_json::from_str(&json) {
            Ok(top) => self.document(at, &json, top),
            Err(error) => {
                let line = line + (error.line() as u64).saturating_sub(1);
                self.set_aside(ProblemKind::Malformed, line, reason(&error));
            }
        }
    }

    fn document(&mut self, at: Location, json: &str, top: TopLevel<'_>) {
        self.ordinal += 1;
        if scanner::is_deeper_than(self.limits.depth, json) {
            self.release_first();
            self.first = First::Gone;
            let message = format!("nested deeper than {} levels", self.limits.depth);
            return (self.each)(Piece::SetAside { kind: ProblemKind::Limit, at, message });
        }
        if matches!(self.first, First::None) {
            self.first = First::Held { at, json: json.to_owned() };
        } else {
            self.release_first();
            (self.each)(Piece::Document { at, json, top, is_slice: false });
        }
    }

    fn set_aside(&mut self, kind: ProblemKind, line: u64, message: String) {
        self.ordinal += 1;
        self.release_first();
        self.first = First::Gone;
        (self.each)(Piece::SetAside { kind, at: Location::Line(line), message });
    }

    /// Hands on the first document, now that another follows.
    fn release_first(&mut self) {
        if !matches!(self.first, First::Held { .. }) {
            return;
        }
        if let First::Held { at, json } = std::mem::replace(&mut self.first, First::Gone) {
            self.hand_on(at, &json);
        }
    }

    fn hand_on(&mut self, at: Location, json: &str) {
        // It parsed before it was held.
        if let Ok(top) = serde_json::from_str(json) {
            (self.each)(Piece::Document { at, json, top, is_slice: false });
        }
    }
}

/// A document that goes over several lines.
struct Open {
    text: String,
    line: u64,
    scanner: Scanner,
    /// Number, offset and position in `text` of its first lines, one more than are read again.
    starts: Vec<(u64, u64, usize)>,
}

impl Open {
    fn new(line: u64) -> Self {
        Self { text: String::new(), line, scanner: Scanner::default(), starts: Vec::new() }
    }

    fn push(&mut self, number: u64, offset: u64, line: &str) -> Fed {
        if self.starts.len() <= LINES_READ_AGAIN {
            self.starts.push((number, offset, self.text.len()));
        }
        self.text.push_str(line);
        self.text.push('\n');
        self.scanner.feed(line)
    }

    fn into_long(self) -> Long {
        let offset = self.starts.first().map_or(0, |(_, offset, _)| *offset);
        Long { text: self.text.into_bytes(), line: self.line, offset }
    }
}

fn split(text: &str, at: usize) -> (&str, &str) {
    text.split_at_checked(at).unwrap_or((text, ""))
}

/// What is wrong, without the place, which the problem carries.
pub(super) fn reason(error: &serde_json::Error) -> String {
    let message = error.to_string();
    let what = message.rsplit_once(" at line ").map_or(message.as_str(), |(what, _)| what);
    format!("{} at column {}", visible(what), error.column())
}
