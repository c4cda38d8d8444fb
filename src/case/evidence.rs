//! The evidence store: inputs byte for byte, compressed, named by the digest of their raw bytes.

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use super::error::{AtPath, CaseError};
use super::files::{Digesting, create_file, create_folder, sync_folder};
use crate::domain::Digest;

/// The evidence that was just kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    pub digest: Digest,
    pub bytes: u64,
    /// The case, or this load, already has these bytes: there is nothing new to read in them.
    pub known: bool,
}

/// Bytes digested and compressed at a time: enough for the digest's wide registers.
const COPIED: usize = 128 << 10;

/// The raw bytes of a piece of evidence.
pub type EvidenceReader = zstd::Decoder<'static, io::BufReader<File>>;

/// Where evidence stands below a folder.
pub(super) fn path(folder: &Path, digest: &Digest) -> PathBuf {
    let name = digest.to_string();
    folder.join(name.get(..2).unwrap_or_default()).join(format!("{name}.zst"))
}

/// Streams `bytes` into `folder`, whatever their size, and makes them durable. Two pieces with the
/// same bytes are one.
pub(super) fn store(folder: &Path, bytes: &mut dyn Read) -> Result<(Digest, u64), CaseError> {
    let staged = folder.join("incoming");
    let file = BufWriter::new(create_file(&staged)?);
    // The digest is over the raw bytes, so it stands in front of the compressor.
    let mut output = Digesting::new(zstd::Encoder::new(file, 1).at(&staged)?);
    io::copy(&mut BufReader::with_capacity(COPIED, bytes), &mut output).at(&staged)?;
    let (encoder, digest, length) = output.finish();
    let mut buffer = encoder.finish().at(&staged)?;
    buffer.flush().at(&staged)?;
    buffer.get_ref().sync_all().at(&staged)?;
    let place = path(folder, &digest);
    publish(&staged, &place)?;
    Ok((digest, length))
}

/// Moves a file to its final place and makes its name durable.
pub(super) fn publish(from: &Path, to: &Path) -> Result<(), CaseError> {
    let folder = to.parent().unwrap_or(Path::new("."));
    create_folder(folder)?;
    fs::rename(from, to).at(to)?;
    sync_folder(folder)
}

/// Opens evidence in the first of `folders` that has it.
pub(super) fn open(folders: &[PathBuf], digest: &Digest) -> Result<EvidenceReader, CaseError> {
    for folder in folders {
        let path = path(folder, digest);
        match File::open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            file => return zstd::Decoder::new(file.at(&path)?).at(&path),
        }
    }
    Err(CaseError::UnknownEvidence { digest: *digest })
}
