//! The delegation tree: agent → sub-agent → tool call, folded, filtered and windowed. Nodes are flat
//! and in depth-first order, so a million of them fold and draw without pointers.

use std::borrow::Cow;
use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Fetched, alarming, draw_empty, time_shown};
use crate::catalog::fields::TreeField;
use crate::catalog::{Role, View};
use crate::domain::{
    AgentKey, DelegationNames, DelegationNode, DelegationTree, EdgeBasis, Outcome, Text, amounts,
};
use crate::tui::theme::Theme;
use crate::tui::widgets::listing::{Listing, contains};
use crate::tui::widgets::table::{Head, Motion, Row, Shown, Table, Window};

/// Deeper levels are indented no further; their number is written instead.
const DEEPEST: u32 = 16;
/// Larger trees open folded.
const OPEN_AT_FIRST: usize = 5_000;

#[derive(Debug)]
pub struct Tree {
    view: Arc<View<TreeField>>,
    tree: DelegationTree,
    /// The trace that is shown.
    pub trace: Option<Text>,
    pub fetched: Fetched,
    /// By node.
    folded: Vec<bool>,
    /// The branch that is shown alone.
    root: Option<usize>,
    filter: String,
    sought: String,
    /// The nodes that are shown, in order.
    shown: Vec<usize>,
    selected: usize,
    window: Window,
}

impl Tree {
    pub fn new(view: Arc<View<TreeField>>) -> Self {
        Self {
            view,
            tree: DelegationTree::default(),
            trace: None,
            fetched: Fetched::Never,
            folded: Vec::new(),
            root: None,
            filter: String::new(),
            sought: String::new(),
            shown: Vec::new(),
            selected: 0,
            window: Window::default(),
        }
    }

    pub fn set(&mut self, tree: DelegationTree) {
        self.tree = tree;
        self.fetched = Fetched::Ready;
        self.root = None;
        self.selected = 0;
        let folded = self.tree.nodes.len() > OPEN_AT_FIRST;
        self.folded = vec![folded; self.tree.nodes.len()];
        self.arrange();
    }

    /// The agent under the cursor.
    pub fn agent(&self) -> Option<&AgentKey> {
        self.tree.agent(self.current()?)
    }

    pub fn current(&self) -> Option<&DelegationNode> {
        self.tree.nodes.get(*self.shown.get(self.selected)?)
    }

    /// Shows only the branch under the cursor.
    pub fn root_here(&mut self) {
        self.root = self.shown.get(self.selected).copied();
        self.keep_cursor(|_| {});
    }

    /// Shows the whole tree again; whether it did not before.
    pub fn unroot(&mut self) -> bool {
        let rooted = self.root.is_some();
        self.keep_cursor(|tree| tree.root = None);
        rooted
    }

    /// What is shown, in a few words.
    pub fn about(&self) -> String {
        let of = match &self.trace {
            Some(trace) => format!("trace {}", trace.visible()),
            None => "no trace".to_owned(),
        };
        let rooted = if self.root.is_some() { " · one branch" } else { "" };
        let orphans = self.tree.nodes.iter().filter(|node| node.edge == EdgeBasis::Orphan).count();
        let mended = match orphans {
            0 => String::new(),
            orphans => format!(" · {orphans} mended"),
        };
        format!("{of} · {} nodes{rooted}{mended}", super::grouped(self.tree.nodes.len() as u64))
    }

    fn set_folded(&mut self, node: usize, folded: bool) {
        if let Some(flag) = self.folded.get_mut(node) {
            *flag = folded;
        }
    }

    fn keep_cursor(&mut self, change: impl FnOnce(&mut Self)) {
        let under_cursor = self.shown.get(self.selected).copied();
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
            None => 0..self.tree.nodes.len(),
        };
        self.shown = match self.filter.is_empty() {
            true => self.unfolded(range),
            false => self.matching(range),
        };
        self.selected = self.selected.min(self.shown.len().saturating_sub(1));
    }

    fn unfolded(&self, range: std::ops::Range<usize>) -> Vec<usize> {
        let mut shown = Vec::new();
        let mut node = range.start;
        while node < range.end {
            shown.push(node);
            node = if self.is_folded(node) { self.end(node) } else { node + 1 };
        }
        shown
    }

    /// The nodes that match the filter, and their ancestors.
    fn matching(&self, range: std::ops::Range<usize>) -> Vec<usize> {
        let mut shown: Vec<usize> = Vec::new();
        let mut ancestors: Vec<usize> = Vec::new();
        let matching = Matching::of(&self.tree.names, &self.filter);
        for node in range {
            while ancestors.last().is_some_and(|last| self.end(*last) <= node) {
                ancestors.pop();
            }
            ancestors.push(node);
            if self.tree.nodes.get(node).is_some_and(|node| matching.holds(node)) {
                let last = shown.last().copied();
                let unseen = ancestors.iter().filter(|node| last.is_none_or(|last| **node > last));
                shown.extend(unseen);
            }
        }
        shown
    }

    fn is_folded(&self, node: usize) -> bool {
        self.folded.get(node).copied().unwrap_or(false)
    }

    /// The node after a node's branch. A size that cannot be is taken for one.
    fn end(&self, node: usize) -> usize {
        let size = self.tree.nodes.get(node).map_or(1, |node| node.size.max(1)) as usize;
        node.saturating_add(size).min(self.tree.nodes.len())
    }

    fn has_children(&self, node: usize) -> bool {
        self.end(node) > node + 1
    }

    fn label<'a>(&'a self, index: usize, node: &'a DelegationNode) -> Shown<'a> {
        let top = self.root.and_then(|root| self.tree.nodes.get(root)).map_or(0, |root| root.depth);
        let depth = node.depth.saturating_sub(top);
        let mut label = match depth {
            0..=DEEPEST => "  ".repeat(depth as usize),
            deeper => format!("{}+{} ", "  ".repeat(DEEPEST as usize), deeper - DEEPEST),
        };
        label.push_str(match (self.has_children(index), self.is_folded(index)) {
            (true, true) => "+ ",
            (true, false) => "- ",
            (false, _) if self.end(index) == self.tree.nodes.len() => "└ ",
            (false, _) => match self.tree.nodes.get(index + 1) {
                Some(next) if next.depth == node.depth => "├ ",
                _ => "└ ",
            },
        });
        label.push_str(&self.tree.label(node).visible());
        let role = match node.outcome {
            Some(Outcome::Failure) => Role::Warning,
            _ if node.totals.findings > 0 => Role::Heading,
            _ => Role::Text,
        };
        Shown { text: Cow::Owned(label), role, ..Shown::default() }
    }

    fn show<'a>(&'a self, index: usize, node: &'a DelegationNode, field: TreeField) -> Shown<'a> {
        let totals = &node.totals;
        match field {
            TreeField::Label => self.label(index, node),
            TreeField::Kind => Shown::text(<&'static str>::from(node.kind)),
            TreeField::Edge => match node.edge {
                EdgeBasis::Root => Shown::text("root").role(Role::Quiet),
                EdgeBasis::Recorded => Shown::status(Role::Verified, "recorded"),
                EdgeBasis::Structural { rule } => {
                    Shown::status(Role::Verified, format!("structural: {rule}"))
                }
                EdgeBasis::Inferred { rule } => {
                    Shown::status(Role::Inferred, format!("inferred: {rule}"))
                }
                EdgeBasis::Orphan => Shown::status(Role::Broken, "orphan"),
            },
            TreeField::Calls => Shown::number(totals.tool_calls.into()),
            TreeField::Tools => Shown::number(totals.tools.into()),
            TreeField::Targets => Shown::number(totals.targets.into()),
            TreeField::Models => Shown::number(totals.model_calls.into()),
            TreeField::SubAgents => Shown::number(totals.sub_agents.into()),
            TreeField::Inherited => alarming(totals.inherited, Role::Inferred),
            TreeField::Crossings => alarming(totals.crossings, Role::Warning),
            TreeField::Errors => alarming(totals.errors, Role::Warning),
            TreeField::Denied => alarming(totals.denied, Role::Error),
            TreeField::Tokens => Shown::number(totals.tokens),
            TreeField::Cost => Shown::text(amounts::dollars(totals.cost)),
            TreeField::Effects => Shown::text(effects(node)),
            TreeField::Findings => alarming(totals.findings, Role::Heading),
            TreeField::Duration => match node.duration {
                Some(nanoseconds) => Shown::text(amounts::took(nanoseconds)).rank(nanoseconds),
                None => Shown::missing(),
            },
            TreeField::OwnTime => match node.own_time {
                Some(nanoseconds) => Shown::text(amounts::took(nanoseconds)).rank(nanoseconds),
                None => Shown::missing(),
            },
            TreeField::Start => time_shown(Some(node.start())),
        }
    }

    fn row(&self, line: usize) -> (Row<'_>, bool) {
        let node =
            self.shown.get(line).and_then(|index| Some((*index, self.tree.nodes.get(*index)?)));
        let Some((index, node)) = node else {
            return (Row::Heading(String::new()), false);
        };
        let columns = self.view.columns.iter();
        (Row::Cells(columns.map(|column| self.show(index, node, column.field)).collect()), false)
    }

    fn draw_table(&self, area: Rect, buffer: &mut Buffer, theme: &Theme) {
        let heads = self.view.columns.iter().map(|column| Head {
            title: &column.title,
            width: column.width,
            align: column.align,
            role: column.role.unwrap_or_default(),
            rank: column.rank,
            sorted: None,
        });
        let row = |line| self.row(line);
        let table = Table {
            heads: heads.collect(),
            total: self.shown.len(),
            selected: self.selected,
            window: &self.window,
            row: &row,
        };
        table.draw(area, buffer, theme);
    }
}

impl Listing for Tree {
    fn go(&mut self, motion: Motion) {
        self.selected = self.window.moved(self.selected, self.shown.len(), motion);
    }

    fn set_filter(&mut self, text: &str) {
        self.keep_cursor(|tree| {
            tree.filter = text.to_lowercase();
            if !text.is_empty() {
                tree.sought.clone_from(&tree.filter);
            }
        });
    }

    fn filter(&self) -> &str {
        &self.filter
    }

    fn next_match(&mut self, backwards: bool) -> bool {
        if self.sought.is_empty() {
            return false;
        }
        let total = self.shown.len();
        let matching = Matching::of(&self.tree.names, &self.sought);
        let found = (1..=total)
            .map(|step| match backwards {
                false => (self.selected + step) % total,
                true => (self.selected + total - step) % total,
            })
            .find(|line| {
                let node = self.shown.get(*line).and_then(|index| self.tree.nodes.get(*index));
                node.is_some_and(|node| matching.holds(node))
            });
        if let Some(line) = found {
            self.selected = line;
        }
        found.is_some()
    }

    /// Folds the branch; on a folded one or a leaf, goes to the parent.
    fn fold(&mut self) {
        let Some(node) = self.shown.get(self.selected).copied() else { return };
        if self.has_children(node) && !self.is_folded(node) {
            return self.keep_cursor(|tree| tree.set_folded(node, true));
        }
        let depth = self.tree.nodes.get(node).map_or(0, |node| node.depth);
        let above = self.shown.iter().take(self.selected).enumerate().rev();
        let parent = above
            .filter(|(_, index)| {
                self.tree.nodes.get(**index).is_some_and(|node| node.depth < depth)
            })
            .map(|(line, _)| line)
            .next();
        self.selected = parent.unwrap_or(self.selected);
    }

    fn unfold(&mut self) {
        let Some(node) = self.shown.get(self.selected).copied() else { return };
        self.keep_cursor(|tree| tree.set_folded(node, false));
    }

    fn fold_all(&mut self, folded: bool) {
        self.keep_cursor(|tree| tree.folded.fill(folded));
    }

    fn count(&self) -> (usize, usize) {
        (self.shown.len(), self.tree.nodes.len())
    }

    fn copy(&self) -> Option<String> {
        self.current().map(|node| self.tree.label(node).visible().into_owned())
    }

    fn draw(&self, area: Rect, buffer: &mut Buffer, theme: &Theme) {
        if self.fetched.draw_instead(area, buffer, theme) {
            return;
        }
        if self.tree.nodes.is_empty() {
            return draw_empty("Choose a trace on the screen before this.", area, buffer, theme);
        }
        self.draw_table(area, buffer, theme);
    }
}

/// The names that contain what is sought: few, where nodes are many.
struct Matching {
    names: Vec<bool>,
    agents: Vec<bool>,
}

impl Matching {
    fn of(names: &DelegationNames, part: &str) -> Self {
        Self {
            names: names.names.iter().map(|name| contains(name.raw(), part)).collect(),
            agents: names.agents.iter().map(|agent| contains(agent.name.raw(), part)).collect(),
        }
    }

    fn holds(&self, node: &DelegationNode) -> bool {
        let is = |list: &[bool], at: u32| list.get(at as usize).copied().unwrap_or(false);
        is(&self.names, node.label.0) || node.agent.is_some_and(|agent| is(&self.agents, agent.0))
    }
}

/// What was done to targets below a node: `3 read, 1 send`.
fn effects(node: &DelegationNode) -> String {
    let totals = &node.totals;
    let counts = [
        (totals.reads, "read"),
        (totals.modifies, "modify"),
        (totals.triggers, "trigger"),
        (totals.sends, "send"),
    ];
    let told = counts.into_iter().filter(|(count, _)| *count > 0);
    told.map(|(count, word)| format!("{count} {word}")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;
    use crate::domain::{EventId, EventKind, NameId, Totals};

    /// A tree from the depths of its nodes, in depth-first order.
    fn tree(depths: &[(u32, &str)]) -> Tree {
        let nodes = (0_u32..).zip(depths).map(|(index, (depth, _))| {
            let branch = depths.iter().skip(index as usize + 1);
            let branch = branch.take_while(|(below, _)| below > depth);
            DelegationNode {
                depth: *depth,
                size: u32::try_from(branch.count() + 1).expect("small"),
                edge: EdgeBasis::Recorded,
                kind: EventKind::ToolCall,
                agent: None,
                label: NameId(index),
                event: EventId::of("test", &[&index.to_string()]),
                trace: NameId::default(),
                start: 0,
                duration: None,
                own_time: None,
                elapsed: 0,
                outcome: None,
                totals: Totals::default(),
            }
        });
        let view = Catalog::builtin().expect("the shipped catalog passes").views.tree;
        let mut pane = Tree::new(Arc::new(view));
        let names = depths.iter().map(|(_, label)| (*label).into()).collect();
        let names = Arc::new(DelegationNames { names, agents: Vec::new() });
        pane.set(DelegationTree { nodes: nodes.collect(), names, repairs: Vec::new() });
        pane
    }

    fn sample() -> Tree {
        tree(&[
            (0, "planner"),
            (1, "crm"),
            (2, "export"),
            (1, "billing"),
            (2, "read"),
            (0, "other"),
        ])
    }

    #[track_caller]
    fn check(tree: &Tree, shown: &[&str], under_cursor: &str) {
        let label = |node: &DelegationNode| tree.tree.label(node).raw().to_owned();
        let labels: Vec<String> =
            tree.shown.iter().map(|at| label(&tree.tree.nodes[*at])).collect();
        assert_eq!(labels, shown);
        assert_eq!(tree.current().map(label).as_deref(), Some(under_cursor));
    }

    #[test]
    fn branches_fold_and_the_cursor_goes_to_what_is_left() {
        let mut tree = sample();
        tree.go(Motion::Down);
        tree.fold();
        check(&tree, &["planner", "crm", "billing", "read", "other"], "crm");
        tree.fold();
        check(&tree, &["planner", "crm", "billing", "read", "other"], "planner");
        tree.fold();
        check(&tree, &["planner", "other"], "planner");
        tree.fold_all(false);
        tree.go(Motion::Bottom);
        tree.go(Motion::Up);
        tree.fold_all(true);
        check(&tree, &["planner", "other"], "planner");
    }

    #[test]
    fn a_filter_keeps_the_ancestors() {
        let mut tree = sample();
        tree.set_filter("READ");
        check(&tree, &["planner", "billing", "read"], "planner");
        tree.set_filter("");
        assert!(tree.next_match(false));
        check(&tree, &["planner", "crm", "export", "billing", "read", "other"], "read");
    }

    #[test]
    fn a_branch_can_stand_alone() {
        let mut tree = sample();
        for _ in 0..3 {
            tree.go(Motion::Down);
        }
        tree.root_here();
        check(&tree, &["billing", "read"], "billing");
        assert!(tree.unroot());
        assert!(!tree.unroot());
        assert_eq!(tree.shown.len(), 6);
    }

    #[test]
    fn sizes_that_cannot_be_do_no_harm() {
        let mut pane = sample();
        for node in &mut pane.tree.nodes {
            node.size = if node.depth == 0 { u32::MAX } else { 0 };
        }
        pane.fold_all(true);
        pane.set_filter("read");
        assert!(pane.count().0 > 0);
    }
}
