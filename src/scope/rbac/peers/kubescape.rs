//! Kubescape's RBAC rules (rego, with one expected answer per case): asked the question of the rule,
//! the graph names the same subjects, and the binding and role by which they hold it.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use super::super::super::Estate;
use super::super::super::authority::Authority;
use super::super::need::{Names, Need, Scope};
use super::super::open_steps::{open_steps, scopes};
use super::super::principal;
use super::super::steps::{CHANGE, Gives, PLAIN, RBAC, Step};
use super::{estate, files, held, real_data, records, say, text};
use crate::domain::{Configured, Grant, ObjectRef, Pattern};

/// The namespaces that the rules call privileged.
const PRIVILEGED: &str = "kube-system";

/// What a rule asks of a subject.
struct Question {
    rule: &'static str,
    place: Place,
    asks: Asks,
}

/// Where what is asked for must be held.
#[derive(Clone, Copy)]
enum Place {
    Anywhere,
    /// In the privileged namespaces, or in all.
    Privileged,
    /// In another namespace, by a RoleBinding.
    Other,
}

enum Asks {
    /// Our own steps of these rules.
    Steps(&'static [&'static str]),
    /// Permissions that are no step of ours, in the form of one.
    Needs(Step),
}

const fn unnamed(need: Need) -> Need {
    Need { names: Names::Unnamed, ..need }
}

const QUESTIONS: &[Question] = &[
    Question {
        rule: "approve-csr-v1",
        place: Place::Anywhere,
        asks: Asks::Steps(&["approves a certificate of its own making"]),
    },
    Question {
        rule: "assign-serviceaccount-to-pod-v1",
        place: Place::Privileged,
        asks: Asks::Steps(&[
            "creates a pod that runs as it",
            "applies a pod that runs as it",
            "writes a pod template that runs as it",
        ]),
    },
    Question {
        rule: "create-serviceaccount-token-v1",
        place: Place::Anywhere,
        asks: Asks::Steps(&["requests a token"]),
    },
    Question {
        rule: "escalate-roles-clusterroles-v1",
        place: Place::Anywhere,
        asks: Asks::Needs(Step {
            by: &[
                Need::on(&["escalate"], RBAC, "clusterroles"),
                Need::on(&["escalate"], RBAC, "roles"),
            ],
            ..PLAIN
        }),
    },
    Question {
        rule: "issue-token-secrets-v1",
        place: Place::Privileged,
        asks: Asks::Steps(&[
            "creates a token secret and reads it",
            "applies a token secret and sees the answer",
            "writes a token secret and sees the answer",
        ]),
    },
    Question {
        rule: "modify-node-status-v1",
        place: Place::Anywhere,
        asks: Asks::Needs(Step {
            by: &[Need::on(CHANGE, "", "nodes/status").cluster_wide()],
            ..PLAIN
        }),
    },
    Question {
        rule: "modify-pod-status-v1",
        place: Place::Anywhere,
        asks: Asks::Needs(Step { by: &[Need::on(CHANGE, "", "pods/status")], ..PLAIN }),
    },
    Question {
        rule: "modify-privileged-pods-v1",
        place: Place::Privileged,
        asks: Asks::Steps(&["changes the image of a running pod"]),
    },
    Question {
        rule: "modify-service-status-v1",
        place: Place::Anywhere,
        asks: Asks::Needs(Step { by: &[Need::on(CHANGE, "", "services/status")], ..PLAIN }),
    },
    Question {
        rule: "steal-privileged-pods-v1",
        place: Place::Privileged,
        asks: Asks::Needs(Step {
            by: &[
                Need::on(CHANGE, "", "pods"),
                Need::on(CHANGE, "", "pods/status"),
                unnamed(Need::on(&["delete"], "", "pods")),
                Need::create("", "pods/eviction"),
                unnamed(Need::on(&["delete", "update", "patch"], "", "nodes")).cluster_wide(),
            ],
            with: &[&[
                unnamed(Need::on(CHANGE, "", "nodes")).cluster_wide(),
                unnamed(Need::on(CHANGE, "", "nodes/status")).cluster_wide(),
            ]],
            ..PLAIN
        }),
    },
    Question {
        rule: "weak-namespace-token-access-v1",
        place: Place::Other,
        asks: Asks::Needs(Step {
            by: &[
                Need::on(&["get", "update", "patch"], "", "secrets"),
                unnamed(Need::on(&["list", "create"], "", "secrets")),
                Need::on(&["create"], "", "serviceaccounts/token"),
            ],
            ..PLAIN
        }),
    },
];

/// Cases where the peer and the authorizer differ, with the reason.
const EXCLUDED: &[(&str, &str)] = &[(
    "approve-csr-v1/clusterrole-named-create",
    "the peer holds that a create ignores resourceNames; the authorizer refuses it, since the request \
     names no object (kubernetes.io, \"Referring to resources\": create cannot be restricted by name)",
)];

impl Question {
    fn is_met(&self, held: &[Pattern]) -> bool {
        let here = |scope: &Scope| match (self.place, scope.namespace.as_ref()) {
            (Place::Anywhere, _) | (Place::Privileged, None) => true,
            (Place::Privileged, Some(namespace)) => *namespace == PRIVILEGED,
            (Place::Other, namespace) => namespace.is_some_and(|name| *name != PRIVILEGED),
        };
        match &self.asks {
            Asks::Needs(step) => scopes(step, held).iter().any(here),
            Asks::Steps(rules) => open_steps(held).iter().any(|open| {
                // A secret of a name leads somewhere when it is known to hold a token.
                let is_unknown =
                    open.step.gives == Gives::AccountOfSecret && open.scope.name.is_some();
                rules.contains(&open.step.rule) && here(&open.scope) && !is_unknown
            }),
        }
    }
}

/// The subject and the objects that an expected alert names.
fn named(alert: &Value) -> (ObjectRef, Vec<ObjectRef>) {
    let subject = &alert["alertObject"]["externalObjects"];
    let object = |kind: &Value, meta: &Value| {
        ObjectRef::new(text(kind), text(&meta["namespace"]), text(&meta["name"]))
    };
    let related = subject["relatedObjects"].as_array().into_iter().flatten();
    let related = related.map(|related| object(&related["kind"], &related["metadata"]));
    (object(&subject["kind"], subject), related.collect())
}

/// What differs between the expected answer of a case and ours; `None` when nothing does.
fn difference(question: &Question, case: &Path) -> Option<String> {
    let expected = std::fs::read_to_string(case.join("expected.json")).expect("an expected answer");
    let expected: Vec<Value> = serde_json::from_str(&expected).expect("it is a list");
    let expected: Vec<_> = expected.iter().map(named).collect();
    let estate = estate(&records(&files(&case.join("input"))));
    let mut authority = Authority::of(&estate, &[]);
    let mut found: Vec<(ObjectRef, Vec<Grant>)> = Vec::new();
    for subject in subjects(&estate) {
        let grants = held(&mut authority, std::slice::from_ref(&subject));
        let patterns: Vec<Pattern> = grants.iter().map(|grant| grant.pattern.clone()).collect();
        if question.is_met(&patterns) {
            found.push((subject, grants));
        }
    }
    let names = |subjects: Vec<&ObjectRef>| -> BTreeSet<String> {
        subjects.into_iter().map(ObjectRef::visible).collect()
    };
    let ours = names(found.iter().map(|(subject, _)| subject).collect());
    let theirs = names(expected.iter().map(|(subject, _)| subject).collect());
    if ours != theirs {
        return Some(format!("expected {theirs:?}, found {ours:?}"));
    }
    let goes_over = |grants: &[Grant], related: &[ObjectRef]| {
        grants.iter().any(|grant| {
            let has = |object: &ObjectRef| grant.route.hops.iter().any(|hop| hop.object == *object);
            related.iter().all(has)
        })
    };
    let lost = expected.iter().find(|(subject, related)| {
        !found.iter().any(|(ours, grants)| ours == subject && goes_over(grants, related))
    });
    lost.map(|(subject, related)| format!("{} not over {related:?}", subject.visible()))
}

/// The principals that the bindings name.
fn subjects(estate: &Estate) -> BTreeSet<ObjectRef> {
    let bindings = estate.records().filter_map(|record| match &record.body {
        Configured::Binding(binding) => Some(binding),
        _ => None,
    });
    let of_binding = bindings.flat_map(|binding| {
        let subjects = binding.subjects.iter();
        subjects.filter_map(move |subject| principal::named_by(subject, binding))
    });
    of_binding.collect()
}

#[test]
fn the_rules_of_kubescape_name_the_same_subjects() {
    let rules = real_data("rbac-kubescape-rules").join("rules");
    let (mut cases, mut agreed, mut differing) = (0, 0, Vec::new());
    for rule in std::fs::read_dir(&rules).into_iter().flatten().flatten() {
        let rule = rule.file_name().to_string_lossy().into_owned();
        let question = QUESTIONS.iter().find(|question| question.rule == rule);
        let question = question.unwrap_or_else(|| unreachable!("no question for {rule}"));
        for case in std::fs::read_dir(rules.join(&rule).join("test")).expect("cases").flatten() {
            cases += 1;
            let name = format!("{rule}/{}", case.file_name().to_string_lossy());
            let is_excluded = EXCLUDED.iter().any(|(excluded, _)| *excluded == name);
            match difference(question, &case.path()) {
                None if is_excluded => differing.push(format!("{name} is excluded and agrees")),
                Some(difference) if !is_excluded => differing.push(format!("{name}: {difference}")),
                None => agreed += 1,
                Some(_) => {}
            }
        }
    }
    assert!(differing.is_empty(), "{differing:#?}");
    say(&format!(
        "kubescape RBAC rules: {agreed} of {cases} cases agree, {} excluded by name",
        cases - agreed
    ));
}
