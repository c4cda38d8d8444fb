//! The configuration file as it is written.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::backends::{Backend, McpTarget};
use super::policies::Policies;
use crate::domain::Text;
use crate::ingest::json::nullable;

/// As much of the file as it is recognised by.
#[derive(Deserialize)]
pub struct Probe<'a> {
    #[serde(borrow, default)]
    pub binds: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub gateways: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub mcp: Option<ProbeMcp<'a>>,
    #[serde(borrow, default)]
    pub llm: Option<ProbeLlm<'a>>,
}

#[derive(Deserialize)]
pub struct ProbeMcp<'a> {
    #[serde(borrow, default)]
    pub targets: Option<&'a RawValue>,
}

#[derive(Deserialize)]
pub struct ProbeLlm<'a> {
    #[serde(borrow, default)]
    pub models: Option<&'a RawValue>,
}

/// Parts are kept as text: one that is malformed does not cost the others.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct File<'a> {
    #[serde(borrow, default, deserialize_with = "nullable")]
    pub binds: Vec<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    pub gateways: BTreeMap<String, &'a RawValue>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    pub routes: Vec<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    pub tcp_routes: Vec<&'a RawValue>,
    #[serde(borrow, default)]
    pub frontend_policies: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub mcp: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub llm: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub ui: Option<&'a RawValue>,
}

/// A port, with its listeners; a gateway of the newer form is the same under a name.
#[derive(Deserialize)]
pub struct Bind<'a> {
    #[serde(default)]
    pub port: Value,
    #[serde(borrow, default, deserialize_with = "nullable")]
    pub listeners: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Listener<'a> {
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default)]
    pub hostname: Option<Text>,
    #[serde(default, deserialize_with = "nullable")]
    pub policies: Policies,
    #[serde(borrow, default, deserialize_with = "nullable")]
    pub routes: Vec<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    pub tcp_routes: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
pub struct Route {
    #[serde(default)]
    pub name: Option<String>,
    /// Of a route on its own: the gateways, with their listeners, on which it lies.
    #[serde(default)]
    pub gateways: Option<Gateways>,
    #[serde(default, deserialize_with = "nullable")]
    pub hostnames: Vec<Text>,
    #[serde(default, deserialize_with = "nullable")]
    pub matches: Vec<Value>,
    #[serde(default, deserialize_with = "nullable")]
    pub policies: Policies,
    #[serde(default, deserialize_with = "nullable")]
    pub backends: Vec<Backend>,
}

#[derive(Deserialize)]
#[serde(untagged)]
pub enum Gateways {
    One(Text),
    Many(Vec<Text>),
}

impl From<Gateways> for Vec<Text> {
    fn from(gateways: Gateways) -> Self {
        match gateways {
            Gateways::One(gateway) => vec![gateway],
            Gateways::Many(gateways) => gateways,
        }
    }
}

/// The short form for MCP; those for models and for the pages of the gateway itself are like it.
#[derive(Deserialize)]
pub struct Short {
    #[serde(default)]
    pub gateways: Option<Gateways>,
    #[serde(default, deserialize_with = "nullable")]
    pub policies: Policies,
    #[serde(default, deserialize_with = "nullable")]
    pub targets: Vec<McpTarget>,
    #[serde(default, deserialize_with = "nullable")]
    pub models: Vec<Model>,
}

#[derive(Deserialize)]
pub struct Model {
    pub name: Text,
    #[serde(default)]
    pub provider: Value,
    #[serde(default)]
    pub params: Value,
    #[serde(default, deserialize_with = "nullable")]
    pub policies: Policies,
}
