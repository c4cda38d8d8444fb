//! Models that agents are given by the name of an object.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::super::kubernetes::{Metadata, Scope, record, specified};
use super::PLATFORM;
use crate::domain::Text;
use crate::domain::configured::{Configured, ModelConfiguration, ValueHolder, VariableSource};
use crate::ingest::json::nullable;
use crate::ingest::{Document, Sink};

#[derive(Deserialize)]
struct Object<Spec> {
    kind: Text,
    metadata: Metadata,
    #[serde(default = "Option::default")]
    spec: Option<Spec>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ModelSpec {
    #[serde(default)]
    provider: Option<Text>,
    #[serde(default)]
    model: Option<Text>,
    #[serde(default, alias = "apiKeySecretRef")]
    api_key_secret: Option<Text>,
    #[serde(default)]
    api_key_secret_key: Option<Text>,
    #[serde(default, deserialize_with = "nullable")]
    api_key_passthrough: bool,
    /// One part for each provider.
    #[serde(flatten)]
    providers: Map<String, Value>,
}

/// Where each provider's part says what serves the model.
const ENDPOINTS: &[(&str, &str)] = &[
    ("openAI", "baseUrl"),
    ("anthropic", "baseUrl"),
    ("azureOpenAI", "azureEndpoint"),
    ("foundry", "endpoint"),
    ("ollama", "host"),
    ("bedrock", "region"),
    ("geminiVertexAI", "location"),
    ("anthropicVertexAI", "location"),
    ("sapAICore", "baseUrl"),
];

pub fn model(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(Object { kind, metadata, spec }) = document.parse::<Object<ModelSpec>>(sink) else {
        return;
    };
    let Some(spec) = specified(document, spec, sink) else { return };
    let endpoint = ENDPOINTS.iter().find_map(|(part, member)| {
        spec.providers.get(*part)?.get(member)?.as_str().filter(|endpoint| !endpoint.is_empty())
    });
    let by_secret = spec.api_key_secret.map(|name| secret(name, spec.api_key_secret_key));
    record(
        document,
        &metadata,
        Scope::Namespaced,
        |meta| {
            Configured::ModelConfiguration(ModelConfiguration {
                platform: PLATFORM.into(),
                kind,
                meta,
                // The default of the resource's own definition.
                provider: spec.provider.unwrap_or_else(|| "OpenAI".into()),
                model: spec.model,
                endpoint: endpoint.map(|endpoint| document.masker().address(endpoint).into()),
                variable_sources: by_secret.into_iter().collect(),
                passes_caller: spec.api_key_passthrough,
            })
        },
        sink,
    );
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ProviderSpec {
    #[serde(rename = "type")]
    provider: Text,
    #[serde(default)]
    endpoint: Option<String>,
    #[serde(default)]
    secret_ref: Option<Named>,
}

#[derive(Deserialize)]
struct Named {
    name: Text,
}

pub fn provider(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(Object { kind, metadata, spec }) = document.parse::<Object<ProviderSpec>>(sink) else {
        return;
    };
    let Some(spec) = specified(document, spec, sink) else { return };
    record(
        document,
        &metadata,
        Scope::Namespaced,
        |meta| {
            Configured::ModelConfiguration(ModelConfiguration {
                platform: PLATFORM.into(),
                kind,
                meta,
                provider: spec.provider,
                endpoint: spec.endpoint.map(|at| document.masker().address(&at).into()),
                variable_sources: spec
                    .secret_ref
                    .into_iter()
                    .map(|by| secret(by.name, None))
                    .collect(),
                ..ModelConfiguration::default()
            })
        },
        sink,
    );
}

fn secret(name: Text, key: Option<Text>) -> VariableSource {
    VariableSource { holder: ValueHolder::Secret, name, key, variable: None }
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::{body, only};
    use super::*;

    /// Checks `provider model endpoint secret/key`.
    #[track_caller]
    fn check(kind: &str, spec: &str, expected: &str) -> ModelConfiguration {
        let Configured::ModelConfiguration(model) = body(only(&format!(
            r#"{{"apiVersion":"kagent.dev/v1alpha2","kind":"{kind}","metadata":{{"name":"m"}},"spec":{spec}}}"#
        ))) else {
            unreachable!("a model");
        };
        let part = |text: Option<&Text>| text.map_or("-", Text::raw).to_owned();
        let source = model.variable_sources.first();
        let shown = format!(
            "{} {} {} {}/{}",
            model.provider.raw(),
            part(model.model.as_ref()),
            part(model.endpoint.as_ref()),
            part(source.map(|source| &source.name)),
            part(source.and_then(|source| source.key.as_ref()))
        );
        assert_eq!(shown, expected, "{spec}");
        model
    }

    #[test]
    fn models_and_providers() {
        check(
            "ModelConfig",
            r#"{"provider":"Ollama","model":"llama3","ollama":{"host":"http://ollama:11434"}}"#,
            "Ollama llama3 http://ollama:11434 -/-",
        );
        check(
            "ModelConfig",
            r#"{"model":"gpt-4.1","apiKeySecretRef":"ns/openai","apiKeySecretKey":"K","openAI":{}}"#,
            "OpenAI gpt-4.1 - ns/openai/K",
        );
        let bedrock = check(
            "ModelConfig",
            r#"{"provider":"Bedrock","model":"m","bedrock":{"region":"eu-west-1"},"apiKeyPassthrough":true}"#,
            "Bedrock m eu-west-1 -/-",
        );
        assert!(bedrock.passes_caller);
        check(
            "ModelProviderConfig",
            r#"{"type":"Anthropic","endpoint":"https://p.example/v1","secretRef":{"name":"s"}}"#,
            "Anthropic - https://p.example/v1 s/-",
        );
    }
}
