//! `server.json` in the spellings of all its schema dates: snake case with `version_detail` until
//! July 2025, camel case with `registryType` since September 2025.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::domain::Text;
use crate::ingest::json::{Str, lenient, nullable};

#[derive(Deserialize)]
pub struct Server<'a> {
    pub name: Text,
    #[serde(default, deserialize_with = "lenient")]
    pub version: Option<Text>,
    #[serde(default, deserialize_with = "lenient")]
    pub status: Option<Text>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub version_detail: Option<VersionDetail<'a>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub repository: Option<Repository<'a>>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    pub packages: Vec<Package<'a>>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    pub remotes: Vec<Remote<'a>>,
    #[serde(borrow, default, rename = "_meta", deserialize_with = "lenient")]
    pub meta: Meta<'a>,
}

#[derive(Default, Deserialize)]
pub struct VersionDetail<'a> {
    #[serde(default)]
    pub version: Option<Text>,
    #[serde(borrow, default)]
    pub release_date: Option<Str<'a>>,
}

#[derive(Deserialize)]
pub struct Repository<'a> {
    #[serde(borrow)]
    pub url: Str<'a>,
}

#[derive(Deserialize)]
pub struct Package<'a> {
    #[serde(default, alias = "registryType", alias = "registry_type", alias = "registry_name")]
    pub kind: Option<Text>,
    #[serde(borrow, alias = "name")]
    pub identifier: Str<'a>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub version: Option<Str<'a>>,
    #[serde(default, alias = "fileSha256", alias = "file_sha256", deserialize_with = "lenient")]
    pub sha256: Option<Text>,
    #[serde(borrow, default, alias = "runtimeHint", deserialize_with = "lenient")]
    pub runtime_hint: Option<Str<'a>>,
    #[serde(default, deserialize_with = "lenient")]
    pub transport: Option<Transport>,
    #[serde(borrow, default, alias = "runtimeArguments", deserialize_with = "lenient")]
    pub runtime_arguments: Vec<Argument<'a>>,
    #[serde(borrow, default, alias = "packageArguments", deserialize_with = "lenient")]
    pub package_arguments: Vec<Argument<'a>>,
    #[serde(default, alias = "environmentVariables", deserialize_with = "lenient")]
    pub environment_variables: Vec<Variable>,
}

#[derive(Deserialize)]
pub struct Transport {
    #[serde(rename = "type")]
    pub kind: Text,
}

/// A positional argument has a value, a named one a name and perhaps a value.
#[derive(Deserialize)]
pub struct Argument<'a> {
    #[serde(borrow, default)]
    pub name: Option<Str<'a>>,
    #[serde(borrow, default)]
    pub value: Option<Str<'a>>,
    #[serde(borrow, default, alias = "valueHint")]
    pub value_hint: Option<Str<'a>>,
}

/// An environment variable or header; its `value` and `default` are not looked at.
#[derive(Deserialize)]
pub struct Variable {
    pub name: Text,
    #[serde(default, alias = "isSecret", alias = "is_secret")]
    pub secret: Option<bool>,
    #[serde(default, alias = "isRequired", alias = "is_required")]
    pub required: Option<bool>,
}

#[derive(Deserialize)]
pub struct Remote<'a> {
    #[serde(default, rename = "type", alias = "transport_type", alias = "transport")]
    pub transport: Option<Text>,
    #[serde(borrow)]
    pub url: Str<'a>,
    #[serde(default, deserialize_with = "lenient")]
    pub headers: Vec<Variable>,
}

/// Beside the server: what the registry and the publisher say of it.
#[derive(Default, Deserialize)]
pub struct Meta<'a> {
    #[serde(borrow, default, rename = "io.modelcontextprotocol.registry/official")]
    pub official: Option<Official<'a>>,
    /// By publisher, by the package's identifier or the remote's address.
    #[serde(borrow, default, rename = "io.modelcontextprotocol.registry/publisher-provided")]
    pub publisher: Option<BTreeMap<Str<'a>, &'a RawValue>>,
}

#[derive(Default, Deserialize)]
pub struct Official<'a> {
    #[serde(default)]
    pub status: Option<Text>,
    #[serde(borrow, default, alias = "publishedAt")]
    pub published_at: Option<Str<'a>>,
    #[serde(borrow, default, alias = "updatedAt")]
    pub updated_at: Option<Str<'a>>,
}

/// A server with what the registry says of it beside it, as the API answers.
#[derive(Deserialize)]
pub struct Wrapped<'a> {
    #[serde(borrow)]
    pub server: &'a RawValue,
    #[serde(borrow, default, rename = "_meta", deserialize_with = "lenient")]
    pub meta: Meta<'a>,
    /// Until August 2025.
    #[serde(
        borrow,
        default,
        rename = "x-io.modelcontextprotocol.registry",
        deserialize_with = "lenient"
    )]
    pub official: Option<Official<'a>>,
}

/// A list: the API's answer, or ToolHive's file, in which it lies under `data`.
#[derive(Deserialize)]
pub struct Listing<'a> {
    #[serde(borrow, default)]
    pub servers: Option<Vec<&'a RawValue>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub data: Option<Data<'a>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub metadata: Option<Page<'a>>,
}

#[derive(Deserialize)]
pub struct Data<'a> {
    #[serde(borrow)]
    pub servers: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
pub struct Page<'a> {
    #[serde(borrow, default, rename = "nextCursor", alias = "next_cursor")]
    pub next: Option<Str<'a>>,
}
