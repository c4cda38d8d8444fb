use serde_json::{Value, json};

use crate::domain::configured::{Bom, Component, Configured};
use crate::domain::{Capability, EventKind};
use crate::ingest::Collected;
use crate::ingest::altered::{altered, check_read};
use crate::ingest::configured::tests::read_text;

fn bill(parts: Value) -> Value {
    let mut bill = json!({"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1});
    let members = bill.as_object_mut().expect("an object");
    members.extend(parts.as_object().cloned().expect("an object"));
    bill
}

fn read(parts: Value) -> Collected {
    let found = read_text("bom.json", &bill(parts).to_string());
    for record in &found.records {
        let stored = serde_json::to_string(record).expect("serialises");
        assert_eq!(serde_json::from_str(&stored).ok().as_ref(), Some(record), "{stored}");
    }
    found
}

fn head(found: &Collected) -> &Bom {
    let Some(Configured::Bom(bom)) = found.records.first().map(|record| &record.body) else {
        unreachable!("a bill first: {:?}", found.problems)
    };
    bom
}

fn components(found: &Collected) -> Vec<&Component> {
    let components = found.records.iter().filter_map(|record| match &record.body {
        Configured::Component(component) => Some(component),
        _ => None,
    });
    components.collect()
}

/// Reads a bill and compares the places and messages of what is in doubt.
#[track_caller]
fn check_doubts(parts: Value, expected: &[(&str, &str)]) -> Collected {
    let found = read(parts);
    let doubts: Vec<(String, &str)> =
        found.problems.iter().map(|problem| (problem.at.to_string(), &*problem.message)).collect();
    assert_eq!(doubts.len(), expected.len(), "{doubts:?}");
    for ((at, message), (place, words)) in doubts.iter().zip(expected) {
        assert_eq!(at, place, "{message}");
        assert!(message.contains(words), "{words}: {message}");
    }
    found
}

#[track_caller]
fn check_component(component: Value, expected: &[&str]) {
    let expected: Vec<(&str, &str)> =
        expected.iter().map(|words| (":/components/0", *words)).collect();
    let found = check_doubts(json!({"components": [component]}), &expected);
    let is_lost = expected.iter().any(|(_, words)| words.contains("without a name"));
    assert_eq!(components(&found).len(), usize::from(!is_lost));
}

const SERIAL: &str = "urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79";

#[test]
fn an_agent_and_what_it_is_made_of() {
    let digest = "ab".repeat(32);
    let found = read(json!({
        "serialNumber": SERIAL,
        "metadata": {
            "timestamp": "2026-01-02T03:04:05Z",
            "lifecycles": [{"phase": "build"}, {"name": "review"}],
            "supplier": {"name": "Desk"},
            "component": {"type": "application", "group": "acme", "name": "agent", "bom-ref": "a",
                "components": [{"type": "library", "name": "inner"}]}
        },
        "components": [
            {"type": "machine-learning-model", "name": "m", "bom-ref": "m",
                "hashes": [{"alg": "SHA-256", "content": digest}],
                "modelCard": {"modelParameters": {"task": "chat", "approach": {"type": "supervised"},
                    "architectureFamily": "transformer", "datasets": [{"name": "d"}, {"ref": "x"}]}}},
            {"type": "library", "name": "l", "version": "1", "purl": "pkg:pypi/l@1", "bom-ref": "l",
                "licenses": [{"license": {"id": "MIT"}}, {"expression": "MIT OR Apache-2.0"}],
                "evidence": {"occurrences": [{"location": "/app/l"}]},
                "components": [{"type": "file", "name": "f", "publisher": "P"}]}
        ],
        "services": [{"name": "tools", "bom-ref": "s", "endpoints": ["https://u:hunter2@h/mcp"],
            "authenticated": true, "x-trust-boundary": true,
            "data": [{"flow": "outbound", "classification": "PII"}],
            "services": [{"name": "inner"}]}],
        "dependencies": [{"ref": "a", "dependsOn": ["m", "l", "s"]}, {"ref": "s", "dependsOn": ["l"]}],
        "compositions": [{"aggregate": "complete"}, {"aggregate": "unknown"}, {"aggregate": "unknown"}]
    }));
    assert!(found.problems.is_empty(), "{:?}", found.problems);

    let bom = head(&found);
    assert_eq!((bom.of.raw(), bom.components), ("acme/agent", 4));
    assert_eq!(bom.phases, ["build", "review"]);
    assert_eq!(bom.gaps, ["unknown"]);
    let subject = bom.subject.as_ref().expect("a subject");
    assert_eq!(subject.depends_on, ["m", "l", "s"]);
    let services: Vec<_> = bom
        .services
        .iter()
        .map(|s| (s.name.raw(), s.depends_on.len(), s.endpoints.len()))
        .collect();
    assert_eq!(services, [("tools", 1, 1), ("inner", 0, 0)]);
    let endpoints = bom.services.iter().flat_map(|service| &service.endpoints);
    assert!(endpoints.into_iter().all(|address| !address.raw().contains("hunter2")));

    let listed: Vec<_> = components(&found)
        .into_iter()
        .map(|c| (c.name.raw(), c.inside.as_ref().map_or("", |inside| inside.raw())))
        .collect();
    assert_eq!(listed, [("inner", "a"), ("m", ""), ("l", ""), ("f", "l")]);
    let model = components(&found).into_iter().find_map(|c| c.model.clone()).expect("a model card");
    assert_eq!(model.datasets, ["d", "x"]);
    assert_eq!(model.task, Some("chat".into()));
    let library = components(&found).into_iter().find(|c| c.name == "l").expect("a library");
    assert_eq!(library.licences, ["MIT", "MIT OR Apache-2.0"]);
    assert_eq!(library.locations, ["/app/l"]);
    assert_eq!(library.key(), "pkg:pypi/l@1");
    let nested = found.records.last().expect("records");
    assert_eq!(nested.place.at.to_string(), ":/components/1/components/0");
    assert_eq!(nested.provisioning.owner, Some("Desk".into()));
    assert!(found.records.iter().all(|record| record.at.is_some()));
}

#[test]
fn a_bill_is_of_its_subject_else_by_serial_number() {
    assert_eq!(
        head(&read(json!({"metadata": {"component": {"name": "n", "type": "file"}}}))).of,
        "n"
    );
    assert_eq!(head(&read(json!({"serialNumber": SERIAL}))).of, SERIAL);
    assert_eq!(head(&read(json!({}))).of.raw().len(), 64);
}

#[test]
fn what_is_wrong_with_a_component() {
    for (component, expected) in [
        (json!({"type": "file", "name": "n"}), &[][..]),
        (json!({"name": "n"}), &["without a type"]),
        (json!({"type": "foo", "name": "n"}), &["a type"]),
        (json!({"type": "file"}), &["without a name"]),
        (json!({"type": "file", "name": "n", "scope": "foo"}), &["a scope"]),
        (json!({"type": "file", "name": "n", "purl": "n@1"}), &["a package URL"]),
        (json!({"type": "file", "name": "n", "bom-ref": ""}), &["an empty reference"]),
        (
            json!({"type": "file", "name": "n", "hashes": [{"alg": "MD5", "content": "x"}]}),
            &["`MD5`"],
        ),
        (json!({"type": "file", "name": "n", "licenses": [{"license": {}}]}), &["without an id"]),
        (
            json!({"type": "file", "name": "n", "licenses": [{"expression": "A", "license": {"id": "B"}}]}),
            &["in one"],
        ),
        (
            json!({"type": "file", "name": "n", "version": "1", "versionRange": "vers:x/1", "isExternal": true}),
            &["both a version"],
        ),
        (json!({"type": "file", "name": "n", "versionRange": "vers:x/1"}), &["not external"]),
        (json!({"type": "file", "name": "n", "version": 1, "hashes": 7, "group": []}), &[]),
    ] {
        check_component(component, expected);
    }
    check_doubts(json!({"components": [7]}), &[(":/components/0", "a component:")]);
}

#[test]
fn what_is_wrong_with_a_bill() {
    check_doubts(json!({"specVersion": "9"}), &[(":/specVersion", "`9`")]);
    check_doubts(json!({"serialNumber": "x"}), &[(":/serialNumber", "no UUID")]);
    check_doubts(
        json!({"metadata": {"timestamp": "2020-04-13"}}),
        &[(":/metadata/timestamp", "a time")],
    );
    check_doubts(
        json!({"services": [{"name": "s", "data": [{"flow": "bar"}]}, {}]}),
        &[(":/services/0", "a flow"), (":/services/1", "without a name")],
    );
    let part = |name: &str| json!({"type": "file", "name": name, "bom-ref": name});
    check_doubts(
        json!({
            "components": [part("a"), part("a")],
            "dependencies": [{"dependsOn": ["a"]}, {"ref": ""}, {"ref": "a", "dependsOn": ["a", "b", "urn:cdx:x/1#y"]}]
        }),
        &[
            (":/components/1", "another part"),
            (":/dependencies/0", "of what"),
            (":/dependencies/1", "of what"),
            (":/dependencies/2", "`b`"),
        ],
    );
    // Tools have names too.
    check_doubts(
        json!({
            "metadata": {"tools": {"components": [{"type": "application", "name": "t", "bom-ref": "t"}]}},
            "dependencies": [{"ref": "t"}]
        }),
        &[],
    );
    let found = read(json!({"bomFormat": "Other"}));
    assert!(found.records.is_empty() && found.problems.len() == 1);
}

#[test]
fn a_bill_of_what_runs_gives_events() {
    let phases = json!([{"phase": "operations"}, {"phase": "discovery"}]);
    let components = json!([
        {"type": "machine-learning-model", "name": "m", "hashes": [
            {"alg": "SHA-1", "content": "ab".repeat(20)}, {"alg": "SHA-256", "content": "CD".repeat(32)}]},
        {"type": "library", "name": "l", "purl": "pkg:pypi/l@1"},
        {"type": "operating-system", "name": "o"}
    ]);
    let parts = json!({
        "metadata": {"timestamp": "2026-01-02T03:04:05Z", "lifecycles": phases, "tools": [{"name": "t"}],
            "component": {"type": "application", "name": "agent"}},
        "components": components
    });
    let found = check_doubts(parts.clone(), &[("", "1 components without")]);
    assert!(found.records.is_empty());
    let [load, import] = found.events.as_slice() else { unreachable!("two: {:?}", found.events) };
    assert_eq!(
        load.capability(),
        Some(Capability::Model {
            name: "m".into(),
            digest: Some(format!("sha256:{}", "cd".repeat(32)).into())
        })
    );
    assert_eq!(import.capability(), Some(Capability::Artifact { purl: "pkg:pypi/l@1".into() }));
    assert_eq!((load.kind, load.recorder.clone()), (EventKind::ModelLoad, Some("t".into())));
    let params: Value =
        serde_json::from_str(import.params.as_ref().expect("params").raw()).expect("JSON");
    assert_eq!(params["subject"], "agent");
    let again = read(parts);
    assert!(
        again.events.iter().map(|event| event.id).eq(found.events.iter().map(|event| event.id))
    );

    check_doubts(json!({"metadata": {"lifecycles": phases}}), &[("", "does not say when")]);
    let mixed = json!([{"phase": "build"}, {"phase": "operations"}]);
    assert_eq!(head(&read(json!({"metadata": {"lifecycles": mixed}}))).phases.len(), 2);
}

#[test]
fn components_nest_as_deep_as_a_document_may() {
    let mut component = json!({"type": "file", "name": "innermost"});
    for _ in 0..40 {
        component = json!({"type": "file", "name": "n", "components": [component]});
    }
    let found = check_doubts(json!({"components": [component]}), &[]);
    assert_eq!(components(&found).len(), 41);
}

const SEEDS: &[&str] = &[
    r#"{"bomFormat":"CycloneDX","specVersion":"1.6","serialNumber":"urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79","version":1,"metadata":{"timestamp":"2026-01-02T03:04:05Z","lifecycles":[{"phase":"build"}],"tools":{"components":[{"name":"t","bom-ref":"t"}]},"component":{"type":"application","name":"a","bom-ref":"a"},"supplier":{"name":"s"}},"components":[{"type":"machine-learning-model","name":"m","bom-ref":"m","modelCard":{"modelParameters":{"task":"t","datasets":[{"ref":"d"}]}},"hashes":[{"alg":"MD5","content":"00000000000000000000000000000000"}],"licenses":[{"license":{"id":"MIT"}}],"evidence":{"occurrences":[{"location":"/x"}]},"components":[{"type":"data","name":"d"}]}],"services":[{"name":"s","endpoints":["https://h"],"data":[{"flow":"inbound"}],"services":[{"name":"i"}]}],"dependencies":[{"ref":"a","dependsOn":["m"]}],"compositions":[{"aggregate":"unknown"}]}"#,
    r#"{"bomFormat":"CycloneDX","specVersion":"1.5","metadata":{"timestamp":"2026-01-02T03:04:05Z","lifecycles":[{"phase":"operations"}],"tools":[{"name":"t"}]},"components":[{"type":"machine-learning-model","name":"m"},{"type":"library","name":"l","purl":"pkg:pypi/l@1"}]}"#,
];

proptest::proptest! {
    #[test]
    fn any_bill_is_read_or_set_aside(text in altered(SEEDS, &["bomFormat", "specVersion"])) {
        if !has_no_components(&text) {
            check_read(&text)?;
        }
    }
}

/// A bill of what runs that lists nothing says that nothing was found.
fn has_no_components(text: &str) -> bool {
    let bill: Value = serde_json::from_str(text).expect("JSON");
    bill["components"].as_array().is_none_or(Vec::is_empty)
}
