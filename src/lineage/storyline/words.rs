//! One line of text for an event and for a run of events.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::domain::text::visible;
use crate::domain::{Event, EventKind, Text};

/// Characters of a line; the rest is in the event.
const LONGEST: usize = 200;
/// Different targets that an activity names.
pub const NAMED: usize = 3;
/// Members of a prompt's parameters that hold its text.
const PROMPT: [&str; 3] = ["prompt", "text", "content"];

/// What happened, escaped.
pub fn title(event: &Event) -> String {
    let words = match event.kind {
        EventKind::Prompt => prompt(event).unwrap_or_else(|| act(event)),
        EventKind::ModelCall => format!("{}{}", act(event), tokens(event)),
        EventKind::ToolCall => match &event.params {
            Some(params) => format!("{} {}", act(event), arguments(params.raw())),
            None => act(event),
        },
        _ => act(event),
    };
    line(&words)
}

/// What a run of similar events did, and to what.
pub fn activity(first: &Event, count: usize, targets: &[Text], distinct: usize) -> String {
    let target = first.target.as_ref();
    let named = match (distinct, target) {
        (0, _) => String::new(),
        (1, Some(target)) => format!(" {}", target.raw()),
        _ => {
            let named: Vec<&str> = targets.iter().map(Text::raw).collect();
            let more = distinct.saturating_sub(targets.len());
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            format!(": {}{more}", named.join(", "))
        }
    };
    let words = [first.action.as_ref(), kind_of_target(first)];
    let words: Vec<&str> = words.into_iter().flatten().map(Text::raw).collect();
    let what = if words.is_empty() { <&str>::from(first.kind).to_owned() } else { words.join(" ") };
    line(&format!("{what} ×{count}{named}"))
}

/// Action, kind of target where it is not plain from the event's kind, and target.
fn act(event: &Event) -> String {
    let words = [event.action.as_ref(), kind_of_target(event), event.target.as_ref()];
    let words: Vec<&str> =
        words.into_iter().flatten().map(Text::raw).filter(|word| !word.is_empty()).collect();
    match words.is_empty() {
        true => <&str>::from(event.kind).replace('_', " "),
        false => words.join(" "),
    }
}

fn kind_of_target(event: &Event) -> Option<&Text> {
    match event.kind {
        EventKind::K8sApi => event.target_kind.as_ref(),
        _ => None,
    }
}

/// The arguments of a call, without what the reader put beside them.
fn arguments(params: &str) -> Cow<'_, str> {
    #[derive(Deserialize)]
    struct Beside<'a> {
        #[serde(borrow)]
        arguments: &'a RawValue,
        #[serde(borrow)]
        origins: Option<&'a RawValue>,
    }
    match serde_json::from_str::<Beside<'_>>(params) {
        Ok(Beside { arguments, origins: Some(_) }) => arguments.get().into(),
        _ => params.into(),
    }
}

fn prompt(event: &Event) -> Option<String> {
    let params: serde_json::Value = serde_json::from_str(event.params.as_ref()?.raw()).ok()?;
    let text = PROMPT.iter().find_map(|name| params.get(name)?.as_str())?;
    Some(text.to_owned())
}

fn tokens(event: &Event) -> String {
    match (event.tokens_in, event.tokens_out) {
        (None, None) => String::new(),
        (tokens_in, tokens_out) => {
            let told = |tokens: Option<u64>| tokens.map_or("?".to_owned(), |n| n.to_string());
            format!(" ({} → {} tokens)", told(tokens_in), told(tokens_out))
        }
    }
}

/// Visible text of at most so many characters; what is cut is said.
fn line(words: &str) -> String {
    // Escapes only lengthen a text, so that nothing beyond is needed.
    let cut = words
        .char_indices()
        .nth(LONGEST)
        .map_or(words, |(end, _)| words.get(..end).unwrap_or_default());
    let shown: Cow<'_, str> = visible(cut);
    let end = shown.char_indices().nth(LONGEST.saturating_sub(1)).map(|(end, _)| end);
    match end {
        Some(end) => format!("{}…", shown.get(..end).unwrap_or_default()),
        None => shown.into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::told;
    use super::*;

    #[track_caller]
    fn check(line: &str, params: Option<&str>, expected: &str) {
        let mut event = told(0, line);
        event.params = params.map(Into::into);
        assert_eq!(title(&event), expected);
    }

    #[test]
    fn titles_say_what_happened() {
        check("1 k8s_api get n/x", None, "get n/x");
        check("1 tool_call send", Some(r#"{"to":"a@x"}"#), r#"send {"to":"a@x"}"#);
        let beside = r#"{"arguments":{"to":"a@x"},"origins":[{"at":"/to"}],"origin":"system"}"#;
        check("1 tool_call send", Some(beside), r#"send {"to":"a@x"}"#);
        // A tool may have an argument of that name.
        check("1 tool_call run", Some(r#"{"arguments":"-l"}"#), r#"run {"arguments":"-l"}"#);
        check("1 prompt ask", Some(r#"{"prompt":"do\nit"}"#), "do\\nit");
        check("1 prompt ask", None, "ask");
    }

    #[test]
    fn long_and_hidden_texts_stay_on_one_line() {
        let title = title(&told(0, &format!("1 exec {}", "\u{202e}é".repeat(300))));
        assert_eq!(title.chars().count(), LONGEST);
        assert!(title.starts_with("\\u{202e}é") && title.ends_with('…'), "{title}");
    }
}
