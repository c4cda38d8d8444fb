//! The record of one event, field by field; or of several, one after the other.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::Fetched;
use crate::catalog::Role;
use crate::domain::{Event, EventId, Text};
use crate::tui::theme::Theme;
use crate::tui::widgets::document::{Document, Scroll};

#[derive(Debug, Default)]
pub struct Record {
    events: Vec<EventId>,
    at: usize,
    event: Option<Box<Event>>,
    pub fetched: Fetched,
    pub scroll: Scroll,
}

impl Record {
    pub fn of(events: Vec<EventId>) -> Self {
        Self { events, ..Self::default() }
    }

    pub fn id(&self) -> Option<EventId> {
        self.events.get(self.at).copied()
    }

    /// Goes to the next or previous event; whether there is one.
    pub fn step(&mut self, backwards: bool) -> bool {
        let to = if backwards { self.at.checked_sub(1) } else { self.at.checked_add(1) };
        let Some(to) = to.filter(|to| *to < self.events.len()) else { return false };
        self.at = to;
        self.fetched = Fetched::Never;
        self.scroll.reset();
        true
    }

    pub fn set(&mut self, event: Option<Box<Event>>) {
        self.event = event;
        self.fetched = Fetched::Ready;
    }

    /// The record as text, for the clipboard.
    pub fn plain(&self, theme: &Theme) -> Option<String> {
        self.event.as_ref().map(|event| document(event, 100, theme).plain())
    }

    pub fn title(&self) -> String {
        format!("Event {} of {}", self.at + 1, self.events.len())
    }

    pub fn draw(&self, area: Rect, buffer: &mut Buffer, theme: &Theme) {
        if self.fetched.draw_instead(area, buffer, theme) {
            return;
        }
        match &self.event {
            Some(event) => document(event, area.width, theme).draw(area, buffer, &self.scroll),
            None => {
                let sentence = "The case does not hold this event: its evidence was not loaded.";
                super::draw_empty(sentence, area, buffer, theme);
            }
        }
    }
}

fn document<'t>(event: &Event, width: u16, theme: &'t Theme) -> Document<'t> {
    let mut document = Document::new(width, theme);
    let mut missing = Vec::new();
    let time = event.time.to_string();
    document.heading(&format!("{} {time}", event.kind), Role::Heading);
    for (label, value) in fields(event) {
        match value {
            Some(value) => document.pair(label, &value, Role::Text),
            None => missing.push(label),
        }
    }
    let place = format!("{}{}", event.evidence.file.visible(), event.evidence.at);
    document.pair("evidence", &place, Role::Text);
    document.pair("digest", &event.evidence.evidence.to_string(), Role::Quiet);
    if !missing.is_empty() {
        document.pair("not recorded", &missing.join(", "), Role::Missing);
    }
    document
}

/// Every field with its label; `None` is a field that the record does not hold.
fn fields(event: &Event) -> Vec<(&'static str, Option<String>)> {
    let text = |text: &Option<Text>| text.as_ref().map(|text| text.visible().into_owned());
    let number = |number: Option<u64>| number.map(super::grouped);
    vec![
        ("agent", event.agent.as_ref().map(crate::domain::AgentKey::visible)),
        ("instance", text(&event.instance)),
        ("principal", text(&event.principal)),
        ("on behalf of", text(&event.on_behalf_of)),
        ("credential", text(&event.credential_id)),
        ("passport", text(&event.passport_id)),
        ("action", text(&event.action)),
        ("target", text(&event.target)),
        ("target kind", text(&event.target_kind)),
        ("capability", event.capability().map(|capability| capability.visible())),
        ("effect", event.effect.map(|effect| effect.to_string())),
        ("requested", text(&event.requested)),
        ("decision", event.decision.map(|decision| decision.to_string())),
        ("justification", text(&event.justification)),
        ("inline", event.inline.map(|inline| if inline { "yes" } else { "no" }.to_owned())),
        ("outcome", event.outcome.map(|outcome| outcome.to_string())),
        ("error", text(&event.error)),
        ("params", text(&event.params)),
        ("output", event.output_digest.map(|digest| digest.to_string())),
        ("model", text(&event.model)),
        ("tokens in", number(event.tokens_in)),
        ("tokens out", number(event.tokens_out)),
        ("bytes", number(event.bytes)),
        ("duration", event.duration.map(super::tree::took)),
        ("session", text(&event.session)),
        ("trace", text(&event.trace_id)),
        ("span", text(&event.span_id)),
        ("parent span", text(&event.parent_span_id)),
        ("call", text(&event.call_id)),
        ("source", Some(event.source.visible().into_owned())),
        ("recorder", text(&event.recorder)),
        ("account", text(&event.account)),
        ("environment", text(&event.environment)),
        ("tenant", text(&event.tenant)),
        ("event", Some(event.id.to_string())),
    ]
}
