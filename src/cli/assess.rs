//! `diptych assess`.

use super::{Global, output};
use crate::assess::{Assessment, Share};
use crate::workspace::Error;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// How many findings, by priority.
    #[arg(long, default_value_t = 10)]
    last: usize,
}

pub fn run(global: &Global, args: &Args) -> Result<u8, Error> {
    let assessment = global.workspace()?.assess(args.last)?;
    output::value(global.format, &assessment, report)?;
    Ok(0)
}

fn report(assessment: &Assessment) -> String {
    let mut text = format!(
        "{} findings assessed of {} asked for\n\n{:<11}{:>7}{:>7}{:>7}{:>12}{:>7}{:>8}\n",
        assessment.findings,
        assessment.asked,
        "DISCIPLINE",
        "GAP 1",
        "GAP 2",
        "GAP 3",
        "CAN'T TELL",
        "OTHER",
        "TAGGED"
    );
    for row in &assessment.disciplines {
        text += &format!(
            "{:<11}{:>7}{:>7}{:>7}{:>12}{:>7}{:>8}\n",
            row.discipline.to_string(),
            row.gap_1,
            row.gap_2,
            row.gap_3,
            row.cant_tell,
            row.other,
            row.tagged
        );
    }
    text += "\nWHY IT CANNOT BE TOLD\n";
    if assessment.cant_tell.is_empty() {
        text += "  nothing that cannot be told\n";
    }
    for reason in &assessment.cant_tell {
        text += &format!("{:>5}  {}: {}\n", reason.findings, reason.reason, reason.resolved_by);
    }
    text += "\nMATURITY\n";
    for cell in &assessment.matrix {
        text += &format!(
            "  {:<10}{:<7}L{}  decidable {:<9} {}\n",
            cell.discipline.to_string(),
            cell.gap.to_string(),
            cell.level,
            share(cell.decidable),
            cell.because
        );
    }
    text += &format!(
        "\nperceived {}, actual {}",
        share(assessment.perceived),
        share(assessment.actual)
    );
    text
}

fn share(share: Share) -> String {
    match share.whole {
        0 => "0/0".to_owned(),
        whole => format!("{}/{} ({} %)", share.part, whole, share.part * 100 / whole),
    }
}
