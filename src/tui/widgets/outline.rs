//! A tree laid out flat, in depth-first order: folded, filtered, windowed. Nodes are known by their
//! position; the branch of node `i` is `i..i + size`. A million of them fold and draw without
//! pointers.

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::table::{Head, Motion, Row, Shown, Table, Window};
use crate::catalog::View;
use crate::tui::theme::Theme;

/// Deeper levels are indented no further; their number is written instead.
const DEEPEST: u32 = 16;
/// Larger trees open folded.
const OPEN_AT_FIRST: usize = 5_000;

#[derive(Debug, Default)]
pub struct Outline {
    depths: Vec<u32>,
    sizes: Vec<u32>,
    folded: Vec<bool>,
    /// The nodes that the filter lets through, when there is one.
    matching: Option<Vec<bool>>,
    /// The branch that is shown alone.
    root: Option<usize>,
    /// The nodes that are shown, in order.
    shown: Vec<usize>,
    selected: usize,
    window: Window,
}

impl Outline {
    /// Takes another tree: the depth and the size of each branch.
    pub fn set(&mut self, nodes: impl Iterator<Item = (u32, u32)>) {
        (self.depths, self.sizes) = nodes.unzip();
        self.folded = vec![self.len() > OPEN_AT_FIRST; self.len()];
        self.matching = None;
        self.root = None;
        self.selected = 0;
        self.arrange();
    }

    pub fn len(&self) -> usize {
        self.sizes.len()
    }

    pub fn is_empty(&self) -> bool {
        self.sizes.is_empty()
    }

    /// How many nodes are shown.
    pub fn shown(&self) -> usize {
        self.shown.len()
    }

    /// The node under the cursor.
    pub fn current(&self) -> Option<usize> {
        self.shown.get(self.selected).copied()
    }

    pub fn go(&mut self, motion: Motion) {
        self.selected = self.window.moved(self.selected, self.shown.len(), motion);
    }

    /// Puts the cursor on a node, its ancestors unfolded.
    pub fn reveal(&mut self, node: usize) {
        let mut above = 0;
        while above < node {
            let end = self.end(above);
            if end <= node {
                above = end;
                continue;
            }
            self.set_folded(above, false);
            above += 1;
        }
        self.arrange();
        self.select_or_parent(node);
    }

    /// Shows the nodes that are let through, and their ancestors; all of them when there is no filter.
    pub fn filter(&mut self, matching: Option<Vec<bool>>) {
        self.keep_cursor(|outline| outline.matching = matching);
    }

    /// Goes to the next (or previous) shown node of which `is_sought` holds. Whether there was one.
    pub fn next_match(&mut self, backwards: bool, is_sought: impl Fn(usize) -> bool) -> bool {
        let total = self.shown.len();
        let found = (1..=total)
            .map(|step| match backwards {
                false => (self.selected + step) % total,
                true => (self.selected + total - step) % total,
            })
            .find(|line| self.shown.get(*line).is_some_and(|node| is_sought(*node)));
        self.selected = found.unwrap_or(self.selected);
        found.is_some()
    }

    /// Shows only the branch under the cursor.
    pub fn root_here(&mut self) {
        self.root = self.current();
        self.keep_cursor(|_| {});
    }

    /// Shows the whole tree again; whether it did not before.
    pub fn unroot(&mut self) -> bool {
        let rooted = self.root.is_some();
        self.keep_cursor(|outline| outline.root = None);
        rooted
    }

    pub fn is_rooted(&self) -> bool {
        self.root.is_some()
    }

    /// Folds the branch; on a folded one or a leaf, goes to the parent.
    pub fn fold(&mut self) {
        let Some(node) = self.current() else { return };
        if self.has_children(node) && !self.is_folded(node) {
            return self.keep_cursor(|outline| outline.set_folded(node, true));
        }
        let depth = self.depth(node);
        let above = self.shown.iter().take(self.selected).rposition(|at| self.depth(*at) < depth);
        self.selected = above.unwrap_or(self.selected);
    }

    pub fn unfold(&mut self) {
        if let Some(node) = self.current() {
            self.keep_cursor(|outline| outline.set_folded(node, false));
        }
    }

    pub fn fold_all(&mut self, folded: bool) {
        self.keep_cursor(|outline| outline.folded.fill(folded));
    }

    /// What stands before a node's label: its depth, and whether it is folded.
    pub fn lead(&self, node: usize) -> String {
        let top = self.root.map_or(0, |root| self.depth(root));
        let depth = self.depth(node).saturating_sub(top);
        let mut lead = match depth {
            0..=DEEPEST => "  ".repeat(depth as usize),
            deeper => format!("{}+{} ", "  ".repeat(DEEPEST as usize), deeper - DEEPEST),
        };
        lead.push_str(match (self.has_children(node), self.is_folded(node)) {
            (true, true) => "+ ",
            (true, false) => "- ",
            (false, _) => match self.depths.get(node + 1) {
                Some(next) if *next == self.depth(node) => "├ ",
                _ => "└ ",
            },
        });
        lead
    }

    /// Draws the nodes as a table; `show` says what a column shows of a node.
    pub fn draw<'a, F: Copy>(
        &'a self,
        view: &'a View<F>,
        show: impl Fn(usize, F) -> Shown<'a> + 'a,
        area: Rect,
        buffer: &mut Buffer,
        theme: &Theme,
    ) {
        let heads = view.columns.iter().map(|column| Head {
            title: &column.title,
            width: column.width,
            align: column.align,
            role: column.role.unwrap_or_default(),
            rank: column.rank,
            sorted: None,
        });
        let row = |line: usize| {
            let cells = match self.shown.get(line) {
                Some(node) => view.columns.iter().map(|column| show(*node, column.field)).collect(),
                None => Vec::new(),
            };
            (Row::Cells(cells), false)
        };
        let table = Table {
            heads: heads.collect(),
            total: self.shown.len(),
            selected: self.selected,
            window: &self.window,
            row: &row,
        };
        table.draw(area, buffer, theme);
    }

    fn keep_cursor(&mut self, change: impl FnOnce(&mut Self)) {
        let under_cursor = self.current();
        change(self);
        self.arrange();
        if let Some(node) = under_cursor {
            self.select_or_parent(node);
        }
    }

    /// Puts the cursor on a node, or on the last one shown before it: an ancestor, if it is folded.
    fn select_or_parent(&mut self, node: usize) {
        self.selected = match self.shown.binary_search(&node) {
            Ok(line) => line,
            Err(line) => line.saturating_sub(1),
        };
    }

    fn arrange(&mut self) {
        let range = match self.root {
            Some(root) => root..self.end(root),
            None => 0..self.len(),
        };
        self.shown = match &self.matching {
            None => self.unfolded(range),
            Some(matching) => self.let_through(range, matching),
        };
        self.selected = self.selected.min(self.shown.len().saturating_sub(1));
    }

    fn unfolded(&self, range: Range<usize>) -> Vec<usize> {
        let mut shown = Vec::new();
        let mut node = range.start;
        while node < range.end {
            shown.push(node);
            node = if self.is_folded(node) { self.end(node) } else { node + 1 };
        }
        shown
    }

    /// The nodes that match, and their ancestors.
    fn let_through(&self, range: Range<usize>, matching: &[bool]) -> Vec<usize> {
        let mut shown: Vec<usize> = Vec::new();
        let mut ancestors: Vec<usize> = Vec::new();
        for node in range {
            while ancestors.last().is_some_and(|last| self.end(*last) <= node) {
                ancestors.pop();
            }
            ancestors.push(node);
            if matching.get(node).copied().unwrap_or(false) {
                // Ancestors stand in order: the new ones are at the end.
                let last = shown.last().copied();
                let known =
                    ancestors.partition_point(|node| last.is_some_and(|last| *node <= last));
                shown.extend(ancestors.iter().skip(known));
            }
        }
        shown
    }

    /// The node after a node's branch. A size that cannot be is taken for one.
    fn end(&self, node: usize) -> usize {
        let size = self.sizes.get(node).map_or(1, |size| (*size).max(1)) as usize;
        node.saturating_add(size).min(self.len())
    }

    fn depth(&self, node: usize) -> u32 {
        self.depths.get(node).copied().unwrap_or(0)
    }

    fn has_children(&self, node: usize) -> bool {
        self.end(node) > node + 1
    }

    fn is_folded(&self, node: usize) -> bool {
        self.folded.get(node).copied().unwrap_or(false)
    }

    fn set_folded(&mut self, node: usize, folded: bool) {
        if let Some(flag) = self.folded.get_mut(node) {
            *flag = folded;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// planner(crm(export), billing(read)), other
    fn sample() -> Outline {
        let mut outline = Outline::default();
        outline.set([(0, 5), (1, 2), (2, 1), (1, 2), (2, 1), (0, 1)].into_iter());
        outline
    }

    #[track_caller]
    fn check(outline: &Outline, shown: &[usize], under_cursor: usize) {
        assert_eq!((&outline.shown[..], outline.current()), (shown, Some(under_cursor)));
    }

    #[test]
    fn branches_fold_and_the_cursor_goes_to_what_is_left() {
        let mut outline = sample();
        outline.go(Motion::Down);
        outline.fold();
        check(&outline, &[0, 1, 3, 4, 5], 1);
        outline.fold();
        check(&outline, &[0, 1, 3, 4, 5], 0);
        outline.fold();
        check(&outline, &[0, 5], 0);
        outline.fold_all(false);
        outline.go(Motion::Bottom);
        outline.go(Motion::Up);
        outline.fold_all(true);
        check(&outline, &[0, 5], 0);
        outline.unfold();
        check(&outline, &[0, 1, 3, 5], 0);
        outline.reveal(4);
        check(&outline, &[0, 1, 3, 4, 5], 4);
    }

    #[test]
    fn a_filter_keeps_the_ancestors() {
        let mut outline = sample();
        outline.filter(Some(vec![false, false, false, false, true, false]));
        check(&outline, &[0, 3, 4], 0);
        outline.filter(Some(vec![false, false, true, false, true, false]));
        check(&outline, &[0, 1, 2, 3, 4], 0);
        outline.filter(None);
        assert!(outline.next_match(false, |node| node == 4));
        check(&outline, &[0, 1, 2, 3, 4, 5], 4);
        assert!(!outline.next_match(true, |_| false));
    }

    #[test]
    fn a_branch_can_stand_alone() {
        let mut outline = sample();
        (0..3).for_each(|_| outline.go(Motion::Down));
        outline.root_here();
        check(&outline, &[3, 4], 3);
        assert!(outline.unroot() && !outline.unroot());
        assert_eq!(outline.shown(), 6);
    }

    #[test]
    fn sizes_that_cannot_be_do_no_harm() {
        let mut outline = Outline::default();
        outline.set([(0, u32::MAX), (1, 0), (2, 0), (0, u32::MAX)].into_iter());
        outline.fold_all(true);
        outline.filter(Some(vec![true; 4]));
        outline.reveal(2);
        assert!(outline.shown() > 0);
    }
}
