//! Disputes and rulings: two verdicts on the same activity, and the arbitration between them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{FindingId, Text};

/// What the provisioning record says of an activity.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumIter,
)]
#[serde(rename_all = "kebab-case")]
pub enum ProvisioningVerdict {
    #[strum(serialize = "in scope")]
    InScope,
    /// A breach, or hidden scope.
    #[strum(serialize = "out of scope")]
    OutOfScope,
    #[strum(serialize = "scope unknown")]
    Unknown,
}

/// What the behavioural record says of it.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumIter,
)]
#[serde(rename_all = "kebab-case")]
pub enum BehaviouralVerdict {
    #[strum(serialize = "consistent")]
    Consistent,
    #[strum(serialize = "deviates")]
    Deviates,
    #[strum(serialize = "not converged")]
    NotConverged,
    #[strum(serialize = "not observed")]
    NotObserved,
}

/// What becomes of a pair of verdicts (design §3.6, the table).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "kebab-case")]
pub enum DisputeState {
    #[strum(serialize = "agreed")]
    ClosedByAgreement,
    #[strum(serialize = "dispute")]
    Dispute,
    /// Not on the docket; comes back when it becomes decidable.
    #[strum(serialize = "pending")]
    Pending,
    /// Both say no: goes to the incident.
    #[strum(serialize = "agreed violation")]
    AgreedViolation,
    #[strum(serialize = "nothing to dispute")]
    NothingToDispute,
    #[strum(serialize = "configuration matter")]
    ConfigurationMatter,
}

/// A pair of verdicts on one finding's activity window.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Dispute {
    pub finding: FindingId,
    pub provisioning: ProvisioningVerdict,
    pub behavioural: BehaviouralVerdict,
    pub state: DisputeState,
    pub from: Option<Timestamp>,
    pub until: Option<Timestamp>,
    /// The provisioning record's case, told to a SOC analyst. Escaped.
    pub provisioning_case: String,
    /// The behavioural record's case, told to a provisioning owner. Escaped.
    pub behavioural_case: String,
}

/// Which record a ruling follows.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumString,
    strum::EnumIter,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum GoverningRecord {
    Provisioning,
    Behavioural,
}

/// The arbitration of a dispute. Its three outputs (governing record, resolver, accountability) are
/// mandatory: a `Ruling` with one of them blank cannot be built, see `arbitrate::ruling`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ruling {
    pub finding: FindingId,
    pub governing: GoverningRecord,
    /// Who resolved it, with the authority over both records.
    pub resolver: Text,
    /// Who is accountable, and for what.
    pub accountability: Text,
    pub rationale: Text,
    /// Re-baseline from a date, revoke, pin, guardrail.
    pub conditions: Vec<Text>,
    pub review_by: Option<jiff::civil::Date>,
}
