//! Amazon Bedrock agents: the answer of `get-agent`.

use jiff::Timestamp;

use crate::domain::configured::{AgentDeclaration, Configured, Provisioning};
use crate::domain::{Discipline, Place, ProblemKind, Record, Text};
use crate::ingest::configured::reading::{Object, Reading, digest, object, text};
use crate::ingest::{Document, Format, Shape, Side, Sink, location};

pub const FORMAT: Format = Format {
    id: "bedrock-agent",
    title: "Amazon Bedrock agent",
    side: Side::Configured,
    says: &[
        (Discipline::Identity, "the role as which the agent acts"),
        (Discipline::Model, "the foundation model and the digest of the instructions"),
    ],
    coverage: "one agent; its action groups and knowledge bases are asked for one by one",
    recognises,
    read,
};

fn recognises(shape: &Shape<'_>) -> bool {
    shape.has("agent") && shape.keys.len() <= 2 && shape.json().contains("\"agentId\"")
}

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some((mut reading, root)) = Reading::begin(document, sink) else { return };
    let none = Object::new();
    let agent = object(&root, "agent").unwrap_or(&none);
    let Some(name) = text(agent, "agentName").or_else(|| text(agent, "agentId")) else {
        let message = "the agent has neither `agentName` nor `agentId`";
        return reading.problem("/agent", ProblemKind::MissingField, message);
    };
    let time = |key| text(agent, key)?.raw().parse::<Timestamp>().ok();
    let arn = text(agent, "agentArn");
    let declaration = AgentDeclaration {
        kind: "Bedrock Agent".into(),
        workload: text(agent, "agentId"),
        name,
        purpose: text(agent, "description"),
        model: text(agent, "foundationModel"),
        principal: text(agent, "agentResourceRoleArn"),
        instructions: digest(agent, "instruction"),
        ..AgentDeclaration::default()
    };
    let place = Place { at: location::beneath(&document.at, "/agent"), ..document.place() };
    reading.sink.record(Record {
        realm: arn.as_ref().and_then(account).unwrap_or_default(),
        at: time("updatedAt").or_else(|| time("createdAt")),
        provisioning: Provisioning { granted_at: time("createdAt"), ..Provisioning::default() },
        place,
        body: Configured::AgentDeclaration(declaration),
    });
}

/// The account in `arn:aws:bedrock:REGION:ACCOUNT:agent/ID`.
fn account(arn: &Text) -> Option<Text> {
    arn.raw().split(':').nth(4).filter(|account| !account.is_empty()).map(Text::from)
}

#[cfg(test)]
mod tests {
    use super::super::testing::agents;
    use crate::ingest::configured::tests::read_text;

    const AGENT: &str = r#"{"agent":{"agentId":"A1","agentName":"desk","foundationModel":"m","instruction":"x",
        "agentArn":"arn:aws:bedrock:eu-west-1:111122223333:agent/A1",
        "agentResourceRoleArn":"arn:aws:iam::111122223333:role/desk",
        "createdAt":"2026-03-01T00:00:00Z","updatedAt":"2026-04-01T00:00:00Z"}}"#;

    #[test]
    fn the_agent_its_role_and_its_account() {
        let found = agents("get-agent.json", AGENT);
        let [agent] = found.as_slice() else { unreachable!("one agent") };
        assert_eq!(agent.principal, Some("arn:aws:iam::111122223333:role/desk".into()));
        let found = read_text("get-agent.json", AGENT);
        let [record] = found.records.as_slice() else { unreachable!("one record") };
        assert_eq!(record.realm, "111122223333");
        let times = (record.at, record.provisioning.granted_at);
        let times = (times.0.map(|at| at.to_string()), times.1.map(|at| at.to_string()));
        assert_eq!(
            times,
            (Some("2026-04-01T00:00:00Z".into()), Some("2026-03-01T00:00:00Z".into()))
        );
    }

    #[test]
    fn an_agent_without_a_name_is_said_so() {
        let found = read_text("a.json", r#"{"agent":{"agentId":7}}"#);
        assert_eq!((found.records.len(), found.problems.len()), (0, 1));
    }
}
