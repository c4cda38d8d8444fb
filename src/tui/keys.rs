//! Keys as people write them: `j`, `G`, `ctrl-d`, `f1`, and sequences such as `g q`.

use std::fmt;
use std::str::FromStr;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// One key with its modifiers, in one normal form: shift is part of the character.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    code: KeyCode,
    modifiers: KeyModifiers,
}

/// The keys with a name; all others are written as their character.
const NAMED: &[(&str, KeyCode)] = &[
    ("enter", KeyCode::Enter),
    ("esc", KeyCode::Esc),
    ("tab", KeyCode::Tab),
    ("backtab", KeyCode::BackTab),
    ("backspace", KeyCode::Backspace),
    ("delete", KeyCode::Delete),
    ("up", KeyCode::Up),
    ("down", KeyCode::Down),
    ("left", KeyCode::Left),
    ("right", KeyCode::Right),
    ("home", KeyCode::Home),
    ("end", KeyCode::End),
    ("pageup", KeyCode::PageUp),
    ("pagedown", KeyCode::PageDown),
    ("space", KeyCode::Char(' ')),
];

impl Key {
    /// Whether the key types a character where text is expected.
    pub fn types(self) -> bool {
        matches!(self.code, KeyCode::Char(_))
            && !self.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT)
    }

    /// The key as the terminal reports it.
    pub fn event(self) -> KeyEvent {
        KeyEvent::new(self.code, self.modifiers)
    }
}

impl From<KeyEvent> for Key {
    fn from(event: KeyEvent) -> Self {
        let kept = KeyModifiers::CONTROL | KeyModifiers::ALT;
        let shift = match event.code {
            KeyCode::Char(_) | KeyCode::BackTab => KeyModifiers::NONE,
            _ => event.modifiers & KeyModifiers::SHIFT,
        };
        Self { code: event.code, modifiers: (event.modifiers & kept) | shift }
    }
}

/// The string names no key.
#[derive(Debug, thiserror::Error)]
#[error("not a key: a character, `ctrl-x`, `f1` to `f12`, or a name such as `enter` expected")]
pub struct NotAKey;

impl FromStr for Key {
    type Err = NotAKey;

    fn from_str(text: &str) -> Result<Self, NotAKey> {
        let mut rest = text;
        let mut modifiers = KeyModifiers::NONE;
        for (prefix, modifier) in [
            ("ctrl-", KeyModifiers::CONTROL),
            ("alt-", KeyModifiers::ALT),
            ("shift-", KeyModifiers::SHIFT),
        ] {
            if let Some(after) = rest.strip_prefix(prefix)
                && !after.is_empty()
            {
                rest = after;
                modifiers |= modifier;
            }
        }
        let mut characters = rest.chars();
        let code = match (characters.next(), characters.as_str()) {
            (Some(character), "") => KeyCode::Char(character),
            (Some('f'), number) if number.parse().is_ok_and(|n: u8| (1..=12).contains(&n)) => {
                KeyCode::F(number.parse().map_err(|_| NotAKey)?)
            }
            _ => NAMED.iter().find(|(name, _)| *name == rest).ok_or(NotAKey)?.1,
        };
        Ok(KeyEvent::new(code, modifiers).into())
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (modifier, prefix) in [
            (KeyModifiers::CONTROL, "ctrl-"),
            (KeyModifiers::ALT, "alt-"),
            (KeyModifiers::SHIFT, "shift-"),
        ] {
            if self.modifiers.contains(modifier) {
                f.write_str(prefix)?;
            }
        }
        if let Some((name, _)) = NAMED.iter().find(|(_, code)| *code == self.code) {
            return f.write_str(name);
        }
        match self.code {
            KeyCode::Char(character) => write!(f, "{character}"),
            KeyCode::F(number) => write!(f, "f{number}"),
            other => write!(f, "{other}"),
        }
    }
}

/// A sequence of keys, separated by blanks.
pub fn sequence(text: &str) -> Result<Vec<Key>, NotAKey> {
    let keys: Vec<Key> = text.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
    match keys.is_empty() {
        true => Err(NotAKey),
        false => Ok(keys),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_as_they_are_written() {
        for text in ["j", "G", "ctrl-d", "f1", "f12", "enter", "space", "backtab", "?", "-", "["] {
            let key: Key = text.parse().expect("a key");
            assert_eq!(key.to_string(), text);
        }
        for text in ["", "f13", "hyper-x", "entr"] {
            assert!(text.parse::<Key>().is_err(), "{text}");
        }
    }

    #[test]
    fn shift_is_part_of_the_character() {
        let reported = KeyEvent::new(KeyCode::Char('G'), KeyModifiers::SHIFT);
        assert_eq!(Key::from(reported), "G".parse().expect("a key"));
    }
}
