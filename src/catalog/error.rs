//! Mistakes in catalog files: the file, the line, the column, and what was probably meant.

use std::ops::Range;

use serde::de::DeserializeOwned;

use super::source::File;
use crate::domain::text::visible;

/// One mistake in one file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}:{column}: {message}{}", hint.as_deref().map(|hint| format!("; {hint}")).unwrap_or_default())]
pub struct CatalogError {
    /// Escaped.
    pub file: String,
    /// One-based; 0 when the mistake is about the file as a whole.
    pub line: usize,
    pub column: usize,
    /// Escaped.
    pub message: String,
    pub hint: Option<String>,
}

impl CatalogError {
    /// A mistake at a byte range of a file.
    pub fn at(file: &File, span: Option<Range<usize>>, message: &str) -> Self {
        let (line, column) = span.map_or((0, 0), |span| position(&file.text, span.start));
        let message = visible(message).into_owned();
        Self { file: visible(&file.name).into_owned(), line, column, message, hint: None }
    }

    /// Adds the nearest of the names that would have been right, if one is near.
    pub fn suggest<'a>(mut self, given: &str, names: impl IntoIterator<Item = &'a str>) -> Self {
        self.hint = nearest(given, names).map(|name| format!("did you mean `{name}`?"));
        self
    }
}

/// Reads a TOML file into a type that accepts no unknown keys.
pub fn parse<T: DeserializeOwned>(file: &File) -> Result<T, CatalogError> {
    toml::from_str(&file.text).map_err(|error| {
        let message = error.message();
        let mistake = CatalogError::at(file, error.span(), message);
        // The reader says "unknown field `x`, expected one of `a`, `b`": every name but the first
        // is one that would have been right.
        let mut quoted = message.split('`').skip(1).step_by(2);
        match quoted.next() {
            Some(given) if message.starts_with("unknown") => mistake.suggest(given, quoted),
            _ => mistake,
        }
    })
}

/// The name most like `given`, if it is like it at all.
pub fn nearest<'a>(given: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    names
        .into_iter()
        .map(|name| (distance(given, name), name))
        .min()
        .filter(|(distance, name)| *distance <= 1 + name.len() / 4)
        .map(|(_, name)| name)
}

/// Edit distance: insertions, deletions and substitutions.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (number, left) in one.chars().enumerate() {
        let mut next = vec![number + 1];
        for (right, window) in other.iter().zip(row.windows(2)) {
            let [diagonal, above] = *window else { continue };
            let before = next.last().copied().unwrap_or_default();
            next.push((diagonal + usize::from(left != *right)).min(above + 1).min(before + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

/// One-based line and column of a byte offset.
fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (line, column)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_suggested() {
        let names = ["agent", "title", "priority"];
        assert_eq!(nearest("agnet", names), Some("agent"));
        assert_eq!(nearest("prioritty", names), Some("priority"));
        assert_eq!(nearest("zzz", names), None);
        assert_eq!(distance("kitten", "sitting"), 3);
    }

    #[test]
    fn positions_are_one_based() {
        assert_eq!(position("a\nbc", 0), (1, 1));
        assert_eq!(position("a\nbc", 3), (2, 2));
        assert_eq!(position("a\nbc", 99), (2, 3));
    }
}
