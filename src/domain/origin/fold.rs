//! Texts as they are compared: without what differs between two spellings of one value.

/// A text in lower case, with single blanks, without escapes and separators of thousands.
pub struct Folded {
    pub text: String,
    /// Where each byte came from, in the raw text.
    from: Vec<usize>,
    raw_length: usize,
}

impl Folded {
    pub fn of(raw: &str) -> Self {
        let mut folded = Self {
            text: String::with_capacity(raw.len()),
            from: Vec::with_capacity(raw.len()),
            raw_length: raw.len(),
        };
        let mut at = 0;
        while let Some(rest) = raw.get(at..).filter(|rest| !rest.is_empty()) {
            at += folded.take(at, rest);
        }
        folded
    }

    /// The range of the raw text that a range of the folded one came from.
    pub fn raw_range(&self, start: usize, end: usize) -> std::ops::Range<usize> {
        let from = |at: usize| self.from.get(at).copied().unwrap_or(self.raw_length);
        from(start)..from(end)
    }

    /// Takes what comes next; says how many bytes that were.
    fn take(&mut self, at: usize, rest: &str) -> usize {
        let last = self.text.chars().next_back();
        let begins_word = !last.is_some_and(char::is_alphanumeric);
        if begins_word && let Some(length) = printed_iban(rest) {
            for (offset, letter) in rest.char_indices().take_while(|(offset, _)| *offset < length) {
                if letter != ' ' {
                    self.push(letter, at + offset);
                }
            }
            return length;
        }
        if last.is_some_and(|last| last.is_ascii_digit())
            && let Some(length) = separator(rest)
        {
            return length;
        }
        let (character, length) = unescaped(rest);
        if let Some(character) = character {
            self.push(character, at);
        }
        length
    }

    fn push(&mut self, character: char, from: usize) {
        if character.is_whitespace() {
            if !self.text.ends_with(' ') {
                self.text.push(' ');
                self.from.push(from);
            }
            return;
        }
        for lower in character.to_lowercase() {
            self.text.push(lower);
            self.from.extend(std::iter::repeat_n(from, lower.len_utf8()));
        }
    }
}

/// The first character with its length, escapes of JSON, YAML and of addresses undone. A text inside
/// a text is escaped twice: several backslashes count as one. No character for an escaped line break,
/// which drops the blanks after it, too (YAML 1.2.2 §7.3.1).
fn unescaped(rest: &str) -> (Option<char>, usize) {
    let first = rest.chars().next().unwrap_or(' ');
    match first {
        '\\' => {
            let slashes = rest.len() - rest.trim_start_matches('\\').len();
            let after = rest.get(slashes..).unwrap_or_default();
            match after.chars().next() {
                Some('n' | 'r' | 't') => (Some(' '), slashes + 1),
                Some('\n') => (None, rest.len() - after.trim_start().len()),
                Some(escaped @ ('"' | '/' | '\'' | ' ')) => (Some(escaped), slashes + 1),
                Some('u') => match after.get(1..5).and_then(hexadecimal).and_then(char::from_u32) {
                    Some(character) => (Some(character), slashes + 5),
                    None => (Some('\\'), slashes),
                },
                _ => (Some('\\'), slashes),
            }
        }
        '%' => match rest.get(1..3).and_then(hexadecimal).and_then(char::from_u32) {
            Some(character) if character.is_ascii() && !character.is_control() => {
                (Some(character), 3)
            }
            _ => (Some('%'), 1),
        },
        other => (Some(other), other.len_utf8()),
    }
}

fn hexadecimal(digits: &str) -> Option<u32> {
    let are_digits = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    u32::from_str_radix(digits, 16).ok().filter(|_| are_digits)
}

/// The length of a separator of thousands: exactly three digits follow it.
fn separator(rest: &str) -> Option<usize> {
    let first = rest.chars().next()?;
    let separates = matches!(first, ',' | '\'' | '’' | '\u{a0}' | '\u{2009}' | '\u{202f}');
    let digits = rest.get(first.len_utf8()..).filter(|_| separates)?;
    let count = digits.bytes().take_while(u8::is_ascii_digit).count();
    (count == 3).then_some(first.len_utf8())
}

/// The length of an account number printed in groups of four (ISO 13616-1, "print format"), when its
/// check digits are right.
fn printed_iban(rest: &str) -> Option<usize> {
    const LENGTHS: std::ops::RangeInclusive<usize> = 15..=34;
    let bytes = rest.as_bytes();
    let begins = bytes.first_chunk::<5>().is_some_and(|[a, b, c, d, blank]| {
        a.is_ascii_uppercase()
            && b.is_ascii_uppercase()
            && c.is_ascii_digit()
            && d.is_ascii_digit()
            && *blank == b' '
    });
    if !begins {
        return None;
    }
    let (mut length, mut found) = (0, None);
    let mut letters: Vec<u8> = Vec::new();
    for group in rest.split(' ') {
        let size = group.bytes().take_while(u8::is_ascii_alphanumeric).count();
        letters.extend(group.bytes().take(size.min(4)));
        length += size;
        if size > 4 || letters.len() > *LENGTHS.end() {
            break;
        }
        if LENGTHS.contains(&letters.len()) && is_checked(&letters) {
            found = Some(length);
        }
        if size < 4 || group.len() > size {
            break;
        }
        length += 1;
    }
    found
}

/// ISO 7064, MOD 97-10: the first four characters are put last, letters count from ten.
fn is_checked(letters: &[u8]) -> bool {
    let (head, tail) = letters.split_at(letters.len().min(4));
    let remainder = tail.iter().chain(head).fold(0_u32, |remainder, letter| match letter {
        b'0'..=b'9' => (remainder * 10 + u32::from(letter - b'0')) % 97,
        _ => {
            (remainder * 100 + u32::from(letter.to_ascii_uppercase().saturating_sub(b'A')) + 10)
                % 97
        }
    });
    remainder == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(raw: &str, folded: &str) {
        assert_eq!(Folded::of(raw).text, folded, "{raw}");
    }

    #[test]
    fn two_spellings_of_a_value_are_one() {
        check("Bob@Home.Example", "bob@home.example");
        check("two\n   words", "two words");
        check(r#"{\"to\":\"a\u0040b\"}"#, r#"{"to":"a@b"}"#);
        check(r#"line\\nnext"#, "line next");
        check("Important\\\n    \\ message", "important message");
        check("a%40b.example%2Fx", "a@b.example/x");
        check("100%", "100%");
        check("1,234,567.50 and 1’000", "1234567.50 and 1000");
        check("1,23 and 12,3456", "1,23 and 12,3456");
        check("Übersee", "übersee");
    }

    /// The example of ISO 13616, and one with a wrong check digit.
    #[test]
    fn account_numbers_lose_their_blanks_when_they_are_right() {
        check("to GB82 WEST 1234 5698 7654 32 now", "to gb82west12345698765432 now");
        check("GB83 WEST 1234 5698 7654 32", "gb83 west 1234 5698 7654 32");
        check("CH93 0076 2011 6238 5295 7", "ch9300762011623852957");
    }

    #[test]
    fn ranges_lead_back() {
        let raw = "pay 1,000 to  X";
        let folded = Folded::of(raw);
        let start = folded.text.find("1000").expect("folded");
        assert_eq!(raw.get(folded.raw_range(start, start + 4)), Some("1,000"));
        let start = folded.text.find('x').expect("folded");
        assert_eq!(raw.get(folded.raw_range(start, start + 1)), Some("X"));
    }

    proptest::proptest! {
        #[test]
        fn any_text_folds(raw in "[A-Z0-9 ,\\\\%u\"é-]{0,40}") {
            let folded = Folded::of(&raw);
            for (at, _) in folded.text.char_indices() {
                proptest::prop_assert!(raw.get(folded.raw_range(at, folded.text.len())).is_some());
            }
        }
    }
}
