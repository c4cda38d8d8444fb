//! Hooks: commands that a client runs at events of its own, some of which can stop an act.
//!
//! ```json
//! {"PreToolUse": [{"matcher": "Edit", "hooks": [{"type": "command", "command": "check"}]}],
//!  "beforeShellExecution": [{"command": "check", "failClosed": true}]}
//! ```

use serde_json::Value;

use crate::domain::configured::Hook;
use crate::domain::{ProblemKind, Text};
use crate::ingest::configured::reading::{Object, Reading, flag, items, pointer, text, text_of};

/// The hooks under `key`, in the order of the file.
pub fn hooks(reading: &mut Reading<'_>, under: &str, parent: &Object, key: &str) -> Vec<Hook> {
    let under = pointer(under, key);
    let mut found = Vec::new();
    match parent.get(key) {
        None | Some(Value::Null) => {}
        Some(Value::Object(events)) => {
            for (event, entries) in events {
                let under = pointer(&under, event);
                for (index, entry) in entries.as_array().into_iter().flatten().enumerate() {
                    let at = format!("{under}/{index}");
                    match entry.as_object() {
                        Some(entry) => entry_hooks(reading, &at, event, entry, &mut found),
                        None => reading.problem(&at, ProblemKind::Malformed, "no hook"),
                    }
                }
            }
        }
        Some(_) => reading.problem(&under, ProblemKind::Malformed, "hooks must be an object"),
    }
    found
}

/// One entry: a hook, or a matcher over several.
fn entry_hooks(
    reading: &mut Reading<'_>,
    at: &str,
    event: &str,
    entry: &Object,
    found: &mut Vec<Hook>,
) {
    let matcher = text(entry, "matcher");
    let nested = items(entry, "hooks").filter_map(|(_, hook)| hook.as_object());
    let mut commands: Vec<&Object> = nested.collect();
    if commands.is_empty() {
        commands.push(entry);
    }
    for hook in commands {
        match command(reading, hook) {
            Some(command) => found.push(Hook {
                event: event.into(),
                matcher: matcher.clone(),
                command,
                fails_closed: flag(hook, "failClosed"),
            }),
            None => reading.problem(at, ProblemKind::MissingField, "the hook has no command"),
        }
    }
}

/// What the hook does. The text of a prompt is not kept, only that it is one.
fn command(reading: &Reading<'_>, hook: &Object) -> Option<Text> {
    let line = text_of(hook, &["command", "bash", "powershell"]);
    let line = line.map(|line| reading.command_line(line.raw()));
    let address = || Some(reading.document.masker().address(text(hook, "url")?.raw()).into());
    line.or_else(address).or_else(|| text(hook, "type"))
}
