//! OTLP in protobuf → OTLP JSON: request bodies as exporters send them, and streams of such messages,
//! each after its length, as the collector's file exporter writes them with `format: proto`.
//!
//! Traces, logs and metrics all begin with a list of resources; each resource with all that it wrote
//! becomes one document, so that memory is bounded by the longest of them and the JSON reader is the
//! only one that knows what the fields mean.

mod schema;
mod signal;
#[cfg(test)]
mod tests;
mod wire;

use std::io::{self, Read};

use self::signal::Signal;
use self::wire::{CUT, Fault, LONGEST_VARINT};
use super::{Limits, Piece, scanner};
use crate::domain::{Location, ProblemKind};

/// What stands between the messages of a file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Framing {
    /// Nothing: the body of a request.
    Bare,
    /// The length of the next message in four bytes, the highest first.
    Fixed32,
    /// The same as a base-128 number.
    Varint,
}

impl Framing {
    /// How the messages are framed if the file is OTLP: a span, log record or metric must be found
    /// where one belongs.
    pub fn of(head: &[u8]) -> Option<Self> {
        [Self::Bare, Self::Fixed32, Self::Varint]
            .into_iter()
            .find(|framing| framing.first(head).and_then(Signal::of_request).is_some())
    }

    /// The beginning of the first message.
    fn first(self, head: &[u8]) -> Option<&[u8]> {
        let (length, rest) = match self {
            Self::Bare => return Some(head),
            Self::Fixed32 => {
                let (length, rest) = head.split_first_chunk()?;
                (u64::from(u32::from_be_bytes(*length)), rest)
            }
            Self::Varint => {
                let (length, size) = wire::varint(head).ok()?;
                (length, head.get(size..)?)
            }
        };
        Some(rest.get(..usize::try_from(length).ok()?).unwrap_or(rest))
    }
}

/// Reads every resource of every message into `each`.
pub fn read(
    input: impl Read,
    framing: Framing,
    limits: &Limits,
    each: &mut dyn FnMut(Piece<'_>),
) -> io::Result<()> {
    let mut reader = Reader { input, offset: 0, signal: Signal::Traces, limits, each };
    loop {
        let start = reader.offset;
        let length = match framing {
            Framing::Bare => return reader.message(UNKNOWN),
            Framing::Fixed32 => reader.fixed32()?,
            Framing::Varint => reader.varint()?,
        };
        match length {
            Ok(None) => return Ok(()),
            Ok(Some(length)) => reader.message(reader.offset.saturating_add(length))?,
            Err(what) => {
                reader.set_aside(start, Fault::malformed(what, 0));
                return Ok(());
            }
        }
    }
}

/// The end of a message that is not told its length: it ends with the file.
const UNKNOWN: u64 = u64::MAX;

/// Field 1, length-delimited: the list of resources in every request.
const RESOURCE_TAG: u64 = 0x0a;

/// How much longer than the message its JSON may be: a resource is bounded so much lower.
const EXPANSION: usize = 4;

struct Reader<'a, R> {
    input: R,
    offset: u64,
    /// Of the last resource that had a record to tell it by.
    signal: Signal,
    limits: &'a Limits,
    each: &'a mut dyn FnMut(Piece<'_>),
}

/// A number, nothing at the end of the file, or what is wrong.
type Length = io::Result<Result<Option<u64>, &'static str>>;

impl<R: Read> Reader<'_, R> {
    /// Reads one message that ends at `end`. A broken one costs itself.
    fn message(&mut self, end: u64) -> io::Result<()> {
        while self.offset < end {
            let start = self.offset;
            let fault = match self.field(end)? {
                Ok(true) => continue,
                Ok(false) if end == UNKNOWN => return Ok(()),
                Ok(false) => Fault::malformed(CUT, 0),
                Err(fault) => fault,
            };
            self.set_aside(start, fault);
            return self.skip(end.saturating_sub(self.offset));
        }
        Ok(())
    }

    /// Reads one field of the outermost message; `false` at the end of the file.
    fn field(&mut self, end: u64) -> io::Result<Result<bool, Fault>> {
        let start = self.offset;
        let tag = match self.varint()? {
            Ok(Some(tag)) => tag,
            Ok(None) => return Ok(Ok(false)),
            Err(what) => return Ok(Err(Fault::malformed(what, 0))),
        };
        let length = match (tag & 7, tag >> 3) {
            (2, _) => match self.varint()? {
                Ok(length) => length.unwrap_or(u64::MAX),
                Err(what) => return Ok(Err(Fault::malformed(what, 0))),
            },
            (1, _) => 8,
            (5, _) => 4,
            (0, _) => {
                let skipped = self.varint()?;
                return Ok(skipped.map(|_| true).map_err(|what| Fault::malformed(what, 0)));
            }
            (other, _) => {
                return Ok(Err(Fault::malformed(format!("there is no wire type {other}"), 0)));
            }
        };
        if length > end.saturating_sub(self.offset) {
            return Ok(Err(Fault::malformed(CUT, 0)));
        }
        let longest = self.limits.document / EXPANSION;
        match tag == RESOURCE_TAG {
            true if length <= longest as u64 => {
                return self.resource(start, length);
            }
            true => {
                let what = format!("a resource is longer than {longest} bytes");
                self.set_aside(start, Fault { kind: ProblemKind::Limit, what, at: 0 });
            }
            false => {}
        }
        self.skip(length)?;
        Ok(Ok(true))
    }

    /// Hands on one resource with all that it wrote.
    fn resource(&mut self, start: u64, length: u64) -> io::Result<Result<bool, Fault>> {
        let base = self.offset;
        let mut bytes = Vec::new();
        self.input.by_ref().take(length).read_to_end(&mut bytes)?;
        self.offset += bytes.len() as u64;
        if (bytes.len() as u64) < length {
            return Ok(Err(Fault::malformed(CUT, 0)));
        }
        self.signal = Signal::of_resource(&bytes).unwrap_or(self.signal);
        let (key, message) = self.signal.message();
        let mut json = format!("{{\"{key}\":[");
        match message.write(&bytes, 0, self.limits.depth, &mut json) {
            Ok(()) => {
                json.push_str("]}");
                self.hand_on(start, &json);
            }
            Err(fault) => self.set_aside(base, fault),
        }
        Ok(Ok(true))
    }

    fn hand_on(&mut self, start: u64, json: &str) {
        let at = Location::Bytes { start, end: self.offset };
        if scanner::is_deeper_than(self.limits.depth, json) {
            let message = format!("nested deeper than {} levels", self.limits.depth);
            return (self.each)(Piece::SetAside { kind: ProblemKind::Limit, at, message });
        }
        // What was just written is JSON.
        if let Ok(top) = serde_json::from_str(json) {
            (self.each)(Piece::Document { at, json, top, is_slice: false });
        }
    }

    /// Sets aside what was read since `start`; the fault is counted from there too.
    fn set_aside(&mut self, start: u64, fault: Fault) {
        let place = start + fault.at as u64;
        (self.each)(Piece::SetAside {
            kind: fault.kind,
            at: Location::Bytes { start, end: self.offset.max(place) },
            message: format!("OTLP protobuf: {} at byte {place}", fault.what),
        });
    }

    fn skip(&mut self, length: u64) -> io::Result<()> {
        self.offset += io::copy(&mut self.input.by_ref().take(length), &mut io::sink())?;
        Ok(())
    }

    fn fixed32(&mut self) -> Length {
        let mut bytes = Vec::new();
        self.input.by_ref().take(4).read_to_end(&mut bytes)?;
        self.offset += bytes.len() as u64;
        Ok(match <[u8; 4]>::try_from(bytes.as_slice()) {
            Ok(bytes) => Ok(Some(u32::from_be_bytes(bytes).into())),
            Err(_) if bytes.is_empty() => Ok(None),
            Err(_) => Err(CUT),
        })
    }

    fn varint(&mut self) -> Length {
        let mut bytes = Vec::with_capacity(LONGEST_VARINT);
        while bytes.len() < LONGEST_VARINT && bytes.last().is_none_or(|byte| byte & 0x80 != 0) {
            let before = bytes.len();
            self.input.by_ref().take(1).read_to_end(&mut bytes)?;
            if bytes.len() == before {
                break;
            }
            self.offset += 1;
        }
        Ok(match bytes.is_empty() {
            true => Ok(None),
            false => wire::varint(&bytes).map(|(value, _)| Some(value)),
        })
    }
}
