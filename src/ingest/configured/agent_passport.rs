//! Agent passports: authority that decays. No standard has them; this form is documented in
//! `docs/FORMATS.md`.

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::domain::configured::{
    Budget, Configured, Decay, Exhaustion, Passport, PassportSignature, Provisioning,
};
use crate::domain::text::visible;
use crate::domain::{Discipline, Problem, ProblemKind, Record, Text};
use crate::ingest::json::nullable;
use crate::ingest::{Document, Format, Side, Sink, location, time};

pub const FORMAT: Format = Format {
    id: "agent-passport",
    title: "Agent passport",
    side: Side::Configured,
    says: &[
        (Discipline::Identity, "authority of an agent with its expiry, issuer and policy"),
        (
            Discipline::Behavior,
            "budgets over time, steps and risk, and what remains as they are used",
        ),
    ],
    coverage: "what was granted; its signature is not verified",
    recognises: |shape| shape.is_kind("AgentPassport") && shape.in_group("diptych"),
    read,
};

#[derive(Deserialize)]
struct Written {
    #[serde(default, deserialize_with = "nullable")]
    id: Text,
    #[serde(default, deserialize_with = "nullable")]
    agent: Agent,
    #[serde(default)]
    subject: Option<Text>,
    #[serde(default)]
    issuer: Option<Text>,
    #[serde(default)]
    issued_at: Option<String>,
    #[serde(default)]
    not_before: Option<String>,
    #[serde(default)]
    expires_at: Option<String>,
    #[serde(default)]
    owner: Option<Text>,
    #[serde(default)]
    granted_by: Option<Text>,
    #[serde(default)]
    policy: Option<Text>,
    #[serde(default)]
    scopes: Option<Vec<Text>>,
    #[serde(default, deserialize_with = "nullable")]
    budgets: Vec<Value>,
    #[serde(default, deserialize_with = "nullable")]
    decay: Vec<Value>,
    #[serde(default)]
    on_exhaustion: Option<Exhaustion>,
    #[serde(default)]
    signature: Option<PassportSignature>,
}

#[derive(Default, Deserialize)]
struct Agent {
    #[serde(default, deserialize_with = "nullable")]
    cluster: Text,
    #[serde(default, deserialize_with = "nullable")]
    namespace: Text,
    #[serde(default)]
    workload: Option<Text>,
    #[serde(default)]
    name: Option<Text>,
}

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(written) = document.parse::<Written>(sink) else { return };
    let Agent { cluster, namespace, workload, name } = written.agent;
    let has_holder = workload.is_some() || name.is_some() || written.subject.is_some();
    if written.id.is_empty() || !has_holder {
        let message = "a passport needs an `id` and an `agent` or a `subject`";
        return sink.problem(document.problem(ProblemKind::MissingField, message));
    }
    let mut instant = |name: &str, raw: Option<String>| -> Option<Timestamp> {
        let raw = raw?;
        let time = time::parse(&raw);
        if time.is_none() {
            let message = format!("`{name}` is no time: {}", visible(&raw));
            sink.problem(document.problem(ProblemKind::MissingField, message));
        }
        time
    };
    let issued_at = instant("issued_at", written.issued_at);
    let not_before = instant("not_before", written.not_before);
    let expires_at = instant("expires_at", written.expires_at);
    let budgets = each(written.budgets, "budgets", document, sink)
        .into_iter()
        .filter(|budget: &Budget| is_amount(budget.limit, document, sink))
        .collect();
    let decay = each(written.decay, "decay", document, sink)
        .into_iter()
        .filter(|decay: &Decay| is_amount(decay.after, document, sink))
        .collect();
    sink.record(Record {
        realm: cluster,
        at: issued_at,
        provisioning: Provisioning {
            owner: written.owner,
            granted_by: written.granted_by.or_else(|| written.issuer.clone()),
            granted_at: issued_at,
            policy: written.policy,
        },
        place: document.place(),
        body: Configured::Passport(Passport {
            id: written.id,
            namespace,
            workload,
            name,
            subject: written.subject,
            issuer: written.issuer,
            not_before,
            expires_at,
            scopes: written.scopes,
            budgets,
            decay,
            on_exhaustion: written.on_exhaustion,
            signature: written.signature,
        }),
    });
}

/// The items of a list; a bad one is set aside alone.
fn each<T: DeserializeOwned>(
    items: Vec<Value>,
    list: &str,
    document: &Document<'_>,
    sink: &mut dyn Sink,
) -> Vec<T> {
    let mut read = Vec::new();
    for (index, item) in items.into_iter().enumerate() {
        match serde_json::from_value(item) {
            Ok(item) => read.push(item),
            Err(error) => {
                let at = location::beneath(&document.at, &format!("/{list}/{index}"));
                let message = visible(&error.to_string()).into_owned();
                sink.problem(Problem { at, ..document.problem(ProblemKind::Malformed, message) });
            }
        }
    }
    read
}

fn is_amount(amount: f64, document: &Document<'_>, sink: &mut dyn Sink) -> bool {
    if amount < 0.0 {
        let message = format!("a budget of {amount} is none");
        sink.problem(document.problem(ProblemKind::MissingField, message));
    }
    amount >= 0.0
}

#[cfg(test)]
mod tests {
    use super::super::tests::{body, only, read_text};
    use super::*;
    use crate::domain::configured::{Measure, Period};

    const PASSPORT: &str = r#"
apiVersion: diptych/v1
kind: AgentPassport
id: pass-7f3a
agent: {cluster: prod, namespace: payments, workload: billing, name: billing-agent}
subject: spiffe://prod/ns/payments/sa/billing
issuer: passport-authority
issued_at: 2026-09-01T08:00:00Z
expires_at: 2026-09-01T20:00:00Z
owner: payments-team
policy: POL-7
scopes: [crm/search_customers, ledger/read_entries]
budgets:
- {of: time, limit: 3600, per: session}
- {of: steps, limit: 200}
- {of: risk, limit: 1.5, per: day}
decay:
- {of: steps, after: 100, keeps: [crm/search_customers]}
on_exhaustion: reauthorise
signature: {algorithm: EdDSA, key_id: k-1, value: c2lnbmF0dXJl}
"#;

    fn passport(record: Record) -> Passport {
        match body(record) {
            Configured::Passport(passport) => passport,
            other => unreachable!("a passport: {other:?}"),
        }
    }

    #[test]
    fn a_passport_is_read_whole_but_for_the_signature() {
        let record = only(PASSPORT);
        assert_eq!((record.realm.raw(), record.at), ("prod", record.provisioning.granted_at));
        assert_eq!(record.provisioning.granted_by, Some("passport-authority".into()));
        assert_eq!(record.body.identity().name, "pass-7f3a");
        let json = serde_json::to_string(&record).expect("JSON");
        assert!(!json.contains("c2ln"), "{json}");
        assert_eq!(serde_json::from_str::<Record>(&json).ok().as_ref(), Some(&record));
        let passport = passport(record);
        let budgets: Vec<_> = passport.budgets.iter().map(|b| (b.of, b.limit, b.per)).collect();
        assert_eq!(
            budgets,
            [
                (Measure::Time, 3600.0, Period::Session),
                (Measure::Steps, 200.0, Period::Passport),
                (Measure::Risk, 1.5, Period::Day),
            ]
        );
        assert_eq!(passport.decay.first().map(|it| it.keeps.len()), Some(1));
        assert_eq!(passport.on_exhaustion, Some(Exhaustion::Reauthorise));
        assert_eq!(passport.signature.and_then(|it| it.key_id), Some("k-1".into()));
    }

    #[test]
    fn what_is_wrong_is_named_and_the_rest_is_read() {
        let text =
            "{apiVersion: diptych/v1, kind: AgentPassport, id: p, subject: s, expires_at: soon,
            budgets: [{of: steps, limit: -1}, {of: luck, limit: 1}, {of: risk, limit: 2}]}";
        let found = read_text("p.yaml", &format!("---\n{text}"));
        assert_eq!((found.records.len(), found.problems.len()), (1, 3), "{:?}", found.problems);
        let without = "{apiVersion: diptych/v1, kind: AgentPassport, id: p}";
        let found = read_text("p.yaml", &format!("---\n{without}"));
        assert_eq!((found.records.len(), found.problems.len()), (0, 1));
    }

    proptest::proptest! {
        #[test]
        fn any_value_in_any_member_is_survived(
            member in proptest::sample::select(&["id", "agent", "subject", "budgets", "decay", "scopes", "signature", "expires_at"][..]),
            value in "null|7|\"x\"|\\[\\]|\\[[0-9]\\]|\\[\\{\\}\\]|\\{\\}|\\{\"limit\":-1\\}",
        ) {
            let json = format!(r#"{{"apiVersion":"diptych/v1","kind":"AgentPassport","{member}":{value}}}"#);
            let found = read_text("p.json", &json);
            proptest::prop_assert!(!found.records.is_empty() || !found.problems.is_empty());
        }
    }
}
