//! Everything that can happen to the workbench: one closed list.

use crossterm::event::KeyEvent;

use super::desk::{DeskError, LoadProgress};
use super::effect::{Answer, Ticket};

/// What happened.
#[derive(Debug)]
pub enum Event {
    Key(KeyEvent),
    Paste(String),
    Resize {
        width: u16,
        height: u16,
    },
    /// The load has come this far.
    Progress(LoadProgress),
    /// The load is over: the case can be asked.
    Loaded(Result<(), DeskError>),
    /// The workspace has answered.
    Answer(Ticket, Box<Result<Answer, DeskError>>),
    /// A wait is over.
    Timer(Timer),
    /// The system asks the program to end.
    Terminate,
}

/// What was waited for. The number is the generation of the wait: an old one is ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timer {
    /// The typing of a search has paused.
    Search(u64),
    /// The workspace has not answered for a while: show that it works.
    Busy(u64),
    /// Too late to quit with the second Ctrl-C.
    Quit(u64),
}
