//! Rows of a table with cursor, filter, order, groups and marks. The same row stays under the cursor
//! through filtering, sorting and reloading: by its identity, not by its place.

#[cfg(test)]
mod tests;

use std::cmp::Ordering;
use std::collections::HashSet;
use std::hash::Hash;
use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::listing::{Listing, contains};
use super::table::{Head, Motion, Row as TableRow, Shown, Table, Window};
use crate::catalog::View;
use crate::tui::theme::Theme;

/// Something a table can list.
pub trait Listed {
    type Field: Copy + PartialEq;
    type Id: Clone + Eq + Hash;

    fn id(&self) -> Self::Id;
    fn show(&self, field: Self::Field) -> Shown<'_>;
}

#[derive(Debug)]
pub struct Rows<R: Listed> {
    view: Arc<View<R::Field>>,
    rows: Vec<R>,
    lines: Vec<Line>,
    selected: usize,
    window: Window,
    filter: String,
    /// The last filter that was not empty, for `next_match`.
    sought: String,
    /// The column that sorts, and whether it descends; as given when absent.
    sort: Option<(usize, bool)>,
    grouped: bool,
    folded: HashSet<String>,
    marks: HashSet<R::Id>,
}

/// What stands on one line of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Line {
    Row(usize),
    Group { label: String, rows: Vec<usize> },
}

impl<R: Listed> Rows<R> {
    pub fn new(view: Arc<View<R::Field>>) -> Self {
        let sort = view.sort.and_then(|field| {
            let index = view.columns.iter().position(|column| column.field == field)?;
            Some((index, view.descending))
        });
        Self {
            view,
            rows: Vec::new(),
            lines: Vec::new(),
            selected: 0,
            window: Window::default(),
            filter: String::new(),
            sought: String::new(),
            sort,
            grouped: false,
            folded: HashSet::new(),
            marks: HashSet::new(),
        }
    }

    /// Replaces the rows; cursor and marks stay with the rows that are still there.
    pub fn set(&mut self, rows: Vec<R>) {
        let under_cursor = self.current().map(R::id);
        self.rows = rows;
        let there: HashSet<R::Id> = self.rows.iter().map(R::id).collect();
        self.marks.retain(|id| there.contains(id));
        self.arrange(under_cursor);
    }

    pub fn all(&self) -> &[R] {
        &self.rows
    }

    pub fn all_mut(&mut self) -> &mut [R] {
        &mut self.rows
    }

    /// The row under the cursor; none on a group's heading.
    pub fn current(&self) -> Option<&R> {
        match self.lines.get(self.selected)? {
            Line::Row(index) => self.rows.get(*index),
            Line::Group { .. } => None,
        }
    }

    /// The marked rows; without marks the row under the cursor, or all of the group under it.
    pub fn targets(&self) -> Vec<&R> {
        if !self.marks.is_empty() {
            return self.rows.iter().filter(|row| self.marks.contains(&row.id())).collect();
        }
        match self.lines.get(self.selected) {
            Some(Line::Row(index)) => self.rows.get(*index).into_iter().collect(),
            Some(Line::Group { rows, .. }) => {
                rows.iter().filter_map(|index| self.rows.get(*index)).collect()
            }
            None => Vec::new(),
        }
    }

    /// Puts the cursor on a row, if it is shown.
    pub fn select(&mut self, id: &R::Id) -> bool {
        let found = self.position(|row| row.id() == *id);
        if let Some(line) = found {
            self.selected = line;
        }
        found.is_some()
    }

    /// Puts the cursor on the next (or previous) row that `wanted` takes, going round. Whether there
    /// was one.
    pub fn seek(&mut self, backwards: bool, wanted: impl Fn(&R) -> bool) -> bool {
        let total = self.lines.len();
        let found = (1..=total)
            .map(|step| match backwards {
                false => (self.selected + step) % total,
                true => (self.selected + total - step) % total,
            })
            .find(|line| match self.lines.get(*line) {
                Some(Line::Row(index)) => self.rows.get(*index).is_some_and(&wanted),
                _ => false,
            });
        if let Some(line) = found {
            self.selected = line;
        }
        found.is_some()
    }

    /// Marks, or unmarks, the row or group under the cursor and goes on.
    pub fn mark(&mut self) {
        let ids: Vec<R::Id> = match self.lines.get(self.selected) {
            Some(Line::Row(index)) => self.rows.get(*index).map(R::id).into_iter().collect(),
            Some(Line::Group { rows, .. }) => {
                rows.iter().filter_map(|index| self.rows.get(*index)).map(R::id).collect()
            }
            None => return,
        };
        self.toggle(ids);
        self.go(Motion::Down);
    }

    /// Marks every shown row, or unmarks them.
    pub fn mark_all(&mut self) {
        let shown = self.lines.iter().flat_map(|line| match line {
            Line::Row(index) => std::slice::from_ref(index),
            Line::Group { rows, .. } => rows.as_slice(),
        });
        let ids: HashSet<R::Id> =
            shown.filter_map(|index| self.rows.get(*index)).map(R::id).collect();
        self.toggle(ids.into_iter().collect());
    }

    pub fn marks(&self) -> usize {
        self.marks.len()
    }

    pub fn unmark(&mut self) {
        self.marks.clear();
    }

    /// Folds or unfolds the group under the cursor; whether it is a group.
    pub fn toggle_fold(&mut self) -> bool {
        let Some(Line::Group { label, .. }) = self.lines.get(self.selected) else {
            return false;
        };
        let label = label.clone();
        if !self.folded.remove(&label) {
            self.folded.insert(label);
        }
        self.arrange(None);
        true
    }

    fn toggle(&mut self, ids: Vec<R::Id>) {
        if ids.iter().all(|id| self.marks.contains(id)) {
            self.marks.retain(|id| !ids.contains(id));
        } else {
            self.marks.extend(ids);
        }
    }

    fn position(&self, wanted: impl Fn(&R) -> bool) -> Option<usize> {
        self.lines.iter().position(|line| match line {
            Line::Row(index) => self.rows.get(*index).is_some_and(&wanted),
            Line::Group { .. } => false,
        })
    }

    /// Rebuilds the lines: filter, order, groups. The cursor goes to the row with this identity, or
    /// stays at its place.
    fn arrange(&mut self, under_cursor: Option<R::Id>) {
        let mut order: Vec<usize> = (0..self.rows.len())
            .filter(|index| {
                self.rows.get(*index).is_some_and(|row| self.matches(row, &self.filter))
            })
            .collect();
        if let Some((column, descending)) = self.sort {
            // A stable sort: equal rows keep the order in which they came.
            order.sort_by(|one, other| {
                let order = self.compare(column, *one, *other);
                if descending { order.reverse() } else { order }
            });
        }
        self.lines = match (self.grouped, self.sort) {
            (true, Some((column, _))) => self.group(order, column),
            _ => order.into_iter().map(Line::Row).collect(),
        };
        self.selected = self.selected.min(self.lines.len().saturating_sub(1));
        if let Some(id) = under_cursor {
            self.select(&id);
        }
    }

    fn group(&self, order: Vec<usize>, column: usize) -> Vec<Line> {
        let mut groups: Vec<(String, Vec<usize>)> = Vec::new();
        for index in order {
            let label = self.shown(index, column).map(|shown| shown.text.into_owned());
            let label = label.unwrap_or_default();
            match groups.last_mut() {
                Some((last, rows)) if *last == label => rows.push(index),
                _ => groups.push((label, vec![index])),
            }
        }
        let mut lines = Vec::new();
        for (label, rows) in groups {
            let open = !self.folded.contains(&label);
            let inside: Vec<Line> = rows.iter().copied().map(Line::Row).collect();
            lines.push(Line::Group { label, rows });
            if open {
                lines.extend(inside);
            }
        }
        lines
    }

    fn compare(&self, column: usize, one: usize, other: usize) -> Ordering {
        let (Some(one), Some(other)) = (self.shown(one, column), self.shown(other, column)) else {
            return Ordering::Equal;
        };
        match (one.rank, other.rank) {
            (Some(one), Some(other)) => one.cmp(&other),
            _ => one.text.cmp(&other.text),
        }
    }

    fn shown(&self, row: usize, column: usize) -> Option<Shown<'_>> {
        let field = self.view.columns.get(column)?.field;
        self.rows.get(row).map(|row| row.show(field))
    }

    fn matches(&self, row: &R, part: &str) -> bool {
        part.is_empty()
            || self.view.columns.iter().any(|column| contains(&row.show(column.field).text, part))
    }

    fn heads(&self) -> Vec<Head<'_>> {
        self.view
            .columns
            .iter()
            .enumerate()
            .map(|(index, column)| Head {
                title: &column.title,
                width: column.width,
                align: column.align,
                role: column.role.unwrap_or_default(),
                rank: column.rank,
                sorted: self.sort.filter(|(sorted, _)| *sorted == index).map(|(_, down)| down),
            })
            .collect()
    }

    fn table_row(&self, line: usize) -> (TableRow<'_>, bool) {
        match self.lines.get(line) {
            Some(Line::Row(index)) => {
                let Some(row) = self.rows.get(*index) else {
                    return (TableRow::Heading(String::new()), false);
                };
                let cells = self.view.columns.iter().map(|column| row.show(column.field)).collect();
                (TableRow::Cells(cells), self.marks.contains(&row.id()))
            }
            Some(Line::Group { label, rows }) => {
                let fold = if self.folded.contains(label) { "+" } else { "-" };
                let label = if label.is_empty() { "(none)" } else { label };
                (TableRow::Heading(format!("{fold} {label} ({})", rows.len())), false)
            }
            None => (TableRow::Heading(String::new()), false),
        }
    }

    fn keep_cursor(&mut self, change: impl FnOnce(&mut Self)) {
        let under_cursor = self.current().map(R::id);
        change(self);
        self.arrange(under_cursor);
    }
}

impl<R: Listed> Listing for Rows<R> {
    fn go(&mut self, motion: Motion) {
        self.selected = self.window.moved(self.selected, self.lines.len(), motion);
    }

    fn set_filter(&mut self, text: &str) {
        self.keep_cursor(|rows| {
            rows.filter = text.to_lowercase();
            if !text.is_empty() {
                rows.sought.clone_from(&rows.filter);
            }
        });
    }

    fn filter(&self) -> &str {
        &self.filter
    }

    fn next_match(&mut self, backwards: bool) -> bool {
        let sought = std::mem::take(&mut self.sought);
        let matching: HashSet<R::Id> =
            self.rows.iter().filter(|row| self.matches(row, &sought)).map(R::id).collect();
        self.sought = sought;
        !self.sought.is_empty() && self.seek(backwards, |row| matching.contains(&row.id()))
    }

    fn fold(&mut self) {
        if let Some(Line::Group { label, .. }) = self.lines.get(self.selected) {
            self.folded.insert(label.clone());
            self.arrange(None);
        } else if self.grouped {
            let heading = (0..self.selected)
                .rev()
                .find(|line| matches!(self.lines.get(*line), Some(Line::Group { .. })));
            self.selected = heading.unwrap_or(self.selected);
        }
    }

    fn unfold(&mut self) {
        if let Some(Line::Group { label, .. }) = self.lines.get(self.selected) {
            let label = label.clone();
            self.folded.remove(&label);
            self.arrange(None);
        }
    }

    fn fold_all(&mut self, folded: bool) {
        self.folded.clear();
        if folded {
            let labels = self.lines.iter().filter_map(|line| match line {
                Line::Group { label, .. } => Some(label.clone()),
                Line::Row(_) => None,
            });
            self.folded = labels.collect();
        }
        self.arrange(None);
    }

    fn sort_next(&mut self) {
        let columns = self.view.columns.len().max(1);
        self.keep_cursor(|rows| {
            let next = rows.sort.map_or(0, |(column, _)| (column + 1) % columns);
            rows.sort = Some((next, false));
            rows.folded.clear();
        });
    }

    fn sort_reverse(&mut self) {
        self.keep_cursor(|rows| {
            rows.sort = Some(rows.sort.map_or((0, true), |(column, down)| (column, !down)));
        });
    }

    fn toggle_group(&mut self) {
        self.keep_cursor(|rows| {
            rows.grouped = !rows.grouped;
            rows.sort = rows.sort.or(Some((0, false)));
            rows.folded.clear();
        });
    }

    fn count(&self) -> (usize, usize) {
        let shown: usize = match self.grouped {
            false => self.lines.len(),
            true => self
                .lines
                .iter()
                .map(|line| match line {
                    Line::Group { rows, .. } => rows.len(),
                    Line::Row(_) => 0,
                })
                .sum(),
        };
        (shown, self.rows.len())
    }

    fn copy(&self) -> Option<String> {
        let row = self.current()?;
        let cells = self.view.columns.iter().map(|column| row.show(column.field).text.into_owned());
        Some(cells.collect::<Vec<_>>().join("\t"))
    }

    fn draw(&self, area: Rect, buffer: &mut Buffer, theme: &Theme) {
        let row = |line| self.table_row(line);
        let table = Table {
            heads: self.heads(),
            total: self.lines.len(),
            selected: self.selected,
            window: &self.window,
            row: &row,
        };
        table.draw(area, buffer, theme);
    }
}
