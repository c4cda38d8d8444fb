//! What is normal for an agent: how far its baseline is, what changed, which runs do not fit, and what
//! is now beside what was.

use crate::catalog::Role;
use crate::domain::Sufficiency;
use crate::domain::baseline::{
    BaselineAspect, BaselineSheet, DeviatingRun, Gauge, TransitionCell, TransitionTable, day,
};
use crate::tui::theme::Theme;
use crate::tui::widgets::document::Document;
use crate::tui::widgets::text;

/// Characters of a gauge.
const GAUGE: usize = 20;
/// Runs, and terms of each, that are told.
const RUNS: usize = 20;
const TERMS: usize = 4;
/// Columns of a title in the matrix, and of a cell.
const TITLE: usize = 26;
const CELL: usize = 7;

pub fn document<'t>(sheet: &BaselineSheet, width: u16, theme: &'t Theme) -> Document<'t> {
    let mut document = Document::new(width, theme);
    document.pair("then", &sheet.then.visible(), Role::Text);
    document.pair("now", &sheet.now.visible(), Role::Text);
    document.pair("contexts", &sheet.contexts.join("; "), Role::Text);
    let kept = format!("{} kB", sheet.bytes.div_ceil(1000));
    let most = format!("{kept}, at most {} kB a context and week", sheet.most_bytes.div_ceil(1000));
    document.pair("memory", &most, Role::Quiet);
    heading(&mut document, "CONVERGENCE");
    sheet.gauges.iter().for_each(|gauge| add_gauge(&mut document, gauge));
    if !sheet.changes.is_empty() {
        heading(&mut document, "CHANGES");
        for change in &sheet.changes {
            let since = format!("{} {}", day(change.at), change.kind);
            document.pair(&since, &change.sentence, Role::Text);
        }
    }
    heading(&mut document, "RUNS THAT DO NOT FIT");
    if sheet.runs.is_empty() {
        document.text("None, as far as the baselines above can say.", Role::Quiet, 0);
    }
    sheet.runs.iter().take(RUNS).for_each(|run| add_run(&mut document, run));
    if let Some(more) = sheet.runs.len().checked_sub(RUNS).filter(|more| *more > 0) {
        document.text(&format!("… and {more} more (diptych baseline)"), Role::Quiet, 0);
    }
    heading(&mut document, "THEN AND NOW");
    sheet.aspects.iter().for_each(|aspect| add_aspect(&mut document, aspect));
    heading(&mut document, "WHICH CALL FOLLOWS WHICH (% of its row now, ! where it was another)");
    add_matrix(&mut document, &sheet.transitions);
    document
}

fn heading(document: &mut Document<'_>, title: &str) {
    document.blank();
    document.heading(title, Role::Heading);
}

fn add_gauge(document: &mut Document<'_>, gauge: &Gauge) {
    let full = (gauge.share.clamp(0.0, 1.0) * GAUGE as f64).round() as usize;
    let bar = format!("[{}{}]", "#".repeat(full), ".".repeat(GAUGE - full.min(GAUGE)));
    let role = match gauge.sufficiency {
        Sufficiency::Converged => Role::Verified,
        Sufficiency::Contaminated { .. } => Role::Warning,
        Sufficiency::NotConverged { .. } | Sufficiency::Empty => Role::Inferred,
    };
    let mut line = format!("{bar} {}", gauge.state());
    if let Some(missing) = &gauge.bottleneck {
        line += &format!(", {missing}");
    }
    if let Some(date) = gauge.date() {
        line += &format!(", expected {}", day(date));
    }
    document.pair(&gauge.discipline.to_string(), &line, role);
    document.pair("", &gauge.why, Role::Quiet);
}

fn add_run(document: &mut Document<'_>, run: &DeviatingRun) {
    let role = match run.level.as_str() {
        "alert" => Role::Error,
        "review" => Role::Warning,
        _ => Role::Inferred,
    };
    let head = format!(
        "{} {} p = {:.3} of {} earlier, {:.1} nats, run {}",
        super::instant(run.at),
        run.discipline,
        run.p,
        run.n,
        run.score,
        run.run.visible()
    );
    document.pair(&run.level, &head, role);
    document.pair("", &run.sentence, Role::Text);
    for term in run.terms.iter().take(TERMS) {
        document.pair("", &format!("{:>5.1} {}", term.nats, term.what), Role::Quiet);
    }
}

fn add_aspect(document: &mut Document<'_>, aspect: &BaselineAspect) {
    let differs = match (aspect.distance, aspect.by_chance) {
        (Some(distance), Some(by_chance)) => distance > by_chance,
        _ => false,
    };
    let role = if differs { Role::Warning } else { Role::Text };
    document.pair(&aspect.aspect, &aspect.sentence, role);
}

fn add_matrix(document: &mut Document<'_>, table: &TransitionTable) {
    let is_empty = table.rows.iter().flatten().all(|cell| cell.then + cell.now == 0);
    if is_empty {
        return document.text("No order of calls is recorded.", Role::Quiet, 0);
    }
    let number = |column: usize| match (column, table.after.len()) {
        (0, _) => "end".to_owned(),
        (last, all) if last + 1 == all => "others".to_owned(),
        (column, _) => column.to_string(),
    };
    let columns: String =
        (0..table.after.len()).map(|column| format!("{:>CELL$}", number(column))).collect();
    document.text(&format!("{:TITLE$}{columns}", "after"), Role::Quiet, 0);
    for (row, (title, cells)) in table.before.iter().zip(&table.rows).enumerate() {
        if cells.iter().all(|cell| cell.then + cell.now == 0) {
            continue;
        }
        let title = match row {
            0 => title.visible().into_owned(),
            _ if row + 1 == table.before.len() => title.visible().into_owned(),
            _ => format!("{row} {}", title.visible()),
        };
        let cells: String = cells.iter().map(|cell| format!("{:>CELL$}", percent(cell))).collect();
        let title = text::cut(&title, TITLE - 1);
        document.text(&format!("{title:TITLE$}{cells}"), Role::Text, 0);
    }
}

/// The share now; marked where it was another by a tenth of the row.
fn percent(cell: &TransitionCell) -> String {
    let changed = (cell.share_now - cell.share_then).abs() >= 0.1;
    match (cell.then + cell.now, changed) {
        (0, _) => ".".to_owned(),
        (_, true) => format!("!{:.0}", cell.share_now * 100.0),
        (_, false) => format!("{:.0}", cell.share_now * 100.0),
    }
}
