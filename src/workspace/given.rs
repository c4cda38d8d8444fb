//! What a user gives to be loaded, and the pieces of evidence in it.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::{Error, ErrorKind};

/// Something to load.
#[derive(Clone, Debug)]
pub enum Given {
    /// A file, or a folder with everything below it.
    Path(PathBuf),
    StandardInput,
    /// A pulled response, or a file of the bundled sample.
    Bytes {
        name: String,
        bytes: Vec<u8>,
    },
}

/// One piece of evidence: a name, and a way to its bytes.
pub enum Piece<'a> {
    File(PathBuf),
    StandardInput,
    Bytes { name: &'a str, bytes: &'a [u8] },
}

impl Piece<'_> {
    pub fn name(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::StandardInput => "-".to_owned(),
            Self::Bytes { name, .. } => (*name).to_owned(),
        }
    }

    /// How many bytes there are, where that can be known.
    pub fn bytes(&self) -> Option<u64> {
        match self {
            Self::File(path) => path.metadata().ok().map(|file| file.len()),
            Self::StandardInput => None,
            Self::Bytes { bytes, .. } => Some(bytes.len() as u64),
        }
    }

    pub fn open(&self) -> io::Result<Box<dyn Read + '_>> {
        Ok(match self {
            Self::File(path) => Box::new(File::open(path)?),
            Self::StandardInput => Box::new(io::stdin().lock()),
            Self::Bytes { bytes, .. } => Box::new(*bytes),
        })
    }
}

/// The pieces of everything given, in a stable order. A path that is not there is a mistake of the
/// command, found before anything is read. Symbolic links inside folders are not followed: evidence
/// may be hostile.
pub fn pieces(given: &[Given]) -> Result<Vec<Piece<'_>>, Error> {
    let mut pieces = Vec::new();
    for given in given {
        match given {
            Given::StandardInput => pieces.push(Piece::StandardInput),
            Given::Bytes { name, bytes } => pieces.push(Piece::Bytes { name, bytes }),
            Given::Path(path) => below(path, &mut pieces)?,
        }
    }
    Ok(pieces)
}

fn below(path: &Path, pieces: &mut Vec<Piece<'_>>) -> Result<(), Error> {
    for entry in WalkDir::new(path).sort_by_file_name() {
        let entry = entry.map_err(|error| {
            Error::new(ErrorKind::Usage, format!("cannot read {}: {error}", path.display()))
                .with_hint("Name files and folders that are there, or - for standard input.")
        })?;
        let is_given = entry.depth() == 0;
        if entry.file_type().is_file() || (is_given && entry.path().is_file()) {
            pieces.push(Piece::File(entry.into_path()));
        }
    }
    Ok(())
}
