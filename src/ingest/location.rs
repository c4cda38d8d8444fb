//! Places inside documents.

use crate::domain::{Location, Text};

/// The place of a part of the document at `at`, by JSON pointer. A part of a document that is known
/// by its bytes keeps the place of the document, and so does the document itself (an empty pointer).
pub fn beneath(at: &Location, pointer: &str) -> Location {
    if pointer.is_empty() {
        return at.clone();
    }
    let pointer = match at {
        Location::Whole => pointer.to_owned(),
        Location::Line(line) => format!("{line}#{pointer}"),
        Location::Pointer(outer) => format!("{}{pointer}", outer.raw()),
        Location::Bytes { .. } => return at.clone(),
    };
    Location::Pointer(Text::from(pointer))
}

/// A key as one step of a JSON pointer (RFC 6901 §3).
pub fn step(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(at: Location, expected: &str) {
        assert_eq!(beneath(&at, "/items/3").to_string(), expected);
    }

    #[test]
    fn parts_are_placed_inside_their_document() {
        check(Location::Whole, ":/items/3");
        check(Location::Line(7), ":7#/items/3");
        check(Location::Pointer("2#".into()), ":2#/items/3");
        check(Location::Pointer("/items/1".into()), ":/items/1/items/3");
        check(Location::Bytes { start: 1, end: 9 }, ":bytes 1-9");
        assert_eq!(beneath(&Location::Line(7), ""), Location::Line(7));
    }
}
