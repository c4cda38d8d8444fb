//! A JSON document too long to be held, handed on in slices.
//!
//! The elements of the document's outermost array (`[…]`, `{"Records":[…]}`, a Kubernetes list) are
//! handed on as they come, a batch at a time, each batch inside what stood around the array before it:
//! `{"kind":"EventList","items":[…a batch…]}`. A format reads slices as it reads documents. Members
//! that come after the array arrive once, with the array empty. Arrays that were complete before the
//! slicing began are in the first slice only, so that nothing is read twice.

#[cfg(test)]
mod tests;

use std::io::{self, BufRead};

use super::{Limits, Piece};
use crate::domain::{Location, ProblemKind};

/// Bytes of elements in one slice, at least.
const SLICE: usize = 1 << 20;

/// How the document ended.
#[derive(Debug, Default)]
pub struct End {
    /// Bytes of what was read before that belong to the document.
    pub of_prefix: usize,
    /// Bytes of the input that were read, and line breaks among them.
    pub consumed: u64,
    pub breaks: u64,
    /// Why it did not end as a document should. What was read until then has been handed on.
    pub broken: Option<(ProblemKind, String)>,
}

/// Reads the document that begins with `prefix`, which stands at `offset` in the text, and goes on in
/// `input`.
pub fn read(
    prefix: &[u8],
    offset: u64,
    input: &mut impl BufRead,
    limits: &Limits,
    each: &mut dyn FnMut(Piece<'_>),
) -> io::Result<End> {
    let mut slicer = Slicer::new(offset, limits, each);
    let (of_prefix, mut outcome) = slicer.feed(prefix);
    let mut end = End { of_prefix, ..End::default() };
    while matches!(outcome, Outcome::Open) {
        let chunk = input.fill_buf()?;
        if chunk.is_empty() {
            slicer.spill_complete();
            let message = "the document that begins here is cut off".to_owned();
            outcome = Outcome::Broken(ProblemKind::Malformed, message);
            break;
        }
        let taken;
        (taken, outcome) = slicer.feed(chunk);
        let passed = chunk.iter().take(taken);
        end.breaks += passed.filter(|byte| **byte == b'\n').count() as u64;
        input.consume(taken);
        end.consumed += taken as u64;
    }
    if let Outcome::Broken(kind, message) = outcome {
        end.broken = Some((kind, message));
    }
    Ok(end)
}

enum Outcome {
    Open,
    Complete,
    Broken(ProblemKind, String),
}

/// An array or object that is open.
#[derive(Default)]
struct Frame {
    is_array: bool,
    /// The text of a member's key, quotes included, until its value is complete.
    key: Option<Vec<u8>>,
    after_colon: bool,
    children: Vec<Child>,
    bytes: usize,
    /// Some of its children, or of theirs, have been handed on.
    spilled: bool,
    /// Offset of the first child that has not been handed on.
    start: u64,
    /// Where the last complete child ends.
    end: u64,
    /// A comma was read: another child must follow.
    after_comma: bool,
}

/// A complete child: `"key":value` or `value`.
struct Child {
    text: Vec<u8>,
    /// Where the value begins.
    value: usize,
}

/// Larger values around the array are in the first slice only.
const REPEATED: usize = 4 << 10;

impl Child {
    /// Empties what must not be said again: arrays, and large objects.
    fn forget(&mut self) {
        let value = self.text.get(self.value..).unwrap_or_default();
        let empty: &[u8] = match value.first() {
            Some(b'[') => b"[]",
            Some(b'{') if value.len() > REPEATED => b"{}",
            _ => return,
        };
        self.text.truncate(self.value);
        self.text.extend_from_slice(empty);
    }
}

struct Slicer<'a> {
    limits: &'a Limits,
    each: &'a mut dyn FnMut(Piece<'_>),
    offset: u64,
    frames: Vec<Frame>,
    /// The string, number or word being read.
    token: Vec<u8>,
    state: State,
    /// Something was read since the last slice was handed on.
    is_fresh: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    Between,
    Word,
    String,
    Escape,
}

impl<'a> Slicer<'a> {
    fn new(offset: u64, limits: &'a Limits, each: &'a mut dyn FnMut(Piece<'_>)) -> Self {
        Self {
            limits,
            each,
            offset,
            frames: Vec::new(),
            token: Vec::new(),
            state: State::Between,
            is_fresh: false,
        }
    }

    /// Feeds bytes; says how many were taken and where that leaves the document.
    fn feed(&mut self, bytes: &[u8]) -> (usize, Outcome) {
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            // Most of a document is inside strings: those are copied in runs.
            if self.state == State::String {
                let rest = bytes.get(at..).unwrap_or_default();
                let run = rest.iter().position(|byte| matches!(byte, b'"' | b'\\'));
                let run = rest.get(..run.unwrap_or(rest.len())).unwrap_or_default();
                self.token.extend_from_slice(run);
                self.offset += run.len() as u64;
                at += run.len();
                if self.held() + self.token.len() > self.limits.document {
                    return (at, self.too_long());
                }
                if at == bytes.len() {
                    break;
                }
            }
            let byte = bytes.get(at).copied().unwrap_or(byte);
            match self.step(byte) {
                Ok(()) => {}
                Err(outcome) => return (at + 1, outcome),
            }
            at += 1;
            self.offset += 1;
            if self.frames.is_empty() && self.state == State::Between {
                return (at, Outcome::Complete);
            }
        }
        (at, Outcome::Open)
    }

    /// Bytes held in all frames.
    fn held(&self) -> usize {
        self.frames.iter().map(|frame| frame.bytes).sum()
    }

    fn too_long(&mut self) -> Outcome {
        let message = format!("a value is longer than {} bytes", self.limits.document);
        Outcome::Broken(ProblemKind::Limit, message)
    }

    fn step(&mut self, byte: u8) -> Result<(), Outcome> {
        match self.state {
            State::Escape => {
                self.token.push(byte);
                self.state = State::String;
            }
            State::String => {
                self.token.push(byte);
                match byte {
                    b'\\' => self.state = State::Escape,
                    b'"' => {
                        self.state = State::Between;
                        return self.string_ends();
                    }
                    _ => {}
                }
            }
            State::Word if !matches!(byte, b',' | b']' | b'}' | b' ' | b'\t' | b'\r' | b'\n') => {
                self.token.push(byte);
            }
            State::Word => {
                self.state = State::Between;
                let word = std::mem::take(&mut self.token);
                // The byte after a word is no part of it.
                self.offset -= 1;
                let read = self.child(word, true);
                self.offset += 1;
                read?;
                return self.step(byte);
            }
            State::Between => return self.structure(byte),
        }
        Ok(())
    }

    fn structure(&mut self, byte: u8) -> Result<(), Outcome> {
        match byte {
            b' ' | b'\t' | b'\r' | b'\n' => Ok(()),
            b'{' | b'[' => self.open(byte == b'['),
            b'}' | b']' => self.close(byte == b']'),
            b',' => match self.frames.last_mut() {
                Some(frame) if !frame.after_comma && frame.key.is_none() => {
                    frame.after_comma = true;
                    Ok(())
                }
                _ => Err(self.unexpected(byte)),
            },
            b':' => match self.frames.last_mut() {
                Some(frame) if frame.key.is_some() && !frame.after_colon => {
                    frame.after_colon = true;
                    Ok(())
                }
                _ => Err(self.unexpected(byte)),
            },
            b'"' => {
                self.state = State::String;
                self.token.push(byte);
                Ok(())
            }
            _ if self.frames.is_empty() => Err(self.unexpected(byte)),
            _ => {
                self.state = State::Word;
                self.token.push(byte);
                Ok(())
            }
        }
    }

    fn unexpected(&self, byte: u8) -> Outcome {
        let shown = char::from(byte).escape_default();
        let message = format!("`{shown}` is not expected at byte {}", self.offset);
        Outcome::Broken(ProblemKind::Malformed, message)
    }

    fn open(&mut self, is_array: bool) -> Result<(), Outcome> {
        if self.frames.len() >= self.limits.depth {
            let message = format!("nested deeper than {} levels", self.limits.depth);
            return Err(Outcome::Broken(ProblemKind::Limit, message));
        }
        if self.frames.last().is_some_and(|frame| !frame.is_array && !frame.after_colon) {
            return Err(self.unexpected(if is_array { b'[' } else { b'{' }));
        }
        self.frames.push(Frame { is_array, start: self.offset + 1, ..Frame::default() });
        Ok(())
    }

    fn close(&mut self, is_array: bool) -> Result<(), Outcome> {
        let fits = |frame: &Frame| frame.is_array == is_array && frame.key.is_none();
        let Some(frame) = self.frames.pop_if(|frame| fits(frame)) else {
            return Err(self.unexpected(if is_array { b']' } else { b'}' }));
        };
        if frame.spilled && !self.is_fresh {
            // All of it has been handed on.
            return match self.frames.last() {
                Some(parent) if !parent.is_array => self.child(b"[]".to_vec(), false),
                _ => Ok(()),
            };
        }
        let is_last = self.frames.is_empty();
        if is_last || (frame.spilled && frame.is_array) {
            self.frames.push(frame);
            self.spill(self.frames.len() - 1);
            self.frames.pop();
            return if is_last { Ok(()) } else { self.child(b"[]".to_vec(), false) };
        }
        let is_fresh = !frame.spilled;
        self.child(joined(&frame), is_fresh)
    }

    fn string_ends(&mut self) -> Result<(), Outcome> {
        let text = std::mem::take(&mut self.token);
        match self.frames.last_mut() {
            Some(frame) if !frame.is_array && frame.key.is_none() => {
                frame.key = Some(text);
                frame.after_comma = false;
                Ok(())
            }
            _ => self.child(text, true),
        }
    }

    /// A value is complete. It is fresh unless it stands for what has been handed on.
    fn child(&mut self, value: Vec<u8>, fresh: bool) -> Result<(), Outcome> {
        let Some(frame) = self.frames.last_mut() else {
            return Err(self.unexpected(b'"'));
        };
        let mut text = frame.key.take().unwrap_or_default();
        if !frame.is_array {
            if !std::mem::take(&mut frame.after_colon) {
                let offset = self.offset;
                let message = format!("a member without a colon at byte {offset}");
                return Err(Outcome::Broken(ProblemKind::Malformed, message));
            }
            text.push(b':');
        }
        let start = text.len();
        text.extend_from_slice(&value);
        frame.after_comma = false;
        frame.end = self.offset + 1;
        frame.bytes += text.len();
        frame.spilled |= !fresh;
        frame.children.push(Child { text, value: start });
        self.is_fresh |= fresh;
        self.relieve()
    }

    /// Hands on what has become too much to hold.
    fn relieve(&mut self) -> Result<(), Outcome> {
        let outermost = self.frames.iter().position(|frame| frame.is_array);
        let is_full =
            |depth: &usize| self.frames.get(*depth).is_some_and(|frame| frame.bytes >= SLICE);
        if let Some(depth) = outermost.filter(is_full) {
            self.spill(depth);
        }
        let held = self.held();
        if held > self.limits.document / 2 {
            // One element of the array is itself too long.
            let holds = |frame: &Frame| frame.is_array && !frame.children.is_empty();
            match self.frames.iter().position(holds) {
                Some(inner) => self.spill(inner),
                None if held > self.limits.document => return Err(self.too_long()),
                None => {}
            }
        }
        Ok(())
    }

    /// Hands on what the frame at this depth holds, inside what stands around it.
    fn spill(&mut self, depth: usize) {
        let frames = self.frames.get_mut(..=depth).unwrap_or_default();
        let Some((inner, outer)) = frames.split_last_mut() else { return };
        let mut text = Vec::new();
        for frame in outer.iter() {
            begin(&mut text, frame);
            if let Some(key) = &frame.key {
                separate(&mut text);
                text.extend_from_slice(key);
                text.push(b':');
            }
        }
        begin(&mut text, inner);
        for frame in [&*inner].into_iter().chain(outer.iter().rev()) {
            text.push(if frame.is_array { b']' } else { b'}' });
        }
        let is_slice = inner.spilled || !outer.is_empty();
        piece(&text, inner.start, inner.end, is_slice, self.each);
        inner.children.clear();
        inner.bytes = 0;
        inner.spilled = true;
        inner.start = inner.end + 1;
        for frame in outer {
            frame.spilled = true;
            match frame.is_array {
                true => frame.children.clear(),
                false => frame.children.iter_mut().for_each(Child::forget),
            }
            frame.bytes = frame.children.iter().map(|child| child.text.len()).sum();
        }
        self.is_fresh = false;
    }

    /// Hands on what is complete when the document breaks off.
    fn spill_complete(&mut self) {
        let holds = |frame: &Frame| frame.is_array && !frame.children.is_empty();
        if let Some(depth) = self.frames.iter().position(holds) {
            self.spill(depth);
        }
    }
}

fn joined(frame: &Frame) -> Vec<u8> {
    let mut text = Vec::with_capacity(frame.bytes + frame.children.len() + 2);
    begin(&mut text, frame);
    text.push(if frame.is_array { b']' } else { b'}' });
    text
}

/// The opening bracket and the complete children.
fn begin(text: &mut Vec<u8>, frame: &Frame) {
    separate(text);
    text.push(if frame.is_array { b'[' } else { b'{' });
    for child in &frame.children {
        separate(text);
        text.extend_from_slice(&child.text);
    }
}

/// A comma, unless something has just been opened.
fn separate(text: &mut Vec<u8>) {
    if !matches!(text.last(), None | Some(b'[' | b'{' | b':')) {
        text.push(b',');
    }
}

fn piece(text: &[u8], start: u64, end: u64, is_slice: bool, each: &mut dyn FnMut(Piece<'_>)) {
    let at = Location::Bytes { start, end };
    let read = std::str::from_utf8(text).map_err(|_| "the text is not UTF-8".to_owned());
    let read = read.and_then(|json| match serde_json::from_str(json) {
        Ok(top) => Ok((json, top)),
        Err(error) => Err(super::json::reason(&error)),
    });
    match read {
        Ok((json, top)) => each(Piece::Document { at, json, top, is_slice }),
        Err(message) => each(Piece::SetAside { kind: ProblemKind::Malformed, at, message }),
    }
}
