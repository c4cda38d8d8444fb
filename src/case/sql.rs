//! Analyses: SQL over the events of a case.

use std::fs;
use std::path::Path;

use jiff::Timestamp;
use polars::prelude::{
    AnyValue, HiveOptions, IntoLazy, LazyFrame, PlRefPath, PolarsError, ScanArgsParquet, TimeUnit,
};
use polars::sql::SQLContext;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::columns;
use super::error::{AtPath, CaseError};
use super::files::EVENTS;
use super::manifest::Manifest;
use crate::domain::text;

/// More rows than anybody reads; the answer says when it was cut.
const MOST_ROWS: usize = 10_000;

/// The answer to an analysis. Strings are as in the evidence: escape them before showing them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Table {
    pub columns: Vec<String>,
    pub rows: Vec<Vec<Value>>,
    /// There were more rows than are given.
    pub truncated: bool,
}

pub(super) fn run(root: &Path, manifest: &Manifest, query: &str) -> Result<Table, CaseError> {
    // The engine could read other files, and by address even other machines. An analysis may not.
    if query.to_lowercase().contains("read_parquet") {
        return Err(CaseError::Sql { what: "an analysis reads the case only".to_owned() });
    }
    let mut context = SQLContext::new();
    context.register("events", events(root, manifest)?);
    let mut frame = context
        .execute(query)
        .and_then(|answer| answer.limit(MOST_ROWS as u32 + 1).collect())
        .map_err(failed)?;
    let truncated = frame.height() > MOST_ROWS;
    if truncated {
        frame = frame.head(Some(MOST_ROWS));
    }
    let columns = frame.get_column_names().iter().map(|name| name.to_string()).collect();
    let row = |row| frame.columns().iter().map(|column| column.get(row).map(json)).collect();
    let rows = (0..frame.height()).map(row).collect::<Result<_, _>>().map_err(failed)?;
    Ok(Table { columns, rows, truncated })
}

fn events(root: &Path, manifest: &Manifest) -> Result<LazyFrame, CaseError> {
    if manifest.parts.is_empty() {
        return Ok(columns::from_events(&[]).map_err(failed)?.lazy());
    }
    // An absolute path, and no pattern: otherwise a folder's name could be taken for an address.
    let folder = fs::canonicalize(root.join(EVENTS)).at(root)?;
    let files =
        manifest.parts.iter().map(|part| PlRefPath::try_from_path(&folder.join(&part.file)));
    let files = files.collect::<Result<Vec<_>, _>>().map_err(failed)?;
    let options = ScanArgsParquet {
        glob: false,
        hive_options: HiveOptions::new_disabled(),
        ..ScanArgsParquet::default()
    };
    LazyFrame::scan_parquet_files(files.into_iter().collect(), options).map_err(failed)
}

fn json(value: AnyValue<'_>) -> Value {
    match value {
        AnyValue::Null => Value::Null,
        AnyValue::Boolean(value) => value.into(),
        AnyValue::String(value) => value.into(),
        AnyValue::UInt8(value) => value.into(),
        AnyValue::UInt16(value) => value.into(),
        AnyValue::UInt32(value) => value.into(),
        AnyValue::UInt64(value) => value.into(),
        AnyValue::Int8(value) => value.into(),
        AnyValue::Int16(value) => value.into(),
        AnyValue::Int32(value) => value.into(),
        AnyValue::Int64(value) => value.into(),
        AnyValue::Float32(value) => value.into(),
        AnyValue::Float64(value) => value.into(),
        AnyValue::Binary(bytes) => hexadecimal(bytes).into(),
        AnyValue::BinaryOwned(bytes) => hexadecimal(&bytes).into(),
        AnyValue::Datetime(value, unit, _) => instant(value, unit),
        AnyValue::DatetimeOwned(value, unit, _) => instant(value, unit),
        other => other.str_value().into_owned().into(),
    }
}

fn instant(value: i64, unit: TimeUnit) -> Value {
    let instant = match unit {
        TimeUnit::Nanoseconds => Timestamp::from_nanosecond(value.into()),
        TimeUnit::Microseconds => Timestamp::from_microsecond(value),
        TimeUnit::Milliseconds => Timestamp::from_millisecond(value),
    };
    instant.map_or_else(|_| value.into(), |instant| instant.to_string().into())
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn failed(error: PolarsError) -> CaseError {
    CaseError::Sql { what: text::visible(&error.to_string()).into_owned() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::testing::{case, events, load};
    use super::super::{Case, CaseError};

    #[track_caller]
    fn check(case: &Case, query: &str, rows: serde_json::Value) {
        let table = case.sql(query).expect(query);
        assert_eq!(json!(table.rows), rows, "{query}");
    }

    #[test]
    fn questions_over_several_parts() {
        let (_folder, mut case) = case();
        check(&case, "SELECT COUNT(*) AS n FROM events", json!([[0]]));
        load(&mut case, events(0..50));
        load(&mut case, events(50..70));
        check(&case, "SELECT COUNT(*) AS n FROM events", json!([[70]]));
        check(
            &case,
            "SELECT agent, COUNT(*) AS n FROM events GROUP BY agent ORDER BY n DESC, agent LIMIT 1",
            json!([["prod/agents/billing-0", 10]]),
        );
        check(
            &case,
            "SELECT time, line, model FROM events WHERE target = 'agents/secret-60'",
            json!([["1970-01-01T00:01:00Z", 61, null]]),
        );
        let table = case.sql("SELECT id FROM events LIMIT 1").expect("is SQL");
        assert_eq!(table.columns, ["id"]);
        assert_eq!(table.rows[0][0].as_str().map(str::len), Some(32));
    }

    #[test]
    fn what_cannot_be_answered_is_an_error() {
        let (_folder, case) = case();
        for query in [
            "",
            "SELEKT 1",
            "SELECT nothing FROM events",
            "SELECT * FROM other",
            "SELECT * FROM Read_Parquet('/etc/passwd')",
        ] {
            assert!(matches!(case.sql(query), Err(CaseError::Sql { .. })), "{query}");
        }
    }
}
