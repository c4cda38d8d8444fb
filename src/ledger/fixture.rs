//! Small values for the tests of the rooms that work on findings.

use crate::domain::{
    AgentKey, BehaviouralVerdict, CapabilityLine, Citation, Discipline, Finding, FindingId,
    GrantState, Plane, Priority, ProvisioningVerdict, Reading, Remedy,
};

/// A finding of the identity discipline, told apart by its anchor.
pub(crate) fn finding(anchor: &str, reading: Reading) -> Finding {
    let agent = AgentKey::new("prod", "agents", "billing");
    let (discipline, plane) = (Discipline::Identity, Plane::Kubernetes);
    Finding {
        id: FindingId::of(&agent, discipline, plane, anchor),
        agent,
        discipline,
        plane,
        anchor: anchor.into(),
        reading,
        pattern: "group-route".to_owned(),
        title: format!("reads secrets through {anchor}"),
        configured: vec![Citation::new("RoleBinding agents/readers grants get secrets")],
        operational: vec![Citation::new("get secrets was seen 412 times")],
        steps: Vec::new(),
        capabilities: vec![CapabilityLine {
            capability: "k8s: get secrets @agents".to_owned(),
            state: GrantState::Exercised,
            count: 412,
            last: None,
        }],
        priority: Priority::default(),
        remedy: Remedy::default(),
        from: None,
        until: None,
        provisioning: ProvisioningVerdict::InScope,
        behavioural: BehaviouralVerdict::Consistent,
        linked: Vec::new(),
        tags: Vec::new(),
    }
}
