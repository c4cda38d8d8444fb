use super::*;
use crate::ingest::detect::TopLevel;

/// What is in an envelope: `pointer json` of documents, `pointer ! kind` of the rest.
#[track_caller]
fn check(json: &str, expected: &[&str]) {
    let opened = opened(json).unwrap_or_else(|| unreachable!("an envelope: {json}"));
    assert_eq!(opened, expected, "{json}");
}

fn opened(json: &str) -> Option<Vec<String>> {
    let Ok(TopLevel::Object(keys)) = serde_json::from_str(json) else {
        unreachable!("an object: {json}")
    };
    let opened = open(&keys.into_shape("x.json", json))?;
    let show = |content: &Content<'_>| match content {
        Content::Document(item) => format!("{} {}", item.pointer, item.json),
        Content::Other { pointer, kind, .. } => format!("{pointer} ! {kind}"),
    };
    Some(opened.contents.iter().map(show).collect())
}

#[test]
fn documents_are_found_where_each_envelope_keeps_them() {
    check(r#"{"Records":[{"a":1},{"b":2}]}"#, &[r#"/Records/0 {"a":1}"#, r#"/Records/1 {"b":2}"#]);
    check(
        r#"{"Events":[{"EventId":"1","CloudTrailEvent":"{\"a\":1}"}],"NextToken":"x"}"#,
        &[r#"/Events/0/CloudTrailEvent {"a":1}"#],
    );
    check(r#"{"detail-type":"t","detail":{"a":1}}"#, &[r#"/detail {"a":1}"#]);
    check(r#"{"events":[{"message":"{\"a\":1}"}]}"#, &[r#"/events/0/message {"a":1}"#]);
    check(r#"{"TopicArn":"t","Message":"{\"a\":1}"}"#, &[r#"/Message {"a":1}"#]);
    check(r#"{"records":[{"a":1}]}"#, &[r#"/records/0 {"a":1}"#]);
    check(r#"{"entries":[{"a":1}]}"#, &[r#"/entries/0 {"a":1}"#]);
    check(
        r#"{"took":1,"hits":{"hits":[{"_source":{"a":1}}]}}"#,
        &[r#"/hits/hits/0/_source {"a":1}"#],
    );
    check(r#"{"num_hits":1,"hits":[{"a":1}]}"#, &[r#"/hits/0 {"a":1}"#]);
    check(r#"{"responses":[{"hits":{}}]}"#, &[r#"/responses/0 {"hits":{}}"#]);
    check(r#"{"_index":"i","_source":{"a":1}}"#, &[r#"/_source {"a":1}"#]);
    check(r#"{"preview":false,"result":{"_raw":"{\"a\":1}"}}"#, &[r#"/result/_raw {"a":1}"#]);
    check(r#"{"event":{"a":1},"sourcetype":"s"}"#, &[r#"/event {"a":1}"#]);
    check(r#"{"log":"{\"a\":1}\n","stream":"stdout"}"#, &[r#"/log {"a":1}"#]);
    check(r#"{"message":" {\"a\":1}","@timestamp":"x"}"#, &[r#"/message {"a":1}"#]);
    check(r#"{"event":{"original":"{\"a\":1}"}}"#, &[r#"/event/original {"a":1}"#]);
}

#[test]
fn what_an_envelope_says_of_its_documents_is_written_into_them() {
    check(
        r#"{"logGroup":"/aws/eks/p/cluster","logEvents":[{"message":"{\"a\":1}"},{"message":"{\"logGroup\":\"own\"}"}]}"#,
        &[
            r#"/logEvents/0/message {"logGroup":"/aws/eks/p/cluster","a":1}"#,
            r#"/logEvents/1/message {"logGroup":"own"}"#,
        ],
    );
    check(
        r#"{"category":"kube-audit","time":"t","resourceId":"/R","properties":{"log":"{\"a\":1}"}}"#,
        &[r#"/properties/log {"resourceId":"/R","time":"t","a":1}"#],
    );
}

#[test]
fn a_string_may_hold_several_documents() {
    check(
        r#"{"request":{"body":"{\"create\":{}}\n{\"a\":1}\n{\"b\":"},"response":{"body":null}}"#,
        &[
            r#"/request/body#1 {"create":{}}"#,
            r#"/request/body#2 {"a":1}"#,
            "/request/body#3 ! malformed",
        ],
    );
}

#[test]
fn what_is_no_document_is_said_so() {
    check(r#"{"log":"starting up","stream":"stdout"}"#, &["/log ! unknown-format"]);
    check(r#"{"records":[7,{"a":1}]}"#, &["/records/0 ! unknown-format", r#"/records/1 {"a":1}"#]);
    check(
        r#"{"hits":{"hits":[{"_id":"1"},{"_source":{"a":1}}]}}"#,
        &[r#"/hits/hits/0 {"_id":"1"}"#, r#"/hits/hits/1/_source {"a":1}"#],
    );
    assert_eq!(opened(r#"{"hits":{"hits":[{"_id":"1"}]}}"#), None);
    check(r#"{"Records":[]}"#, &[]);
    assert_eq!(opened(r#"{"Records":{}}"#), None);
    assert_eq!(opened(r#"{"hits":{}}"#), None);
    assert_eq!(opened(r#"{"x":1}"#), None);
}

#[test]
fn common_keys_alone_make_no_envelope() {
    for json in [
        r#"{"events":[]}"#,
        r#"{"events":[{"name":"exception"}]}"#,
        r#"{"records":[1]}"#,
        r#"{"results":[{"ruleId":"x"}]}"#,
        r#"{"code":-32601,"message":"Method not found"}"#,
        r#"{"event":{"original":"text"}}"#,
    ] {
        assert_eq!(opened(json), None, "{json}");
    }
}

/// A compact JWS of these parts.
fn token(header: &str, claims: &str, signature: &str) -> String {
    use base64::Engine as _;
    let part = |part| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(part);
    format!("{}.{}.{signature}", part(header), part(claims))
}

#[test]
fn tokens_are_opened_to_their_claims_and_not_kept() {
    let claims = r#"{"jws":{"alg":"ES256","kid":"k","signature":"unverified"},"sub":"a"}"#;
    let signed = token(r#"{"alg":"ES256","kid":"k","jwk":{}}"#, r#"{"sub":"a"}"#, "c2ln");
    check(
        &format!(r#"{{"access_token":"{signed}","token_type":"Bearer"}}"#),
        &[&format!("/access_token {claims}")],
    );
    let show = |json: &str| -> Option<Vec<String>> {
        let items = tokens(json)?;
        Some(items.iter().map(|item| format!("{} {}", item.pointer, item.json)).collect())
    };
    assert_eq!(show(&format!("{signed:?}")), Some(vec![format!(" {claims}")]));
    let unsigned = token(r#"{"alg":"none"}"#, "{}", "");
    assert_eq!(
        show(&format!("{:?}", format!("{signed} {unsigned}"))),
        Some(vec![
            format!("#1 {claims}"),
            r#"#2 {"jws":{"alg":"none","signature":"unsigned"}}"#.to_owned(),
        ])
    );
    assert_eq!(show(r#""two words""#), None);
    assert_eq!(show(r#""""#), None);
    assert_eq!(show("7"), None);
}

#[test]
fn signed_statements_are_opened() {
    check(
        r#"{"payloadType":"application/vnd.in-toto+json","payload":"eyJhIjoxfQ==","signatures":[{"keyid":"k"}]}"#,
        &[r#"/payload {"signatures":[{"keyid":"k"}],"a":1}"#],
    );
}

#[test]
fn action_lines_of_a_bulk_request_are_told_from_documents() {
    let is_action = |json: &str| {
        let Ok(TopLevel::Object(keys)) = serde_json::from_str(json) else { unreachable!("{json}") };
        is_bulk_action(&keys.into_shape("x", json))
    };
    assert!(is_action(r#"{"create":{"_index":"i","_id":"1"}}"#));
    assert!(is_action(r#"{"index":{"_id":"1"}}"#));
    assert!(!is_action(r#"{"index":{"a":1}}"#));
    assert!(!is_action(r#"{"index":"i"}"#));
    assert!(!is_action(r#"{"create":{"_id":"1"},"a":1}"#));
}

proptest::proptest! {
    #[test]
    fn nothing_panics_on_any_value(
        envelope in 0..ENVELOPES.len(),
        value in "null|7|\"\"|\"[a-z{\\[.]{0,3}\"|\\[\\]|\\[[0-9]\\]|\\{\\}|\\[\\{\\}\\]|\\{\"(hits|body|log|_raw|original)\":(\\[\\{\\}\\]|\"\\{\"|1)\\}",
    ) {
        let members: Vec<String> =
            ENVELOPES[envelope].keys.iter().map(|key| format!("\"{key}\":{value}")).collect();
        opened(&format!("{{{}}}", members.join(",")));
    }
}
