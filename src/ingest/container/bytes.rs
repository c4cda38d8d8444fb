//! The byte layer: counting, cancelling, decompressing, bounding.

use std::cell::Cell;
use std::io::{self, Read};
use std::ops::ControlFlow;

/// Why reading stopped before the end of the file.
#[derive(Debug, thiserror::Error)]
pub enum Stopped {
    #[error("cancelled")]
    Cancelled,
    #[error("{0} bytes and more after decompression: far more than the compressed ones explain")]
    TooLarge(u64),
    #[error("{0}")]
    Unreadable(io::Error),
}

impl From<io::Error> for Stopped {
    fn from(error: io::Error) -> Self {
        // What this layer raises itself travels through the decoders as an opaque error.
        error.downcast::<Stopped>().unwrap_or_else(Self::Unreadable)
    }
}

/// Counts what is read of the file as loaded, and stops when told to.
pub struct Counted<'a> {
    input: &'a mut dyn Read,
    progress: &'a mut dyn FnMut(u64) -> ControlFlow<()>,
    bytes: &'a Cell<u64>,
}

impl<'a> Counted<'a> {
    pub fn new(
        input: &'a mut dyn Read,
        progress: &'a mut dyn FnMut(u64) -> ControlFlow<()>,
        bytes: &'a Cell<u64>,
    ) -> Self {
        Self { input, progress, bytes }
    }
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer)?;
        self.bytes.set(self.bytes.get() + read as u64);
        match (self.progress)(self.bytes.get()) {
            ControlFlow::Continue(()) => Ok(read),
            ControlFlow::Break(()) => Err(io::Error::other(Stopped::Cancelled)),
        }
    }
}

/// Compression inside compression is undone this often (a gzip of a gzip is seen in the wild).
const LAYERS: usize = 2;

/// How far compressed bytes may swell. What is not compressed may be of any size.
#[derive(Clone, Copy, Debug)]
pub struct Swell {
    /// Bytes that anything may become.
    pub least: u64,
    /// Beyond that, this many times the compressed bytes.
    pub times: u64,
}

/// The bytes with gzip and zstd undone. `loaded` counts those of the file as it is read.
pub fn decompressed<'a>(
    raw: &'a mut dyn Read,
    swell: Swell,
    loaded: &'a Cell<u64>,
) -> io::Result<Box<dyn Read + 'a>> {
    let mut input: Box<dyn Read + 'a> = Box::new(raw);
    for layer in 0..LAYERS {
        let head = peek(&mut *input, 4);
        let is_gzip = head.bytes().starts_with(&[0x1f, 0x8b]);
        let is_zstd = head.bytes().starts_with(&[0x28, 0xb5, 0x2f, 0xfd]);
        let whole = head.chain(input);
        input = match (is_gzip, is_zstd) {
            (true, _) => Box::new(flate2::read::MultiGzDecoder::new(whole)),
            (_, true) => Box::new(zstd::stream::read::Decoder::new(whole)?),
            _ if layer == 0 => return Ok(Box::new(whole)),
            _ => {
                let input = Box::new(whole);
                return Ok(Box::new(Bounded { input, swell, loaded, read: 0 }));
            }
        };
    }
    Ok(Box::new(Bounded { input, swell, loaded, read: 0 }))
}

struct Bounded<'a> {
    input: Box<dyn Read + 'a>,
    swell: Swell,
    loaded: &'a Cell<u64>,
    read: u64,
}

impl Read for Bounded<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let allowed = self.swell.least.max(self.loaded.get().saturating_mul(self.swell.times));
        if self.read >= allowed {
            return Err(io::Error::other(Stopped::TooLarge(self.read)));
        }
        let left = usize::try_from(allowed - self.read).unwrap_or(usize::MAX);
        let most = buffer.len().min(left);
        let read = self.input.read(buffer.get_mut(..most).unwrap_or_default())?;
        self.read += read as u64;
        Ok(read)
    }
}

/// The first bytes of a stream, read ahead of the rest.
pub struct Peeked {
    head: io::Cursor<Vec<u8>>,
    /// An error met while reading ahead belongs after the bytes before it.
    error: Option<io::Error>,
}

/// Reads ahead up to `wanted` bytes.
pub fn peek(input: &mut dyn Read, wanted: usize) -> Peeked {
    let mut head = Vec::new();
    let error = input.take(wanted as u64).read_to_end(&mut head).err();
    Peeked { head: io::Cursor::new(head), error }
}

impl Peeked {
    pub fn bytes(&self) -> &[u8] {
        self.head.get_ref()
    }

    /// The whole stream again.
    pub fn chain<'a>(self, rest: Box<dyn Read + 'a>) -> impl Read + 'a {
        let Self { head, error } = self;
        head.chain(Replayed { error, rest })
    }
}

struct Replayed<'a> {
    error: Option<io::Error>,
    rest: Box<dyn Read + 'a>,
}

impl Read for Replayed<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.error.take() {
            Some(error) => Err(error),
            None => self.rest.read(buffer),
        }
    }
}
