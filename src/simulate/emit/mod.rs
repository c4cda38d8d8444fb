//! Writing the estate in the formats that the real tools write, one file here per format.

pub mod audit;
pub mod hostile;
pub mod kubernetes;
pub mod kubescape;
pub mod mcp;
pub mod otlp;
pub mod policies;
pub mod registry;

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use flate2::{Compression, GzBuilder, write::GzEncoder};
use serde_json::Value;

use super::SimulateError;
use super::calendar::{Nanos, Window, date};

/// The folder that is written into.
pub struct Folder {
    root: PathBuf,
}

impl Folder {
    pub fn new(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    pub fn write(&self, name: &str, content: &[u8]) -> Result<(), SimulateError> {
        let path = self.place(name)?;
        fs::write(&path, content).map_err(|error| SimulateError::write(&path, error))
    }

    /// Pretty JSON with sorted keys.
    pub fn json(&self, name: &str, value: &Value) -> Result<(), SimulateError> {
        let text = format!("{:#}\n", sorted(value));
        self.write(name, text.as_bytes())
    }

    /// YAML with sorted keys, as kubectl prints it.
    pub fn yaml(&self, name: &str, value: &Value) -> Result<(), SimulateError> {
        let text = serde_saphyr::to_string(&sorted(value)).map_err(|error| {
            SimulateError::write(&self.root.join(name), io::Error::other(error))
        })?;
        self.write(name, text.as_bytes())
    }

    fn place(&self, name: &str) -> Result<PathBuf, SimulateError> {
        let path = self.root.join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(|error| SimulateError::write(parent, error))?;
        }
        Ok(path)
    }
}

/// A log of lines, one gzip file a week, written as it grows.
pub struct WeeklyLog<'a> {
    folder: &'a Folder,
    window: Window,
    /// Folder and ending: `audit/` and `.log.gz`.
    naming: (&'static str, &'static str),
    week: i64,
    out: Option<(PathBuf, GzEncoder<BufWriter<File>>)>,
}

impl<'a> WeeklyLog<'a> {
    pub fn new(folder: &'a Folder, window: Window, naming: (&'static str, &'static str)) -> Self {
        Self { folder, window, naming, week: -1, out: None }
    }

    /// Appends a line. Lines come in order of time.
    pub fn line(&mut self, at: Nanos, line: &[u8]) -> Result<(), SimulateError> {
        let week_length = 7 * super::calendar::DAY;
        let week = (at - self.window.start).div_euclid(week_length).max(self.week);
        if self.out.is_none() || week > self.week {
            self.finish()?;
            self.week = week;
            let begins = date(self.window.start + week * week_length);
            let path = self.folder.place(&format!("{}{begins}{}", self.naming.0, self.naming.1))?;
            let file = File::create(&path).map_err(|error| SimulateError::write(&path, error))?;
            // No time and no name in the header: the same content is the same file.
            let encoder =
                GzBuilder::new().mtime(0).write(BufWriter::new(file), Compression::new(7));
            self.out = Some((path, encoder));
        }
        let Some((path, out)) = &mut self.out else { return Ok(()) };
        out.write_all(line)
            .and_then(|()| out.write_all(b"\n"))
            .map_err(|error| SimulateError::write(path, error))
    }

    pub fn finish(&mut self) -> Result<(), SimulateError> {
        let Some((path, encoder)) = self.out.take() else { return Ok(()) };
        let flushed = encoder.finish().and_then(|mut file| file.flush());
        flushed.map_err(|error| SimulateError::write(&path, error))
    }
}

/// The same value with sorted keys, however the JSON library was built.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(sorted).collect(),
        Value::Object(members) => {
            let mut members: Vec<_> =
                members.iter().map(|(key, value)| (key.clone(), sorted(value))).collect();
            members.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Object(members.into_iter().collect())
        }
        scalar => scalar.clone(),
    }
}
