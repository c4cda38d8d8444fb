//! Effective scope through the program: routes, who can, what changed, catalogs, permission rules.

use serde_json::Value;

use crate::support::{Home, REGISTRY, ROLE};

/// What the estate gains on the tenth of October: secrets by a group, and pods that may be made.
const LATER: &str = r#"{"kind":"List","apiVersion":"v1","items":[
{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"Role","metadata":{"name":"keys","namespace":"agents","creationTimestamp":"2026-10-10T00:00:00Z"},"rules":[{"apiGroups":[""],"resources":["secrets"],"verbs":["get"]}]},
{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"RoleBinding","metadata":{"name":"everybody","namespace":"agents","creationTimestamp":"2026-10-10T00:00:00Z"},"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"Role","name":"keys"},"subjects":[{"kind":"Group","name":"system:serviceaccounts:agents"}]},
{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRoleBinding","metadata":{"name":"gone","creationTimestamp":"2026-10-10T00:00:00Z"},"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"not-here"},"subjects":[{"kind":"ServiceAccount","name":"billing","namespace":"agents"}]},
{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"root","namespace":"agents"}},
{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"Role","metadata":{"name":"maker","namespace":"agents"},"rules":[{"apiGroups":[""],"resources":["pods"],"verbs":["create"]}]},
{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"RoleBinding","metadata":{"name":"maker","namespace":"agents"},"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"Role","name":"maker"},"subjects":[{"kind":"ServiceAccount","name":"billing","namespace":"agents"}]},
{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRole","metadata":{"name":"all"},"rules":[{"apiGroups":["*"],"resources":["*"],"verbs":["*"]}]},
{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRoleBinding","metadata":{"name":"root"},"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"all"},"subjects":[{"kind":"ServiceAccount","name":"root","namespace":"agents"}]}
]}
"#;

fn estate() -> Home {
    let home = Home::new();
    home.load("registry.yaml", REGISTRY);
    home.load("cluster.json", ROLE);
    home.load("later.json", LATER);
    home
}

/// Routes as `how: object → object`.
fn routes(explained: &Value) -> Vec<String> {
    let routes = explained["routes"].as_array().expect("a list of routes");
    let name = |step: &Value| step["object"]["name"].as_str().expect("a name").to_owned();
    let route = |route: &Value| {
        let steps: Vec<String> =
            route["steps"].as_array().expect("steps").iter().map(name).collect();
        format!("{}{}", if route["derived"] == true { "derived: " } else { "" }, steps.join(" → "))
    };
    routes.iter().map(route).collect()
}

#[test]
fn every_route_to_a_capability_names_its_objects() {
    let home = estate();
    let explain = |capability: &str, more: &[&str]| {
        home.json(&[&["scope", "explain", "billing", capability], more].concat())
    };
    assert_eq!(
        routes(&explain("k8s: get secrets/db @agents", &[])),
        ["billing → system:serviceaccounts:agents → everybody → keys"]
    );
    assert_eq!(routes(&explain("k8s: delete secrets/db @agents", &[])), [""; 0]);
    let derived = routes(&explain("k8s: delete secrets/db @agents", &["--derived"]));
    assert!(
        derived.contains(&"derived: billing → any → root → root → all".to_owned()),
        "{derived:?}"
    );
    // A role that is named and was not loaded is said.
    let missing = explain("k8s: get nodes", &[])["missing"].to_string();
    assert!(missing.contains("not-here"), "{missing}");
}

#[test]
fn who_holds_a_capability() {
    let home = estate();
    let holders = |capability: &str| {
        let found = home.json(&["who-can", capability]);
        let name = |held: &Value| held["holder"]["name"].as_str().expect("a name").to_owned();
        found.as_array().expect("a list").iter().map(name).collect::<Vec<_>>()
    };
    let can_delete = holders("k8s: delete secrets/db @agents");
    assert!(can_delete.contains(&"root".to_owned()), "{can_delete:?}");
    assert!(!can_delete.contains(&"billing".to_owned()), "{can_delete:?}");
    let can_get = holders("k8s: get secrets/db @agents");
    assert!(can_get.contains(&"billing".to_owned()), "{can_get:?}");
    let refused = home.run(&["who-can", "secrets"]);
    assert!(refused.code == 2 && refused.stderr.contains("k8s: get secrets/NAME"), "{refused:?}");
}

#[test]
fn what_changed_between_two_days_names_the_object() {
    let home = estate();
    let changes = home.json(&["scope", "diff", "2026-10-01", "2026-10-20"]);
    let changes = changes.as_array().expect("a list");
    let [change] = changes.as_slice() else { panic_with(changes) };
    assert_eq!((&change["direction"], &change["inherited"]), (&"widened".into(), &true.into()));
    let by = change["by"].to_string();
    assert!(by.contains("everybody") && by.contains("keys"), "{by}");
    let then = home.json(&["scope", "billing", "--at", "2026-10-01"]).to_string();
    let now = home.json(&["scope", "billing"]).to_string();
    assert!(!then.contains("get secrets") && now.contains("get secrets"));
    let still = home.run(&["scope", "diff", "2026-10-11", "2026-10-20"]);
    assert!(still.stderr.contains("nothing changed"), "{}", still.stderr);
}

fn panic_with(changes: &[Value]) -> ! {
    unreachable!("one change: {changes:#?}")
}

#[test]
fn an_agent_is_named_by_a_part_of_its_key() {
    let home = estate();
    assert!(home.ok(&["scope", "bill"]).stdout.contains("RoleBinding agents/billing-reader"));
    let nobody = home.run(&["scope", "nobody"]);
    assert!(nobody.code == 2 && nobody.stderr.contains("diptych agents"), "{}", nobody.stderr);
}

#[test]
fn a_catalog_that_changed_says_in_which_part() {
    let home = Home::new();
    let listing = |second: u32, description: &str| {
        format!(
            r#"{{"timestamp":"2026-10-01T00:00:{second:02}Z","server":"crm","jsonrpc":"2.0","id":1,"result":{{"tools":[{{"name":"export","description":"{description}","inputSchema":{{"type":"object","properties":{{"id":{{"type":"string"}}}}}}}}]}}}}"#
        ) + "\n"
    };
    home.load("crm.jsonl", &(listing(1, "Exports one account.") + &listing(9, "Exports all.")));
    let shifts = home.json(&["catalogs"]);
    let changes = shifts[0]["changes"].to_string();
    assert!(changes.contains("redefined") && changes.contains("description"), "{shifts:#}");
}

#[test]
fn permission_rules_decide_a_call() {
    let home = Home::new();
    std::fs::create_dir_all(home.path().join(".claude")).expect("the home can be written");
    home.load(
        ".claude/settings.json",
        r#"{"permissions":{"allow":["Bash(git:*)"],"deny":["Bash(git push:*)"]}}"#,
    );
    let effect =
        |input: &str| home.json(&["scope", "call", "claude", "Bash", input])["effect"].clone();
    assert_eq!(effect("git status"), "allow");
    assert_eq!(effect("git push origin"), "deny");
    assert_eq!(effect("git status && git push"), "deny");
}
