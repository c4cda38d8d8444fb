//! Permission rules as clients spell them: `Bash(git:*)`, `mcp__server__tool`, `{"bash": "ask"}`.

use serde_json::Value;
use serde_json::value::RawValue;

use crate::domain::configured::{Effect, PermissionRule};
use crate::domain::{ProblemKind, Text};
use crate::ingest::configured::reading::{Object, Ordered, Reading, pointer};

/// A tool with a pattern in parentheses, or a tool alone.
pub fn rule(effect: Effect, spelled: &str) -> PermissionRule {
    let spelled = spelled.trim();
    let parts = spelled.strip_suffix(')').and_then(|rest| rest.split_once('('));
    match parts {
        Some((tool, pattern)) => {
            PermissionRule { effect, tool: tool.into(), pattern: Some(pattern.into()) }
        }
        None => PermissionRule { effect, tool: spelled.into(), pattern: None },
    }
}

/// The rules of the lists `allow`, `ask` and `deny`. What is no rule is a problem: a lost denial
/// would look like a permission.
pub fn lists(reading: &mut Reading<'_>, under: &str, permissions: &Object) -> Vec<PermissionRule> {
    let mut rules = Vec::new();
    for (key, effect) in EFFECTS {
        list(reading, under, permissions, key, &mut |spelled| rules.push(rule(*effect, spelled)));
    }
    rules
}

/// Hands on each string of a list; everything else in its place is a problem.
pub fn list(
    reading: &mut Reading<'_>,
    under: &str,
    parent: &Object,
    key: &str,
    each: &mut dyn FnMut(&str),
) {
    let under = pointer(under, key);
    match parent.get(key) {
        None | Some(Value::Null) => {}
        Some(Value::Array(items)) => {
            for (index, item) in items.iter().enumerate() {
                match item.as_str() {
                    Some(spelled) => each(spelled),
                    None => reading.problem(
                        &format!("{under}/{index}"),
                        ProblemKind::Malformed,
                        "a rule must be a string",
                    ),
                }
            }
        }
        Some(_) => reading.problem(&under, ProblemKind::Malformed, "rules must be a list"),
    }
}

const EFFECTS: &[(&str, Effect)] =
    &[("allow", Effect::Allow), ("ask", Effect::Ask), ("deny", Effect::Deny)];

/// Rules as a tree, in the order of the text: one word for everything, a word for each tool, or a
/// word for each pattern of a tool.
pub fn tree(reading: &mut Reading<'_>, under: &str, tree: &RawValue) -> Vec<PermissionRule> {
    let mut rules = Vec::new();
    let Ok(Ordered(tools)) = serde_json::from_str::<Ordered<&RawValue>>(tree.get()) else {
        leaf(reading, under, "*", None, tree, &mut rules);
        return rules;
    };
    for (tool, value) in tools {
        let at = pointer(under, &tool);
        match serde_json::from_str::<Ordered<&RawValue>>(value.get()) {
            Ok(Ordered(patterns)) => {
                for (pattern, value) in patterns {
                    let at = pointer(&at, &pattern);
                    leaf(reading, &at, &tool, Some(pattern.as_str()), value, &mut rules);
                }
            }
            Err(_) => leaf(reading, &at, &tool, None, value, &mut rules),
        }
    }
    rules
}

fn leaf(
    reading: &mut Reading<'_>,
    at: &str,
    tool: &str,
    pattern: Option<&str>,
    value: &RawValue,
    rules: &mut Vec<PermissionRule>,
) {
    let word = serde_json::from_str::<String>(value.get()).unwrap_or_default();
    match EFFECTS.iter().find(|(name, _)| *name == word) {
        Some((_, effect)) => rules.push(PermissionRule {
            effect: *effect,
            tool: tool.into(),
            pattern: pattern.map(Text::from),
        }),
        None => reading.problem(at, ProblemKind::Malformed, "neither `allow`, `ask` nor `deny`"),
    }
}

/// Tools as front matter lists them: a list, or one string with commas or spaces outside parentheses.
pub fn spelled_tools(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        Value::String(line) => {
            let mut depth = 0_usize;
            let outside = |character: char| {
                match character {
                    '(' => depth += 1,
                    ')' => depth = depth.saturating_sub(1),
                    _ => {}
                }
                depth == 0 && (character == ',' || character.is_whitespace())
            };
            line.split(outside).filter(|tool| !tool.is_empty()).map(str::to_owned).collect()
        }
        _ => Vec::new(),
    }
}

/// Server and tool of `mcp__server__tool`, or the tool alone.
pub fn server_and_tool(spelled: &str) -> (Option<Text>, Text) {
    match spelled.strip_prefix("mcp__") {
        Some(rest) => match rest.split_once("__") {
            Some((server, tool)) => (Some(server.into()), tool.into()),
            None => (Some(rest.into()), "*".into()),
        },
        None => (None, spelled.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(spelled: &str, tool: &str, pattern: Option<&str>) {
        let rule = rule(Effect::Ask, spelled);
        assert_eq!((rule.tool.raw(), rule.pattern.as_ref().map(Text::raw)), (tool, pattern));
    }

    #[test]
    fn a_tool_and_its_pattern() {
        check("Bash", "Bash", None);
        check("Bash(git push:*)", "Bash", Some("git push:*"));
        check("Bash(echo $(date))", "Bash", Some("echo $(date)"));
        check("mcp__a__b", "mcp__a__b", None);
        check("Read(", "Read(", None);
        check(")(", ")(", None);
    }

    #[test]
    fn tools_in_front_matter() {
        let tools = |value: Value| spelled_tools(&value).join("|");
        assert_eq!(tools("Read, Bash(git add:*), Grep".into()), "Read|Bash(git add:*)|Grep");
        assert_eq!(tools("Bash(git:*) Read".into()), "Bash(git:*)|Read");
        assert_eq!(tools(serde_json::json!(["Read", 7, "Grep"])), "Read|Grep");
        assert_eq!(tools("a) b".into()), "a)|b");
    }

    #[test]
    fn tools_of_servers() {
        assert_eq!(server_and_tool("mcp__a__b__c"), (Some("a".into()), "b__c".into()));
        assert_eq!(server_and_tool("mcp__a"), (Some("a".into()), "*".into()));
        assert_eq!(server_and_tool("Read"), (None, "Read".into()));
    }
}
