//! Caches of what can be computed again, bound to the generation they were computed from.

use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::error::{AtPath, CaseError};
use super::files::{DERIVED, create_file, create_folder, names, write_atomically};
use crate::domain::packed::Packed;

/// Rows that are read from a file at once.
const AT_ONCE: usize = 4_096;

/// Keeps `bytes` for this generation and sweeps what belongs to earlier ones.
pub(super) fn put(root: &Path, generation: u64, name: &str, bytes: &[u8]) -> Result<(), CaseError> {
    let folder = root.join(DERIVED);
    create_folder(&folder)?;
    write_atomically(&folder.join(file_name(generation, name)), bytes)?;
    sweep(&folder, generation)
}

pub(super) fn get(root: &Path, generation: u64, name: &str) -> Result<Option<Vec<u8>>, CaseError> {
    let path = root.join(DERIVED).join(file_name(generation, name));
    match fs::read(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        bytes => bytes.at(&path).map(Some),
    }
}

/// Rows of a fixed width, written one after the other and named when all are there.
pub struct RowWriter {
    folder: PathBuf,
    generation: u64,
    path: PathBuf,
    staged: PathBuf,
    output: BufWriter<File>,
    buffer: Vec<u8>,
}

impl RowWriter {
    pub(super) fn create(root: &Path, generation: u64, name: &str) -> Result<Self, CaseError> {
        let folder = root.join(DERIVED);
        create_folder(&folder)?;
        let path = folder.join(file_name(generation, name));
        let staged = path.with_extension(format!("{}.new", std::process::id()));
        let output = BufWriter::new(create_file(&staged)?);
        Ok(Self { folder, generation, path, staged, output, buffer: Vec::new() })
    }

    pub fn write<T: Packed>(&mut self, rows: &[T]) -> Result<(), CaseError> {
        for row in rows {
            self.buffer.clear();
            row.pack(&mut self.buffer);
            self.output.write_all(&self.buffer).at(&self.staged)?;
        }
        Ok(())
    }

    /// Names the file. What can be computed again need not survive a power cut.
    pub fn finish(mut self) -> Result<(), CaseError> {
        self.output.flush().at(&self.staged)?;
        fs::rename(&self.staged, &self.path).at(&self.path)?;
        sweep(&self.folder, self.generation)
    }
}

/// The rows from `first`, at most `most`; none when nothing was kept under this name.
pub(super) fn rows<T: Packed>(
    root: &Path,
    generation: u64,
    name: &str,
    first: u64,
    most: u64,
) -> Result<Vec<T>, CaseError> {
    let path = root.join(DERIVED).join(file_name(generation, name));
    let mut file = match File::open(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        file => file.at(&path)?,
    };
    let width = T::WIDTH as u64;
    let length = file.metadata().at(&path)?.len();
    let from = first.saturating_mul(width).min(length);
    let mut left = most.min((length - from) / width);
    let mut rows = Vec::with_capacity(usize::try_from(left).unwrap_or(0));
    file.seek(SeekFrom::Start(from)).at(&path)?;
    // Row by row out of a small buffer: a million rows are touched in memory once.
    let mut buffer = vec![0; T::WIDTH * AT_ONCE];
    while left > 0 {
        let now = usize::try_from(left).unwrap_or(AT_ONCE).min(AT_ONCE);
        let Some(part) = buffer.get_mut(..now * T::WIDTH) else { break };
        file.read_exact(part).at(&path)?;
        rows.extend(part.chunks_exact(T::WIDTH).map(T::unpack));
        left -= now as u64;
    }
    Ok(rows)
}

/// Removes what belongs to earlier generations.
fn sweep(folder: &Path, generation: u64) -> Result<(), CaseError> {
    for file in names(folder)? {
        let stale = generation_of(&file).is_none_or(|found| found < generation);
        if stale && let Err(error) = fs::remove_file(folder.join(&file)) {
            // Another process may have swept it first.
            if error.kind() != io::ErrorKind::NotFound {
                return Err(error).at(&folder.join(file));
            }
        }
    }
    Ok(())
}

/// Names come from this program; whatever else they hold is made harmless.
fn file_name(generation: u64, name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    format!("{generation}-{}", name.chars().map(plain).collect::<String>())
}

fn generation_of(file: &str) -> Option<u64> {
    file.split_once('-')?.0.parse().ok()
}
