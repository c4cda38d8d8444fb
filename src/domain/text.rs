//! [`Text`]: the one type for strings that came from evidence.
//!
//! Evidence is hostile. A string from a log may carry escape sequences, bidirectional overrides,
//! zero-width or tag characters that change what a reader sees. `Text` therefore has no `Display`.
//! It leaves the program by one of three doors: [`Text::visible`] (for people: every control and
//! format character becomes a visible escape, nothing is dropped), [`Text::raw`] (for matching and
//! hashing, never for a screen) and JSON (byte-identical).

use std::borrow::{Borrow, Cow};
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

/// More combining marks than this on one base character are escaped: real scripts rarely need
/// more than two, stacked marks can hide the line above.
const MARKS_PER_BASE: usize = 2;

/// An untrusted string, cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Text(Arc<str>);

impl Text {
    /// Wraps a string from evidence, unchanged.
    pub fn new(raw: impl AsRef<str>) -> Self {
        Self(Arc::from(raw.as_ref()))
    }

    /// The string as it stood in the evidence. For matching, hashing and JSON; never for a screen.
    pub fn raw(&self) -> &str {
        &self.0
    }

    /// The string as a person may see it. See [`visible`].
    pub fn visible(&self) -> Cow<'_, str> {
        visible(&self.0)
    }

    /// Whether [`Text::visible`] differs from the raw string: something is hidden in it.
    pub fn has_hidden(&self) -> bool {
        matches!(self.visible(), Cow::Owned(_))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Escapes every character of `raw` that would act on a terminal or hide from a reader, visibly:
/// `\t`, `\n`, `\r`, `\e` for the common controls, `\u{202e}` for the rest. The backslash itself is
/// left alone, so the result is for reading, not for parsing back. Idempotent: the escapes are
/// plain ASCII.
pub fn visible(raw: &str) -> Cow<'_, str> {
    let mut marks = 0;
    let first = raw.char_indices().find(|&(_, character)| {
        marks = marks_after(character, marks);
        is_hidden(character, marks)
    });
    let Some((start, _)) = first else {
        return Cow::Borrowed(raw);
    };
    let mut shown = String::with_capacity(raw.len() + 16);
    let mut marks = 0;
    shown.push_str(&raw[..start]);
    for character in raw[..start].chars() {
        marks = marks_after(character, marks);
    }
    for character in raw[start..].chars() {
        marks = marks_after(character, marks);
        if is_hidden(character, marks) {
            escape_into(character, &mut shown);
        } else {
            shown.push(character);
        }
    }
    Cow::Owned(shown)
}

fn marks_after(character: char, marks: usize) -> usize {
    if character.is_ascii() {
        return 0;
    }
    match character.general_category() {
        GeneralCategory::NonspacingMark | GeneralCategory::EnclosingMark => marks + 1,
        _ => 0,
    }
}

fn is_hidden(character: char, marks: usize) -> bool {
    if character.is_ascii() {
        return character.is_ascii_control();
    }
    if matches!(character, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}') {
        return true;
    }
    // Fillers draw nothing although their category is a letter or a symbol.
    if matches!(character, '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' | '\u{2800}') {
        return true;
    }
    match character.general_category() {
        GeneralCategory::Control
        | GeneralCategory::Format
        | GeneralCategory::LineSeparator
        | GeneralCategory::ParagraphSeparator
        | GeneralCategory::PrivateUse
        | GeneralCategory::Surrogate
        | GeneralCategory::Unassigned => true,
        GeneralCategory::SpaceSeparator => true,
        GeneralCategory::NonspacingMark | GeneralCategory::EnclosingMark => marks > MARKS_PER_BASE,
        _ => false,
    }
}

fn escape_into(character: char, shown: &mut String) {
    match character {
        '\t' => shown.push_str("\\t"),
        '\n' => shown.push_str("\\n"),
        '\r' => shown.push_str("\\r"),
        '\u{1b}' => shown.push_str("\\e"),
        other => shown.extend(other.escape_unicode()),
    }
}

impl fmt::Debug for Text {
    /// Debug output also goes through [`visible`]: panics and logs reach terminals too.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.visible())
    }
}

impl Default for Text {
    fn default() -> Self {
        Self::new("")
    }
}

impl From<&str> for Text {
    fn from(raw: &str) -> Self {
        Self::new(raw)
    }
}

impl From<String> for Text {
    fn from(raw: String) -> Self {
        Self(Arc::from(raw))
    }
}

impl Borrow<str> for Text {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        &*self.0 == other
    }
}

impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        &*self.0 == *other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(raw: &str, shown: &str) {
        assert_eq!(visible(raw), shown);
        assert_eq!(visible(shown), shown, "idempotent");
    }

    #[test]
    fn hidden_characters_become_visible_escapes() {
        check("plain", "plain");
        check("a\tb\r\nc", "a\\tb\\r\\nc");
        check("\u{1b}[31mred\u{1b}]0;t\u{7}", "\\e[31mred\\e]0;t\\u{7}");
        check("user\u{202e}txt.exe", "user\\u{202e}txt.exe");
        check("a\u{200b}b\u{feff}", "a\\u{200b}b\\u{feff}");
        check("x\u{e0041}", "x\\u{e0041}");
        check("\u{9b}2J", "\\u{9b}2J");
        check("a\u{2028}b", "a\\u{2028}b");
        check("\u{ad}", "\\u{ad}");
    }

    #[test]
    fn ordinary_scripts_are_left_alone() {
        for raw in ["Zürich", "日本語", "שלום", "e\u{301}", "नमस्ते", "…—“”"]
        {
            check(raw, raw);
        }
    }

    #[test]
    fn stacked_marks_are_limited() {
        let raw = "a\u{301}\u{302}\u{303}\u{304}";
        assert_eq!(visible(raw), "a\u{301}\u{302}\\u{303}\\u{304}");
    }

    proptest::proptest! {
        #[test]
        fn nothing_hidden_survives_and_nothing_visible_is_lost(raw in "\\PC*|.*") {
            let shown = visible(&raw);
            proptest::prop_assert!(!shown.chars().any(|c| c.is_control()));
            proptest::prop_assert_eq!(visible(&shown), shown.clone());
            let text = Text::new(&raw);
            let json = serde_json::to_string(&text).expect("a string is always JSON");
            let back: Text = serde_json::from_str(&json).expect("and parses back");
            proptest::prop_assert_eq!(back.raw(), raw.as_str());
        }
    }
}
