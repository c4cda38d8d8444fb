//! The maturity self-assessment over the last findings.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use strum::IntoEnumIterator;

use super::{Fetched, gap_label};
use crate::assess::{Assessment, MatrixCell, Share};
use crate::catalog::Role;
use crate::domain::{Discipline, GapType};
use crate::tui::theme::Theme;
use crate::tui::widgets::document::{Document, Scroll};

/// Findings that are assessed.
pub const LAST: usize = 10;

#[derive(Debug, Default)]
pub struct Maturity {
    pub assessment: Assessment,
    pub fetched: Fetched,
    pub scroll: Scroll,
}

impl Maturity {
    pub fn set(&mut self, assessment: Assessment) {
        self.assessment = assessment;
        self.fetched = Fetched::Ready;
    }

    pub fn draw(&self, area: Rect, buffer: &mut Buffer, theme: &Theme) {
        if !self.fetched.draw_instead(area, buffer, theme) {
            document(&self.assessment, area.width, theme).draw(area, buffer, &self.scroll);
        }
    }
}

/// The assessment as text, for the clipboard.
pub fn plain(assessment: &Assessment, theme: &Theme) -> String {
    document(assessment, 100, theme).plain()
}

fn document<'t>(assessment: &Assessment, width: u16, theme: &'t Theme) -> Document<'t> {
    let mut document = Document::new(width, theme);
    document.heading(
        &format!("LAST {} FINDINGS, {} ASSESSED", assessment.asked, assessment.findings),
        Role::Heading,
    );
    document.pair("", "Gap 1  Gap 2  Gap 3  can't tell  other  tagged", Role::Quiet);
    for row in &assessment.disciplines {
        let counts = format!(
            "{:>5}  {:>5}  {:>5}  {:>10}  {:>5}  {:>6}",
            row.gap_1, row.gap_2, row.gap_3, row.cant_tell, row.other, row.tagged
        );
        document.pair(&row.discipline.to_string(), &counts, Role::Text);
    }
    document.blank();
    document.heading("PERCEIVED AND ACTUAL", Role::Heading);
    let perceived = percent(assessment.perceived);
    let actual = percent(assessment.actual);
    document.pair("perceived", &shared(assessment.perceived, "findings say a gap"), Role::Text);
    document.pair("actual", &shared(assessment.actual, "agent cells are decidable"), Role::Text);
    if let (Some(perceived), Some(actual)) = (perceived, actual) {
        let difference = perceived as i64 - actual as i64;
        document.pair("difference", &format!("{difference:+} points"), Role::Warning);
    }
    document.blank();
    document.heading("MATRIX", Role::Heading);
    for discipline in Discipline::iter() {
        for gap in GapType::iter() {
            let cell = assessment
                .matrix
                .iter()
                .find(|cell| cell.discipline == discipline && cell.gap == gap);
            matrix_cell(&mut document, discipline, gap, cell);
        }
    }
    document.blank();
    document.heading("WHY IT CANNOT BE TOLD, AND WHAT WOULD RESOLVE IT", Role::CantTell);
    if assessment.cant_tell.is_empty() {
        document.text("Every finding could be told.", Role::Good, 0);
    }
    for row in &assessment.cant_tell {
        let count = format!("{:>4}", row.findings);
        document.status(
            Role::CantTell,
            &count,
            8,
            &format!("{} → {}", row.reason, row.resolved_by),
        );
    }
    document
}

fn matrix_cell(
    document: &mut Document<'_>,
    discipline: Discipline,
    gap: GapType,
    cell: Option<&MatrixCell>,
) {
    let label = format!("{discipline} {}", gap_label(gap));
    let Some(cell) = cell else {
        return document.status(Role::Missing, &label, 18, "not assessed");
    };
    let (role, level) = match cell.level {
        3 => (Role::Good, "L3 runtime-informed"),
        2 => (Role::Warning, "L2 static"),
        _ => (Role::Missing, "no evidence"),
    };
    let sentence =
        format!("{level} · {} · {}", shared(cell.decidable, "agents decidable"), cell.because);
    document.status(role, &label, 18, &sentence);
}

/// A share with its numerator and denominator, never the one without the other.
fn shared(share: Share, what: &str) -> String {
    match percent(share) {
        Some(percent) => format!("{percent} % ({} of {}) {what}", share.part, share.whole),
        None => format!("none to count: {what}"),
    }
}

fn percent(share: Share) -> Option<usize> {
    (share.part * 100).checked_div(share.whole)
}
