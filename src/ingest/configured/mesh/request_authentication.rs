//! RequestAuthentication: whose tokens a workload accepts.

use serde::Deserialize;

use super::super::kubernetes::{Scope, record};
use super::{Object, ScopeObject};
use crate::domain::Text;
use crate::domain::configured::{Configured, RequestAuthentication, TokenIssuer};
use crate::ingest::doubts::Doubts;
use crate::ingest::json::nullable;
use crate::ingest::mask::Masker;
use crate::ingest::{Document, Sink};

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Spec {
    #[serde(flatten)]
    scope: ScopeObject,
    #[serde(default, deserialize_with = "nullable")]
    jwt_rules: Vec<Option<JwtRule>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct JwtRule {
    #[serde(deserialize_with = "nullable")]
    issuer: Text,
    #[serde(deserialize_with = "nullable")]
    audiences: Vec<Text>,
    #[serde(alias = "jwks_uri")]
    jwks_uri: Option<String>,
    /// The keys themselves: their presence is enough.
    jwks: Option<serde::de::IgnoredAny>,
    #[serde(deserialize_with = "nullable")]
    from_headers: Vec<Header>,
    #[serde(deserialize_with = "nullable")]
    from_params: Vec<Text>,
    #[serde(deserialize_with = "nullable")]
    from_cookies: Vec<Text>,
    #[serde(deserialize_with = "nullable")]
    forward_original_token: bool,
}

#[derive(Deserialize)]
struct Header {
    #[serde(default, deserialize_with = "nullable")]
    name: Text,
}

pub fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(Object::<Spec> { metadata, spec }) = document.parse(sink) else { return };
    let spec = spec.unwrap_or_default();
    let mut doubts = Doubts::default();
    let scope = spec.scope.into_scope(&mut doubts);
    let mut issuers = Vec::new();
    for (index, rule) in spec.jwt_rules.into_iter().enumerate() {
        let pointer = format!("/spec/jwtRules/{index}");
        match rule {
            Some(rule) => issuers.push(rule.into_issuer(&pointer, document.masker(), &mut doubts)),
            None => doubts.add(pointer, "a rule that says nothing"),
        }
    }
    record(
        document,
        &metadata,
        Scope::Namespaced,
        |meta| {
            let policy = RequestAuthentication { meta, scope, issuers };
            Configured::RequestAuthentication(policy)
        },
        sink,
    );
    doubts.report(document, sink);
}

impl JwtRule {
    fn into_issuer(self, pointer: &str, masker: &Masker, doubts: &mut Doubts) -> TokenIssuer {
        let has_scheme = |address: &String| {
            ["http://", "https://"].iter().any(|scheme| address.starts_with(scheme))
        };
        let headers = self.from_headers.into_iter().map(|header| ("header", header.name));
        let parameters = self.from_params.into_iter().map(|name| ("parameter", name));
        let cookies = self.from_cookies.into_iter().map(|name| ("cookie", name));
        let places: Vec<(&str, Text)> = headers.chain(parameters).chain(cookies).collect();
        doubts.add_if(
            pointer,
            &[
                (self.issuer.is_empty(), "a rule without an issuer"),
                (self.audiences.iter().any(Text::is_empty), "an empty audience"),
                (
                    self.jwks_uri.as_ref().is_some_and(|address| !has_scheme(address)),
                    "an address of keys that is neither http nor https",
                ),
                (
                    places.iter().any(|(_, name)| name.is_empty()),
                    "a place of the token without a name",
                ),
            ],
        );
        let place = |(kind, name): &(&str, Text)| Text::from(format!("{kind} {}", name.raw()));
        TokenIssuer {
            issuer: self.issuer,
            audiences: self.audiences,
            keys_at: self.jwks_uri.map(|address| masker.address(&address).into()),
            inline_keys: self.jwks.is_some(),
            token_in: places.iter().map(place).collect(),
            forwards: self.forward_original_token,
        }
    }
}
