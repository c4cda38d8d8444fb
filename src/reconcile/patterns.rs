//! The named patterns: what each one is called, what it means, which remedy fits and which to refuse.
//!
//! The recognising code of a pattern is in the file of its step; everything a person reads about it
//! is a row of this table.

use crate::domain::{Discipline, GapType};

/// One named pattern.
pub struct Pattern {
    /// Stable id, kebab-case.
    pub id: &'static str,
    /// The gap it is read as; `None` for breaches, compounds and can't-tells.
    pub gap: Option<GapType>,
    pub discipline: Discipline,
    /// What it says, for the help and the finding's first sentence.
    pub meaning: &'static str,
    /// What to do.
    pub remedy: &'static str,
    /// What not to do, and why.
    pub refused: &'static str,
    /// Framework tags with their edition.
    pub tags: &'static [&'static str],
}

const LATENT_REFUSED: &str = "Do not cut what is only unobservable: no source would have seen it used. \
     And do not expect this to stop a Gap 2 or 3: their cause is elsewhere and would recur.";
const HIDDEN_REFUSED: &str = "Do not edit the agent's own policy: the scope comes from upstream and \
     would be unchanged; the finding would recur at the next reconciliation.";
const ANOMALY_REFUSED: &str = "Do not edit permissions or configuration: the agent was allowed to do \
     this and legitimate work would break; the cause would stay.";

const EXCESSIVE_AGENCY: &[&str] =
    &["OWASP LLM 2026 LLM03", "OWASP LLM 2025 LLM06", "ASI 2026 ASI03"];
const PRIVILEGE_ABUSE: &[&str] = &["ASI 2026 ASI03", "ATLAS 5.6.0 AML.T0012"];
const TOOL_MISUSE: &[&str] = &["ASI 2026 ASI02", "ATLAS 5.6.0 AML.T0053"];
const SUPPLY_CHAIN: &[&str] = &["ASI 2026 ASI04", "ATLAS 5.6.0 AML.T0109"];

/// Every pattern. Tests hold the engine to it: a finding's pattern is a row here.
pub const PATTERNS: &[Pattern] = &[
    Pattern {
        id: "unused-permission",
        gap: Some(GapType::Latent),
        discipline: Discipline::Identity,
        meaning: "permissions granted to the identity and never exercised",
        remedy: "Narrow the granting object to what was observed in use",
        refused: LATENT_REFUSED,
        tags: EXCESSIVE_AGENCY,
    },
    Pattern {
        id: "unused-egress",
        gap: Some(GapType::Latent),
        discipline: Discipline::Behavior,
        meaning: "network destinations that are allowed and were never reached",
        remedy: "Narrow the network policy to the destinations observed",
        refused: LATENT_REFUSED,
        tags: EXCESSIVE_AGENCY,
    },
    Pattern {
        id: "unused-tool",
        gap: Some(GapType::Latent),
        discipline: Discipline::Behavior,
        meaning: "tools in the catalog that were never invoked",
        remedy: "Take the unused tools out of the agent's allowed tools",
        refused: LATENT_REFUSED,
        tags: EXCESSIVE_AGENCY,
    },
    Pattern {
        id: "unused-delegation",
        gap: Some(GapType::Latent),
        discipline: Discipline::Behavior,
        meaning: "agents it may hand off to and never did",
        remedy: "Take the unused agents out of the declaration",
        refused: LATENT_REFUSED,
        tags: EXCESSIVE_AGENCY,
    },
    Pattern {
        id: "unused-model",
        gap: Some(GapType::Latent),
        discipline: Discipline::Model,
        meaning: "a declared model that was never called",
        remedy: "Remove the model from the declaration",
        refused: LATENT_REFUSED,
        tags: SUPPLY_CHAIN,
    },
    Pattern {
        id: "group-route",
        gap: Some(GapType::HiddenScope),
        discipline: Discipline::Identity,
        meaning: "access exercised only through a group the agent belongs to",
        remedy: "Bind the agent's own service account to what it needs and remove the group's binding",
        refused: HIDDEN_REFUSED,
        tags: PRIVILEGE_ABUSE,
    },
    Pattern {
        id: "aggregated-route",
        gap: Some(GapType::HiddenScope),
        discipline: Discipline::Identity,
        meaning: "access exercised only through rules that arrived in a ClusterRole by aggregation",
        remedy: "Remove the aggregation label from the contributing ClusterRole, or bind a role that does not aggregate",
        refused: HIDDEN_REFUSED,
        tags: PRIVILEGE_ABUSE,
    },
    Pattern {
        id: "node-route",
        gap: Some(GapType::HiddenScope),
        discipline: Discipline::Identity,
        meaning: "access exercised through the identity of the node",
        remedy: "Give the agent its own workload identity and block the node's credentials from pods",
        refused: HIDDEN_REFUSED,
        tags: PRIVILEGE_ABUSE,
    },
    Pattern {
        id: "inherited-route",
        gap: Some(GapType::HiddenScope),
        discipline: Discipline::Identity,
        meaning: "access exercised only through an object that is not attached to the agent",
        remedy: "Change the upstream object, and give the agent its own identity",
        refused: HIDDEN_REFUSED,
        tags: PRIVILEGE_ABUSE,
    },
    Pattern {
        id: "unresolved-route",
        gap: Some(GapType::HiddenScope),
        discipline: Discipline::Identity,
        meaning: "access exercised although no loaded object grants it",
        remedy: "Load the objects that are named as missing, then change the one that grants",
        refused: HIDDEN_REFUSED,
        tags: PRIVILEGE_ABUSE,
    },
    Pattern {
        id: "undeclared-tool",
        gap: Some(GapType::HiddenScope),
        discipline: Discipline::Behavior,
        meaning: "a tool invoked that the agent's declared tools do not contain",
        remedy: "Pin the tool catalog, or declare the tool with its owner's approval",
        refused: HIDDEN_REFUSED,
        tags: TOOL_MISUSE,
    },
    Pattern {
        id: "undeclared-handoff",
        gap: Some(GapType::HiddenScope),
        discipline: Discipline::Behavior,
        meaning: "work handed to an agent that the declaration does not name",
        remedy: "Declare the delegation, or remove the target from the parent's tools",
        refused: HIDDEN_REFUSED,
        tags: &["ASI 2026 ASI07"],
    },
    Pattern {
        id: "default-allow",
        gap: Some(GapType::HiddenScope),
        discipline: Discipline::Behavior,
        meaning: "traffic permitted because no policy selects the workload",
        remedy: "Add a NetworkPolicy that selects the workload and allows the destinations observed",
        refused: HIDDEN_REFUSED,
        tags: &["ASI 2026 ASI02", "ATLAS 5.6.0 AML.T0086"],
    },
    Pattern {
        id: "inherited-network-policy",
        gap: Some(GapType::HiddenScope),
        discipline: Discipline::Behavior,
        meaning: "traffic permitted only by a policy that is not aimed at the agent",
        remedy: "Change the upstream policy, or select the workload with its own",
        refused: HIDDEN_REFUSED,
        tags: &["ASI 2026 ASI02"],
    },
    Pattern {
        id: "catalog-shift",
        gap: Some(GapType::HiddenScope),
        discipline: Discipline::Model,
        meaning: "an MCP server advertises other tools than were declared or seen before",
        remedy: "Pin the catalog and re-validate it at every reconnect; review each changed tool",
        refused: HIDDEN_REFUSED,
        tags: &["ASI 2026 ASI04", "ATLAS 5.6.0 AML.T0109", "ATLAS 5.6.0 AML.T0110"],
    },
    Pattern {
        id: "model-substituted",
        gap: Some(GapType::HiddenScope),
        discipline: Discipline::Model,
        meaning: "the model that answered is not the declared one",
        remedy: "Pin the model by digest at the provider or gateway that resolves the name",
        refused: HIDDEN_REFUSED,
        tags: SUPPLY_CHAIN,
    },
    Pattern {
        id: "sequence-shift",
        gap: Some(GapType::Anomaly),
        discipline: Discipline::Behavior,
        meaning: "permitted tools used in a pattern that is new for this agent",
        remedy: "Put a guardrail on the agent: approval for the unusual step, or limits in its posture policy",
        refused: ANOMALY_REFUSED,
        tags: &[
            "ASI 2026 ASI01",
            "OWASP LLM 2026 LLM01",
            "ATLAS 5.6.0 AML.T0051",
            "ATLAS 5.6.0 AML.T0053",
        ],
    },
    Pattern {
        id: "privilege-shift",
        gap: Some(GapType::Anomaly),
        discipline: Discipline::Identity,
        meaning: "permitted access used with a frequency, sequence or association that is new",
        remedy: "Put a guardrail on the agent and correlate the prompts of the unusual window",
        refused: ANOMALY_REFUSED,
        tags: PRIVILEGE_ABUSE,
    },
    Pattern {
        id: "shifted-business",
        gap: None,
        discipline: Discipline::Behavior,
        meaning: "a lasting change of the task mix: the old baseline no longer describes the work",
        remedy: "Confirm the change with its owner and re-baseline from its date",
        refused: ANOMALY_REFUSED,
        tags: &[],
    },
    Pattern {
        id: "denied-tool",
        gap: None,
        discipline: Discipline::Behavior,
        meaning: "a tool used that the posture policy denies",
        remedy: "Enforce the policy where the tool is called; it was declared without enforcement",
        refused: "",
        tags: TOOL_MISUSE,
    },
    Pattern {
        id: "exceeded-tool-calls",
        gap: None,
        discipline: Discipline::Behavior,
        meaning: "more tool calls in one run than the posture policy allows",
        remedy: "Enforce the limit where runs are driven",
        refused: "",
        tags: &["OWASP LLM 2026 LLM06", "ASI 2026 ASI08"],
    },
    Pattern {
        id: "exceeded-sub-agents",
        gap: None,
        discipline: Discipline::Behavior,
        meaning: "more sub-agents than the posture policy allows",
        remedy: "Enforce the limit where agents are spawned",
        refused: "",
        tags: &["ASI 2026 ASI07"],
    },
    Pattern {
        id: "gap-1-closing-after-catalog-shift",
        gap: None,
        discipline: Discipline::Model,
        meaning: "a latent permission came into use right after an MCP catalog changed, while the \
                  behavioural baseline is too young to judge it",
        remedy: "Treat the catalog change as the cause: pin it, and hold the permission until the \
                 baseline has converged",
        refused: "Do not record the permission as a closed Gap 1: its first use came from a change \
                  that nobody approved.",
        tags: &["ASI 2026 ASI04", "ASI 2026 ASI02"],
    },
    Pattern {
        id: "no-record",
        gap: None,
        discipline: Discipline::Identity,
        meaning: "activity on a plane whose configuration is not loaded",
        remedy: "Load the configuration of this plane for the window",
        refused: "",
        tags: &[],
    },
    Pattern {
        id: "conflicting-records",
        gap: None,
        discipline: Discipline::Identity,
        meaning: "the log and the configuration contradict each other",
        remedy: "Load a complete snapshot taken inside the window, and check the log's integrity",
        refused: "",
        tags: &[],
    },
    Pattern {
        id: "unsettled-baseline",
        gap: None,
        discipline: Discipline::Behavior,
        meaning: "activity that cannot be judged yet: the baseline has not converged",
        remedy: "Wait for the date shown, or load older activity of this agent",
        refused: "Do not read this as the absence of an anomaly.",
        tags: &[],
    },
    Pattern {
        id: "shared-identity",
        gap: None,
        discipline: Discipline::Identity,
        meaning: "activity under an identity that several agents share",
        remedy: "Give each agent its own identity, or log pod-bound tokens",
        refused: "",
        tags: &["ASI 2026 ASI03"],
    },
];

/// The row of a pattern id.
pub fn pattern(id: &str) -> Option<&'static Pattern> {
    PATTERNS.iter().find(|pattern| pattern.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_and_every_gap_has_two_patterns() {
        let mut ids: Vec<_> = PATTERNS.iter().map(|pattern| pattern.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), PATTERNS.len());
        for gap in [GapType::Latent, GapType::HiddenScope, GapType::Anomaly] {
            let named = PATTERNS.iter().filter(|pattern| pattern.gap == Some(gap)).count();
            assert!(named >= 2, "{gap} has {named} named patterns");
        }
    }

    #[test]
    fn the_wrong_remedy_is_refused_for_gaps_2_and_3() {
        for pattern in PATTERNS {
            if matches!(pattern.gap, Some(GapType::HiddenScope | GapType::Anomaly)) {
                assert!(!pattern.refused.is_empty(), "{}", pattern.id);
            }
        }
    }
}
