//! The delegation tree of a trace: agent → sub-agent → tool call.

use std::borrow::Cow;
use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Fetched, alarming, draw_empty, spent, time_shown};
use crate::catalog::fields::TreeField;
use crate::catalog::{Role, View};
use crate::domain::{
    AgentKey, DelegationNames, DelegationNode, DelegationTree, EdgeBasis, Outcome, Text, amounts,
};
use crate::tui::theme::Theme;
use crate::tui::widgets::listing::{Listing, contains};
use crate::tui::widgets::outline::Outline;
use crate::tui::widgets::table::{Motion, Shown};

#[derive(Debug)]
pub struct Tree {
    view: Arc<View<TreeField>>,
    tree: DelegationTree,
    outline: Outline,
    /// The trace that is shown.
    pub trace: Option<Text>,
    pub fetched: Fetched,
    filter: String,
    sought: String,
}

impl Tree {
    pub fn new(view: Arc<View<TreeField>>) -> Self {
        Self {
            view,
            tree: DelegationTree::default(),
            outline: Outline::default(),
            trace: None,
            fetched: Fetched::Never,
            filter: String::new(),
            sought: String::new(),
        }
    }

    pub fn set(&mut self, tree: DelegationTree) {
        self.outline.set(tree.nodes.iter().map(|node| (node.depth, node.size)));
        self.tree = tree;
        self.filter.clear();
        self.fetched = Fetched::Ready;
    }

    /// The agent under the cursor.
    pub fn agent(&self) -> Option<&AgentKey> {
        self.tree.agent(self.current()?)
    }

    pub fn current(&self) -> Option<&DelegationNode> {
        self.tree.nodes.get(self.outline.current()?)
    }

    /// Shows only the branch under the cursor.
    pub fn root_here(&mut self) {
        self.outline.root_here();
    }

    /// Shows the whole tree again; whether it did not before.
    pub fn unroot(&mut self) -> bool {
        self.outline.unroot()
    }

    /// What is shown, in a few words.
    pub fn about(&self) -> String {
        let of = match &self.trace {
            Some(trace) => format!("trace {}", trace.visible()),
            None => "no trace".to_owned(),
        };
        let rooted = if self.outline.is_rooted() { " · one branch" } else { "" };
        let nodes = super::grouped(self.tree.nodes.len() as u64);
        format!("{of} · {nodes} nodes{rooted}")
    }

    fn label(&self, index: usize, node: &DelegationNode) -> Shown<'_> {
        let role = match node.outcome {
            Some(Outcome::Failure) => Role::Warning,
            _ if node.totals.findings > 0 => Role::Heading,
            _ => Role::Text,
        };
        let label = self.outline.lead(index) + &self.tree.label(node).visible();
        Shown { text: Cow::Owned(label), role, ..Shown::default() }
    }

    fn show(&self, index: usize, field: TreeField) -> Shown<'_> {
        let Some(node) = self.tree.nodes.get(index) else { return Shown::missing() };
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
            TreeField::Calls => spent(totals.tool_calls, self.tree.budget(node).tool_calls),
            TreeField::Tools => Shown::number(totals.tools.into()),
            TreeField::Targets => Shown::number(totals.targets.into()),
            TreeField::Models => Shown::number(totals.model_calls.into()),
            TreeField::SubAgents => spent(totals.sub_agents, self.tree.budget(node).sub_agents),
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
}

impl Listing for Tree {
    fn go(&mut self, motion: Motion) {
        self.outline.go(motion);
    }

    fn set_filter(&mut self, text: &str) {
        self.filter = text.to_lowercase();
        if !text.is_empty() {
            self.sought.clone_from(&self.filter);
        }
        let matching = (!text.is_empty()).then(|| {
            let sought = Sought::of(&self.tree.names, &self.filter);
            self.tree.nodes.iter().map(|node| sought.is_in(node)).collect()
        });
        self.outline.filter(matching);
    }

    fn filter(&self) -> &str {
        &self.filter
    }

    fn next_match(&mut self, backwards: bool) -> bool {
        if self.sought.is_empty() {
            return false;
        }
        let sought = Sought::of(&self.tree.names, &self.sought);
        let nodes = &self.tree.nodes;
        self.outline
            .next_match(backwards, |node| nodes.get(node).is_some_and(|node| sought.is_in(node)))
    }

    fn fold(&mut self) {
        self.outline.fold();
    }

    fn unfold(&mut self) {
        self.outline.unfold();
    }

    fn fold_all(&mut self, folded: bool) {
        self.outline.fold_all(folded);
    }

    fn count(&self) -> (usize, usize) {
        (self.outline.shown(), self.outline.len())
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
        self.outline.draw(&self.view, |node, field| self.show(node, field), area, buffer, theme);
    }
}

/// The names that contain what is sought: few, where nodes are many.
struct Sought {
    names: Vec<bool>,
    agents: Vec<bool>,
}

impl Sought {
    fn of(names: &DelegationNames, part: &str) -> Self {
        Self {
            names: names.names.iter().map(|name| contains(name.raw(), part)).collect(),
            agents: names.agents.iter().map(|agent| contains(agent.name.raw(), part)).collect(),
        }
    }

    fn is_in(&self, node: &DelegationNode) -> bool {
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

    fn node(depth: u32, size: u32, label: u32) -> DelegationNode {
        DelegationNode {
            depth,
            size,
            edge: EdgeBasis::Recorded,
            kind: EventKind::ToolCall,
            agent: None,
            label: NameId(label),
            event: EventId::of("test", &[&label.to_string()]),
            trace: NameId::default(),
            start: 0,
            duration: None,
            own_time: None,
            elapsed: 0,
            outcome: None,
            totals: Totals::default(),
        }
    }

    #[test]
    fn names_are_found_in_either_case() {
        let view = Catalog::builtin().expect("the shipped catalog passes").views.tree;
        let mut pane = Tree::new(Arc::new(view));
        let names = ["planner", "crm", "export", "read"].map(Text::from).to_vec();
        let names = Arc::new(DelegationNames { names, agents: Vec::new(), budgets: Vec::new() });
        let nodes = vec![node(0, 4, 0), node(1, 2, 1), node(2, 1, 2), node(1, 1, 3)];
        pane.set(DelegationTree { nodes, names, repairs: Vec::new() });
        let current = |pane: &Tree| pane.copy().expect("a node");
        pane.set_filter("EXPORT");
        assert_eq!(pane.count(), (3, 4));
        pane.set_filter("");
        assert!(pane.next_match(false));
        assert_eq!(current(&pane), "export");
        assert!(pane.next_match(true));
        assert_eq!(current(&pane), "export");
    }
}
