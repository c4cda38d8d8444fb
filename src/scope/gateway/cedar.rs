//! Cedar, as far as the head of a policy decides: which principal, action and resource it is for.
//!
//! `when` and `unless` ask about entities that are not loaded, so they stay open in the words of the
//! policy.
//!
//! Source: Cedar policy language guide, Policy syntax; ToolHive, Authorization (actions `call_tool`,
//! … and resources `Tool::"name"`).

use crate::domain::Text;
use crate::scope::answer::Answer;

/// What a proxy asks Cedar when a tool is called.
const CALL_TOOL: &str = "call_tool";

/// Whether a policy is about a call of this tool, whoever makes it.
pub fn matches(policy: &str, tool: Option<&Text>) -> Answer {
    let open = || Answer::on(format!("{} (a rule that is not understood)", policy.trim()));
    let Some((head, body)) = head(policy) else { return open() };
    let parts: Vec<&str> = split(head).collect();
    let [principal, action, resource] = parts[..] else { return open() };
    let action = constrained(action, "action", "Action", Some(CALL_TOOL));
    let resource = constrained(resource, "resource", "Tool", tool.map(Text::raw));
    let principal = constrained(principal, "principal", "", None);
    let conditions = match body.trim().trim_end_matches(';').trim() {
        "" => Answer::Yes,
        conditions => Answer::on(words(conditions)),
    };
    Answer::all([action, resource, principal, conditions])
}

/// The tool that a policy names in its head.
pub fn tool(policy: &str) -> Option<Text> {
    let resource = split(head(policy)?.0).nth(2)?;
    let entity = resource.strip_prefix("resource")?.trim().strip_prefix("==")?;
    entity_of(entity).map(|(_, name)| name.into())
}

/// What stands between the parentheses after the effect, and what follows them.
fn head(policy: &str) -> Option<(&str, &str)> {
    let open = policy.find("permit").into_iter().chain(policy.find("forbid")).min()?;
    let (_, rest) = policy.get(open..)?.split_once('(')?;
    let mut quoted = false;
    let close = rest.find(|character| {
        quoted ^= character == '"';
        character == ')' && !quoted
    })?;
    Some((rest.get(..close)?, rest.get(close + 1..)?))
}

/// The parts of a head: commas in lists and in quotes are no limits.
fn split(head: &str) -> impl Iterator<Item = &str> {
    let (mut quoted, mut depth) = (false, 0_usize);
    head.split(move |character| {
        match character {
            '"' => quoted = !quoted,
            '[' if !quoted => depth += 1,
            ']' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
        character == ',' && !quoted && depth == 0
    })
    .map(str::trim)
}

/// Whether `variable` may be the entity of this type and name; an unknown name leaves it open.
fn constrained(part: &str, variable: &str, kind: &str, name: Option<&str>) -> Answer {
    let open = || Answer::on(words(part));
    let Some(constraint) = part.strip_prefix(variable).map(str::trim) else { return open() };
    if constraint.is_empty() {
        return Answer::Yes;
    }
    let is = |entity: &str| match (entity_of(entity), name) {
        (Some((of, _)), _) if !kind.is_empty() && of != kind => Answer::No,
        (Some((_, listed)), Some(name)) => (listed == name).into(),
        _ => open(),
    };
    if let Some(entity) = constraint.strip_prefix("==") {
        return is(entity);
    }
    if let Some(of) = constraint.strip_prefix("is ").filter(|_| !kind.is_empty()) {
        return (of.trim() == kind).into();
    }
    let list = constraint.strip_prefix("in").map(str::trim);
    match list.and_then(|list| list.strip_prefix('[')).and_then(|list| list.strip_suffix(']')) {
        // Actions have no groups here, resources may: to be in one is to be it or below it.
        Some(list) if kind == "Action" => Answer::any(split(list).map(is)),
        _ => open(),
    }
}

/// Type and name of `Type::"name"`.
fn entity_of(entity: &str) -> Option<(&str, &str)> {
    let (kind, name) = entity.trim().split_once("::")?;
    Some((kind.trim(), name.trim().strip_prefix('"')?.strip_suffix('"')?))
}

/// On one line.
fn words(written: &str) -> String {
    written.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn heads_decide_and_conditions_stay_open() {
        for (policy, expected) in [
            ("permit(principal, action, resource);", "yes"),
            (
                r#"permit(principal, action == Action::"call_tool", resource == Tool::"weather");"#,
                "yes",
            ),
            (
                r#"forbid (principal, action == Action::"call_tool", resource == Tool::"other");"#,
                "no",
            ),
            (
                r#"permit(principal, action == Action::"get_prompt", resource == Prompt::"weather");"#,
                "no",
            ),
            (
                r#"permit(principal, action in [Action::"a", Action::"call_tool"], resource);"#,
                "yes",
            ),
            (r#"permit(principal, action in [Action::"a", Action::"b"], resource);"#, "no"),
            ("permit(principal, action, resource is Tool);", "yes"),
            ("permit(principal, action, resource is Prompt);", "no"),
            (r#"permit(principal, action, resource in Group::"g");"#, r#"resource in Group::"g""#),
            (
                r#"permit(principal == Client::"ann", action, resource);"#,
                r#"principal == Client::"ann""#,
            ),
            (
                "@id(\"x\")\n// a note\npermit(principal, action, resource)\nwhen { principal.claim_sub == \"ann\" };",
                r#"when { principal.claim_sub == "ann" }"#,
            ),
            (r#"permit(principal, action == Action::"x", resource) when { true };"#, "no"),
            (r#"permit(principal, action, resource == Tool::"a)b, c");"#, "no"),
            ("permit(a);", "permit(a); (a rule that is not understood)"),
        ] {
            let found = match matches(policy, Some(&"weather".into())) {
                Answer::Yes => "yes".to_owned(),
                Answer::No => "no".to_owned(),
                Answer::Depends(on) => on.iter().map(Text::raw).collect::<Vec<_>>().join("; "),
            };
            assert_eq!(found, expected, "{policy}");
        }
    }

    proptest! {
        #[test]
        fn any_policy_is_answered(policy in "(permit|forbid)?[(]?[a-zé\", :=\\[\\]()]{0,40}") {
            let _ = matches(&policy, None);
        }
    }
}
