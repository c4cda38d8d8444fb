//! Messages as they are written. One envelope covers all the shapes, since their keys are disjoint.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use crate::ingest::json::{Integer, Str, lenient};

/// The outermost object of a document: a frame log's line, a capture, a bare result or message.
/// Loggers spell the same three things differently.
#[derive(Deserialize)]
pub struct Envelope<'a> {
    #[serde(borrow, default)]
    ts: Option<&'a RawValue>,
    #[serde(borrow, default)]
    time: Option<&'a RawValue>,
    #[serde(borrow, default)]
    timestamp: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "capturedAt")]
    captured_at: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    direction: Option<Str<'a>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    dir: Option<Str<'a>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    from: Option<Str<'a>>,
    #[serde(borrow, default)]
    frame: Option<&'a RawValue>,
    #[serde(borrow, default)]
    message: Option<&'a RawValue>,
    #[serde(borrow, default)]
    payload: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub server: Option<Str<'a>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub principal: Option<Str<'a>>,
}

/// Who sent a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    Client,
    Server,
}

impl Peer {
    pub fn other(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }
}

impl<'a> Envelope<'a> {
    /// The message inside a log line.
    pub fn frame(&self) -> Option<&'a str> {
        self.frame.or(self.message).or(self.payload).map(RawValue::get)
    }

    pub fn time(&self) -> Option<Timestamp> {
        let raw = self.ts.or(self.time).or(self.timestamp).or(self.captured_at)?.get();
        match serde_json::from_str::<Integer>(raw) {
            Ok(Integer(count)) => from_count(count),
            Err(_) => serde_json::from_str(raw).ok(),
        }
    }

    pub fn sender(&self) -> Option<Peer> {
        let written = self.direction.as_ref().or(self.dir.as_ref()).or(self.from.as_ref())?;
        let direction = written.to_ascii_lowercase();
        let is_from = |starts: [&str; 2]| starts.iter().any(|start| direction.starts_with(start));
        match (is_from(["client", "c2s"]), is_from(["server", "s2c"])) {
            (true, _) => Some(Peer::Client),
            (_, true) => Some(Peer::Server),
            _ => None,
        }
    }
}

/// A count since the epoch whose unit shows in its size: loggers write seconds to nanoseconds.
fn from_count(count: i64) -> Option<Timestamp> {
    const LATEST_SECONDS: i64 = 100_000_000_000;
    let nanoseconds = [1_000_000_000, 1_000_000, 1_000, 1].into_iter().find_map(|unit: i64| {
        let fits = count <= LATEST_SECONDS.saturating_mul(1_000_000_000 / unit);
        if fits { Some(i128::from(count) * i128::from(unit)) } else { None }
    });
    Timestamp::from_nanosecond(nanoseconds.unwrap_or(count.into())).ok()
}

/// A JSON-RPC 2.0 message: a request has a method and an id, a notification only a method, an answer
/// an id with a result or an error.
#[derive(Deserialize)]
pub struct Message<'a> {
    #[serde(borrow, default)]
    pub id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub method: Option<Str<'a>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub params: Option<Parameters<'a>>,
    #[serde(borrow, default)]
    pub result: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub error: Option<RpcError<'a>>,
}

#[derive(Deserialize)]
pub struct RpcError<'a> {
    #[serde(default)]
    pub code: Option<i64>,
    #[serde(borrow, default)]
    pub message: Option<Str<'a>>,
}

/// The union of what requests and notifications carry. Texts of prompts and messages are not looked
/// at.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Parameters<'a> {
    #[serde(borrow, default, rename = "_meta", deserialize_with = "lenient")]
    pub meta: Meta<'a>,
    /// Of `tools/call` and `prompts/get`.
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub name: Option<Str<'a>>,
    #[serde(borrow, default)]
    pub arguments: Option<&'a RawValue>,
    /// Of `resources/read` and its notifications.
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub uri: Option<Str<'a>>,
    /// Of lists.
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub cursor: Option<Str<'a>>,
    /// Of `initialize`.
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub protocol_version: Option<Str<'a>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub client_info: Option<Implementation<'a>>,
    /// Of `subscriptions/listen`.
    #[serde(borrow, default)]
    pub notifications: Option<&'a RawValue>,
    /// Of `notifications/cancelled`.
    #[serde(borrow, default)]
    pub request_id: Option<&'a RawValue>,
    /// Of `sampling/createMessage`.
    #[serde(default, deserialize_with = "lenient")]
    pub messages: Option<Vec<IgnoredAny>>,
    #[serde(default, deserialize_with = "lenient")]
    pub max_tokens: Option<u64>,
    /// Of `elicitation/create`.
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub mode: Option<Str<'a>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub url: Option<Str<'a>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub requested_schema: Option<Schema<'a>>,
}

#[derive(Default, Deserialize)]
pub struct Schema<'a> {
    #[serde(borrow, default)]
    pub properties: BTreeMap<Str<'a>, IgnoredAny>,
}

/// Name and version of a client or server, as it gives them.
#[derive(Default, Deserialize)]
pub struct Implementation<'a> {
    #[serde(borrow, default)]
    pub name: Option<Str<'a>>,
    #[serde(borrow, default)]
    pub version: Option<Str<'a>>,
}

#[derive(Default, Deserialize)]
pub struct Meta<'a> {
    #[serde(
        borrow,
        default,
        rename = "io.modelcontextprotocol/serverInfo",
        deserialize_with = "lenient"
    )]
    pub server_info: Option<Implementation<'a>>,
    #[serde(
        borrow,
        default,
        rename = "io.modelcontextprotocol/clientInfo",
        deserialize_with = "lenient"
    )]
    pub client_info: Option<Implementation<'a>>,
    #[serde(
        borrow,
        default,
        rename = "io.modelcontextprotocol/protocolVersion",
        deserialize_with = "lenient"
    )]
    pub protocol_version: Option<Str<'a>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub traceparent: Option<Str<'a>>,
}

/// The union of all results. Which one it is shows in what it holds.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer<'a> {
    #[serde(borrow, default, rename = "_meta", deserialize_with = "lenient")]
    pub meta: Meta<'a>,
    /// Lists, of which one is a page.
    #[serde(borrow, default)]
    pub tools: Option<Vec<&'a RawValue>>,
    #[serde(borrow, default)]
    pub prompts: Option<Vec<&'a RawValue>>,
    #[serde(borrow, default)]
    pub resources: Option<Vec<&'a RawValue>>,
    #[serde(borrow, default)]
    pub resource_templates: Option<Vec<&'a RawValue>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub next_cursor: Option<Str<'a>>,
    #[serde(default, deserialize_with = "lenient")]
    pub ttl_ms: Option<i64>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub cache_scope: Option<Str<'a>>,
    /// `complete`, or `input_required` when the request must be sent again with more.
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub result_type: Option<Str<'a>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub input_requests: BTreeMap<Str<'a>, InputRequest<'a>>,
    /// Of `initialize` and `server/discover`.
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub server_info: Option<Implementation<'a>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub protocol_version: Option<Str<'a>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub supported_versions: Option<Vec<Str<'a>>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub capabilities: Option<BTreeMap<Str<'a>, IgnoredAny>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub instructions: Option<Str<'a>>,
    /// Of `tools/call`; of `elicitation/create` and `sampling/createMessage` it is what a person or
    /// model said.
    #[serde(borrow, default)]
    pub content: Option<&'a RawValue>,
    #[serde(default, deserialize_with = "lenient")]
    pub is_error: Option<bool>,
    /// Of `elicitation/create`: `accept`, `decline` or `cancel`.
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub action: Option<Str<'a>>,
    /// Of `sampling/createMessage`.
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub role: Option<Str<'a>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub model: Option<Str<'a>>,
    /// Of `roots/list`.
    #[serde(default, deserialize_with = "lenient")]
    pub roots: Option<Vec<IgnoredAny>>,
}

#[derive(Deserialize)]
pub struct InputRequest<'a> {
    #[serde(borrow)]
    pub method: Str<'a>,
}

impl Answer<'_> {
    /// The server's own name: in the result of `initialize`, and beside every result since 2026-07-28.
    pub fn server(&self) -> Option<&str> {
        let info = self.meta.server_info.as_ref().or(self.server_info.as_ref())?;
        info.name.as_deref().filter(|name| !name.is_empty())
    }

    /// Whether it describes the server.
    pub fn is_of_server(&self) -> bool {
        self.capabilities.is_some()
            && (self.supported_versions.is_some() || self.protocol_version.is_some())
    }

    /// Who answers so.
    pub fn sender(&self) -> Peer {
        let by_client = self.role.is_some() || self.action.is_some() || self.roots.is_some();
        if by_client { Peer::Client } else { Peer::Server }
    }
}
