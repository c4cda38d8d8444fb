//! The lines of a log, each of bounded length.

use std::io::{self, BufRead, Read as _};

/// An entry is at most this long, newline excluded: the limit of a C2SP tile entry.
pub(super) const LIMIT: usize = 65_535;

pub(super) enum Line {
    /// The bytes before the newline.
    Complete(Vec<u8>),
    /// More than [`LIMIT`] bytes before the newline; they are passed over.
    TooLong,
    /// The last bytes of the file, without a newline.
    Torn(Vec<u8>),
}

pub(super) struct Lines<R>(pub R);

impl<R: BufRead> Iterator for Lines<R> {
    type Item = io::Result<Line>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut bytes = Vec::new();
        let limit = LIMIT as u64 + 1;
        match self.0.by_ref().take(limit).read_until(b'\n', &mut bytes) {
            Err(error) => Some(Err(error)),
            Ok(0) => None,
            Ok(_) if bytes.last() == Some(&b'\n') => {
                bytes.pop();
                Some(Ok(Line::Complete(bytes)))
            }
            Ok(read) if read as u64 == limit => {
                Some(self.0.skip_until(b'\n').map(|_| Line::TooLong))
            }
            Ok(_) => Some(Ok(Line::Torn(bytes))),
        }
    }
}
