//! Messages as they are written. One envelope covers all the shapes, since their keys are disjoint.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::ingest::json::{Integer, Str};

#[derive(Deserialize)]
pub struct Envelope<'a> {
    /// Frame log: when, and the message.
    #[serde(borrow)]
    ts: Option<&'a RawValue>,
    #[serde(borrow)]
    pub frame: Option<Message<'a>>,
    /// Capture of a catalog.
    #[serde(borrow, rename = "capturedAt")]
    captured_at: Option<&'a RawValue>,
    #[serde(borrow)]
    pub server: Option<Str<'a>>,
    #[serde(borrow)]
    pub principal: Option<Str<'a>>,
    /// Bare result.
    #[serde(borrow)]
    pub tools: Option<Vec<&'a RawValue>>,
    #[serde(borrow, rename = "nextCursor")]
    pub next_cursor: Option<&'a RawValue>,
    #[serde(borrow, rename = "_meta")]
    pub meta: Option<Meta<'a>>,
    /// Bare JSON-RPC message.
    #[serde(borrow)]
    pub id: Option<&'a RawValue>,
    #[serde(borrow)]
    pub method: Option<Str<'a>>,
    #[serde(borrow)]
    pub params: Option<&'a RawValue>,
    #[serde(borrow)]
    pub result: Option<&'a RawValue>,
    #[serde(borrow)]
    pub error: Option<RpcError<'a>>,
}

impl Envelope<'_> {
    pub fn time(&self) -> Option<Timestamp> {
        let raw = self.ts.or(self.captured_at)?.get();
        match serde_json::from_str::<Integer>(raw) {
            Ok(Integer(count)) => from_count(count),
            Err(_) => serde_json::from_str(raw).ok(),
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

#[derive(Deserialize)]
pub struct Message<'a> {
    #[serde(borrow)]
    pub id: Option<&'a RawValue>,
    #[serde(borrow)]
    pub method: Option<Str<'a>>,
    #[serde(borrow)]
    pub params: Option<&'a RawValue>,
    #[serde(borrow)]
    pub result: Option<&'a RawValue>,
    #[serde(borrow)]
    pub error: Option<RpcError<'a>>,
}

impl<'a> Message<'a> {
    /// The result, when it is a page of a tool catalog.
    pub fn tools_result(&self) -> Option<ToolsResult<'a>> {
        let result: ToolsResult<'a> = serde_json::from_str(self.result?.get()).ok()?;
        result.tools.is_some().then_some(result)
    }
}

#[derive(Deserialize)]
pub struct RpcError<'a> {
    #[serde(borrow)]
    pub message: Option<Str<'a>>,
}

#[derive(Deserialize)]
pub struct ToolsResult<'a> {
    #[serde(borrow)]
    pub tools: Option<Vec<&'a RawValue>>,
    #[serde(borrow, rename = "nextCursor")]
    pub next_cursor: Option<&'a RawValue>,
    #[serde(borrow, rename = "_meta")]
    pub meta: Option<Meta<'a>>,
}

#[derive(Deserialize)]
pub struct Meta<'a> {
    #[serde(borrow, rename = "io.modelcontextprotocol/serverInfo")]
    server: Option<ServerInfo<'a>>,
    #[serde(borrow)]
    pub traceparent: Option<Str<'a>>,
}

#[derive(Deserialize)]
pub struct ServerInfo<'a> {
    #[serde(borrow)]
    pub name: Option<Str<'a>>,
}

impl Meta<'_> {
    pub fn server(&self) -> Option<&str> {
        self.server.as_ref()?.name.as_deref().filter(|name| !name.is_empty())
    }
}

/// Of the params of a `tools/call` request.
#[derive(Deserialize)]
pub struct CallParameters<'a> {
    #[serde(borrow)]
    pub name: Option<Str<'a>>,
    #[serde(borrow)]
    pub arguments: Option<&'a RawValue>,
    #[serde(borrow, rename = "_meta")]
    pub meta: Option<Meta<'a>>,
    /// Of the params of `resources/read`.
    #[serde(borrow)]
    pub uri: Option<Str<'a>>,
}

/// Of any result.
#[derive(Deserialize)]
pub struct AnyResult<'a> {
    #[serde(borrow)]
    pub content: Option<&'a RawValue>,
    #[serde(rename = "isError")]
    pub is_error: Option<bool>,
    #[serde(borrow, rename = "_meta")]
    pub meta: Option<Meta<'a>>,
    /// Of the result of `initialize`.
    #[serde(borrow, rename = "serverInfo")]
    pub server: Option<ServerInfo<'a>>,
}
