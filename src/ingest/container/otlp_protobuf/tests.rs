//! Messages are encoded here by hand, field by field, and read back as JSON.

use super::super::{Limits, documents};
use super::*;
use std::ops::ControlFlow;

fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push((value as u8) | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

fn bytes(number: u64, payload: &[u8]) -> Vec<u8> {
    [varint(number << 3 | 2), varint(payload.len() as u64), payload.to_vec()].concat()
}

fn number(field: u64, value: u64) -> Vec<u8> {
    [varint(field << 3), varint(value)].concat()
}

fn fixed64(field: u64, value: u64) -> Vec<u8> {
    [varint(field << 3 | 1), value.to_le_bytes().to_vec()].concat()
}

fn attribute(key: &str, value: &[u8]) -> Vec<u8> {
    [bytes(1, key.as_bytes()), bytes(2, value)].concat()
}

fn text(text: &str) -> Vec<u8> {
    bytes(1, text.as_bytes())
}

/// A request with one resource named `svc`, one scope, and this record in it.
fn request(record: &[u8]) -> Vec<u8> {
    let resource = bytes(1, &attribute("service.name", &text("svc")));
    let scope = [bytes(1, &bytes(1, b"lib")), bytes(2, record)].concat();
    bytes(1, &[bytes(1, &resource), bytes(2, &scope)].concat())
}

fn span(attributes: &[Vec<u8>]) -> Vec<u8> {
    let attributes = attributes.iter().map(|attribute| bytes(9, attribute));
    [
        bytes(1, &[0xab; 16]),
        bytes(2, &[1; 8]),
        bytes(5, "naïve".as_bytes()),
        number(6, 3),
        fixed64(7, 1_544_712_660_000_000_000),
        attributes.collect::<Vec<_>>().concat(),
        bytes(15, &number(3, 2)),
    ]
    .concat()
}

fn pieces(file: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    let mut input = file;
    documents(
        &mut input,
        "x.body",
        &Limits::default(),
        &mut |_| ControlFlow::Continue(()),
        &mut |piece| {
            found.push(match piece {
                Piece::Document { at, json, .. } => format!("{at} {json}"),
                Piece::SetAside { at, message, .. } => format!("{at} ! {message}"),
            });
        },
    );
    found
}

/// The JSON that wraps a list under `key` of the resource and `records` of its scope.
fn document(keys: [&str; 3], record: &str) -> String {
    let [resources, scopes, records] = keys;
    format!(
        r#"{{"{resources}":[{{"resource":{{"attributes":[{{"key":"service.name","value":{{"stringValue":"svc"}}}}]}},"{scopes}":[{{"scope":{{"name":"lib"}},"{records}":[{record}]}}]}}]}}"#
    )
}

const TRACES: [&str; 3] = ["resourceSpans", "scopeSpans", "spans"];

fn span_json(attributes: &str) -> String {
    let record = format!(
        r#"{{"traceId":"{}","spanId":"0101010101010101","name":"naïve","kind":3,"startTimeUnixNano":"1544712660000000000",{attributes}"status":{{"code":2}}}}"#,
        "ab".repeat(16)
    );
    document(TRACES, &record)
}

#[test]
fn every_type_of_value_is_written_as_otlp_json() {
    let list = bytes(1, &[text("a"), number(3, u64::MAX)].concat());
    let values: [(&str, Vec<u8>, &str); 8] = [
        ("s", text("\"q\"\n"), r#"{"stringValue":"\"q\"\n"}"#),
        ("b", number(2, 1), r#"{"boolValue":true}"#),
        ("i", number(3, (-7_i64).cast_unsigned()), r#"{"intValue":"-7"}"#),
        ("d", fixed64(4, 0.5_f64.to_bits()), r#"{"doubleValue":0.5}"#),
        ("n", fixed64(4, f64::NAN.to_bits()), r#"{"doubleValue":"NaN"}"#),
        (
            "l",
            bytes(5, &list),
            r#"{"arrayValue":{"values":[{"stringValue":"a","intValue":"-1"}]}}"#,
        ),
        (
            "m",
            bytes(6, &bytes(1, &attribute("k", &[]))),
            r#"{"kvlistValue":{"values":[{"key":"k","value":{}}]}}"#,
        ),
        ("y", bytes(7, &[1, 2, 3]), r#"{"bytesValue":"AQID"}"#),
    ];
    for (key, value, json) in values {
        let file = request(&span(&[attribute(key, &value)]));
        let attributes = format!(r#""attributes":[{{"key":"{key}","value":{json}}}],"#);
        let expected = format!(":bytes 0-{} {}", file.len(), span_json(&attributes));
        assert_eq!(pieces(&file), [expected]);
    }
}

#[test]
fn logs_and_metrics_are_told_from_traces() {
    let log = [fixed64(11, 5), bytes(5, &text("line")), bytes(12, b"event")].concat();
    let json = r#"{"body":{"stringValue":"line"},"observedTimeUnixNano":"5","eventName":"event"}"#;
    let file = request(&log);
    let expected = document(["resourceLogs", "scopeLogs", "logRecords"], json);
    assert_eq!(pieces(&file), [format!(":bytes 0-{} {expected}", file.len())]);

    let metric = [bytes(1, b"tokens"), bytes(7, &bytes(1, &fixed64(6, 9)).repeat(2))].concat();
    let json = r#"{"name":"tokens","sum":{"dataPoints":[{},{}]}}"#;
    let file = request(&metric);
    let expected = document(["resourceMetrics", "scopeMetrics", "metrics"], json);
    assert_eq!(pieces(&file), [format!(":bytes 0-{} {expected}", file.len())]);
}

#[test]
fn streams_of_messages_in_both_framings() {
    let message = request(&span(&[]));
    let length = message.len();
    let fixed = [&u32::try_from(length).expect("short").to_be_bytes()[..], &message].concat();
    let delimited = [varint(length as u64), message.clone()].concat();
    for (frame, prefix) in [(fixed, 4), (delimited, varint(length as u64).len())] {
        let at = |from: usize| format!(":bytes {}-{} {}", from, from + length, span_json(""));
        let second = frame.len() + prefix;
        assert_eq!(pieces(&frame.repeat(2)), [at(prefix), at(second)]);
        // A cut stream keeps what came before the cut.
        let cut = frame.repeat(2);
        let found = pieces(cut.get(..cut.len() - 3).expect("longer"));
        assert_eq!(found.first(), Some(&at(prefix)));
        assert!(found.last().is_some_and(|last| last.contains("cut off")), "{found:?}");
        assert_eq!(found.len(), 2);
    }
}

#[test]
fn a_broken_resource_costs_only_itself() {
    let good = request(&span(&[]));
    let broken = request(&[span(&[]), vec![0x0b]].concat());
    let found = pieces(&[&good[..], &broken, &good].concat());
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(found[1].contains("! OTLP protobuf: there is no wire type 3 at byte"), "{found:?}");
    let other = bytes(9, b"a field of a later version");
    assert_eq!(pieces(&[&good[..], &other].concat()).len(), 1);
}

#[test]
fn depth_is_bounded() {
    let mut value = text("x");
    for _ in 0..5000 {
        value = bytes(5, &bytes(1, &value));
    }
    let found = pieces(&request(&span(&[attribute("deep", &value)])));
    assert!(
        found.iter().all(|piece| piece.contains("nested")) && found.len() == 1,
        "{found:.200?}"
    );
}

#[test]
fn compressed_bodies_are_read() {
    use std::io::Write as _;
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&request(&span(&[]))).expect("in memory");
    assert_eq!(pieces(&gzip.finish().expect("in memory")).len(), 1);
}

#[test]
fn text_that_begins_with_a_line_feed_stays_text() {
    assert_eq!(pieces(b"\n{\"a\":1}"), [" {\"a\":1}"]);
    assert_eq!(Framing::of(b"\n{\n  \"resourceSpans\": []\n}"), None);
    assert_eq!(Framing::of(b""), None);
}

proptest::proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(
        mut file in proptest::collection::vec(proptest::num::u8::ANY, 0..200),
        framing in 0..3_usize,
        edits in proptest::collection::vec((0.0..1.0_f64, proptest::num::u8::ANY), 0..6),
    ) {
        let framing = [Framing::Bare, Framing::Fixed32, Framing::Varint][framing];
        let mut well_formed = request(&span(&[attribute("a", &bytes(5, &bytes(1, &text("b"))))]));
        for (position, byte) in edits {
            let at = (well_formed.len() as f64 * position) as usize;
            well_formed[at] = byte;
        }
        for file in [&mut file, &mut well_formed] {
            let mut input = &file[..];
            read(&mut input, framing, &Limits::default(), &mut |piece| {
                if let Piece::Document { json, .. } = piece {
                    assert!(serde_json::from_str::<serde_json::Value>(json).is_ok(), "{json}");
                }
            })
            .expect("in memory");
            let _ = pieces(file);
        }
    }

    #[test]
    fn any_text_and_number_survives(written in "\\PC*", number_written: i64) {
        let attributes = [attribute("t", &text(&written)), attribute("i", &number(3, number_written.cast_unsigned()))];
        let found = pieces(&request(&span(&attributes)));
        let (_, json) = found[0].split_once(' ').and_then(|(_, rest)| rest.split_once(' ')).expect("placed");
        let value: serde_json::Value = serde_json::from_str(json).expect("JSON");
        let read = |index: usize, kind: &str| {
            value.pointer(&format!("/resourceSpans/0/scopeSpans/0/spans/0/attributes/{index}/value/{kind}")).cloned()
        };
        proptest::prop_assert_eq!(read(0, "stringValue"), Some(written.into()));
        proptest::prop_assert_eq!(read(1, "intValue"), Some(number_written.to_string().into()));
    }
}
