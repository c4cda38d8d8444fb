//! Which events a load has seen: exact, and in memory that hardly grows with their number.
//!
//! The latest ids are in a set. When it is full they are written, sorted, to a file of the staging
//! folder, and a filter of ten bits an id stays in memory: it says «never seen» for nearly every new
//! id, and only what it does not rule out is looked up in the file. Files of like length are merged,
//! so that an id is looked for in few of them however many ids there are.

use std::fs::File;
use std::io::{BufReader, BufWriter, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use rustc_hash::FxHashSet;

use super::error::{AtPath, CaseError};
use super::files::create_file;
use crate::domain::EventId;

/// Ids in the set before it is written out: about 35 MB.
const MOST: usize = 1 << 20;

/// Bits of the filter for each id, and how many of them an id sets: one new id in a hundred is looked
/// up in vain.
const BITS: usize = 10;
const HASHES: u64 = 7;

/// The ids of a case and of a load.
pub(super) struct Known {
    folder: PathBuf,
    most: usize,
    recent: FxHashSet<EventId>,
    /// Each at least twice as long as the next.
    runs: Vec<Run>,
    /// Files written so far.
    written: usize,
}

/// Sorted ids in a file, and the filter over them.
struct Run {
    path: PathBuf,
    file: File,
    ids: u64,
    filter: Vec<u64>,
}

impl Known {
    /// Spills into `folder`.
    pub fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            most: MOST,
            recent: FxHashSet::default(),
            runs: Vec::new(),
            written: 0,
        }
    }

    /// Whether the id is new; from now on it is not.
    pub fn insert(&mut self, id: EventId) -> Result<bool, CaseError> {
        if self.recent.contains(&id) {
            return Ok(false);
        }
        for run in &mut self.runs {
            if run.may_hold(&id) && run.holds(&id)? {
                return Ok(false);
            }
        }
        self.recent.insert(id);
        if self.recent.len() >= self.most {
            self.spill()?;
        }
        Ok(true)
    }

    fn spill(&mut self) -> Result<(), CaseError> {
        let mut ids: Vec<EventId> = self.recent.drain().collect();
        ids.sort_unstable();
        let count = ids.len() as u64;
        let run = Run::write(self.next_path(), count, ids.into_iter().map(Ok))?;
        self.runs.push(run);
        while let [.., longer, last] = self.runs.as_slice()
            && longer.ids < last.ids.saturating_mul(2)
        {
            let (count, ids) = (longer.ids + last.ids, merged(longer.read()?, last.read()?));
            let merged = Run::write(self.next_path(), count, ids)?;
            for run in self.runs.drain(self.runs.len() - 2..) {
                std::fs::remove_file(&run.path).at(&run.path)?;
            }
            self.runs.push(merged);
        }
        Ok(())
    }

    fn next_path(&mut self) -> PathBuf {
        self.written += 1;
        self.folder.join(format!("known-{}.ids", self.written))
    }
}

/// Ids of one file, in their order.
type Ids = Box<dyn Iterator<Item = Result<EventId, CaseError>>>;

/// Two files, in one order. No id is in both.
fn merged(one: Ids, other: Ids) -> impl Iterator<Item = Result<EventId, CaseError>> {
    let (mut one, mut other) = (one.peekable(), other.peekable());
    std::iter::from_fn(move || match (one.peek(), other.peek()) {
        (Some(Ok(first)), Some(Ok(second))) if first > second => other.next(),
        (None, _) => other.next(),
        _ => one.next(),
    })
}

impl Run {
    /// Writes sorted ids to a file.
    fn write(
        path: PathBuf,
        count: u64,
        ids: impl Iterator<Item = Result<EventId, CaseError>>,
    ) -> Result<Self, CaseError> {
        let mut output = BufWriter::new(create_file(&path)?);
        let words = usize::try_from(count).unwrap_or(usize::MAX).saturating_mul(BITS).div_ceil(64);
        let mut filter = vec![0; words.max(1)];
        for id in ids {
            let id = id?;
            output.write_all(id.as_bytes()).at(&path)?;
            for bit in bits(&id, filter.len()) {
                if let Some(word) = filter.get_mut(bit / 64) {
                    *word |= 1 << (bit % 64);
                }
            }
        }
        output.flush().at(&path)?;
        let file = File::open(&path).at(&path)?;
        Ok(Self { path, file, ids: count, filter })
    }

    /// The ids, from the first.
    fn read(&self) -> Result<Ids, CaseError> {
        let path = self.path.clone();
        let mut input = BufReader::new(File::open(&path).at(&path)?);
        Ok(Box::new(std::iter::from_fn(move || {
            let mut bytes = [0; 16];
            match input.read_exact(&mut bytes) {
                Ok(()) => Some(Ok(EventId::from_bytes(bytes))),
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => None,
                Err(error) => Some(Err(error).at(&path)),
            }
        })))
    }

    fn may_hold(&self, id: &EventId) -> bool {
        bits(id, self.filter.len())
            .all(|bit| self.filter.get(bit / 64).is_some_and(|word| word >> (bit % 64) & 1 == 1))
    }

    /// Looks the id up in the file.
    fn holds(&mut self, id: &EventId) -> Result<bool, CaseError> {
        let (mut low, mut high) = (0, self.ids);
        let mut bytes = [0; 16];
        while low < high {
            let middle = low + (high - low) / 2;
            self.file.seek(SeekFrom::Start(middle * 16)).at(&self.path)?;
            self.file.read_exact(&mut bytes).at(&self.path)?;
            match bytes.cmp(id.as_bytes()) {
                std::cmp::Ordering::Equal => return Ok(true),
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        Ok(false)
    }
}

/// The bits of an id in a filter of so many words. An id is a hash: its halves serve as two.
fn bits(id: &EventId, words: usize) -> impl Iterator<Item = usize> + use<> {
    let number = u128::from_le_bytes(*id.as_bytes());
    let (first, second) = (number as u64, (number >> 64) as u64 | 1);
    let size = words as u64 * 64;
    (0..HASHES).map(move |round| (first.wrapping_add(round.wrapping_mul(second)) % size) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn says_what_a_set_says(numbers in proptest::collection::vec(0..60u32, 0..200), most in 1..40usize) {
            let folder = tempfile::tempdir().expect("a temporary folder");
            let mut known = Known { most, ..Known::new(folder.path()) };
            let mut set = std::collections::BTreeSet::new();
            for number in numbers {
                let id = EventId::of("test", &[&number.to_string()]);
                let is_new = known.insert(id).expect("the folder can be written");
                proptest::prop_assert_eq!(is_new, set.insert(id));
            }
            let lengths: Vec<u64> = known.runs.iter().map(|run| run.ids).collect();
            proptest::prop_assert!(lengths.windows(2).all(|pair| pair[0] >= 2 * pair[1]), "{lengths:?}");
        }
    }
}
