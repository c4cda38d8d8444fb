//! Files of a case: private (0600 in 0700 folders), durable (synced before they are named) and
//! digested while they are written.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use super::error::{AtPath, CaseError};
use crate::domain::Digest;

pub(super) const EVIDENCE: &str = "evidence";
pub(super) const EVENTS: &str = "events";
pub(super) const RECORDS: &str = "records";
pub(super) const INDEX: &str = "index";
pub(super) const DERIVED: &str = "derived";
pub(super) const STAGING: &str = ".staging";
pub(super) const LOCK: &str = "lock";
pub(super) const MANIFEST: &str = "manifest.json";
pub(super) const SETTINGS: &str = "settings.toml";

/// Creates a folder, and those above it, for its owner only.
pub(super) fn create_folder(path: &Path) -> Result<(), CaseError> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).at(path)
}

/// Creates or truncates a file, for its owner only.
pub(super) fn create_file(path: &Path) -> Result<File, CaseError> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).at(path)
}

/// Makes the files of a folder private that a library has created with its own mode.
pub(super) fn make_private(folder: &Path) -> Result<(), CaseError> {
    #[cfg(unix)]
    for entry in fs::read_dir(folder).at(folder)? {
        let path = entry.at(folder)?.path();
        let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        match fs::set_permissions(&path, private) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error).at(&path),
            _ => {}
        }
    }
    Ok(())
}

/// Makes the names in a folder durable.
pub(super) fn sync_folder(path: &Path) -> Result<(), CaseError> {
    #[cfg(unix)]
    File::open(path).and_then(|folder| folder.sync_all()).at(path)?;
    Ok(())
}

/// Replaces a file by one rename, so that a reader sees the old content or the new, never half.
pub(super) fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), CaseError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let staged = folder.join(name);
    let mut file = create_file(&staged)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).at(&staged)?;
    fs::rename(&staged, path).at(path)?;
    sync_folder(folder)
}

/// Removes a folder and what is in it, if it is there.
pub(super) fn remove_folder(path: &Path) -> Result<(), CaseError> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error).at(path),
        _ => Ok(()),
    }
}

/// The file names in a folder; none when the folder is not there.
pub(super) fn names(folder: &Path) -> Result<Vec<String>, CaseError> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.at(folder)?,
    };
    entries.map(|entry| Ok(entry.at(folder)?.file_name().to_string_lossy().into_owned())).collect()
}

/// A writer that knows the digest and length of what went through it.
pub(super) struct Digesting<W> {
    inner: W,
    hasher: blake3::Hasher,
    bytes: u64,
}

impl<W: Write> Digesting<W> {
    pub(super) fn new(inner: W) -> Self {
        Self { inner, hasher: blake3::Hasher::new(), bytes: 0 }
    }

    /// The inner writer, the digest and the length of what was written.
    pub(super) fn finish(self) -> (W, Digest, u64) {
        (self.inner, Digest::from_bytes(*self.hasher.finalize().as_bytes()), self.bytes)
    }
}

impl<W: Write> Write for Digesting<W> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(buffer)?;
        let done = buffer.get(..written).unwrap_or(buffer);
        self.hasher.update(done);
        self.bytes += done.len() as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
