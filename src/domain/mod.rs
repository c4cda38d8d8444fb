//! The words of the project as types.
//!
//! Pure: no IO, no clock, no async, no screen, no storage engine. Everything here can be built,
//! compared, hashed and written as JSON. The floors above give these types their behaviour; only
//! what a word means by itself (does this pattern permit that capability, is this route immediate)
//! lives here.

pub mod actor;
pub mod agent;
pub mod amounts;
pub mod authority;
pub mod baseline;
pub mod capability;
pub mod catalog_diff;
pub mod census;
pub mod comparison;
pub mod configured;
pub mod containment;
pub mod convergence;
pub mod correlation;
pub mod coverage;
pub mod credential;
pub mod delegation;
pub mod digest;
pub mod discipline;
pub mod dispute;
pub mod edge_rule;
pub mod event;
pub mod exercise;
pub mod finding;
pub mod flow;
pub mod grant;
pub mod identity;
pub mod link;
pub mod matcher;
pub mod origin;
pub mod packed;
pub mod pattern;
pub mod provenance;
pub mod reading;
pub mod sensitivity;
pub mod shell;
pub mod storyline;
pub mod tag;
pub mod text;

pub use agent::{Agent, AgentKey, Attribution, EvidenceOfAgency, Principal, SeenAgent};
pub use authority::{
    AuthorityRoute, ConnectionAnswer, ConnectionWord, Control, Denial, DeniedRoute, Disagreement,
    Explanation, Holding, LooseTrust, ObjectState, RouteStep, ScopeChange, ScopeDirection,
};
pub use capability::Capability;
pub use comparison::{ComparedStep, Comparison, ComparisonRow, StateLine, StateQuestion};
pub use configured::{Configured, Record, Snapshot};
pub use convergence::{Convergence, Sufficiency};
pub use correlation::{
    AmbiguousTie, CorrelationReport, Correlations, JoinRate, JoinedBy, LayerJoin, NotJoined,
    RecordLayer, Unjoined,
};
pub use coverage::Coverage;
pub use credential::{AuthorityUse, Counterpart, CredentialGap};
pub use delegation::{
    AgentId, Budget, DelegationNames, DelegationNode, DelegationTree, EdgeBasis, NameId, Totals,
    TraceRow,
};
pub use digest::{Digest, digest_of};
pub use discipline::{Dimension, Discipline, GapType, Plane, Signal};
pub use dispute::{
    BehaviouralVerdict, Dispute, DisputeState, GoverningRecord, ProvisioningVerdict, Ruling,
};
pub use edge_rule::EdgeRule;
pub use event::{Authorisation, Decision, Effect, Event, EventId, EventKind, Outcome};
pub use exercise::Exercise;
pub use finding::{CapabilityLine, Citation, Finding, FindingId, Priority, Remedy, Step};
pub use grant::{
    Attachment, Bounds, Clause, Grant, GrantState, Hop, Layer, ObjectRef, Permitted, Route,
    opposite,
};
pub use identity::{HopState, IdentityChain, IdentityLink, RootKind};
pub use link::{EventLink, LinkKind};
pub use origin::{Answer, Appearance, ArgumentOrigin, Likeness, Origin};
pub use pattern::{Globs, Pattern};
pub use provenance::{Location, Place, Problem, ProblemKind};
pub use reading::{CantTell, Reading};
pub use storyline::{
    EntryBody, Gap, Lane, Marks, Outcomes, Storyline, StorylineEntry, StorylineLink, StorylineNote,
    StorylinePath, StorylineSkew,
};
pub use tag::{Tag, TagState, Verdict};
pub use text::Text;
