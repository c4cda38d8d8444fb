//! Finds the end of a JSON document that goes over several lines.
//!
//! The scanner knows enough grammar to notice within a line or two that a document was cut off and
//! the next one has begun, so that a broken document cannot swallow what follows it. It passes over
//! comments and trailing commas; whether the document is well-formed is for the parser to say.

/// What feeding text to the scanner showed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fed {
    /// The document goes on.
    Open,
    /// The document ends before this byte of the text fed last.
    Complete(usize),
    /// What was fed cannot be the beginning of one document.
    Broken,
}

#[derive(Debug, Default)]
pub struct Scanner {
    open: Vec<Nest>,
    deepest: usize,
    expect: Expect,
    token: Token,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Nest {
    Object,
    Array,
}

/// What may come next, comments and white space aside.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Expect {
    #[default]
    Value,
    ValueOrEnd,
    KeyOrEnd,
    Colon,
    CommaOrEnd,
}

/// What the scanner is inside of.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Token {
    #[default]
    Between,
    String,
    Escape,
    /// A number or a word.
    Plain,
    Slash,
    LineComment,
    BlockComment,
    BlockCommentStar,
}

impl Scanner {
    /// Whether nothing but white space and finished comments has been seen.
    pub fn is_idle(&self) -> bool {
        self.open.is_empty() && matches!(self.token, Token::Between | Token::LineComment)
    }

    /// Scans one line, without its line ending.
    pub fn feed(&mut self, line: &str) -> Fed {
        for (at, byte) in line.bytes().enumerate() {
            if !self.step(byte) {
                return Fed::Broken;
            }
            if self.open.is_empty() && self.expect == Expect::CommaOrEnd {
                return Fed::Complete(at + 1);
            }
        }
        self.end_of_line()
    }

    fn end_of_line(&mut self) -> Fed {
        self.token = match self.token {
            // A line break can stand neither in a string nor after a lone slash.
            Token::String | Token::Escape | Token::Slash => return Fed::Broken,
            Token::BlockComment | Token::BlockCommentStar => Token::BlockComment,
            Token::Between | Token::Plain | Token::LineComment => Token::Between,
        };
        Fed::Open
    }

    /// Takes one byte; `false` when it cannot stand here.
    fn step(&mut self, byte: u8) -> bool {
        self.token = match (self.token, byte) {
            (Token::String, b'"') => Token::Between,
            (Token::String, b'\\') => Token::Escape,
            (Token::String | Token::Escape, _) => Token::String,
            (Token::LineComment, _) => Token::LineComment,
            (Token::Slash, b'/') => Token::LineComment,
            (Token::Slash, b'*') => Token::BlockComment,
            (Token::Slash, _) => return false,
            (Token::BlockCommentStar, b'/') => Token::Between,
            (Token::BlockComment | Token::BlockCommentStar, b'*') => Token::BlockCommentStar,
            (Token::BlockComment | Token::BlockCommentStar, _) => Token::BlockComment,
            (Token::Between | Token::Plain, b'/') => Token::Slash,
            (Token::Between | Token::Plain, byte) => return self.structure(byte),
        };
        true
    }

    fn structure(&mut self, byte: u8) -> bool {
        let was_plain = std::mem::take(&mut self.token) == Token::Plain;
        match byte {
            b' ' | b'\t' | b'\r' => true,
            b'{' => self.begin(Nest::Object, Expect::KeyOrEnd),
            b'[' => self.begin(Nest::Array, Expect::ValueOrEnd),
            b'}' => self.end(Nest::Object, Expect::KeyOrEnd),
            b']' => self.end(Nest::Array, Expect::ValueOrEnd),
            b',' => self.comma(),
            b':' => self.replace(Expect::Colon, Expect::Value),
            b'"' => self.string(),
            _ if was_plain => {
                self.token = Token::Plain;
                true
            }
            _ => self.plain(),
        }
    }

    fn takes_value(&self) -> bool {
        matches!(self.expect, Expect::Value | Expect::ValueOrEnd)
    }

    fn begin(&mut self, nest: Nest, expect: Expect) -> bool {
        let fits = self.takes_value();
        self.open.push(nest);
        self.deepest = self.deepest.max(self.open.len());
        self.expect = expect;
        fits
    }

    fn end(&mut self, nest: Nest, or: Expect) -> bool {
        let fits = self.expect == Expect::CommaOrEnd || self.expect == or;
        self.expect = Expect::CommaOrEnd;
        self.open.pop() == Some(nest) && fits
    }

    fn comma(&mut self) -> bool {
        match self.open.last() {
            Some(Nest::Object) => self.replace(Expect::CommaOrEnd, Expect::KeyOrEnd),
            Some(Nest::Array) => self.replace(Expect::CommaOrEnd, Expect::ValueOrEnd),
            None => false,
        }
    }

    fn string(&mut self) -> bool {
        self.token = Token::String;
        match self.expect {
            Expect::KeyOrEnd => self.replace(Expect::KeyOrEnd, Expect::Colon),
            _ => self.plain_value(),
        }
    }

    fn plain(&mut self) -> bool {
        self.token = Token::Plain;
        self.plain_value()
    }

    /// A value that is no object or array; none can stand outside of one.
    fn plain_value(&mut self) -> bool {
        let fits = self.takes_value() && !self.open.is_empty();
        self.expect = Expect::CommaOrEnd;
        fits
    }

    fn replace(&mut self, expected: Expect, next: Expect) -> bool {
        let fits = self.expect == expected;
        self.expect = next;
        fits
    }
}

/// Whether a well-formed document nests deeper than `levels`.
pub fn is_deeper_than(levels: usize, json: &str) -> bool {
    // Few documents have that many brackets at all, and counting them is fast.
    json.bytes().filter(|byte| matches!(byte, b'{' | b'[')).count() > levels && depth(json) > levels
}

fn depth(json: &str) -> usize {
    let mut scanner = Scanner::default();
    for line in json.lines() {
        scanner.feed(line);
    }
    scanner.deepest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(lines: &[&str], expected: Fed) {
        let mut scanner = Scanner::default();
        let last = lines.iter().map(|line| scanner.feed(line)).find(|fed| *fed != Fed::Open);
        assert_eq!(last.unwrap_or(Fed::Open), expected, "{lines:?}");
    }

    #[test]
    fn the_end_of_a_document() {
        check(&["{", "\"a\": [1, 2, {}],", "\"b\": \"}\\\"\"", "} x"], Fed::Complete(1));
        check(&["[{},", "{}]"], Fed::Complete(3));
        check(&["{ // }", "\"a\": 1, /* } ", " } */ }"], Fed::Complete(7));
        check(&["// only a comment"], Fed::Open);
        check(&["{", "\"a\":", "1", ",", "}"], Fed::Complete(1));
    }

    #[test]
    fn a_cut_document_is_noticed_at_the_next() {
        check(&["{\"a\":1,", "{\"b\":2}"], Fed::Broken);
        check(&["{\"a\":1", "{\"b\":2}"], Fed::Broken);
        check(&["{\"a\":", "{\"b\":2}", "{\"c\":3}"], Fed::Broken);
        check(&["{\"a\":\"x"], Fed::Broken);
        check(&["[1 2"], Fed::Broken);
        check(&["]"], Fed::Broken);
        check(&["word"], Fed::Broken);
    }

    #[test]
    fn depth_is_counted() {
        assert_eq!(depth("[[[1],[2]]]"), 3);
        assert_eq!(depth("{\"[[[\":\n{}}"), 2);
    }
}
