//! Appending to one author's log.
//!
//! An append holds the author's lock, writes, syncs, and moves the checkpoint, in this order: after a
//! crash the log may be ahead of its checkpoint, never behind it. A log that is behind was truncated.

use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};

use super::checkpoint::{self, Checkpoint};
use super::entry::{self, Link};
use super::lines::{Line, Lines};
use super::tree::{self, RightEdge};
use super::{AuthorKey, Body, Context, Entry, EntryHash, LedgerError, Recorded, files};

/// One author's access to the ledger of a case.
#[derive(Debug)]
pub struct Ledger {
    folder: PathBuf,
    witness: Option<PathBuf>,
    key: AuthorKey,
    /// The end of the log as this process knows it; read at the first append.
    tail: Option<Tail>,
}

/// What an append did. The entries are on disk whatever else is said here.
#[derive(Debug)]
pub struct Appended {
    pub entries: Vec<Recorded>,
    /// Where the remains of an interrupted write were moved to. They were never acknowledged.
    pub torn: Option<PathBuf>,
    /// A checkpoint could not be moved; the next append moves it. Do not write the entries again.
    pub unsealed: Option<LedgerError>,
}

impl Ledger {
    /// `witness` is a folder outside the case for a second copy of the checkpoint. It belongs to
    /// this one case.
    pub fn open(
        folder: &Path,
        key: AuthorKey,
        witness: Option<&Path>,
    ) -> Result<Self, LedgerError> {
        for folder in [Some(folder), witness].into_iter().flatten() {
            files::create_private_folder(folder).map_err(LedgerError::io("create", folder))?;
        }
        Ok(Self {
            folder: folder.to_owned(),
            witness: witness.map(Path::to_owned),
            key,
            tail: None,
        })
    }

    pub fn author(&self) -> &AuthorKey {
        &self.key
    }

    pub fn append(
        &mut self,
        at: Timestamp,
        context: Context,
        body: Body,
    ) -> Result<Appended, LedgerError> {
        self.append_all(at, vec![(context, body)])
    }

    /// Appends several decisions as one action: one sync, one instant, one step of undo.
    pub fn append_all(
        &mut self,
        at: Timestamp,
        decisions: Vec<(Context, Body)>,
    ) -> Result<Appended, LedgerError> {
        let path = self.path(&self.folder, ".jsonl");
        let _lock = self.lock()?;
        let mut file = OpenOptions::new();
        file.read(true).write(true);
        let mut file = match file.open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let made = files::private().read(true).write(true).create_new(true).open(&path);
                files::sync_folder(&self.folder).map_err(LedgerError::io("sync", &self.folder))?;
                made
            }
            opened => opened,
        }
        .map_err(LedgerError::io("open", &path))?;

        // Taken, so that after a failure the next append starts from what is on disk.
        let (mut tail, torn) = self.catch_up(&mut file, &path)?;
        let at = tail.after(at);
        let mut bytes = Vec::new();
        let mut entries = Vec::with_capacity(decisions.len());
        let mut end = tail.clone();
        for (context, body) in decisions {
            let link = Link { sequence: end.edge.size(), previous: end.last_hash(), at };
            let (recorded, line) = entry::seal(&self.key, link, context, body)?;
            end.push(&line);
            end.last_at = Some(at);
            bytes.extend_from_slice(&line);
            bytes.push(b'\n');
            entries.push(recorded);
        }
        if let Err(error) = write(&mut file, tail.bytes, &bytes) {
            // Nothing of a failed write may look acknowledged. If this fails too, the next append
            // finds a torn line.
            let undone = file.set_len(tail.bytes).and_then(|()| file.sync_data());
            return Err(undone.err().unwrap_or(error)).map_err(LedgerError::io("write", &path));
        }
        tail = end;
        let unsealed = self.seal(&tail).err();
        self.tail = Some(tail);
        Ok(Appended { entries, torn, unsealed })
    }

    /// The lock is a file of its own: readers never wait for it.
    fn lock(&self) -> Result<File, LedgerError> {
        let path = self.path(&self.folder, ".lock");
        let locked = files::private()
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .and_then(|file| file.lock().map(|()| file));
        locked.map_err(LedgerError::io("lock", &path))
    }

    /// Reads what was appended since this process last looked: by another process of the same
    /// author, or, at first, everything.
    fn catch_up(
        &mut self,
        file: &mut File,
        path: &Path,
    ) -> Result<(Tail, Option<PathBuf>), LedgerError> {
        let damaged = |what: String| LedgerError::Damaged { path: path.to_owned(), what };
        let length = file.metadata().map_err(LedgerError::io("inspect", path))?.len();
        let known = self.tail.take();
        if let Some(tail) = known.as_ref().filter(|tail| tail.bytes == length)
            && tail.ends(file).map_err(LedgerError::io("read", path))?
        {
            return Ok((tail.clone(), None));
        }
        // Somebody else wrote. The whole log is read, not only its end: appending to what does not
        // match the checkpoints would seal it.
        let sealed = self.sealed()?;
        let mut tail = Tail::default();
        let mut last = Vec::new();
        let mut remains = None;
        file.seek(SeekFrom::Start(0)).map_err(LedgerError::io("read", path))?;
        for line in Lines(BufReader::new(&mut *file)) {
            match line.map_err(LedgerError::io("read", path))? {
                Line::Complete(line) => {
                    tail.push(&line);
                    last = line;
                }
                Line::TooLong => {
                    return Err(damaged(format!("line {} is too long", tail.edge.size() + 1)));
                }
                Line::Torn(bytes) => remains = Some(bytes),
            }
            for checkpoint in sealed.iter().filter(|sealed| sealed.size == tail.edge.size()) {
                if checkpoint.root != tail.edge.root() {
                    return Err(damaged("its entries are not those that were sealed".to_owned()));
                }
            }
        }
        let found = tail.edge.size();
        if let Some(sealed) = sealed.iter().map(|sealed| sealed.size).max()
            && sealed > found
        {
            return Err(LedgerError::Truncated { path: path.to_owned(), found, sealed });
        }
        if found > 0 {
            tail.last_at = Some(self.last_instant(&last, &tail).ok_or_else(|| {
                damaged(format!("line {found} is not an entry signed by {}", self.key.verifier()))
            })?);
        }
        let torn = match remains {
            Some(remains) => Some(self.set_aside(file, path, &tail, &remains)?),
            None => None,
        };
        Ok((tail, torn))
    }

    /// The checkpoints of this log, here and at the witness.
    fn sealed(&self) -> Result<Vec<Checkpoint>, LedgerError> {
        let mut sealed = Vec::new();
        for path in self.checkpoints() {
            let note = checkpoint::read(&path).map_err(LedgerError::io("read", &path))?;
            if let Some(note) = note {
                let opened = Checkpoint::open(&note, self.key.verifier());
                sealed.push(opened.map_err(|error| LedgerError::Damaged {
                    path: path.clone(),
                    what: error.to_string(),
                })?);
            }
        }
        Ok(sealed)
    }

    /// The instant of the last entry, if it is this author's and stands where it says.
    fn last_instant(&self, line: &[u8], tail: &Tail) -> Option<Timestamp> {
        let (message, signature) = entry::signed(line)?;
        let entry: Entry = serde_json::from_slice(line).ok()?;
        let sound = self.key.verifier().verifies(&message, &signature)
            && entry.sequence + 1 == tail.edge.size();
        sound.then_some(entry.at)
    }

    /// Moves the bytes of an interrupted write out of the log, durably, before they are cut off.
    fn set_aside(
        &self,
        file: &mut File,
        path: &Path,
        tail: &Tail,
        remains: &[u8],
    ) -> Result<PathBuf, LedgerError> {
        let torn = self.path(&self.folder, ".torn");
        files::private()
            .append(true)
            .create(true)
            .open(&torn)
            .and_then(|mut aside| {
                aside.write_all(remains)?;
                aside.write_all(b"\n")?;
                aside.sync_all()
            })
            .map_err(LedgerError::io("write", &torn))?;
        file.set_len(tail.bytes)
            .and_then(|()| file.sync_data())
            .map_err(LedgerError::io("cut the torn end of", path))?;
        Ok(torn)
    }

    fn seal(&self, tail: &Tail) -> Result<(), LedgerError> {
        let Some(genesis) = tail.genesis else {
            return Ok(());
        };
        let note = Checkpoint::of(&tail.edge, self.key.verifier(), genesis).sign(&self.key);
        for path in self.checkpoints() {
            checkpoint::write(&path, &note).map_err(LedgerError::io("write", &path))?;
        }
        Ok(())
    }

    fn checkpoints(&self) -> impl Iterator<Item = PathBuf> {
        let folders = [Some(&self.folder), self.witness.as_ref()].into_iter().flatten();
        folders.map(|folder| self.path(folder, ".checkpoint"))
    }

    fn path(&self, folder: &Path, extension: &str) -> PathBuf {
        folder.join(self.key.verifier().stem() + extension)
    }
}

/// The end of a log.
#[derive(Clone, Debug, Default)]
struct Tail {
    /// Length up to and including the last newline.
    bytes: u64,
    edge: RightEdge,
    genesis: Option<EntryHash>,
    last: Option<(EntryHash, usize)>,
    last_at: Option<Timestamp>,
}

impl Tail {
    fn push(&mut self, line: &[u8]) {
        let hash = EntryHash::of(line);
        self.bytes += line.len() as u64 + 1;
        self.edge.push(tree::leaf(line));
        self.genesis.get_or_insert(hash);
        self.last = Some((hash, line.len()));
    }

    fn last_hash(&self) -> EntryHash {
        self.last.map_or(EntryHash::ZERO, |(hash, _)| hash)
    }

    /// Instants rise strictly from action to action, also when the clock was set back: the order by
    /// instant must not contradict the order of the log.
    fn after(&self, at: Timestamp) -> Timestamp {
        let next =
            self.last_at.and_then(|last| last.checked_add(SignedDuration::from_nanos(1)).ok());
        next.map_or(at, |next| next.max(at))
    }

    /// Whether the file still ends with the entry this process knows as the last: a look at one
    /// entry, not at all of them.
    fn ends(&self, file: &mut File) -> io::Result<bool> {
        let Some((hash, length)) = self.last else {
            return Ok(true);
        };
        let mut line = vec![0; length];
        file.seek(SeekFrom::Start(self.bytes.saturating_sub(length as u64 + 1)))?;
        file.read_exact(&mut line)?;
        Ok(EntryHash::of(&line) == hash)
    }
}

fn write(file: &mut File, at: u64, bytes: &[u8]) -> io::Result<()> {
    file.seek(SeekFrom::Start(at))?;
    file.write_all(bytes)?;
    file.sync_data()
}
