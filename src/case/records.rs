//! What a load says besides events, one JSON object a line: configured records, snapshots,
//! coverage, problems and a report for each file.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::error::{AtPath, CaseError};
use super::files::{Digesting, RECORDS, create_file};
use super::manifest::{Manifest, RecordFile};
use crate::domain::{Coverage, Digest, Problem, Record, Snapshot, Text};

/// What came of reading one piece of evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileReport {
    pub evidence: Digest,
    pub file: Text,
    pub bytes: u64,
    pub documents: u64,
    /// How many documents each format read.
    pub formats: BTreeMap<String, u64>,
    pub records: u64,
    pub events: u64,
    /// Events that the case already had.
    pub known: u64,
    /// Documents of which something was kept and something was not, or whose format is not known.
    #[serde(default)]
    pub with_problems: u64,
    /// Documents of which nothing was kept.
    pub set_aside: u64,
    /// Problems in the file; the first of them are kept in words.
    #[serde(default)]
    pub problems: u64,
}

/// Everything that the loads of a case said besides events.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Statements {
    pub records: Vec<Record>,
    pub snapshots: Vec<Snapshot>,
    pub coverage: Vec<Coverage>,
    pub problems: Vec<Problem>,
    pub files: Vec<FileReport>,
}

/// One line.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Statement {
    Record(Box<Record>),
    Snapshot(Snapshot),
    Coverage(Coverage),
    Problem(Problem),
    File(FileReport),
}

/// Writes the statements of one load.
pub(super) struct StatementWriter {
    path: PathBuf,
    output: zstd::Encoder<'static, Digesting<BufWriter<File>>>,
    written: RecordFile,
}

impl StatementWriter {
    pub(super) fn create(folder: &Path, generation: u64) -> Result<Self, CaseError> {
        let file = format!("{generation}-0.jsonl.zst");
        let path = folder.join(&file);
        let output = Digesting::new(BufWriter::new(create_file(&path)?));
        let output = zstd::Encoder::new(output, 1).at(&path)?;
        let written = RecordFile {
            file,
            digest: Digest::of(&[]),
            records: 0,
            snapshots: 0,
            coverage: 0,
            problems: 0,
            files: 0,
        };
        Ok(Self { path, output, written })
    }

    pub(super) fn write(&mut self, statement: &Statement) -> Result<(), CaseError> {
        let counted = match statement {
            Statement::Record(_) => &mut self.written.records,
            Statement::Snapshot(_) => &mut self.written.snapshots,
            Statement::Coverage(_) => &mut self.written.coverage,
            Statement::Problem(_) => &mut self.written.problems,
            Statement::File(_) => &mut self.written.files,
        };
        *counted += 1;
        serde_json::to_writer(&mut self.output, statement)
            .map_err(std::io::Error::from)
            .and_then(|()| self.output.write_all(b"\n"))
            .at(&self.path)
    }

    /// Ends the file, makes it durable and describes it.
    pub(super) fn finish(mut self) -> Result<RecordFile, CaseError> {
        let (buffer, digest, _) = self.output.finish().at(&self.path)?.finish();
        let file = buffer.into_inner().map_err(|error| error.into_error()).at(&self.path)?;
        file.sync_all().at(&self.path)?;
        self.written.digest = digest;
        Ok(self.written)
    }
}

/// Reads the statements of all loads, in their order.
pub(super) fn read(root: &Path, manifest: &Manifest) -> Result<Statements, CaseError> {
    let mut statements = Statements::default();
    for file in &manifest.records {
        let path = root.join(RECORDS).join(&file.file);
        let decoder = zstd::Decoder::new(File::open(&path).at(&path)?).at(&path)?;
        for line in BufReader::new(decoder).lines() {
            let statement = serde_json::from_str(&line.at(&path)?)
                .map_err(|error| CaseError::damaged(&path, error))?;
            match statement {
                Statement::Record(record) => statements.records.push(*record),
                Statement::Snapshot(snapshot) => statements.snapshots.push(snapshot),
                Statement::Coverage(coverage) => statements.coverage.push(coverage),
                Statement::Problem(problem) => statements.problems.push(problem),
                Statement::File(report) => statements.files.push(report),
            }
        }
    }
    Ok(statements)
}
