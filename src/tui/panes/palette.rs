//! The command palette: every command and every named search, found by its letters.

use crossterm::event::KeyEvent;
use frizbee::{Config, Matcher};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::catalog::{Align, Role, Search, Width};
use crate::tui::command::{COMMANDS, Command};
use crate::tui::context::Context;
use crate::tui::keymap::Keymap;
use crate::tui::theme::Theme;
use crate::tui::widgets::input::TextLine;
use crate::tui::widgets::table::{Head, Motion, Row, Shown, Table, Window};
use crate::tui::widgets::text;

#[derive(Debug)]
pub struct Palette {
    line: TextLine,
    entries: Vec<Entry>,
    /// The entries that match, best first.
    shown: Vec<usize>,
    selected: usize,
    window: Window,
}

/// One thing the palette can do.
#[derive(Clone, Debug)]
struct Entry {
    choice: Choice,
    title: String,
    keys: String,
    help: String,
    /// Whether it works where the palette was opened.
    works: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    Run(Command),
    /// The expression of a named search.
    Search(String),
}

impl Palette {
    /// What can be chosen in a context: what works there first, the rest with where it works.
    pub fn new(context: Context, keymap: &Keymap, searches: &[Search]) -> Self {
        let commands = COMMANDS.iter().filter(|spec| {
            !spec.contexts.all().all(Context::takes_text) && spec.command != Command::Palette
        });
        let mut entries: Vec<Entry> = commands
            .map(|spec| {
                let works = spec.contexts.contains(context);
                let help = match works {
                    true => spec.help.to_owned(),
                    false => format!("Works in: {}.", crate::tui::keymap::places(spec)),
                };
                Entry {
                    choice: Choice::Run(spec.command),
                    title: spec.title.to_owned(),
                    keys: keymap.keys_of(spec.command, None).join(", "),
                    help,
                    works,
                }
            })
            .collect();
        entries.extend(searches.iter().map(|search| Entry {
            choice: Choice::Search(search.expression.clone()),
            title: format!("Search: {}", search.title),
            keys: String::new(),
            help: search.why.clone(),
            works: true,
        }));
        entries.sort_by_key(|entry| !entry.works);
        let mut palette = Self {
            line: TextLine::default(),
            entries,
            shown: Vec::new(),
            selected: 0,
            window: Window::default(),
        };
        palette.search();
        palette
    }

    pub fn key(&mut self, key: KeyEvent) {
        if self.line.key(key) {
            self.search();
        }
    }

    pub fn paste(&mut self, pasted: &str) {
        self.line.paste(pasted);
        self.search();
    }

    /// Finds the entries for what is typed.
    fn search(&mut self) {
        let typed = self.line.value().trim();
        self.selected = 0;
        if typed.is_empty() {
            self.shown = (0..self.entries.len()).collect();
            return;
        }
        let titles: Vec<&str> = self.entries.iter().map(|entry| entry.title.as_str()).collect();
        let mut matches = Matcher::new(typed, &Config::default()).match_list(&titles);
        // What works here comes before what would match better and does not.
        matches.sort_by_key(|found| {
            let works = self.entries.get(found.index as usize).is_some_and(|entry| entry.works);
            (!works, std::cmp::Reverse(found.score))
        });
        self.shown = matches.into_iter().map(|found| found.index as usize).collect();
    }

    pub fn go(&mut self, motion: Motion) {
        self.selected = self.window.moved(self.selected, self.shown.len(), motion);
    }

    pub fn choice(&self) -> Option<&Choice> {
        let entry = self.entries.get(*self.shown.get(self.selected)?)?;
        Some(&entry.choice)
    }

    pub fn draw(&self, area: Rect, buffer: &mut Buffer, theme: &Theme) {
        let head = Rect { height: 1.min(area.height), ..area };
        text::draw("> ", head, buffer, theme.style(Role::Key), theme);
        let line = Rect { x: head.x + 2, width: head.width.saturating_sub(2), ..head };
        self.line.draw(line, buffer, true, theme);
        let body = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
        let row = |index| self.row(index);
        let column = |title, min, max, fill, rank| Head {
            title,
            width: Width { min, max, fill },
            align: Align::Left,
            role: Role::Text,
            rank,
            sorted: None,
        };
        let table = Table {
            heads: vec![
                column("Command", 20, Some(44), false, 0),
                column("Keys", 6, Some(18), false, 1),
                column("What it does", 20, None, true, 2),
            ],
            total: self.shown.len(),
            selected: self.selected,
            window: &self.window,
            row: &row,
        };
        table.draw(body, buffer, theme);
    }

    fn row(&self, index: usize) -> (Row<'_>, bool) {
        let entry = self.shown.get(index).and_then(|index| self.entries.get(*index));
        let Some(entry) = entry else { return (Row::Heading(String::new()), false) };
        let role = if entry.works { Role::Text } else { Role::Quiet };
        let cells = vec![
            Shown::text(entry.title.as_str()).role(role),
            Shown::text(entry.keys.as_str()).role(Role::Key),
            Shown::text(entry.help.as_str()).role(Role::Quiet),
        ];
        (Row::Cells(cells), false)
    }
}
