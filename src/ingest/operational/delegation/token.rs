//! The claims of a token: one hop each, with the whole chain.
//!
//! A compact JWS was opened to its claims before (`envelope/token.rs`); claims also come as plain
//! JSON, as an introspection answer or a gateway log has them. No signature is verified: what a token
//! says is an assertion, and the event says so. The token itself is never kept.
//!
//! Read are JWT (RFC 7519), token exchange (RFC 8693), transaction tokens
//! (draft-ietf-oauth-transaction-tokens), delegation chains, JWT-SVIDs of SPIFFE and tokens of
//! Kubernetes service accounts.

use serde::Deserialize;
use serde_json::Value;

use super::chain::{actors, recorded};
use crate::domain::{Discipline, Event, EventId, EventKind, ProblemKind, Text};
use crate::ingest::json::{Part, Word};
use crate::ingest::operational::parameters::Parameters;
use crate::ingest::time::Time;
use crate::ingest::{Document, Format, Shape, Side, Sink};

const ID: &str = "delegation-token";

pub const FORMAT: Format = Format {
    id: ID,
    title: "Claims of tokens, with delegation",
    side: Side::Operational,
    says: &[(Discipline::Identity, "who acts for whom, as the token asserts it")],
    coverage: "the tokens that were kept; not their uses, and not that anybody checked them",
    recognises,
    read,
};

/// Claims that only delegation has, and the claims that every access token has together.
fn recognises(shape: &Shape<'_>) -> bool {
    const DELEGATION: &[&str] = &["act", "may_act", "delegation_chain", "txn"];
    const TOKEN: &[&str] = &["sub", "aud", "exp"];
    shape.has("jws")
        || (shape.has("sub") && DELEGATION.iter().any(|claim| shape.has(claim)))
        || TOKEN.iter().all(|claim| shape.has(claim))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Claims<'a> {
    #[serde(borrow)]
    iss: Word<'a>,
    #[serde(borrow)]
    sub: Word<'a>,
    #[serde(borrow)]
    jti: Word<'a>,
    #[serde(borrow)]
    txn: Word<'a>,
    #[serde(borrow)]
    scope: Word<'a>,
    #[serde(borrow)]
    scp: Word<'a>,
    #[serde(borrow)]
    client_id: Word<'a>,
    #[serde(borrow)]
    azp: Word<'a>,
    /// The purpose of a transaction.
    #[serde(borrow)]
    purp: Word<'a>,
    #[serde(borrow)]
    sid: Word<'a>,
    #[serde(borrow)]
    passport_id: Word<'a>,
    aud: Value,
    iat: Time,
    nbf: Time,
    exp: Time,
    act: Value,
    may_act: Value,
    delegation_chain: Value,
    #[serde(borrow, rename = "kubernetes.io")]
    kubernetes: Part<Kubernetes<'a>>,
    #[serde(borrow)]
    jws: Part<Jws<'a>>,
}

/// The object to which a token of a service account is bound.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Kubernetes<'a> {
    #[serde(borrow)]
    namespace: Word<'a>,
    #[serde(borrow)]
    pod: Part<Named<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Named<'a> {
    #[serde(borrow)]
    name: Word<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Jws<'a> {
    #[serde(borrow)]
    alg: Word<'a>,
    #[serde(borrow)]
    kid: Word<'a>,
    #[serde(borrow)]
    typ: Word<'a>,
    #[serde(borrow)]
    signature: Word<'a>,
}

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(claims) = document.parse::<Claims<'_>>(sink) else { return };
    let Some(time) = claims.iat.0.or(claims.nbf.0) else {
        let message = "the claims of a token without the time of its issue";
        return sink.problem(document.problem(ProblemKind::MissingField, message));
    };
    let source = sink.intern(ID);
    let id = match (claims.iss.get(), claims.jti.get()) {
        (Some(issuer), Some(token)) => EventId::of(ID, &[issuer, token]),
        _ => EventId::of(ID, &[document.json]),
    };
    let mut event = Event::new(id, time, &source, EventKind::IdentityHop, document.place());
    event.recorder = claims.iss.get().map(|issuer| sink.intern(issuer));
    event.action = Some(sink.intern("token"));
    let subject = claims.sub.get();
    let mut chain: Vec<String> = subject.map(str::to_owned).into_iter().collect();
    chain.extend(actors(&claims.act));
    if let [first, .., last] = chain.as_slice() {
        event.principal = Some(sink.intern(last));
        event.on_behalf_of = Some(sink.intern(first));
    } else {
        event.principal = chain.first().map(|only| sink.intern(only));
    }
    let audience = audience(&claims.aud);
    event.target = (!audience.is_empty()).then(|| sink.intern(&audience.join(" ")));
    event.target_kind = event.target.as_ref().map(|_| sink.intern("audience"));
    event.requested = claims.scope.get().or(claims.scp.get()).map(|scope| sink.intern(scope));
    event.call_id = claims.txn.get().map(Text::new);
    event.session = claims.sid.get().map(Text::new);
    event.passport_id = claims.passport_id.get().map(|id| sink.intern(id));
    event.instance = claims.kubernetes.pod.name.get().map(|pod| sink.intern(pod));
    event.params = parameters(&claims, chain).text();
    sink.event(event);
}

fn audience(aud: &Value) -> Vec<&str> {
    match aud {
        Value::String(one) => vec![one.as_str()],
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn parameters(claims: &Claims<'_>, chain: Vec<String>) -> Parameters {
    let list = |names: Vec<String>| (!names.is_empty()).then_some(names);
    // The API server writes the identifier of a token so where it is used.
    let is_kubernetes = claims.kubernetes.namespace.get().is_some();
    let token = claims.jti.get().map(|id| match is_kubernetes {
        true => format!("JTI={id}"),
        false => id.to_owned(),
    });
    let mut parameters = Parameters::default();
    parameters
        .put("chain", list(chain).filter(|chain| chain.len() > 1))
        .put("delegationChain", list(recorded(&claims.delegation_chain)))
        .put("mayAct", list(actors(&claims.may_act)))
        .put("issuedCredentialId", token)
        .put("expires", claims.exp.0.map(|time| time.to_string()))
        .put("notBefore", claims.nbf.0.map(|time| time.to_string()))
        .put("clientId", claims.client_id.get().or(claims.azp.get()))
        .put("purpose", claims.purp.get())
        .put("namespace", claims.kubernetes.namespace.get())
        .put("algorithm", claims.jws.alg.get())
        .put("keyId", claims.jws.kid.get())
        .put("type", claims.jws.typ.get())
        .put("signature", Some(claims.jws.signature.get().unwrap_or("unverified")));
    parameters
}
