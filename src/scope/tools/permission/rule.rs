//! Whether one permission rule is about a call, and about which tools it is at all.

use super::Call;
use super::clients::{Client, Kind, Language};
use super::shell;
use crate::domain::Text;
use crate::domain::configured::{Effect, PermissionRule, PermissionRules};
use crate::domain::matcher::{Command, Dialect, DomainName, Glob, HostGlob, PathGlob};

/// Whether a rule is about a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Applies {
    Yes,
    /// A pattern that is not evaluated, or an input that is not known.
    Open,
    No,
}

impl From<bool> for Applies {
    fn from(yes: bool) -> Self {
        if yes { Self::Yes } else { Self::No }
    }
}

/// The tools that a rule is about, as a grant names them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    pub server: Option<Text>,
    /// Exact, or a prefix that ends in `*`.
    pub tool: Text,
    /// On what it depends whether a use of the tool is meant, in words.
    pub only_if: Option<Text>,
}

/// The tools of a rule; `None` for one that its client accepts and never consults.
pub fn about(client: &str, rule: &PermissionRule) -> Option<About> {
    let client = Client::of(client);
    if is_ignored(client, rule) {
        return None;
    }
    let (server, tool) = server_and_tool(client, rule);
    let names_tool = server.is_some() || rule.tool == "Mcp";
    let pattern = rule.pattern.as_ref().filter(|pattern| **pattern != "*" && !names_tool);
    let only_if = pattern.map(|pattern| {
        let what = match client.language(rule.tool.raw()) {
            Some(Language::Command | Language::CommandPrefix | Language::CommandBase) => "command",
            Some(Language::AnchoredPath | Language::WorkspacePath) => "path",
            Some(Language::Domain | Language::Host) => "host",
            _ => "input",
        };
        format!("the {what} matches {}", pattern.raw()).into()
    });
    Some(About { server, tool, only_if })
}

fn server_and_tool(client: &Client, rule: &PermissionRule) -> (Option<Text>, Text) {
    let own = (None, rule.tool.clone());
    if client.name == "cursor" && rule.tool == "Mcp" {
        let named = rule.pattern.as_ref().map_or("*", Text::raw);
        let (server, tool) = named.split_once(':').unwrap_or((named, "*"));
        return match server {
            "*" => (None, tool.into()),
            server => (Some(server.into()), tool.into()),
        };
    }
    let (before, between) = client.mcp;
    match rule.tool.raw().strip_prefix(before).filter(|_| !before.is_empty()) {
        Some(rest) => match rest.split_once(between) {
            Some((server, tool)) => (Some(server.into()), tool.into()),
            // `mcp__server` alone is all of its tools; `mcp__*` is no server.
            None if rest.contains('*') => own,
            None => (Some(rest.into()), "*".into()),
        },
        // A name may hold a single underscore or slash without being of a server.
        None if between == "__" => match rule.tool.raw().split_once(between) {
            Some((server, tool)) => (Some(server.into()), tool.into()),
            None => own,
        },
        None => own,
    }
}

/// Rules that Claude Code accepts and never consults: paths for tools that share the rules of `Read`
/// and `Edit`, and allowances by a wildcard that names no server.
fn is_ignored(client: &Client, rule: &PermissionRule) -> bool {
    const SHARING: &[&str] = &["Write", "NotebookEdit", "MultiEdit", "Glob"];
    let tool = rule.tool.raw();
    let is_unanchored = || {
        let server = tool.strip_prefix("mcp__").and_then(|rest| rest.split_once("__"));
        tool.contains('*') && server.is_none_or(|(server, _)| server.contains('*'))
    };
    let primary = |pattern: &Text| {
        ["command:", "file_path:", "url:"].iter().any(|field| pattern.raw().starts_with(field))
    };
    client.name == "claude-code"
        && ((rule.pattern.is_some() && SHARING.contains(&tool))
            || (rule.effect == Effect::Allow && is_unanchored())
            || rule.pattern.as_ref().is_some_and(primary))
}

/// Whether a rule of these settings is about a call.
pub fn applies(
    client: &Client,
    settings: &PermissionRules,
    rule: &PermissionRule,
    call: &Call<'_>,
) -> Applies {
    if is_ignored(client, rule) || !names(client, rule, call) {
        return Applies::No;
    }
    let pattern = match &rule.pattern {
        Some(pattern) if *pattern != "*" && call.server.is_none() => pattern.raw(),
        _ => return Applies::Yes,
    };
    let Some(input) = call.input else { return Applies::Open };
    match client.language(call.tool) {
        Some(Language::Regex) => Applies::Open,
        Some(Language::CommandPrefix) if pattern.starts_with('/') && pattern.len() > 1 => {
            Applies::Open
        }
        Some(Language::Command) if pattern.starts_with("run_in_background:") => Applies::Open,
        Some(Language::Command) => in_claude(rule.effect, pattern, input).into(),
        Some(Language::CommandPrefix) => Command::matches(&format!("{pattern}:*"), input).into(),
        Some(Language::CommandBase) => by_base(pattern, input).into(),
        Some(Language::AnchoredPath) => {
            let path = settled(input);
            let globs = anchored(pattern, settings, rule.effect);
            globs.iter().any(|glob| PathGlob::matches(glob, &path)).into()
        }
        Some(Language::WorkspacePath) => {
            PathGlob::matches(&settled_glob(pattern), &settled(input)).into()
        }
        Some(Language::Domain) => match pattern.strip_prefix("domain:") {
            Some(host) => HostGlob::matches(host, host_of(input)).into(),
            None => Applies::No,
        },
        Some(Language::Host) => DomainName::matches(pattern, host_of(input)).into(),
        Some(Language::Glob) => {
            let home = |text: &str| text.replacen("$HOME/", "~/", 1);
            let input = input.strip_prefix("./").unwrap_or(input);
            Glob::matches(&home(pattern), &home(input)).into()
        }
        // `Agent(model:opus)` is about a parameter that is not known here.
        None if pattern.contains(':') && rule.effect != Effect::Allow => Applies::Open,
        None => Glob::matches(pattern, input).into(),
    }
}

/// Whether the rule's tool is the one that is called.
fn names(client: &Client, rule: &PermissionRule, call: &Call<'_>) -> bool {
    let tool = rule.tool.raw();
    if tool == "*" {
        return true;
    }
    if let Some(server) = call.server {
        return names_tool_of(client, rule, server, call.tool);
    }
    let kind = client.kind(call);
    match (client.name, tool) {
        ("claude-code", "Edit") => kind == Kind::Edit,
        ("claude-code", "Read") if kind == Kind::Edit => {
            rule.effect == Effect::Deny && rule.pattern.is_some() && call.tool != "NotebookEdit"
        }
        ("claude-code", "Read") => kind == Kind::Read,
        ("claude-code", "Bash") => ["Bash", "Monitor"].contains(&call.tool),
        ("claude-code", "Agent" | "Task") => ["Agent", "Task"].contains(&call.tool),
        ("cursor", "Write") => kind == Kind::Edit,
        ("opencode", _) if kind == Kind::Edit => Glob::matches(tool, "edit"),
        _ => Glob::matches(tool, call.tool),
    }
}

fn names_tool_of(client: &Client, rule: &PermissionRule, server: &str, tool: &str) -> bool {
    let (before, between) = client.mcp;
    let spelled = format!("{before}{server}{between}{tool}");
    let rules_tool = rule.tool.raw();
    match client.name {
        "cursor" if rules_tool == "Mcp" => {
            Glob::matches(rule.pattern.as_ref().map_or("*", Text::raw), &spelled)
        }
        "cursor" => false,
        "claude-code" => {
            rules_tool.strip_prefix("mcp__") == Some(server) || Glob::matches(rules_tool, &spelled)
        }
        _ => Glob::matches(rules_tool, &spelled) || rules_tool == tool,
    }
}

/// Claude Code: what allows must match the command as it is, past variables that are safe to set;
/// what denies or asks is not to be got around by setting others.
fn in_claude(effect: Effect, pattern: &str, command: &str) -> bool {
    let passes = |name: &str| effect != Effect::Allow || name == "NODE_ENV";
    let plain = shell::unwrapped(shell::after_variables(command, passes));
    Command::matches(pattern, command) || Command::matches(pattern, plain)
}

/// Cursor: the first word of a command, and a glob for its arguments after a colon.
fn by_base(pattern: &str, command: &str) -> bool {
    let (word, arguments) = command.trim().split_once(' ').unwrap_or((command.trim(), ""));
    match pattern.split_once(':') {
        Some((base, glob)) => Glob::matches(base, word) && Glob::matches(glob, arguments.trim()),
        None if pattern.contains(' ') => Command::matches(&format!("{pattern}:*"), command),
        None => Glob::matches(pattern, word),
    }
}

/// The globs of Claude Code's path pattern, in the spelling of [`settled`] paths ("Read and Edit"). A
/// pattern that matches a folder is about what is in it.
fn anchored(pattern: &str, settings: &PermissionRules, effect: Effect) -> Vec<String> {
    let of_user = settings.layer.as_ref().is_some_and(|layer| *layer == "user");
    let glob = if let Some(path) = pattern.strip_prefix("//") {
        format!("/{path}")
    } else if let Some(path) = pattern.strip_prefix('/') {
        format!("{}/{path}", if of_user { "~/.claude" } else { "." })
    } else if pattern.starts_with("~/") || pattern.starts_with("./") {
        pattern.to_owned()
    } else {
        // A name, and in what denies or asks a folder of one segment, is meant at any depth.
        let segments = pattern.trim_end_matches('/').strip_suffix("/**").unwrap_or(pattern);
        let is_name = !pattern.trim_end_matches('/').contains('/');
        let is_folder = segments.len() < pattern.len() && !segments.contains('/');
        match is_name || (is_folder && effect != Effect::Allow) {
            true => format!("./**/{pattern}"),
            false => format!("./{pattern}"),
        }
    };
    let glob = glob.trim_end_matches('/').to_owned();
    match glob.ends_with("/**") {
        true => vec![glob],
        false => vec![format!("{glob}/**"), glob],
    }
}

/// A glob that is beneath the workspace unless it begins with a root of its own.
fn settled_glob(glob: &str) -> String {
    match glob.starts_with(['/', '~']) || glob.starts_with("./") {
        true => glob.to_owned(),
        false => format!("./{glob}"),
    }
}

/// A path with its root first (`/`, `~/`, `./`, or `../` for what leaves the project) and without
/// detours.
fn settled(path: &str) -> String {
    let (root, rest) = match path.strip_prefix("~/") {
        Some(rest) => ("~/", rest),
        None => path.strip_prefix('/').map_or(("./", path), |rest| ("/", rest)),
    };
    let mut segments: Vec<&str> = Vec::new();
    let mut above = 0;
    for segment in rest.split('/').filter(|segment| !segment.is_empty() && *segment != ".") {
        match (segment, segments.is_empty()) {
            ("..", true) => above += 1,
            ("..", false) => drop(segments.pop()),
            _ => segments.push(segment),
        }
    }
    // Nothing lies above the root of a file system.
    let root = match (above, root) {
        (0, _) | (_, "/") => root.to_owned(),
        (_, "./") => "../".repeat(above),
        (_, root) => format!("{root}{}", "../".repeat(above)),
    };
    format!("{root}{}", segments.join("/"))
}

/// The host of an address, or the host itself.
fn host_of(address: &str) -> &str {
    let after_scheme = address.split_once("://").map_or(address, |(_, rest)| rest);
    let authority = after_scheme.split(['/', '?', '#']).next().unwrap_or(after_scheme);
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or(rest),
        None => host.split(':').next().unwrap_or(host),
    }
}
