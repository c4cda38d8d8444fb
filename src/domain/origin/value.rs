//! The values of arguments: which of them are looked for, and in what parts.

use serde_json::Value;

use super::fold::Folded;

/// Arguments of one call that are looked at, and parts of texts among them.
const LEAVES: usize = 64;
const PARTS: usize = 64;
/// Members deeper than this are not looked at.
const DEEPEST: usize = 16;
/// Bytes of a value that is looked for as a whole; longer ones are texts and looked for in parts.
const LONGEST: usize = 512;
/// Characters of a part of a text: of one with a digit, of one without, of a sentence.
const WITH_DIGIT: usize = 6;
const WITHOUT_DIGIT: usize = 16;
const SENTENCE: usize = 24;

/// One value of the arguments.
pub struct Leaf {
    /// JSON pointer inside the arguments.
    pub at: String,
    pub raw: String,
    /// `None` when it is too long to be looked for as a whole.
    pub folded: Option<String>,
    /// The addresses, identifiers and sentences inside it, folded.
    pub parts: Vec<String>,
    pub weight: Weight,
}

/// What it tells when a value stands in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// Stands everywhere.
    Nothing,
    /// A common word: somebody who wrote it may have given it, but a model finds it by itself, too.
    Word,
    Much,
}

/// Words that parameters take their values from.
const CHOICES: &[&str] = &[
    "all",
    "any",
    "asc",
    "ascending",
    "auto",
    "celsius",
    "date",
    "default",
    "desc",
    "descending",
    "fahrenheit",
    "false",
    "high",
    "html",
    "json",
    "low",
    "markdown",
    "medium",
    "name",
    "no",
    "none",
    "normal",
    "null",
    "relevance",
    "text",
    "true",
    "unknown",
    "yes",
];

/// How much a folded value tells.
pub fn weight(folded: &str) -> Weight {
    let length = folded.chars().count();
    let is_number = folded.bytes().all(|byte| byte.is_ascii_digit());
    let is_word = folded.chars().all(char::is_alphabetic);
    match length {
        0..=2 => Weight::Nothing,
        _ if CHOICES.contains(&folded) => Weight::Nothing,
        3 if is_number || is_word => Weight::Word,
        4..=7 if is_word => Weight::Word,
        _ if !folded.contains(char::is_alphanumeric) => Weight::Nothing,
        _ => Weight::Much,
    }
}

/// The values of arguments, in the order of the document.
pub fn leaves(arguments: &Value) -> Vec<Leaf> {
    let mut found = Found { leaves: Vec::new(), parts: PARTS };
    found.collect("", arguments, 0);
    found.leaves
}

struct Found {
    leaves: Vec<Leaf>,
    /// Parts that may still be taken.
    parts: usize,
}

impl Found {
    fn collect(&mut self, at: &str, value: &Value, depth: usize) {
        if self.leaves.len() >= LEAVES || depth > DEEPEST {
            return;
        }
        match value {
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.collect(&format!("{at}/{index}"), item, depth + 1);
                }
            }
            Value::Object(members) => {
                for (name, member) in members {
                    let name = name.replace('~', "~0").replace('/', "~1");
                    self.collect(&format!("{at}/{name}"), member, depth + 1);
                }
            }
            Value::String(text) => self.string(at, text),
            Value::Number(number) => self.push(at, &number.to_string(), Vec::new()),
            Value::Bool(_) | Value::Null => self.push(at, "", Vec::new()),
        }
    }

    fn string(&mut self, at: &str, text: &str) {
        let mut parts = parts(text);
        parts.truncate(self.parts);
        self.parts -= parts.len();
        self.push(at, text, parts);
    }

    fn push(&mut self, at: &str, value: &str, parts: Vec<String>) {
        let value = value.trim();
        let folded = (value.len() <= LONGEST).then(|| folded(value));
        let weight = folded.as_deref().map_or(Weight::Much, weight);
        self.leaves.push(Leaf { at: at.to_owned(), raw: value.to_owned(), folded, parts, weight });
    }
}

/// What is looked for inside a text: its addresses and identifiers first, then its sentences.
fn parts(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let tokens =
        text.split(|c: char| !is_of_token(c)).map(trimmed).filter(|token| is_telling(token));
    let sentences = sentences(text).filter(|sentence| sentence.len() >= SENTENCE);
    for part in tokens.chain(sentences) {
        let part = folded(part);
        if part.len() < text.trim().len() && !found.contains(&part) && found.len() < PARTS {
            found.push(part);
        }
    }
    found
}

fn is_of_token(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '@' | '.' | '_' | '-' | '+' | '%' | '*')
}

fn trimmed(token: &str) -> &str {
    token.trim_matches(|c: char| !c.is_alphanumeric() && c != '*')
}

/// Addresses, names of hosts, identifiers, masks of secrets.
fn is_telling(token: &str) -> bool {
    let is_address = token.split_once('@').is_some_and(|(_, host)| host.contains('.'));
    let labels = || token.split('.');
    let is_host = labels().count() > 1 && labels().all(|label| label.len() > 1);
    let has_digit = token.contains(|c: char| c.is_ascii_digit());
    is_address
        || (is_host && token.len() >= WITH_DIGIT)
        || (has_digit && token.len() >= WITH_DIGIT)
        || token.len() >= WITHOUT_DIGIT
}

/// Lines, and the sentences of a line.
fn sentences(text: &str) -> impl Iterator<Item = &str> {
    let ends = [". ", "! ", "? ", "; "];
    text.split('\n').flat_map(move |line| {
        let mut rest = line;
        std::iter::from_fn(move || {
            let end = ends.iter().filter_map(|end| rest.find(end)).min();
            let (sentence, after) = match end {
                Some(end) => rest.split_at(end.saturating_add(1)),
                None => (rest, ""),
            };
            rest = after;
            (!sentence.is_empty()).then_some(sentence.trim_matches(|c: char| {
                c.is_whitespace() || matches!(c, '.' | '!' | '?' | ';' | '-' | '*' | '•' | '"')
            }))
        })
    })
}

fn folded(value: &str) -> String {
    Folded::of(value).text.trim().to_owned()
}
