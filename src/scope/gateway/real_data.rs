//! The examples of agentgateway and of ToolHive: every policy with rules, with what its comments say
//! of it.

use std::path::Path;

use serde_json::Value;

use super::*;
use crate::domain::Text;
use crate::domain::configured::{Configured, GatewayPolicy};
use crate::ingest::configured::tests::read_text;
use crate::scope::answer::Answer;
use crate::scope::testing::real_data;

/// A call: the tool and what is known of the request, as JSON by dotted path.
type Call = (&'static str, &'static str);

/// Calls with what becomes of each.
type Calls = &'static [(Call, &'static str)];

/// File and route of every policy with rules, and calls with what becomes of them.
const EXPECTED: &[(&str, &str, Calls)] = &[
    (
        "mcp-authorization/config.yaml",
        "mcp",
        &[
            // Anyone may call `echo`.
            (("echo", "{}"), "yes"),
            (("echo", r#"{"jwt": null}"#), "yes"),
            // Only the test user `get-sum`.
            (("get-sum", "{}"), r#"jwt.sub == "test-user""#),
            (("get-sum", r#"{"jwt": {"sub": "test-user"}}"#), "yes"),
            (("get-sum", r#"{"jwt": {"sub": "other"}}"#), "no"),
            (("get-sum", r#"{"jwt": null}"#), "no"),
            // Any user with a claim `get-env`.
            (("get-env", "{}"), r#"jwt.nested.key == "value""#),
            (("get-env", r#"{"jwt": {"nested": {"key": "value"}}}"#), "yes"),
            (("get-env", r#"{"jwt": {"nested": {}}}"#), "no"),
            (("toggle-logging", r#"{"jwt": {"sub": "test-user"}}"#), "no"),
        ],
    ),
    (
        "traffic-http/config.yaml",
        "",
        &[(("", "{}"), r#"cidr("127.0.0.1/8").containsIP(source.address)"#)],
    ),
    (
        "traffic-unified-gateway/config.yaml",
        "",
        &[
            (("", r#"{"jwt": {"email": "ann@example.com"}}"#), "yes"),
            (("", r#"{"jwt": {"email": "ann@example.org"}}"#), "no"),
            (("", r#"{"jwt": null}"#), "no"),
            (("", "{}"), r#"jwt.email.endsWith("@example.com")"#),
        ],
    ),
    (
        "tier-aware/agentgateway-routing.yaml",
        "AgentgatewayModel",
        &[
            (("", r#"{"request.headers": {"x-entitlement-tier": "pro"}}"#), "yes"),
            (("", r#"{"request.headers": {}}"#), "no"),
            (("", r#"{"request.headers": {"x-entitlement-tier": "none"}}"#), "no"),
        ],
    ),
    (
        "tier-aware/agentgateway-routing.yaml",
        "AgentgatewayPolicy",
        &[
            (("", r#"{"request.headers": {"x-entitlement-tier": "basic"}}"#), "yes"),
            (("", r#"{"request.headers": {"x-entitlement-tier": "none"}}"#), "no"),
        ],
    ),
];

/// Every policy with rules beneath a folder, with its file.
fn policies(folder: &Path) -> Vec<(String, GatewayPolicy)> {
    let files =
        walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().filter_map(Result::ok);
    let texts = files.filter_map(|file| {
        let name = file.path().display().to_string();
        let is_read = [".yaml", ".json"].iter().any(|end| name.ends_with(end));
        Some((name, is_read.then(|| std::fs::read_to_string(file.path()).ok())??))
    });
    texts
        .flat_map(|(name, text)| {
            let found = read_text(&name, &text).records.into_iter();
            found.filter_map(move |record| match record.body {
                Configured::GatewayPolicy(policy) => Some((name.clone(), policy)),
                _ => None,
            })
        })
        .filter(|(_, policy)| !policy.rules.is_empty())
        .collect()
}

fn decided(policy: &GatewayPolicy, tool: &str, known: &str) -> String {
    let known: serde_json::Map<String, Value> = serde_json::from_str(known).expect("JSON");
    let request = known.into_iter().fold(Known::default(), |all, (path, value)| match value {
        Value::Null => all.without(&path),
        value => all.with(&path, value),
    });
    match decide(policy, &ToolCall { tool: Some(tool.into()), target: None, request }) {
        Answer::Yes => "yes".to_owned(),
        Answer::No => "no".to_owned(),
        Answer::Depends(on) => on.iter().map(Text::raw).collect::<Vec<_>>().join("; "),
    }
}

#[test]
fn the_examples_decide_as_their_comments_say() {
    let folder = real_data("mcp-agentgateway");
    if !folder.is_dir() {
        return;
    }
    let policies = policies(&folder);
    let mut compared = 0;
    for (file, policy) in &policies {
        let expected = EXPECTED
            .iter()
            .find(|(name, route, _)| file.ends_with(name) && policy.route.raw().starts_with(route));
        let (_, _, calls) = expected.unwrap_or_else(|| unreachable!("{file} {:?}", policy.route));
        for ((tool, known), expected) in *calls {
            assert_eq!(decided(policy, tool, known), *expected, "{file} {tool} {known}");
            compared += 1;
        }
    }
    let covered =
        |(name, ..): &&(&str, &str, _)| policies.iter().any(|(file, _)| file.ends_with(name));
    assert_eq!(EXPECTED.iter().filter(covered).count(), EXPECTED.len());
    std::io::Write::write_fmt(
        &mut std::io::stderr(),
        format_args!("{} gateway policies with rules, {compared} calls compared\n", policies.len()),
    )
    .expect("standard error takes a line");
}

/// Files of Cedar policies, and tools with what becomes of a call by an unknown caller.
const CEDAR: &[(&str, &[(&str, &str)])] = &[
    (
        "authz-config-with-entities.json",
        &[(
            "weather",
            "when { principal.claim_roles.contains(\"admin\") }; \
             when { resource.owner == principal.claim_sub }",
        )],
    ),
    ("authz-config.json", &[("weather", "yes"), ("calculator", TRANSLATOR), ("other", TRANSLATOR)]),
];

/// A list of entities of one type at once is no Cedar, so that its policy stays open.
const TRANSLATOR: &str = "resource in Tool::[\"calculator\", \"translator\"]; \
    when { principal.claim_roles.contains(\"admin\") }";

#[test]
fn heads_of_cedar_policies_decide() {
    let folder = real_data("mcp-toolhive");
    if !folder.is_dir() {
        return;
    }
    let policies = policies(&folder);
    assert_eq!(policies.len(), CEDAR.len());
    let mut compared = 0;
    for ((file, policy), (name, calls)) in policies.iter().zip(CEDAR) {
        assert!(file.ends_with(name), "{file}");
        for (tool, expected) in *calls {
            assert_eq!(decided(policy, tool, "{}"), *expected, "{file} {tool}");
            compared += 1;
        }
    }
    std::io::Write::write_fmt(
        &mut std::io::stderr(),
        format_args!("{} policies in Cedar, {compared} calls compared\n", policies.len()),
    )
    .expect("standard error takes a line");
}
