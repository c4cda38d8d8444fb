//! Agent cards of the Agent2Agent protocol, versions 0.2 to 1.0 (`/.well-known/agent-card.json`, before
//! that `agent.json`).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use crate::domain::configured::{
    AgentCard, CardExtension, CardInterface, CardSignature, CardSkill, Configured, Provisioning,
    SecurityRequirement, SecurityScheme,
};
use crate::domain::{Discipline, ProblemKind, Text};
use crate::ingest::configured::reading::{
    Object, Reading, flag, items, members, object, text, text_of, texts,
};
use crate::ingest::{Document, Format, Shape, Side, Sink};

pub const FORMAT: Format = Format {
    id: "a2a-agent-card",
    title: "A2A agent card",
    side: Side::Configured,
    says: &[
        (Discipline::Behavior, "a remote agent, its skills and where it is called"),
        (Discipline::Identity, "how a caller must authenticate"),
    ],
    coverage: "what the agent says of itself; signatures are seen, not verified",
    recognises,
    read,
};

fn recognises(shape: &Shape<'_>) -> bool {
    let of_cards =
        ["defaultInputModes", "defaultOutputModes", "supportedInterfaces", "preferredTransport"];
    shape.has("name") && shape.has("skills") && of_cards.iter().any(|key| shape.has(key))
}

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some((mut reading, root)) = Reading::begin(document, sink) else { return };
    let Some(name) = text(&root, "name") else {
        return reading.problem("/name", ProblemKind::MissingField, "the card has no name");
    };
    let none = Object::new();
    let capabilities = object(&root, "capabilities").unwrap_or(&none);
    let provider = object(&root, "provider").and_then(|provider| text(provider, "organization"));
    let card = AgentCard {
        name,
        version: text(&root, "version"),
        purpose: text(&root, "description"),
        provider: provider.clone(),
        interfaces: interfaces(&mut reading, &root),
        skills: skills(&mut reading, &root),
        capabilities: supported(capabilities, &root),
        extensions: items(capabilities, "extensions")
            .filter_map(|(_, extension)| extension.as_object())
            .filter_map(|extension| {
                let required = flag(extension, "required") == Some(true);
                Some(CardExtension { uri: text(extension, "uri")?, required })
            })
            .collect(),
        security: members(&root, "securitySchemes").filter_map(scheme).collect(),
        requirements: requirements(&root),
        signatures: signatures(&mut reading, &root),
    };
    let provisioning = Provisioning { owner: provider, ..Provisioning::default() };
    reading.record_of("", None, provisioning, Configured::AgentCard(card));
}

/// Transport of a card that names none (A2A 0.3 §5.5.5).
const DEFAULT_BINDING: &str = "JSONRPC";

/// `supportedInterfaces`, or before 1.0 the main address and the additional ones.
fn interfaces(reading: &mut Reading<'_>, root: &Object) -> Vec<CardInterface> {
    let version = text(root, "protocolVersion");
    let masker = reading.document.masker().clone();
    let interface =
        |url: Text, binding: Option<Text>, version: Option<Text>, tenant| CardInterface {
            url: masker.address(url.raw()).into(),
            binding: binding.unwrap_or_else(|| DEFAULT_BINDING.into()),
            version,
            tenant,
        };
    let main = text(root, "url")
        .map(|url| interface(url, text(root, "preferredTransport"), version.clone(), None));
    let mut found: Vec<CardInterface> = main.into_iter().collect();
    for key in ["supportedInterfaces", "additionalInterfaces"] {
        for (index, item) in items(root, key) {
            let Some((item, url)) =
                item.as_object().and_then(|item| Some((item, text(item, "url")?)))
            else {
                let at = format!("/{key}/{index}");
                reading.problem(&at, ProblemKind::MissingField, "the interface has no `url`");
                continue;
            };
            let named = text(item, "protocolVersion").or_else(|| version.clone());
            let binding = text_of(item, &["protocolBinding", "transport"]);
            let next = interface(url, binding, named, text(item, "tenant"));
            // Older cards repeat the main address among the additional ones.
            if !found.contains(&next) {
                found.push(next);
            }
        }
    }
    found
}

fn skills(reading: &mut Reading<'_>, root: &Object) -> Vec<CardSkill> {
    let mut found = Vec::new();
    for (index, item) in items(root, "skills") {
        let skill = item.as_object().and_then(|item| {
            let id = text_of(item, &["id", "name"])?;
            let name = text(item, "name").unwrap_or_else(|| id.clone());
            Some(CardSkill { id, name, tags: texts(item, "tags") })
        });
        match skill {
            Some(skill) => found.push(skill),
            None => {
                let at = format!("/skills/{index}");
                reading.problem(&at, ProblemKind::MissingField, "the skill has no `id`");
            }
        }
    }
    found
}

/// Optional parts that are switched on; the extended card stood outside of them before 1.0.
fn supported(capabilities: &Object, root: &Object) -> Vec<Text> {
    let on = capabilities.iter().filter(|(_, value)| value.as_bool() == Some(true));
    let older = flag(root, "supportsAuthenticatedExtendedCard") == Some(true);
    let older = older.then(|| "extendedAgentCard".into());
    on.map(|(name, _)| name.as_str().into()).chain(older).collect()
}

/// Members of 1.0 that hold a scheme, and the scheme's kind as it was written before.
const SCHEMES: &[(&str, &str)] = &[
    ("apiKeySecurityScheme", "apiKey"),
    ("httpAuthSecurityScheme", "http"),
    ("oauth2SecurityScheme", "oauth2"),
    ("openIdConnectSecurityScheme", "openIdConnect"),
    ("mtlsSecurityScheme", "mutualTLS"),
];

fn scheme((name, value): (&String, &Value)) -> Option<SecurityScheme> {
    let value = value.as_object()?;
    let named = SCHEMES.iter().find(|(member, _)| value.contains_key(*member));
    let kind = named.map(|(_, kind)| (*kind).into()).or_else(|| text(value, "type"));
    Some(SecurityScheme { name: name.as_str().into(), kind: kind.unwrap_or_default() })
}

/// Alternatives, each of schemes that must all be satisfied.
fn requirements(root: &Object) -> Vec<Vec<SecurityRequirement>> {
    let listed = items(root, "securityRequirements").chain(items(root, "security"));
    let alternatives = listed.filter_map(|(_, item)| {
        let item = item.as_object()?;
        let schemes = object(item, "schemes").unwrap_or(item);
        let scheme = |(name, scopes): (&String, &Value)| {
            let scopes = scopes.get("list").unwrap_or(scopes).as_array();
            let scopes = scopes.into_iter().flatten().filter_map(Value::as_str);
            SecurityRequirement {
                scheme: name.as_str().into(),
                scopes: scopes.map(Text::from).collect(),
            }
        };
        Some(schemes.iter().map(scheme).collect())
    });
    alternatives.collect()
}

fn signatures(reading: &mut Reading<'_>, root: &Object) -> Vec<CardSignature> {
    let mut found = Vec::new();
    for (index, item) in items(root, "signatures") {
        match item.as_object().and_then(signature) {
            Some(signature) => found.push(signature),
            None => {
                let at = format!("/signatures/{index}");
                let message = "the signature's protected header cannot be read";
                reading.problem(&at, ProblemKind::Malformed, message);
            }
        }
    }
    found
}

/// What the protected header says (RFC 7515 §4.1). Nothing is verified.
fn signature(item: &Object) -> Option<CardSignature> {
    let header =
        URL_SAFE_NO_PAD.decode(text(item, "protected")?.raw().trim_end_matches('=')).ok()?;
    let header: Object = serde_json::from_slice(&header).ok()?;
    Some(CardSignature {
        algorithm: text(&header, "alg")?,
        key: text(&header, "kid"),
        keys_at: text(&header, "jku"),
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{body, only, read_text};
    use super::*;

    #[track_caller]
    fn card(json: &str) -> AgentCard {
        match body(only(json)) {
            Configured::AgentCard(card) => card,
            other => unreachable!("a card, not {other:?}"),
        }
    }

    #[track_caller]
    fn check_interfaces(json: &str, expected: &[&str]) {
        let card = card(json);
        let shown = card.interfaces.iter().map(|interface| {
            let version = interface.version.as_ref().map_or("-", Text::raw);
            format!("{} {} {version}", interface.url.raw(), interface.binding.raw())
        });
        assert_eq!(shown.collect::<Vec<_>>(), expected, "{json}");
    }

    #[test]
    fn interfaces_of_every_version() {
        check_interfaces(
            r#"{"name":"a","skills":[],"supportedInterfaces":[
              {"url":"https://h/rpc","protocolBinding":"JSONRPC","protocolVersion":"1.0"},
              {"url":"https://h/rest","protocolBinding":"HTTP+JSON","protocolVersion":"1.0"}]}"#,
            &["https://h/rpc JSONRPC 1.0", "https://h/rest HTTP+JSON 1.0"],
        );
        check_interfaces(
            r#"{"name":"a","skills":[],"url":"https://h","preferredTransport":"GRPC","protocolVersion":"0.3.0",
              "additionalInterfaces":[{"url":"https://h","transport":"GRPC"},{"url":"https://j","transport":"JSONRPC"}]}"#,
            &["https://h GRPC 0.3.0", "https://j JSONRPC 0.3.0"],
        );
        check_interfaces(
            r#"{"name":"a","skills":[],"url":"https://u:p@h","defaultInputModes":["text"]}"#,
            &["https://***b80df453@h JSONRPC -"],
        );
    }

    #[test]
    fn what_it_can_do_and_what_it_asks_for() {
        let newer = card(
            r#"{"name":"a","version":"1","provider":{"organization":"Org"},"defaultInputModes":[],
              "capabilities":{"streaming":true,"pushNotifications":false,
                "extensions":[{"uri":"https://x/e","required":true},{}]},
              "securitySchemes":{"g":{"openIdConnectSecurityScheme":{}}},
              "securityRequirements":[{"schemes":{"g":{"list":["openid"]}}}],
              "skills":[{"id":"s","name":"S","tags":["t"]}]}"#,
        );
        let older = card(
            r#"{"name":"a","version":"1","provider":{"organization":"Org"},"defaultInputModes":[],
              "capabilities":{"streaming":true,"extensions":[{"uri":"https://x/e","required":true}]},
              "securitySchemes":{"g":{"type":"openIdConnect"}},"security":[{"g":["openid"]}],
              "skills":[{"id":"s","name":"S","tags":["t"]}]}"#,
        );
        assert_eq!(newer, older);
        assert_eq!(newer.capabilities, ["streaming"]);
        let required = newer.requirements.first().and_then(|all| all.first());
        assert_eq!(required.map(|one| (one.scheme.raw(), one.scopes.len())), Some(("g", 1)));
        assert_eq!(newer.security.first().map(|scheme| scheme.kind.raw()), Some("openIdConnect"));
    }

    #[test]
    fn signatures_are_seen() {
        let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"ES256","kid":"k1","typ":"JOSE"}"#);
        let signed = card(&format!(
            r#"{{"name":"a","skills":[],"defaultInputModes":[],
              "signatures":[{{"protected":"{header}","signature":"x"}}]}}"#
        ));
        let [signature] = signed.signatures.as_slice() else { unreachable!("one signature") };
        assert_eq!(
            (signature.algorithm.raw(), signature.key.clone()),
            ("ES256", Some("k1".into()))
        );
    }

    #[test]
    fn broken_parts_cost_themselves() {
        let found = read_text(
            "card.json",
            r#"{"name":"a","skills":[{},{"id":"s"}],"supportedInterfaces":[{},{"url":"https://h"}],
              "signatures":[{"protected":"!"}]}"#,
        );
        let places: Vec<_> = found.problems.iter().map(|problem| problem.at.to_string()).collect();
        assert_eq!(places, [":/supportedInterfaces/0", ":/skills/0", ":/signatures/0"]);
        assert_eq!(found.records.len(), 1);
        let nameless = read_text("card.json", r#"{"name":7,"skills":[],"defaultInputModes":[]}"#);
        assert_eq!((nameless.records.len(), nameless.problems.len()), (0, 1));
    }
}
