//! How each agent client weighs its rules and what it does without one, from its documentation.

use crate::domain::Text;
use crate::domain::configured::{Effect, PermissionRule, PermissionRules};
use crate::domain::matcher::{Dialect, Glob};

use super::Call;

/// What a rule of a tool is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Command,
    Read,
    Edit,
    Fetch,
    /// A name: of a sub-agent, a skill.
    Name,
}

/// Which of several rules decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Denials, then what asks, then what allows.
    Strictest,
    /// The last one in the text.
    LastMatch,
    /// As the strictest, rules with a pattern before those without.
    PatternsFirst,
    /// Denials by name, then what is approved, then what is merely offered, which the mode decides;
    /// everything else is denied where there is a list of offers.
    Offered,
}

/// The language of the patterns for one kind of input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Claude Code's commands.
    Command,
    /// The beginning of a command, up to a space.
    CommandPrefix,
    /// Cursor's first word of a command, with a glob for its arguments after a colon.
    CommandBase,
    /// gitignore, with Claude Code's anchors.
    AnchoredPath,
    /// gitignore, beneath the workspace unless it begins with a slash.
    WorkspacePath,
    /// `domain:` and a host.
    Domain,
    /// A host with a wildcard.
    Host,
    /// `*` and `?`.
    Glob,
    /// Regular expressions, which are not evaluated.
    Regex,
}

/// A client as a row of [`CLIENTS`].
#[derive(Debug)]
pub struct Client {
    pub name: &'static str,
    pub order: Order,
    /// Whether a line of shell is taken apart and each command judged by itself.
    pub splits_commands: bool,
    /// The mode without a setting.
    mode: &'static str,
    /// How tools of an MCP server are spelled: before, between and after server and tool.
    pub mcp: (&'static str, &'static str),
    languages: &'static [(Kind, Language)],
}

/// | client | documented in |
/// |---|---|
/// | claude-code | code.claude.com/docs/en/permissions |
/// | cursor | cursor.com/docs/cli/reference/permissions |
/// | opencode | opencode.ai/docs/permissions |
/// | gemini-cli, qwen-code | geminicli.com/docs/tools/shell, /reference/configuration |
/// | zed | zed.dev/docs/ai/tool-permissions |
/// | vscode | code.visualstudio.com/docs/copilot/chat/chat-agent-mode |
/// | goose | block.github.io/goose/docs/guides/goose-permissions |
/// | codex | developers.openai.com/codex/agent-approvals-security |
const CLIENTS: &[Client] = &[
    Client {
        name: "claude-code",
        order: Order::Strictest,
        splits_commands: true,
        mode: "default",
        mcp: ("mcp__", "__"),
        languages: &[
            (Kind::Command, Language::Command),
            (Kind::Read, Language::AnchoredPath),
            (Kind::Edit, Language::AnchoredPath),
            (Kind::Fetch, Language::Domain),
        ],
    },
    Client {
        name: "cursor",
        order: Order::Strictest,
        splits_commands: false,
        mode: "allowlist",
        mcp: ("", ":"),
        languages: &[
            (Kind::Command, Language::CommandBase),
            (Kind::Read, Language::WorkspacePath),
            (Kind::Edit, Language::WorkspacePath),
            (Kind::Fetch, Language::Host),
        ],
    },
    Client {
        name: "opencode",
        order: Order::LastMatch,
        splits_commands: true,
        mode: "",
        mcp: ("", "_"),
        languages: &[
            (Kind::Command, Language::Glob),
            (Kind::Read, Language::Glob),
            (Kind::Edit, Language::Glob),
            (Kind::Fetch, Language::Glob),
        ],
    },
    Client {
        name: "gemini-cli",
        order: Order::Offered,
        splits_commands: true,
        mode: "default",
        mcp: ("", "__"),
        languages: &[(Kind::Command, Language::CommandPrefix)],
    },
    Client {
        name: "zed",
        order: Order::PatternsFirst,
        splits_commands: true,
        mode: "confirm",
        mcp: ("mcp:", ":"),
        languages: &[
            (Kind::Command, Language::Regex),
            (Kind::Read, Language::Regex),
            (Kind::Edit, Language::Regex),
            (Kind::Fetch, Language::Regex),
        ],
    },
    Client {
        name: "vscode",
        order: Order::PatternsFirst,
        splits_commands: true,
        mode: "",
        mcp: ("", "/"),
        languages: &[
            (Kind::Command, Language::CommandPrefix),
            (Kind::Edit, Language::WorkspacePath),
            (Kind::Fetch, Language::Glob),
        ],
    },
    Client {
        name: "goose",
        order: Order::Strictest,
        splits_commands: false,
        mode: "auto",
        mcp: ("", "__"),
        languages: &[],
    },
    Client {
        name: "codex",
        order: Order::Strictest,
        splits_commands: false,
        mode: "on-request",
        mcp: ("mcp__", "__"),
        languages: &[],
    },
];

/// A client that is not known: strict, nothing but names, nothing said without a rule.
const OTHER: Client = Client {
    name: "",
    order: Order::Strictest,
    splits_commands: false,
    mode: "",
    mcp: ("mcp__", "__"),
    languages: &[],
};

/// What the tools of the clients are about; several names share one permission.
const KINDS: &[(Kind, &[&str])] = &[
    (Kind::Command, &["Bash", "PowerShell", "Monitor", "Shell", "bash", "shell", "terminal"]),
    (Kind::Command, &["run_shell_command"]),
    (Kind::Read, &["Read", "Glob", "Grep", "LS", "LSP", "read", "read_file", "list_directory"]),
    (Kind::Edit, &["Edit", "Write", "MultiEdit", "NotebookEdit", "edit", "write", "patch"]),
    (Kind::Edit, &["edit_file", "write_file", "replace", "delete_path", "move_path", "copy_path"]),
    (Kind::Edit, &["create_directory", "apply_patch"]),
    (Kind::Fetch, &["WebFetch", "webfetch", "fetch", "web_fetch"]),
];

const ALLOW: Option<Effect> = Some(Effect::Allow);
const ASK: Option<Effect> = Some(Effect::Ask);
const DENY: Option<Effect> = Some(Effect::Deny);

/// What a mode does with reads (of the project), with edits, and with everything else when no rule is
/// about it. What a classifier decides at run time is left open.
type Mode = (&'static str, &'static str, [Option<Effect>; 3]);

const MODES: &[Mode] = &[
    ("claude-code", "default", [ALLOW, ASK, ASK]),
    ("claude-code", "manual", [ALLOW, ASK, ASK]),
    ("claude-code", "acceptEdits", [ALLOW, ALLOW, ASK]),
    ("claude-code", "plan", [ALLOW, DENY, ASK]),
    ("claude-code", "auto", [ALLOW, None, None]),
    ("claude-code", "dontAsk", [ALLOW, DENY, DENY]),
    ("claude-code", "bypassPermissions", [ALLOW, ALLOW, ALLOW]),
    ("cursor", "allowlist", [ASK, ASK, ASK]),
    ("cursor", "auto-review", [None, None, None]),
    ("cursor", "unrestricted", [ALLOW, ALLOW, ALLOW]),
    ("opencode", "", [ALLOW, ALLOW, ALLOW]),
    ("gemini-cli", "default", [ALLOW, ASK, ASK]),
    ("gemini-cli", "autoAccept", [ALLOW, ASK, ASK]),
    ("gemini-cli", "auto_edit", [ALLOW, ALLOW, ASK]),
    ("gemini-cli", "plan", [ALLOW, DENY, DENY]),
    ("gemini-cli", "yolo", [ALLOW, ALLOW, ALLOW]),
    ("zed", "confirm", [ALLOW, ASK, ASK]),
    ("zed", "allow", [ALLOW, ALLOW, ALLOW]),
    ("zed", "deny", [ALLOW, DENY, DENY]),
    ("vscode", "", [ALLOW, ALLOW, ASK]),
    ("goose", "auto", [ALLOW, ALLOW, ALLOW]),
    ("goose", "approve", [ASK, ASK, ASK]),
    ("goose", "smart_approve", [None, None, None]),
    ("goose", "chat", [DENY, DENY, DENY]),
    // Inside its sandbox; what goes beyond is asked for, or refused where the policy is `never`.
    ("codex", "untrusted", [ALLOW, ASK, ASK]),
    ("codex", "on-failure", [ALLOW, ALLOW, ALLOW]),
    ("codex", "on-request", [ALLOW, ALLOW, ALLOW]),
    ("codex", "never", [ALLOW, ALLOW, ALLOW]),
];

/// What a client does in a mode with reads, edits and everything else; `None` for a mode or client
/// that is not known.
pub fn mode_effects(client: &str, mode: Option<&str>) -> Option<[Option<Effect>; 3]> {
    let client = Client::of(client);
    let mode = mode.unwrap_or(client.mode);
    let row = MODES.iter().find(|(name, word, _)| *name == client.name && *word == mode);
    row.map(|(.., effects)| *effects)
}

impl Client {
    pub fn of(name: &str) -> &'static Self {
        // Qwen Code follows Gemini CLI.
        let name = if name == "qwen-code" { "gemini-cli" } else { name };
        CLIENTS.iter().find(|client| client.name == name).unwrap_or(&OTHER)
    }

    pub fn kind(&self, call: &Call<'_>) -> Kind {
        match call.server {
            None => kind_of(call.tool),
            Some(_) => Kind::Name,
        }
    }

    /// The language of a tool's patterns; none when they are names.
    pub fn language(&self, tool: &str) -> Option<Language> {
        let kind = kind_of(tool);
        self.languages.iter().find(|(of, _)| *of == kind).map(|(_, language)| *language)
    }

    /// What happens without a rule, by the mode of the strongest layer that names one.
    pub fn without_rule(&self, layers: &[&PermissionRules], call: &Call<'_>) -> Option<Effect> {
        let is_forbidden =
            |mode: &&Text| layers.iter().any(|layer| layer.forbidden_modes.contains(mode));
        let mode = layers.iter().rev().find_map(|layer| layer.default_mode.as_ref());
        let mode = mode.filter(|mode| !is_forbidden(mode));
        let [reads, edits, others] = mode_effects(self.name, mode.map(Text::raw))?;
        let beyond = match self.name {
            "opencode" => ASK,
            "codex" if mode.is_some_and(|mode| *mode == "never") => DENY,
            "codex" => ASK,
            _ => others,
        };
        match self.kind(call) {
            Kind::Read if self.name == "opencode" && is_environment(call) => DENY,
            Kind::Read if self.name != "codex" && is_outside(call) => beyond,
            Kind::Read => reads,
            Kind::Edit if self.name == "codex" && !may_write(layers, call) => beyond,
            Kind::Edit if self.name != "codex" && is_outside(call) => beyond,
            Kind::Edit => edits,
            Kind::Command if sandboxed(layers) => ALLOW,
            _ => others,
        }
    }

    /// Whether a sandbox stands in for a rule that asks for every command (Claude Code, "How
    /// permissions interact with sandboxing").
    pub fn replaces(
        &self,
        layers: &[&PermissionRules],
        rule: &PermissionRule,
        call: &Call<'_>,
    ) -> bool {
        let is_whole_tool = rule.pattern.as_ref().is_none_or(|pattern| *pattern == "*");
        rule.effect == Effect::Ask
            && is_whole_tool
            && self.kind(call) == Kind::Command
            && sandboxed(layers)
    }
}

/// Whether Codex's sandbox lets a file be written.
fn may_write(layers: &[&PermissionRules], call: &Call<'_>) -> bool {
    let sandbox = layers.iter().rev().find_map(|layer| layer.sandbox.as_ref());
    match sandbox.map(|sandbox| sandbox.mode.raw()) {
        Some("danger-full-access") => true,
        Some("read-only") => false,
        _ => !is_outside(call),
    }
}

/// Files of secrets that OpenCode does not read unless a rule says so.
fn is_environment(call: &Call<'_>) -> bool {
    let is_like = |glob: &str| call.input.is_some_and(|path| Glob::matches(glob, path));
    (is_like("*.env") || is_like("*.env.*")) && !is_like("*.env.example")
}

/// Whether commands run in a sandbox that lets them run without asking.
fn sandboxed(layers: &[&PermissionRules]) -> bool {
    let sandbox = layers.iter().rev().find_map(|layer| layer.sandbox.as_ref());
    sandbox.is_some_and(|sandbox| sandbox.mode == "on" && sandbox.allows_inside != Some(false))
        && layers.first().is_some_and(|layer| layer.client == "claude-code")
}

/// Whether a path lies outside the project.
fn is_outside(call: &Call<'_>) -> bool {
    call.input.is_some_and(|path| path.starts_with(['/', '~']) || path.starts_with("../"))
}

fn kind_of(tool: &str) -> Kind {
    let row = KINDS.iter().find(|(_, tools)| tools.contains(&tool));
    row.map_or(Kind::Name, |(kind, _)| *kind)
}
