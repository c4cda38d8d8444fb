//! The walk and the questions, on small graphs.

use std::sync::Arc;

use super::super::testing::{key, shown};
use super::*;
use crate::domain::{AuthorityRoute, Clause, DeniedRoute, Layer, RouteStep};

/// A graph under construction; objects are spelled `Kind name`.
#[derive(Default)]
struct Sketch(Authority);

fn object(spelled: &str) -> ObjectRef {
    let (kind, name) = spelled.split_once(' ').expect("a kind and a name");
    ObjectRef::new(kind, "", name)
}

impl Sketch {
    fn node(&mut self, spelled: &str) -> NodeIndex {
        let realm = Text::from("prod");
        let node = match spelled.split_once(' ') {
            None => return self.0.agent(&key(spelled)),
            Some(("Account" | "Group" | "Role", _)) => self.0.principal(&realm, object(spelled)),
            Some(("Binding", _)) => self.0.granting(&realm, object(spelled)),
            Some(_) => self.0.content(&realm, object(spelled)),
        };
        self.0.implied(node);
        node
    }

    fn give(mut self, from: &str, to: &str, edge: Edge) -> Self {
        let (from, to) = (self.node(from), self.node(to));
        self.0.give(from, to, edge);
        self
    }

    fn own(self, from: &str, to: &str) -> Self {
        self.give(from, to, Edge::held(Attachment::Own, "has"))
    }

    fn permit(mut self, at: &str, pattern: Pattern) -> Self {
        let node = self.node(at);
        let plane = pattern.plane();
        self.0.permit(node, Permission::new(pattern, plane));
        self
    }
}

fn secrets() -> Pattern {
    Pattern::Kubernetes {
        verb: "get".into(),
        group: "".into(),
        resource: "secrets".into(),
        namespace: None,
        name: None,
    }
}

fn get_secret(namespace: &str) -> Capability {
    Capability::Kubernetes {
        verb: "get".into(),
        group: "".into(),
        resource: "secrets".into(),
        namespace: Some(namespace.into()),
        name: Some("db".into()),
    }
}

fn in_namespace(namespace: &str) -> Edge {
    Edge::held(Attachment::Own, "names the role").in_namespace(&namespace.into())
}

/// Two bindings to one role, one of them over a group and both in a namespace, the role aggregated.
fn bound() -> Sketch {
    Sketch::default()
        .own("billing", "Account billing")
        .own("Account billing", "Binding one")
        .own("Account billing", "Group all")
        .give("Group all", "Binding two", Edge::held(Attachment::Group, "is a subject"))
        .give("Binding one", "Document reader", in_namespace("one"))
        .give("Binding two", "Document reader", in_namespace("two"))
        .give("Document reader", "Document part", Edge::held(Attachment::Aggregation, "label"))
        .permit("Document part", secrets())
}

#[test]
fn what_is_given_is_given_by_each_giver() {
    let grants = bound().0.grants_of(&key("billing"), Reach::Own);
    let end = "Document reader → Document part (aggregation)";
    assert_eq!(
        shown(&grants),
        [
            format!("k8s: get secrets @one | Account billing → Binding one → {end}"),
            format!(
                "k8s: get secrets @two | Account billing → Group all → Binding two (group) → {end}"
            ),
        ]
    );
}

#[test]
fn questions_follow_the_narrowing_of_edges() {
    let authority = bound().0;
    for (namespace, routes) in [
        (
            "one",
            &["Account billing → Binding one → Document reader → Document part (aggregation)"][..],
        ),
        ("three", &[]),
    ] {
        let capability = get_secret(namespace);
        let explained = authority.explain(&key("billing"), &capability, Reach::Own);
        let found: Vec<String> = explained.routes.iter().map(AuthorityRoute::visible).collect();
        assert_eq!(found, routes, "{namespace}");
        let holders = authority.who_can(&capability, Reach::Own);
        let holders: Vec<String> = holders.iter().map(|held| held.holder.visible()).collect();
        let expected: &[&str] =
            if routes.is_empty() { &[] } else { &["Agent agents/billing", "Account billing"] };
        assert_eq!(holders, expected, "{namespace}");
    }
}

#[test]
fn derived_reach_is_walked_on_demand() {
    let step = || {
        Edge::derived(Attachment::Own, "may create pods that run as it", vec![object("Binding b")])
    };
    let authority = Sketch::default()
        .own("billing", "Account billing")
        .give("Account billing", "Account admin", step())
        .give("Account admin", "Account billing", step())
        .own("Account admin", "Binding one")
        .own("Binding one", "Document all")
        .permit("Document all", secrets())
        .0;
    for (reach, count) in [(Reach::Own, 0), (Reach::WithHost, 0), (Reach::Derived, 1)] {
        assert_eq!(authority.grants_of(&key("billing"), reach).len(), count, "{reach:?}");
        let explained = authority.explain(&key("billing"), &get_secret("x"), reach);
        assert_eq!(explained.routes.len(), count, "{reach:?}");
        assert!(explained.routes.iter().all(|route| route.derived && !route.is_immediate()));
    }
}

#[test]
fn bounds_narrow_and_what_they_depend_on_is_said() {
    let layer = |pattern, depends_on: &[&str]| Layer {
        by: object("Boundary b"),
        place: None,
        clauses: vec![Clause {
            pattern,
            depends_on: depends_on.iter().map(|on| Text::from(*on)).collect(),
        }],
    };
    let tools = Pattern::Tool { server: None, name: "*".into() };
    for (bounds, expected) in [
        (Bounds::default(), Some(Permitted::Yes)),
        (Bounds { within: vec![layer(secrets(), &[])], ..Bounds::default() }, Some(Permitted::Yes)),
        (Bounds { within: vec![layer(tools, &[])], ..Bounds::default() }, None),
        (Bounds { except: vec![layer(secrets(), &[])], ..Bounds::default() }, None),
        (
            Bounds { within: vec![layer(secrets(), &["mfa"])], ..Bounds::default() },
            Some(Permitted::Depends(vec!["mfa".into()])),
        ),
    ] {
        let edge = Edge::held(Attachment::Own, "has").bounded(Arc::new(bounds));
        let authority = Sketch::default()
            .give("billing", "Binding one", edge)
            .own("Binding one", "Document all")
            .permit("Document all", secrets())
            .0;
        let holders = authority.who_can(&get_secret("x"), Reach::Own);
        let answer = holders.first().map(|held| held.route.permitted.clone());
        assert_eq!(answer, expected);
        let grants = authority.grants_of(&key("billing"), Reach::Own);
        let granted = grants.iter().map(|grant| grant.permits(&get_secret("x"))).max();
        assert_eq!(granted.filter(Permitted::is_possible), expected);
    }
}

#[test]
fn objects_that_are_named_and_not_loaded_are_missing() {
    let mut sketch = Sketch::default().own("billing", "Account billing");
    let account = sketch.node("Account billing");
    let role = sketch.0.content(&"prod".into(), object("Document gone"));
    sketch.0.give(account, role, Edge::held(Attachment::Own, "names the role"));
    assert_eq!(sketch.0.missing(&key("billing"), Reach::Own), [object("Document gone")]);
}

#[test]
fn more_routes_than_anybody_reads_are_counted_as_more() {
    let mut sketch = Sketch::default().own("billing", "Account 0");
    for layer in 0..12 {
        for way in ["a", "b"] {
            let middle = format!("Account {layer}{way}");
            sketch = sketch
                .own(&format!("Account {layer}"), &middle)
                .own(&middle, &format!("Account {}", layer + 1));
        }
    }
    let authority = sketch.permit("Account 12", secrets()).0;
    let explained = authority.explain(&key("billing"), &get_secret("x"), Reach::Own);
    assert!(explained.more);
    // One shortest route is found whatever their number.
    assert_eq!(authority.who_can(&get_secret("x"), Reach::Own).len(), 38);
}

/// Each denied route with what takes it away.
#[track_caller]
fn check_denied(sketch: Sketch, namespace: &str, expected: &[&str]) {
    let authority = sketch.permit("Document all", secrets()).0;
    let explained = authority.explain(&key("billing"), &get_secret(namespace), Reach::WithHost);
    let found = explained.denied.iter().map(DeniedRoute::visible);
    assert_eq!(found.collect::<Vec<_>>(), expected);
    assert!(explained.denied.iter().all(|denied| denied.route.permitted == Permitted::No));
}

#[test]
fn denied_routes_name_what_takes_them_away() {
    let layer = |by, on: &[&str]| Layer {
        by: object(by),
        place: None,
        clauses: vec![Clause {
            pattern: secrets(),
            depends_on: on.iter().map(|on| Text::from(*on)).collect(),
        }],
    };
    let except = |by| Bounds { except: vec![layer(by, &[])], ..Bounds::default() };
    let elsewhere = Layer { clauses: Vec::new(), ..layer("Boundary b", &[]) };
    let within = Bounds { within: vec![elsewhere], ..Bounds::default() };
    let perhaps = Bounds { except: vec![layer("Policy p", &["night"])], ..Bounds::default() };
    let held = |bounds| Edge::held(Attachment::Own, "has").bounded(Arc::new(bounds));
    let bound = |edge: Edge| {
        Sketch::default().own("billing", "Binding one").give("Binding one", "Document all", edge)
    };
    let route = "Binding one → Document all";
    for (edge, namespace, by) in [
        (held(Bounds::default()), "x", None),
        (held(perhaps), "x", None),
        (held(except("Policy p")), "x", Some("Policy p denies it")),
        (held(within.clone()), "x", Some("Boundary b does not permit it")),
        (
            held(except("Policy p")).bounded(Arc::new(within)),
            "x",
            Some("Boundary b does not permit it, Policy p denies it"),
        ),
        (in_namespace("one"), "one", None),
        (in_namespace("one"), "two", Some("Binding one gives it in one namespace only")),
    ] {
        let expected = by.map(|by| format!("{route}: {by}"));
        let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
        check_denied(bound(edge), namespace, &expected);
    }
    // What bars a default is said where nothing else leads there.
    let barred =
        || Edge::barred(Attachment::DefaultAllow, "is isolated", except("Policy p").into());
    let sketch = || Sketch::default().give("billing", "Document all", barred());
    let through = "Document all (default allow): Policy p denies it";
    check_denied(sketch(), "x", &[through]);
    check_denied(
        sketch().own("billing", "Binding one").own("Binding one", "Document all"),
        "x",
        &[],
    );
    // Neither an answer nor a grant passes it.
    let authority = sketch().permit("Document all", secrets()).0;
    assert!(authority.grants_of(&key("billing"), Reach::Derived).is_empty());
    assert!(authority.who_can(&get_secret("x"), Reach::Derived).is_empty());
}

impl Authority {
    /// The steps that a principal can take at once, and what each leads to.
    pub fn steps_of(&self, realm: &Text, principal: &ObjectRef) -> Vec<RouteStep> {
        let node = self.objects.get(&(realm.clone(), principal.clone()));
        let is_step = |edge: &Edge| edge.passes == Passes::Derived;
        let edges = node.into_iter().flat_map(|node| self.edges_from(*node, is_step));
        edges.filter_map(|(edge, _)| self.step(edge)).collect()
    }
}
