//! Output of every subcommand: one set of rows, four formats.
//!
//! Tables and CSV show visible text; JSON carries the evidence byte for byte. Only this file writes
//! to standard output.

use std::io::{self, IsTerminal, Write};

use comfy_table::{ContentArrangement, Table, presets};
use serde::Serialize;

use crate::domain::text::visible;
use crate::workspace::Error;

/// `--format`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    #[default]
    Table,
    Json,
    Jsonl,
    Csv,
}

/// Something that a subcommand prints as a list.
pub trait Row: Serialize {
    const COLUMNS: &'static [&'static str];
    /// One cell per column. Cells are made visible on the way out.
    fn cells(&self) -> Vec<String>;
}

/// Prints rows in the chosen format.
pub fn rows<R: Row>(format: Format, rows: &[R]) -> Result<(), Error> {
    match format {
        Format::Table => table(R::COLUMNS, rows.iter().map(Row::cells)),
        Format::Csv => csv(R::COLUMNS, rows.iter().map(Row::cells)),
        Format::Json => json(&rows),
        Format::Jsonl => rows.iter().try_for_each(json_line),
    }
}

/// The same rows as they go into a file: as CSV, as JSON lines otherwise.
pub fn encoded<R: Row>(format: Format, rows: &[R]) -> Result<Vec<u8>, Error> {
    match format {
        Format::Csv => csv_bytes(R::COLUMNS, rows.iter().map(Row::cells)),
        Format::Table | Format::Json | Format::Jsonl => {
            let mut bytes = Vec::new();
            for row in rows {
                serde_json::to_writer(&mut bytes, row).map_err(unwritable)?;
                bytes.push(b'\n');
            }
            Ok(bytes)
        }
    }
}

/// Prints a single value: as JSON in the JSON formats, by `human` otherwise.
pub fn value<V: Serialize>(
    format: Format,
    value: &V,
    human: impl FnOnce(&V) -> String,
) -> Result<(), Error> {
    match format {
        Format::Json => json(value),
        Format::Jsonl => json_line(value),
        Format::Table | Format::Csv => line(&human(value)),
    }
}

/// Prints text that is already visible, with a newline.
pub fn line(text: &str) -> Result<(), Error> {
    write(format!("{text}\n").as_bytes())
}

/// Prints a note to standard error: progress, warnings, what was written where.
pub fn note(text: &str) {
    // A closed standard error is no reason to fail.
    drop(writeln!(io::stderr(), "{text}"));
}

/// Prints a table whose columns are only known at run time.
pub fn dynamic_table(
    format: Format,
    header: &[String],
    body: &[Vec<serde_json::Value>],
) -> Result<(), Error> {
    let cell = |value: &serde_json::Value| match value {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Null => String::new(),
        other => other.to_string(),
    };
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    let objects = || {
        body.iter().map(|row| {
            let pairs =
                header.iter().zip(row).map(|(name, value)| ((*name).to_owned(), value.clone()));
            serde_json::Value::Object(pairs.collect())
        })
    };
    match format {
        Format::Table => table(&header, body.iter().map(|row| row.iter().map(cell).collect())),
        Format::Csv => csv(&header, body.iter().map(|row| row.iter().map(cell).collect())),
        Format::Json => json(&objects().collect::<Vec<_>>()),
        Format::Jsonl => objects().try_for_each(|object| json_line(&object)),
    }
}

fn table(columns: &[&str], body: impl Iterator<Item = Vec<String>>) -> Result<(), Error> {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(columns.iter().map(|column| column.to_uppercase()));
    if !io::stdout().is_terminal() {
        table.set_content_arrangement(ContentArrangement::Disabled);
    }
    for cells in body {
        table.add_row(cells.iter().map(|cell| visible(cell).into_owned()));
    }
    let text: Vec<String> =
        table.to_string().lines().map(|line| line.trim_end().to_owned()).collect();
    line(&text.join("\n"))
}

fn csv(columns: &[&str], body: impl Iterator<Item = Vec<String>>) -> Result<(), Error> {
    write(&csv_bytes(columns, body)?)
}

fn csv_bytes(columns: &[&str], body: impl Iterator<Item = Vec<String>>) -> Result<Vec<u8>, Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let failed = |error: csv::Error| Error::data(format!("cannot write CSV: {error}"));
    writer.write_record(columns).map_err(failed)?;
    for cells in body {
        writer.write_record(cells.iter().map(|cell| guarded(cell))).map_err(failed)?;
    }
    writer.into_inner().map_err(|error| Error::data(format!("cannot write CSV: {error}")))
}

/// A cell that a spreadsheet would run as a formula gets an apostrophe in front.
fn guarded(cell: &str) -> String {
    let shown = visible(cell);
    match shown.chars().next() {
        Some('=' | '+' | '-' | '@') => format!("'{shown}"),
        _ => shown.into_owned(),
    }
}

fn json<V: Serialize>(value: &V) -> Result<(), Error> {
    let text = serde_json::to_string_pretty(value).map_err(unwritable)?;
    write(for_terminal(text + "\n").as_bytes())
}

fn json_line<V: Serialize>(value: &V) -> Result<(), Error> {
    let text = serde_json::to_string(value).map_err(unwritable)?;
    write(for_terminal(text + "\n").as_bytes())
}

fn unwritable(error: serde_json::Error) -> Error {
    Error::data(format!("cannot write JSON: {error}"))
}

/// On a terminal, hidden characters inside JSON strings are written as `\u` escapes: the same JSON
/// value, without their effect on the terminal.
fn for_terminal(json: String) -> String {
    if !io::stdout().is_terminal() {
        return json;
    }
    let mut safe = String::with_capacity(json.len());
    let mut units = [0; 2];
    for character in json.chars() {
        let hidden = character != '\n'
            && matches!(visible(character.encode_utf8(&mut [0; 4])), std::borrow::Cow::Owned(_));
        match hidden {
            true => safe.extend(
                character.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")),
            ),
            false => safe.push(character),
        }
    }
    safe
}

/// A reader that went away (`| head`) is success.
fn write(bytes: &[u8]) -> Result<(), Error> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Error::data(format!("cannot write to standard output: {error}")))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_guarded_in_csv() {
        for (cell, written) in
            [("=1+1", "'=1+1"), ("@x", "'@x"), ("plain", "plain"), ("a\tb", "a\\tb")]
        {
            assert_eq!(guarded(cell), written);
        }
    }
}
