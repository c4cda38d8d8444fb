//! What a gateway leaves of the tools behind it, as it narrows a grant.
//!
//! Nothing is asked of a list of tools: a rule can only tell apart the names that it spells, so each
//! of those is asked about, and all others at once.

use std::collections::BTreeSet;

use super::cedar;
use super::cel::compared_with;
use super::decision::{ToolCall, decide};
use crate::domain::configured::{GatewayPolicy, GatewayRule};
use crate::domain::{Bounds, Clause, Layer, ObjectRef, Pattern, Permitted, Record, Text};
use crate::scope::answer::Answer;

/// The attribute that names a tool.
const TOOL: &str = "mcp.tool.name";

/// No rule spells this.
const ANY_OTHER: &str = "\u{0}";

/// How a gateway narrows the tools of `server`, which an agent reaches through it as `target`.
pub fn bounds(
    policy: &GatewayPolicy,
    record: &Record,
    server: &Text,
    target: Option<&Text>,
) -> Bounds {
    let ask = |tool: Option<Text>| {
        let call = ToolCall { tool, target: target.cloned(), ..ToolCall::default() };
        decide(policy, &call)
    };
    let spelled = policy.rules.iter().map(names).try_fold(BTreeSet::new(), |mut all, names| {
        all.extend(names?);
        Some(all)
    });
    let (names, others) = match spelled {
        Some(names) => (names, ask(Some(ANY_OTHER.into()))),
        None => (BTreeSet::new(), ask(None)),
    };
    let by = ObjectRef::new(
        format!("{} policy", policy.gateway.raw()),
        policy.namespace.clone(),
        policy.route.clone(),
    );
    let layer = |clauses| Layer { by: by.clone(), place: Some(record.place.clone()), clauses };
    let tool = |name: Text, depends_on| Clause {
        pattern: Pattern::Tool { server: Some(server.clone()), name },
        depends_on,
    };
    let mut allowed: Vec<Clause> = clause(&others, |on| tool("*".into(), on)).into_iter().collect();
    let mut refused = Vec::new();
    for name in names {
        let answer = ask(Some(name.clone()));
        // A named tool falls under the clause of the others too: where it has less, that is refused.
        if others != Answer::No && answer != others {
            refused.extend(clause(&answer.clone().negated(), |on| tool(name.clone(), on)));
        }
        allowed.extend(clause(&answer, |on| tool(name, on)));
    }
    let is_everything = others == Answer::Yes && refused.is_empty();
    match is_everything {
        true => Bounds::default(),
        false => Bounds {
            within: vec![layer(allowed)],
            except: if refused.is_empty() { Vec::new() } else { vec![layer(refused)] },
            depends_on: Vec::new(),
        },
    }
}

/// The tools that a rule tells apart by name; `None` when it does so in another way.
fn names(rule: &GatewayRule) -> Option<Vec<Text>> {
    match rule.language.raw() {
        "cel" => compared_with(rule.rule.raw(), TOOL),
        "cedar" => Some(cedar::tool(rule.rule.raw()).into_iter().collect()),
        _ => None,
    }
}

fn clause(answer: &Answer, make: impl FnOnce(Vec<Text>) -> Clause) -> Option<Clause> {
    match Permitted::from(answer.clone()) {
        Permitted::No => None,
        Permitted::Yes => Some(make(Vec::new())),
        Permitted::Depends(on) => Some(make(on)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::record;
    use super::*;
    use crate::domain::Capability;
    use crate::domain::configured::{Configured, RuleEffect};

    const ALLOW: RuleEffect = RuleEffect::Allow;
    const DENY: RuleEffect = RuleEffect::Deny;

    #[track_caller]
    fn check(rules: &[(RuleEffect, &str)], expected: &[(&str, &str)]) {
        check_in("cel", rules, expected);
    }

    /// What is left of each tool behind these rules.
    #[track_caller]
    fn check_in(language: &str, rules: &[(RuleEffect, &str)], expected: &[(&str, &str)]) {
        let rules = rules.iter().map(|(effect, rule)| GatewayRule {
            language: language.into(),
            effect: *effect,
            applies_to: "mcp".into(),
            rule: (*rule).into(),
            target: None,
        });
        let policy = GatewayPolicy { rules: rules.collect(), ..GatewayPolicy::default() };
        let record = record(Configured::GatewayPolicy(policy.clone()));
        let bounds = bounds(&policy, &record, &"crm".into(), None);
        for (tool, expected) in expected {
            let used = Capability::Tool { server: Some("crm".into()), name: (*tool).into() };
            let found = match bounds.admit(&used) {
                Permitted::Yes => "yes".to_owned(),
                Permitted::No => "no".to_owned(),
                Permitted::Depends(on) => on.iter().map(Text::raw).collect::<Vec<_>>().join("; "),
            };
            assert_eq!(found, *expected, "{tool} {:?}", policy.rules);
        }
    }

    #[test]
    fn names_that_rules_spell_and_all_others() {
        let add = r#"mcp.tool.name == "add""#;
        check(&[], &[("add", "yes")]);
        check(&[(ALLOW, add)], &[("add", "yes"), ("sub", "no")]);
        check(&[(DENY, add)], &[("add", "no"), ("sub", "yes")]);
        check(
            &[(ALLOW, add), (ALLOW, r#"mcp.tool.name == "sub" && jwt.sub == "ann""#)],
            &[("add", "yes"), ("sub", r#"jwt.sub == "ann""#), ("mul", "no")],
        );
        check(
            &[(DENY, r#"mcp.tool.name == "add" && jwt.sub == "ann""#)],
            &[("add", r#"not: jwt.sub == "ann""#), ("sub", "yes")],
        );
        check(&[(ALLOW, r#"jwt.sub == "ann""#)], &[("add", r#"jwt.sub == "ann""#)]);
        // What is not a comparison with a name is left open for every tool.
        let crm = r#"mcp.tool.name.startsWith("crm.")"#;
        check(&[(ALLOW, crm)], &[("crm.export", crm), ("other", crm)]);
    }
    #[test]
    fn tools_that_cedar_names() {
        let add = r#"permit(principal, action, resource == Tool::"add");"#;
        check_in("cedar", &[(ALLOW, add)], &[("add", "yes"), ("sub", "no")]);
        let all = "permit(principal, action, resource);";
        let never = r#"forbid(principal, action, resource == Tool::"add");"#;
        check_in("cedar", &[(ALLOW, all), (DENY, never)], &[("add", "no"), ("sub", "yes")]);
        let open = "x (a rule in rego, which is not evaluated)";
        check_in("rego", &[(ALLOW, "x")], &[("add", open)]);
    }
}
