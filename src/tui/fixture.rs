//! A small made-up case for the tests of the workbench: one finding of each reading that matters,
//! and evidence made by somebody hostile.

use std::sync::{Arc, Mutex};

use jiff::Timestamp;

use super::desk::{Desk, DeskError, RulingDraft, TreeFocus};
use super::headless::Headless;
use crate::assess::{Assessment, DisciplineRow, MatrixCell, ReasonRow, Share};
use crate::catalog::Catalog;
use crate::domain::TagState;
use crate::domain::{
    self, Agent, AgentKey, BehaviouralVerdict, CantTell, CapabilityLine, Citation, Convergence,
    Decision, DelegationNode, DelegationTree, Digest, Discipline, Dispute, DisputeState, EdgeBasis,
    EventId, EventKind, EvidenceOfAgency, Finding, FindingId, GapType, GrantState, HopState,
    IdentityChain, IdentityLink, Location, Outcome, Place, Plane, Principal, Priority, Problem,
    ProblemKind, ProvisioningVerdict, Reading, Remedy, Signal, Step, Sufficiency, Text, Totals,
    Verdict,
};
use crate::view::{AgentRow, CaseSummary, DisputeRow, QueueRow, SearchPage};

/// The desk of the made-up case. Tags are kept; nothing else is.
#[derive(Default)]
pub struct Fixture {
    tags: Mutex<Vec<(FindingId, Verdict, String)>>,
}

/// The workbench on the made-up case.
pub fn bench(theme: &str, width: u16, height: u16) -> Headless {
    let catalog = Catalog::builtin().expect("the shipped catalog passes");
    Headless::new(Arc::new(Fixture::default()), catalog, theme, (width, height))
}

impl Desk for Fixture {
    fn summary(&self) -> Result<CaseSummary, DeskError> {
        Ok(summary())
    }

    fn findings(&self) -> Result<Vec<QueueRow>, DeskError> {
        let tags = self.tags.lock().expect("no test panics with it");
        let mut rows = findings();
        for row in &mut rows {
            let tag = tags.iter().rev().find(|(id, ..)| *id == row.finding.id);
            if let Some((_, verdict, reason)) = tag {
                row.tag = TagState::Tagged {
                    verdict: *verdict,
                    reason: Text::from(reason.as_str()),
                    author: Text::from("kim"),
                };
            }
        }
        Ok(rows)
    }

    fn agents(&self) -> Result<Vec<AgentRow>, DeskError> {
        Ok(agents())
    }

    fn tree(&self, focus: TreeFocus) -> Result<DelegationTree, DeskError> {
        Ok(tree(&focus))
    }

    fn chains(&self, _agent: Option<&AgentKey>) -> Result<Vec<IdentityChain>, DeskError> {
        Ok(chains())
    }

    fn search(&self, query: &str, _: usize, _: usize) -> Result<SearchPage, DeskError> {
        match query.contains("((") {
            true => Err(DeskError {
                message: "the query is not well-formed".to_owned(),
                hint: Some("Close what is open.".to_owned()),
            }),
            false => Ok(SearchPage { total: 412, events: events() }),
        }
    }

    fn event(&self, id: EventId) -> Result<Option<domain::Event>, DeskError> {
        Ok(events().into_iter().find(|event| event.id == id))
    }

    fn disputes(&self) -> Result<Vec<DisputeRow>, DeskError> {
        Ok(disputes())
    }

    fn assess(&self, _last: usize) -> Result<Assessment, DeskError> {
        Ok(assessment())
    }

    fn problems(&self) -> Result<Vec<Problem>, DeskError> {
        Ok(problems())
    }

    fn tag(
        &self,
        findings: &[FindingId],
        verdict: Verdict,
        reason: Option<&str>,
    ) -> Result<(), DeskError> {
        let mut tags = self.tags.lock().expect("no test panics with it");
        let reason = reason.unwrap_or_default();
        tags.extend(findings.iter().map(|finding| (*finding, verdict, reason.to_owned())));
        Ok(())
    }

    fn note(&self, _finding: FindingId, _text: &str) -> Result<(), DeskError> {
        Ok(())
    }

    fn undo(&self) -> Result<String, DeskError> {
        match self.tags.lock().expect("no test panics with it").pop() {
            Some((_, verdict, _)) => Ok(format!("retracted {verdict}")),
            None => Err(DeskError::new("nothing to undo")),
        }
    }

    fn rule(&self, _draft: &RulingDraft) -> Result<(), DeskError> {
        Ok(())
    }
}

fn time(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

fn agent(name: &str) -> AgentKey {
    AgentKey::new("prod", "agents", name)
}

fn place(file: &str, at: Location) -> Place {
    Place { evidence: Digest::of(file.as_bytes()), file: file.into(), at }
}

fn event_id(number: u8) -> EventId {
    EventId::of("fixture", &[&number.to_string()])
}

fn summary() -> CaseSummary {
    CaseSummary {
        path: "/cases/acme".to_owned(),
        generation: 3,
        evidence: 6,
        records: 214,
        events: 48_211,
        agents: 3,
        findings: 6,
        untagged: 5,
        disputes: 2,
        problems: 2,
        from: Some(time("2026-02-01T00:00:00Z")),
        until: Some(time("2026-03-04T18:00:00Z")),
    }
}

/// One finding of each reading that matters; one of them made by somebody hostile.
pub fn findings() -> Vec<QueueRow> {
    let rows = [
        (
            "billing",
            Plane::Kubernetes,
            Reading::HiddenScope { unresolved: false },
            86,
            "reads secrets in payments through a group it does not name",
        ),
        (
            "billing",
            Plane::Tools,
            Reading::Anomaly { missing: Some(Signal::PromptContext) },
            74,
            "exports customer records ten times as often as before",
        ),
        (
            "research",
            Plane::Kubernetes,
            Reading::Latent,
            61,
            "may delete deployments and never has",
        ),
        (
            "research",
            Plane::Network,
            Reading::Breach,
            55,
            "connects to paste.example.net, which its posture policy denies",
        ),
        (
            "helper",
            Plane::Catalog,
            Reading::HiddenScope { unresolved: true },
            48,
            "\u{5c}u{202e}gnp.exe\u{5c}u{202c} is offered by a server nobody declared",
        ),
        (
            "helper",
            Plane::Files,
            Reading::CantTell {
                why: CantTell::NotConverged {
                    until: Some(time("2026-03-11T00:00:00Z")),
                    condition: "4 more active days".to_owned(),
                },
            },
            22,
            "reads mounted secrets",
        ),
    ];
    let rows = rows.into_iter().map(|(name, plane, reading, score, title)| {
        let finding = finding(name, plane, reading, score, title);
        QueueRow { finding, tag: TagState::Untagged, notes: Vec::new() }
    });
    let mut rows: Vec<QueueRow> = rows.collect();
    if let Some(row) = rows.get_mut(2) {
        row.tag = TagState::Stale { verdict: Verdict::Gap1, author: "lee".into() };
    }
    if let Some(row) = rows.first_mut() {
        row.notes.push("asked the platform team on Monday".to_owned());
    }
    rows
}

fn finding(name: &str, plane: Plane, reading: Reading, score: u32, title: &str) -> Finding {
    let agent = agent(name);
    let discipline = plane.discipline();
    let anchor = format!("RoleBinding payments/{name}-readers");
    Finding {
        id: FindingId::of(&agent, discipline, plane, &format!("{anchor}{title}")),
        discipline,
        plane,
        anchor: anchor.as_str().into(),
        reading,
        pattern: "group-route".to_owned(),
        title: format!("{name} {title}"),
        configured: vec![Citation {
            text: format!(
                "ServiceAccount agents/{name} is in group team-data (group), which {anchor} binds to \
                 Role payments/reader: get, list secrets."
            ),
            places: vec![
                place("cluster/rbac.yaml", Location::Pointer("3#/subjects/0".into())),
                place("cluster/groups.json", Location::Whole),
            ],
            events: Vec::new(),
        }],
        operational: vec![
            Citation {
                text: "142 requests from 2026-02-27 to 2026-03-04, all allowed by that binding."
                    .to_owned(),
                places: vec![place("audit/audit-1.jsonl.gz", Location::Line(48_211))],
                events: vec![event_id(1), event_id(2)],
            },
            Citation::new("The agent's own configuration names no grant in payments."),
        ],
        steps: vec![
            step(1, "records", "loaded", "a complete snapshot of prod from 2026-03-04 06:00"),
            step(3, "attribution", "sole", "one workload uses this service account"),
            step(4, "scope", "inherited", "the only route runs over the group team-data"),
        ],
        capabilities: vec![
            line("k8s: get secrets @payments", GrantState::Exercised, 142),
            line("k8s: list secrets @payments", GrantState::ObservedUnused, 0),
            line("file: /var/run/secrets/ r", GrantState::Unobservable, 0),
        ],
        priority: Priority {
            score,
            terms: vec![
                ("sensitive data".to_owned(), score / 2),
                ("reach".to_owned(), score - score / 2),
            ],
        },
        remedy: Remedy {
            action: "Bind a role of its own to the agent, and take it out of the group.".to_owned(),
            object: Some(anchor),
            refused: Some(
                "Editing the agent's own role: its effective scope would stay as it is.".to_owned(),
            ),
        },
        from: Some(time("2026-02-27T08:00:00Z")),
        until: Some(time("2026-03-04T17:12:00Z")),
        provisioning: ProvisioningVerdict::OutOfScope,
        behavioural: BehaviouralVerdict::Consistent,
        linked: Vec::new(),
        tags: vec!["OWASP LLM 2026 LLM03".to_owned()],
        agent,
    }
}

fn step(number: u8, question: &str, verdict: &str, because: &str) -> Step {
    Step {
        number,
        question: question.to_owned(),
        verdict: verdict.to_owned(),
        because: because.to_owned(),
    }
}

fn line(capability: &str, state: GrantState, count: u64) -> CapabilityLine {
    let last = (count > 0).then(|| time("2026-03-04T17:12:00Z"));
    CapabilityLine { capability: capability.to_owned(), state, count, last }
}

fn agents() -> Vec<AgentRow> {
    ["billing", "research", "helper"]
        .into_iter()
        .zip(1_u8..)
        .map(|(name, number)| AgentRow {
            agent: Agent {
                key: agent(name),
                evidence: vec![EvidenceOfAgency::Declaration, EvidenceOfAgency::GenAiSpan],
                registered: number < 3,
                owner: (number == 1).then(|| "finance".into()),
                purpose: (number == 1).then(|| "answers questions about invoices".into()),
                environment: None,
                principals: vec![Principal::ServiceAccount {
                    realm: "prod".into(),
                    namespace: "agents".into(),
                    name: name.into(),
                }],
            },
            events: 16_000 / u64::from(number),
            first: Some(time("2026-02-01T00:00:00Z")),
            last: Some(time("2026-03-04T17:12:00Z")),
            exercised: 12,
            observed_unused: 30 / usize::from(number),
            unobservable: 4,
            inherited: 6,
            findings: 2,
            spawns: number == 2,
            convergence: vec![
                convergence(name, Discipline::Identity, Sufficiency::Converged),
                convergence(
                    name,
                    Discipline::Behavior,
                    Sufficiency::NotConverged {
                        until: Some(time("2026-03-11T00:00:00Z")),
                        condition: "4 more active days".to_owned(),
                    },
                ),
            ],
        })
        .collect()
}

fn convergence(name: &str, discipline: Discipline, sufficiency: Sufficiency) -> Convergence {
    Convergence {
        agent: agent(name),
        discipline,
        gap: GapType::Latent,
        sufficiency,
        from: Some(time("2026-02-01T00:00:00Z")),
        until: Some(time("2026-03-04T17:12:00Z")),
        days: 31,
        runs: 214,
        unseen: 0.01,
        why: "31 days, 214 runs, 1 % chance of an unseen kind".to_owned(),
    }
}

fn tree(focus: &TreeFocus) -> DelegationTree {
    let nodes = [
        (0, 6, "research", EdgeBasis::Root, EventKind::AgentInvoke),
        (1, 2, "chat gpt-4.1", EdgeBasis::Recorded, EventKind::ModelCall),
        (2, 1, "crm.export", EdgeBasis::Recorded, EventKind::ToolCall),
        (
            1,
            3,
            "billing",
            EdgeBasis::Inferred { rule: "same session".to_owned() },
            EventKind::AgentInvoke,
        ),
        (2, 1, "invoices.read", EdgeBasis::Recorded, EventKind::ToolCall),
        (2, 1, "mail.send\u{1b}[2J", EdgeBasis::Orphan, EventKind::ToolCall),
        (0, 1, "helper", EdgeBasis::Root, EventKind::AgentInvoke),
    ];
    let nodes = nodes.into_iter().zip(0_u8..).map(|((depth, size, label, edge, kind), number)| {
        DelegationNode {
            depth,
            size,
            edge,
            kind,
            agent: Some(agent(if number < 3 { "research" } else { "billing" })),
            label: label.into(),
            event: Some(event_id(number)),
            trace: Some("5b8efff7".into()),
            start: Some(time("2026-03-04T17:00:00Z")),
            duration: Some(1_500_000_000 * i64::from(size)),
            outcome: Some(if number == 5 { Outcome::Failure } else { Outcome::Success }),
            totals: Totals {
                tool_calls: u64::from(size),
                denied: u64::from(number == 5),
                tokens: 1_200,
                ..Totals::default()
            },
        }
    });
    let nodes = match focus {
        TreeFocus::All => nodes.collect(),
        _ => nodes.take(6).collect(),
    };
    DelegationTree { nodes, repairs: vec!["one orphan".to_owned()] }
}

fn chains() -> Vec<IdentityChain> {
    let link = |principal, hop, because: &str| IdentityLink {
        principal,
        hop,
        because: because.to_owned(),
        events: vec![event_id(1)],
    };
    vec![IdentityChain {
        agent: agent("billing"),
        links: vec![
            link(
                Principal::Human { name: "alice@example.com".into() },
                HopState::Asserted,
                "the session names her; no token does",
            ),
            link(
                Principal::Agent { key: agent("billing") },
                HopState::Inferred { rule: "same trace".to_owned(), confidence: 80 },
                "the span's parent is her session",
            ),
            link(
                Principal::ServiceAccount {
                    realm: "prod".into(),
                    namespace: "agents".into(),
                    name: "billing".into(),
                },
                HopState::Verified,
                "authenticated by the API server with a pod-bound token",
            ),
            link(
                Principal::CloudRole { arn: "arn:aws:iam::1:role/reader".into() },
                HopState::Broken { missing: "CloudTrail AssumeRoleWithWebIdentity".to_owned() },
                "no record of the exchange",
            ),
        ],
        events: 142,
    }]
}

fn events() -> Vec<domain::Event> {
    (0..6)
        .map(|number| {
            let at = time(&format!("2026-03-04T17:0{number}:00Z"));
            let evidence = place("audit/audit-1.jsonl.gz", Location::Line(100 + u64::from(number)));
            let mut event = domain::Event::new(
                event_id(number),
                at,
                &"k8s-audit".into(),
                EventKind::K8sApi,
                evidence,
            );
            event.agent = Some(agent("billing"));
            event.principal = Some("system:serviceaccount:agents:billing".into());
            event.action = Some("get".into());
            event.target = Some("payments/db\u{202e}dwp".into());
            event.target_kind = Some("secrets".into());
            event.decision = Some(if number == 3 { Decision::Deny } else { Decision::Allow });
            event.outcome = Some(Outcome::Success);
            event.trace_id = Some("5b8efff7".into());
            event
        })
        .collect()
}

fn disputes() -> Vec<DisputeRow> {
    let rows = findings();
    let states = [DisputeState::Dispute, DisputeState::AgreedViolation];
    rows.into_iter()
        .zip(states)
        .map(|(row, state)| DisputeRow {
            dispute: Dispute {
                finding: row.finding.id,
                provisioning: ProvisioningVerdict::OutOfScope,
                behavioural: BehaviouralVerdict::Consistent,
                state,
                from: row.finding.from,
                until: row.finding.until,
                provisioning_case: "Nobody granted this to the agent itself: it comes by a group \
                                    that was made for people."
                    .to_owned(),
                behavioural_case:
                    "It has done this every working day for five weeks; invoices stop \
                                   when it cannot."
                        .to_owned(),
            },
            title: row.finding.title,
            agent: row.finding.agent.visible(),
            ruling: None,
            precedents: vec![
                "2026-01-12 reporting agent, same group: provisioning governs".to_owned(),
            ],
        })
        .collect()
}

fn assessment() -> Assessment {
    let row = |discipline, gap_1, gap_2, gap_3, cant_tell| DisciplineRow {
        discipline,
        gap_1,
        gap_2,
        gap_3,
        cant_tell,
        other: 0,
        tagged: 1,
    };
    let cell = |discipline, gap, level, part, because: &str| MatrixCell {
        discipline,
        gap,
        level,
        because: because.to_owned(),
        decidable: Share { part, whole: 3 },
    };
    Assessment {
        asked: 10,
        findings: 6,
        disciplines: vec![
            row(Discipline::Model, 0, 1, 0, 0),
            row(Discipline::Identity, 1, 1, 0, 0),
            row(Discipline::Behavior, 0, 0, 1, 1),
        ],
        cant_tell: vec![ReasonRow {
            reason: "not converged until 2026-03-11".to_owned(),
            findings: 1,
            resolved_by: "wait until 2026-03-11".to_owned(),
        }],
        matrix: vec![
            cell(Discipline::Identity, GapType::Latent, 3, 3, "RBAC and the audit log"),
            cell(Discipline::Identity, GapType::HiddenScope, 3, 2, "RBAC and the audit log"),
            cell(Discipline::Model, GapType::Latent, 2, 0, "declarations only"),
        ],
        perceived: Share { part: 5, whole: 6 },
        actual: Share { part: 11, whole: 27 },
    }
}

fn problems() -> Vec<Problem> {
    vec![
        Problem {
            kind: ProblemKind::Malformed,
            file: "audit/audit-1.jsonl.gz".into(),
            at: Location::Line(17),
            message: "expected `,` or `}` at column 40".to_owned(),
        },
        Problem {
            kind: ProblemKind::UnknownFormat,
            file: "notes.txt".into(),
            at: Location::Whole,
            message: "no reader recognises the content".to_owned(),
        },
    ]
}
