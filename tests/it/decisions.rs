//! Tags, notes, rulings and their retraction, through the program.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::support::{Home, REGISTRY, ROLE, audit_event};

fn home_with_findings() -> (Home, Vec<Value>) {
    let home = Home::new();
    home.load("role.json", ROLE);
    home.load("registry.yaml", REGISTRY);
    home.load("audit.log", &(0..20).map(audit_event).collect::<String>());
    let findings = home.json(&["findings"]).as_array().expect("a list").clone();
    assert!(!findings.is_empty());
    (home, findings)
}

fn id(row: &Value) -> &str {
    row["finding"]["id"].as_str().expect("a finding has an id")
}

fn tag_of(home: &Home, finding: &str) -> Value {
    let rows = home.json(&["findings"]);
    let row = rows.as_array().expect("a list").iter().find(|row| id(row) == finding);
    row.expect("the finding is there")["tag"].clone()
}

#[test]
fn a_tag_that_differs_needs_its_own_reason() {
    let (home, findings) = home_with_findings();
    let finding = id(&findings[0]);
    let refused = home.run(&["tag", "gap-3", finding]);
    assert_ne!(refused.code, 0);
    assert!(refused.stderr.contains("reason"), "{}", refused.stderr);
    home.ok(&["tag", "gap-3", finding, "--reason", "seen on the wire"]);
    assert_eq!(tag_of(&home, finding)["verdict"], "gap-3");
    home.ok(&["undo"]);
    assert_eq!(tag_of(&home, finding)["tag"], "untagged");
}

#[test]
fn a_tag_goes_stale_when_the_reading_changes() {
    let (home, findings) = home_with_findings();
    let baseline = findings
        .iter()
        .find(|row| row["finding"]["pattern"] == "unused-permission")
        .expect("the unused verb is a finding");
    let finding = id(baseline).to_owned();
    home.ok(&["tag", "cant-tell", &finding, "--reason", "too early"]);
    assert_eq!(tag_of(&home, &finding)["tag"], "tagged");
    // The unused verb comes into use: the object's reading changes, its id does not.
    let mut used = audit_event(900).replace("\"verb\":\"get\"", "\"verb\":\"delete\"");
    used += &(40..120).map(audit_event).collect::<String>();
    home.load("later.log", &used);
    let rows = home.json(&["findings"]);
    let same = rows.as_array().expect("a list").iter().find(|row| id(row) == finding);
    assert_eq!(same.expect("the finding came back")["tag"]["tag"], "stale", "{rows:#}");
}

fn log_file(home: &Home) -> PathBuf {
    fs::read_dir(home.case().join("ledger"))
        .expect("the ledger is there")
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|extension| extension == "jsonl"))
        .expect("one author's log")
}

#[test]
fn one_changed_byte_of_the_ledger_is_found_and_named() {
    let (home, findings) = home_with_findings();
    for note in ["first look", "first thoughts", "first answer"] {
        home.ok(&["note", id(&findings[0]), note]);
    }
    let sound = home.ok(&["ledger", "verify"]);
    assert!(sound.stdout.contains("all is well"), "{}", sound.stdout);
    let path = log_file(&home);
    let mut bytes = fs::read(&path).expect("the log is readable");
    let second = bytes.iter().position(|byte| *byte == b'\n').expect("two lines") + 1;
    let place =
        second + bytes[second..].windows(5).position(|word| word == b"first").expect("the note");
    bytes[place] ^= 1;
    fs::write(&path, bytes).expect("the log can be written");
    let found = home.run(&["ledger", "verify"]);
    assert_ne!(found.code, 0);
    assert!(found.stdout.contains("FAULT") && found.stdout.contains("edited"), "{}", found.stdout);
    assert!(found.stdout.contains("line 2") || found.stdout.contains(":2"), "{}", found.stdout);
}

#[test]
fn a_truncated_ledger_is_found_by_the_witness() {
    let (home, findings) = home_with_findings();
    home.ok(&["note", id(&findings[0]), "one"]);
    home.ok(&["note", id(&findings[0]), "two"]);
    let path = log_file(&home);
    let text = fs::read_to_string(&path).expect("the log is readable");
    let first = text.lines().next().expect("a line");
    fs::write(&path, format!("{first}\n")).expect("the log can be written");
    let found = home.run(&["ledger", "verify"]);
    assert_ne!(found.code, 0);
    assert!(found.stdout.contains("truncated"), "{}", found.stdout);
}

/// A case with an access through a group that nobody bound to the agent: normal by habit, never
/// granted.
fn home_with_a_dispute() -> (Home, String) {
    let (home, _) = home_with_findings();
    home.load(
        "group.json",
        r#"{"apiVersion":"v1","kind":"List","items":[
{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRole","metadata":{"name":"secrets"},"rules":[{"apiGroups":[""],"resources":["secrets"],"verbs":["get"]}]},
{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"RoleBinding","metadata":{"name":"everyone","namespace":"agents"},"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"secrets"},"subjects":[{"kind":"Group","name":"system:serviceaccounts:agents"}]}]}"#,
    );
    let secret =
        audit_event(500).replace("configmaps", "secrets").replace("billing-reader", "everyone");
    home.load("secret.log", &secret);
    let disputes = home.json(&["disputes"]);
    let dispute = &disputes.as_array().expect("a list").first().expect("one dispute")["dispute"];
    let finding = dispute["finding"].as_str().expect("it names its finding").to_owned();
    (home, finding)
}

#[test]
fn the_charter_says_who_decides_and_which_record_is_presumed() {
    let (home, finding) = home_with_a_dispute();
    let charter = "presumption = \"behaviour-first\"\n[roles]\narbiters = [\"R. Osei\"]\n";
    std::fs::write(home.case().join("charter.toml"), charter).expect("the case can be written");
    let rule = |governing: &str, more: &[&str]| {
        let ruling = [
            "rule",
            &finding,
            "--governing",
            governing,
            "--accountable",
            "platform team: the group",
        ];
        home.run(&[&ruling[..], more].concat())
    };
    for (governing, more, objection) in [
        ("behavioural", &["--resolver", "ada"][..], "no arbiter"),
        ("behavioural", &["--resolver", "R. Osei", "--proposer", "R. Osei"], "brought the dispute"),
        ("provisioning", &["--resolver", "R. Osei"], "presumption"),
    ] {
        let refused = rule(governing, more);
        assert_ne!(refused.code, 0);
        assert!(refused.stderr.contains(objection), "{objection}: {}", refused.stderr);
    }
    let signed = rule("behavioural", &["--resolver", "R. Osei", "--proposer", "ada"]);
    assert_eq!(signed.code, 0, "{}", signed.stderr);
}

#[test]
fn a_ruling_is_refused_until_its_three_outputs_are_there() {
    let (home, finding) = home_with_a_dispute();
    let refused = home.run(&["rule", &finding, "--governing", "behavioural"]);
    assert_ne!(refused.code, 0);
    for output in ["resolver", "accountab"] {
        assert!(refused.stderr.contains(output), "{}", refused.stderr);
    }
    home.ok(&[
        "rule",
        &finding,
        "--governing",
        "provisioning",
        "--resolver",
        "R. Osei, AI risk",
        "--accountable",
        "platform team, for the group binding",
        "--rationale",
        "never granted on purpose",
    ]);
    let ruling_on = |rows: &Value| {
        let rows = rows.as_array().expect("a list");
        let row = rows.iter().find(|row| row["dispute"]["finding"] == finding.as_str());
        row.map(|row| row["ruling"]["governing"].clone())
    };
    assert_eq!(ruling_on(&home.json(&["disputes"])), None, "decided ones leave the docket");
    let all = home.json(&["disputes", "--all"]);
    assert_eq!(ruling_on(&all), Some("provisioning".into()), "{all:#}");
    assert!(home.ok(&["ledger", "verify"]).stdout.contains("all is well"));
}
