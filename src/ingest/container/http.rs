//! Recorded HTTP/1.1 messages (RFC 9112), one after another → the JSON documents in their bodies.
//!
//! This is how `curl -i` and wire recorders write. Headers carry credentials and are not looked at
//! beyond what the body needs.

use std::io::{self, Read};

use super::{Limits, Piece, scanner};
use crate::domain::text::visible;
use crate::domain::{Location, ProblemKind};

/// Bytes of one recording.
const LONGEST: usize = 16 << 20;

/// Whether the text begins with a status line or a request line.
pub fn is_message(head: &[u8]) -> bool {
    let line = head.split(|byte| *byte == b'\n').next().unwrap_or_default().trim_ascii_end();
    let is_request = || {
        let mut words = line.split(|byte| *byte == b' ');
        let method = words.next().unwrap_or_default();
        let is_method = !method.is_empty() && method.iter().all(u8::is_ascii_uppercase);
        is_method && words.nth(1).is_some_and(|version| version.starts_with(b"HTTP/1."))
    };
    line.starts_with(b"HTTP/1.") || is_request()
}

/// Reads the JSON bodies of `text` into `each`.
pub fn read(text: impl Read, limits: &Limits, each: &mut dyn FnMut(Piece<'_>)) -> io::Result<()> {
    let mut bytes = Vec::new();
    text.take(LONGEST as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > LONGEST {
        let message = format!("longer than {LONGEST} bytes of recorded HTTP");
        each(set_aside(ProblemKind::Limit, 0, bytes.len(), &message));
        return Ok(());
    }
    let mut start = 0;
    let mut bodies = 0;
    while let Some(message) = Message::parse(&bytes, start) {
        bodies += usize::from(message.start < message.end);
        message.hand_on(&bytes, limits, each);
        start = message.end;
    }
    let rest = bytes.get(start..).unwrap_or_default().trim_ascii();
    if !rest.is_empty() {
        let message = "what follows is no HTTP message";
        each(set_aside(ProblemKind::Malformed, start, bytes.len(), message));
    } else if bodies == 0 {
        let message = "HTTP messages without a body";
        each(set_aside(ProblemKind::UnknownFormat, 0, bytes.len(), message));
    }
    Ok(())
}

/// Where the body of a message stands, and what its headers say of it.
struct Message {
    start: usize,
    end: usize,
    is_chunked: bool,
}

impl Message {
    /// The message that begins at `at`, after blank lines.
    fn parse(bytes: &[u8], at: usize) -> Option<Self> {
        let rest = bytes.get(at..)?;
        let rest = rest.trim_ascii_start();
        if !is_message(rest) {
            return None;
        }
        let at = bytes.len() - rest.len();
        let head = head_length(rest);
        let start = at + head;
        let header = |name| header(rest.get(..head)?, name);
        let length = header("content-length").and_then(|value| value.parse::<usize>().ok());
        let is_chunked = header("transfer-encoding").is_some_and(|value| value == "chunked");
        let length = match length {
            Some(length) => length,
            None if is_chunked => chunked_length(bytes.get(start..)?),
            // A request without a length has no body, a response goes on to the end.
            None if rest.starts_with(b"HTTP/") => bytes.len() - start,
            None => 0,
        };
        Some(Self { start, end: start.saturating_add(length).min(bytes.len()), is_chunked })
    }

    fn hand_on(&self, bytes: &[u8], limits: &Limits, each: &mut dyn FnMut(Piece<'_>)) {
        let body = bytes.get(self.start..self.end).unwrap_or_default();
        if body.trim_ascii().is_empty() {
            return;
        }
        if self.is_chunked {
            let message =
                "a body in chunks, as event streams are sent; save the events as JSON Lines";
            return each(set_aside(ProblemKind::Unsupported, self.start, self.end, message));
        }
        let at = Location::Bytes { start: self.start as u64, end: self.end as u64 };
        let json = std::str::from_utf8(body).ok().map(str::trim);
        let Some((json, top)) =
            json.and_then(|json| Some((json, serde_json::from_str(json).ok()?)))
        else {
            let message = "the body of the HTTP message is no JSON";
            return each(set_aside(ProblemKind::Malformed, self.start, self.end, message));
        };
        if scanner::is_deeper_than(limits.depth, json) {
            let message = format!("nested deeper than {} levels", limits.depth);
            return each(set_aside(ProblemKind::Limit, self.start, self.end, &message));
        }
        each(Piece::Document { at, json, top, is_slice: false });
    }
}

/// Up to the blank line, and with it; the whole when there is none.
fn head_length(message: &[u8]) -> usize {
    let mut end = 0;
    for line in message.split_inclusive(|byte| *byte == b'\n') {
        end += line.len();
        if line.trim_ascii().is_empty() {
            break;
        }
    }
    end
}

/// The value of a header in lower case, without white space around it.
fn header(head: &[u8], name: &str) -> Option<String> {
    head.split(|byte| *byte == b'\n').find_map(|line| {
        let line = std::str::from_utf8(line).ok()?;
        let (found, value) = line.split_once(':')?;
        found.eq_ignore_ascii_case(name).then(|| value.trim().to_ascii_lowercase())
    })
}

/// Up to the end of the last chunk, which is empty (RFC 9112 §7.1).
fn chunked_length(body: &[u8]) -> usize {
    let last = b"\r\n0\r\n\r\n";
    find(body, last).map_or(body.len(), |at| at + last.len())
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

fn set_aside<'a>(kind: ProblemKind, start: usize, end: usize, message: &str) -> Piece<'a> {
    let at = Location::Bytes { start: start as u64, end: end as u64 };
    Piece::SetAside { kind, at, message: visible(message).into_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let mut found = Vec::new();
        read(text.as_bytes(), &Limits::default(), &mut |piece| {
            found.push(match piece {
                Piece::Document { at, json, .. } => format!("{at} {json}"),
                Piece::SetAside { at, kind, .. } => format!("{at} ! {kind}"),
            });
        })
        .expect("in memory");
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn bodies_of_messages() {
        check(
            "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n{\"a\":1}HTTP/1.1 200 OK\r\n\r\n{\"b\":2}\n",
            &[r#":bytes 38-45 {"a":1}"#, r#":bytes 64-72 {"b":2}"#],
        );
        check(
            "GET / HTTP/1.1\nHost: h\n\nPOST /rpc HTTP/1.1\ncontent-length: 2\n\n{}",
            &[":bytes 62-64 {}"],
        );
    }

    #[test]
    fn what_is_no_json_body_is_said_so() {
        check("GET / HTTP/1.1\r\nHost: h\r\n\r\n", &[":bytes 0-27 ! unknown-format"]);
        check("HTTP/1.1 200 OK\r\n\r\n<html>", &[":bytes 19-25 ! malformed"]);
        check(
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}rest",
            &[":bytes 38-40 {}", ":bytes 40-44 ! malformed"],
        );
        check(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n{}",
            &[":bytes 47-59 ! unsupported", ":bytes 78-80 {}"],
        );
        check(&format!("HTTP/1.1 200 OK\n\n{}", "[".repeat(200)), &[":bytes 17-217 ! malformed"]);
        let deep = format!("HTTP/1.1 200 OK\n\n{}{}", "[".repeat(200), "]".repeat(200));
        check(&deep, &[":bytes 17-417 ! limit"]);
    }

    #[test]
    fn messages_are_told_by_their_first_line() {
        for (head, is) in [
            ("HTTP/1.1 200 OK\r\n", true),
            ("GET /a HTTP/1.1\r\n", true),
            ("GET /a\r\n", false),
            ("get /a HTTP/1.1", false),
            ("", false),
        ] {
            assert_eq!(is_message(head.as_bytes()), is, "{head}");
        }
    }

    #[test]
    fn many_messages_take_no_longer_than_their_bytes() {
        check(&"GET / HTTP/1.1\r\n\r\n".repeat(200_000), &[":bytes 0-3600000 ! unknown-format"]);
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_without_panic(
            text in "(HTTP/1.1 200\\n|GET / HTTP/1.1\\n)?(content-length: [0-9]{0,21}\\n|transfer-encoding: chunked\\n)?\\n?.{0,20}",
        ) {
            read(text.as_bytes(), &Limits::default(), &mut |_| {}).expect("in memory");
        }
    }
}
