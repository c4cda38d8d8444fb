//! Visible text on the screen: cut and wrapped by display width, its escapes told apart.
//!
//! Everything here expects text that has been through `Text::visible`: nothing in it can act on a
//! terminal. The escapes that stand for hidden characters are drawn in their own style, so that a
//! reader sees at once that the evidence tried something.

use std::borrow::Cow;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::catalog::Role;
use crate::tui::theme::Theme;

pub fn width(text: &str) -> usize {
    text.width()
}

/// The text in at most `limit` columns; an ellipsis says that something was left out.
pub fn cut(text: &str, limit: usize) -> Cow<'_, str> {
    if text.width() <= limit {
        return Cow::Borrowed(text);
    }
    let mut kept = String::new();
    let mut used = 0;
    for grapheme in text.graphemes(true) {
        let wide = grapheme.width();
        if used + wide + 1 > limit {
            break;
        }
        kept.push_str(grapheme);
        used += wide;
    }
    if limit > 0 {
        kept.push('…');
    }
    Cow::Owned(kept)
}

/// The text in lines of at most `limit` columns, broken at blanks where there are any.
pub fn wrap(text: &str, limit: usize) -> Vec<String> {
    let limit = limit.max(1);
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0;
    for word in text.split_inclusive(' ') {
        if used + word.trim_end().width() > limit && used > 0 {
            lines.push(std::mem::take(&mut line));
            used = 0;
        }
        // A word longer than a line is broken where the line ends.
        for grapheme in word.graphemes(true) {
            let wide = grapheme.width();
            if used + wide > limit {
                if grapheme == " " {
                    continue;
                }
                // A cluster of marks can be wider than a whole line: it stands alone and is clipped.
                if used > 0 {
                    lines.push(std::mem::take(&mut line));
                    used = 0;
                }
            }
            line.push_str(grapheme);
            used += wide;
        }
    }
    lines.push(line);
    for line in &mut lines {
        line.truncate(line.trim_end().len());
    }
    lines
}

/// The text as spans: escapes of hidden characters in the style of untrusted text.
pub fn spans(text: &str, style: Style, theme: &Theme) -> Vec<Span<'static>> {
    let mut spans = Vec::new();
    let mut rest = text;
    while let Some((start, end)) = escape(rest) {
        let (before, from) = rest.split_at(start);
        let (escape, after) = from.split_at(end - start);
        if !before.is_empty() {
            spans.push(Span::styled(before.to_owned(), style));
        }
        let untrusted = style.patch(theme.style(Role::Untrusted));
        spans.push(Span::styled(escape.to_owned(), untrusted));
        rest = after;
    }
    if !rest.is_empty() {
        spans.push(Span::styled(rest.to_owned(), style));
    }
    spans
}

/// Draws one line of visible text, cut to the area's width.
pub fn draw(text: &str, area: Rect, buffer: &mut Buffer, style: Style, theme: &Theme) {
    let shown = cut(text, usize::from(area.width));
    draw_line(&Line::from(spans(&shown, style, theme)), area, buffer);
}

/// Draws a line of spans inside the first row of an area.
pub fn draw_line(line: &Line<'_>, area: Rect, buffer: &mut Buffer) {
    let area = area.intersection(buffer.area);
    if area.height > 0 && area.width > 0 {
        buffer.set_line(area.x, area.y, line, area.width);
    }
}

/// Where the first escape of a hidden character begins and ends: `\u{202e}`, or `\e` for ESC.
fn escape(text: &str) -> Option<(usize, usize)> {
    let mut from = 0;
    while let Some(found) = text.get(from..)?.find('\\') {
        let start = from + found;
        let rest = text.get(start..)?;
        if rest.starts_with("\\e") {
            return Some((start, start + 2));
        }
        let digits = rest.strip_prefix("\\u{").and_then(|inner| inner.split_once('}'));
        if let Some((digits, _)) = digits
            && !digits.is_empty()
            && digits.chars().all(|digit| digit.is_ascii_hexdigit())
        {
            return Some((start, start + digits.len() + 4));
        }
        from = start + 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_and_wrapped_by_width() {
        assert_eq!(cut("short", 5), "short");
        assert_eq!(cut("longer", 4), "lon…");
        assert_eq!(cut("日本語", 5), "日本…");
        assert_eq!(cut("x", 0), "");
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(wrap("", 3), [""]);
        assert_eq!(wrap("!\u{a47}\u{a03}", 2), ["!\u{a47}\u{a03}"]);
    }

    #[test]
    fn escapes_are_found() {
        assert_eq!(escape("a\\u{202e}b"), Some((1, 9)));
        assert_eq!(escape("C:\\users \\e[31m"), Some((9, 11)));
        assert_eq!(escape("C:\\users"), None);
        assert_eq!(escape("\\u{xyz}"), None);
    }

    proptest::proptest! {
        #[test]
        fn no_line_is_wider_than_its_limit(text in "\\PC{0,60}", limit in 2_usize..30) {
            for line in wrap(&text, limit) {
                let alone = line.graphemes(true).count() == 1;
                proptest::prop_assert!(line.width() <= limit || alone, "{line:?}");
            }
            proptest::prop_assert!(cut(&text, limit).width() <= limit);
        }
    }
}
