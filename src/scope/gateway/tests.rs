//! Gateways as objects of the graph.

use super::super::testing::{agent, estate};
use crate::domain::configured::{
    Configured, GatewayPolicy, GatewayRule, GatewayTarget, McpServer, RuleEffect,
};
use crate::domain::{AgentKey, Capability, Permitted, Text};
use crate::scope::Authority;
use crate::scope::authority::Reach;

fn texts(values: &[&str]) -> Vec<Text> {
    values.iter().map(|value| Text::from(*value)).collect()
}

fn rule(rule: &str, target: Option<&str>) -> GatewayRule {
    GatewayRule {
        language: "cel".into(),
        effect: RuleEffect::Allow,
        applies_to: "mcp".into(),
        rule: rule.into(),
        target: target.map(Text::from),
    }
}

fn policy(
    route: &str,
    matches: &[&str],
    targets: &[&str],
    rules: Vec<GatewayRule>,
) -> GatewayPolicy {
    let target = |name: &&str| GatewayTarget {
        name: (*name).into(),
        kind: "mcp".into(),
        ..GatewayTarget::default()
    };
    GatewayPolicy {
        gateway: "agentgateway".into(),
        route: route.into(),
        matches: texts(matches),
        targets: targets.iter().map(target).collect(),
        rules,
        ..GatewayPolicy::default()
    }
}

fn client(endpoint: &str, allowed: Option<&[&str]>) -> Configured {
    Configured::McpServer(McpServer {
        client: "cursor".into(),
        server: "tools".into(),
        transport: "http".into(),
        endpoint: endpoint.into(),
        allowed_tools: allowed.map(texts),
        ..McpServer::default()
    })
}

fn authority(bodies: Vec<Configured>) -> Authority {
    Authority::of(&estate(bodies), &[agent(cursor())])
}

fn cursor() -> AgentKey {
    AgentKey::new("prod", "", "cursor")
}

fn tool(spelled: &str) -> Capability {
    let (server, name) = spelled.split_once('/').expect("a server and a tool");
    Capability::Tool { server: Some(server.into()), name: name.into() }
}

/// Who holds a tool, with what it depends on.
#[track_caller]
fn check(bodies: Vec<Configured>, used: &str, expected: &[&str]) {
    let holdings = authority(bodies).who_can(&tool(used), Reach::Own);
    let found = holdings.iter().map(|holding| match &holding.route.permitted {
        Permitted::Depends(on) => {
            let on: Vec<&str> = on.iter().map(Text::raw).collect();
            format!("{} if {}", holding.holder.visible(), on.join(", "))
        }
        _ => holding.holder.visible(),
    });
    assert_eq!(found.collect::<Vec<_>>(), expected, "{used}");
}

const ADD: &str = r#"mcp.tool.name == "add""#;
const GATEWAY: &str = "MCP gateway agentgateway/3000/main/tools";

#[test]
fn gateways_hold_what_their_rules_let_through() {
    let open = || rule(r#"mcp.tool.name == "add" && jwt.sub == "ann""#, None);
    for (rules, used, expected) in [
        (vec![], "math/add", Some(GATEWAY.to_owned())),
        (vec![rule(ADD, None)], "math/add", Some(GATEWAY.to_owned())),
        (vec![rule(ADD, None)], "math/sub", None),
        (vec![open()], "math/add", Some(format!("{GATEWAY} if jwt.sub == \"ann\""))),
        (vec![], "mail/add", None),
    ] {
        let route = Configured::GatewayPolicy(policy("3000/main/tools", &[], &["math"], rules));
        let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
        check(vec![route], used, &expected);
    }
}

#[test]
fn what_stands_around_a_route_holds_on_it() {
    let route = || Configured::GatewayPolicy(policy("3000/main/tools", &[], &["math"], vec![]));
    for (around, is_left) in [
        (policy("3000/main", &[], &[], vec![rule(ADD, None)]), false),
        (policy("frontend", &[], &[], vec![rule(ADD, None)]), false),
        (policy("3000/mai", &[], &[], vec![rule(ADD, None)]), true),
        (policy("3000/other", &[], &[], vec![rule(ADD, None)]), true),
    ] {
        let expected: &[&str] = if is_left { &[GATEWAY] } else { &[] };
        check(vec![route(), Configured::GatewayPolicy(around)], "math/sub", expected);
    }
}

#[test]
fn addresses_lead_to_gateways_where_that_is_certain() {
    let by_host: &[&str] = &["t.example", "/mcp"];
    let in_cluster = |matches: &[&str]| GatewayPolicy {
        namespace: "infra".into(),
        attached_to: texts(&["Gateway edge"]),
        ..policy("AgentgatewayBackend tools", matches, &["math"], vec![])
    };
    let in_file = |matches: &[&str]| policy("3000/main/tools", matches, &["math"], vec![]);
    for (route, address, joined) in [
        (in_file(by_host), "https://t.example/mcp", true),
        (in_file(by_host), "https://T.example:8443/mcp?session=1", true),
        (in_file(by_host), "https://t.example/other", false),
        (in_file(by_host), "https://x.example/mcp", false),
        (in_file(by_host), "stdio t.example/mcp", false),
        (in_file(&["*.example", "/api*"]), "https://a.example/api/v1", true),
        (in_file(&["*.example", "/api*"]), "https://a.example/apis", false),
        (in_file(&["t.example", "POST /mcp headers:x-a"]), "https://t.example/mcp", false),
        (in_file(&["t.example", "~ /m.*"]), "https://t.example/mcp", false),
        // Any host leads here, so that none says that it does.
        (in_file(&[]), "https://t.example/mcp", false),
        (in_file(&["*"]), "https://t.example/mcp", false),
        (in_cluster(&[]), "http://edge.infra:8080/mcp", true),
        (in_cluster(&[]), "http://edge.infra.svc.cluster.local/mcp", true),
        (in_cluster(&[]), "http://edge.infra.svc", true),
        (in_cluster(&[]), "http://edge.other.svc", false),
        (in_cluster(&[]), "http://edge", false),
    ] {
        let authority = authority(vec![client(address, None), Configured::GatewayPolicy(route)]);
        let explained = authority.explain(&cursor(), &tool("math/add"), Reach::Own);
        assert_eq!(!explained.routes.is_empty(), joined, "{address}");
    }
    // Of two routes it is not certain which.
    let twice =
        [in_file(by_host), GatewayPolicy { route: "4000/main/tools".into(), ..in_file(by_host) }];
    let bodies = twice.map(Configured::GatewayPolicy).into_iter();
    let bodies = bodies.chain([client("https://t.example/mcp", None)]).collect();
    let explained = authority(bodies).explain(&cursor(), &tool("math/add"), Reach::Own);
    assert_eq!(explained.routes, []);
}

#[test]
fn a_gateway_narrows_the_tools_of_its_client() {
    let route = |targets: &[&str], rules| {
        Configured::GatewayPolicy(policy("3000/main/tools", &["t.example"], targets, rules))
    };
    let one: &[&str] = &["math"];
    let two: &[&str] = &["math", "mail"];
    let only_math = || vec![rule(ADD, Some("math"))];
    for (targets, rules, allowed, used, expected) in [
        (one, vec![], None, "tools/sub", true),
        (one, vec![rule(ADD, None)], None, "tools/add", true),
        (one, vec![rule(ADD, None)], None, "tools/sub", false),
        // Several targets are one server to clients, their tools with the target's name before.
        (two, only_math(), None, "tools/math_add", true),
        (two, only_math(), None, "tools/math_sub", false),
        (two, only_math(), None, "tools/mail_send", true),
        // Behind the gateway, what the client allows and denies holds as well.
        (one, vec![], Some(&["add"][..]), "math/add", true),
        (one, vec![], Some(&["add"][..]), "math/sub", false),
        (two, vec![], Some(&["math_add"][..]), "math/add", true),
        (two, vec![], Some(&["math_add"][..]), "mail/add", false),
    ] {
        let bodies = vec![client("https://t.example/mcp", allowed), route(targets, rules)];
        let explained = authority(bodies).explain(&cursor(), &tool(used), Reach::Own);
        assert_eq!(!explained.routes.is_empty(), expected, "{used} {targets:?}");
        assert!(expected || !explained.denied.is_empty() || allowed.is_some(), "{used}");
    }
}
