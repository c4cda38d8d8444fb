//! The tools that a model was given for a call: the catalog as it really was at that moment.
//!
//! Each vocabulary spells a tool in its own way; here all become the object that MCP advertises, so
//! that the digests are those of the same tool in a pin or in `tools/list`.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::Attributes;
use crate::domain::configured::ToolDefinition;
use crate::ingest::json::Str;
use crate::ingest::tool_definition::tool_definition;

/// Attributes that hold a list of definitions or names.
const LISTS: &[&str] = &[
    "gen_ai.tool.definitions",
    "gen_ai.request.tools",
    "ai.prompt.tools",
    "gen_ai.agent.tools",
    "smolagents.tools_names",
];
/// Pydantic AI's settings of a request.
const SETTINGS: &str = "model_request_parameters";
/// Flattened lists: `PREFIX<index>SUFFIX`, each the whole definition.
const FLATTENED: (&str, &str) = ("llm.tools.", ".tool.json_schema");
/// Flattened lists with a key for each part: `PREFIX<index>.name`, `.description`, `.parameters`.
const FUNCTIONS: &str = "llm.request.functions.";
/// More tools than this of one call are not listed.
const MOST: usize = 512;

/// The definitions, in the order in which they were given.
pub fn tools(attributes: &Attributes<'_>) -> Vec<ToolDefinition> {
    let mut tools = Vec::new();
    if let Some(list) = LISTS.iter().find_map(|key| attributes.content(&[key])) {
        from_list(&list, &mut tools);
    }
    if let Some(settings) = attributes.content(&[SETTINGS])
        && let Ok(settings) = serde_json::from_str::<Settings<'_>>(&settings)
    {
        let lists = [settings.function_tools, settings.output_tools];
        lists.into_iter().flatten().for_each(|list| from_list(list.get(), &mut tools));
    }
    let (prefix, suffix) = FLATTENED;
    for attribute in attributes.0.iter().filter(|attribute| attribute.key.starts_with(prefix)) {
        if attribute.key.ends_with(suffix) {
            tools.extend(attribute.value.content().and_then(|json| definition(&json)));
        }
    }
    for attribute in attributes.0.iter().filter(|attribute| attribute.key.starts_with(FUNCTIONS)) {
        if let Some(stem) = attribute.key.strip_suffix(".name") {
            tools.extend(function(attributes, stem));
        }
    }
    tools.truncate(MOST);
    tools
}

#[derive(Deserialize)]
struct Settings<'a> {
    #[serde(borrow, default)]
    function_tools: Option<&'a RawValue>,
    #[serde(borrow, default)]
    output_tools: Option<&'a RawValue>,
}

fn from_list(json: &str, tools: &mut Vec<ToolDefinition>) {
    let items: Vec<&RawValue> = serde_json::from_str(json).unwrap_or_default();
    tools.extend(items.iter().take(MOST).filter_map(|item| definition(item.get())));
}

/// From an object, a string that holds one, or a bare name.
fn definition(json: &str) -> Option<ToolDefinition> {
    let object = match serde_json::from_str::<Str<'_>>(json) {
        Ok(text) if text.trim_start().starts_with('{') => text.0.into_owned(),
        Ok(name) => return tool_definition(&serde_json::json!({ "name": *name }).to_string()),
        Err(_) => json.to_owned(),
    };
    let outer: Offered<'_> = serde_json::from_str(&object).ok()?;
    let offered = match outer.function {
        Some(inner) => serde_json::from_str(inner.get()).ok()?,
        None => outer,
    };
    let raw = |value: Option<&RawValue>| {
        value.and_then(|raw| serde_json::from_str::<serde_json::Value>(raw.get()).ok())
    };
    as_advertised(raw(offered.name), raw(offered.description), raw(offered.schema()))
}

/// A tool as vocabularies write it: bare, or as OpenAI does under `function`.
#[derive(Deserialize)]
struct Offered<'a> {
    #[serde(borrow, default)]
    name: Option<&'a RawValue>,
    #[serde(borrow, default)]
    description: Option<&'a RawValue>,
    #[serde(borrow, default)]
    parameters: Option<&'a RawValue>,
    #[serde(borrow, default)]
    input_schema: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "inputSchema")]
    input_schema_of_mcp: Option<&'a RawValue>,
    #[serde(borrow, default)]
    parameters_json_schema: Option<&'a RawValue>,
    #[serde(borrow, default)]
    function: Option<&'a RawValue>,
}

impl<'a> Offered<'a> {
    fn schema(&self) -> Option<&'a RawValue> {
        let schema = self.parameters.or(self.input_schema).or(self.input_schema_of_mcp);
        schema.or(self.parameters_json_schema)
    }
}

fn function(attributes: &Attributes<'_>, stem: &str) -> Option<ToolDefinition> {
    let part = |name: &str| attributes.content(&[&format!("{stem}.{name}")]);
    let schema = part("parameters").and_then(|json| serde_json::from_str(&json).ok());
    let text = |name| part(name).map(|text| text.into_owned().into());
    as_advertised(text("name"), text("description"), schema)
}

fn as_advertised(
    name: Option<serde_json::Value>,
    description: Option<serde_json::Value>,
    schema: Option<serde_json::Value>,
) -> Option<ToolDefinition> {
    let parts = [("name", name), ("description", description), ("inputSchema", schema)];
    let advertised: serde_json::Map<String, serde_json::Value> = parts
        .into_iter()
        .filter_map(|(key, part)| Some((key.to_owned(), part.filter(|part| !part.is_null())?)))
        .collect();
    tool_definition(&serde_json::Value::from(advertised).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Name and whether the digest is that of the tool as a server would advertise it.
    #[track_caller]
    fn check(attributes: &str, expected: &[(&str, bool)]) {
        let raw = serde_json::from_str(attributes).expect("JSON");
        let advertised = tool_definition(
            r#"{"name":"read","description":"Reads.","inputSchema":{"type":"object"}}"#,
        )
        .expect("a tool");
        let found = tools(&Attributes::from_plain(raw).expect("attributes"));
        let found: Vec<_> =
            found.iter().map(|tool| (tool.name.raw(), tool.digest == advertised.digest)).collect();
        assert_eq!(found, expected, "{attributes}");
    }

    #[test]
    fn every_spelling_of_a_tool_is_the_same_tool() {
        const BARE: &str =
            r#"{"name":"read","description":"Reads.","parameters":{"type":"object"}}"#;
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        let wrapped = format!(r#"{{"type":"function","function":{BARE}}}"#);
        let mcp = BARE.replace("parameters", "inputSchema");
        let anthropic = BARE.replace("parameters", "input_schema");
        let read = &[("read", true)];
        for tool in [BARE, &wrapped, &mcp, &anthropic] {
            let list = format!("[{tool}]");
            check(&format!(r#"{{"gen_ai.tool.definitions":{}}}"#, quoted(&list)), read);
            check(&format!(r#"{{"gen_ai.tool.definitions":{list}}}"#), read);
            check(&format!(r#"{{"ai.prompt.tools":[{}]}}"#, quoted(tool)), read);
            check(&format!(r#"{{"llm.tools.0.tool.json_schema":{}}}"#, quoted(tool)), read);
        }
        let pydantic = BARE.replace("parameters", "parameters_json_schema");
        check(
            &format!(r#"{{"model_request_parameters":{{"function_tools":[{pydantic}]}}}}"#),
            read,
        );
        check(
            r#"{"llm.request.functions.0.name":"read","llm.request.functions.0.description":"Reads.","llm.request.functions.0.parameters":"{\"type\":\"object\"}"}"#,
            read,
        );
    }

    #[test]
    fn names_alone_and_what_is_no_tool() {
        check(
            r#"{"gen_ai.agent.tools":"[\"read\",\"write\"]"}"#,
            &[("read", false), ("write", false)],
        );
        check(r#"{"gen_ai.tool.definitions":"[5,{},null,{\"name\":null}]"}"#, &[]);
        check(r#"{"gen_ai.tool.definitions":"none"}"#, &[]);
        check("{}", &[]);
    }
}
