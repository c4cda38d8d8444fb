//! One published server → its record, and what its publisher declares of tools and permissions.

use jiff::Timestamp;

use super::wire::{Argument, Meta, Package, Remote, Server, Variable};
use crate::domain::configured::{
    Configured, Provisioning, PublishedServer, ServerPackage, ServerRemote, ServerVariable,
    SourceRepository,
};
use crate::domain::{Location, ProblemKind, Record, Text};
use crate::ingest::configured::{mcp_package, toolhive_files};
use crate::ingest::json::Str;
use crate::ingest::mask::Masker;
use crate::ingest::{Document, Sink};

pub fn emit(
    server: Server<'_>,
    around: Meta<'_>,
    registry: &str,
    document: &Document<'_>,
    at: &Location,
    sink: &mut dyn Sink,
) {
    if server.name.is_empty() {
        let message = "the server has no name";
        return sink.problem(document.problem_at(at.clone(), ProblemKind::MissingField, message));
    }
    let official = around.official.or(server.meta.official).unwrap_or_default();
    let detail = server.version_detail.unwrap_or_default();
    let published = time(official.published_at).or(time(detail.release_date));
    let seen = time(official.updated_at).or(published);
    let masker = document.masker();
    let mut body = PublishedServer {
        registry: registry.into(),
        server: server.name,
        version: server.version.or(detail.version),
        status: official.status.or(server.status),
        repository: server
            .repository
            .filter(|repository| !repository.url.is_empty())
            .map(|repository| SourceRepository { url: Text::new(&*repository.url), commit: None }),
        packages: server.packages.iter().map(|package| self::package(package, masker)).collect(),
        remotes: server.remotes.into_iter().map(|remote| self::remote(remote, masker)).collect(),
        ..PublishedServer::default()
    };
    let record = |body: Configured| Record {
        at: seen,
        provisioning: Provisioning { granted_at: published, ..Provisioning::default() },
        ..document.record(at.clone(), body)
    };
    for extension in around.publisher.or(server.meta.publisher).into_iter().flatten() {
        let (publisher, json) = extension;
        if *publisher == *toolhive_files::PUBLISHER {
            let declared = toolhive_files::extension(json.get(), &mut body, document, at, sink);
            declared.into_iter().for_each(|body| sink.record(record(body)));
        }
    }
    sink.record(record(Configured::PublishedServer(body)));
}

fn time(written: Option<Str<'_>>) -> Option<Timestamp> {
    written?.parse().ok()
}

fn package(package: &Package<'_>, masker: &Masker) -> ServerPackage {
    let kind = package.kind.clone().unwrap_or_else(|| "unknown".into());
    let version = package.version.as_deref().filter(|version| !version.is_empty());
    let is_image = ["oci", "docker"].iter().any(|image| kind == *image);
    let in_image = || is_image && mcp_package::is_image_pinned(&package.identifier);
    let written: Vec<Str<'_>> = package
        .runtime_arguments
        .iter()
        .chain(&package.package_arguments)
        .flat_map(words)
        .collect();
    let words = written.iter().flat_map(|words| words.split_whitespace());
    let arguments = package.runtime_hint.as_deref().into_iter().chain(words);
    let command = masker.command_line(arguments);
    ServerPackage {
        pinned: package.sha256.is_some()
            || version.is_some_and(mcp_package::is_exact)
            || in_image(),
        kind,
        identifier: Text::new(&*package.identifier),
        version: version.map(Text::from),
        sha256: package.sha256.clone(),
        transport: package.transport.as_ref().map(|transport| transport.kind.clone()),
        arguments: (!command.is_empty()).then(|| command.into()),
        variables: package.environment_variables.iter().map(variable).collect(),
    }
}

/// Name and value. The oldest registry wrote the name into both.
fn words<'a>(argument: &Argument<'a>) -> Vec<Str<'a>> {
    let value = argument.value.clone().or(argument.value_hint.clone());
    match (argument.name.clone(), value) {
        (Some(name), Some(value)) if value.starts_with(&*name) => vec![value],
        (name, value) => name.into_iter().chain(value).collect(),
    }
}

fn remote(remote: Remote<'_>, masker: &Masker) -> ServerRemote {
    ServerRemote {
        transport: remote.transport.unwrap_or_else(|| "streamable-http".into()),
        url: masker.address(&remote.url).into(),
        headers: remote.headers.iter().map(variable).collect(),
    }
}

fn variable(variable: &Variable) -> ServerVariable {
    ServerVariable {
        name: variable.name.clone(),
        secret: variable.secret == Some(true),
        required: variable.required == Some(true),
    }
}
