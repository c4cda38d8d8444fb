use crate::domain::configured::{Configured, GatewayPolicy};
use crate::ingest::configured::tests::{is_read_or_said, read_text};
use crate::ingest::tests::altered;

const FILES: &[&str] = &[
    r#"{"config":{"logging":{"format":"json"}},"frontendPolicies":{"networkAuthorization":{"rules":[{"deny":"source.address == \"10.0.0.1\""}]}},"binds":[{"port":3000,"listeners":[{"name":"main","hostname":"*.example","policies":{"jwtAuth":{"mode":"strict","providers":[{"issuer":"https://i","audiences":["a"],"jwks":{"file":"k"}}]}},"routes":[{"name":"tools","hostnames":["t.example"],"matches":[{"path":{"exact":"/mcp"},"method":"POST","headers":[{"name":"x-a","value":{"exact":"1"}}]}],"policies":{"mcpAuthorization":{"rules":["mcp.tool.name == \"echo\"",{"deny":"mcp.tool.name == \"drop\""},{"require":"jwt.sub != \"\""}]},"localRateLimit":[{"maxTokens":10,"tokensPerFill":1,"fillInterval":"60s"}],"remoteRateLimit":{"domain":"d","host":"h:1","descriptors":[{"entries":[],"type":"tokens"}]}},"backends":[{"mcp":{"targets":[{"name":"time","stdio":{"cmd":"uvx","args":["mcp-server-time"]}},{"name":"far","mcp":{"host":"https://u:p@h/mcp"},"policies":{"mcpAuthorization":{"rules":["true"]}}},{"name":"api","openapi":{"schema":{"file":"f"},"host":"h","port":8080}}]}}]},{"policies":{"a2a":{}},"backends":[{"host":"localhost:9999"},{"service":{"name":{"namespace":"n","hostname":"s"},"port":80}}]},{"backends":[{"ai":{"name":"m","provider":{"openAI":{"model":"gpt"}},"groups":null},"policies":{"backendAuth":{"key":"s3cr3t"}}}]}]}]}]}"#,
    r#"{"mcp":{"port":3000,"policies":{"mcpAuthentication":{"issuer":"https://i","audiences":["x"],"mode":"optional"}},"targets":[{"name":"e","sse":{"host":"h","path":"/sse"}}]},"llm":{"policies":{"apiKey":{"keys":[{"key":"s3cr3t"}],"mode":"strict"}},"models":[{"name":"smart","provider":"openAI","params":{"model":"gpt","apiKey":"s3cr3t"}},{"name":"r","provider":{"reference":"own"}}]},"ui":{"policies":{"oidc":{"issuer":"https://o","clientSecret":"s3cr3t"},"authorization":{"rules":[{"allow":"jwt.email.endsWith(\"@e\")"}]}}}}"#,
    r#"{"gateways":{"secure":{"port":443,"listeners":[{"name":"egress"}]}},"tcpRoutes":[{"name":"allowlist","gateways":"secure/egress","hostnames":["a.example"],"backends":[{"dynamic":{}}]}],"routes":[{"gateways":["secure/a","secure/b"],"backends":[{"backend":"own"},{"aws":{"agentCore":{"agentRuntimeArn":"arn:aws:x"}}}]}]}"#,
];

const OBJECTS: &[&str] = &[
    r#"{"apiVersion":"agentgateway.dev/v1alpha1","kind":"AgentgatewayPolicy","metadata":{"name":"p","namespace":"n","creationTimestamp":"2026-01-02T03:04:05Z"},"spec":{"targetRefs":[{"group":"g","kind":"HTTPRoute","name":"r","sectionName":"s"}],"targetSelectors":[{"kind":"Gateway","matchLabels":{"a":"b"}}],"traffic":{"authorization":{"action":"Deny","policy":{"matchExpressions":["request.path == \"/x\""]}},"jwtAuthentication":{"mode":"Strict","providers":[{"issuer":"https://i","audiences":["a"]}]},"rateLimit":{"local":[{"requests":5,"unit":"Minutes"},{"tokens":9,"unit":"Hours"}],"global":{"domain":"d"}}},"backend":{"mcp":{"authorization":{"policy":{"matchExpressions":["mcp.tool.name == \"echo\""]}},"authentication":{"issuer":"https://m"}}}}}"#,
    r#"{"apiVersion":"agentgateway.dev/v1alpha1","kind":"AgentgatewayBackend","metadata":{"name":"b"},"spec":{"mcp":{"targets":[{"name":"t","static":{"host":"h","port":80,"path":"/mcp","protocol":"StreamableHTTP"}},{"name":"sel","selector":{"services":{"matchLabels":{"a":"b"}}}}]},"static":{"host":"s","port":1}}}"#,
    r#"{"apiVersion":"agentgateway.dev/v1alpha1","kind":"AgentgatewayModel","metadata":{"name":"m"},"spec":{"parentRefs":[{"kind":"Gateway","name":"g"}],"match":{"model":"gpt"},"provider":"OpenAI","policies":{"authorization":{"action":"Require","policy":{"matchExpressions":["true"]}}}}}"#,
    r#"{"apiVersion":"agentgateway.dev/v1alpha1","kind":"AgentgatewayBackend","metadata":{"name":"g"},"spec":{"ai":{"groups":[{"providers":[{"name":"a","openai":{"model":"x"}},{"name":"b","anthropic":{}}]}]}}}"#,
];

fn policies(text: &str) -> Vec<GatewayPolicy> {
    let found = read_text("config.json", text);
    assert_eq!(found.problems, []);
    let json = serde_json::to_string(&found.records).expect("JSON");
    assert!(!json.contains("s3cr3t"), "{json}");
    let bodies = found.records.into_iter().map(|record| record.body);
    bodies
        .map(|body| match body {
            Configured::GatewayPolicy(policy) => policy,
            other => unreachable!("a policy, not {other:?}"),
        })
        .collect()
}

/// Route, what leads there, what it reaches and what it says, one line each.
fn lines(policy: &GatewayPolicy) -> Vec<String> {
    let words = |words: &[crate::domain::Text]| {
        words.iter().map(|word| word.raw()).collect::<Vec<_>>().join(" | ")
    };
    let mut lines = vec![format!("{} <{}>", policy.route.raw(), words(&policy.matches))];
    if !policy.attached_to.is_empty() {
        lines.push(format!("at {}", words(&policy.attached_to)));
    }
    lines.extend(policy.targets.iter().map(|target| {
        let pinned = target.pinned.map_or("", |is| if is { " pinned" } else { " unpinned" });
        format!("to {} {} {}{pinned}", target.kind.raw(), target.name.raw(), target.endpoint.raw())
    }));
    lines.extend(policy.rules.iter().map(|rule| {
        let only = rule.target.as_ref().map_or(String::new(), |name| format!(" ({})", name.raw()));
        format!("{} {} {}{only}", rule.effect, rule.applies_to.raw(), rule.rule.raw())
    }));
    lines.extend(policy.authentication.iter().map(|by| {
        let text = |text: &Option<crate::domain::Text>| {
            text.as_ref().map_or("-", crate::domain::Text::raw).to_owned()
        };
        format!(
            "by {} {} [{}] {}",
            by.method.raw(),
            text(&by.issuer),
            words(&by.audiences),
            text(&by.mode)
        )
    }));
    lines.extend(policy.rate_limits.iter().map(|limit| {
        let interval = limit.interval.as_ref().map_or("-", crate::domain::Text::raw);
        format!("{} {} {:?} {interval}", limit.scope.raw(), limit.of.raw(), limit.amount)
    }));
    lines
}

#[track_caller]
fn check(text: &str, expected: &[&[&str]]) {
    let found: Vec<Vec<String>> = policies(text).iter().map(lines).collect();
    assert_eq!(found, expected, "{text}");
}

#[test]
fn routes_with_their_targets_and_rules() {
    check(
        FILES[0],
        &[
            &["3000/main <*.example>", "by jwt https://i [a] strict"],
            &[
                "3000/main/tools <t.example | POST /mcp headers:x-a>",
                "to mcp time uvx mcp-server-time unpinned",
                "to mcp far https://***b80df453@h/mcp",
                "to openapi api h:8080",
                "allow mcp true (far)",
                "allow mcp mcp.tool.name == \"echo\"",
                "deny mcp mcp.tool.name == \"drop\"",
                "require mcp jwt.sub != \"\"",
                "local requests Some(1) 60s",
                "global tokens None -",
            ],
            &["3000/main/1 <>", "to a2a  localhost:9999", "to a2a  n/s:80"],
            &["3000/main/2 <>", "to model m openAI gpt"],
            &["frontend <>", "deny network source.address == \"10.0.0.1\""],
        ],
    );
}

#[test]
fn the_short_forms() {
    check(
        FILES[1],
        &[
            &["mcp <>", "to mcp e h/sse", "by mcp https://i [x] optional"],
            &["llm <>", "to model smart openAI gpt", "to model r own", "by api-key - [] strict"],
            &["ui <>", "allow http jwt.email.endsWith(\"@e\")", "by oidc https://o [] -"],
        ],
    );
}

#[test]
fn routes_on_their_own_name_their_gateways() {
    check(
        FILES[2],
        &[
            &["0 <>", "at secure/a | secure/b", "to http own ", "to a2a  arn:aws:x"],
            &["allowlist <a.example>", "at secure/egress", "to http  *"],
        ],
    );
}

#[test]
fn objects_of_kubernetes() {
    check(
        OBJECTS[0],
        &[&[
            "AgentgatewayPolicy p <>",
            "at HTTPRoute r/s | Gateway",
            "deny http request.path == \"/x\"",
            "allow mcp mcp.tool.name == \"echo\"",
            "by jwt https://i [a] strict",
            "by mcp https://m [] -",
            "local requests Some(5) Minutes",
            "local tokens Some(9) Hours",
            "global requests None -",
        ]],
    );
    check(
        OBJECTS[1],
        &[&[
            "AgentgatewayBackend b <>",
            "to http  s:1",
            "to mcp t h:80/mcp",
            r#"to mcp sel selector {"services":{"matchLabels":{"a":"b"}}}"#,
        ]],
    );
    check(
        OBJECTS[2],
        &[&[
            "AgentgatewayModel m <model gpt>",
            "at Gateway g",
            "to model  OpenAI",
            "require http true",
        ]],
    );
    check(
        OBJECTS[3],
        &[&["AgentgatewayBackend g <>", "to model a openai x", "to model b anthropic"]],
    );
    let policy = &policies(OBJECTS[0])[0];
    assert_eq!((policy.gateway.raw(), policy.namespace.raw()), ("agentgateway", "n"));
}

#[test]
fn a_rule_that_is_not_understood_sets_its_route_aside() {
    let found = read_text(
        "c.json",
        r#"{"binds":[{"port":1,"listeners":[{"routes":[
            {"policies":{"authorization":{"rules":[{"perhaps":"x"}]}}},{"name":"good"},7]}]}]}"#,
    );
    let places: Vec<_> = found.problems.iter().map(|p| format!("{} {}", p.at, p.kind)).collect();
    assert_eq!(
        places,
        [":/binds/0/listeners/0/routes/0 malformed", ":/binds/0/listeners/0/routes/2 malformed",]
    );
    assert_eq!(found.records.len(), 1);
    let found = read_text("c.json", r#"{"binds":[]}"#);
    assert_eq!(
        found.problems.iter().map(|p| p.kind.to_string()).collect::<Vec<_>>(),
        ["incomplete"]
    );
}

#[test]
fn other_configurations_are_not_claimed() {
    for json in [
        r#"{"services":{"web":{"image":"i"}}}"#,
        r#"{"config":{"a":1},"services":[]}"#,
        r#"{"mcp":{"docs":{"type":"local","command":["x"]}}}"#,
        r#"{"binds":[],"other":1}"#,
        r#"{"binds":{}}"#,
        r#"[["a"],["b"]]"#,
        "{}",
    ] {
        let found = read_text("c.json", json);
        let is_policy =
            |record: &crate::domain::Record| matches!(record.body, Configured::GatewayPolicy(_));
        assert!(!found.records.iter().any(is_policy), "{json}");
        let claims = found.problems.iter().any(|problem| problem.kind.to_string() == "incomplete");
        assert!(!claims, "{json}");
    }
}

proptest::proptest! {
    #[test]
    fn any_file_of_its_shape_is_read_or_said(json in altered(FILES)) {
        let found = read_text("config.json", &json);
        proptest::prop_assert!(is_read_or_said(&found), "{}", json);
    }

    #[test]
    fn any_object_of_its_shape_is_read_or_said(json in altered(OBJECTS)) {
        let found = read_text("o.json", &json);
        proptest::prop_assert!(is_read_or_said(&found), "{}", json);
    }
}
