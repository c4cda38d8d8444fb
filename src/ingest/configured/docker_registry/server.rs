//! `server.yaml`: image or address, secrets, variables, volumes and hosts of one server.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::{DOCKER, tools};
use crate::domain::configured::{
    Configured, DeclaredCatalog, NetworkReach, PublishedServer, ServerOAuth, ServerPackage,
    ServerPermissions, ServerRemote, ServerVariable, SourceRepository,
};
use crate::domain::{Discipline, Text};
use crate::ingest::configured::mcp_package;
use crate::ingest::json::{Str, lenient, nullable};
use crate::ingest::mask::Masker;
use crate::ingest::{Document, Format, Shape, Side, Sink};

pub const FORMAT: Format = Format {
    id: "docker-mcp-server",
    title: "Docker MCP registry: server.yaml",
    side: Side::Configured,
    says: &[
        (Discipline::Model, "published servers, their images and sources"),
        (Discipline::Behavior, "hosts that a server may reach, volumes that it is given"),
        (Discipline::Identity, "secrets that a server asks for"),
    ],
    coverage: "what was published under a name; whether anybody runs it stands elsewhere",
    recognises,
    read,
};

fn recognises(shape: &Shape<'_>) -> bool {
    let is_run = shape.has("image") || shape.has("remote") || shape.has("tools");
    is_run && ["name", "type", "meta", "about"].iter().all(|key| shape.has(key))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Server<'a> {
    name: Text,
    #[serde(borrow, default)]
    image: Option<Str<'a>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    source: Option<Source<'a>>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    remote: Option<Remote<'a>>,
    #[serde(default, deserialize_with = "nullable")]
    oauth: Vec<OAuth>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    run: Run<'a>,
    #[serde(default, deserialize_with = "nullable")]
    config: Config,
    #[serde(default, deserialize_with = "lenient")]
    dynamic: Option<Dynamic>,
    /// Of the type `poci`: each tool is a container of its own.
    #[serde(borrow, default, deserialize_with = "nullable")]
    tools: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Source<'a> {
    #[serde(borrow)]
    project: Str<'a>,
    #[serde(default)]
    commit: Option<Text>,
}

#[derive(Deserialize)]
struct Remote<'a> {
    #[serde(default)]
    transport_type: Option<Text>,
    #[serde(borrow)]
    url: Str<'a>,
    #[serde(default, deserialize_with = "nullable")]
    headers: BTreeMap<Text, IgnoredAny>,
}

#[derive(Deserialize)]
struct OAuth {
    provider: Text,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Run<'a> {
    #[serde(borrow, default, deserialize_with = "nullable")]
    command: Vec<Str<'a>>,
    #[serde(default, deserialize_with = "nullable")]
    env: BTreeMap<Text, IgnoredAny>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    volumes: Vec<Str<'a>>,
    #[serde(default)]
    allow_hosts: Option<Vec<Text>>,
    #[serde(default, deserialize_with = "nullable")]
    disable_network: bool,
}

#[derive(Default, Deserialize)]
struct Config {
    #[serde(default, deserialize_with = "nullable")]
    secrets: Vec<Secret>,
    #[serde(default, deserialize_with = "nullable")]
    env: Vec<Variable>,
    #[serde(default, deserialize_with = "nullable")]
    volumes: Vec<Text>,
}

#[derive(Deserialize)]
struct Secret {
    name: Text,
    #[serde(default)]
    env: Option<Text>,
    #[serde(default)]
    required: Option<bool>,
}

#[derive(Deserialize)]
struct Variable {
    name: Text,
    /// Where the name is one of the registry's own, as for secrets.
    #[serde(default)]
    env: Option<Text>,
    #[serde(default)]
    required: Option<bool>,
}

#[derive(Deserialize)]
struct Dynamic {
    #[serde(default)]
    tools: bool,
}

/// A tool that is a container of its own.
#[derive(Deserialize)]
struct ContainerTool<'a> {
    #[serde(borrow)]
    container: Container<'a>,
}

#[derive(Deserialize)]
struct Container<'a> {
    #[serde(borrow)]
    image: Str<'a>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    volumes: Vec<Str<'a>>,
}

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(server) = document.parse::<Server<'_>>(sink) else { return };
    let catalog = DeclaredCatalog {
        server: server.name.clone(),
        tools: server.tools.iter().filter_map(|json| tools::definition(json.get())).collect(),
        registry: Some(DOCKER.into()),
        ..DeclaredCatalog::default()
    };
    let containers: Vec<Container<'_>> = server
        .tools
        .iter()
        .filter_map(|json| serde_json::from_str::<ContainerTool<'_>>(json.get()).ok())
        .map(|tool| tool.container)
        .collect();
    let permissions = server.permissions(&containers);
    let published = server.published(&containers, document.masker());
    let catalog = (!catalog.tools.is_empty()).then_some(Configured::DeclaredCatalog(catalog));
    let bodies = catalog.into_iter().chain([
        Configured::ServerPermissions(permissions),
        Configured::PublishedServer(published),
    ]);
    bodies.for_each(|body| sink.record(document.record(document.at.clone(), body)));
}

impl Server<'_> {
    /// Without `allowHosts` nothing limits where the server connects to.
    fn permissions(&self, containers: &[Container<'_>]) -> ServerPermissions {
        let hosts = match self.run.disable_network {
            true => Some(Vec::new()),
            false => self.run.allow_hosts.clone(),
        };
        let volumes = self.run.volumes.iter().map(|volume| &**volume);
        let volumes = volumes.chain(self.config.volumes.iter().map(Text::raw));
        let of_tools = containers.iter().flat_map(|container| &container.volumes);
        let is_read_only = |volume: &&str| volume.ends_with(":ro");
        let (reads, writes): (Vec<&str>, Vec<&str>) =
            volumes.chain(of_tools.map(|volume| &**volume)).partition(is_read_only);
        ServerPermissions {
            server: self.name.clone(),
            declared_by: DOCKER.into(),
            network: hosts.map(|hosts| NetworkReach::Limited { hosts, ports: Vec::new() }),
            reads: reads.into_iter().map(Text::from).collect(),
            writes: writes.into_iter().map(Text::from).collect(),
            secrets: self.config.secrets.iter().map(|secret| secret.name.clone()).collect(),
            privileged: false,
        }
    }

    fn published(self, containers: &[Container<'_>], masker: &Masker) -> PublishedServer {
        let command = masker.command_line(self.run.command.iter().map(|word| &**word));
        let secret = |secret: &Secret| ServerVariable {
            name: secret.env.clone().unwrap_or_else(|| secret.name.clone()),
            secret: true,
            required: secret.required == Some(true),
        };
        let variable = |variable: &Variable| ServerVariable {
            name: variable.env.clone().unwrap_or_else(|| variable.name.clone()),
            secret: false,
            required: variable.required == Some(true),
        };
        let fixed = |name: &Text| ServerVariable { name: name.clone(), ..Default::default() };
        let variables = (self.config.secrets.iter().map(secret))
            .chain(self.config.env.iter().map(variable))
            .chain(self.run.env.keys().map(fixed));
        let image = |image: &Str<'_>| ServerPackage {
            kind: "oci".into(),
            identifier: Text::new(&**image),
            pinned: mcp_package::is_image_pinned(image),
            ..ServerPackage::default()
        };
        let own = self.image.as_ref().map(|own| ServerPackage {
            transport: Some("stdio".into()),
            arguments: (!command.is_empty()).then(|| command.into()),
            variables: variables.collect(),
            ..image(own)
        });
        PublishedServer {
            registry: DOCKER.into(),
            server: self.name,
            repository: self.source.map(|source| SourceRepository {
                url: Text::new(&*source.project),
                commit: source.commit,
            }),
            packages: own
                .into_iter()
                .chain(containers.iter().map(|container| image(&container.image)))
                .collect(),
            remotes: self.remote.map(|remote| remote.published(masker)).into_iter().collect(),
            oauth: self
                .oauth
                .into_iter()
                .map(|oauth| ServerOAuth { issuer: oauth.provider, scopes: Vec::new() })
                .collect(),
            dynamic_tools: self.dynamic.is_some_and(|dynamic| dynamic.tools),
            ..PublishedServer::default()
        }
    }
}

impl Remote<'_> {
    fn published(self, masker: &Masker) -> ServerRemote {
        let header = |name: Text| ServerVariable { name, secret: true, required: true };
        ServerRemote {
            transport: self.transport_type.unwrap_or_else(|| "streamable-http".into()),
            url: masker.address(&self.url).into(),
            headers: self.headers.into_keys().map(header).collect(),
        }
    }
}
