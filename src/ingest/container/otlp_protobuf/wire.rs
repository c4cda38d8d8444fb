//! The protobuf wire format: the fields of one message, without knowing what they mean.
//!
//! <https://protobuf.dev/programming-guides/encoding/>. Groups, which no OTLP message has, are
//! malformed here.

use crate::domain::ProblemKind;

/// One field of a message.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Field<'a> {
    pub number: u64,
    pub value: Wire<'a>,
    /// Where its payload begins, from the beginning of the outermost message.
    pub at: usize,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Wire<'a> {
    Varint(u64),
    Fixed64(u64),
    Bytes(&'a [u8]),
    Fixed32(u32),
}

/// What is wrong with a message, and where, counted from the beginning of the outermost one.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    pub kind: ProblemKind,
    pub what: String,
    pub at: usize,
}

impl Fault {
    pub fn malformed(what: impl Into<String>, at: usize) -> Self {
        Self { kind: ProblemKind::Malformed, what: what.into(), at }
    }
}

/// The fields of one message, until the first that is malformed.
pub struct Fields<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Where the message begins in the outermost one.
    base: usize,
    /// Only the beginning of the message is at hand: its last field may be cut.
    cut: bool,
}

impl<'a> Fields<'a> {
    pub fn of(bytes: &'a [u8], base: usize) -> Self {
        Self { bytes, at: 0, base, cut: false }
    }

    /// The fields at the beginning of a message; the last may be shorter than it says.
    pub fn of_beginning(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, base: 0, cut: true }
    }

    fn field(&mut self) -> Result<Field<'a>, Fault> {
        let tag = self.varint()?;
        let at = self.base + self.at;
        let value = match tag & 7 {
            0 => Wire::Varint(self.varint()?),
            1 => Wire::Fixed64(u64::from_le_bytes(self.array()?)),
            2 => {
                let length = usize::try_from(self.varint()?).unwrap_or(usize::MAX);
                let at = self.base + self.at;
                return Ok(Field { number: tag >> 3, value: Wire::Bytes(self.take(length)?), at });
            }
            5 => Wire::Fixed32(u32::from_le_bytes(self.array()?)),
            other => return Err(self.fault(format!("there is no wire type {other}"))),
        };
        Ok(Field { number: tag >> 3, value, at })
    }

    fn varint(&mut self) -> Result<u64, Fault> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let (value, length) = varint(rest).map_err(|what| self.fault(what))?;
        self.at += length;
        Ok(value)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        let bytes = self.bytes.get(self.at..).and_then(|rest| rest.first_chunk::<N>());
        let array = bytes.copied().ok_or_else(|| self.fault(CUT))?;
        self.at += N;
        Ok(array)
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], Fault> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let taken = match rest.get(..length) {
            Some(taken) => taken,
            None if self.cut => rest,
            None => return Err(self.fault(CUT)),
        };
        self.at += taken.len();
        Ok(taken)
    }

    fn fault(&self, what: impl Into<String>) -> Fault {
        Fault::malformed(what, self.base + self.at)
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<Field<'a>, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.at >= self.bytes.len() {
            return None;
        }
        let field = self.field();
        if field.is_err() {
            self.at = self.bytes.len();
        }
        Some(field)
    }
}

pub const CUT: &str = "the message is cut off";

/// The longest encoding of 64 bits, seven to a byte.
pub const LONGEST_VARINT: usize = 10;

/// A base-128 number at the beginning of `bytes`, and how many of them it takes.
pub fn varint(bytes: &[u8]) -> Result<(u64, usize), &'static str> {
    let mut value = 0;
    for (index, byte) in bytes.iter().take(LONGEST_VARINT).enumerate() {
        // Bits beyond the 64th fall away, as in every decoder.
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Ok((value, index + 1));
        }
    }
    Err(if bytes.len() < LONGEST_VARINT { CUT } else { "a number is longer than ten bytes" })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Number and value of a field, or what is wrong and where.
    type Read<'a> = Result<(u64, Wire<'a>), (&'a str, usize)>;

    #[track_caller]
    fn check(bytes: &[u8], expected: &[Read<'_>]) {
        let fields: Vec<_> = Fields::of(bytes, 100)
            .map(|field| field.map(|field| (field.number, field.value)))
            .map(|field| field.map_err(|fault| (fault.what, fault.at)))
            .collect();
        let expected: Vec<_> = expected
            .iter()
            .map(|field| field.map_err(|(what, at)| (what.to_owned(), at)))
            .collect();
        assert_eq!(fields, expected, "{bytes:?}");
    }

    #[test]
    fn every_wire_type() {
        check(&[0x08, 0x96, 0x01], &[Ok((1, Wire::Varint(150)))]);
        check(&[0x12, 2, b'h', b'i'], &[Ok((2, Wire::Bytes(b"hi")))]);
        check(&[0x39, 1, 0, 0, 0, 0, 0, 0, 0], &[Ok((7, Wire::Fixed64(1)))]);
        check(&[0x85, 0x01, 1, 0, 0, 0], &[Ok((16, Wire::Fixed32(1)))]);
        check(&[0xff; 11], &[Err(("a number is longer than ten bytes", 100))]);
        check(&[0x08, 1, 0x0b], &[Ok((1, Wire::Varint(1))), Err(("there is no wire type 3", 103))]);
        check(&[0x12, 5, b'h'], &[Err((CUT, 102))]);
        check(&[0x39, 1], &[Err((CUT, 101))]);
    }

    #[test]
    fn the_beginning_of_a_message_keeps_what_is_there() {
        let fields: Vec<_> = Fields::of_beginning(&[0x12, 5, b'h']).collect();
        assert_eq!(fields, [Ok(Field { number: 2, value: Wire::Bytes(b"h"), at: 2 })]);
    }
}
