//! The table of rules by which records of different layers are tied, each with its confidence and
//! why it is no higher.

use crate::domain::RecordLayer;
use crate::domain::RecordLayer::{
    Alert, CloudApi, Decision, Identity, Kernel, KubernetesApi, ModelCall, Network, Prompt,
    ToolCall, ToolResult,
};

/// One way of tying two records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    pub id: RuleId,
    /// As people read it.
    pub name: &'static str,
    /// Layers of the outer or earlier record.
    pub from: &'static [RecordLayer],
    /// Layers of what happened in it or because of it.
    pub to: &'static [RecordLayer],
    pub how: How,
    /// Percent.
    pub confidence: u8,
    /// Why that much and no more.
    pub because: &'static str,
}

/// By what two records are tied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::Display)]
#[strum(serialize_all = "kebab-case")]
pub enum How {
    /// Both carry the same identifier.
    Exact,
    /// In time, on the same instance of the same agent. `skew`: by how much the clocks of the two
    /// recorders may differ, in nanoseconds; a tie that needs it loses [`SKEWED`] percent.
    Contained { skew: i64 },
    /// By their order in one trace or session.
    Ordered,
}

/// What a tie loses that only holds when the clocks of the recorders differ.
pub const SKEWED: u8 = 25;

const MILLISECOND: i64 = 1_000_000;
const SECOND: i64 = 1_000 * MILLISECOND;

/// The rules by name.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, strum::EnumIter, strum::Display,
)]
#[strum(serialize_all = "kebab-case")]
pub enum RuleId {
    BeneathSpan,
    GivenToModel,
    PromptInRecord,
    SameCall,
    IssuedCredential,
    SameRequest,
    SameProcess,
    ParentProcess,
    KernelInCall,
    StartedInCall,
    KubernetesInCall,
    CloudInCall,
    NetworkInModelCall,
    SameConnection,
    AskedByModel,
    PromptBefore,
}

impl RuleId {
    /// The row of the table.
    pub fn rule(self) -> &'static Rule {
        // The rows stand in the order of the names; a test holds that.
        &RULES[self as usize]
    }
}

/// Every rule, exact ones first. An exact tie to a call leaves nothing for containment to say.
pub static RULES: [Rule; 16] = [
    Rule {
        id: RuleId::BeneathSpan,
        name: "recorded beneath the span of the call",
        from: &[ToolCall, ModelCall],
        to: &[
            ModelCall,
            ToolCall,
            ToolResult,
            Decision,
            Kernel,
            Network,
            KubernetesApi,
            CloudApi,
            Alert,
            Identity,
        ],
        how: How::Exact,
        confidence: 100,
        because: "the record names trace and parent span, and no other agent's span lies between",
    },
    Rule {
        id: RuleId::GivenToModel,
        name: "recorded in the span of the model call that was given it",
        from: &[Prompt, ToolResult],
        to: &[ModelCall],
        how: How::Exact,
        confidence: 100,
        because: "the record names trace and span of the model call",
    },
    Rule {
        id: RuleId::PromptInRecord,
        name: "the record of the model call holds the prompt itself",
        from: &[ModelCall],
        to: &[ModelCall],
        how: How::Exact,
        confidence: 100,
        because: "prompt and call are one record",
    },
    Rule {
        id: RuleId::SameCall,
        name: "the same call id in one trace, session or capture",
        from: &[ToolCall],
        to: &[ToolResult, Decision],
        how: How::Exact,
        confidence: 100,
        because: "call ids are unique within a trace, a session or a capture, not beyond",
    },
    Rule {
        id: RuleId::IssuedCredential,
        name: "used with the credential that was issued",
        from: &[Identity, KubernetesApi],
        to: &[KubernetesApi, CloudApi, Identity, Decision],
        how: How::Exact,
        confidence: 100,
        because: "token ids and access key ids are unique; who held the credential is another question",
    },
    Rule {
        id: RuleId::SameRequest,
        name: "the same request id in one account or tenant",
        from: &[Identity, CloudApi],
        to: &[CloudApi, Identity, Decision],
        how: How::Exact,
        confidence: 95,
        because: "some services give one correlation id to a series of requests",
    },
    Rule {
        id: RuleId::SameProcess,
        name: "done by the process that was started",
        from: &[Kernel],
        to: &[Kernel, Network],
        how: How::Exact,
        confidence: 100,
        because: "the sensor gives every execution an id of its own (exec_id)",
    },
    Rule {
        id: RuleId::ParentProcess,
        name: "started by the process that was started before",
        from: &[Kernel],
        to: &[Kernel],
        how: How::Exact,
        confidence: 100,
        because: "the record names the execution of its parent (parent_exec_id)",
    },
    Rule {
        id: RuleId::KernelInCall,
        name: "inside the only tool call open on the instance",
        from: &[ToolCall],
        to: &[Kernel, Network, Alert],
        how: How::Contained { skew: 10 * MILLISECOND },
        confidence: 85,
        because: "no key leads from a process to a call: what else the instance does meanwhile looks \
                  the same. Sensor and agent share the clock of their node",
    },
    Rule {
        id: RuleId::StartedInCall,
        name: "its process was started inside the tool call",
        from: &[ToolCall],
        to: &[Kernel, Network],
        how: How::Contained { skew: 10 * MILLISECOND },
        confidence: 60,
        because: "the process outlived the call that started it, or serves several: it may act for \
                  another by now",
    },
    Rule {
        id: RuleId::KubernetesInCall,
        name: "inside the only tool call open on the pod that the token names",
        from: &[ToolCall],
        to: &[KubernetesApi],
        how: How::Contained { skew: 100 * MILLISECOND },
        confidence: 85,
        because: "the API server names the pod and not the call. Machines of a cluster keep time by \
                  NTP, to some milliseconds",
    },
    Rule {
        id: RuleId::CloudInCall,
        name: "inside the only tool call open on the instance that holds the credential",
        from: &[ToolCall],
        to: &[CloudApi, Identity],
        how: How::Contained { skew: SECOND },
        confidence: 75,
        because: "cloud logs name the credential and not the call, and some cut times to the second",
    },
    Rule {
        id: RuleId::NetworkInModelCall,
        name: "inside the only model call open on the instance, no tool call being open",
        from: &[ModelCall],
        to: &[Network],
        how: How::Contained { skew: 10 * MILLISECOND },
        confidence: 75,
        because: "the connection may serve something else that the instance does meanwhile",
    },
    Rule {
        id: RuleId::SameConnection,
        name: "the same destination from the same instance, told by two recorders",
        from: &[Network],
        to: &[Network],
        how: How::Contained { skew: SECOND },
        confidence: 80,
        because: "connections are told apart by destination and time only",
    },
    Rule {
        id: RuleId::AskedByModel,
        name: "the last answer of the agent's model before the tool call",
        from: &[ModelCall],
        to: &[ToolCall],
        how: How::Ordered,
        confidence: 75,
        because: "the order is recorded, the request for the call is not",
    },
    Rule {
        id: RuleId::PromptBefore,
        name: "the last prompt recorded before the model call",
        from: &[Prompt, ModelCall],
        to: &[ModelCall],
        how: How::Ordered,
        confidence: 80,
        because: "the order is recorded; a model may also be asked without a prompt",
    },
];

#[cfg(test)]
mod tests {
    use strum::IntoEnumIterator;

    use super::*;

    #[test]
    fn every_rule_has_its_row_and_says_why() {
        for (id, rule) in RuleId::iter().zip(RULES) {
            assert_eq!((id, id.rule()), (rule.id, &rule));
            assert!(!rule.because.is_empty() && !rule.from.is_empty() && !rule.to.is_empty());
            let certain = rule.how == How::Exact && rule.confidence >= 95;
            let inferred = rule.how != How::Exact && (SKEWED + 1..95).contains(&rule.confidence);
            assert!(certain || inferred, "{id}");
        }
        assert_eq!(RuleId::iter().count(), RULES.len());
    }
}
