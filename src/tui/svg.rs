//! A screen as an SVG picture: what a test has drawn into a buffer becomes a screenshot for the
//! documents, which so cannot go stale.

use std::fmt::Write;

use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier};

/// Pixels of one cell.
const CELL: (usize, usize) = (9, 18);

/// The colours behind the names of the terminal's palette.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ground {
    Dark,
    Light,
}

/// The look of one run of cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Look {
    fg: Color,
    bg: Color,
    modifier: Modifier,
}

/// Turns a drawn buffer into an SVG document.
pub fn svg(buffer: &Buffer, ground: Ground) -> String {
    let area = buffer.area;
    let (width, height) = (usize::from(area.width) * CELL.0, usize::from(area.height) * CELL.1);
    let mut text = String::new();
    // Writing into a string cannot fail.
    let _ = write!(
        text,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" font-family=\"ui-monospace, Menlo, Consolas, monospace\" \
         font-size=\"15\">\n<rect width=\"{width}\" height=\"{height}\" fill=\"{}\"/>\n",
        ground.background()
    );
    for y in 0..area.height {
        for (column, look, content) in runs(buffer, area.y + y) {
            draw_run(&mut text, column, usize::from(y), look, &content, ground);
        }
    }
    text.push_str("</svg>\n");
    text
}

/// The runs of equal look in one row: column, look, text.
fn runs(buffer: &Buffer, y: u16) -> Vec<(usize, Look, String)> {
    let mut runs: Vec<(usize, Look, String)> = Vec::new();
    for x in buffer.area.left()..buffer.area.right() {
        let Some(cell) = buffer.cell((x, y)) else { continue };
        let look = Look { fg: cell.fg, bg: cell.bg, modifier: cell.modifier };
        match runs.last_mut() {
            Some((_, last, content)) if *last == look => content.push_str(cell.symbol()),
            _ => {
                let column = usize::from(x - buffer.area.left());
                runs.push((column, look, cell.symbol().to_owned()));
            }
        }
    }
    runs
}

fn draw_run(
    text: &mut String,
    column: usize,
    row: usize,
    look: Look,
    content: &str,
    ground: Ground,
) {
    let reversed = look.modifier.contains(Modifier::REVERSED);
    let mut fg = ground.color(look.fg).unwrap_or(ground.foreground());
    let mut bg = ground.color(look.bg);
    if reversed {
        (fg, bg) = (bg.unwrap_or(ground.background()), Some(fg));
    }
    let (x, y) = (column * CELL.0, row * CELL.1);
    let width = unicode_width::UnicodeWidthStr::width(content) * CELL.0;
    if let Some(bg) = bg {
        let height = CELL.1;
        let _ = writeln!(
            text,
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" fill=\"{bg}\"/>"
        );
    }
    if content.trim().is_empty() {
        return;
    }
    let mut attributes = String::new();
    for (modifier, attribute) in [
        (Modifier::BOLD, " font-weight=\"bold\""),
        (Modifier::DIM, " opacity=\"0.65\""),
        (Modifier::ITALIC, " font-style=\"italic\""),
        (Modifier::UNDERLINED, " text-decoration=\"underline\""),
    ] {
        if look.modifier.contains(modifier) {
            attributes.push_str(attribute);
        }
    }
    let baseline = y + 14;
    let _ = writeln!(
        text,
        "<text x=\"{x}\" y=\"{baseline}\" fill=\"{fg}\" textLength=\"{width}\" \
         xml:space=\"preserve\"{attributes}>{}</text>",
        escaped(content)
    );
}

fn escaped(content: &str) -> String {
    content.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

impl Ground {
    fn background(self) -> &'static str {
        match self {
            Self::Dark => "#16181d",
            Self::Light => "#fdfdfb",
        }
    }

    fn foreground(self) -> &'static str {
        match self {
            Self::Dark => "#d7dae0",
            Self::Light => "#22252b",
        }
    }

    /// The colour behind a name; the terminal's own when there is none.
    fn color(self, color: Color) -> Option<&'static str> {
        let (dark, light) = match color {
            Color::Black => ("#16181d", "#22252b"),
            Color::Red => ("#d16969", "#b3261e"),
            Color::Green => ("#7fb069", "#2f6b1f"),
            Color::Yellow => ("#d7a65f", "#7a5b00"),
            Color::Blue => ("#6c9ef8", "#1f4fbf"),
            Color::Magenta => ("#c586c0", "#8a2a83"),
            Color::Cyan => ("#56b6c2", "#00687a"),
            Color::Gray => ("#abb2bf", "#5c6370"),
            Color::DarkGray => ("#6b7280", "#8b919c"),
            Color::LightRed => ("#f28b82", "#d93025"),
            Color::LightGreen => ("#a5d6a7", "#388e3c"),
            Color::LightYellow => ("#f4d58d", "#9a7400"),
            Color::LightBlue => ("#8ab4f8", "#1a73e8"),
            Color::LightMagenta => ("#d7aefb", "#9334e6"),
            Color::LightCyan => ("#8be0ea", "#0088a0"),
            Color::White => ("#ffffff", "#16181d"),
            _ => return None,
        };
        Some(if self == Self::Dark { dark } else { light })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    #[test]
    fn runs_of_one_look_become_one_text() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 6, 1));
        buffer.set_string(0, 0, "a<b", Style::new().fg(Color::Red));
        buffer.set_string(3, 0, "cd", Style::new().add_modifier(Modifier::REVERSED));
        let picture = svg(&buffer, Ground::Dark);
        assert!(picture.contains("fill=\"#d16969\" textLength=\"27\""), "{picture}");
        assert!(picture.contains(">a&lt;b</text>"), "{picture}");
        assert!(picture.contains("<rect x=\"27\" y=\"0\" width=\"18\""), "{picture}");
    }
}
