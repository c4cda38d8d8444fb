//! Event search: the query, its results page by page, and what can be asked.

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Fetched, grouped, text_shown};
use crate::catalog::fields::EventField;
use crate::catalog::{Role, Search as Named, View};
use crate::domain::{Decision, Event, EventId, Outcome};
use crate::tui::effect::Request;
use crate::tui::theme::Theme;
use crate::tui::widgets::document::{Document, Scroll};
use crate::tui::widgets::listing::Listing;
use crate::tui::widgets::rows::{Listed, Rows};
use crate::tui::widgets::table::Shown;
use crate::tui::widgets::text;
use crate::view::SearchPage;

/// Events on one page.
pub const PAGE: usize = 200;

/// The fields of the search language, with an example of each.
pub const FIELDS: &[(&str, &str)] = &[
    ("kind", "tool_call, k8s_api, egress, exec, file, prompt, model_call, handoff, catalog"),
    ("agent", "agent:billing"),
    ("principal", "principal:\"system:serviceaccount:agents:billing\""),
    ("action", "action:create"),
    ("target", "target:secrets"),
    ("decision", "allow, deny, restrict, challenge, monitor"),
    ("outcome", "success, failure"),
    ("source", "k8s-audit, otlp, cloudtrail, …: the ids of `diptych formats`"),
    ("trace", "trace:5b8efff798038103d269b633813fc60c"),
    ("session", "session:4711"),
    ("instance", "instance:billing-7d9f-x2x4"),
    ("model", "model:gpt-4.1"),
    ("text", "parameters, justifications, errors: text:invoice"),
];

#[derive(Debug)]
pub struct Search {
    pub rows: Rows<Event>,
    pub fetched: Fetched,
    pub query: String,
    pub offset: usize,
    pub total: usize,
}

impl Search {
    pub fn new(view: Arc<View<EventField>>) -> Self {
        Self {
            rows: Rows::new(view),
            fetched: Fetched::Never,
            query: String::new(),
            offset: 0,
            total: 0,
        }
    }

    /// A new query starts at its first page.
    pub fn set_query(&mut self, query: &str) {
        query.clone_into(&mut self.query);
        self.offset = 0;
    }

    pub fn request(&self) -> Option<Request> {
        let query = self.query.trim();
        (!query.is_empty()).then(|| Request::Search {
            query: query.to_owned(),
            offset: self.offset,
            limit: PAGE,
        })
    }

    pub fn set(&mut self, page: SearchPage) {
        self.total = page.total;
        self.rows.set(page.events);
        self.fetched = Fetched::Ready;
    }

    /// Goes to the next or previous page; whether there is one.
    pub fn turn(&mut self, backwards: bool) -> bool {
        let to = match backwards {
            true => self.offset.checked_sub(PAGE),
            false => self.offset.checked_add(PAGE).filter(|to| *to < self.total),
        };
        if let Some(to) = to {
            self.offset = to;
        }
        to.is_some()
    }

    pub fn draw(&self, named: &[Named], area: Rect, buffer: &mut Buffer, theme: &Theme) {
        let head = Rect { height: 1.min(area.height), ..area };
        let body = Rect { y: area.y + head.height, height: area.height - head.height, ..area };
        if self.query.trim().is_empty() {
            text::draw("Type / and a query.", head, buffer, theme.style(Role::Heading), theme);
            return guide(named, body.width, theme).draw(body, buffer, &Scroll::default());
        }
        let line = format!("{}  {}", crate::domain::text::visible(&self.query), self.about());
        text::draw(&line, head, buffer, theme.style(Role::Input), theme);
        if self.fetched.draw_instead(body, buffer, theme) {
            return;
        }
        if self.total == 0 {
            let mut document = Document::new(body.width, theme);
            document.text("No event matches.", Role::Quiet, 0);
            document.blank();
            document.text("The fields are:", Role::Quiet, 0);
            fields(&mut document);
            return document.draw(body, buffer, &Scroll::default());
        }
        self.rows.draw(body, buffer, theme);
    }

    /// `201 to 400 of 1,234`.
    fn about(&self) -> String {
        if self.fetched != Fetched::Ready || self.total == 0 {
            return String::new();
        }
        let last = self.offset + self.rows.all().len();
        format!("[{} to {} of {}]", self.offset + 1, last, grouped(self.total as u64))
    }
}

/// What can be asked: the fields, how terms combine, and the named searches.
fn guide<'t>(named: &[Named], width: u16, theme: &'t Theme) -> Document<'t> {
    let mut document = Document::new(width, theme);
    fields(&mut document);
    document.blank();
    document.text(
        "Combine with AND, OR, NOT and parentheses: kind:k8s_api AND decision:deny. Words without a \
         field search everywhere; \"quotes\" keep them together; a final * finds beginnings.",
        Role::Quiet,
        0,
    );
    document.blank();
    document.heading("NAMED SEARCHES  run them from the palette", Role::Heading);
    for search in named {
        document.pair(&search.id, &format!("{}: {}", search.title, search.expression), Role::Text);
    }
    document
}

fn fields(document: &mut Document<'_>) {
    for (field, example) in FIELDS {
        document.pair(field, example, Role::Text);
    }
}

impl Listed for Event {
    type Field = EventField;
    type Id = EventId;

    fn id(&self) -> EventId {
        self.id
    }

    fn show(&self, field: EventField) -> Shown<'_> {
        match field {
            EventField::Time => Shown::text(self.time.strftime("%Y-%m-%d %H:%M:%S").to_string())
                .rank(self.time.as_millisecond()),
            EventField::Kind => Shown::text(<&'static str>::from(self.kind)),
            EventField::Agent => match &self.agent {
                Some(agent) => Shown::text(agent.visible()),
                None => Shown::missing(),
            },
            EventField::Principal => text_shown(self.principal.as_ref()),
            EventField::Action => text_shown(self.action.as_ref()),
            EventField::Target => text_shown(self.target.as_ref()),
            EventField::Decision => match self.decision {
                Some(Decision::Deny) => Shown::status(Role::Error, "deny"),
                Some(decision) => Shown::text(<&'static str>::from(decision)),
                // No recorded decision is not an allow.
                None => Shown::missing(),
            },
            EventField::Outcome => match self.outcome {
                Some(Outcome::Failure) => Shown::status(Role::Warning, "failure"),
                Some(outcome) => Shown::text(<&'static str>::from(outcome)),
                None => Shown::missing(),
            },
            EventField::Source => Shown::text(self.source.visible()),
            EventField::Session => text_shown(self.session.as_ref()),
            EventField::Trace => text_shown(self.trace_id.as_ref()),
            EventField::Model => text_shown(self.model.as_ref()),
            EventField::Instance => text_shown(self.instance.as_ref()),
        }
    }
}
