//! Settings that people committed to public repositories: what their rules come to, worked out by
//! hand from the documentation of Claude Code.

use super::tests::{call, shown};
use super::{about, decide};
use crate::domain::configured::{Configured, PermissionRules};
use crate::ingest::configured::tests::read_text;
use crate::scope::testing::real_data;

/// Repository, call, what becomes of it.
const CASES: &[(&str, &str, &str)] = &[
    ("salesforce+cloudsplaining", "Bash: git push origin main", "allow"),
    ("salesforce+cloudsplaining", "Bash: git push --force origin main", "deny"),
    ("salesforce+cloudsplaining", "Bash: git push origin --force", "deny"),
    ("salesforce+cloudsplaining", "Bash: git add . && git commit -m x", "allow"),
    ("salesforce+cloudsplaining", "Bash: git add . && git rebase main", "ask"),
    ("salesforce+cloudsplaining", "Bash: git add . ; rm -rf x", "deny"),
    ("salesforce+cloudsplaining", "Bash: rm x", "ask"),
    ("salesforce+cloudsplaining", "Bash: A=1 sudo ls", "deny"),
    ("salesforce+cloudsplaining", "Bash: command -v cmux", "allow"),
    ("salesforce+cloudsplaining", "Bash: command -v git", "ask"),
    ("salesforce+cloudsplaining", "Edit: ~/.ssh/config", "deny"),
    ("salesforce+cloudsplaining", "Edit: ~/.aws/credentials", "deny"),
    ("salesforce+cloudsplaining", "Read: ~/.aws/credentials", "deny"),
    ("salesforce+cloudsplaining", "Edit: docs/plans/2026/a.md", "allow"),
    ("salesforce+cloudsplaining", "Edit: docs/a.md", "ask"),
    ("stacklok+toolhive", "WebFetch: https://modelcontextprotocol.io/spec", "allow"),
    ("stacklok+toolhive", "WebFetch: https://evil.modelcontextprotocol.io/", "ask"),
    ("stacklok+toolhive", "Bash: task operator-test", "allow"),
    ("stacklok+toolhive", "Bash: task operator-test --force", "ask"),
    ("openshift+microshift", "Read: /tmp/a", "allow"),
    ("openshift+microshift", "Read: tmp/a", "allow"),
    // A path rule for `Write` is never consulted.
    ("openshift+microshift", "Write: /tmp/a", "ask"),
    ("nextest-rs+nextest", "WebSearch", "allow"),
    ("nextest-rs+nextest", "Skill: prepare-changelog", "allow"),
    ("nextest-rs+nextest", "Bash: jj s", "allow"),
    ("nextest-rs+nextest", "Bash: jj st", "ask"),
];

/// Rules that are accepted and never consulted.
const IGNORED: &[&str] = &["Write(//tmp/**)"];

fn settings(repository: &str) -> Option<PermissionRules> {
    let file = real_data("agent-client-configs").join(repository).join(".claude/settings.json");
    let text = std::fs::read_to_string(file).ok()?;
    let records = read_text(".claude/settings.json", &text).records;
    records.into_iter().find_map(|record| match record.body {
        Configured::PermissionRules(rules) => Some(rules),
        _ => None,
    })
}

#[test]
fn settings_of_public_repositories() {
    let (mut cases, mut rules) = (0, 0);
    for (repository, spelled, expected) in CASES {
        let Some(settings) = settings(repository) else { return };
        let decision = decide(&[&settings], call(spelled));
        assert_eq!(shown(decision.effect), *expected, "{repository}: {spelled}");
        cases += 1;
    }
    let repositories: std::collections::BTreeSet<&str> =
        CASES.iter().map(|(repository, ..)| *repository).collect();
    for settings in repositories.iter().filter_map(|repository| settings(repository)) {
        for rule in &settings.rules {
            let pattern = rule.pattern.as_ref().map_or("", |pattern| pattern.raw());
            let spelled = format!("{}({pattern})", rule.tool.raw());
            let is_ignored = IGNORED.contains(&spelled.as_str());
            assert_eq!(about("claude-code", rule).is_none(), is_ignored, "{spelled}");
            rules += 1;
        }
    }
    // The count tells whether the real data was there.
    std::io::Write::write_fmt(
        &mut std::io::stderr(),
        format_args!("{cases} calls decided under {rules} committed rules\n"),
    )
    .expect("standard error takes a line");
}
