//! The diptych: one finding, the provisioning record on the left panel, the behavioural record on
//! the right, and between them how the engine reads the gap.
//!
//! ```text
//! title · agent · reading · tag · priority
//! CONFIGURED                 │ OPERATIONAL
//! what was granted           │ what was observed
//! DECISION  step by step, each with its verdict
//! CAPABILITIES  and the state of each
//! REMEDY  the one that fits, and the refused ones
//! ```
//! Under 100 columns the panels stand one above the other.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::queue::{Item, priority_role};
use super::{counted, grant_role, instant, reading_role, tag_shown};
use crate::catalog::Role;
use crate::domain::TagState;
use crate::domain::{Citation, EventId, Finding, FindingId, Location, Reading};
use crate::tui::theme::Theme;
use crate::tui::widgets::document::{Document, Scroll};

/// From this width on the panels stand side by side.
const SIDE_BY_SIDE: u16 = 100;
/// At most this many places or events are named under a citation; the rest is counted.
const PLACES: usize = 3;
/// The column in which answers begin.
const LABEL: usize = 14;

#[derive(Debug, Default)]
pub struct Diptych {
    pub finding: Option<FindingId>,
    pub scroll: Scroll,
}

impl Diptych {
    pub fn open(&mut self, finding: FindingId) {
        if self.finding != Some(finding) {
            self.scroll.reset();
        }
        self.finding = Some(finding);
    }

    pub fn draw(&self, item: &Item, area: Rect, buffer: &mut Buffer, theme: &Theme) {
        document(item, area.width, theme).draw(area, buffer, &self.scroll);
    }
}

/// The finding as text, for the clipboard.
pub fn plain(item: &Item, theme: &Theme) -> String {
    document(item, 100, theme).plain()
}

/// The events that both panels cite, each once.
pub fn cited(finding: &Finding) -> Vec<EventId> {
    let mut cited = Vec::new();
    for citation in finding.operational.iter().chain(&finding.configured) {
        for event in &citation.events {
            if !cited.contains(event) {
                cited.push(*event);
            }
        }
    }
    cited
}

fn document<'t>(item: &Item, width: u16, theme: &'t Theme) -> Document<'t> {
    let finding = &item.row.finding;
    let mut document = Document::new(width, theme);
    head(&mut document, item);
    document.blank();
    panels(&mut document, finding, width, theme);
    decision(&mut document, finding);
    capabilities(&mut document, finding);
    remedy(&mut document, finding);
    if !item.row.notes.is_empty() {
        document.blank();
        document.heading("NOTES", Role::Heading);
        for note in &item.row.notes {
            document.text(note, Role::Text, 2);
        }
    }
    document
}

fn head(document: &mut Document<'_>, item: &Item) {
    let finding = &item.row.finding;
    document.text(&finding.title, Role::Heading, 0);
    let mut reading = format!("{} · {}", finding.discipline, finding.plane);
    if let Reading::CantTell { why } = &finding.reading {
        reading = format!("{} → {} · {reading}", why.label(), why.resolved_by());
    }
    document.status(reading_role(&finding.reading), finding.reading.label(), 20, &reading);
    let tag = match &item.saving {
        Some(saving) => (Role::Untagged, format!("saving {}", saving.verdict), String::new()),
        None => {
            let shown = tag_shown(&item.row.tag);
            (shown.role, shown.text.into_owned(), tag_sentence(&item.row.tag))
        }
    };
    document.status(tag.0, &tag.1, 20, &tag.2);
    let terms: Vec<String> =
        finding.priority.terms.iter().map(|(name, points)| format!("{name} {points}")).collect();
    let score = finding.priority.score;
    document.status(priority_role(score), &format!("priority {score}"), 20, &terms.join(" + "));
    document.pair("agent", &finding.agent.visible(), Role::Text);
    document.pair("window", &window(finding), Role::Text);
    if !finding.tags.is_empty() {
        document.pair("frameworks", &finding.tags.join(" · "), Role::Quiet);
    }
    document.pair("finding", &finding.id.to_string(), Role::Quiet);
    if !finding.linked.is_empty() {
        let linked: Vec<String> = finding.linked.iter().map(ToString::to_string).collect();
        document.pair("linked", &linked.join(" "), Role::Quiet);
    }
}

fn tag_sentence(tag: &TagState) -> String {
    match tag {
        TagState::Untagged => String::new(),
        TagState::Tagged { reason, author, .. } => {
            let by =
                if author.is_empty() { String::new() } else { format!("by {}", author.visible()) };
            match reason.is_empty() {
                true => by,
                false => format!("{by}: {}", reason.visible()),
            }
        }
        TagState::Stale { author, .. } => {
            format!("the reading has changed since {} tagged it", author.visible())
        }
        TagState::Contested { verdicts } => {
            let verdicts: Vec<String> = verdicts
                .iter()
                .map(|(author, verdict)| format!("{} says {verdict}", author.visible()))
                .collect();
            verdicts.join(", ")
        }
    }
}

fn window(finding: &Finding) -> String {
    match (finding.from, finding.until) {
        (Some(from), Some(until)) => format!("{} to {} UTC", instant(from), instant(until)),
        (Some(time), None) | (None, Some(time)) => format!("{} UTC", instant(time)),
        (None, None) => "no observation".to_owned(),
    }
}

fn panels(document: &mut Document<'_>, finding: &Finding, width: u16, theme: &Theme) {
    let configured = format!("CONFIGURED  {}", finding.provisioning);
    let operational = format!("OPERATIONAL  {}", finding.behavioural);
    if width >= SIDE_BY_SIDE {
        let half = (width - 3) / 2;
        let mut left = Document::new(half, theme);
        panel(&mut left, &configured, Role::Configured, &finding.configured);
        let mut right = Document::new(width - 3 - half, theme);
        panel(&mut right, &operational, Role::Operational, &finding.operational);
        document.beside_each_other(left, right);
        return;
    }
    panel(document, &configured, Role::Configured, &finding.configured);
    document.blank();
    panel(document, &operational, Role::Operational, &finding.operational);
}

fn panel(document: &mut Document<'_>, title: &str, role: Role, citations: &[Citation]) {
    document.heading(title, role);
    if citations.is_empty() {
        document.text("This record holds nothing on it.", Role::Missing, 0);
    }
    for citation in citations {
        document.text(&citation.text, Role::Text, 0);
        for place in citation.places.iter().take(PLACES) {
            let at = match &place.at {
                Location::Whole => String::new(),
                other => other.to_string(),
            };
            let source = format!("{}{at}", place.file.visible());
            document.text(&source, Role::Quiet, 2);
        }
        let further = citation.places.len().saturating_sub(PLACES);
        let mut counts = Vec::new();
        if further > 0 {
            counts.push(counted(further, "further place"));
        }
        if !citation.events.is_empty() {
            counts.push(counted(citation.events.len(), "cited event"));
        }
        if !counts.is_empty() {
            document.text(&counts.join(", "), Role::Quiet, 2);
        }
    }
}

fn decision(document: &mut Document<'_>, finding: &Finding) {
    document.blank();
    document.heading("DECISION", Role::Heading);
    for step in &finding.steps {
        let question = format!("{} {}", step.number, step.question);
        let answer = match step.because.is_empty() {
            true => step.verdict.clone(),
            false => format!("{}: {}", step.verdict, step.because),
        };
        // A short question stands beside its answer, a long one above it.
        if question.chars().count() < LABEL {
            document.pair(&question, &answer, Role::Text);
        } else {
            document.text(&question, Role::Quiet, 0);
            document.text(&answer, Role::Text, LABEL);
        }
    }
}

fn capabilities(document: &mut Document<'_>, finding: &Finding) {
    if finding.capabilities.is_empty() {
        return;
    }
    document.blank();
    document.heading("CAPABILITIES", Role::Heading);
    for line in &finding.capabilities {
        let mut sentence = line.capability.clone();
        if line.count > 0 {
            sentence.push_str(&format!(" · {}×", super::grouped(line.count)));
        }
        if let Some(last) = line.last {
            sentence.push_str(&format!(" · last {}", instant(last)));
        }
        document.status(grant_role(line.state), &line.state.to_string(), 20, &sentence);
    }
}

fn remedy(document: &mut Document<'_>, finding: &Finding) {
    let remedy = &finding.remedy;
    document.blank();
    document.heading("REMEDY", Role::Heading);
    if !remedy.action.is_empty() {
        document.status(Role::Good, "do", 10, &remedy.action);
    }
    if let Some(object) = &remedy.object {
        document.status(Role::Text, "  at", 10, object);
    }
    if let Some(refused) = &remedy.refused {
        document.status(Role::Error, "refused", 10, refused);
    }
}
