//! The theme in force: meanings to styles.

use std::collections::BTreeMap;

use ratatui::style::{Color, Modifier, Style};

use crate::catalog::{self, Catalog, Role, ThemeFile};

/// What each meaning looks like on this screen.
#[derive(Clone, Debug, Default)]
pub struct Theme {
    pub id: String,
    styles: BTreeMap<Role, (Style, String)>,
    /// No colour at all: modifiers carry everything.
    pub monochrome: bool,
}

impl Theme {
    /// The named theme, or the first that there is.
    pub fn of(catalog: &Catalog, id: &str) -> Self {
        let file = catalog.themes.get(id).or_else(|| catalog.themes.values().next());
        file.map(Self::build).unwrap_or_default()
    }

    fn build(file: &ThemeFile) -> Self {
        let styles: BTreeMap<Role, (Style, String)> = file
            .style
            .iter()
            .map(|(role, look)| {
                let mut style = Style::new();
                style.fg = look.fg.map(color);
                style.bg = look.bg.map(color);
                for given in &look.modifiers {
                    style = style.add_modifier(modifier(*given));
                }
                (*role, (style, look.glyph.clone()))
            })
            .collect();
        let monochrome = file.style.values().all(|look| look.fg.is_none() && look.bg.is_none());
        Self { id: file.id.clone(), styles, monochrome }
    }

    pub fn style(&self, role: Role) -> Style {
        self.styles.get(&role).map(|(style, _)| *style).unwrap_or_default()
    }

    /// Stands before a word of this meaning; empty when the meaning has none.
    pub fn glyph(&self, role: Role) -> &str {
        self.styles.get(&role).map(|(_, glyph)| glyph.as_str()).unwrap_or_default()
    }
}

/// The theme to use: `mono` where the terminal or the user wants no colour, else as asked for, else
/// `dark`. `no_color` and `term` are the values of the environment variables.
pub fn choose(asked: Option<&str>, no_color: Option<&str>, term: Option<&str>) -> String {
    let id = match no_color.is_some_and(|value| !value.is_empty()) || term == Some("dumb") {
        true => "mono",
        false => asked.unwrap_or("dark"),
    };
    id.to_owned()
}

fn color(color: catalog::Color) -> Color {
    match color {
        catalog::Color::Black => Color::Black,
        catalog::Color::Red => Color::Red,
        catalog::Color::Green => Color::Green,
        catalog::Color::Yellow => Color::Yellow,
        catalog::Color::Blue => Color::Blue,
        catalog::Color::Magenta => Color::Magenta,
        catalog::Color::Cyan => Color::Cyan,
        catalog::Color::Gray => Color::Gray,
        catalog::Color::DarkGray => Color::DarkGray,
        catalog::Color::LightRed => Color::LightRed,
        catalog::Color::LightGreen => Color::LightGreen,
        catalog::Color::LightYellow => Color::LightYellow,
        catalog::Color::LightBlue => Color::LightBlue,
        catalog::Color::LightMagenta => Color::LightMagenta,
        catalog::Color::LightCyan => Color::LightCyan,
        catalog::Color::White => Color::White,
    }
}

fn modifier(modifier: catalog::Modifier) -> Modifier {
    match modifier {
        catalog::Modifier::Bold => Modifier::BOLD,
        catalog::Modifier::Dim => Modifier::DIM,
        catalog::Modifier::Italic => Modifier::ITALIC,
        catalog::Modifier::Underlined => Modifier::UNDERLINED,
        catalog::Modifier::Reversed => Modifier::REVERSED,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use strum::IntoEnumIterator;

    #[test]
    fn the_environment_chooses() {
        assert_eq!(choose(Some("light"), None, Some("xterm")), "light");
        assert_eq!(choose(Some("light"), Some("1"), None), "mono");
        assert_eq!(choose(None, Some(""), None), "dark");
        assert_eq!(choose(None, None, Some("dumb")), "mono");
    }

    #[test]
    fn no_status_rests_on_colour_alone() {
        let catalog = Catalog::builtin().expect("the shipped catalog passes");
        for file in catalog.themes.values() {
            let theme = Theme::build(file);
            for role in Role::iter().skip_while(|role| *role != Role::Gap1) {
                let style = theme.style(role);
                let told = !theme.glyph(role).is_empty() || style.add_modifier != Modifier::empty();
                let plain = style == Style::default();
                assert!(told || plain, "{role} in {} is told by colour only", theme.id);
            }
            assert!(theme.style(Role::Selected).add_modifier.contains(Modifier::REVERSED));
        }
        assert!(Theme::of(&catalog, "mono").monochrome);
    }
}
