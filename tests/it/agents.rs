//! The census of the sample, against the agents screen and against counts of the raw records.

use diptych::domain::census::Acts;
use diptych::workspace::CensusOptions;

use crate::sample::loaded;

/// Decided, by a grant, unknown and refused acts in the hour before an instant. Read with jq from the
/// sample: decisions of requests by service accounts, one act for each span of a tool or model. The
/// four requests of an account that two agents share are in no agent's count, and 17 spans are of
/// agents of which neither tools nor models are configured.
const INSTANTS: &[(&str, [u64; 4])] = &[
    ("2026-10-15T10:00:00Z", [18, 35, 0, 0]),
    ("2026-10-20T07:30:00Z", [87 - 4, 84 + 109 - 17, 17, 1]),
    ("2026-10-30T13:50:00Z", [35, 33 + 39, 0, 0]),
];

#[test]
fn the_census_agrees_with_the_agents_and_with_the_records() {
    let (_home, workspace) = loaded();
    let agents = workspace.agents().expect("the agents are read");
    let census = workspace.agent_census(CensusOptions::default()).expect("a census");
    let acted = agents.iter().filter(|row| row.events > 0);
    assert_eq!(census.active.known, agents.len());
    assert_eq!(census.active.acted, acted.clone().count());
    assert_eq!(census.active.shadow, acted.filter(|row| !row.agent.registered).count());
    for (at, [decided, granted, unknown, refused]) in INSTANTS {
        let at = Some(at.parse().expect("an instant"));
        let options = CensusOptions { at, ..CensusOptions::default() };
        let census = workspace.agent_census(options).expect("a census");
        let expected = Acts {
            decided: *decided,
            granted: *granted,
            unknown: *unknown,
            refused: *refused,
            ..Acts::default()
        };
        assert_eq!(census.acts, expected, "{at:?}");
    }
}
