//! The sheet as a document (CommonMark), for a ticket or a printer.

use std::fmt::Write;

use crate::domain::containment::{ContainmentSheet, ContainmentStep};

/// The whole sheet. Commands stand in code blocks that no text in them can end.
pub fn markdown(sheet: &ContainmentSheet) -> String {
    let mut page = String::new();
    // Writing to a string does not fail.
    write_sheet(&mut page, sheet).unwrap_or_default();
    page
}

fn write_sheet(page: &mut String, sheet: &ContainmentSheet) -> std::fmt::Result {
    writeln!(page, "# Containment of {}\n", escaped(&sheet.agent.visible()))?;
    writeln!(page, "As of {}. Nothing here has been run.\n", sheet.at)?;
    if let Some(from) = sheet.incident_from {
        writeln!(
            page,
            "The incident is taken to begin at {from}; what is said of legitimate work is from before.\n"
        )?;
    }
    let mut phase = None;
    for step in &sheet.steps {
        if phase != Some(step.phase) {
            phase = Some(step.phase);
            writeln!(page, "## {}\n\n{}.\n", step.phase, step.phase.because())?;
        }
        write_step(page, step)?;
    }
    if sheet.steps.is_empty() {
        writeln!(page, "Nothing that it can still use is on record.\n")?;
    }
    if !sheet.ended.is_empty() {
        writeln!(page, "## Not listed\n")?;
        for ended in &sheet.ended {
            let last = ended.last.map(|last| format!(", the last at {last}")).unwrap_or_default();
            writeln!(page, "- {} × {}: {}{last}", ended.count, ended.kind, ended.because)?;
        }
        writeln!(page)?;
    }
    if !sheet.unknown.is_empty() {
        writeln!(page, "## Not known\n")?;
        for unknown in &sheet.unknown {
            writeln!(page, "- {}", escaped(unknown))?;
        }
    }
    Ok(())
}

fn write_step(page: &mut String, step: &ContainmentStep) -> std::fmt::Result {
    let access = &step.access;
    let time = |time: Option<jiff::Timestamp>| {
        time.map_or_else(|| "not recorded".to_owned(), |time| time.to_string())
    };
    writeln!(page, "### {}. {}: {}\n", step.number, access.kind, escaped(&access.id.visible()))?;
    writeln!(
        page,
        "- held by {} in {}; since {}, last used {}, ends {}",
        escaped(&access.holder.visible()),
        escaped(&access.realm.visible()),
        time(access.since),
        time(access.last_used),
        access.expiry.visible()
    )?;
    writeln!(page, "- {}: {}", access.known, escaped(&access.because))?;
    if let Some(by) = &access.issued_by {
        writeln!(page, "- got with {}", escaped(&by.visible()))?;
    }
    for command in &step.revocation.commands {
        let shown = command.shown();
        let fence = "`".repeat(longest_run(&shown).max(2) + 1);
        writeln!(page, "\n{fence}sh\n{shown}\n{fence}")?;
    }
    let revocation = &step.revocation;
    writeln!(page, "\n- does: {}", revocation.does)?;
    writeln!(page, "- does not: {}", revocation.does_not)?;
    writeln!(page, "- [{}]({})", revocation.reference.title, revocation.reference.url)?;
    let survives = &step.survives;
    for note in &survives.notes {
        writeln!(page, "- survives: {}", escaped(note))?;
    }
    if !survives.steps.is_empty() {
        let steps: Vec<String> = survives.steps.iter().map(ToString::to_string).collect();
        writeln!(page, "- survives: steps {}", steps.join(", "))?;
    }
    for route in &survives.routes {
        writeln!(page, "- survives: {} by {}", escaped(&route.capability), escaped(&route.route))?;
    }
    if survives.more_routes > 0 {
        writeln!(page, "- survives: {} more capabilities by other routes", survives.more_routes)?;
    }
    for work in &step.breaks {
        writeln!(page, "- breaks: {}", escaped(&work.visible()))?;
    }
    writeln!(page)
}

/// Text in which nothing is markup.
fn escaped(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if "\\`*_{}[]<>()#+!|~&".contains(character) {
            shown.push('\\');
        }
        shown.push(character);
    }
    shown
}

/// The longest run of backticks.
fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or_default()
}
