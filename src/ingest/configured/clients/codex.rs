//! Configuration of Codex (`~/.codex/config.toml`, `requirements.toml`): approvals, sandbox,
//! profiles, MCP servers.

use super::hooks::hooks;
use super::rules::rule;
use super::servers::servers;
use super::whose::layer;
use crate::domain::configured::{Configured, Effect, PermissionRules, Sandbox};
use crate::domain::{Discipline, Text};
use crate::ingest::configured::reading::{
    Object, Reading, flag, members, names, object, pointer, text, texts,
};
use crate::ingest::{Document, Format, Shape, Side, Sink};

pub const FORMAT: Format = Format {
    id: "codex-settings",
    title: "Codex configuration",
    side: Side::Configured,
    says: &[
        (Discipline::Behavior, "when the agent asks, what its sandbox lets it write and reach"),
        (Discipline::Model, "models by profile, MCP servers with the tools that are switched on"),
    ],
    coverage: "one layer of several; a command line may name another profile or other values",
    recognises,
    read,
};

const CLIENT: &str = "codex";

fn recognises(shape: &Shape<'_>) -> bool {
    let own = ["mcp_servers", "approval_policy", "sandbox_mode", "allowed_approval_policies"];
    let is_in_folder = shape.path.rsplit('/').nth(1) == Some(".codex");
    own.iter().any(|key| shape.has(key)) || (is_in_folder && shape.file_name == "config.toml")
}

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some((mut reading, root)) = Reading::begin(document, sink) else { return };
    let path = reading.path();
    let whole = PermissionRules {
        folders: trusted(&root),
        hooks: hooks(&mut reading, "", &root, "hooks"),
        environment: object(&root, "shell_environment_policy")
            .map(|policy| names(policy, "set"))
            .unwrap_or_default(),
        forbidden_modes: forbidden(&root),
        ..section(&path, &root)
    };
    if !whole.is_silent() {
        reading.record("", Configured::PermissionRules(whole));
    }
    for (name, settings) in members(&root, "profiles") {
        let Some(settings) = settings.as_object() else { continue };
        let at = pointer("/profiles", name);
        let profile = Some(name.as_str().into());
        let rules = PermissionRules { profile, ..section(&path, settings) };
        reading.record(&at, Configured::PermissionRules(rules));
    }
    servers(&mut reading, &CLIENT.into(), "", &root, "mcp_servers");
}

/// What the file says as a whole, or one of its profiles.
fn section(path: &str, section: &Object) -> PermissionRules {
    let searches = object(section, "tools").and_then(|tools| flag(tools, "web_search"));
    let search = searches.map(|on| if on { Effect::Allow } else { Effect::Deny });
    PermissionRules {
        client: CLIENT.into(),
        layer: layer(path),
        rules: search.map(|effect| rule(effect, "web_search")).into_iter().collect(),
        default_mode: approval(section),
        sandbox: sandbox(section),
        model: text(section, "model"),
        ..PermissionRules::default()
    }
}

/// The policy by name; a table sets several of its parts one by one.
fn approval(section: &Object) -> Option<Text> {
    let parts = || object(section, "approval_policy").map(|_| "granular".into());
    text(section, "approval_policy").or_else(parts)
}

fn sandbox(section: &Object) -> Option<Sandbox> {
    let none = Object::new();
    let write = object(section, "sandbox_workspace_write").unwrap_or(&none);
    let mode = text(section, "sandbox_mode");
    (mode.is_some() || !write.is_empty()).then(|| Sandbox {
        mode: mode.unwrap_or_else(|| "workspace-write".into()),
        network: flag(write, "network_access"),
        writable: texts(write, "writable_roots"),
        ..Sandbox::default()
    })
}

/// Projects in which the agent works without asking first.
fn trusted(root: &Object) -> Vec<Text> {
    let is_trusted = |project: &serde_json::Value| {
        project.get("trust_level").and_then(|level| level.as_str()) == Some("trusted")
    };
    let projects = members(root, "projects").filter(|(_, project)| is_trusted(project));
    projects.map(|(path, _)| path.as_str().into()).collect()
}

/// What `requirements.toml` leaves out of the policies and sandboxes that there are.
fn forbidden(root: &Object) -> Vec<Text> {
    let all = [
        (
            "allowed_approval_policies",
            ["untrusted", "on-failure", "on-request", "never"].as_slice(),
        ),
        (
            "allowed_sandbox_modes",
            ["read-only", "workspace-write", "danger-full-access"].as_slice(),
        ),
    ];
    let mut forbidden = Vec::new();
    for (key, modes) in all.iter().filter(|(key, _)| root.contains_key(*key)) {
        let allowed = texts(root, key);
        let left_out = modes.iter().filter(|mode| !allowed.iter().any(|one| *one == **mode));
        forbidden.extend(left_out.map(|mode| Text::from(*mode)));
    }
    forbidden
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::read_text;
    use super::*;

    #[test]
    fn the_file_its_profiles_and_servers() {
        let found = read_text(
            "/home/jo/.codex/config.toml",
            r#"
model = "m"
approval_policy = "on-request"
sandbox_mode = "workspace-write"
[sandbox_workspace_write]
network_access = true
writable_roots = ["/t"]
[tools]
web_search = true
[profiles.ci]
approval_policy = "never"
sandbox_mode = "danger-full-access"
[projects."/p"]
trust_level = "trusted"
[projects."/q"]
trust_level = "untrusted"
[shell_environment_policy.set]
KEY = "secret"
[mcp_servers.docs]
command = "npx"
args = ["-y", "docs@1.0.0"]
enabled_tools = ["search"]
[mcp_servers.off]
command = "x"
enabled = false
"#,
        );
        assert_eq!(found.problems, []);
        let bodies: Vec<_> = found.records.iter().map(|record| &record.body).collect();
        let [
            Configured::PermissionRules(whole),
            Configured::PermissionRules(ci),
            Configured::McpServer(docs),
        ] = bodies.as_slice()
        else {
            unreachable!("rules, a profile and a server: {bodies:?}")
        };
        assert_eq!(
            (whole.layer.clone(), whole.model.clone()),
            (Some("user".into()), Some("m".into()))
        );
        assert_eq!((&whole.folders, &whole.environment), (&vec!["/p".into()], &vec!["KEY".into()]));
        let sandbox = whole.sandbox.clone().unwrap_or_default();
        assert_eq!((sandbox.mode.raw(), sandbox.network), ("workspace-write", Some(true)));
        assert_eq!(
            (ci.profile.clone(), ci.default_mode.clone()),
            (Some("ci".into()), Some("never".into()))
        );
        assert_eq!((docs.pinned, docs.allowed_tools.clone()), (true, Some(vec!["search".into()])));
    }

    #[test]
    fn requirements_forbid_what_they_do_not_name() {
        let found = read_text(
            "requirements.toml",
            "allowed_approval_policies = [\"on-request\", \"untrusted\"]\nallowed_sandbox_modes = [\"read-only\"]\n",
        );
        let [record] = found.records.as_slice() else { unreachable!("one record") };
        let Configured::PermissionRules(rules) = &record.body else { unreachable!("rules") };
        assert_eq!(
            rules.forbidden_modes,
            ["on-failure", "never", "workspace-write", "danger-full-access"]
        );
        assert_eq!(rules.layer, Some("managed".into()));
    }
}
