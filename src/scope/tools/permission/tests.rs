//! Cases from the documentation of the clients: what it says becomes of a call under some rules.

use super::{Call, decide};
use crate::domain::Text;
use crate::domain::configured::{Effect, PermissionRule, PermissionRules, Sandbox};

/// Rules as `effect Tool(pattern)`, separated by `; `. A call is `Tool: input`, `Tool`, or
/// `server/tool`.
type Case = (&'static str, &'static str, &'static str);

fn rule(spelled: &str) -> PermissionRule {
    let (effect, spelled) = spelled.split_once(' ').expect("an effect and a tool");
    let effect = match effect {
        "allow" => Effect::Allow,
        "ask" => Effect::Ask,
        _ => Effect::Deny,
    };
    let parts = spelled.strip_suffix(')').and_then(|rest| rest.split_once('('));
    let (tool, pattern) = parts.map_or((spelled, None), |(tool, pattern)| (tool, Some(pattern)));
    PermissionRule { effect, tool: tool.into(), pattern: pattern.map(Text::from) }
}

fn settings(client: &str, rules: &str) -> PermissionRules {
    let rules = rules.split("; ").filter(|spelled| !spelled.is_empty()).map(rule).collect();
    PermissionRules { client: client.into(), rules, ..PermissionRules::default() }
}

pub(super) fn call(spelled: &str) -> Call<'_> {
    if let Some((tool, input)) = spelled.split_once(": ") {
        return Call { server: None, tool, input: Some(input) };
    }
    match spelled.split_once('/') {
        Some((server, tool)) => Call { server: Some(server), tool, input: None },
        None => Call { server: None, tool: spelled, input: None },
    }
}

pub(super) fn shown(effect: Option<Effect>) -> String {
    effect.map_or_else(|| "open".to_owned(), |effect| effect.to_string())
}

#[track_caller]
fn check(settings: &[&PermissionRules], spelled: &str, expected: &str) {
    let decision = decide(settings, call(spelled));
    assert_eq!(shown(decision.effect), expected, "{spelled} under {settings:?}");
}

#[track_caller]
fn check_all(client: &str, cases: &[Case]) {
    for (rules, call, expected) in cases {
        check(&[&settings(client, rules)], call, expected);
    }
}

/// <https://code.claude.com/docs/en/permissions>: sections "Manage permissions" to "Bash".
const CLAUDE_COMMANDS: &[Case] = &[
    ("deny Bash(aws *); allow Bash(aws s3 ls)", "Bash: aws s3 ls", "deny"),
    ("ask Bash(aws *); allow Bash(aws s3 ls)", "Bash: aws s3 ls", "ask"),
    ("allow Bash", "Bash: anything", "allow"),
    ("allow Bash(*)", "Bash: anything", "allow"),
    ("allow Bash(npm run build)", "Bash: npm run build", "allow"),
    ("allow Bash(npm run build)", "Bash: npm run build --watch", "ask"),
    (
        "allow Bash(npm run *); allow Bash(git * main); deny Bash(git push *)",
        "Bash: npm run x",
        "allow",
    ),
    (
        "allow Bash(npm run *); allow Bash(git * main); deny Bash(git push *)",
        "Bash: git push origin main",
        "deny",
    ),
    ("allow Bash(git * main)", "Bash: git push origin main", "allow"),
    ("allow Bash(* --version)", "Bash: cargo --version", "allow"),
    ("allow Bash(ls:*)", "Bash: ls -la", "allow"),
    ("allow Bash(git:* push)", "Bash: git push", "ask"),
    ("allow Bash(ls *)", "Bash: lsof", "ask"),
    ("allow Bash(ls*)", "Bash: lsof", "allow"),
    ("allow Bash(safe-cmd *)", "Bash: safe-cmd && other-cmd", "ask"),
    ("allow Bash(safe-cmd *); allow Bash(other-cmd)", "Bash: safe-cmd && other-cmd", "allow"),
    ("allow Bash(safe-cmd *); deny Bash(other-cmd)", "Bash: safe-cmd; other-cmd", "deny"),
    ("allow Bash(safe-cmd *)", "Bash: safe-cmd $(other-cmd)", "ask"),
    ("allow Bash(npm test *)", "Bash: timeout 30 npm test", "allow"),
    ("allow Bash(npm test *)", "Bash: NODE_ENV=test npm test", "allow"),
    ("allow Bash(npm test *)", "Bash: FOO=bar npm test", "ask"),
    ("deny Bash(rm *)", "Bash: FOO=bar rm -rf tmp/", "deny"),
    ("allow Bash(grep *)", "Bash: xargs grep pattern", "allow"),
    ("allow Bash(grep *)", "Bash: xargs -n1 grep pattern", "ask"),
    ("allow Bash(devbox run *)", "Bash: devbox run rm -rf .", "allow"),
    ("allow Bash(curl http://github.com/ *)", "Bash: curl -X GET http://github.com/a", "ask"),
    ("allow Bash(curl http://github.com/ *)", "Bash: curl https://github.com/a", "ask"),
    ("deny Bash(command:rm *)", "Bash: rm -rf x", "ask"),
    ("deny Bash", "Bash: ls", "deny"),
];

/// The same page: "Tool name wildcards", "Read and Edit", "WebFetch", "MCP", "Agent".
const CLAUDE_TOOLS: &[Case] = &[
    ("deny mcp__*", "crm/export", "deny"),
    ("deny *", "Read: ./a", "deny"),
    ("allow *", "WebSearch", "ask"),
    ("allow mcp__*", "crm/export", "ask"),
    ("allow B*", "Bash: ls -l", "ask"),
    ("allow mcp__puppeteer", "puppeteer/navigate", "allow"),
    ("allow mcp__puppeteer__*", "puppeteer/navigate", "allow"),
    ("allow mcp__puppeteer__puppeteer_navigate", "puppeteer/puppeteer_navigate", "allow"),
    ("allow mcp__puppeteer__puppeteer_navigate", "puppeteer/puppeteer_click", "ask"),
    ("allow mcp__github__get_*", "github/get_issue", "allow"),
    ("allow mcp__github__get_*", "github/create_issue", "ask"),
    ("allow mcp__pup", "puppeteer/navigate", "ask"),
    ("deny Read(./.env)", "Read: .env", "deny"),
    ("deny Read(./.env)", "Read: ./x/../.env", "deny"),
    ("deny Read(//Users/alice/secrets/**)", "Read: /Users/alice/secrets/k", "deny"),
    ("deny Read(/Users/alice/secrets/**)", "Read: /Users/alice/secrets/k", "ask"),
    ("allow Read(~/Documents/*.pdf)", "Read: ~/Documents/a.pdf", "allow"),
    ("allow Read(~/Documents/*.pdf)", "Read: ~/Documents/b/a.pdf", "ask"),
    ("allow Edit(/docs/**)", "Edit: docs/a.md", "allow"),
    ("allow Edit(/docs/**)", "Edit: /docs/a.md", "ask"),
    ("allow Edit(/docs/**)", "Edit: .claude/docs/a.md", "ask"),
    ("allow Edit(//tmp/scratch.txt)", "Write: /tmp/scratch.txt", "allow"),
    ("deny Read(.env)", "Read: a/b/.env", "deny"),
    ("deny Read(**/.env)", "Read: a/b/.env", "deny"),
    ("deny Read(.env)", "Read: ../.env", "ask"),
    ("deny Read(//**/.env)", "Read: /srv/x/.env", "deny"),
    ("allow Edit(src/**)", "Edit: src/app.ts", "allow"),
    ("allow Edit(src/**)", "Edit: vendor/pkg/src/lib.js", "ask"),
    ("deny Edit(src/**)", "Edit: src/app.ts", "deny"),
    ("deny Edit(src/**)", "Edit: vendor/pkg/src/lib.js", "deny"),
    ("ask Edit(src/**)", "Edit: vendor/pkg/src/lib.js", "ask"),
    ("deny Edit(/src/**)", "Edit: vendor/pkg/src/lib.js", "ask"),
    ("allow Edit(**/src/**)", "Edit: vendor/pkg/src/lib.js", "allow"),
    ("allow Edit(**/src/**)", "Edit: src/app.ts", "allow"),
    ("deny Edit(src/components/**)", "Edit: vendor/src/components/a", "ask"),
    ("deny Read(secrets/**)", "Edit: secrets/k", "deny"),
    ("deny Read(secrets/**)", "NotebookEdit: secrets/k.ipynb", "ask"),
    ("allow Write(docs/**)", "Write: docs/a", "ask"),
    ("allow Edit(docs/**)", "Write: docs/a", "allow"),
    ("allow WebFetch(domain:example.com)", "WebFetch: https://Example.com/a?b", "allow"),
    ("allow WebFetch(domain:example.com)", "WebFetch: https://api.example.com/", "ask"),
    ("allow WebFetch(domain:*.example.com)", "WebFetch: https://a.b.example.com:8443/", "allow"),
    ("allow WebFetch(domain:*.example.com)", "WebFetch: https://example.com/", "ask"),
    ("allow WebFetch(domain:example.*)", "WebFetch: https://example.evil.com/", "ask"),
    ("allow WebFetch(domain:example.com)", "WebFetch: https://example.com@evil.org/", "ask"),
    ("allow WebFetch(domain:*)", "WebFetch: https://evil.org/", "allow"),
    ("deny Agent(Explore)", "Agent: Explore", "deny"),
    ("deny Agent(Explore)", "Agent: Plan", "ask"),
    ("ask Agent(model:opus)", "Agent: Plan", "open"),
];

/// <https://cursor.com/docs/cli/reference/permissions>.
const CURSOR: &[Case] = &[
    ("allow Shell(ls)", "Shell: ls -la", "allow"),
    ("allow Shell(git)", "Shell: git push", "allow"),
    ("allow Shell(ls)", "Shell: lsof", "ask"),
    ("allow Shell(curl:*)", "Shell: curl https://h", "allow"),
    ("allow Shell(npm:run *)", "Shell: npm install", "ask"),
    ("deny Shell(rm)", "Shell: rm -rf /", "deny"),
    ("allow Read(src/**/*.ts)", "Read: src/a/b.ts", "allow"),
    ("allow Read(**/*.md)", "Read: a/b/c.md", "allow"),
    ("deny Read(/etc/passwd)", "Read: /etc/passwd", "deny"),
    ("allow Write(src/**); deny Write(**/*.key)", "Write: src/x.key", "deny"),
    ("deny Write(**/.env*)", "Write: a/.env.local", "deny"),
    ("allow WebFetch(*.github.com)", "WebFetch: https://api.github.com/x", "allow"),
    ("allow Mcp(datadog:*)", "datadog/query", "allow"),
    ("allow Mcp(*:search); deny Mcp(crm:*)", "crm/search", "deny"),
];

/// <https://opencode.ai/docs/permissions>.
const OPENCODE: &[Case] = &[
    ("ask *; allow bash; deny edit", "bash: ls", "allow"),
    ("ask *; allow bash; deny edit", "write: a", "deny"),
    ("ask *; allow bash; deny edit", "webfetch: https://h", "ask"),
    ("ask bash(*); allow bash(git *); deny bash(rm *)", "bash: git status", "allow"),
    ("ask bash(*); allow bash(git *); deny bash(rm *)", "bash: rm x", "deny"),
    ("ask bash(*); allow bash(git *); deny bash(rm *)", "bash: make", "ask"),
    ("allow bash(git *); deny bash(*)", "bash: git status", "deny"),
    ("ask bash(*); allow bash(grep)", "bash: grep pattern file.txt", "ask"),
    (
        "deny edit(*); allow edit(packages/web/src/content/docs/*.mdx)",
        "edit: packages/web/src/content/docs/a.mdx",
        "allow",
    ),
    ("deny edit(*); allow edit(packages/web/src/content/docs/*.mdx)", "patch: src/a.ts", "deny"),
    ("", "bash: make", "allow"),
    ("", "read: src/a.ts", "allow"),
    ("", "read: config/.env", "deny"),
    ("", "read: .env.example", "allow"),
    ("", "edit: ~/other/a", "ask"),
    ("deny edit(~/projects/personal/**)", "edit: ~/projects/personal/a", "deny"),
    ("deny mymcp_*", "mymcp/search", "deny"),
];

/// <https://geminicli.com/docs/tools/shell>, "Command restrictions". The documentation says *allowed*
/// of what is not blocked; it still asks.
const GEMINI: &[Case] = &[
    (
        "ask run_shell_command(git); ask run_shell_command(npm); deny *",
        "run_shell_command: git status",
        "ask",
    ),
    (
        "ask run_shell_command(git); ask run_shell_command(npm); deny *",
        "run_shell_command: npm install",
        "ask",
    ),
    (
        "ask run_shell_command(git); ask run_shell_command(npm); deny *",
        "run_shell_command: ls -l",
        "deny",
    ),
    (
        "deny run_shell_command(rm); ask run_shell_command; deny *",
        "run_shell_command: rm -rf /",
        "deny",
    ),
    (
        "deny run_shell_command(rm); ask run_shell_command; deny *",
        "run_shell_command: git status",
        "ask",
    ),
    (
        "deny run_shell_command(git push); ask run_shell_command(git); deny *",
        "run_shell_command: git push origin main",
        "deny",
    ),
    (
        "deny run_shell_command(git push); ask run_shell_command(git); deny *",
        "run_shell_command: git status",
        "ask",
    ),
    (
        "deny run_shell_command; ask run_shell_command(git); deny *",
        "run_shell_command: git status",
        "deny",
    ),
    ("allow run_shell_command(git)", "run_shell_command: git status && rm x", "ask"),
    ("allow run_shell_command(git)", "run_shell_command: git log", "allow"),
    ("", "read_file: a", "allow"),
];

/// <https://zed.dev/docs/ai/tool-permissions> and
/// <https://code.visualstudio.com/docs/copilot/chat/chat-agent-mode>.
const EDITORS: &[(&str, Case)] = &[
    ("zed", ("allow terminal", "terminal: ls", "allow")),
    ("zed", ("", "terminal: ls", "ask")),
    ("zed", ("allow terminal(^cargo\\s+test)", "terminal: cargo test", "open")),
    ("zed", ("ask mcp:github:create_issue", "github/create_issue", "ask")),
    ("vscode", ("allow terminal(npm run test)", "terminal: npm run test", "allow")),
    ("vscode", ("ask terminal(rm); allow terminal(git)", "terminal: git status && rm x", "ask")),
    ("vscode", ("allow terminal(/^git/)", "terminal: git status", "open")),
    ("vscode", ("ask edit(**/.env*)", "edit: a/.env.local", "ask")),
    ("vscode", ("allow edit(**/*.md)", "edit: docs/a.md", "allow")),
    ("goose", ("deny shell; allow developer__text", "shell: ls", "deny")),
    ("goose", ("ask developer__shell", "developer/shell", "ask")),
];

#[test]
fn claude_code() {
    check_all("claude-code", CLAUDE_COMMANDS);
    check_all("claude-code", CLAUDE_TOOLS);
}

#[test]
fn other_clients() {
    check_all("cursor", CURSOR);
    check_all("opencode", OPENCODE);
    check_all("gemini-cli", GEMINI);
    check_all("qwen-code", GEMINI);
    for (client, case) in EDITORS {
        check_all(client, &[*case]);
    }
}

#[test]
fn modes_decide_without_a_rule() {
    for (client, mode, call, expected) in [
        ("claude-code", "default", "Read: src/a", "allow"),
        ("claude-code", "default", "Read: /etc/passwd", "ask"),
        ("claude-code", "acceptEdits", "Edit: src/a", "allow"),
        ("claude-code", "acceptEdits", "Edit: /etc/hosts", "ask"),
        ("claude-code", "acceptEdits", "Bash: make", "ask"),
        ("claude-code", "plan", "Edit: src/a", "deny"),
        ("claude-code", "dontAsk", "Bash: make", "deny"),
        ("claude-code", "auto", "Bash: make", "open"),
        ("claude-code", "bypassPermissions", "Bash: echo $(make)", "allow"),
        ("claude-code", "bypassPermissions", "crm/export", "allow"),
        ("claude-code", "unheard-of", "Bash: make", "open"),
        ("codex", "on-request", "apply_patch: src/a", "allow"),
        ("codex", "on-request", "apply_patch: /etc/a", "ask"),
        ("codex", "never", "apply_patch: /etc/a", "deny"),
        ("codex", "untrusted", "shell: make", "ask"),
        ("gemini-cli", "yolo", "run_shell_command: make", "allow"),
        ("gemini-cli", "auto_edit", "write_file: a", "allow"),
        ("goose", "approve", "developer/shell", "ask"),
        ("goose", "chat", "developer/shell", "deny"),
        ("cursor", "unrestricted", "Shell: make", "allow"),
        ("zed", "allow", "terminal: make", "allow"),
        ("unheard-of", "x", "tool", "open"),
    ] {
        let settings = PermissionRules { default_mode: Some(mode.into()), ..settings(client, "") };
        check(&[&settings], call, expected);
    }
}

#[test]
fn layers_are_weighed_together() {
    let layer = |layer: &str, mode: Option<&str>, rules: &str| PermissionRules {
        layer: Some(layer.into()),
        default_mode: mode.map(Text::from),
        ..settings("claude-code", rules)
    };
    let user = layer("user", Some("acceptEdits"), "allow Bash(make *); deny Read(/secrets/**)");
    let local = layer("local", Some("plan"), "allow Bash(npm *)");
    let mut managed = layer("managed", None, "deny Bash(npm publish *)");
    for (call, expected) in [
        ("Bash: make all", "allow"),
        ("Bash: npm publish", "deny"),
        ("Bash: npm test", "allow"),
        ("Edit: src/a", "deny"),
        ("Read: ~/.claude/secrets/k", "deny"),
        ("Read: secrets/k", "allow"),
    ] {
        check(&[&managed, &user, &local], call, expected);
    }
    // A mode that may not be chosen is not.
    managed.forbidden_modes = vec!["plan".into()];
    check(&[&managed, &user, &local], "Edit: src/a", "ask");
    // The last match is that of the strongest layer.
    let open = |layer: &str, rules: &str| PermissionRules {
        layer: Some(layer.into()),
        ..settings("opencode", rules)
    };
    let (user, project) = (open("user", "deny bash"), open("project", "allow bash"));
    check(&[&project, &user], "bash: make", "allow");
}

#[test]
fn a_sandbox_stands_in_for_asking() {
    let sandbox = |mode: &str, allows_inside| {
        Some(Sandbox { mode: mode.into(), allows_inside, ..Sandbox::default() })
    };
    for (rules, of, expected) in [
        ("ask Bash", sandbox("on", None), "allow"),
        ("ask Bash", sandbox("on", Some(false)), "ask"),
        ("ask Bash", sandbox("off", None), "ask"),
        ("", sandbox("on", None), "allow"),
        ("ask Bash(git push *)", sandbox("on", None), "ask"),
        ("deny Bash(git push *)", sandbox("on", None), "deny"),
    ] {
        let settings = PermissionRules { sandbox: of, ..settings("claude-code", rules) };
        check(&[&settings], "Bash: git push origin", expected);
    }
    let codex = PermissionRules { sandbox: sandbox("read-only", None), ..settings("codex", "") };
    check(&[&codex], "apply_patch: src/a", "ask");
    let codex =
        PermissionRules { sandbox: sandbox("danger-full-access", None), ..settings("codex", "") };
    check(&[&codex], "apply_patch: /etc/a", "allow");
}

#[test]
fn the_rule_that_decides_is_named() {
    let settings = settings("claude-code", "allow Bash(make *); deny Bash(make clean)");
    let decision = decide(&[&settings], call("Bash: make all && make clean"));
    assert_eq!(decision.by.map(|(_, rule)| rule), settings.rules.get(1));
    assert_eq!(decide(&[], call("Bash: make")).effect, None);
}

proptest::proptest! {
    /// A denial is never got around by adding an allowance, nor by what stands around a command.
    #[test]
    fn denials_stand(allowed in "(Bash|Bash\\([ab*]{1,3}\\)|\\*)", before in "(a && |FOO=1 |nohup |a; )?") {
        let rules = settings("claude-code", &format!("deny Bash(rm *); allow {allowed}"));
        let line = format!("Bash: {before}rm -rf x");
        proptest::prop_assert_eq!(decide(&[&rules], call(&line)).effect, Some(Effect::Deny));
    }

    /// No rules and no line of shell make it fall over.
    #[test]
    fn any_rule_and_call_have_an_answer(
        client in "(claude-code|cursor|opencode|gemini-cli|vscode|zed)",
        tool in "(Bash|Read|Edit|WebFetch|bash|edit|Shell|terminal|mcp__a__b|\\*)",
        pattern in "[/~.*a:\\[\\]?!\\\\ -]{0,8}",
        input in "[/~.a:@\\[\\]$('\" ;&]{0,8}",
    ) {
        let rules = settings(&client, &format!("deny {tool}({pattern})"));
        let used = tool.replace('*', "Bash");
        let used = Call { server: None, tool: &used, input: Some(&input) };
        let decision = decide(&[&rules], used);
        proptest::prop_assert!(decision.by.is_none() || decision.effect != Some(Effect::Allow));
    }
}
