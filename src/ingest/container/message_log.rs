//! Logs that MCP clients keep of each server: a line of text for each message.
//!
//! ```text
//! 2026-08-01T10:00:00.000Z [docs] [info] Message from client: {"jsonrpc":"2.0","id":1,"method":"ping"}
//! ```
//!
//! Level and name stand in either order, and something may follow the message. Each message becomes a
//! document that says when it was sent, by which side, and of which server the log is.

use std::io::{self, BufRead};

use serde_json::value::RawValue;

use super::lines::{Content, Lines};
use super::{Limits, Piece, scanner};
use crate::domain::text::visible;
use crate::domain::{Location, ProblemKind};

/// What announces a message, and who sent it.
const ANNOUNCED: &[(&str, &str)] =
    &[("] Message from client: ", "client"), ("] Message from server: ", "server")];

/// Names of levels, as opposed to those of servers.
const LEVELS: &[&str] = &["info", "error", "warn", "warning", "debug"];

/// Whether text begins as such a log does.
pub fn is_one(head: &[u8]) -> bool {
    let is_message =
        |line: &[u8]| std::str::from_utf8(line).is_ok_and(|line| split(line).is_some());
    head.split(|byte| *byte == b'\n').any(is_message)
}

/// Reads every message of `lines` into `each`. Other lines are counted.
pub fn read(
    lines: &mut Lines<impl BufRead>,
    limits: &Limits,
    each: &mut dyn FnMut(Piece<'_>),
) -> io::Result<()> {
    let mut others = 0_u64;
    let result = loop {
        let line = match lines.next() {
            Ok(Some(line)) => line,
            Ok(None) => break Ok(()),
            Err(error) => break Err(error),
        };
        let at = Location::Line(line.number);
        let Content::Text(text) = line.content else {
            others += 1;
            continue;
        };
        match split(text) {
            Some(message) => message.hand_on(at, limits, each),
            None if text.trim_ascii().is_empty() => {}
            None => others += 1,
        }
    };
    if others > 0 {
        let message = format!("{others} lines of the log hold no message");
        let kind = ProblemKind::Unsupported;
        each(Piece::SetAside { kind, at: Location::Whole, message });
    }
    result
}

/// One line of the log.
struct Message<'a> {
    time: &'a str,
    server: &'a str,
    sender: &'a str,
    /// The message, and what may follow it.
    rest: &'a str,
}

fn split(line: &str) -> Option<Message<'_>> {
    let (before, sender, rest) = ANNOUNCED.iter().find_map(|(announced, sender)| {
        let (before, rest) = line.split_once(announced)?;
        Some((before, *sender, rest))
    })?;
    let (time, marks) = before.split_once(" [")?;
    time.parse::<jiff::Timestamp>().ok()?;
    let (first, second) = marks.split_once("] [")?;
    let server = if LEVELS.contains(&first) { second } else { first };
    Some(Message { time, server, sender, rest })
}

impl Message<'_> {
    fn hand_on(&self, at: Location, limits: &Limits, each: &mut dyn FnMut(Piece<'_>)) {
        let mut stream = serde_json::Deserializer::from_str(self.rest).into_iter::<&RawValue>();
        let message = match stream.next() {
            Some(Ok(message)) => message,
            Some(Err(error)) => {
                let message = format!("the message: {}", visible(&error.to_string()));
                return each(Piece::SetAside { kind: ProblemKind::Malformed, at, message });
            }
            None => {
                let message = "the line announces a message and holds none".to_owned();
                return each(Piece::SetAside { kind: ProblemKind::Malformed, at, message });
            }
        };
        if scanner::is_deeper_than(limits.depth, message.get()) {
            let message = format!("nested deeper than {} levels", limits.depth);
            return each(Piece::SetAside { kind: ProblemKind::Limit, at, message });
        }
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        let json = format!(
            r#"{{"time":{},"server":{},"direction":{},"message":{}}}"#,
            quoted(self.time),
            quoted(self.server),
            quoted(self.sender),
            message.get()
        );
        if let Ok(top) = serde_json::from_str(&json) {
            each(Piece::Document { at, json: &json, top, is_slice: false });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;

    use super::*;

    /// The documents of a log, and what is set aside with its place.
    #[track_caller]
    fn check(log: &str, expected: &[&str]) {
        let mut found = Vec::new();
        super::super::documents(
            &mut log.as_bytes(),
            "",
            &Limits::default(),
            &mut |_| ControlFlow::Continue(()),
            &mut |piece| {
                found.push(match piece {
                    Piece::Document { at, json, .. } => format!("{at} {json}"),
                    Piece::SetAside { at, kind, .. } => format!("{at} {kind}"),
                });
            },
        );
        assert_eq!(found, expected, "{log}");
    }

    #[test]
    fn messages_with_their_time_side_and_server() {
        check(
            "2026-08-01T10:00:00.000Z [docs] [info] Initializing server...\n\
             2026-08-01T10:00:01.000Z [docs] [info] Message from client: {\"id\":0} { metadata: undefined }\n\
             \n\
             2026-08-01T10:00:02.000Z [info] [docs] Message from server: {\"id\":0,\"x\":[1]}\n\
             Traceback (most recent call last):\n",
            &[
                r#":2 {"time":"2026-08-01T10:00:01.000Z","server":"docs","direction":"client","message":{"id":0}}"#,
                r#":4 {"time":"2026-08-01T10:00:02.000Z","server":"docs","direction":"server","message":{"id":0,"x":[1]}}"#,
                " unsupported",
            ],
        );
    }

    #[test]
    fn a_cut_message_costs_only_itself() {
        let line =
            |rest: &str| format!("2026-08-01T10:00:01Z [d] [info] Message from client: {rest}\n");
        let log = [line("{\"id\":"), line(""), line("{}")].concat();
        check(
            &log,
            &[
                ":1 malformed",
                ":2 malformed",
                r#":3 {"time":"2026-08-01T10:00:01Z","server":"d","direction":"client","message":{}}"#,
            ],
        );
        let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
        check(
            &[line("{}"), line(&deep)].concat(),
            &[
                r#":1 {"time":"2026-08-01T10:00:01Z","server":"d","direction":"client","message":{}}"#,
                ":2 limit",
            ],
        );
    }

    #[test]
    fn yaml_that_speaks_of_messages_is_no_log() {
        check(
            "note: \"] Message from client: {}\"\n",
            &[r#" {"note":"] Message from client: {}"}"#],
        );
    }
}
