//! The containment sheet: what an agent can still use, in the order in which it is best taken away.

use jiff::Timestamp;

use crate::catalog::Role;
use crate::domain::containment::{ContainmentSheet, ContainmentStep};
use crate::tui::theme::Theme;
use crate::tui::widgets::document::Document;

pub fn document<'t>(sheet: &ContainmentSheet, width: u16, theme: &'t Theme) -> Document<'t> {
    let mut document = Document::new(width, theme);
    let count = super::counted(sheet.steps.len(), "thing");
    let at = super::instant(sheet.at);
    document.text(&format!("As of {at} it can still use {count}."), Role::Text, 0);
    let mut phase = None;
    for step in &sheet.steps {
        if phase != Some(step.phase) {
            phase = Some(step.phase);
            document.blank();
            document.heading(&step.phase.to_string().to_uppercase(), Role::Heading);
            document.text(step.phase.because(), Role::Quiet, 0);
        }
        add(&mut document, step);
    }
    for (title, sentences) in [
        (
            "NOT LISTED",
            sheet
                .ended
                .iter()
                .map(|ended| format!("{} × {}: {}", ended.count, ended.kind, ended.because))
                .collect::<Vec<_>>(),
        ),
        ("NOT KNOWN", sheet.unknown.clone()),
    ] {
        if !sentences.is_empty() {
            document.blank();
            document.heading(title, Role::Heading);
            sentences.iter().for_each(|sentence| document.text(sentence, Role::Text, 0));
        }
    }
    document
}

fn add(document: &mut Document<'_>, step: &ContainmentStep) {
    let access = &step.access;
    let time =
        |time: Option<Timestamp>| time.map_or_else(|| "not recorded".to_owned(), super::instant);
    document.blank();
    let title = format!("{}. {}: {}", step.number, access.kind, access.id.visible());
    document.heading(&title, Role::Text);
    let life = format!(
        "since {}, last used {}, ends {}",
        time(access.since),
        time(access.last_used),
        access.expiry.visible()
    );
    document.pair("life", &life, Role::Text);
    let known = super::hop_role(&access.known);
    document.pair("known", &format!("{}: {}", access.known, access.because), known);
    for command in &step.revocation.commands {
        document.pair("command", &command.shown(), Role::Key);
    }
    document.pair("does", &step.revocation.does, Role::Text);
    document.pair("does not", &step.revocation.does_not, Role::Warning);
    for route in &step.survives.routes {
        document.pair("survives", &format!("{} by {}", route.capability, route.route), Role::Text);
    }
    for note in &step.survives.notes {
        document.pair("survives", note, Role::Text);
    }
    for work in &step.breaks {
        document.pair("breaks", &work.visible(), Role::Text);
    }
    document.pair("see", &step.revocation.reference.url, Role::Quiet);
}
