//! A document: headings, sentences, pairs and two columns side by side, wrapped to a width and
//! scrolled as one.

use std::cell::Cell;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::table::Motion;
use super::text;
use crate::catalog::Role;
use crate::tui::theme::Theme;

/// Lines under construction, all of one width.
#[derive(Debug)]
pub struct Document<'t> {
    theme: &'t Theme,
    width: usize,
    lines: Vec<Line<'static>>,
}

/// How far a document is scrolled. Drawing remembers how far it can be.
#[derive(Clone, Debug, Default)]
pub struct Scroll {
    offset: Cell<usize>,
    last: Cell<usize>,
    height: Cell<usize>,
}

impl Scroll {
    pub fn go(&mut self, motion: Motion) {
        let page = self.height.get().max(2);
        let offset = self.offset.get();
        let to = match motion {
            Motion::Down => offset.saturating_add(1),
            Motion::Up => offset.saturating_sub(1),
            Motion::HalfPageDown => offset.saturating_add(page / 2),
            Motion::HalfPageUp => offset.saturating_sub(page / 2),
            Motion::PageDown => offset.saturating_add(page),
            Motion::PageUp => offset.saturating_sub(page),
            Motion::Top => 0,
            Motion::Bottom => usize::MAX,
        };
        self.offset.set(to.min(self.last.get()));
    }

    pub fn reset(&mut self) {
        self.offset.set(0);
    }
}

impl<'t> Document<'t> {
    pub fn new(width: u16, theme: &'t Theme) -> Self {
        Self { theme, width: usize::from(width).max(1), lines: Vec::new() }
    }

    pub fn blank(&mut self) {
        self.lines.push(Line::default());
    }

    /// A heading over a rule as wide as the document.
    pub fn heading(&mut self, title: &str, role: Role) {
        let title = text::cut(title, self.width.saturating_sub(1)).into_owned();
        let rule = "─".repeat(self.width.saturating_sub(text::width(&title) + 1));
        self.lines.push(Line::from(vec![
            Span::styled(title, self.theme.style(role)),
            Span::raw(" "),
            Span::styled(rule, self.theme.style(Role::Border)),
        ]));
    }

    /// A wrapped sentence, `indent` columns in.
    pub fn text(&mut self, sentence: &str, role: Role, indent: usize) {
        let style = self.theme.style(role);
        for line in text::wrap(sentence, self.width.saturating_sub(indent)) {
            self.push(" ".repeat(indent), Style::new(), &line, style);
        }
    }

    /// A label and its value, which is wrapped beside it.
    pub fn pair(&mut self, label: &str, value: &str, role: Role) {
        self.labelled(label, 14, value, role);
    }

    /// A status: glyph and word, then what is said of it, wrapped beside it.
    pub fn status(&mut self, role: Role, word: &str, column: usize, sentence: &str) {
        let glyph = self.theme.glyph(role);
        let label = if glyph.is_empty() { word.to_owned() } else { format!("{glyph} {word}") };
        let style = self.theme.style(role);
        self.beside(&label, style, column, sentence, Style::new());
    }

    fn labelled(&mut self, label: &str, column: usize, value: &str, role: Role) {
        let quiet = self.theme.style(Role::Quiet);
        let style = self.theme.style(role);
        self.beside(label, quiet, column, value, style);
    }

    fn beside(
        &mut self,
        label: &str,
        style: Style,
        column: usize,
        value: &str,
        value_style: Style,
    ) {
        let column = column.min(self.width / 2);
        let label = text::cut(label, column.saturating_sub(1)).into_owned();
        let mut label = format!("{label}{}", " ".repeat(column - text::width(&label).min(column)));
        for line in text::wrap(value, self.width.saturating_sub(column)) {
            self.push(std::mem::take(&mut label), style, &line, value_style);
            label = " ".repeat(column);
        }
    }

    fn push(&mut self, label: String, style: Style, line: &str, line_style: Style) {
        let mut spans = vec![Span::styled(label, style)];
        spans.extend(text::spans(line, line_style, self.theme));
        self.lines.push(Line::from(spans));
    }

    /// Two documents side by side, a rule between them.
    pub fn beside_each_other(&mut self, left: Document<'_>, right: Document<'_>) {
        let border = self.theme.style(Role::Border);
        let wide = left.width;
        let total = left.lines.len().max(right.lines.len());
        let mut left = left.lines.into_iter();
        let mut right = right.lines.into_iter();
        for _ in 0..total {
            let mut spans = left.next().map(|line| line.spans).unwrap_or_default();
            let used: usize = spans.iter().map(|span| text::width(&span.content)).sum();
            spans.push(Span::raw(" ".repeat(wide.saturating_sub(used))));
            spans.push(Span::styled(" │ ", border));
            spans.extend(right.next().map(|line| line.spans).unwrap_or_default());
            self.lines.push(Line::from(spans));
        }
    }

    /// The document's text without styles, for the clipboard.
    /// How many lines it takes.
    pub fn height(&self) -> usize {
        self.lines.len()
    }

    pub fn plain(&self) -> String {
        let lines = self.lines.iter().map(|line| {
            let text: String = line.spans.iter().map(|span| span.content.as_ref()).collect();
            text.trim_end().to_owned()
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    pub fn draw(&self, area: Rect, buffer: &mut Buffer, scroll: &Scroll) {
        let height = usize::from(area.height);
        scroll.last.set(self.lines.len().saturating_sub(height));
        scroll.height.set(height);
        scroll.offset.set(scroll.offset.get().min(scroll.last.get()));
        let shown = self.lines.iter().skip(scroll.offset.get()).take(height);
        for (line, y) in shown.zip(area.y..) {
            text::draw_line(line, Rect { y, height: 1, ..area }, buffer);
        }
        // What is below the edge must not go unseen.
        if scroll.offset.get() < scroll.last.get() && area.height > 0 {
            let left = self.lines.len() - scroll.offset.get() - height;
            let note = format!(" {} below ", crate::tui::panes::counted(left, "line"));
            let width = u16::try_from(note.len()).unwrap_or(area.width).min(area.width);
            let at = Rect { x: area.right() - width, y: area.bottom() - 1, width, height: 1 };
            text::draw(&note, at, buffer, self.theme.style(Role::Key), self.theme);
        }
    }
}
