//! The one table. Windowed: only the rows on the screen are built and measured, so that a frame
//! costs the same for ten rows and for ten million.

use std::borrow::Cow;
use std::cell::Cell;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::text;
use crate::catalog::{Align, Role, Width};
use crate::tui::theme::Theme;

/// The part of a list that is on the screen. Drawing remembers it, so that the rows stay where they
/// are while the cursor moves inside the window; nothing else depends on it.
#[derive(Clone, Debug, Default)]
pub struct Window {
    offset: Cell<usize>,
    height: Cell<usize>,
}

/// How the cursor moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Motion {
    Down,
    Up,
    HalfPageDown,
    HalfPageUp,
    PageDown,
    PageUp,
    Top,
    Bottom,
}

impl Window {
    /// The first row on the screen, chosen so that the selected one is visible.
    pub fn place(&self, selected: usize, total: usize, height: usize) -> usize {
        let lowest = (selected + 1).saturating_sub(height);
        let highest = selected.min(total.saturating_sub(height));
        let offset = self.offset.get().clamp(lowest.min(highest), highest);
        self.offset.set(offset);
        self.height.set(height);
        offset
    }

    /// Where a motion leads from `selected` in a list of `total` rows.
    pub fn moved(&self, selected: usize, total: usize, motion: Motion) -> usize {
        let page = self.height.get().max(2);
        let last = total.saturating_sub(1);
        let to = match motion {
            Motion::Down => selected.saturating_add(1),
            Motion::Up => selected.saturating_sub(1),
            Motion::HalfPageDown => selected.saturating_add(page / 2),
            Motion::HalfPageUp => selected.saturating_sub(page / 2),
            Motion::PageDown => selected.saturating_add(page),
            Motion::PageUp => selected.saturating_sub(page),
            Motion::Top => 0,
            Motion::Bottom => last,
        };
        to.min(last)
    }
}

/// What a table shows in one place: visible text and what it means.
#[derive(Clone, Debug, Default)]
pub struct Shown<'a> {
    pub text: Cow<'a, str>,
    pub role: Role,
    /// Draw the role's glyph before the text.
    pub glyph: bool,
    /// Sorts by this instead of the text.
    pub rank: Option<i64>,
}

impl<'a> Shown<'a> {
    pub fn text(text: impl Into<Cow<'a, str>>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// A status: its glyph and its word in its style.
    pub fn status(role: Role, text: impl Into<Cow<'a, str>>) -> Self {
        Self { text: text.into(), role, glyph: true, rank: None }
    }

    pub fn number(number: u64) -> Self {
        let rank = Some(i64::try_from(number).unwrap_or(i64::MAX));
        let role = if number == 0 { Role::Quiet } else { Role::Text };
        Self { text: super::super::panes::grouped(number).into(), role, glyph: false, rank }
    }

    /// A value that no record holds.
    pub fn missing() -> Self {
        Self { text: "-".into(), role: Role::Missing, glyph: false, rank: None }
    }

    pub fn role(mut self, role: Role) -> Self {
        self.role = role;
        self
    }

    pub fn rank(mut self, rank: i64) -> Self {
        self.rank = Some(rank);
        self
    }
}

/// One column's head.
#[derive(Clone, Copy, Debug)]
pub struct Head<'a> {
    pub title: &'a str,
    pub width: Width,
    pub align: Align,
    pub role: Role,
    pub rank: u8,
    /// Sorted by this column; `true` descending.
    pub sorted: Option<bool>,
}

/// One row on the screen.
pub enum Row<'a> {
    Cells(Vec<Shown<'a>>),
    /// A line across all columns.
    Heading(String),
}

/// The content of a table, asked for row by row.
pub struct Table<'a> {
    pub heads: Vec<Head<'a>>,
    pub total: usize,
    pub selected: usize,
    pub window: &'a Window,
    /// A row and whether it is marked.
    pub row: &'a dyn Fn(usize) -> (Row<'a>, bool),
}

const GAP: u16 = 2;
/// What a filling column asks for before columns of low rank are shown.
const FILLING: u16 = 56;
/// Columns at the left for the cursor and the mark.
const GUTTER: u16 = 2;

impl Table<'_> {
    pub fn draw(&self, area: Rect, buffer: &mut Buffer, theme: &Theme) {
        if area.height < 2 || area.width <= GUTTER {
            return;
        }
        let height = usize::from(area.height - 1);
        let offset = self.window.place(self.selected, self.total, height);
        let rows: Vec<(Row<'_>, bool)> =
            (offset..self.total.min(offset + height)).map(|index| (self.row)(index)).collect();
        let widths = self.widths(area.width - GUTTER, &rows, theme);
        let inner = Rect { x: area.x + GUTTER, width: area.width - GUTTER, height: 1, ..area };
        self.draw_heads(inner, &widths, buffer, theme);
        for (index, (row, marked)) in rows.iter().enumerate() {
            let line = u16::try_from(index).unwrap_or(u16::MAX).saturating_add(area.y + 1);
            let inner = Rect { y: line, ..inner };
            let selected = offset + index == self.selected;
            draw_row(row, inner, &self.heads, &widths, buffer, theme);
            let gutter = Rect { x: area.x, width: GUTTER, ..inner };
            if *marked {
                let mark = Rect { x: gutter.x + 1, width: 1, ..gutter };
                text::draw(
                    theme.glyph(Role::Marked),
                    mark,
                    buffer,
                    theme.style(Role::Marked),
                    theme,
                );
            }
            if selected {
                text::draw(theme.glyph(Role::Selected), gutter, buffer, Style::new(), theme);
                let whole = Rect { x: area.x, width: area.width, ..inner };
                buffer.set_style(whole.intersection(buffer.area), theme.style(Role::Selected));
            }
        }
    }

    fn draw_heads(&self, area: Rect, widths: &[u16], buffer: &mut Buffer, theme: &Theme) {
        let mut x = area.x;
        for (head, width) in self.heads.iter().zip(widths).filter(|(_, width)| **width > 0) {
            let mark = match head.sorted {
                Some(true) => " v",
                Some(false) => " ^",
                None => "",
            };
            let title = format!("{}{mark}", head.title);
            let at = Rect { x, width: *width, ..area };
            aligned(&title, at, head.align, buffer, theme.style(Role::Heading), theme);
            x = x.saturating_add(width + GAP);
        }
    }

    /// The width of every column; 0 for those that are left out.
    fn widths(&self, space: u16, rows: &[(Row<'_>, bool)], theme: &Theme) -> Vec<u16> {
        let wanted: Vec<u16> = self
            .heads
            .iter()
            .enumerate()
            .map(|(index, head)| self.wanted(index, head, rows, theme))
            .collect();
        let kept = self.kept(space, &wanted);
        let gaps = GAP.saturating_mul(u16::try_from(kept.len().saturating_sub(1)).unwrap_or(0));
        let space = space.saturating_sub(gaps);
        let minimal = |index: &usize| self.heads.get(*index).map_or(0, |head| head.width.min);
        let mut left = space.saturating_sub(sum(kept.iter().map(minimal)));
        let mut widths = vec![0; self.heads.len()];
        let filling = self.heads.iter().position(|head| head.width.fill);
        // The filling column is what is read: it grows to a readable width first, then the others
        // to their content, and it takes what is left.
        if let Some(index) = filling {
            let wish = wanted.get(index).copied().unwrap_or(0);
            left = left.saturating_sub(wish.saturating_sub(minimal(&index)));
        }
        for index in &kept {
            let (Some(head), Some(width)) = (self.heads.get(*index), widths.get_mut(*index)) else {
                continue;
            };
            let wish = if head.width.fill { 0 } else { wanted.get(*index).copied().unwrap_or(0) };
            let more = wish.saturating_sub(head.width.min).min(left);
            *width = head.width.min + more;
            left -= more;
        }
        let used = sum(widths.iter().copied());
        if let Some(width) = filling.and_then(|index| widths.get_mut(index)) {
            // In too little room the filling column gives way too.
            *width = (*width + space).saturating_sub(used).max(1);
        }
        widths
    }

    /// The columns for which there is room. Those of rank 1 and 2 need their minimal width; those of
    /// higher rank are shown only where every column before them has the room its content asks for.
    fn kept(&self, space: u16, wanted: &[u16]) -> Vec<usize> {
        let mut kept: Vec<usize> = (0..self.heads.len()).collect();
        loop {
            let rank = |index: &usize| self.heads.get(*index).map_or(0, |head| head.rank);
            let Some(last) = kept.iter().copied().max_by_key(|index| (rank(index), *index)) else {
                return kept;
            };
            let highest = rank(&last);
            let need = |index: &usize| {
                let minimal = self.heads.get(*index).map_or(0, |head| head.width.min);
                let content = wanted.get(*index).copied().unwrap_or(0);
                GAP + if highest > 2 { content.max(minimal) } else { minimal }
            };
            if highest == 0 || sum(kept.iter().map(need)) <= space.saturating_add(GAP) {
                return kept;
            }
            kept.retain(|index| *index != last);
        }
    }

    /// The width that a column's head and visible content ask for, within its bounds.
    fn wanted(
        &self,
        index: usize,
        head: &Head<'_>,
        rows: &[(Row<'_>, bool)],
        theme: &Theme,
    ) -> u16 {
        let title = text::width(head.title) + if head.sorted.is_some() { 2 } else { 0 };
        let cells = rows.iter().filter_map(|(row, _)| match row {
            Row::Cells(cells) => cells.get(index).map(|shown| {
                let glyph = if shown.glyph { text::width(theme.glyph(shown.role)) + 1 } else { 0 };
                text::width(&shown.text) + glyph
            }),
            Row::Heading(_) => None,
        });
        let content = cells.chain([title]).max().unwrap_or_default();
        let most = head.width.max.unwrap_or(if head.width.fill { FILLING } else { u16::MAX });
        u16::try_from(content).unwrap_or(u16::MAX).min(most).max(head.width.min)
    }
}

fn sum(widths: impl Iterator<Item = u16>) -> u16 {
    widths.fold(0, u16::saturating_add)
}

fn draw_row(
    row: &Row<'_>,
    area: Rect,
    heads: &[Head<'_>],
    widths: &[u16],
    buffer: &mut Buffer,
    theme: &Theme,
) {
    let cells = match row {
        Row::Heading(title) => {
            return text::draw(title, area, buffer, theme.style(Role::Heading), theme);
        }
        Row::Cells(cells) => cells,
    };
    let mut x = area.x;
    for ((shown, head), width) in cells.iter().zip(heads).zip(widths) {
        if *width == 0 {
            continue;
        }
        let at = Rect { x, width: *width, ..area };
        let role = if shown.role == Role::Text { head.role } else { shown.role };
        let glyph = if shown.glyph { theme.glyph(shown.role) } else { "" };
        let content = match glyph {
            "" => Cow::Borrowed(shown.text.as_ref()),
            glyph => Cow::Owned(format!("{glyph} {}", shown.text)),
        };
        aligned(&content, at, head.align, buffer, theme.style(role), theme);
        x = x.saturating_add(width + GAP);
    }
}

fn aligned(
    content: &str,
    area: Rect,
    align: Align,
    buffer: &mut Buffer,
    style: Style,
    theme: &Theme,
) {
    let shown = text::cut(content, usize::from(area.width));
    let wide = u16::try_from(text::width(&shown)).unwrap_or(area.width);
    let indent = match align {
        Align::Left => 0,
        Align::Right => area.width.saturating_sub(wide),
    };
    let area = Rect { x: area.x + indent, width: area.width - indent, ..area };
    text::draw(&shown, area, buffer, style, theme);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_follows_the_cursor_and_no_further() {
        let window = Window::default();
        assert_eq!(window.place(0, 100, 10), 0);
        assert_eq!(window.place(9, 100, 10), 0);
        assert_eq!(window.place(10, 100, 10), 1);
        assert_eq!(window.place(5, 100, 10), 1);
        assert_eq!(window.place(0, 100, 10), 0);
        assert_eq!(window.place(99, 100, 10), 90);
        assert_eq!(window.place(3, 4, 10), 0);
        assert_eq!(window.place(0, 0, 10), 0);
    }

    #[test]
    fn motions_stay_inside() {
        let window = Window::default();
        window.place(0, 100, 10);
        for (from, motion, to) in [
            (0, Motion::Up, 0),
            (0, Motion::Down, 1),
            (0, Motion::PageDown, 10),
            (98, Motion::HalfPageDown, 99),
            (7, Motion::Top, 0),
            (7, Motion::Bottom, 99),
        ] {
            assert_eq!(window.moved(from, 100, motion), to);
        }
        assert_eq!(window.moved(0, 0, Motion::Bottom), 0);
    }
}
