use crate::domain::configured::{Configured, PublishedServer};
use crate::domain::{Record, Text};
use crate::ingest::configured::tests::{is_read_or_said, read_text};
use crate::ingest::tests::altered;

/// In every spelling.
const SEEDS: &[&str] = &[
    r#"{"id":"1","name":"io.example/old","description":"d","repository":{"url":"https://h/r","source":"github","id":"1"},"version_detail":{"version":"0.1.0","release_date":"2025-05-16T18:56:49Z","is_latest":true},"packages":[{"registry_name":"npm","name":"@x/old","version":"0.0.46","package_arguments":[{"type":"named","name":"--dir <D>","value":"--dir <D>"}],"environment_variables":[{"name":"API_KEY","description":"v"}]}]}"#,
    r#"{"$schema":"https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json","name":"io.example/new","description":"d","title":"New","version":"1.2.0","repository":{"url":"https://h/r","source":"github"},"packages":[{"registryType":"pypi","registryBaseUrl":"https://pypi.org","identifier":"new","version":"1.2.0","fileSha256":"ab","runtimeHint":"uvx","transport":{"type":"stdio"},"runtimeArguments":[{"type":"named","name":"--python","value":"3.12"}],"packageArguments":[{"type":"positional","value":"serve"}],"environmentVariables":[{"name":"TOKEN","isRequired":true,"isSecret":true,"default":"s3cr3t"},{"name":"LEVEL"}]},{"registryType":"oci","identifier":"h/new:latest"}],"remotes":[{"type":"streamable-http","url":"https://h/mcp?key=abc","headers":[{"name":"X-Key","isSecret":true,"value":"s3cr3t"}]}]}"#,
    r#"{"servers":[{"server":{"name":"io.example/listed","description":"d","version":"2.0.0","remotes":[{"type":"sse","url":"https://h/sse"}]},"_meta":{"io.modelcontextprotocol.registry/official":{"status":"deprecated","publishedAt":"2026-01-01T00:00:00Z","updatedAt":"2026-02-01T00:00:00Z","isLatest":true}}}],"metadata":{"nextCursor":"c","count":1}}"#,
    r#"{"version":"1.0.0","meta":{"last_updated":"2026-01-01T00:00:00Z"},"data":{"servers":[{"name":"io.example/boxed","description":"d","version":"1.0.0","packages":[{"registryType":"oci","identifier":"h/boxed:1","transport":{"type":"stdio"}}],"_meta":{"io.modelcontextprotocol.registry/publisher-provided":{"io.github.stacklok":{"h/boxed:1":{"status":"active","tier":"Community","tools":["a","b"],"permissions":{"network":{"outbound":{"allow_host":["a.example"],"allow_port":[443]}}},"provenance":{"repository_uri":"https://h/r","signer_identity":"w","cert_issuer":"i"}}}}}}]}}"#,
];

fn published(record: &Record) -> Option<&PublishedServer> {
    match &record.body {
        Configured::PublishedServer(server) => Some(server),
        _ => None,
    }
}

/// The only published server of a document, with the lines of its packages and remotes.
#[track_caller]
fn check(json: &str, lines: &[&str]) -> Record {
    let found = read_text("server.json", json);
    let mut servers: Vec<Record> =
        found.records.into_iter().filter(|record| published(record).is_some()).collect();
    assert_eq!(servers.len(), 1, "{:?}", found.problems);
    let record = servers.remove(0);
    let server = published(&record).expect("a server");
    let text = |text: &Option<Text>| text.as_ref().map_or("-", Text::raw).to_owned();
    let variables = |variables: &[crate::domain::configured::ServerVariable]| {
        let written = variables.iter().map(|variable| {
            let marks = [("!", variable.secret), ("+", variable.required)];
            let marks: String = marks.iter().filter(|(_, is)| *is).map(|(mark, _)| *mark).collect();
            format!("{}{marks}", variable.name.raw())
        });
        written.collect::<Vec<_>>().join(",")
    };
    let packages = server.packages.iter().map(|package| {
        format!(
            "{} {} {} {} {} [{}] {}",
            package.kind.raw(),
            package.identifier.raw(),
            text(&package.version),
            text(&package.transport),
            if package.pinned { "pinned" } else { "unpinned" },
            text(&package.arguments),
            variables(&package.variables),
        )
    });
    let remotes = server.remotes.iter().map(|remote| {
        format!("{} {} {}", remote.transport.raw(), remote.url.raw(), variables(&remote.headers))
    });
    assert_eq!(packages.chain(remotes).collect::<Vec<_>>(), lines, "{json}");
    record
}

#[test]
fn the_oldest_spelling() {
    let record = check(SEEDS[0], &["npm @x/old 0.0.46 - pinned [--dir <D>] API_KEY"]);
    assert_eq!(record.at.map(|at| at.to_string()), Some("2025-05-16T18:56:49Z".into()));
    let server = published(&record).expect("a server");
    assert_eq!((server.registry.raw(), server.server.raw()), ("mcp", "io.example/old"));
    assert_eq!(server.version, Some("0.1.0".into()));
    assert_eq!(
        server.repository.as_ref().map(|repository| repository.url.raw()),
        Some("https://h/r")
    );
}

#[test]
fn the_newest_spelling_without_any_value() {
    let record = check(
        SEEDS[1],
        &[
            "pypi new 1.2.0 stdio pinned [uvx --python 3.12 serve] TOKEN!+,LEVEL",
            "oci h/new:latest - - unpinned [-] ",
            "streamable-http https://h/mcp?key=***a77fc933 X-Key!",
        ],
    );
    let json = serde_json::to_string(&record).expect("JSON");
    assert!(!json.contains("s3cr3t"), "{json}");
}

#[test]
fn a_page_of_a_list_says_that_it_goes_on() {
    let found = read_text("servers.json", SEEDS[2]);
    let kinds: Vec<_> = found.problems.iter().map(|problem| problem.kind.to_string()).collect();
    assert_eq!(kinds, ["incomplete"]);
    let record = check(SEEDS[2], &["sse https://h/sse "]);
    assert_eq!(record.place.at.to_string(), ":/servers/0");
    assert_eq!(
        record.provisioning.granted_at.map(|at| at.to_string()),
        Some("2026-01-01T00:00:00Z".into())
    );
    assert_eq!(record.at.map(|at| at.to_string()), Some("2026-02-01T00:00:00Z".into()));
    assert_eq!(published(&record).and_then(|s| s.status.clone()), Some("deprecated".into()));
}

#[test]
fn tools_and_permissions_that_the_publisher_declares() {
    let found = read_text("registry.json", SEEDS[3]);
    assert_eq!(found.problems, []);
    let [catalog, permissions, server] = found.records.as_slice() else {
        unreachable!("three records: {:?}", found.records)
    };
    let Configured::DeclaredCatalog(catalog) = &catalog.body else { unreachable!("a catalog") };
    let names: Vec<&str> = catalog.tools.iter().map(|tool| tool.name.raw()).collect();
    assert_eq!((catalog.server.raw(), names), ("io.example/boxed", vec!["a", "b"]));
    let Configured::ServerPermissions(permissions) = &permissions.body else {
        unreachable!("permissions")
    };
    assert_eq!(permissions.server, "io.example/boxed");
    let server = published(server).expect("a server");
    assert_eq!(
        (server.registry.raw(), server.tier.clone()),
        ("toolhive", Some("Community".into()))
    );
    assert_eq!(server.signer.as_ref().map(|signer| signer.identity.raw()), Some("w"));
}

#[test]
fn arrays_are_lists_and_one_bad_server_leaves_the_others() {
    let found = read_text(
        "seed.json",
        &format!(r#"[{},{{"name":"","version_detail":{{"version":"1"}}}}]"#, SEEDS[0]),
    );
    let places: Vec<_> = found.problems.iter().map(|p| format!("{} {}", p.at, p.kind)).collect();
    assert_eq!((found.records.len(), places), (1, vec![":/1 missing-field".to_owned()]));
    let found = read_text(
        "list.json",
        r#"{"servers":[{"name":"a","remotes":[{"type":"sse","url":"u"}]},7,{"name":"b","packages":7}]}"#,
    );
    let places: Vec<_> = found.problems.iter().map(|p| format!("{} {}", p.at, p.kind)).collect();
    assert_eq!(found.records.len(), 1);
    assert_eq!(places, [":/servers/1 malformed", ":/servers/2 malformed"]);
}

#[test]
fn other_manifests_are_not_claimed() {
    for json in [
        r#"{"name":"x","version":"1.0.0","description":"d","repository":{"url":"u"},"dependencies":{}}"#,
        r#"{"name":"x","version":"1.0.0","lockfileVersion":3,"packages":{"":{"name":"x"}}}"#,
        r#"{"$schema":"https://json-schema.org/draft/2020-12/schema","title":"MCP Server Detail","properties":{}}"#,
        r#"{"openapi":"3.0.0","servers":[{"url":"https://h"}]}"#,
        r#"{"server":{"port":80}}"#,
        r#"{"servers":["a","b"],"x":1}"#,
        r#"{"data":{"servers":[]},"meta":{}}"#,
        r#"[["name","packages"]]"#,
    ] {
        let found = read_text("x.json", json);
        let kinds: Vec<_> = found.problems.iter().map(|problem| problem.kind.to_string()).collect();
        assert_eq!((found.records.len(), kinds), (0, vec!["unknown-format".to_owned()]), "{json}");
    }
}

proptest::proptest! {
    #[test]
    fn any_json_of_its_shape_is_read_or_said(json in altered(SEEDS)) {
        let found = read_text("server.json", &json);
        proptest::prop_assert!(is_read_or_said(&found), "{}", json);
    }
}
