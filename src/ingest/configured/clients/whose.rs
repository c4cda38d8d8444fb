//! Whose configuration a file is: which client reads it, and in which of the client's layers.

use crate::domain::Text;

/// Files that only one client reads.
const FILES: &[(&str, &str)] = &[
    ("claude_desktop_config.json", "claude-desktop"),
    (".claude.json", "claude-code"),
    (".mcp.json", "claude-code"),
    ("managed-settings.json", "claude-code"),
    ("opencode.json", "opencode"),
    ("opencode.jsonc", "opencode"),
    ("cline_mcp_settings.json", "cline"),
    ("mcp_settings.json", "roo-code"),
];

/// Folders in which a client keeps its files.
const FOLDERS: &[(&str, &str)] = &[
    (".amazonq", "amazon-q"),
    (".claude", "claude-code"),
    (".claude-plugin", "claude-code"),
    (".codex", "codex"),
    (".continue", "continue"),
    (".copilot", "copilot-cli"),
    (".cursor", "cursor"),
    (".gemini", "gemini-cli"),
    (".github", "copilot"),
    (".kiro", "kiro"),
    (".lmstudio", "lm-studio"),
    (".opencode", "opencode"),
    (".qwen", "qwen-code"),
    (".roo", "roo-code"),
    (".vscode", "vscode"),
    (".windsurf", "windsurf"),
    (".zed", "zed"),
    ("Code", "vscode"),
    ("gemini-cli", "gemini-cli"),
    ("goose", "goose"),
    ("opencode", "opencode"),
    ("windsurf", "windsurf"),
    ("zed", "zed"),
];

/// The client that reads the file at this path, if that is known.
pub fn known_client(path: &str) -> Option<&'static str> {
    let named = |table: &[(&str, &'static str)], part: &str| {
        table.iter().find(|(name, _)| *name == part).map(|(_, client)| *client)
    };
    let mut parts = path.rsplit('/');
    let base = parts.next().unwrap_or_default();
    let from_folder = parts.find_map(|folder| named(FOLDERS, folder));
    // Other editors keep their settings in a folder of their own.
    let default = (base == "settings.json").then_some("vscode");
    named(FILES, base).or(from_folder).or(default)
}

/// The client that reads the file, else the file's own name.
pub fn client(path: &str) -> Text {
    let base = path.rsplit('/').next().unwrap_or(path);
    let stem = base.split_once('.').map_or(base, |(stem, _)| stem);
    known_client(path).unwrap_or(stem).into()
}

/// Files and folders that an administrator writes for everybody on a machine.
const MANAGED: &[&str] = &[
    "managed-settings.json",
    "managed_config.toml",
    "requirements.toml",
    "system-defaults.json",
    "ClaudeCode",
    "GeminiCli",
    "gemini-cli",
    "ProgramData",
];

/// Which of a client's layers the file is, where the path says so. `.claude/settings.json` alone may
/// be a project's or a person's.
pub fn layer(path: &str) -> Option<Text> {
    let parts: Vec<&str> = path.split('/').collect();
    let base = parts.last().copied().unwrap_or_default();
    let is_home = |before: &[&str]| {
        matches!(before, [_, "home" | "Users", _] | ["", "root"] | ["~"])
            || before.ends_with(&[".config"]) && matches!(before, [_, "home" | "Users", ..])
    };
    let folder = parts.iter().position(|part| FOLDERS.iter().any(|(name, _)| name == part));
    let layer = if parts.iter().any(|part| MANAGED.contains(part)) || path.starts_with("/etc/") {
        "managed"
    } else if base.contains(".local.") {
        "local"
    } else if folder.and_then(|at| parts.get(..at)).is_some_and(is_home) {
        "user"
    } else {
        return None;
    };
    Some(layer.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, expected_client: &str, expected_layer: Option<&str>) {
        let layer = layer(path);
        let found = (client(path), layer.as_ref().map(Text::raw));
        assert_eq!((found.0.raw(), found.1), (expected_client, expected_layer), "{path}");
    }

    #[test]
    fn clients_and_layers_by_path() {
        check("/home/jo/.claude/settings.json", "claude-code", Some("user"));
        check("/srv/p/.claude/settings.json", "claude-code", None);
        check("/home/jo/p/.claude/settings.local.json", "claude-code", Some("local"));
        check("/etc/claude-code/managed-settings.json", "claude-code", Some("managed"));
        check("C:/Users/jo/.codex/config.toml", "codex", Some("user"));
        check("/home/jo/.config/zed/settings.json", "zed", Some("user"));
        check("/etc/gemini-cli/settings.json", "gemini-cli", Some("managed"));
        check("goose/.cursor/mcp.json", "cursor", None);
        check("claude_desktop_config.json", "claude-desktop", None);
        check("Code/User/settings.json", "vscode", None);
        check("settings.json", "vscode", None);
        check("team/servers.json", "servers", None);
        check("", "", None);
    }
}
