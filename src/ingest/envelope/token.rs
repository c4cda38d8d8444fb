//! Tokens and other documents that travel as Base64.
//!
//! A compact JWS (RFC 7515 §3.1, RFC 7519) is opened to its claims. The token itself is not kept, and
//! nothing is verified: the member `jws` that is written into the claims says so.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Map, Value};

use crate::ingest::list::Item;

/// What of a token's header may be kept.
const HEADER: [&str; 3] = ["alg", "kid", "typ"];

/// The claims of a compact JWS as JSON text.
pub fn claims(token: &str) -> Option<String> {
    let mut parts = token.split('.');
    let (header, payload, signature) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let header = object(header)?;
    let mut claims = object(payload)?;
    let mut jws: Map<String, Value> = HEADER
        .into_iter()
        .filter_map(|name| {
            Some((name.to_owned(), header.get(name).filter(|v| v.is_string())?.clone()))
        })
        .collect();
    let state = if signature.is_empty() { "unsigned" } else { "unverified" };
    jws.insert("signature".to_owned(), state.into());
    claims.insert("jws".to_owned(), jws.into());
    Some(Value::Object(claims).to_string())
}

fn object(part: &str) -> Option<Map<String, Value>> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

/// A JSON object or array in Base64, as a DSSE envelope carries its payload.
pub fn base64_document(text: &str) -> Option<String> {
    let json = String::from_utf8(STANDARD.decode(text).ok()?).ok()?;
    let is_document = json.trim_ascii_start().starts_with(['{', '['])
        && serde_json::from_str::<serde::de::IgnoredAny>(&json).is_ok();
    is_document.then_some(json)
}

/// The claims of a JSON string that is one token, or several with white space between them: a text
/// file of tokens arrives as that.
pub fn tokens(json: &str) -> Option<Vec<Item<'static>>> {
    let text: String = serde_json::from_str(json).ok()?;
    let words: Vec<&str> = text.split_whitespace().collect();
    let claims: Vec<String> = words.iter().map(|word| claims(word)).collect::<Option<_>>()?;
    let is_alone = claims.len() == 1;
    let items = (1..).zip(claims).map(|(number, claims)| Item {
        pointer: if is_alone { String::new() } else { format!("#{number}") },
        json: claims.into(),
    });
    Some(items.collect()).filter(|items: &Vec<_>| !items.is_empty())
}
