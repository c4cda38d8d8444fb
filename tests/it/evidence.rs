//! What the loaded evidence can prove: `diptych evidence`, and what a load says of each record.

use serde_json::Value;

use crate::support::{Home, REGISTRY, ROLE, audit_event};

/// A span of one pod, by minute and second.
fn span(pod: &str, id: u32, parent: u32, second: u32, name: &str) -> String {
    let attribute = |key: &str, value: &str| {
        format!(r#"{{"key":"{key}","value":{{"stringValue":"{value}"}}}}"#)
    };
    format!(
        r#"{{"resourceSpans":[{{"resource":{{"attributes":[{},{}]}},"scopeSpans":[{{"spans":[{{"traceId":"{:032x}","spanId":"{id:016x}","parentSpanId":"{parent:016x}","name":"execute_tool {name}","startTimeUnixNano":"{}","endTimeUnixNano":"{}","attributes":[{},{}]}}]}}]}}]}}"#,
        attribute("service.name", "desk"),
        attribute("k8s.pod.name", pod),
        7,
        1_790_000_000_000_000_000_u64 + u64::from(second) * 1_000_000_000,
        1_790_000_001_000_000_000_u64 + u64::from(second) * 1_000_000_000,
        attribute("gen_ai.operation.name", "execute_tool"),
        attribute("gen_ai.tool.name", name),
    ) + "\n"
}

#[test]
fn the_minimum_audit_record_is_measured_per_source() {
    let home = Home::new();
    home.load("audit.log", &(audit_event(1) + &audit_event(2)));
    let report = home.json(&["evidence"]);
    let source = &report["sources"][0];
    assert_eq!((&source["source"], &source["events"]), (&"k8s-audit".into(), &2.into()));
    let share = |field: &str| {
        let fields = source["fields"].as_array().expect("a list");
        let found = fields.iter().find(|share| share["field"] == field).expect("the field");
        found["share"].clone()
    };
    let all = serde_json::json!({ "part": 2, "whole": 2 });
    let none = serde_json::json!({ "part": 0, "whole": 2 });
    for said in ["action", "target", "decision", "justification", "output", "principal"] {
        assert_eq!(share(said), all, "{said}");
    }
    for silent in ["trigger", "passport", "tenant"] {
        assert_eq!(share(silent), none, "{silent}");
    }
    let dimensions: Vec<&Value> = source["dimensions"].as_array().expect("a list").iter().collect();
    assert!(dimensions.contains(&&"permission".into()), "{dimensions:?}");
    assert!(home.ok(&["evidence"]).stdout.contains("clocks agree"));
}

#[test]
fn a_clock_that_runs_behind_is_found() {
    let home = Home::new();
    // The called pod records its span four seconds before the caller made the call.
    let spans = span("front-1", 1, 0, 10, "ask") + &span("back-1", 2, 1, 6, "answer");
    home.load("traces.jsonl", &spans);
    let report = home.json(&["evidence"]);
    let skew = &report["skew"][0];
    assert_eq!((&skew["pairs"], &skew["at_least"]), (&1.into(), &4000.into()), "{report:#}");
    assert!(skew["effect"].as_str().is_some_and(|effect| effect.ends_with("back-1")), "{skew:#}");
}

#[test]
fn what_is_in_no_format_is_kept_and_found() {
    let home = Home::new();
    home.load("odd.jsonl", "{\"time\":\"2026-10-01T00:00:00Z\",\"msg\":\"a zeppelin rose\"}\n");
    let found = home.json(&["search", "zeppelin"]);
    assert_eq!(found.as_array().map(Vec::len), Some(1), "{found:#}");
    let files = home.json(&["case", "--files"]);
    assert_eq!(files["files"][0]["with_problems"], 1);
    assert!(home.ok(&["problems"]).stdout.contains("odd.jsonl"));
}

#[test]
fn an_analyst_can_say_what_a_file_is() {
    let home = Home::new();
    let path = home.write("x.json", r#"{"a":1}"#);
    let path = path.to_str().expect("a plain path");
    let refused = home.run(&["load", "--as", "no-such-format", path]);
    assert!(refused.code != 0 && refused.stderr.contains("k8s-audit"), "{}", refused.stderr);
    home.ok(&["load", "--as", "k8s-audit", path]);
    let files = home.json(&["case", "--files"]);
    assert_eq!(files["files"][0]["formats"], serde_json::json!([["k8s-audit", 1]]));
}

#[test]
fn a_load_in_steps_keeps_every_file() {
    let home = Home::new();
    let folder = home.path().join("logs");
    std::fs::create_dir(&folder).expect("the home can be written");
    for number in 1..4 {
        let path = folder.join(format!("{number}.log"));
        std::fs::write(path, audit_event(number)).expect("the home can be written");
    }
    home.ok(&["load", "--in-steps", folder.to_str().expect("a plain path")]);
    assert_eq!(home.json(&["case"])["summary"]["events"], 3);
}

/// Grants of the one agent: exercised, seen unused, unobservable.
fn grants(policy: Option<&str>) -> [u64; 3] {
    let home = Home::new();
    home.load("role.json", ROLE);
    home.load("registry.yaml", REGISTRY);
    home.load("audit.log", &(audit_event(1) + &audit_event(2)));
    if let Some(rules) = policy {
        home.load(
            "policy.yaml",
            &format!("apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n{rules}"),
        );
    }
    let agents = home.json(&["agents"]);
    let agent = agents.as_array().and_then(|agents| agents.first()).expect("one agent").clone();
    ["exercised", "observed_unused", "unobservable"].map(|state| agent[state].as_u64().unwrap_or(0))
}

#[test]
fn what_the_audit_policy_drops_is_unobservable_and_never_unused() {
    // The role grants get, update and delete; get is used. A log by itself covers the verbs in it.
    let [used, unused, unseen] = grants(None);
    assert_eq!((used, unused, unseen >= 2), (1, 0, true));
    let [_, unused, rest] = grants(Some("- level: Metadata\n"));
    assert_eq!((unused, rest), (2, unseen - 2), "everything is recorded");
    let dropped = "- level: None\n  verbs: [delete]\n- level: Metadata\n";
    let [_, unused, rest] = grants(Some(dropped));
    assert_eq!((unused, rest), (1, unseen - 1), "a delete would not have been seen");
}
