//! Rows that are too many to be held: kept in parts, each of which can be.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::marker::PhantomData;

use super::error::{AtPath, CaseError};
use crate::domain::packed::{Packed, unpack_rows};

/// How many parts.
const PARTS: usize = 64;

/// Bytes that wait in memory, at most, before they are written out.
const WAITING: usize = 64 << 20;

/// Rows by part. What does not fit into memory goes to files without a name, which the system
/// removes with this.
pub struct Spill<T> {
    parts: Vec<Part>,
    waiting: usize,
    most: usize,
    rows: PhantomData<T>,
}

#[derive(Default)]
struct Part {
    waiting: Vec<u8>,
    file: Option<File>,
}

impl<T: Packed> Default for Spill<T> {
    fn default() -> Self {
        Self::holding(WAITING)
    }
}

impl<T: Packed> Spill<T> {
    /// Holds at most so many bytes in memory.
    fn holding(most: usize) -> Self {
        let parts = (0..PARTS).map(|_| Part::default()).collect();
        Self { parts, waiting: 0, most, rows: PhantomData }
    }

    /// Rows with the same `key` come out of the same part.
    pub fn push(&mut self, key: u32, row: &T) -> Result<(), CaseError> {
        // PARTS is not zero, so there is a part of this number.
        if let Some(part) = self.parts.get_mut(key as usize % PARTS) {
            row.pack(&mut part.waiting);
        }
        self.waiting += T::WIDTH;
        if self.waiting > self.most {
            self.write_out()?;
        }
        Ok(())
    }

    /// Each part's rows, in the order in which they were pushed.
    pub fn into_parts(self) -> impl Iterator<Item = Result<Vec<T>, CaseError>> {
        self.parts.into_iter().map(|mut part| {
            let mut bytes = Vec::new();
            if let Some(file) = &mut part.file {
                let folder = std::env::temp_dir();
                file.seek(SeekFrom::Start(0))
                    .and_then(|_| file.read_to_end(&mut bytes))
                    .at(&folder)?;
            }
            bytes.append(&mut part.waiting);
            Ok(unpack_rows(&bytes))
        })
    }

    fn write_out(&mut self) -> Result<(), CaseError> {
        let folder = std::env::temp_dir();
        for part in &mut self.parts {
            let file = match &mut part.file {
                Some(file) => file,
                none => none.insert(tempfile::tempfile().at(&folder)?),
            };
            file.write_all(&part.waiting).at(&folder)?;
            part.waiting.clear();
        }
        self.waiting = 0;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_back_by_their_key_whether_or_not_they_fit() {
        for most in [0, 100, 1 << 20] {
            let mut spill: Spill<u32> = Spill::holding(most);
            (0..1_000_u32).for_each(|row| spill.push(row % 70, &row).expect("a disk"));
            let parts: Vec<Vec<u32>> = spill.into_parts().map(|part| part.expect("read")).collect();
            assert_eq!(parts.iter().map(Vec::len).sum::<usize>(), 1_000);
            for part in parts {
                assert!(
                    part.iter()
                        .all(|row| (row % 70) as usize % PARTS == (part[0] % 70) as usize % PARTS)
                );
                assert!(part.is_sorted());
            }
        }
    }
}
