//! What every list can do, whatever it lists.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::table::Motion;
use crate::tui::theme::Theme;

/// A list with a cursor. Commands that work alike on all lists go through this.
pub trait Listing {
    fn go(&mut self, motion: Motion);

    /// Shows only what contains this text; everything when it is empty.
    fn set_filter(&mut self, text: &str);

    fn filter(&self) -> &str;

    /// Goes to the next (or previous) row that contains the last filter. Whether there was one.
    fn next_match(&mut self, backwards: bool) -> bool;

    fn fold(&mut self);

    fn unfold(&mut self);

    fn fold_all(&mut self, folded: bool);

    /// Sorts by the next column.
    fn sort_next(&mut self) {}

    fn sort_reverse(&mut self) {}

    /// Groups by the sorted column, or no longer.
    fn toggle_group(&mut self) {}

    /// Shown and all rows.
    fn count(&self) -> (usize, usize);

    /// The text of the row under the cursor, visible.
    fn copy(&self) -> Option<String>;

    fn draw(&self, area: Rect, buffer: &mut Buffer, theme: &Theme);
}

/// Whether `text` contains `part` (lower case), letters of either case alike.
pub fn contains(text: &str, part: &str) -> bool {
    if part.is_empty() {
        return true;
    }
    if text.is_ascii() && part.is_ascii() {
        let part = part.as_bytes();
        return text.as_bytes().windows(part.len()).any(|window| window.eq_ignore_ascii_case(part));
    }
    text.to_lowercase().contains(part)
}

#[cfg(test)]
mod tests {
    use super::contains;

    #[test]
    fn either_case_is_found() {
        assert!(contains("Billing-DB", "ng-db"));
        assert!(contains("Zürich", "zür"));
        assert!(contains("x", ""));
        assert!(!contains("ab", "abc"));
    }
}
