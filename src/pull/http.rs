//! An NDJSON or OTLP JSON endpoint over HTTP.

use std::time::Duration;

use futures_util::StreamExt;

use super::{Harvest, PullError, Pulled};

/// How long the server may take to answer, and to send the next piece.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The environment variable that carries a bearer token. A token is never stored in a case.
pub const TOKEN_VARIABLE: &str = "DIPTYCH_HTTP_TOKEN";

/// Fetches one address. `progress` is told the bytes so far; more than `limit` bytes are refused.
pub async fn pull(
    url: &str,
    token: Option<&str>,
    limit: u64,
    progress: &mut (dyn FnMut(u64) + Send),
) -> Result<Harvest, PullError> {
    let address = reqwest::Url::parse(url).map_err(|error| {
        PullError::new(
            format!("{url} is no address: {error}"),
            "Give one that starts with https://.",
        )
    })?;
    let shown = without_credentials(&address);
    let failed = |error: reqwest::Error| {
        PullError::new(
            format!("{shown}: {}", error.without_url()),
            "Check the address and that it can be reached from here.",
        )
    };
    // A provider that was installed before is as good.
    drop(rustls::crypto::ring::default_provider().install_default());
    let client = reqwest::Client::builder()
        .connect_timeout(TIMEOUT)
        .read_timeout(TIMEOUT)
        .build()
        .map_err(failed)?;
    let mut request = client.get(address.clone());
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    let response = request.send().await.map_err(failed)?;
    if !response.status().is_success() {
        return Err(PullError::new(
            format!("{shown} answered {}", response.status()),
            format!("If it wants a token, put it into {TOKEN_VARIABLE}."),
        ));
    }
    let mut bytes = Vec::new();
    let mut stream = response.bytes_stream();
    while let Some(piece) = stream.next().await {
        bytes.extend_from_slice(&piece.map_err(failed)?);
        progress(bytes.len() as u64);
        if bytes.len() as u64 > limit {
            return Err(PullError::new(
                format!("{shown} sent more than {limit} bytes"),
                "Raise --limit, or ask for a shorter window.",
            ));
        }
    }
    Ok(Harvest { pulled: vec![Pulled { name: shown, bytes }], refused: Vec::new() })
}

/// The address without user, password and query values, in which tokens travel.
fn without_credentials(address: &reqwest::Url) -> String {
    let mut shown = address.clone();
    // Both fail only for addresses that cannot carry them.
    let _ = shown.set_username("");
    let _ = shown.set_password(None);
    if shown.query().is_some() {
        shown.set_query(None);
    }
    shown.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_evidence_carry_no_credentials() {
        for (address, shown) in [
            ("https://user:secret@example.com/v1?token=x", "https://example.com/v1"),
            ("http://127.0.0.1:4318/v1/traces", "http://127.0.0.1:4318/v1/traces"),
        ] {
            let address = reqwest::Url::parse(address).expect("a literal address");
            assert_eq!(without_credentials(&address), shown);
        }
    }
}
