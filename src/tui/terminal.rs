//! The real terminal: taken over, drawn on, and always given back.

use std::cell::Cell;
use std::io::{self, IsTerminal, Stdout, Write};

use base64::Engine;
use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::terminal::{
    BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen,
    disable_raw_mode, enable_raw_mode,
};
use crossterm::{cursor, execute, queue};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;

use super::TuiError;
use super::render::render;
use super::state::State;

/// The terminal while the workbench has it. Gives it back when dropped, and on a panic.
pub struct Screen {
    terminal: Terminal<CrosstermBackend<Stdout>>,
}

impl Screen {
    /// Takes the terminal over. `monochrome`: the theme uses modifiers only.
    pub fn open(monochrome: bool) -> Result<Self, TuiError> {
        if !io::stdout().is_terminal() {
            return Err(TuiError::NoTerminal);
        }
        if monochrome {
            // With NO_COLOR set, crossterm writes a full reset where a cell has no colour, which takes
            // the selection's reversal with it. The mono theme has no colours to suppress.
            crossterm::style::force_color_output(true);
        }
        give_back_on_panic();
        enable_raw_mode()?;
        let mut out = io::stdout();
        let taken = execute!(out, EnterAlternateScreen, EnableBracketedPaste, cursor::Hide);
        let screen = taken.and_then(|()| Terminal::new(CrosstermBackend::new(out)));
        match screen {
            Ok(terminal) => Ok(Self { terminal }),
            Err(error) => {
                give_back();
                Err(error.into())
            }
        }
    }

    pub fn size(&self) -> io::Result<(u16, u16)> {
        let size = self.terminal.size()?;
        Ok((size.width, size.height))
    }

    /// Draws one frame; the terminal shows it as a whole.
    pub fn draw(&mut self, state: &State) -> io::Result<()> {
        queue!(self.terminal.backend_mut(), BeginSynchronizedUpdate)?;
        self.terminal.draw(|frame| render(state, frame.area(), frame.buffer_mut()))?;
        execute!(self.terminal.backend_mut(), EndSynchronizedUpdate)
    }

    /// Puts visible text into the terminal's own clipboard (OSC 52), which also works over ssh.
    pub fn copy(&mut self, text: &str) -> io::Result<()> {
        let encoded = base64::engine::general_purpose::STANDARD.encode(text);
        let out = self.terminal.backend_mut();
        write!(out, "\x1b]52;c;{encoded}\x07")?;
        out.flush()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

/// Errors are of no use here: there is no other screen to say them on.
fn give_back() {
    let _ = disable_raw_mode();
    let _ = execute!(
        io::stdout(),
        EndSynchronizedUpdate,
        DisableBracketedPaste,
        LeaveAlternateScreen,
        cursor::Show
    );
}

thread_local! {
    static ANSWERING: Cell<bool> = const { Cell::new(false) };
}

/// Runs work whose panic becomes an answer on the screen: the workbench goes on, so the terminal is
/// not given back for it.
pub fn answering_panics<T>(work: impl FnOnce() -> T) -> T {
    struct Until;
    impl Drop for Until {
        fn drop(&mut self) {
            ANSWERING.set(false);
        }
    }
    ANSWERING.set(true);
    let _until = Until;
    work()
}

fn give_back_on_panic() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !ANSWERING.get() {
                give_back();
                before(info);
            }
        }));
    });
}
