//! The record of one event, field by field, or of one configured object, as it was read; or of several,
//! one after the other. Or what is said of an agent: its containment, its baseline.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Fetched, baseline, containment};
use crate::catalog::Role;
use crate::domain::amounts;
use crate::domain::baseline::BaselineSheet;
use crate::domain::containment::ContainmentSheet;
use crate::domain::{self, AgentKey, Event, EventId, FindingId, Place, Text};
use crate::tui::effect::Request;
use crate::tui::theme::Theme;
use crate::tui::widgets::document::{Document, Scroll};

#[derive(Debug, Default)]
pub struct Record {
    cited: Vec<Cited>,
    at: usize,
    content: Option<Content>,
    pub fetched: Fetched,
    pub scroll: Scroll,
}

/// What a record is asked for by.
#[derive(Clone, Debug, PartialEq)]
pub enum Cited {
    Event(EventId),
    /// What was read at a place of an object of this name.
    Source(Place, Text),
    /// What an agent can still use, about a finding when there is one.
    Containment(AgentKey, Option<FindingId>),
    /// What is normal for an agent.
    Baseline(AgentKey),
}

#[derive(Debug)]
pub enum Content {
    Event(Box<Event>),
    Source(Box<domain::Record>),
    Containment(Box<ContainmentSheet>),
    Baseline(Box<BaselineSheet>),
}

impl Record {
    pub fn of(events: impl IntoIterator<Item = EventId>) -> Self {
        Self { cited: events.into_iter().map(Cited::Event).collect(), ..Self::default() }
    }

    pub fn of_sources(sources: impl IntoIterator<Item = (Place, Text)>) -> Self {
        let cited = sources.into_iter().map(|(place, name)| Cited::Source(place, name));
        Self { cited: cited.collect(), ..Self::default() }
    }

    pub fn of_containment(agent: AgentKey, finding: Option<FindingId>) -> Self {
        Self { cited: vec![Cited::Containment(agent, finding)], ..Self::default() }
    }

    pub fn of_baseline(agent: AgentKey) -> Self {
        Self { cited: vec![Cited::Baseline(agent)], ..Self::default() }
    }

    pub fn current(&self) -> Option<&Cited> {
        self.cited.get(self.at)
    }

    /// The question whose answer this shows.
    pub fn request(&self) -> Option<Request> {
        Some(match self.current()?.clone() {
            Cited::Event(id) => Request::Event(id),
            Cited::Source(place, name) => Request::Source(place, name),
            Cited::Containment(agent, finding) => Request::Containment(agent, finding),
            Cited::Baseline(agent) => Request::Baseline(agent),
        })
    }

    /// Goes to the next or previous record; whether there is one.
    pub fn step(&mut self, backwards: bool) -> bool {
        let to = if backwards { self.at.checked_sub(1) } else { self.at.checked_add(1) };
        let Some(to) = to.filter(|to| *to < self.cited.len()) else { return false };
        self.at = to;
        self.fetched = Fetched::Never;
        self.scroll.reset();
        true
    }

    pub fn set(&mut self, content: Option<Content>) {
        self.content = content;
        self.fetched = Fetched::Ready;
    }

    /// The record as text, for the clipboard.
    pub fn plain(&self, theme: &Theme) -> Option<String> {
        self.content.as_ref().map(|content| content.document(100, theme).plain())
    }

    pub fn title(&self) -> String {
        let kind = match self.current() {
            Some(Cited::Containment(agent, _)) => {
                return format!("Containment of {}: nothing here is run", agent.visible());
            }
            Some(Cited::Baseline(agent)) => return format!("Baseline of {}", agent.visible()),
            Some(Cited::Source(..)) => "Object",
            _ => "Event",
        };
        format!("{kind} {} of {}", self.at + 1, self.cited.len())
    }

    pub fn draw(&self, area: Rect, buffer: &mut Buffer, theme: &Theme) {
        if self.fetched.draw_instead(area, buffer, theme) {
            return;
        }
        match &self.content {
            Some(content) => content.document(area.width, theme).draw(area, buffer, &self.scroll),
            None => {
                let sentence = "The case does not hold this: its evidence was not loaded.";
                super::draw_empty(sentence, area, buffer, theme);
            }
        }
    }
}

impl Content {
    fn document<'t>(&self, width: u16, theme: &'t Theme) -> Document<'t> {
        match self {
            Self::Event(event) => document(event, width, theme),
            Self::Source(source) => source_document(source, width, theme),
            Self::Containment(sheet) => containment::document(sheet, width, theme),
            Self::Baseline(sheet) => baseline::document(sheet, width, theme),
        }
    }
}

/// A configured record: where it is from, and what it says, as JSON.
fn source_document<'t>(record: &domain::Record, width: u16, theme: &'t Theme) -> Document<'t> {
    let mut document = Document::new(width, theme);
    let identity = record.body.identity();
    let object = domain::ObjectRef::new(identity.kind, identity.namespace, identity.name);
    document.heading(&object.visible(), Role::Heading);
    let provisioning = &record.provisioning;
    let text = |text: &Option<Text>| text.as_ref().map(|text| text.visible().into_owned());
    for (label, value) in [
        ("realm", Some(record.realm.visible().into_owned()).filter(|realm| !realm.is_empty())),
        ("read at", record.at.map(|at| at.to_string())),
        ("owner", text(&provisioning.owner)),
        ("granted by", text(&provisioning.granted_by)),
        ("policy", text(&provisioning.policy)),
    ] {
        if let Some(value) = value {
            document.pair(label, &value, Role::Text);
        }
    }
    let place = format!("{}{}", record.place.file.visible(), record.place.at);
    document.pair("evidence", &place, Role::Text);
    document.pair("digest", &record.place.evidence.to_string(), Role::Quiet);
    document.heading("WHAT IT SAYS", Role::Heading);
    let json = serde_json::to_string_pretty(&record.body).unwrap_or_default();
    for line in json.lines() {
        document.text(&domain::text::visible(line), Role::Text, 0);
    }
    document
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
        ("cost", event.cost.map(amounts::dollars)),
        ("bytes", number(event.bytes)),
        ("duration", event.duration.map(amounts::took)),
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
