use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read;
use std::sync::LazyLock;

use serde_json::Value;

use super::*;

/// Every file of a folder by its relative name, unpacked.
fn contents(root: &Path) -> BTreeMap<String, Vec<u8>> {
    walkdir::WalkDir::new(root)
        .into_iter()
        .map(|entry| entry.expect("a readable folder"))
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| {
            let name = entry.path().strip_prefix(root).expect("inside the root");
            let mut bytes = fs::read(entry.path()).expect("a readable file");
            if name.extension().is_some_and(|extension| extension == "gz") {
                assert_eq!(bytes.get(4..8), Some(&[0; 4][..]), "no time in the header of {name:?}");
                let packed = std::mem::take(&mut bytes);
                flate2::read::GzDecoder::new(packed.as_slice())
                    .read_to_end(&mut bytes)
                    .expect("whole gzip");
            }
            (name.to_string_lossy().replace('\\', "/"), bytes)
        })
        .collect()
}

fn small() -> Request {
    Request { agents: 44, days: 21, events: 6_000, seed: 7, start: Timestamp::UNIX_EPOCH }
}

/// The small estate, simulated once for all tests that only look.
static SMALL: LazyLock<(BTreeMap<String, Vec<u8>>, GroundTruth)> =
    LazyLock::new(|| simulated(&small()));

fn simulated(request: &Request) -> (BTreeMap<String, Vec<u8>>, GroundTruth) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let truth = write(folder.path(), request, &mut |_, _| ControlFlow::Continue(()));
    (contents(folder.path()), truth.expect("simulated"))
}

fn lines(files: &BTreeMap<String, Vec<u8>>, prefix: &str) -> Vec<Value> {
    let texts = files.range(prefix.to_owned()..).take_while(|(name, _)| name.starts_with(prefix));
    texts
        .flat_map(|(_, bytes)| std::str::from_utf8(bytes).expect("UTF-8").lines())
        .map(|line| serde_json::from_str(line).expect("a JSON line"))
        .collect()
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// With `DIPTYCH_WRITE_SAMPLE=1` the folder is written instead of compared.
#[test]
fn the_sample_in_the_tree_is_what_the_simulator_writes() {
    let tree = Path::new(env!("CARGO_MANIFEST_DIR"));
    // The library may be built by another manifest: the tree is where this file is.
    let tree = match tree.join("sample-data").is_dir() {
        true => tree.to_owned(),
        false => {
            Path::new(file!()).ancestors().nth(3).expect("src/simulate/ is two deep").to_owned()
        }
    };
    let committed = tree.join("sample-data");
    if std::env::var_os("DIPTYCH_WRITE_SAMPLE").is_some() {
        if committed.is_dir() {
            fs::remove_dir_all(&committed).expect("removed");
        }
        sample(&committed).expect("written");
    }
    let fresh = tempfile::tempdir().expect("a temporary folder");
    sample(fresh.path()).expect("simulated");
    let (committed, fresh) = (contents(&committed), contents(fresh.path()));
    let names = |files: &BTreeMap<String, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&committed), names(&fresh));
    for (name, bytes) in &fresh {
        assert!(committed.get(name) == Some(bytes), "{name} differs");
    }
}

#[test]
fn the_same_seed_writes_the_same_and_another_seed_does_not() {
    let (first, _) = &*SMALL;
    assert_eq!(*first, simulated(&small()).0);
    assert_ne!(*first, simulated(&Request { seed: 8, ..small() }).0);
}

#[test]
fn about_as_many_events_as_asked_for() {
    for (events, agents) in [(6_000, 44), (12_000, 100)] {
        let (_, truth) = simulated(&Request { events, agents, ..small() });
        let written = truth.ordinary.spans + truth.ordinary.audit_events;
        let ratio = written as f64 / events as f64;
        assert!((0.8..1.25).contains(&ratio), "{written} of {events}");
    }
}

#[test]
fn audit_events_are_well_formed_and_name_bindings_that_exist() {
    let (files, truth) = &*SMALL;
    let yaml = |name: &str| {
        let bytes = files.get(name).expect(name);
        String::from_utf8(bytes.clone()).expect("UTF-8")
    };
    let bindings =
        yaml("kubernetes/rolebindings.yaml") + &yaml("kubernetes/clusterrolebindings.yaml");
    let (mut stages, mut refused, mut withdrawn) = (BTreeSet::new(), 0, BTreeSet::new());
    let events = lines(files, "audit/");
    assert_eq!(events.len() as u64, truth.ordinary.audit_events);
    for event in &events {
        let stage = (text(event, "/auditID").to_owned(), text(event, "/stage").to_owned());
        assert!(stages.insert(stage), "one line for each stage of a request");
        let annotation =
            |name: &str| text(event, &format!("/annotations/authorization.k8s.io~1{name}"));
        let (decision, reason) = (annotation("decision"), annotation("reason"));
        let username = text(event, "/user/username");
        match decision {
            "forbid" => {
                refused += 1;
                assert_eq!(reason, "");
                assert_eq!(event.pointer("/responseStatus/code"), Some(&403.into()));
            }
            "allow" if username.starts_with("system:node:") => assert_eq!(reason, ""),
            "allow" => {
                let (kind, name, subject) = parsed(reason).expect(reason);
                let name = name.split('/').next().unwrap_or_default();
                if !bindings.contains(&format!("name: {name}\n"))
                    && !bindings.contains(&format!("name: '{name}'\n"))
                    && !bindings.contains(&format!("name: \"{name}\"\n"))
                {
                    withdrawn.insert(name.to_owned());
                }
                assert!(["RoleBinding", "ClusterRoleBinding"].contains(&kind), "{reason}");
                assert!(["User", "Group", "ServiceAccount"].contains(&subject), "{reason}");
            }
            other => unreachable!("no such decision: {other}"),
        }
    }
    assert_eq!(refused, truth.ordinary.refused_requests);
    assert_eq!(withdrawn, BTreeSet::from(["reporting-temporary".to_owned()]));
    let times: Vec<_> = events.iter().map(|event| text(event, "/stageTimestamp")).collect();
    assert!(times.is_sorted(), "the log is in order of time");
}

/// Kind of binding, its name, kind of subject.
fn parsed(reason: &str) -> Option<(&str, &str, &str)> {
    let rest = reason.strip_prefix("RBAC: allowed by ")?;
    let (kind, rest) = rest.split_once(" \"")?;
    let (name, rest) = rest.split_once("\" of ")?;
    let (role, rest) = rest.split_once("\" to ")?;
    let (role_kind, _) = role.split_once(" \"")?;
    let (subject, quoted) = rest.split_once(" \"")?;
    let known = ["Role", "ClusterRole"].contains(&role_kind) && quoted.ends_with('"');
    known.then_some((kind, name, subject))
}

#[test]
fn spans_have_unique_ids_and_parents_in_their_trace() {
    let (files, truth) = &*SMALL;
    let mut ids = BTreeSet::new();
    for line in lines(files, "traces/") {
        let spans = line.pointer("/resourceSpans/0/scopeSpans/0/spans").and_then(Value::as_array);
        let spans = spans.expect("spans");
        let mut known = BTreeSet::new();
        for span in spans {
            assert!(ids.insert(text(span, "/spanId").to_owned()), "span ids are unique");
            let parent = text(span, "/parentSpanId");
            assert!(parent.is_empty() || known.contains(parent), "parents come first");
            known.insert(text(span, "/spanId"));
            let time = |name: &str| text(span, name).parse::<i64>().expect("nanoseconds");
            assert!(time("/startTimeUnixNano") < time("/endTimeUnixNano"));
        }
    }
    assert_eq!(ids.len() as u64, truth.ordinary.spans);
}

#[test]
fn every_cause_left_evidence_and_has_an_id_of_its_own() {
    let (files, truth) = &*SMALL;
    let mut ids = BTreeSet::new();
    let everything: Vec<_> = files
        .iter()
        .filter(|(name, _)| *name != "ground-truth.json")
        .map(|(_, bytes)| String::from_utf8_lossy(bytes))
        .collect();
    for cause in &truth.causes {
        assert!(ids.insert(&cause.id), "{} is there twice", cause.id);
        for wanted in [&cause.anchor_contains, cause.agent.rsplit('/').next().expect("a name")] {
            let found = everything.iter().any(|file| file.contains(wanted));
            assert!(found, "{wanted} of {} is in no file", cause.id);
        }
        assert!(cause.window.from < cause.window.until, "{}", cause.id);
        assert_eq!(
            cause.gap == Expected::CantTell,
            cause.reason.is_some() && cause.gap != Expected::None
        );
    }
    let kinds: BTreeSet<_> = truth.causes.iter().map(|cause| cause.gap as u8).collect();
    assert_eq!(kinds.len(), 7, "every reading is planted");
    assert!(truth.ordinary.agents_without_cause.len() >= 12);
}

#[test]
fn every_verb_and_every_declared_tool_of_ordinary_agents_is_used() {
    let (files, truth) = &*SMALL;
    let mut called: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in lines(files, "traces/") {
        let attribute = |pointer: &str, key: &str| {
            let attributes = line.pointer(pointer).and_then(Value::as_array)?;
            let found = attributes.iter().find(|attribute| text(attribute, "/key") == key)?;
            Some(text(found, "/value/stringValue").to_owned())
        };
        let workload = attribute("/resourceSpans/0/resource/attributes", "service.name");
        let called = called.entry(workload.expect("a service name")).or_default();
        let mut index = 0;
        loop {
            let span = format!("/resourceSpans/0/scopeSpans/0/spans/{index}");
            if line.pointer(&span).is_none() {
                break;
            }
            called.extend(attribute(&format!("{span}/attributes"), "gen_ai.tool.name"));
            index += 1;
        }
    }
    let verbs: BTreeSet<_> =
        lines(files, "audit/").iter().map(|event| text(event, "/verb").to_owned()).collect();
    for verb in ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]
    {
        assert!(verbs.contains(verb), "{verb} never appears");
    }
    for agent in roster::agents(44) {
        if truth.ordinary.agents_without_cause.contains(&agent.key.visible()) {
            let called = called.get(agent.key.name.raw()).expect("it works");
            for tool in &agent.declared_tools {
                assert!(called.contains(*tool), "{} never calls {tool}", agent.path());
            }
        }
    }
}

#[test]
fn odd_requests_are_answered_and_cancelling_stops() {
    let (_, truth) = simulated(&Request { agents: 0, ..small() });
    assert_eq!(truth.causes, []);
    let (_, truth) = simulated(&Request { days: 3, ..small() });
    assert_eq!(truth.causes, [], "three days converge nothing");
    let (_, truth) = simulated(&Request { days: 0, events: 0, ..small() });
    assert_eq!(truth.ordinary.runs, 0);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let stopped = write(folder.path(), &small(), &mut |written, _| match written > 100 {
        true => ControlFlow::Break(()),
        false => ControlFlow::Continue(()),
    });
    assert!(matches!(stopped, Err(SimulateError::Cancelled { written }) if written < 300));
    let far = Request { start: Timestamp::MAX, ..small() };
    let refused = write(folder.path(), &far, &mut |_, _| ControlFlow::Continue(()));
    assert!(matches!(refused, Err(SimulateError::Window { .. })));
}
