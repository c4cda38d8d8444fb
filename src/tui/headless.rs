//! The workbench without a terminal: keys go in, questions are put to the desk at once, and what
//! would be on the screen can be read. For tests, and for the pictures in the documents.

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::desk::Desk;
use super::effect::{Effect, Request, Ticket};
use super::event::{Event, Timer};
use super::keys::{NotAKey, sequence};
use super::render::render;
use super::state::State;
use super::theme::Theme;
use super::update::update;
use crate::catalog::Catalog;

pub struct Headless {
    pub state: State,
    /// What was asked, in order.
    pub asked: Vec<Request>,
    /// What was sent to the clipboard.
    pub copied: Vec<String>,
    pub quit: bool,
    /// While set, questions wait for [`Headless::answer_held`].
    pub hold: bool,
    desk: Arc<dyn Desk>,
    held: Vec<(Ticket, Request)>,
    timers: Vec<Timer>,
}

impl Headless {
    pub fn new(desk: Arc<dyn Desk>, catalog: Catalog, theme: &str, size: (u16, u16)) -> Self {
        let theme = Theme::of(&catalog, theme);
        let (mut state, effects) = State::new(catalog, theme, true, false);
        state.size = size;
        let mut headless = Self {
            state,
            asked: Vec::new(),
            copied: Vec::new(),
            quit: false,
            hold: false,
            desk,
            held: Vec::new(),
            timers: Vec::new(),
        };
        headless.perform(effects);
        headless
    }

    /// Presses keys, written as in the keymap: `j j ctrl-d 1`.
    pub fn keys(&mut self, keys: &str) -> Result<&mut Self, NotAKey> {
        for key in sequence(keys)? {
            self.event(Event::Key(key.event()));
        }
        Ok(self)
    }

    /// Types text into what takes it.
    pub fn text(&mut self, text: &str) -> &mut Self {
        for character in text.chars() {
            self.event(Event::Key(crossterm::event::KeyCode::Char(character).into()));
        }
        self
    }

    pub fn event(&mut self, event: Event) -> &mut Self {
        let effects = update(&mut self.state, event);
        self.perform(effects);
        self
    }

    /// Lets every timer that is set fire once.
    pub fn wait(&mut self) -> &mut Self {
        for timer in std::mem::take(&mut self.timers) {
            self.event(Event::Timer(timer));
        }
        self
    }

    /// Answers what was held back, last asked first.
    pub fn answer_held(&mut self) -> &mut Self {
        self.hold = false;
        while let Some((ticket, request)) = self.held.pop() {
            self.answer(ticket, request);
        }
        self
    }

    /// The screen as it would be drawn.
    pub fn buffer(&self) -> Buffer {
        let (width, height) = self.state.size;
        let area = Rect::new(0, 0, width, height);
        let mut buffer = Buffer::empty(area);
        render(&self.state, area, &mut buffer);
        buffer
    }

    /// The screen as text, without styles.
    pub fn screen(&self) -> String {
        let buffer = self.buffer();
        let rows = buffer.content.chunks(usize::from(buffer.area.width).max(1)).map(|row| {
            let row: String = row.iter().map(ratatui::buffer::Cell::symbol).collect();
            row.trim_end().to_owned()
        });
        rows.collect::<Vec<_>>().join("\n")
    }

    fn perform(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Ask(ticket, request) => {
                    self.asked.push(request.clone());
                    match self.hold {
                        true => self.held.push((ticket, request)),
                        false => self.answer(ticket, request),
                    }
                }
                Effect::Wake(timer, _) => self.timers.push(timer),
                Effect::Copy(text) => self.copied.push(text),
                Effect::Quit => self.quit = true,
                // Without a terminal nothing is loaded.
                Effect::CancelLoading => {}
            }
        }
    }

    fn answer(&mut self, ticket: Ticket, request: Request) {
        let answer = request.put_to(self.desk.as_ref());
        self.event(Event::Answer(ticket, Box::new(answer)));
    }
}
