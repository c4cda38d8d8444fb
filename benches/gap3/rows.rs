//! One CSV row per scored run, as the scorer `score.py` reads them.

use diptych::domain::Capability;
use diptych::profile::KindId;

use super::data::Label;

#[derive(Clone, Debug)]
pub struct Row {
    pub protocol: String,
    pub label: Label,
    pub n: usize,
    pub score: f64,
    pub p: f64,
    pub verdict: &'static str,
    pub top: Option<KindId>,
}

const COLUMNS: [&str; 12] = [
    "protocol",
    "suite",
    "pipeline",
    "user_task",
    "injection_task",
    "attack",
    "set",
    "n",
    "score",
    "p",
    "verdict",
    "top_tool",
];

pub fn text(rows: &[Row], kinds: &[Capability]) -> String {
    let mut text = COLUMNS.join(",");
    text.push('\n');
    for row in rows {
        let label = &row.label;
        let top = match row.top.and_then(|kind| kinds.get(kind.0 as usize)) {
            Some(Capability::Tool { name, .. }) => name.raw(),
            _ => "",
        };
        let fields = [
            &row.protocol,
            &label.suite,
            &label.pipeline,
            &label.user_task,
            &label.injection_task,
            &label.attack,
            label.set.word(),
            &row.n.to_string(),
            &row.score.to_string(),
            &row.p.to_string(),
            row.verdict,
            top,
        ];
        let quoted = fields.map(|field| match field.contains([',', '"', '\n']) {
            true => format!("\"{}\"", field.replace('"', "\"\"")),
            false => field.to_owned(),
        });
        text.push_str(&quoted.join(","));
        text.push('\n');
    }
    text
}
