//! What agent clients on people's machines are configured to let their agents do: permission rules,
//! hooks, sandboxes, and what extends them.

use serde::{Deserialize, Serialize};

use crate::domain::{Digest, Text};

/// The permission part of one settings file, or of one profile or agent inside it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PermissionRules {
    /// `claude-code`, `codex`, `opencode`, …
    pub client: Text,
    /// Which of the client's layers the file is: `managed`, `user`, `project` or `local`. Absent when
    /// its path does not say; a project's path and a user's are often alike.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layer: Option<Text>,
    /// The profile or agent inside the client for which alone this holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<Text>,
    /// In the order of the file: some clients let the last match win, others the strictest.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<PermissionRule>,
    /// What happens without a rule, in the client's own word: `acceptEdits`, `on-request`, `auto`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_mode: Option<Text>,
    /// Modes that may not be chosen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub forbidden_modes: Vec<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sandbox: Option<Sandbox>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<Text>,
    /// Folders beside the project's that the agent works in, and projects marked as trusted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub folders: Vec<Text>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hooks: Vec<Hook>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project_servers: Option<ProjectServers>,
    /// Names of environment variables that the client sets; their values never leave the evidence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub environment: Vec<Text>,
}

impl PermissionRules {
    /// Whether the file says nothing of what its agents may do.
    pub fn is_silent(&self) -> bool {
        let named = Self {
            client: self.client.clone(),
            layer: self.layer.clone(),
            profile: self.profile.clone(),
            ..Self::default()
        };
        *self == named
    }
}

/// One rule: a tool, and for which of its uses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PermissionRule {
    pub effect: Effect,
    /// In the client's spelling: `Bash`, `mcp__server__tool`, `edit`; `*` for every tool.
    pub tool: Text,
    /// In the client's own pattern language (`git:*`, `./.env`, `domain:x`). Absent: every use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<Text>,
}

#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, strum::Display,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Effect {
    /// Runs without asking.
    Allow,
    /// Runs when a person agrees.
    Ask,
    Deny,
}

/// What the commands of an agent are confined to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sandbox {
    /// In the client's own word: `read-only`, `workspace-write`, `danger-full-access`, `docker`; `on`
    /// or `off` where there is only that.
    pub mode: Text,
    /// Whether commands reach the network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<bool>,
    /// Hosts that they reach.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<Text>,
    /// Folders beside the project's that they write to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub writable: Vec<Text>,
    /// Commands that run outside it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub excluded_commands: Vec<Text>,
    /// Whether a command inside it runs without asking.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allows_inside: Option<bool>,
}

/// A command that the client runs at an event of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hook {
    /// `PreToolUse`, `beforeShellExecution`, …
    pub event: Text,
    /// Which tools it is for; absent for every one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub matcher: Option<Text>,
    /// The command with secrets masked, the address, or the kind of a hook that is neither.
    pub command: Text,
    /// Whether the act is stopped when the hook itself fails, where the file says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fails_closed: Option<bool>,
}

/// Which of the MCP servers that a project brings along are started without asking.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectServers {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub all: Option<bool>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub enabled: Vec<Text>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub disabled: Vec<Text>,
}

/// Something that adds instructions, tools or permissions to a client.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ClientExtension {
    pub client: Text,
    /// `skill`, `command`, `rule` or `plugin`.
    pub kind: Text,
    pub name: Text,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<Text>,
    /// Where it comes from: a marketplace, a repository, a path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Text>,
    /// Whether a settings file switches it on or off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// What it lets the agent do without asking while it is in use.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<PermissionRule>,
    /// Files for which a rule's instructions are added by themselves.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub applies_to: Vec<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<Text>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hooks: Vec<Hook>,
    /// Digest of its instructions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instructions: Option<Digest>,
}
