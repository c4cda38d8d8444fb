//! What is found: ties as they come, and by what each row is joined to the layer it is asked about.

use super::keys::NONE;
use super::row::Rows;
use super::rules::{RuleId, SKEWED};
use crate::domain::RecordLayer;

/// A tie between two rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tie {
    pub from: u32,
    pub to: u32,
    pub rule: RuleId,
    /// It only holds when the clocks of the two recorders differ.
    pub skewed: bool,
}

impl Tie {
    pub fn confidence(&self) -> u8 {
        let confidence = self.rule.rule().confidence;
        if self.skewed { confidence.saturating_sub(SKEWED) } else { confidence }
    }
}

/// A row that several others may belong to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Several {
    pub row: u32,
    /// Empty when there are too many to tell.
    pub candidates: Vec<u32>,
    pub rule: RuleId,
}

/// By what a row is joined to a layer that counts for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Joined {
    /// Percent.
    pub confidence: u8,
    pub rule: RuleId,
    pub to: RecordLayer,
}

/// Takes what the rules find.
pub(super) struct Ties<'r> {
    rows: &'r Rows,
    joined: Vec<Option<Joined>>,
    /// The tool call in which a row happened.
    call_of: Vec<u32>,
    /// Rows that several calls may have done.
    several: Vec<Several>,
    is_several: Vec<bool>,
    each: &'r mut dyn FnMut(Tie),
}

impl<'r> Ties<'r> {
    pub fn new(rows: &'r Rows, each: &'r mut dyn FnMut(Tie)) -> Self {
        let count = rows.rows.len();
        Self {
            rows,
            joined: vec![None; count],
            call_of: vec![NONE; count],
            several: Vec::new(),
            is_several: vec![false; count],
            each,
        }
    }

    pub fn tie(&mut self, from: u32, to: u32, rule: RuleId, skewed: bool) {
        let (Some(outer), Some(inner)) = (self.rows.layer(from), self.rows.layer(to)) else {
            return;
        };
        let tie = Tie { from, to, rule, skewed };
        let confidence = tie.confidence();
        if outer.is_beginning() {
            self.join(from, outer, Joined { confidence, rule, to: inner });
        }
        if !inner.is_beginning() {
            self.join(to, inner, Joined { confidence, rule, to: outer });
        }
        if let (RecordLayer::ToolCall, Some(call)) = (outer, self.call_of.get_mut(to as usize)) {
            *call = from;
        }
        (self.each)(tie);
    }

    fn join(&mut self, row: u32, layer: RecordLayer, by: Joined) {
        let counts = layer.joins().contains(&by.to);
        if let (true, Some(joined)) = (counts, self.joined.get_mut(row as usize)) {
            *joined = (*joined).max(Some(by));
        }
    }

    /// Says that the row's own record holds what it would be joined to.
    pub fn holds(&mut self, row: u32, rule: RuleId, to: RecordLayer) {
        let joined = Joined { confidence: rule.rule().confidence, rule, to };
        if let Some(layer) = self.rows.layer(row) {
            self.join(row, layer, joined);
        }
    }

    /// Says that nothing tells which of several the row belongs to.
    pub fn several(&mut self, row: u32, candidates: Vec<u32>, rule: RuleId) {
        if self.would_join(row, rule) {
            if self.is_joined(row) || self.is_several(row) {
                return;
            }
            if let Some(is_several) = self.is_several.get_mut(row as usize) {
                *is_several = true;
            }
        }
        self.several.push(Several { row, candidates, rule });
    }

    /// Whether a tie of the rule counts for the join of the row.
    fn would_join(&self, row: u32, rule: RuleId) -> bool {
        let counts = self.rows.layer(row).map_or(&[][..], RecordLayer::joins);
        rule.rule().from.iter().any(|layer| counts.contains(layer))
    }

    /// What stayed undecided after every rule was asked.
    pub fn undecided(&self) -> impl Iterator<Item = &Several> {
        let is_decided = |several: &Several| {
            self.is_joined(several.row) && self.would_join(several.row, several.rule)
        };
        self.several.iter().filter(move |several| !is_decided(several))
    }

    /// The surest join of a row.
    pub fn joined(&self, row: u32) -> Option<Joined> {
        self.joined.get(row as usize).copied().flatten()
    }

    pub fn is_joined(&self, row: u32) -> bool {
        self.joined(row).is_some()
    }

    /// Whether it is known in which call, of a tool or a model, a row happened.
    pub fn is_in_call(&self, row: u32) -> bool {
        let calls = [RecordLayer::ToolCall, RecordLayer::ModelCall];
        let joined = self.joined(row);
        self.call_of(row).is_some() || joined.is_some_and(|joined| calls.contains(&joined.to))
    }

    pub fn is_several(&self, row: u32) -> bool {
        self.is_several.get(row as usize) == Some(&true)
    }

    /// The tool call in which a row happened.
    pub fn call_of(&self, row: u32) -> Option<u32> {
        self.call_of.get(row as usize).copied().filter(|call| *call != NONE)
    }
}
