//! JSON with comments and trailing commas, as client configurations are written.

/// The same text with comments and trailing commas blanked out, so that columns stay where they were.
pub fn to_json(text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let mut comma = None;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let next = bytes.get(at + 1).copied();
        let end = match (byte, next) {
            (b'"', _) => string_end(&bytes, at),
            (b'/', Some(b'/')) => find(&bytes, at, b"\n").unwrap_or(bytes.len()),
            (b'/', Some(b'*')) => find(&bytes, at + 2, b"*/").map_or(bytes.len(), |end| end + 2),
            _ => at + 1,
        };
        if byte == b'/' && end > at + 1 {
            blank(&mut bytes, at, end);
        } else if matches!(byte, b'}' | b']') {
            if let Some(comma) = comma.take() {
                blank(&mut bytes, comma, comma + 1);
            }
        } else if byte == b',' {
            comma = Some(at);
        } else if !byte.is_ascii_whitespace() {
            comma = None;
        }
        at = end;
    }
    // Whole characters were replaced by spaces, so the text is still UTF-8.
    String::from_utf8(bytes).unwrap_or_default()
}

fn string_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    loop {
        match bytes.get(at) {
            None => return bytes.len(),
            Some(b'"') => return at + 1,
            Some(b'\\') => at += 2,
            Some(_) => at += 1,
        }
    }
}

fn find(bytes: &[u8], from: usize, wanted: &[u8]) -> Option<usize> {
    let rest = bytes.get(from..)?;
    rest.windows(wanted.len()).position(|window| window == wanted).map(|at| from + at)
}

fn blank(bytes: &mut [u8], start: usize, end: usize) {
    if let Some(part) = bytes.get_mut(start..end) {
        part.iter_mut().filter(|byte| **byte != b'\n').for_each(|byte| *byte = b' ');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(to_json(text), expected);
    }

    #[test]
    fn comments_and_trailing_commas_become_blanks() {
        check("{\"a\": 1, // é\n}", "{\"a\": 1       \n}");
        check("[1, /* x\n */ 2,]", "[1,     \n    2 ]");
        check("[1, /* c */ ]", "[1          ]");
        check("{\"//\": \"/* \\\" */,]\"}", "{\"//\": \"/* \\\" */,]\"}");
        check("/* open", "       ");
        check("\"open\\", "\"open\\");
    }

    proptest::proptest! {
        #[test]
        fn json_stays_as_it_is(value in "[a-z/*,\\[\\]]{0,20}") {
            let json = serde_json::json!({ "k": [value, 1], "l": {} }).to_string();
            proptest::prop_assert_eq!(to_json(&json), json);
        }

        #[test]
        fn any_text_keeps_its_length(text in ".*") {
            proptest::prop_assert_eq!(to_json(&text).len(), text.len());
        }
    }
}
