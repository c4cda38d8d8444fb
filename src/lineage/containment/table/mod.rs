//! How each kind of access is revoked: one row each, with what the command does, what it does not do,
//! and the page of the official documentation that says so.
//!
//! A word of a command may have one `<name>` in it, which a fact from the evidence takes the place of;
//! with `|url` percent-encoded for the path of a URL. Values are never read again: whatever stands in
//! them stays inside its word. Of several rows for one kind the first counts whose facts are known.

mod agents;
mod clouds;
mod kubernetes;

use serde_json::json;

use super::Question;
use super::found::{Facts, Found};
use crate::domain::Text;
use crate::domain::containment::{AccessKind, Command, Phase, Reference, Revocation};
use crate::domain::shell::is_expressible;

/// One way to revoke.
pub(super) struct Row {
    pub kind: AccessKind,
    /// Facts that must be known, each with its value where only one will do.
    pub needs: &'static [(&'static str, Option<&'static str>)],
    pub commands: &'static [Line],
    pub does: &'static str,
    pub does_not: &'static str,
    pub title: &'static str,
    pub url: &'static str,
}

/// A command line.
pub(super) struct Line {
    pub words: &'static [&'static str],
    /// The fact that it reads from standard input.
    pub input: Option<&'static str>,
}

const fn line(words: &'static [&'static str]) -> Line {
    Line { words, input: None }
}

const INCIDENT_RESPONSE: &str = "https://csrc.nist.gov/pubs/sp/800/61/r3/final";

/// Every row.
pub(super) fn rows() -> impl Iterator<Item = &'static Row> {
    kubernetes::ROWS.iter().chain(clouds::ROWS).chain(agents::ROWS)
}

/// When a kind is taken away.
pub(super) fn phase(kind: AccessKind) -> Phase {
    use AccessKind::{
        AgentSession, CronJob, Job, McpConnection, McpSession, NetworkReach, SubAgent, Workload,
    };
    match kind {
        NetworkReach | McpConnection | McpSession => Phase::CutOutwardPaths,
        AgentSession | SubAgent | Workload | CronJob | Job => Phase::StopTheWork,
        _ => Phase::RevokeCredentials,
    }
}

/// The revocation of one access.
pub(super) fn revocation(question: &Question<'_>, found: &Found) -> Revocation {
    let mut facts = found.facts.clone();
    facts.insert("older_sessions", older_sessions(question.at).into());
    facts.insert("nobody", NOBODY.into());
    let cluster = &question.subject.agent.realm;
    if !cluster.is_empty() {
        facts.insert("cluster", cluster.clone());
    }
    let applies = |row: &&Row| {
        row.kind == found.access.kind
            && row.needs.iter().all(|(name, value)| {
                facts.get(name).is_some_and(|fact| value.is_none_or(|value| *fact == value))
            })
    };
    let Some(row) = rows().find(applies) else {
        return Revocation {
            commands: Vec::new(),
            does: "nothing is known of how it is revoked".to_owned(),
            does_not: "end by itself, as far as is known".to_owned(),
            reference: reference("NIST SP 800-61r3", INCIDENT_RESPONSE),
        };
    };
    let commands: Option<Vec<Command>> =
        row.commands.iter().map(|line| command(line, &facts)).collect();
    let withheld = match commands {
        None => {
            "be shown as a command: a name in the evidence begins like an option or cannot be \
                 written as an argument; "
        }
        Some(_) => "",
    };
    Revocation {
        commands: commands.unwrap_or_default(),
        does: row.does.to_owned(),
        does_not: format!("{withheld}{}", row.does_not),
        reference: reference(row.title, row.url),
    }
}

fn reference(title: &str, url: &str) -> Reference {
    Reference { title: title.to_owned(), url: url.to_owned() }
}

/// The inline policy that the console makes of "Revoke active sessions".
fn older_sessions(before: jiff::Timestamp) -> String {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Deny",
            "Action": ["*"],
            "Resource": ["*"],
            "Condition": {"DateLessThan": {"aws:TokenIssueTime": before.to_string()}},
        }],
    })
    .to_string()
}

/// A trust policy by which nobody can assume the role.
const NOBODY: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":["sts:AssumeRole","sts:AssumeRoleWithWebIdentity","sts:AssumeRoleWithSAML","sts:TagSession"]}]}"#;

/// A command with its facts; `None` when a value could not be passed on as what it is.
fn command(line: &Line, facts: &Facts) -> Option<Command> {
    let mut words = Vec::with_capacity(line.words.len());
    let mut options_ended = false;
    for word in line.words {
        let filled = filled(word, facts)?;
        // A value that stands alone must not be read as an option.
        let is_value = word.starts_with('<');
        if is_value && !options_ended && filled.starts_with('-') {
            return None;
        }
        options_ended |= *word == "--";
        words.push(Text::from(filled));
    }
    let input = line.input.map(|name| facts.get(name).cloned().unwrap_or_default());
    Some(Command { words, input })
}

/// A word with the fact in place of its name. What is not on record says so in its place.
fn filled(word: &str, facts: &Facts) -> Option<String> {
    let Some((before, rest)) = word.split_once('<') else { return Some(word.to_owned()) };
    let Some((name, after)) = rest.split_once('>') else { return Some(word.to_owned()) };
    let (name, in_url) = name.split_once('|').map_or((name, false), |(name, _)| (name, true));
    let value = match facts.get(name).map(Text::raw).filter(|value| !value.is_empty()) {
        None => format!("<{}: not recorded>", name.replace('_', " ")),
        Some(value) if in_url => percent_encoded(value),
        Some(value) => value.to_owned(),
    };
    is_expressible(&value).then(|| format!("{before}{value}{after}"))
}

/// For one segment of a URL's path (RFC 3986 section 2.1): all but the unreserved characters.
fn percent_encoded(value: &str) -> String {
    let encode = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
            char::from(byte).to_string()
        }
        other => format!("%{other:02X}"),
    };
    value.bytes().map(encode).collect()
}
