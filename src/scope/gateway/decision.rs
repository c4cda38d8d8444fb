//! What the rules of a gateway make of a call of a tool.
//!
//! Source: agentgateway, MCP authorization and HTTP authorization: a matching `deny` refuses, every
//! `require` must hold, and one of the `allow` rules must match if there are any. Cedar refuses what
//! no `permit` allows.

use serde_json::json;

use super::cedar;
use super::cel::{self, Known};
use crate::domain::Text;
use crate::domain::configured::{GatewayPolicy, GatewayRule, RuleEffect};
use crate::scope::answer::Answer;

/// A call of a tool through a gateway.
#[derive(Clone, Debug, Default)]
pub struct ToolCall {
    /// `None` for a tool of which only this much is known: no rule names it.
    pub tool: Option<Text>,
    /// The target of the gateway that offers it.
    pub target: Option<Text>,
    /// What is known of the request: `jwt.sub`, `request.headers`, …
    pub request: Known,
}

/// The sets of rules that stand in the way of a call one after the other.
const STAGES: [&str; 3] = ["network", "http", "mcp"];

/// Whether the gateway lets a call through.
pub fn decide(policy: &GatewayPolicy, call: &ToolCall) -> Answer {
    let known = known(call);
    let stage = |stage: &&str| {
        let rules = policy.rules.iter().filter(|rule| rule.applies_to == **stage);
        let rules: Vec<&GatewayRule> = rules.filter(|rule| concerns(rule, call)).collect();
        decide_stage(&rules, call, &known)
    };
    Answer::all(STAGES.iter().map(stage))
}

/// A rule at one target says nothing of the others; of an unknown target all speak.
fn concerns(rule: &GatewayRule, call: &ToolCall) -> bool {
    match (&rule.target, &call.target) {
        (Some(only), Some(target)) => only == target,
        _ => true,
    }
}

fn decide_stage(rules: &[&GatewayRule], call: &ToolCall, known: &Known) -> Answer {
    let of = |effect| rules.iter().filter(move |rule| rule.effect == effect);
    let matches = |rule: &&GatewayRule| matches(rule, call, known);
    let denied = Answer::any(of(RuleEffect::Deny).map(matches));
    let required = Answer::all(of(RuleEffect::Require).map(matches));
    let refuses_by_default = rules.iter().any(|rule| rule.language == "cedar");
    let allowed = match of(RuleEffect::Allow).next() {
        Some(_) => Answer::any(of(RuleEffect::Allow).map(matches)),
        None => (!refuses_by_default).into(),
    };
    denied.negated().and(required).and(allowed)
}

fn matches(rule: &GatewayRule, call: &ToolCall, known: &Known) -> Answer {
    match rule.language.raw() {
        "cel" => cel::matches(rule.rule.raw(), known),
        "cedar" => cedar::matches(rule.rule.raw(), call.tool.as_ref()),
        language => Answer::on(format!(
            "{} (a rule in {language}, which is not evaluated)",
            rule.rule.raw().trim()
        )),
    }
}

/// While a tool is called the other kinds of resource are not there. Rules are asked before the
/// arguments are looked at.
fn known(call: &ToolCall) -> Known {
    let known = call.request.clone().without("mcp.prompt").without("mcp.resource");
    let Some(tool) = call.tool.as_ref().map(Text::raw) else { return known };
    match call.target.as_ref().map(Text::raw) {
        Some(target) => known.with("mcp.tool", json!({"name": tool, "target": target})),
        None => known.with("mcp.tool.name", tool.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rules as `effect stage rule`, with ` @target` for those of one target.
    fn policy(language: &str, rules: &[&str]) -> GatewayPolicy {
        let rule = |written: &&str| {
            let mut words = written.splitn(3, ' ');
            let mut word = || words.next().unwrap_or_default();
            let (effect, applies_to, rule) = (word(), word(), word());
            let (rule, target) = match rule.split_once(" @") {
                Some((rule, target)) => (rule, Some(target.into())),
                None => (rule, None),
            };
            GatewayRule {
                language: language.into(),
                effect: match effect {
                    "allow" => RuleEffect::Allow,
                    "deny" => RuleEffect::Deny,
                    "require" => RuleEffect::Require,
                    other => unreachable!("{other} is no effect"),
                },
                applies_to: applies_to.into(),
                rule: rule.into(),
                target,
            }
        };
        let rules = rules.iter().map(rule).collect();
        GatewayPolicy { rules, ..GatewayPolicy::default() }
    }

    #[track_caller]
    fn check(policy: &GatewayPolicy, tool: &str, target: Option<&str>, expected: &str) {
        let call = ToolCall {
            tool: Some(tool.into()),
            target: target.map(Text::from),
            request: Known::default().with("jwt", json!({"sub": "ann", "role": "user"})),
        };
        let found = match decide(policy, &call) {
            Answer::Yes => "yes".to_owned(),
            Answer::No => "no".to_owned(),
            Answer::Depends(on) => on.iter().map(Text::raw).collect::<Vec<_>>().join("; "),
        };
        assert_eq!(found, expected, "{tool} {target:?} {:?}", policy.rules);
    }

    const ADD: &str = r#"mcp.tool.name == "add""#;

    #[test]
    fn deny_require_and_allow() {
        let add = |effect: &str| format!("{effect} mcp {ADD}");
        let admin = r#"require mcp jwt.role == "admin""#;
        let (allow, deny, require) = (add("allow"), add("deny"), add("require"));
        for (rules, tool, expected) in [
            (&[][..], "add", "yes"),
            (&[allow.as_str()], "add", "yes"),
            (&[allow.as_str()], "sub", "no"),
            (&[deny.as_str()], "add", "no"),
            // With denials alone the rest is allowed, with an allowance it is not.
            (&[deny.as_str()], "sub", "yes"),
            (&[deny.as_str(), r#"allow mcp mcp.tool.name == "mul""#], "sub", "no"),
            (&[deny.as_str(), "allow mcp true"], "add", "no"),
            (&[require.as_str()], "add", "yes"),
            (&[require.as_str()], "sub", "no"),
            (&[require.as_str(), admin], "add", "no"),
            // To be required is not to be allowed.
            (&[require.as_str(), r#"allow mcp jwt.role == "admin""#], "add", "no"),
            // Each stage lets through.
            (
                &[allow.as_str(), r#"deny http request.path == "/x""#],
                "add",
                r#"not: request.path == "/x""#,
            ),
            (&[allow.as_str(), r#"allow http jwt.sub == "bob""#], "add", "no"),
        ] {
            check(&policy("cel", rules), tool, Some("server"), expected);
        }
    }

    #[test]
    fn rules_of_a_target() {
        let rules =
            policy("cel", &[r#"allow mcp mcp.tool.target == "server""#, "deny mcp true @far"]);
        for (target, expected) in
            [(Some("server"), "yes"), (Some("other"), "no"), (Some("far"), "no"), (None, "no")]
        {
            check(&rules, "add", target, expected);
        }
    }

    #[test]
    fn cedar_refuses_what_nothing_permits() {
        let only = r#"allow mcp permit(principal, action, resource == Tool::"add");"#;
        for (rules, expected) in [
            (&[only][..], "yes"),
            (&[r#"allow mcp permit(principal, action, resource == Tool::"sub");"#], "no"),
            (&[only, "deny mcp forbid(principal, action, resource);"], "no"),
            // Whether or not it forbids: nothing permits.
            (&["deny mcp forbid(principal, action, resource) when { a };"], "no"),
            (
                &[only, "deny mcp forbid(principal, action, resource) when { a };"],
                "not: when { a }",
            ),
        ] {
            check(&policy("cedar", rules), "add", None, expected);
        }
    }

    #[test]
    fn languages_that_are_not_evaluated_are_said() {
        let expected = "add (a rule in rego, which is not evaluated)";
        check(&policy("rego", &["allow mcp add"]), "add", None, expected);
    }
}
