use crate::domain::configured::{
    Configured, DeclaredCatalog, NetworkReach, PublishedServer, ServerPermissions,
};
use crate::ingest::configured::tests::{is_read_or_said, read_text};
use crate::ingest::tests::altered;

const SEEDS: &[&str] = &[
    r#"{"name":"hub","image":"mcp/hub","type":"server","meta":{"category":"devops"},"about":{"title":"Hub"},"source":{"project":"https://h/r","commit":"23fa0dd"},"run":{"command":["--mode=stdio","--token","$T"],"env":{"HEADERS":"{\"Authorization\":\"s3cr3t\"}"},"volumes":["{{hub.paths|volume|into}}","cache:/cache:ro"],"allowHosts":["api.example:443"]},"config":{"secrets":[{"name":"hub.token","env":"HUB_TOKEN","example":"<T>","required":true}],"env":[{"name":"HUB_URL","value":"{{hub.url}}"},{"name":"hub.level","env":"HUB_LEVEL"}],"volumes":["/data:/data"]},"oauth":[{"provider":"hub","secret":"hub.token","env":"HUB_TOKEN"}]}"#,
    r#"{"name":"far","type":"remote","dynamic":{"tools":true},"meta":{},"about":{},"remote":{"transport_type":"sse","url":"https://h/sse","headers":{"Authorization":"Bearer ${KEY}"}}}"#,
    r#"{"name":"boxes","type":"poci","meta":{},"about":{},"tools":[{"name":"curl","description":"Run curl.","parameters":{"type":"object"},"container":{"image":"alpine/curl","command":["{{args|into}}"],"volumes":["{{path}}:{{path}}"]}}]}"#,
];

/// What one server gives, by kind.
fn read(json: &str) -> (Vec<DeclaredCatalog>, Vec<ServerPermissions>, Vec<PublishedServer>) {
    let found = read_text("servers/x/server.yaml", json);
    assert_eq!(found.problems, []);
    let (mut catalogs, mut permissions, mut servers) = (Vec::new(), Vec::new(), Vec::new());
    for record in found.records {
        match record.body {
            Configured::DeclaredCatalog(catalog) => catalogs.push(catalog),
            Configured::ServerPermissions(granted) => permissions.push(granted),
            Configured::PublishedServer(server) => servers.push(server),
            other => unreachable!("{other:?}"),
        }
    }
    (catalogs, permissions, servers)
}

#[test]
fn an_image_with_its_hosts_volumes_and_secrets() {
    let (catalogs, permissions, servers) = read(SEEDS[0]);
    let ([granted], [server]) = (permissions.as_slice(), servers.as_slice()) else {
        unreachable!("one of each")
    };
    assert!(catalogs.is_empty());
    assert_eq!(
        granted.network,
        Some(NetworkReach::Limited { hosts: vec!["api.example:443".into()], ports: vec![] })
    );
    assert_eq!(granted.reads, ["cache:/cache:ro"]);
    assert_eq!(granted.writes, ["{{hub.paths|volume|into}}", "/data:/data"]);
    assert_eq!(granted.secrets, ["hub.token"]);
    assert_eq!(server.repository.as_ref().and_then(|r| r.commit.clone()), Some("23fa0dd".into()));
    let [package] = server.packages.as_slice() else { unreachable!("one package") };
    assert_eq!((package.identifier.raw(), package.pinned), ("mcp/hub", false));
    assert_eq!(package.arguments, Some("--mode=stdio --token $T".into()));
    let variables: Vec<_> =
        package.variables.iter().map(|v| (v.name.raw(), v.secret, v.required)).collect();
    assert_eq!(
        variables,
        [
            ("HUB_TOKEN", true, true),
            ("HUB_URL", false, false),
            ("HUB_LEVEL", false, false),
            ("HEADERS", false, false),
        ]
    );
    let json = serde_json::to_string(&servers).expect("JSON");
    assert!(!json.contains("s3cr3t"), "{json}");
}

#[test]
fn nothing_said_of_hosts_limits_nothing() {
    let network = |run: &str| {
        let json = format!(
            r#"{{"name":"a","image":"i","type":"server","meta":{{}},"about":{{}},"run":{run}}}"#
        );
        let (_, permissions, _) = read(&json);
        permissions.first().map(|granted| granted.network.clone())
    };
    let none = NetworkReach::Limited { hosts: vec![], ports: vec![] };
    assert_eq!(network("{}"), Some(None));
    assert_eq!(
        network(r#"{"disableNetwork":true,"allowHosts":["a:1"]}"#),
        Some(Some(none.clone()))
    );
    assert_eq!(network(r#"{"allowHosts":[]}"#), Some(Some(none)));
}

#[test]
fn remote_servers_and_tools_that_are_containers() {
    let (_, _, servers) = read(SEEDS[1]);
    let [server] = servers.as_slice() else { unreachable!("one server") };
    assert!(server.dynamic_tools && server.packages.is_empty());
    let [remote] = server.remotes.as_slice() else { unreachable!("one remote") };
    assert_eq!((remote.transport.raw(), remote.url.raw()), ("sse", "https://h/sse"));
    assert_eq!(remote.headers.first().map(|header| header.name.raw()), Some("Authorization"));

    let (catalogs, permissions, servers) = read(SEEDS[2]);
    let tool = catalogs.first().and_then(|catalog| catalog.tools.first());
    let tool = tool.map(|tool| (tool.name.raw(), tool.parts.input_schema.is_some()));
    assert_eq!(tool, Some(("curl", true)));
    assert_eq!(
        permissions.first().map(|p| p.writes.clone()),
        Some(vec!["{{path}}:{{path}}".into()])
    );
    let images = servers.first().map(|s| s.packages.iter().map(|p| p.identifier.raw()).collect());
    assert_eq!(images, Some(vec!["alpine/curl"]));
}

/// Reads a list of tools: its server with the tools, or what is wrong with it.
#[track_caller]
fn check_tools(file: &str, json: &str, expected: &[&str]) {
    let found = read_text(file, json);
    let mut lines = Vec::new();
    for record in &found.records {
        let Configured::DeclaredCatalog(catalog) = &record.body else { unreachable!("a catalog") };
        lines.push(format!("{} {}", catalog.server.raw(), catalog.tools.len()));
        assert!(catalog.tools.iter().all(|tool| tool.digest.is_empty()), "no schema is declared");
    }
    lines.extend(found.problems.iter().map(|problem| format!("{} {}", problem.at, problem.kind)));
    assert_eq!(lines, expected, "{file} {json}");
}

#[test]
fn the_folder_names_the_server() {
    let tools = r#"[{"name":"a","description":"d","arguments":[{"name":"q","type":"string"}]},{"name":"b","description":"e"}]"#;
    check_tools("servers/hub/tools.json", tools, &["hub 2"]);
    check_tools("C:\\servers\\hub\\tools.json", tools, &["hub 2"]);
    check_tools("tools.json", tools, &[" missing-field"]);
    check_tools("servers/hub/tools.json", "[]", &[" incomplete"]);
    // Other lists of that name are taken apart as lists are.
    check_tools("servers/hub/tools.json", r#"[{"name":"a","x":1}]"#, &[":/0 unknown-format"]);
    check_tools(
        "servers/hub/other.json",
        r#"[{"name":"a","description":"d"}]"#,
        &[":/0 unknown-format"],
    );
}

proptest::proptest! {
    #[test]
    fn any_json_of_its_shape_is_read_or_said(json in altered(SEEDS)) {
        let found = read_text("servers/x/server.yaml", &json);
        proptest::prop_assert!(is_read_or_said(&found), "{}", json);
    }

    #[test]
    fn any_list_of_tools_is_read_or_said(json in altered(&[
        r#"[{"name":"a","description":"d","arguments":[{"name":"q"}],"annotations":{"readOnlyHint":true}},{"name":"b","description":"e"}]"#,
    ])) {
        let found = read_text("servers/x/tools.json", &json);
        proptest::prop_assert!(is_read_or_said(&found), "{}", json);
    }
}
