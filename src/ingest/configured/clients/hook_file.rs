//! Files that hold hooks and nothing else: `.cursor/hooks.json`, `.github/hooks/*.json`, and the
//! `hooks/hooks.json` of plugins.

use super::hooks::hooks;
use super::whose::{client, layer};
use crate::domain::Discipline;
use crate::domain::configured::{Configured, PermissionRules};
use crate::ingest::configured::reading::Reading;
use crate::ingest::{Document, Format, Shape, Side, Sink};

pub const FORMAT: Format = Format {
    id: "client-hooks",
    title: "Hooks of an agent client",
    side: Side::Configured,
    says: &[(
        Discipline::Behavior,
        "commands that the client runs before and after acts of the agent",
    )],
    coverage: "that a hook is configured, not that it runs or what it decides",
    recognises,
    read,
};

/// Keys that such a file has beside its hooks.
const BESIDE: &[&str] = &["hooks", "version", "description", "$schema", "disableAllHooks"];

fn recognises(shape: &Shape<'_>) -> bool {
    shape.has("hooks")
        && (shape.file_name.contains("hooks") || shape.path.rsplit('/').nth(1) == Some("hooks"))
        && shape.keys.iter().all(|key| BESIDE.contains(&key.as_ref()))
}

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some((mut reading, root)) = Reading::begin(document, sink) else { return };
    let path = reading.path();
    let rules = PermissionRules {
        client: client(&path),
        layer: layer(&path),
        hooks: hooks(&mut reading, "", &root, "hooks"),
        ..PermissionRules::default()
    };
    if !rules.is_silent() {
        reading.record("", Configured::PermissionRules(rules));
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::read_text;
    use super::super::testing::permission_rules;

    #[track_caller]
    fn check(file: &str, text: &str, client: &str, expected: &[&str]) {
        let rules = permission_rules(file, text);
        let shown = rules.hooks.iter().map(|hook| {
            let matcher = hook.matcher.as_ref().map_or("*", |matcher| matcher.raw());
            let closed = if hook.fails_closed == Some(true) { " closed" } else { "" };
            format!("{} {matcher} {}{closed}", hook.event.raw(), hook.command.raw())
        });
        assert_eq!(shown.collect::<Vec<_>>(), expected, "{file}");
        assert_eq!(rules.client, client);
    }

    #[test]
    fn hooks_of_every_client() {
        check(
            ".cursor/hooks.json",
            r#"{"version":1,"hooks":{"preToolUse":[{"command":"x.sh","matcher":"Write","failClosed":true}]}}"#,
            "cursor",
            &["preToolUse Write x.sh closed"],
        );
        check(
            ".github/hooks/guard.json",
            r#"{"version":1,"hooks":{"preToolUse":[{"type":"command","bash":"./g.sh","powershell":"g.ps1"}]}}"#,
            "copilot",
            &["preToolUse * ./g.sh"],
        );
        check(
            "hooks/hooks.json",
            r#"{"description":"d","hooks":{"Stop":[{"hooks":[{"type":"http","url":"https://h/x?token=abc"}]}]}}"#,
            "hooks",
            &["Stop * https://h/x?token=***a77fc933"],
        );
    }

    #[test]
    fn what_is_no_hook_is_said_so() {
        let found = read_text("hooks.json", r#"{"hooks":{"Stop":[{"matcher":"x"},7]}}"#);
        let places: Vec<_> = found.problems.iter().map(|problem| problem.at.to_string()).collect();
        assert_eq!(places, [":/hooks/Stop/0", ":/hooks/Stop/1"]);
        assert_eq!(found.records.len(), 0);
    }
}
