//! Caches of what can be computed again, bound to the generation they were computed from.

use std::fs;
use std::io;
use std::path::Path;

use super::error::{AtPath, CaseError};
use super::files::{DERIVED, create_folder, names, write_atomically};

/// Keeps `bytes` for this generation and sweeps what belongs to earlier ones.
pub(super) fn put(root: &Path, generation: u64, name: &str, bytes: &[u8]) -> Result<(), CaseError> {
    let folder = root.join(DERIVED);
    create_folder(&folder)?;
    write_atomically(&folder.join(file_name(generation, name)), bytes)?;
    for file in names(&folder)? {
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

pub(super) fn get(root: &Path, generation: u64, name: &str) -> Result<Option<Vec<u8>>, CaseError> {
    let path = root.join(DERIVED).join(file_name(generation, name));
    match fs::read(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        bytes => bytes.at(&path).map(Some),
    }
}

/// Names come from this program; whatever else they hold is made harmless.
fn file_name(generation: u64, name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    format!("{generation}-{}", name.chars().map(plain).collect::<String>())
}

fn generation_of(file: &str) -> Option<u64> {
    file.split_once('-')?.0.parse().ok()
}
