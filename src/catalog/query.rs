//! Queries: named searches (tantivy syntax) and analyses (SQL over the table `events`), each with
//! examples that run as tests, so that a shipped query cannot rot.

use serde::Deserialize;
use serde_json::Value;
use toml::Spanned;

use super::error::{CatalogError, parse};
use super::source::File;
use crate::domain::{
    AgentKey, Digest, Event, EventId, EventKind, Location, Place, Text, digest_of,
};

/// One file of queries.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QueryFile {
    #[serde(default)]
    pub search: Vec<Search>,
    #[serde(default)]
    pub analysis: Vec<Analysis>,
}

/// A named search: what it finds are events.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Search {
    pub id: String,
    pub title: String,
    /// Why it matters, for the person who reads the result.
    pub why: String,
    /// In the syntax of the search line: `kind:k8s_api AND decision:deny`.
    pub expression: String,
    #[serde(rename = "example")]
    pub examples: Vec<Example>,
}

/// A named analysis: one SQL statement over the table `events`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Analysis {
    pub id: String,
    pub title: String,
    pub why: String,
    pub expression: String,
    #[serde(rename = "example")]
    pub examples: Vec<Example>,
}

/// A small event and whether the query must match it. An analysis matches when it returns a row over
/// a table that holds this event only.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    pub matches: bool,
    pub event: Spanned<toml::Table>,
}

impl Example {
    /// The example as an event. Fields that are not given are absent; `agent` is written as
    /// `realm/space/name`, `time` defaults to a working day.
    pub fn event(&self) -> Result<Event, String> {
        let blank = blank()?;
        let Value::Object(mut fields) = serde_json::to_value(&blank).map_err(|e| e.to_string())?
        else {
            return Err("an event is an object".to_owned());
        };
        for (name, value) in self.event.get_ref() {
            if !fields.contains_key(name) {
                return Err(format!("an event has no field `{name}`"));
            }
            let value = match (name.as_str(), value.as_str()) {
                ("agent", Some(stored)) => serde_json::to_value(agent(stored)),
                ("params", None) => serde_json::to_string(value).map(Value::String),
                _ => serde_json::to_value(value),
            };
            fields.insert(name.clone(), value.map_err(|error| error.to_string())?);
        }
        let id = EventId::of("example", &[&digest_of(&fields).to_string()]);
        fields.insert("id".to_owned(), Value::String(id.to_string()));
        serde_json::from_value(Value::Object(fields)).map_err(|error| error.to_string())
    }
}

fn blank() -> Result<Event, String> {
    let time = "2026-03-04T10:00:00Z".parse().map_err(|error| format!("{error}"))?;
    let evidence =
        Place { evidence: Digest::of(b"example"), file: "example".into(), at: Location::Whole };
    let source = Text::from("example");
    Ok(Event::new(EventId::of("example", &[]), time, &source, EventKind::Other, evidence))
}

fn agent(stored: &str) -> AgentKey {
    let mut parts = stored.split('/');
    let mut part = || parts.next().unwrap_or_default();
    let key = AgentKey::new(part(), part(), part());
    match parts.next() {
        Some(inner) => key.with_inner(inner),
        None => key,
    }
}

impl QueryFile {
    pub(super) fn parse(file: &File) -> Result<Self, CatalogError> {
        let queries: Self = parse(file)?;
        let searches = queries.search.iter().map(|query| (&query.id, &query.examples));
        let analyses = queries.analysis.iter().map(|query| (&query.id, &query.examples));
        for (id, examples) in searches.chain(analyses) {
            for example in examples {
                if let Err(message) = example.event() {
                    let message = format!("example of `{id}`: {message}");
                    return Err(CatalogError::at(file, Some(example.event.span()), &message));
                }
            }
            let both = |wanted: bool| examples.iter().any(|example| example.matches == wanted);
            if !(both(true) && both(false)) {
                let message = format!("`{id}` needs an example that matches and one that does not");
                return Err(CatalogError::at(file, None, &message));
            }
        }
        Ok(queries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(event: &str, expected: Result<EventKind, &str>) {
        let text = format!(
            "[[search]]\nid = \"x\"\ntitle = \"\"\nwhy = \"\"\nexpression = \"\"\n\
             example = [{{ matches = true, event = {event} }},\n\
             {{ matches = false, event = {{}} }}]\n"
        );
        let file = File { name: "q.toml".to_owned(), text };
        let read = QueryFile::parse(&file)
            .map(|queries| queries.search[0].examples[0].event().expect("parsed before").kind);
        match expected {
            Ok(kind) => assert_eq!(read.ok(), Some(kind)),
            Err(part) => {
                let message = read.expect_err("refused").to_string();
                assert!(message.contains(part), "{message}");
            }
        }
    }

    #[test]
    fn examples_are_events() {
        check("{ kind = \"exec\", target = \"/bin/sh\" }", Ok(EventKind::Exec));
        check("{ kind = \"egress\", agent = \"a/b/c\" }", Ok(EventKind::Egress));
        check("{ kindd = \"exec\" }", Err("no field `kindd`"));
        check("{ kind = \"exek\" }", Err("unknown variant"));
    }
}
