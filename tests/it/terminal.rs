//! The workbench in a real terminal: it starts, resizes, survives signals, and gives the terminal
//! back.

use std::io::{Read, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use crate::support::{Home, REGISTRY, ROLE, audit_event};

/// Long enough for a loaded machine; a test that waits this long has failed.
const PATIENCE: Duration = Duration::from_secs(60);

struct Terminal {
    _home: Home,
    master: Box<dyn MasterPty + Send>,
    child: Box<dyn Child + Send + Sync>,
    keys: Box<dyn Write + Send>,
    output: Receiver<Vec<u8>>,
    screen: vt100::Parser,
    raw: Vec<u8>,
}

impl Terminal {
    fn open(columns: u16, rows: u16, variables: &[(&str, &str)]) -> Self {
        let home = Home::new();
        home.load("role.json", ROLE);
        home.load("registry.yaml", REGISTRY);
        let hostile = audit_event(1).replace("prices", "pri\\u001b]0;owned\\u0007\\u202eces");
        home.load("audit.log", &(hostile + &(2..20).map(audit_event).collect::<String>()));
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).expect("a terminal can be opened");
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_diptych"));
        command.env_clear();
        command.env("TERM", "xterm-256color");
        command.env("DIPTYCH_HOME", home.path());
        command.env("DIPTYCH_CASE", home.case());
        command.env("DIPTYCH_AUTHOR", "ada");
        for (name, value) in variables {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).expect("the program starts");
        drop(pair.slave);
        let keys = pair.master.take_writer().expect("the terminal takes keys");
        let mut reader = pair.master.try_clone_reader().expect("the terminal can be read");
        let (sender, output) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 8192];
            while let Ok(read @ 1..) = reader.read(&mut buffer) {
                if sender.send(buffer[..read].to_vec()).is_err() {
                    return;
                }
            }
        });
        let screen = vt100::Parser::new(
            rows.try_into().expect("not zero"),
            columns.try_into().expect("not zero"),
            0,
        );
        Self { _home: home, master: pair.master, child, keys, output, screen, raw: Vec::new() }
    }

    fn press(&mut self, keys: &str) {
        self.keys
            .write_all(keys.as_bytes())
            .and_then(|()| self.keys.flush())
            .expect("keys are taken");
    }

    /// Reads until the screen satisfies `wanted`.
    #[track_caller]
    fn until(&mut self, what: &str, wanted: impl Fn(&vt100::Screen) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !wanted(self.screen.screen()) {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.output.recv_timeout(left) {
                Ok(bytes) => {
                    self.raw.extend_from_slice(&bytes);
                    self.screen.process(&bytes);
                }
                Err(_) => panic!("no {what}:\n{}", self.screen.screen().contents()),
            }
        }
    }

    #[track_caller]
    fn shows(&mut self, text: &str) {
        self.until(text, |screen| screen.contents().contains(text));
    }

    /// Reads until the program has ended. Returns its exit code.
    fn ended(&mut self) -> u32 {
        loop {
            match self.output.recv_timeout(PATIENCE) {
                Ok(bytes) => {
                    self.raw.extend_from_slice(&bytes);
                    self.screen.process(&bytes);
                }
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    self.child.kill().expect("it can be killed");
                    panic!("it did not end:\n{}", self.screen.screen().contents());
                }
            }
        }
        self.child.wait().expect("the program ended").exit_code()
    }

    fn resize(&mut self, columns: u16, rows: u16) {
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        self.master.resize(size).expect("the terminal can be resized");
        self.screen
            .screen_mut()
            .set_size(rows.try_into().expect("not zero"), columns.try_into().expect("not zero"));
    }

    #[track_caller]
    fn is_restored(&self) {
        assert!(!self.screen.screen().alternate_screen(), "the alternate screen was left");
        assert!(!self.screen.screen().hide_cursor(), "the cursor is shown");
        assert!(!self.screen.screen().bracketed_paste(), "bracketed paste is off");
    }
}

#[test]
fn it_starts_tags_with_one_key_and_remembers() {
    let mut terminal = Terminal::open(100, 30, &[]);
    terminal.shows("billing");
    // Accepting the engine's reading is one key.
    terminal.press("a");
    terminal.until("a tag", |screen| {
        let text = screen.contents();
        text.contains("tagged") || text.contains("✓")
    });
    terminal.press("q");
    assert_eq!(terminal.ended(), 0);
    terminal.is_restored();
}

#[test]
fn no_color_still_shows_the_selection() {
    let mut terminal = Terminal::open(100, 30, &[("NO_COLOR", "1")]);
    terminal.shows("billing");
    let inverse = |screen: &vt100::Screen| {
        (0..30).any(|row| {
            (0..100).any(|column| screen.cell(row, column).is_some_and(vt100::Cell::inverse))
        })
    };
    terminal.until("reversed selection", inverse);
    terminal.press("q");
    assert_eq!(terminal.ended(), 0);
    terminal.is_restored();
}

#[test]
fn a_dumb_or_small_terminal_is_usable() {
    let mut terminal = Terminal::open(40, 12, &[("TERM", "dumb")]);
    terminal.shows("2 of 3 capa");
    terminal.press("?");
    terminal.until("help", |screen| !screen.contents().contains("2 of 3 capa"));
    terminal.press("\u{1b}");
    terminal.shows("2 of 3 capa");
    terminal.press("q");
    assert_eq!(terminal.ended(), 0);
    terminal.is_restored();
}

#[test]
fn a_resize_is_followed() {
    let mut terminal = Terminal::open(80, 24, &[]);
    terminal.shows("billing");
    terminal.resize(39, 11);
    terminal.until("a word that the terminal is too small", |screen| {
        screen.contents().to_lowercase().contains("small")
    });
    terminal.resize(120, 40);
    terminal.shows("billing");
    terminal.press("q");
    assert_eq!(terminal.ended(), 0);
}

#[test]
fn a_signal_gives_the_terminal_back() {
    let mut terminal = Terminal::open(80, 24, &[]);
    terminal.shows("billing");
    let process = terminal.child.process_id().expect("it runs").to_string();
    let kill = std::process::Command::new("kill").args(["-TERM", &process]).status();
    assert!(kill.expect("kill is there").success());
    terminal.ended();
    terminal.is_restored();
}

#[test]
fn hostile_evidence_sends_nothing_of_its_own() {
    let mut terminal = Terminal::open(120, 40, &[]);
    terminal.shows("billing");
    terminal.press("gs");
    terminal.shows("Type / and a query");
    terminal.press("/configmaps\r");
    terminal.until("an escaped name", |screen| screen.contents().contains("\\e]0;owned"));
    terminal.press("\u{3}");
    terminal.press("\u{3}");
    terminal.ended();
    let raw = String::from_utf8_lossy(&terminal.raw);
    assert!(!raw.contains("\u{1b}]0;owned"), "the evidence set the title");
    assert!(!raw.contains('\u{202e}'), "an override reached the terminal");
}
