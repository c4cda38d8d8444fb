//! The containment sheet: what an agent can still use, how each of it is revoked, what survives that
//! and what it would break. Commands are shown and never run.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{AgentKey, HopState, ObjectRef, Text};

/// What an agent can still use at an instant, in the order in which it is best taken away.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ContainmentSheet {
    pub agent: AgentKey,
    /// The instant that this is of.
    pub at: Timestamp,
    /// Earlier events are the legitimate work that a step would break; the window of the incident
    /// begins here when it is known.
    pub incident_from: Option<Timestamp>,
    pub steps: Vec<ContainmentStep>,
    /// What had ended or expired before the instant and is therefore not listed, by kind.
    pub ended: Vec<EndedAccess>,
    /// What the sheet cannot know, one sentence each. Escaped.
    pub unknown: Vec<String>,
}

/// One thing that can be used, with what to do about it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ContainmentStep {
    /// From one.
    pub number: usize,
    pub phase: Phase,
    pub access: Access,
    pub revocation: Revocation,
    pub survives: Survivors,
    pub breaks: Vec<BrokenWork>,
}

/// When a step is taken.
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
    strum::IntoStaticStr,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Phase {
    #[strum(serialize = "cut outward paths")]
    CutOutwardPaths,
    #[strum(serialize = "revoke credentials")]
    RevokeCredentials,
    #[strum(serialize = "stop the work")]
    StopTheWork,
}

impl Phase {
    /// Why it comes when it does.
    pub fn because(self) -> &'static str {
        match self {
            Self::CutOutwardPaths => {
                "first: it stops data and orders at once, breaks least and keeps the evidence in \
                 memory"
            }
            Self::RevokeCredentials => {
                "then, the newest first: what was issued last is what is in use, and an older \
                 credential may have issued it"
            }
            Self::StopTheWork => {
                "last: a controller starts a new copy with a new credential as long as the old \
                 ones are accepted, and stopping destroys what is in memory"
            }
        }
    }
}

/// Something that an agent can use.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Access {
    pub kind: AccessKind,
    /// Its name or id, as the evidence spells it.
    pub id: Text,
    /// Where it is: the cluster, account or host.
    pub realm: Text,
    /// Who holds it: the agent itself, or one it called.
    pub holder: AgentKey,
    pub since: Option<Timestamp>,
    pub last_used: Option<Timestamp>,
    pub expiry: Expiry,
    /// How it is known that it is this agent's.
    pub known: HopState,
    /// Why, in a sentence. Escaped.
    pub because: String,
    /// The credential that it was got with.
    pub issued_by: Option<Text>,
    /// The configured object through which it gives authority.
    pub object: Option<ObjectRef>,
}

/// When it stops working by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "expiry", rename_all = "kebab-case")]
pub enum Expiry {
    At {
        time: Timestamp,
    },
    /// It does not end by itself.
    Never,
    /// With the object that it is bound to.
    WithItsObject,
    NotRecorded,
}

impl Expiry {
    pub fn visible(self) -> String {
        match self {
            Self::At { time } => time.to_string(),
            Self::Never => "never by itself".to_owned(),
            Self::WithItsObject => "with its object".to_owned(),
            Self::NotRecorded => "not recorded".to_owned(),
        }
    }
}

/// What it is.
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
    strum::IntoStaticStr,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum AccessKind {
    /// Everything that its pods can connect to.
    #[strum(serialize = "network reach")]
    NetworkReach,
    /// An MCP server that it is configured to use, or was seen to.
    #[strum(serialize = "MCP connection")]
    McpConnection,
    #[strum(serialize = "MCP session")]
    McpSession,
    /// A token of a service account that is bound to a pod.
    #[strum(serialize = "pod token")]
    PodToken,
    /// A token of a service account that was asked for by name and is bound to no pod that is known.
    #[strum(serialize = "service account token")]
    RequestedToken,
    /// A token of a service account that lies in a Secret.
    #[strum(serialize = "token Secret")]
    TokenSecret,
    /// A Secret that its pods mount or have in their environment.
    #[strum(serialize = "mounted Secret")]
    MountedSecret,
    #[strum(serialize = "AWS role session")]
    AwsSession,
    #[strum(serialize = "AWS access key")]
    AwsAccessKey,
    /// A cloud principal that its service account may become.
    #[strum(serialize = "AWS role")]
    AwsRole,
    #[strum(serialize = "Google service account key")]
    GoogleKey,
    #[strum(serialize = "Google access token")]
    GoogleToken,
    #[strum(serialize = "Google service account")]
    GoogleServiceAccount,
    #[strum(serialize = "Entra token")]
    EntraToken,
    #[strum(serialize = "Entra service principal")]
    EntraServicePrincipal,
    #[strum(serialize = "OAuth token")]
    OauthToken,
    #[strum(serialize = "agent passport")]
    Passport,
    /// A credential whose kind its record does not tell.
    #[strum(serialize = "credential")]
    Credential,
    /// A conversation or run that can be gone on with.
    #[strum(serialize = "agent session")]
    AgentSession,
    #[strum(serialize = "sub-agent")]
    SubAgent,
    #[strum(serialize = "Deployment")]
    Workload,
    #[strum(serialize = "CronJob")]
    CronJob,
    #[strum(serialize = "Job")]
    Job,
}

/// How it is revoked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revocation {
    /// In order. Empty when there is nothing to run: `does_not` then says why.
    pub commands: Vec<Command>,
    pub does: String,
    /// What it does not do: what somebody who ran it might wrongly rely on.
    pub does_not: String,
    pub reference: Reference,
}

/// The official documentation of a command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reference {
    pub title: String,
    pub url: String,
}

/// A command line to show. Its words are kept apart, so that a hostile name stays one word.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Command {
    pub words: Vec<Text>,
    /// What it reads from standard input.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<Text>,
}

/// What still works afterwards.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Survivors {
    /// Capabilities that the agent exercised and that another route still permits.
    pub routes: Vec<SurvivingRoute>,
    /// There are more than are listed.
    pub more_routes: usize,
    /// Other steps of this sheet that this one does not take away, by number: credentials that were
    /// issued from it, and others that do the same.
    pub steps: Vec<usize>,
    /// In words, one sentence each: what its revocation leaves. Escaped.
    pub notes: Vec<String>,
}

/// Another way to a capability.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SurvivingRoute {
    /// In words, escaped.
    pub capability: String,
    /// As in `Route::visible`, escaped.
    pub route: String,
}

/// Legitimate work that goes through the same credential, identity or server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrokenWork {
    pub agent: AgentKey,
    /// What it goes through, in words: the account, the role, the server. Escaped.
    pub through: String,
    pub uses: u64,
    /// Distinct capabilities, and the most used of them in words. Escaped.
    pub capabilities: usize,
    pub examples: Vec<String>,
    pub last: Option<Timestamp>,
}

impl BrokenWork {
    /// In a sentence, escaped.
    pub fn visible(&self) -> String {
        let last = self.last.map(|last| format!(", last at {last}")).unwrap_or_default();
        let more = match self.capabilities.saturating_sub(self.examples.len()) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        format!(
            "{} uses of {} ({}{more}) through {}{last}",
            self.uses,
            self.agent,
            self.examples.join(", "),
            self.through
        )
    }
}

/// Access that had ended before the instant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndedAccess {
    pub kind: AccessKind,
    pub count: usize,
    /// Why it is over, in words.
    pub because: String,
    /// The latest end.
    pub last: Option<Timestamp>,
}
