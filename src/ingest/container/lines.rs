//! Lines of bounded length.

use std::io::{self, BufRead, Read};

/// Yields one line at a time from a buffer that is used again for the next.
pub struct Lines<R> {
    input: R,
    buffer: Vec<u8>,
    limit: usize,
    number: u64,
    offset: u64,
    /// An error met in the middle of a line, raised after that line.
    error: Option<io::Error>,
    /// The rest of a line that is too long has not been passed over yet.
    in_long_line: bool,
}

/// One line, with its one-based number and the byte offset at which it begins.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    pub number: u64,
    pub offset: u64,
    pub content: Content<'a>,
}

#[derive(Clone, Copy, Debug)]
pub enum Content<'a> {
    /// Without its line ending.
    Text(&'a str),
    NotUtf8,
    /// What has been read of it.
    TooLong(&'a [u8]),
}

impl<R: BufRead> Lines<R> {
    pub fn new(input: R, limit: usize) -> Self {
        Self {
            input,
            buffer: Vec::new(),
            limit,
            number: 0,
            offset: 0,
            error: None,
            in_long_line: false,
        }
    }

    /// The next line, or `None` at the end.
    pub fn next(&mut self) -> io::Result<Option<Line<'_>>> {
        if let Some(error) = self.error.take() {
            return Err(error);
        }
        if std::mem::take(&mut self.in_long_line) {
            self.offset += self.input.skip_until(b'\n')? as u64;
        }
        self.buffer.clear();
        // Room for the line ending.
        let most = self.limit as u64 + 2;
        let read = self.input.by_ref().take(most).read_until(b'\n', &mut self.buffer);
        match read {
            Err(error) if self.buffer.is_empty() => return Err(error),
            Err(error) => self.error = Some(error),
            Ok(_) if self.buffer.is_empty() => return Ok(None),
            Ok(_) => {}
        }
        let length = self.buffer.len() as u64;
        self.in_long_line = length == most && !self.buffer.ends_with(b"\n");
        self.number += 1;
        let offset = self.offset;
        self.offset += length;
        let content = match (self.in_long_line, std::str::from_utf8(&self.buffer)) {
            (true, _) => Content::TooLong(&self.buffer),
            (_, Err(_)) => Content::NotUtf8,
            (_, Ok(text)) => {
                let text = text.strip_suffix('\n').unwrap_or(text);
                let text = text.strip_suffix('\r').unwrap_or(text);
                match self.number {
                    1 => Content::Text(text.strip_prefix('\u{feff}').unwrap_or(text)),
                    _ => Content::Text(text),
                }
            }
        };
        Ok(Some(Line { number: self.number, offset, content }))
    }

    /// What follows the last line, or what was read of it when it is too long.
    pub fn rest(&mut self) -> &mut R {
        &mut self.input
    }

    /// Says that `bytes` with `breaks` line breaks were read of the rest. Lines go on from there.
    pub fn passed(&mut self, bytes: u64, breaks: u64) {
        self.offset += bytes;
        self.number += breaks;
        // What is left of a line keeps the line's number.
        self.number -= u64::from(std::mem::take(&mut self.in_long_line));
    }

    /// Passes over what is left of the line, after [`Lines::passed`].
    pub fn pass_line(&mut self) {
        self.number += 1;
        self.in_long_line = true;
    }
}
