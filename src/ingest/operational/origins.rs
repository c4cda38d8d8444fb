//! The origins of a call's arguments, beside the arguments in the parameters of its event:
//! `{"arguments", "origin", "origins": [{"at", "origin", "likeness", "tool", "event"}]}`.
//!
//! The first row of an argument is its origin, further rows are further places. A row without a place
//! says that the model made the value up, one with `unknown` why nobody can tell. Values that say
//! nothing by themselves have no row.

use serde::Serialize;
use serde_json::value::RawValue;

use crate::domain::origin::least_trusted;
use crate::domain::{Answer, ArgumentOrigin, EventId, Likeness, Origin, Text};
use crate::ingest::mask;

/// Places of one argument, and rows of one call beyond the first of each argument.
const PLACES: usize = 4;
const FURTHER: usize = 32;
/// Bytes that masking may add.
const MARGIN: usize = 1024;

/// A place as an event keeps it.
#[derive(Clone, Debug, Default)]
pub struct Source {
    pub tool: Option<String>,
    /// `None` for the standing instructions, which are no event, and for what another document tells.
    pub event: Option<EventId>,
}

#[derive(Serialize)]
struct Row<'a> {
    at: &'a Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    origin: Option<Origin>,
    #[serde(skip_serializing_if = "Option::is_none")]
    likeness: Option<Likeness>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<EventId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unknown: Option<&'a str>,
}

/// What stands beside the arguments.
#[derive(Serialize)]
pub struct Stated<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    origins: Vec<Row<'a>>,
}

impl<'a> Stated<'a> {
    /// `None` when there is nothing to say of any argument.
    pub fn of(
        arguments: &'a [ArgumentOrigin<usize>],
        source: impl Fn(usize) -> Source,
    ) -> Option<Self> {
        let mut rows = Vec::new();
        let mut further = FURTHER;
        for ArgumentOrigin { at, answer } in arguments {
            let row = |origin, unknown| Row {
                at,
                origin,
                likeness: None,
                tool: None,
                event: None,
                unknown,
            };
            match answer {
                Answer::NotTelling => {}
                Answer::Nowhere => rows.push(row(Some(Origin::AgentGenerated), None)),
                Answer::CantTell(why) => rows.push(row(None, Some(why.as_str()))),
                Answer::From(places) => {
                    let kept = places.len().min(PLACES).min(further + 1);
                    further -= kept.saturating_sub(1);
                    rows.extend(places.iter().take(kept).map(|place| {
                        let Source { tool, event } = source(place.place);
                        let likeness = Some(place.likeness);
                        Row { likeness, tool, event, ..row(Some(place.origin), None) }
                    }));
                }
            }
        }
        let trusts = arguments.iter().filter_map(|argument| argument.answer.trust());
        let origin = least_trusted(trusts);
        (!rows.is_empty()).then_some(Self { origin, origins: rows })
    }

    /// Both together. Arguments too long to be kept are cut here, so that their origins are not.
    pub fn beside(&self, arguments: &Text) -> Text {
        #[derive(Serialize)]
        struct Parameters<'p> {
            arguments: &'p RawValue,
            #[serde(flatten)]
            stated: &'p Stated<'p>,
        }
        let taken = serde_json::to_string(self).map_or(0, |rows| rows.len());
        let room = mask::LONGEST.saturating_sub(taken).saturating_sub(MARGIN);
        let raw = arguments.raw();
        let cut = (raw.len() > room).then(|| {
            // Every character of the cut text may need an escape.
            let beginning = mask::bounded(raw, room / 2);
            serde_json::json!({ "truncated": beginning, "bytes": raw.len() }).to_string()
        });
        let kept: Result<&RawValue, _> = serde_json::from_str(cut.as_deref().unwrap_or(raw));
        let Ok(kept) = kept else { return arguments.clone() };
        let parameters = Parameters { arguments: kept, stated: self };
        serde_json::to_string(&parameters).map_or_else(|_| arguments.clone(), Text::from)
    }
    /// Into parameters that hold the arguments beside something else already.
    pub fn added_to(&self, params: &Text) -> Text {
        let added = || {
            let mut all: serde_json::Map<_, _> = serde_json::from_str(params.raw()).ok()?;
            let Ok(serde_json::Value::Object(stated)) = serde_json::to_value(self) else {
                return None;
            };
            all.extend(stated);
            serde_json::to_string(&all).ok()
        };
        added().map_or_else(|| params.clone(), Text::from)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::domain::Appearance;

    /// The parameters of arguments whose member `/to` came from passage 0.
    fn check(arguments: &str) -> Value {
        let place = Appearance { origin: Origin::ToolOutput, likeness: Likeness::Exact, place: 0 };
        let origins = [ArgumentOrigin { at: "/to".into(), answer: Answer::From(vec![place]) }];
        let tool = Source { tool: Some("read".to_owned()), event: None };
        let stated = Stated::of(&origins, |_| tool.clone()).expect("something to say");
        let text = stated.beside(&arguments.into());
        assert!(text.raw().len() <= mask::LONGEST, "{} bytes", text.raw().len());
        let params: Value = serde_json::from_str(text.raw()).expect("JSON");
        assert_eq!(params["origin"], "tool_output");
        let row =
            json!({"at": "/to", "origin": "tool_output", "likeness": "exact", "tool": "read"});
        assert_eq!(params["origins"], json!([row]));
        params
    }

    #[test]
    fn origins_stand_beside_arguments_of_any_length() {
        assert_eq!(check(r#"{"to":"eve"}"#)["arguments"], json!({"to": "eve"}));
        for filling in ["x", "\\\"", "é"] {
            let long = format!(r#"{{"to":"eve","body":"{}"}}"#, filling.repeat(40_000));
            let params = check(&long);
            assert_eq!(params["arguments"]["bytes"], long.len());
        }
    }
}
