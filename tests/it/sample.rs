//! The bundled sample, read by the engine, against the truth that was planted in it.

use std::ops::ControlFlow;

use diptych::domain::{Discipline, Finding, Reading};
use diptych::workspace::{BaselineOptions, Identity, Paths, Workspace};
use serde_json::Value;

use crate::support::Home;

/// The sample in a case of its own.
pub fn loaded() -> (Home, Workspace) {
    let home = Home::new();
    let workspace =
        Workspace::open_or_create(&home.case(), identity(&home)).expect("a case can be created");
    workspace.load_sample(&mut |_| ControlFlow::Continue(())).expect("the sample loads");
    (home, workspace)
}

/// The same case, opened as a later session would.
pub fn reopened(home: &Home) -> Workspace {
    Workspace::open(&home.case(), identity(home)).expect("the case opens")
}

fn identity(home: &Home) -> Identity {
    let paths = Paths::find(Some(home.path().to_owned())).expect("the home is a folder");
    Identity { author: "ada".to_owned(), paths }
}

fn truth() -> Vec<Value> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/sample-data/ground-truth.json");
    let text = std::fs::read_to_string(path).expect("the truth is in the sample");
    let truth: Value = serde_json::from_str(&text).expect("it is JSON");
    truth["causes"].as_array().expect("it lists causes").clone()
}

fn text<'a>(cause: &'a Value, field: &str) -> &'a str {
    cause[field].as_str().unwrap_or_default()
}

/// The reading that a cause has to lead to.
fn reads_as(cause: &Value, finding: &Finding) -> bool {
    match (text(cause, "gap"), &finding.reading) {
        ("gap-1", Reading::Latent)
        | ("gap-2", Reading::HiddenScope { .. })
        | ("gap-3", Reading::Anomaly { .. })
        | ("breach", Reading::Breach)
        | ("compound", Reading::Compound) => true,
        ("cant-tell", Reading::CantTell { why }) => {
            let reason = serde_json::to_value(why).expect("a reason is JSON");
            reason["reason"] == cause["reason"]
        }
        _ => false,
    }
}

/// Whether a finding is about the cause's agent: the agent itself, its namespace, or an identity that
/// it shares.
fn is_about(cause: &Value, finding: &Finding) -> bool {
    let agent = text(cause, "agent");
    let key = finding.agent.visible();
    let namespace = format!("{}/*", agent.rsplit_once('/').map_or("", |(space, _)| space));
    key == agent || key == namespace || finding.title.contains(agent)
}

fn names_the_object(cause: &Value, finding: &Finding) -> bool {
    let wanted = text(cause, "anchor_contains");
    finding.anchor.raw().contains(wanted)
        || finding.agent.name.raw().contains(wanted)
        || finding.title.contains(wanted)
        || finding.capabilities.iter().any(|line| line.capability.contains(wanted))
}

#[test]
fn the_findings_agree_with_the_ground_truth() {
    let (_home, workspace) = loaded();
    let rows = workspace.findings().expect("the sample was read");
    let findings: Vec<&Finding> = rows.iter().map(|row| &row.finding).collect();
    let mut missed = Vec::new();
    for cause in truth().iter().filter(|cause| text(cause, "gap") != "none") {
        let met = findings.iter().any(|finding| {
            is_about(cause, finding) && reads_as(cause, finding) && names_the_object(cause, finding)
        });
        if !met {
            let about = findings.iter().filter(|finding| is_about(cause, finding));
            let said: Vec<String> = about
                .map(|finding| {
                    format!(
                        "    {} [{}] {}",
                        finding.reading.label(),
                        finding.pattern,
                        finding.title
                    )
                })
                .collect();
            missed.push(format!("{}\n{}", text(cause, "id"), said.join("\n")));
        }
    }
    assert!(missed.is_empty(), "missed {}:\n{}", missed.len(), missed.join("\n"));
}

#[test]
fn nothing_ordinary_is_called_an_anomaly_or_hidden_scope() {
    let (_home, workspace) = loaded();
    let truth = truth();
    let rows = workspace.findings().expect("the sample was read");
    let unplanted: Vec<String> = rows
        .iter()
        .map(|row| &row.finding)
        .filter(|finding| {
            matches!(
                finding.reading,
                Reading::HiddenScope { .. }
                    | Reading::Anomaly { .. }
                    | Reading::Breach
                    | Reading::Compound
            )
        })
        .filter(|finding| {
            !truth.iter().any(|cause| {
                // Breaking a declared rule may well be out of scope and unusual too.
                is_about(cause, finding)
                    && (reads_as(cause, finding) || text(cause, "gap") == "breach")
            })
        })
        .map(|finding| {
            format!("{} [{}] {}", finding.reading.label(), finding.pattern, finding.title)
        })
        .collect();
    assert!(unplanted.is_empty(), "{} unplanted:\n{}", unplanted.len(), unplanted.join("\n"));
}

#[test]
fn every_gap_cites_both_records_its_remedy_and_the_mistake_to_refuse() {
    let (_home, workspace) = loaded();
    let rows = workspace.findings().expect("the sample was read");
    for finding in rows.iter().map(|row| &row.finding) {
        let name = format!("{} [{}] {}", finding.id, finding.pattern, finding.title);
        assert_eq!(finding.steps.len(), 6, "{name}");
        assert!(!finding.configured.is_empty() && !finding.operational.is_empty(), "{name}");
        assert!(!finding.remedy.action.is_empty(), "{name}");
        if finding.reading.gap().is_some() {
            assert!(finding.remedy.refused.is_some(), "{name}");
            assert!(finding.remedy.object.is_some(), "{name}");
            assert!(!finding.tags.is_empty(), "{name}");
        }
        let terms: u32 = finding.priority.terms.iter().map(|(_, points)| points).sum();
        assert_eq!(finding.priority.score, terms.min(100), "{name}");
    }
}

#[test]
fn reading_the_same_case_again_gives_the_same_findings() {
    let (home, workspace) = loaded();
    let first = workspace.findings().expect("the sample was read");
    std::fs::remove_dir_all(home.case().join("derived")).expect("the kept reading can be deleted");
    let again = reopened(&home);
    assert!(again.findings().expect("it is read anew") == first);
}

#[test]
fn the_hostile_files_of_the_sample_are_counted() {
    let (_home, workspace) = loaded();
    let problems = workspace.problems().expect("the case is readable");
    for (file, kind) in [("names.otlp.jsonl", "malformed"), ("unknown.json", "unsupported")] {
        let found = problems
            .iter()
            .any(|problem| problem.file.raw().contains(file) && problem.kind.to_string() == kind);
        assert!(found, "{file} {kind}: {problems:#?}");
    }
}

/// A documented shift of work is proposed as a new baseline, once, and raises no stream of alerts.
#[test]
fn a_lasting_shift_is_one_proposal() {
    let (_home, workspace) = loaded();
    let rows = workspace.findings().expect("the sample was read");
    let of_agent: Vec<&Finding> = rows
        .iter()
        .map(|row| &row.finding)
        .filter(|finding| finding.agent.name == "compliance-report-agent")
        .collect();
    let shifts = of_agent.iter().filter(|finding| finding.pattern == "shifted-business");
    assert_eq!(shifts.count(), 1, "{of_agent:#?}");
    let is_alarm = |finding: &&&Finding| matches!(finding.reading, Reading::Anomaly { .. });
    assert_eq!(of_agent.iter().filter(is_alarm).count(), 0, "{of_agent:#?}");
}

/// The run with the injection comes first, and what was kept says the same as what was learned.
#[test]
fn the_baseline_of_an_agent_names_the_injection() {
    let (_home, workspace) = loaded();
    let read = || {
        let options = BaselineOptions::default();
        workspace.baseline("client-outreach-agent", &options).expect("a baseline")
    };
    let (learned, kept) = (read(), read());
    assert_eq!(learned, kept);
    let first = learned.runs.first().expect("a run that does not fit");
    assert_eq!(first.level, "alert", "{first:#?}");
    assert!(first.sentence.contains("send_email") && first.n >= 90, "{first:#?}");
    assert!(learned.then.runs > 0 && learned.now.runs > 0, "{learned:#?}");
    let behavior = learned.gauges.iter().find(|gauge| gauge.discipline == Discipline::Behavior);
    assert_eq!(behavior.map(|gauge| gauge.state()), Some("converged".to_owned()));
}
