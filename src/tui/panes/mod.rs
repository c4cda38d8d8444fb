//! The screens. A pane is one file: what it keeps, what it shows of a row, and its drawing.

pub mod agents;
pub mod baseline;
pub mod chain;
pub mod containment;
pub mod diptych;
pub mod disputes;
pub mod help;
pub mod loading;
pub mod maturity;
pub mod palette;
pub mod problems;
pub mod prompt;
pub mod queue;
pub mod record;
pub mod ruling_form;
pub mod scope;
pub mod search;
pub mod timeline;
pub mod traces;
pub mod tree;

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::desk::DeskError;
use super::theme::Theme;
use super::widgets::document::{Document, Scroll};
use super::widgets::table::Shown;
use crate::catalog::Role;
use crate::domain::TagState;
use crate::domain::amounts;
use crate::domain::{GapType, GrantState, HopState, Reading, Text, Verdict};

/// Whether a pane's answer has arrived.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Fetched {
    #[default]
    Never,
    Ready,
    Failed(DeskError),
}

impl Fetched {
    /// Draws what stands in for the content while there is none. Whether it did.
    pub fn draw_instead(&self, area: Rect, buffer: &mut Buffer, theme: &Theme) -> bool {
        let mut document = Document::new(area.width, theme);
        match self {
            Self::Ready => return false,
            Self::Never => document.text("asking the case…", Role::Quiet, 0),
            Self::Failed(error) => {
                document.status(Role::Error, "failed", 10, &error.message);
                if let Some(hint) = &error.hint {
                    document.text(hint, Role::Text, 10);
                }
            }
        }
        document.draw(area, buffer, &Scroll::default());
        true
    }
}

/// A sentence in the place of an empty table.
pub fn draw_empty(sentence: &str, area: Rect, buffer: &mut Buffer, theme: &Theme) {
    let mut document = Document::new(area.width, theme);
    document.text(sentence, Role::Quiet, 0);
    document.draw(area, buffer, &Scroll::default());
}

/// The upper part of an area for a list and the lower for what is said of its current row, when
/// there is room for both.
pub fn with_detail(area: Rect, rows: usize, wanted: usize) -> (Rect, Option<Rect>) {
    let wanted = u16::try_from(wanted).unwrap_or(u16::MAX);
    let list = u16::try_from(rows).unwrap_or(u16::MAX).saturating_add(2);
    let detail = wanted.min(area.height.saturating_sub(list).max(area.height / 2));
    if detail < 4 {
        return (area, None);
    }
    let list = Rect { height: area.height - detail, ..area };
    (list, Some(Rect { y: area.y + list.height, height: detail, ..area }))
}

pub fn reading_role(reading: &Reading) -> Role {
    match reading {
        Reading::Latent => Role::Gap1,
        Reading::HiddenScope { .. } => Role::Gap2,
        Reading::Anomaly { .. } => Role::Gap3,
        Reading::CantTell { .. } => Role::CantTell,
        Reading::Breach => Role::Breach,
        Reading::Compound => Role::Compound,
    }
}

pub fn verdict_role(verdict: Verdict) -> Role {
    match verdict {
        Verdict::Gap1 => Role::Gap1,
        Verdict::Gap2 => Role::Gap2,
        Verdict::Gap3 => Role::Gap3,
        Verdict::CantTell => Role::CantTell,
    }
}

pub fn tag_shown(tag: &TagState) -> Shown<'static> {
    match tag {
        TagState::Untagged => Shown::status(Role::Untagged, "untagged"),
        TagState::Tagged { verdict, .. } => {
            Shown::status(verdict_role(*verdict), verdict.to_string())
        }
        TagState::Stale { verdict, .. } => Shown::status(Role::Stale, format!("stale {verdict}")),
        TagState::Contested { .. } => Shown::status(Role::Contested, "contested"),
    }
}

/// Whether the tag stands: the finding need not be looked at again.
pub fn is_standing(tag: &TagState) -> bool {
    matches!(tag, TagState::Tagged { .. })
}

pub fn grant_role(state: GrantState) -> Role {
    match state {
        GrantState::Exercised => Role::Exercised,
        GrantState::ObservedUnused => Role::ObservedUnused,
        GrantState::Unobservable => Role::Unobservable,
    }
}

pub fn hop_role(hop: &HopState) -> Role {
    match hop {
        HopState::Verified => Role::Verified,
        HopState::Asserted => Role::Asserted,
        HopState::Inferred { .. } => Role::Inferred,
        HopState::Ambiguous { .. } => Role::Ambiguous,
        HopState::Contradicted { .. } => Role::Contradicted,
        HopState::Broken { .. } => Role::Broken,
    }
}

pub fn gap_label(gap: GapType) -> &'static str {
    match gap {
        GapType::Latent => "Gap 1",
        GapType::HiddenScope => "Gap 2",
        GapType::Anomaly => "Gap 3",
    }
}

/// `2026-03-04 10:00`, UTC.
pub fn instant(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M").to_string()
}

/// An optional time that sorts by itself.
pub fn time_shown(time: Option<Timestamp>) -> Shown<'static> {
    match time {
        Some(time) => Shown::text(instant(time)).rank(time.as_second()),
        None => Shown::missing(),
    }
}

/// An optional text from evidence, escaped.
pub fn text_shown(text: Option<&Text>) -> Shown<'_> {
    match text {
        Some(text) if !text.is_empty() => Shown::text(text.visible()),
        _ => Shown::missing(),
    }
}

/// A number against its limit, an alarm when it is more.
pub fn spent(number: u32, limit: Option<u64>) -> Shown<'static> {
    let number = u64::from(number);
    match limit {
        Some(limit) if number > limit => {
            Shown::status(Role::Error, amounts::of_budget(number, Some(limit)))
        }
        Some(_) => Shown::text(amounts::of_budget(number, limit)),
        None => Shown::number(number),
    }
}

/// A number that stands out when there is something to count.
pub fn alarming(number: u32, role: Role) -> Shown<'static> {
    let shown = Shown::number(number.into());
    if number > 0 { shown.role(role) } else { shown }
}

/// `1,234,567`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut shown = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

/// `1 finding`, `2 findings`.
pub fn counted(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", grouped(number as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1000), "1,000");
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(counted(1, "finding"), "1 finding");
    }
}
