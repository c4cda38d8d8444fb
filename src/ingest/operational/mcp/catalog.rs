//! What a server advertises → one event per tool, and one on the server for each of its other
//! statements: its instructions and capabilities, its prompts, its resources.
//!
//! A statement on the server has no action, since nothing of it can be called by name; `target_kind`
//! is its digest and `params.part` says what it is.

use jiff::Timestamp;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::wire::Answer;
use super::{ID, Sighting};
use crate::domain::configured::ToolDefinition;
use crate::domain::{Event, EventId, EventKind, Outcome, ProblemKind, Text, digest_of};
use crate::ingest::json::Str;
use crate::ingest::tool_definition::{sha256, tool_definition};
use crate::ingest::{Document, Sink};

/// Prompts and resources of one list that are named in its event; of more only the number is.
const NAMED: usize = 200;

/// Whether a result is a list of what a server has. Its items are objects; of resources, which are
/// listed everywhere, each has an address.
pub fn is_list(answer: &Answer<'_>) -> bool {
    let are_objects = |items: &[&RawValue]| items.iter().all(|item| item.get().starts_with('{'));
    let all_say =
        |items: &[&RawValue], key: &str| items.iter().all(|item| item.get().contains(key));
    let lists = [
        (&answer.tools, ""),
        (&answer.prompts, "\"name\""),
        (&answer.resources, "\"uri\""),
        (&answer.resource_templates, "\"uriTemplate\""),
    ];
    lists
        .iter()
        .filter_map(|(items, key)| Some((items.as_deref()?, key)))
        .any(|(items, key)| are_objects(items) && all_say(items, key))
}

/// Whether a result says what the server is or has.
pub fn describes(answer: &Answer<'_>) -> bool {
    is_list(answer) || answer.is_of_server()
}

pub fn emit(
    answer: &Answer<'_>,
    sighting: &Sighting,
    document: &Document<'_>,
    sink: &mut dyn Sink,
) {
    if let Some(advertised) = &answer.tools {
        tools(advertised, answer, sighting, document, sink);
    }
    let lists = [
        ("prompts", &answer.prompts),
        ("resources", &answer.resources),
        ("resource-templates", &answer.resource_templates),
    ];
    for (part, items) in lists {
        if let Some(items) = items {
            let params = json!({ "part": part, "count": items.len(), "items": named(items) });
            let values: Vec<Value> =
                items.iter().filter_map(|item| serde_json::from_str(item.get()).ok()).collect();
            let digest = sha256(&values);
            statement(part, Some(digest), params, answer, sighting, document, sink);
        }
    }
    if answer.is_of_server() {
        let digest = answer.instructions.as_ref().map(|text| sha256(&text.0));
        let info = answer.meta.server_info.as_ref().or(answer.server_info.as_ref());
        let words =
            |words: &[Str<'_>]| words.iter().map(|word| word.to_string()).collect::<Value>();
        let capabilities = answer.capabilities.iter().flat_map(|has| has.keys());
        let params = json!({
            "part": "server",
            "version": info.and_then(|info| info.version.as_deref()),
            "protocolVersion": answer.protocol_version.as_deref(),
            "supportedVersions": answer.supported_versions.as_deref().map(words),
            "capabilities": capabilities.map(|name| name.to_string()).collect::<Value>(),
        });
        statement("server", digest, params, answer, sighting, document, sink);
    }
}

/// What prompts and resources are called, with the digest of what is said of each.
fn named(items: &[&RawValue]) -> Value {
    let item = |item: &&RawValue| {
        let value: Value = serde_json::from_str(item.get()).ok()?;
        let name =
            ["uri", "uriTemplate", "name"].iter().find_map(|key| value.get(key)?.as_str())?;
        Some(json!({ "name": name, "digest": sha256(&value) }))
    };
    items.iter().take(NAMED).filter_map(item).collect()
}

/// One event on the server itself.
fn statement(
    part: &str,
    digest: Option<Text>,
    params: Value,
    answer: &Answer<'_>,
    sighting: &Sighting,
    document: &Document<'_>,
    sink: &mut dyn Sink,
) {
    let key = [part, digest.as_ref().map_or("", Text::raw)];
    let mut event = event(key, sighting, document, sink);
    event.target_kind = digest;
    event.params = Some(with_freshness(params, answer, sighting));
    sink.event(event);
}

fn tools(
    advertised: &[&RawValue],
    answer: &Answer<'_>,
    sighting: &Sighting,
    document: &Document<'_>,
    sink: &mut dyn Sink,
) {
    let tools: Vec<ToolDefinition> =
        advertised.iter().filter_map(|raw| tool_definition(raw.get())).collect();
    if tools.len() < advertised.len() {
        let unnamed = advertised.len() - tools.len();
        let message = format!("{unnamed} advertised tools that are no object with a name");
        sink.problem(document.problem(ProblemKind::Malformed, message));
    }
    if advertised.is_empty() {
        let params = json!({ "part": "tools", "count": 0 });
        return statement("tools", None, params, answer, sighting, document, sink);
    }
    let catalog = catalog_digest(&tools);
    for tool in &tools {
        let mut event = event([tool.name.raw(), tool.digest.raw()], sighting, document, sink);
        event.action = Some(sink.intern(tool.name.raw()));
        event.target_kind = Some(tool.digest.clone());
        let params = json!({
            "schema_digest": tool.schema_digest,
            "parts": tool.parts,
            "outline": tool.outline,
            "catalog": catalog,
            "tools": tools.len(),
            "title": tool.title,
            "readOnlyHint": tool.read_only,
            "destructiveHint": tool.destructive,
            "idempotentHint": tool.idempotent,
            "openWorldHint": tool.open_world,
        });
        event.params = Some(with_freshness(params, answer, sighting));
        sink.event(event);
    }
}

/// Over all (name, digest) pairs in order, so that the order of advertisement does not matter.
fn catalog_digest(tools: &[ToolDefinition]) -> String {
    let mut pairs: Vec<_> = tools.iter().map(|tool| (&tool.name, &tool.digest)).collect();
    pairs.sort();
    digest_of(&pairs).to_string()
}

/// Until when and for whom the statement holds, and whether it goes on; what is not said is left out.
fn with_freshness(mut params: Value, answer: &Answer<'_>, sighting: &Sighting) -> Text {
    if let Value::Object(members) = &mut params {
        let freshness = [
            ("ttlMs", answer.ttl_ms.map(Value::from)),
            ("cacheScope", answer.cache_scope.as_deref().map(Value::from)),
            ("nextCursor", answer.next_cursor.as_deref().map(Value::from)),
            ("undated", sighting.time.is_none().then_some(Value::Bool(true))),
        ];
        members.retain(|_, member| !member.is_null());
        members.extend(
            freshness.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))),
        );
    }
    params.to_string().into()
}

/// `key`: what is advertised, and its digest.
fn event(
    key: [&str; 2],
    sighting: &Sighting,
    document: &Document<'_>,
    sink: &mut dyn Sink,
) -> Event {
    let seen = sighting.time.map_or_else(|| "undated".to_owned(), |time| time.to_string());
    let [what, digest] = key;
    let key = [sighting.server.raw(), what, digest, sighting.label.raw(), &seen];
    let time = sighting.time.unwrap_or(Timestamp::UNIX_EPOCH);
    let source = sink.intern(ID);
    let id = EventId::of(ID, &key);
    let mut event = Event::new(id, time, &source, EventKind::Catalog, document.place());
    event.principal = sighting.principal.clone();
    event.session = Some(sighting.label.clone());
    event.call_id = sighting.call.clone();
    event.target = Some(sighting.server.clone());
    event.outcome = Some(Outcome::Success);
    event
}
