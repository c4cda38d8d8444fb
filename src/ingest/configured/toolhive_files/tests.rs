use crate::domain::configured::{
    Configured, NetworkReach, PublishedServer, RuleEffect, ServerPermissions,
};
use crate::ingest::configured::tests::{is_read_or_said, read_text};
use crate::ingest::tests::altered;

const SEEDS: &[&str] = &[
    r#"{"version":"1.0.0","last_updated":"2026-02-20T00:00:00Z","servers":{"docs":{"description":"d","tier":"Community","status":"Active","transport":"stdio","tools":["find","read"],"tool_definitions":[{"name":"find","description":"f","inputSchema":{"type":"object"},"annotations":{}}],"metadata":{"stars":1,"last_updated":"2026-02-18T22:23:43Z"},"repository_url":"https://h/r","image":"h/docs:0.3.2","permissions":{"network":{"outbound":{"allow_host":["a.example"],"allow_port":[443,80]}}},"env_vars":[{"name":"TOKEN","required":true,"secret":true,"default":"s3cr3t"},{"name":"DIR"}],"args":["--dir","/x"],"provenance":{"sigstore_url":"t","repository_uri":"https://h/b","signer_identity":"/w.yml","cert_issuer":"i"}}},"remote_servers":{"far":{"description":"d","tier":"Official","status":"Active","transport":"streamable-http","url":"https://h/mcp","tools":["go"],"headers":[{"name":"X-Key","required":true,"secret":true}],"oauth_config":{"authorize_url":"https://h/auth","scopes":["a"]}}},"groups":[{"name":"g","servers":{"in/group":{"image":"h/g"}},"remote_servers":{}}]}"#,
    r#"{"name":"mine","read":["/srv/in"],"write":["/srv/out:/out"],"network":{"outbound":{"insecure_allow_all":false,"allow_host":[".example.org"],"allow_port":[443]}},"privileged":true}"#,
    r#"{"version":"1.0","type":"cedarv1","cedar":{"policies":["permit(principal, action == Action::\"call_tool\", resource == Tool::\"find\");","// never\nforbid(principal, action, resource);"],"entities_json":"[]"}}"#,
];

fn permissions(json: &str) -> Vec<ServerPermissions> {
    let found = read_text("profile.json", json);
    let bodies = found.records.into_iter().map(|record| record.body);
    bodies
        .filter_map(|body| match body {
            Configured::ServerPermissions(permissions) => Some(permissions),
            _ => None,
        })
        .collect()
}

#[test]
fn a_registry_gives_servers_tools_and_permissions() {
    let found = read_text("registry.json", SEEDS[0]);
    assert_eq!(found.problems, []);
    let lines: Vec<String> = found
        .records
        .iter()
        .map(|record| {
            let identity = record.body.identity();
            format!("{} {} {}", identity.kind.raw(), identity.name.raw(), record.place.at)
        })
        .collect();
    assert_eq!(
        lines,
        [
            "DeclaredCatalog docs :/servers/docs",
            "ServerPermissions docs :/servers/docs",
            "PublishedServer docs :/servers/docs",
            "DeclaredCatalog far :/remote_servers/far",
            "PublishedServer far :/remote_servers/far",
            "PublishedServer in/group :/groups/0/servers/in~1group",
        ]
    );
    let at = found.records.first().and_then(|record| record.at);
    assert_eq!(at.map(|at| at.to_string()), Some("2026-02-18T22:23:43Z".into()));
    let json = serde_json::to_string(&found.records).expect("JSON");
    assert!(!json.contains("s3cr3t"), "{json}");

    let servers: Vec<&PublishedServer> = found
        .records
        .iter()
        .filter_map(|record| match &record.body {
            Configured::PublishedServer(server) => Some(server),
            _ => None,
        })
        .collect();
    let [docs, far, grouped] = servers.as_slice() else { unreachable!("three servers") };
    let [package] = docs.packages.as_slice() else { unreachable!("one package") };
    assert_eq!((package.identifier.raw(), package.pinned), ("h/docs:0.3.2", true));
    assert_eq!(package.arguments, Some("--dir /x".into()));
    assert_eq!(docs.signer.as_ref().map(|signer| signer.identity.raw()), Some("/w.yml"));
    assert_eq!(far.remotes.first().map(|remote| remote.url.raw()), Some("https://h/mcp"));
    assert_eq!(far.oauth.first().map(|oauth| oauth.issuer.raw()), Some("https://h/auth"));
    assert_eq!(grouped.packages.first().map(|package| package.pinned), Some(false));
}

#[test]
fn tools_are_declared_in_part_or_by_name() {
    let found = read_text("registry.json", SEEDS[0]);
    let Some(Configured::DeclaredCatalog(catalog)) = found.records.first().map(|r| &r.body) else {
        unreachable!("a catalog first")
    };
    let tools: Vec<_> = catalog
        .tools
        .iter()
        .map(|tool| (tool.name.raw(), tool.digest.is_empty(), tool.parts.input_schema.is_some()))
        .collect();
    assert_eq!(tools, [("find", true, true), ("read", true, false)]);
    assert_eq!(catalog.registry, Some("toolhive".into()));
}

#[test]
fn what_a_profile_lets_out() {
    #[track_caller]
    fn check(network: &str, expected: Option<NetworkReach>) {
        let json = format!(r#"{{"read":["/a"],"network":{network}}}"#);
        let found = permissions(&json);
        assert_eq!(found.first().map(|p| p.network.clone()), Some(expected), "{json}");
    }
    let limited = |hosts: &[&str], ports: &[u16]| {
        let hosts = hosts.iter().map(|host| (*host).into()).collect();
        Some(NetworkReach::Limited { hosts, ports: ports.to_vec() })
    };
    check(
        r#"{"outbound":{"insecure_allow_all":true,"allow_port":[443]}}"#,
        Some(NetworkReach::All),
    );
    check(r#"{"outbound":{"allow_host":["a"],"allow_port":[1]}}"#, limited(&["a"], &[1]));
    check(r#"{"outbound":{"allow_port":[1]}}"#, limited(&[], &[1]));
    check(r#"{"outbound":{}}"#, limited(&[], &[]));
    check("null", None);
}

#[test]
fn a_profile_of_its_own() {
    let found = permissions(SEEDS[1]);
    let [profile] = found.as_slice() else { unreachable!("one profile") };
    assert_eq!((profile.server.raw(), profile.declared_by.raw()), ("mine", "profile"));
    assert_eq!(
        (profile.reads.clone(), profile.writes.clone()),
        (vec!["/srv/in".into()], vec!["/srv/out:/out".into()])
    );
    assert!(profile.privileged);
    let unnamed = permissions(r#"{"write":["/tmp"]}"#);
    assert_eq!(unnamed.first().map(|profile| profile.server.raw()), Some("profile"));
}

#[test]
fn what_is_like_a_profile_is_not_claimed() {
    for json in [
        r#"{"network":"bridge"}"#,
        r#"{"network":{"outbound":null}}"#,
        r#"{"read":true,"write":false}"#,
        r#"{"read":["a"],"x":1}"#,
        r#"{"name":"x"}"#,
        "{}",
    ] {
        let found = read_text("profile.json", json);
        assert!(found.records.is_empty(), "{json}: {:?}", found.records);
    }
}

#[test]
fn cedar_policies_keep_their_words_and_their_effect() {
    let found = read_text("authz/config.json", SEEDS[2]);
    let [record] = found.records.as_slice() else { unreachable!("{:?}", found.problems) };
    let Configured::GatewayPolicy(policy) = &record.body else { unreachable!("a policy") };
    assert_eq!((policy.gateway.raw(), policy.route.raw()), ("toolhive", "config.json"));
    let effects: Vec<_> =
        policy.rules.iter().map(|rule| (rule.language.raw(), rule.effect)).collect();
    assert_eq!(effects, [("cedar", RuleEffect::Allow), ("cedar", RuleEffect::Deny)]);
}

#[test]
fn authorisation_that_is_not_understood_is_set_aside_as_a_whole() {
    for (json, kind) in [
        (r#"{"version":"1.0","type":"opa","cedar":{"policies":[]}}"#, "unsupported"),
        (
            r#"{"version":"1.0","type":"cedarv1","cedar":{"policies":["permit(a);","perhaps(b);"]}}"#,
            "malformed",
        ),
        (r#"{"version":"1.0","type":"cedarv1","cedar":{}}"#, "malformed"),
    ] {
        let found = read_text("a.json", json);
        let kinds: Vec<_> = found.problems.iter().map(|problem| problem.kind.to_string()).collect();
        assert_eq!((found.records.len(), kinds), (0, vec![kind.to_owned()]), "{json}");
    }
}

proptest::proptest! {
    #[test]
    fn any_json_of_its_shape_is_read_or_said(json in altered(SEEDS)) {
        let found = read_text("registry.json", &json);
        proptest::prop_assert!(is_read_or_said(&found), "{}", json);
    }
}
