//! Help: every command with its keys, from the table of commands. `/` searches it.

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::catalog::fields::HelpField;
use crate::catalog::{Role, View};
use crate::tui::command::{COMMANDS, Spec};
use crate::tui::context::Context;
use crate::tui::keymap::{Keymap, places};
use crate::tui::theme::Theme;
use crate::tui::widgets::document::{Document, Scroll};
use crate::tui::widgets::listing::Listing;
use crate::tui::widgets::rows::{Listed, Rows};
use crate::tui::widgets::table::Shown;

#[derive(Debug)]
pub struct Help {
    pub rows: Rows<Item>,
}

/// A command as the help lists it.
#[derive(Debug)]
pub struct Item {
    spec: &'static Spec,
    keys: String,
}

impl Help {
    /// The commands; those that work where help was asked for come first.
    pub fn new(view: Arc<View<HelpField>>, keymap: &Keymap, context: Context) -> Self {
        let mut specs: Vec<&'static Spec> = COMMANDS.iter().collect();
        specs.sort_by_key(|spec| !spec.contexts.contains(context));
        let items = specs.into_iter().map(|spec| {
            let here = keymap.keys_of(spec.command, Some(context));
            let keys = match here.is_empty() {
                true => keymap.keys_of(spec.command, None),
                false => here,
            };
            Item { spec, keys: keys.join(", ") }
        });
        let mut rows = Rows::new(view);
        rows.set(items.collect());
        Self { rows }
    }

    /// The table, and under it the whole sentence of the command under the cursor.
    pub fn draw(&self, area: Rect, buffer: &mut Buffer, theme: &Theme) {
        let (list, detail) = super::with_detail(area, self.rows.count().0, 5);
        self.rows.draw(list, buffer, theme);
        if let (Some(item), Some(area)) = (self.rows.current(), detail) {
            let mut document = Document::new(area.width, theme);
            document.heading(item.spec.title, Role::Heading);
            document.text(item.spec.help, Role::Text, 0);
            document.text(&format!("Works in: {}.", places(item.spec)), Role::Quiet, 0);
            document.draw(area, buffer, &Scroll::default());
        }
    }
}

impl Listed for Item {
    type Field = HelpField;
    type Id = &'static str;

    fn id(&self) -> &'static str {
        self.spec.command.id()
    }

    fn show(&self, field: HelpField) -> Shown<'_> {
        match field {
            HelpField::Keys => Shown::text(self.keys.as_str()),
            HelpField::Command => Shown::text(self.spec.command.id()),
            HelpField::Group => Shown::text(self.spec.group.to_string()),
            HelpField::Help => Shown::text(self.spec.help),
            HelpField::Where => Shown::text(places(self.spec)),
        }
    }
}
