//! The key under which secrets of this case are masked: made with the first load, never shown.

use std::fs;
use std::io;
use std::path::Path;

use super::error::{AtPath, CaseError};
use super::files::write_atomically;
use crate::ingest::mask::Masker;

const FILE: &str = "mask.key";

/// Reads the key, or makes one. For the only writer of the case.
pub(super) fn masker(root: &Path) -> Result<Masker, CaseError> {
    let path = root.join(FILE);
    match fs::read(&path) {
        Ok(bytes) => match <[u8; 32]>::try_from(bytes.as_slice()) {
            Ok(key) => Ok(Masker::new(key)),
            Err(_) => Err(io::Error::new(io::ErrorKind::InvalidData, "is not 32 bytes")).at(&path),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let mut key = [0; 32];
            getrandom::fill(&mut key).map_err(io::Error::other).at(&path)?;
            write_atomically(&path, &key)?;
            Ok(Masker::new(key))
        }
        Err(error) => Err(error).at(&path),
    }
}
