//! Answers about scope as rows.

use crate::cli::output::Row;
use crate::domain::pattern::PortRange;
use crate::domain::{
    AuthorityRoute, ConnectionWord, Disagreement, Holding, LooseTrust, Permitted, ScopeChange, Text,
};
use crate::view::{ArtifactRow, ScopeRow};

/// Patterns of one route beyond this are counted in tables.
const PATTERNS: usize = 4;

impl Row for ScopeRow {
    const COLUMNS: &'static [&'static str] =
        &["plane", "how", "permits", "route", "narrowed by", "depends on", "since", "granted by"];

    fn cells(&self) -> Vec<String> {
        let layers = self.bounds.within.iter().chain(&self.bounds.except);
        let narrowed: Vec<String> = layers.map(|layer| layer.by.visible()).collect();
        vec![
            self.plane.to_string(),
            self.how().to_owned(),
            some_of(&self.patterns),
            self.route().visible(),
            some_of(&narrowed),
            words(&self.bounds.depends_on),
            self.since.map(|since| since.to_string()).unwrap_or_default(),
            self.granted_by.as_ref().map_or_else(String::new, |by| by.visible().into_owned()),
        ]
    }
}

impl Row for AuthorityRoute {
    const COLUMNS: &'static [&'static str] = &["how", "answer", "permits", "route", "rules"];

    fn cells(&self) -> Vec<String> {
        let rules: Vec<&str> = self.steps.iter().map(|step| step.rule).collect();
        vec![
            self.how().to_owned(),
            answer(&self.permitted),
            self.permits.clone(),
            self.visible(),
            rules.join(" → "),
        ]
    }
}

impl Row for Holding {
    const COLUMNS: &'static [&'static str] = &["holder", "realm", "how", "answer", "route"];

    fn cells(&self) -> Vec<String> {
        let holder = match &self.agent {
            Some(agent) => format!("agent {}", agent.visible()),
            None => self.holder.visible(),
        };
        let realm = self.realm.visible().into_owned();
        let how = self.route.how().to_owned();
        vec![holder, realm, how, answer(&self.route.permitted), self.route.visible()]
    }
}

impl Row for ScopeChange {
    const COLUMNS: &'static [&'static str] =
        &["agent", "plane", "scope", "by", "what", "how", "route"];

    fn cells(&self) -> Vec<String> {
        let by: Vec<String> = self.by.iter().map(|object| object.visible()).collect();
        vec![
            self.agent.visible(),
            self.plane.to_string(),
            self.direction.to_string(),
            by.join(", "),
            some_of(&self.patterns),
            if self.inherited { "inherited" } else { "immediate" }.to_owned(),
            self.route.clone(),
        ]
    }
}

impl Row for LooseTrust {
    const COLUMNS: &'static [&'static str] =
        &["role", "realm", "how it is loose", "statement", "because of", "place"];

    fn cells(&self) -> Vec<String> {
        let sid = self.sid.as_ref().map(|sid| format!(" ({})", sid.visible()));
        vec![
            self.role.visible(),
            self.realm.visible().into_owned(),
            self.flaw.to_string(),
            format!("{}{}", self.statement, sid.unwrap_or_default()),
            self.evidence.visible().into_owned(),
            format!("{}{}", self.place.file.visible(), self.place.at),
        ]
    }
}

impl Row for ConnectionWord {
    const COLUMNS: &'static [&'static str] = &["at", "says", "by", "because", "depends on"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.at.to_owned(),
            self.says.to_owned(),
            self.by.as_ref().map_or_else(|| "nobody".to_owned(), |by| by.visible()),
            self.because.clone(),
            self.depends_on.as_ref().map_or_else(String::new, |on| on.visible().into_owned()),
        ]
    }
}

impl Row for Disagreement {
    const COLUMNS: &'static [&'static str] = &["from", "to", "ports", "denied by"];

    fn cells(&self) -> Vec<String> {
        let ports: Vec<String> = self.ports.iter().map(PortRange::visible).collect();
        let ports = if ports.is_empty() { "every port".to_owned() } else { ports.join(", ") };
        vec![self.from.visible(), self.to.visible(), ports, format!("only {}", self.denied_by)]
    }
}

impl Row for ArtifactRow {
    const COLUMNS: &'static [&'static str] = &["kind", "declared", "by", "observed"];

    fn cells(&self) -> Vec<String> {
        let digest = self.digest.as_ref().map(|digest| format!("@{}", digest.visible()));
        let observed: Vec<String> = self
            .observed
            .iter()
            .map(|seen| {
                format!("{}: {} ({} events)", seen.name.visible(), seen.resolution, seen.events)
            })
            .collect();
        vec![
            self.kind.clone(),
            format!("{}{}", self.name.visible(), digest.unwrap_or_default()),
            self.by.visible(),
            observed.join("; "),
        ]
    }
}

fn answer(permitted: &Permitted) -> String {
    match permitted {
        Permitted::Yes => "yes".to_owned(),
        Permitted::No => "no".to_owned(),
        Permitted::Depends(on) => format!("depends on {}", words(on)),
    }
}

fn words(texts: &[Text]) -> String {
    texts.iter().map(Text::visible).collect::<Vec<_>>().join("; ")
}

fn some_of(all: &[String]) -> String {
    let some = all.get(..PATTERNS.min(all.len())).unwrap_or_default().join(", ");
    match all.len().checked_sub(PATTERNS) {
        None | Some(0) => some,
        Some(more) => format!("{some} and {more} more"),
    }
}
