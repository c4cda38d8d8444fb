//! Grants of tools, models and catalogs, with their routes.

use super::super::testing::{agent, estate, key, shown};
use crate::domain::configured::{
    AgentDeclaration, ClientExtension, DeclaredCatalog, Effect, HostedMcpServer, McpServer, Meta,
    ModelConfiguration, NetworkReach, PermissionRule, PermissionRules, PosturePolicy,
    ServerPermissions, ToolDefinition, ToolFilter,
};
use crate::domain::{Agent, AgentKey, Attribution, Capability, Configured, Grant, Permitted, Text};
use crate::scope::authority::{Authority, Reach};
use crate::scope::{Estate, holders};

fn grants(estate: &Estate, agents: &[Agent]) -> Vec<Grant> {
    let authority = Authority::of(estate, agents);
    holders(agents).iter().flat_map(|key| authority.grants_of(key, Reach::Own)).collect()
}

fn declaration(tools: &[(&str, &str)]) -> Configured {
    let tool = |(server, name): &(&str, &str)| (Some(Text::from(*server)), Text::from(*name));
    Configured::AgentDeclaration(AgentDeclaration {
        kind: "registry".into(),
        namespace: "agents".into(),
        name: "billing".into(),
        model: Some("gpt-4.1".into()),
        tools: tools.iter().map(tool).collect(),
        delegates_to: vec!["writer".into()],
        ..AgentDeclaration::default()
    })
}

fn catalog() -> Configured {
    let tool = ToolDefinition { name: "export".into(), digest: "ab".into(), ..Default::default() };
    Configured::DeclaredCatalog(DeclaredCatalog {
        server: "crm".into(),
        tools: vec![tool],
        ..DeclaredCatalog::default()
    })
}

fn client(client: &str, allowed: Option<&[&str]>) -> Configured {
    Configured::McpServer(McpServer {
        client: client.into(),
        server: "crm".into(),
        allowed_tools: allowed.map(|tools| tools.iter().map(|t| Text::from(*t)).collect()),
        ..McpServer::default()
    })
}

#[track_caller]
fn check(bodies: Vec<Configured>, agents: &[AgentKey], expected: &[&str]) {
    let agents: Vec<Agent> = agents.iter().cloned().map(agent).collect();
    assert_eq!(shown(&grants(&estate(bodies), &agents)), expected);
}

#[test]
fn declarations_grant_tools_models_and_delegation() {
    let expected = [
        "tool: crm/export | registry agents/billing",
        "model: gpt-4.1 | registry agents/billing",
        "handoff: writer | registry agents/billing",
        "mcp-tool: crm/export@ab | declared catalog crm",
    ];
    let bodies = || vec![declaration(&[("crm", "export")]), catalog()];
    check(bodies(), &[key("billing")], &expected);
    // Inner agents inherit from the host: the grants stand there, once.
    let inner = |name: &str| key("billing").with_inner(name);
    check(bodies(), &[inner("a"), inner("b")], &expected);
    check(bodies(), &[key("other")], &[]);
}

#[test]
fn clients_grant_their_servers_tools() {
    let cursor = AgentKey::new("prod", "", "cursor");
    let through = "MCP client configuration cursor/crm";
    let cursor = std::slice::from_ref(&cursor);
    check(vec![client("cursor", None)], cursor, &[&format!("tool: crm/* | {through}")]);
    check(
        vec![client("cursor", Some(&["export"]))],
        cursor,
        &[&format!("tool: crm/export | {through}")],
    );
    check(vec![client("cursor", Some(&[]))], cursor, &[]);
}

#[test]
fn posture_policies_are_not_enforced() {
    let policy = PosturePolicy {
        agent_id: "billing".into(),
        allowed_tools: Some(vec!["crm.export".into()]),
        ..PosturePolicy::default()
    };
    let estate = estate([Configured::PosturePolicy(policy)]);
    let grants = grants(&estate, &[agent(key("billing"))]);
    assert_eq!(shown(&grants), ["tool: crm.export | posture policy billing"]);
    assert!(grants.iter().all(|grant| !grant.enforced));
}

fn tool(server: Option<&str>, name: &str) -> Capability {
    Capability::Tool { server: server.map(Text::from), name: name.into() }
}

/// The best answer of an agent's grants to a use of a tool, with what it depends on.
#[track_caller]
fn check_use(bodies: Vec<Configured>, agent_key: &AgentKey, used: &str, expected: &str) {
    let estate = estate(bodies);
    let grants = grants(&estate, &[agent(estate.canonical(agent_key))]);
    let used = match used.split_once('/') {
        Some((server, name)) => tool(Some(server), name),
        None => tool(None, used),
    };
    let answer = grants.iter().map(|grant| grant.permits(&used)).max();
    let shown = match answer.unwrap_or(Permitted::No) {
        Permitted::Yes => "yes".to_owned(),
        Permitted::No => "no".to_owned(),
        Permitted::Depends(on) => {
            let on: Vec<&str> = on.iter().map(Text::raw).collect();
            on.join(" and ")
        }
    };
    assert_eq!(shown, expected, "{}", used.visible());
}

#[test]
fn what_is_denied_is_taken_away() {
    let declared = |denied: &[(Option<&str>, &str)]| {
        let denied =
            denied.iter().map(|(server, name)| (server.map(Text::from), Text::from(*name)));
        Configured::AgentDeclaration(AgentDeclaration {
            kind: "registry".into(),
            namespace: "agents".into(),
            name: "billing".into(),
            tools: vec![(Some("crm".into()), "*".into())],
            denied_tools: denied.collect(),
            ..AgentDeclaration::default()
        })
    };
    for (denied, used, expected) in [
        (&[][..], "crm/export", "yes"),
        (&[(Some("crm"), "export")], "crm/export", "no"),
        (&[(Some("crm"), "export")], "crm/list", "yes"),
        (&[(None, "export")], "crm/export", "no"),
    ] {
        check_use(vec![declared(denied)], &key("billing"), used, expected);
    }
    let policy = || {
        Configured::PosturePolicy(PosturePolicy {
            agent_id: "billing".into(),
            allowed_tools: Some(vec!["crm.*".into(), "pay".into()]),
            denied_tools: vec!["crm.wipe".into()],
            requires_human_approval: vec!["pay".into()],
            ..PosturePolicy::default()
        })
    };
    for (used, expected) in
        [("crm.list", "yes"), ("crm.wipe", "no"), ("pay", "a person approves"), ("other", "no")]
    {
        check_use(vec![policy()], &key("billing"), used, expected);
    }
    let server = || {
        Configured::McpServer(McpServer {
            client: "cursor".into(),
            server: "crm".into(),
            denied_tools: vec!["wipe".into()],
            ..McpServer::default()
        })
    };
    let cursor = AgentKey::new("prod", "", "cursor");
    check_use(vec![server()], &cursor, "crm/list", "yes");
    check_use(vec![server()], &cursor, "crm/wipe", "no");
}

fn settings(profile: Option<&str>, rules: &[(Effect, &str, Option<&str>)]) -> Configured {
    let rule = |(effect, tool, pattern): &(Effect, &str, Option<&str>)| PermissionRule {
        effect: *effect,
        tool: (*tool).into(),
        pattern: pattern.map(Text::from),
    };
    Configured::PermissionRules(PermissionRules {
        client: "claude-code".into(),
        profile: profile.map(Text::from),
        rules: rules.iter().map(rule).collect(),
        ..PermissionRules::default()
    })
}

#[test]
fn permission_rules_give_and_take() {
    use Effect::{Allow, Ask, Deny};
    let claude = AgentKey::new("prod", "", "claude-code");
    let rules = || {
        settings(
            None,
            &[
                (Allow, "Bash", Some("git:*")),
                (Allow, "Read", None),
                (Ask, "WebFetch", Some("domain:example.com")),
                (Allow, "mcp__crm__get_*", None),
                (Deny, "mcp__crm__get_secret", None),
                (Deny, "Edit", Some("./.env")),
                (Allow, "Edit", None),
                (Allow, "*", None),
                (Allow, "Write", Some("docs/**")),
            ],
        )
    };
    for (used, expected) in [
        ("Bash", "the command matches git:*"),
        ("Read", "yes"),
        ("WebFetch", "the host matches domain:example.com and a person approves"),
        ("crm/get_customer", "yes"),
        ("crm/get_secret", "no"),
        ("crm/wipe", "no"),
        ("Edit", "not: the path matches ./.env"),
        ("Write", "no"),
    ] {
        check_use(vec![rules()], &claude, used, expected);
    }
    // A denial holds for the servers of the client and for its profiles.
    let server = || {
        Configured::McpServer(McpServer {
            client: "claude-code".into(),
            server: "crm".into(),
            ..McpServer::default()
        })
    };
    check_use(vec![rules(), server()], &claude, "crm/wipe", "yes");
    check_use(vec![rules(), server()], &claude, "crm/get_secret", "no");
    let profile = || settings(Some("ci"), &[(Allow, "mcp__crm", None)]);
    let ci = claude.clone().with_inner("ci");
    check_use(vec![rules(), profile()], &ci, "crm/get_secret", "no");
    check_use(vec![rules(), profile()], &claude, "crm/wipe", "no");
}

#[test]
fn routes_of_settings_and_extensions() {
    let claude = AgentKey::new("prod", "", "claude-code");
    let skill = Configured::ClientExtension(ClientExtension {
        client: "claude-code".into(),
        kind: "skill".into(),
        name: "release".into(),
        rules: vec![PermissionRule {
            effect: Effect::Allow,
            tool: "Bash".into(),
            pattern: Some("gh:*".into()),
        }],
        ..ClientExtension::default()
    });
    let Configured::PermissionRules(open) = settings(None, &[]) else { return };
    let open = Configured::PermissionRules(PermissionRules {
        default_mode: Some("bypassPermissions".into()),
        ..open
    });
    let bodies = || vec![open.clone(), skill.clone()];
    let through = "permission rules claude-code/estate.yaml";
    check(
        bodies(),
        std::slice::from_ref(&claude),
        &[&format!("tool: * | {through}"), "tool: Bash | skill claude-code/release"],
    );
    check_use(
        vec![skill.clone()],
        &claude,
        "Bash",
        "the command matches gh:* and the skill is in use",
    );
}

#[test]
fn platforms_let_some_tools_through() {
    let meta =
        |name: &str| Meta { namespace: "agents".into(), name: name.into(), ..Meta::default() };
    let server = |tools: Option<&[&str]>, filtered: bool| {
        let tool = |name: &&str| (None, Text::from(*name));
        Configured::HostedMcpServer(HostedMcpServer {
            kind: "MCPServer".into(),
            meta: meta("crm"),
            tools: tools.map(|tools| tools.iter().map(tool).collect()),
            uses: filtered.then(|| ("MCPToolConfig".into(), "filter".into())).into_iter().collect(),
            ..HostedMcpServer::default()
        })
    };
    let filter = || {
        Configured::ToolFilter(ToolFilter {
            meta: meta("filter"),
            tools: Some(vec!["list".into(), "raw_export".into()]),
            renamed: std::iter::once(("raw_export".into(), "export".into())).collect(),
            ..ToolFilter::default()
        })
    };
    for (server, used, expected) in [
        (server(None, false), "crm/wipe", "yes"),
        (server(Some(&["list"]), false), "crm/list", "yes"),
        (server(Some(&["list"]), false), "crm/wipe", "no"),
        (server(None, true), "crm/export", "yes"),
        (server(None, true), "crm/wipe", "no"),
        (server(Some(&["list"]), true), "crm/export", "no"),
    ] {
        let bodies = vec![declaration(&[("crm", "*")]), server, filter()];
        check_use(bodies, &key("billing"), used, expected);
    }
}

#[test]
fn model_configurations_stand_behind_the_declaration() {
    let declared = Configured::AgentDeclaration(AgentDeclaration {
        kind: "kagent Agent".into(),
        namespace: "agents".into(),
        name: "billing".into(),
        model_configuration: Some("large".into()),
        ..AgentDeclaration::default()
    });
    let model = Configured::ModelConfiguration(ModelConfiguration {
        kind: "ModelConfig".into(),
        meta: Meta { namespace: "agents".into(), name: "large".into(), ..Meta::default() },
        model: Some("gpt-4.1".into()),
        ..ModelConfiguration::default()
    });
    let route = "kagent Agent agents/billing → ModelConfig agents/large";
    let expected = [format!("model: gpt-4.1 | {route}")];
    let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
    check(vec![declared.clone(), model], &[key("billing")], &expected);
    let estate = estate([declared]);
    let authority = Authority::of(&estate, &[agent(key("billing"))]);
    let missing = authority.missing(&key("billing"), Reach::Own);
    assert_eq!(
        missing.iter().map(|it| it.visible()).collect::<Vec<_>>(),
        ["ModelConfig agents/large"]
    );
}

#[test]
fn what_a_server_reaches_is_reached_by_calling_it() {
    let permissions = |network: Option<NetworkReach>| {
        Configured::ServerPermissions(ServerPermissions {
            server: "crm".into(),
            declared_by: "toolhive".into(),
            network,
            reads: vec!["/srv/ro:/data:ro".into()],
            writes: vec!["/srv/rw:/out".into()],
            ..ServerPermissions::default()
        })
    };
    let limited = |hosts: &[&str], ports: &[u16]| {
        Some(NetworkReach::Limited {
            hosts: hosts.iter().map(|host| Text::from(*host)).collect(),
            ports: ports.to_vec(),
        })
    };
    let egress = |host: &str, port: u16| Capability::Egress {
        host: host.into(),
        port: Some(port),
        protocol: "TCP".into(),
    };
    let file = |path: &str, write: bool| Capability::File { path: path.into(), write };
    for (network, used, reached) in [
        (None, egress("evil.org", 80), true),
        (Some(NetworkReach::All), egress("evil.org", 80), true),
        (limited(&[], &[]), egress("evil.org", 80), false),
        (limited(&[], &[443]), egress("evil.org", 443), true),
        (limited(&[], &[443]), egress("evil.org", 80), false),
        (limited(&["api.x.com"], &[443]), egress("api.x.com", 443), true),
        (limited(&["api.x.com"], &[443]), egress("api.x.com", 80), false),
        (limited(&["api.x.com:8443"], &[]), egress("api.x.com", 8443), true),
        (limited(&["api.x.com:8443"], &[443]), egress("api.x.com", 8443), false),
        (limited(&[".x.com"], &[]), egress("api.x.com", 443), true),
        (limited(&[".x.com"], &[]), egress("y.com", 443), false),
        (None, file("/srv/ro/a", false), true),
        (None, file("/srv/ro/a", true), false),
        (None, file("/srv/rw/a/b", true), true),
        (None, file("/etc/passwd", false), false),
    ] {
        let estate = estate([declaration(&[("crm", "export")]), permissions(network)]);
        let authority = Authority::of(&estate, &[agent(key("billing"))]);
        let own = authority.explain(&key("billing"), &used, Reach::Own);
        assert_eq!(own.routes, [], "{}", used.visible());
        let derived = authority.explain(&key("billing"), &used, Reach::Derived);
        assert_eq!(!derived.routes.is_empty(), reached, "{}", used.visible());
        let through = "MCP server crm (runtime catalog) → server permissions toolhive/crm";
        assert!(derived.routes.iter().all(|route| route.visible() == through));
    }
}

#[test]
fn a_privileged_server_reaches_its_host() {
    for (privileged, reached) in [(true, true), (false, false)] {
        let permissions = Configured::ServerPermissions(ServerPermissions {
            server: "crm".into(),
            declared_by: "toolhive".into(),
            privileged,
            ..ServerPermissions::default()
        });
        let estate = estate([declaration(&[("crm", "export")]), permissions]);
        let authority = Authority::of(&estate, &[agent(key("billing"))]);
        let used = Capability::File { path: "/etc/shadow".into(), write: true };
        let explained = authority.explain(&key("billing"), &used, Reach::Derived);
        assert_eq!(!explained.routes.is_empty(), reached, "{privileged}");
    }
}

#[test]
fn a_catalog_is_said_once_for_all_who_use_its_server() {
    let other = Configured::AgentDeclaration(AgentDeclaration {
        kind: "registry".into(),
        namespace: "agents".into(),
        name: "sales".into(),
        tools: vec![(Some("crm".into()), "export".into())],
        ..AgentDeclaration::default()
    });
    let expected = [
        "tool: crm/export | registry agents/billing",
        "model: gpt-4.1 | registry agents/billing",
        "handoff: writer | registry agents/billing",
        "mcp-tool: crm/export@ab | declared catalog crm",
        "tool: crm/export | registry agents/sales",
        "mcp-tool: crm/export@ab | declared catalog crm",
    ];
    let bodies = vec![declaration(&[("crm", "export")]), other, catalog()];
    check(bodies, &[key("billing"), key("sales")], &expected);
}
