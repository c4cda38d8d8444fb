//! What a span says of the spans that were not recorded or were recorded in part.

use std::borrow::Cow;

use super::{Attributes, Span};

/// How a sampler writes the share that it lets through.
#[derive(Clone, Copy)]
enum Share {
    /// From 0 to 1.
    Ratio,
    Percent,
    /// One in so many.
    OneIn,
}

const SAMPLED: &[(&str, Share)] = &[
    ("sampling.probability", Share::Ratio),
    ("sampling.ratio", Share::Ratio),
    ("otel.traces.sampler.arg", Share::Ratio),
    ("sampler.param", Share::Ratio),
    ("sampling.percentage", Share::Percent),
    ("sampling_percentage", Share::Percent),
    ("SampleRate", Share::OneIn),
];

/// Fragments of what is missed around and in a span: `sampled at 10 %`, `links dropped at …`.
pub fn missed(span: &Span<'_>) -> impl Iterator<Item = Cow<'static, str>> {
    let traced = span.attached.trace_state.as_deref().and_then(share_of_tracestate);
    let share = traced.or_else(|| share_of(&span.attributes)).or(span.workload.sampled);
    let sampled = share.and_then(describe).map(Cow::Owned);
    sampled.into_iter().chain(span.attached.dropped.iter().map(|what| Cow::Borrowed(*what)))
}

/// The share of traces that is recorded, from 0 to 1, as attributes of a span or resource state it.
pub fn share_of(attributes: &Attributes<'_>) -> Option<f64> {
    SAMPLED.iter().find_map(|(key, share)| {
        let stated: f64 = attributes.text(&[key])?.parse().ok()?;
        let share = match share {
            Share::Ratio => stated,
            Share::Percent => stated / 100.0,
            Share::OneIn => 1.0 / stated,
        };
        (0.0..=1.0).contains(&share).then_some(share)
    })
}

/// OpenTelemetry's entry of a `tracestate`: `ot=th:…`, the rejection threshold in up to 14 hexadecimal
/// digits without trailing zeros, or the older `ot=p:…`, the exponent of a half
/// (<https://opentelemetry.io/docs/specs/otel/trace/tracestate-handling/>).
fn share_of_tracestate(state: &str) -> Option<f64> {
    const DIGITS: usize = 14;
    let entry = state.split(',').find_map(|member| member.trim().strip_prefix("ot="))?;
    entry.split(';').find_map(|value| match value.split_once(':')? {
        ("th", digits)
            if (1..=DIGITS).contains(&digits.len())
                && digits.bytes().all(|digit| digit.is_ascii_hexdigit()) =>
        {
            let threshold = u64::from_str_radix(&format!("{digits:0<DIGITS$}"), 16).ok()?;
            Some(1.0 - threshold as f64 / (1_u64 << (4 * DIGITS)) as f64)
        }
        ("p", exponent) => {
            exponent.parse().ok().filter(|p| (0..=62).contains(p)).map(|p| 0.5_f64.powi(p))
        }
        _ => None,
    })
}

/// Nothing when everything is recorded.
fn describe(share: f64) -> Option<String> {
    let percent = (share * 1e6).round() / 1e4;
    (share < 1.0).then(|| format!("sampled at {percent} %"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(share: Option<f64>, expected: &str) {
        assert_eq!(share.and_then(describe).unwrap_or_default(), expected);
    }

    #[test]
    fn thresholds_of_tracestates() {
        check(share_of_tracestate("ot=th:8"), "sampled at 50 %");
        check(share_of_tracestate("x=1, ot=rv:0a;th:e6666666666668"), "sampled at 10 %");
        check(share_of_tracestate("ot=p:2"), "sampled at 25 %");
        check(share_of_tracestate("ot=th:0"), "");
        for odd in ["", "ot=th:", "ot=th:123456789012345", "ot=th:é", "th:8", "ot=p:99", "ot=th:+8"]
        {
            check(share_of_tracestate(odd), "");
        }
    }

    #[test]
    fn rates_in_attributes() {
        let check_attribute = |json: &str, expected: &str| {
            let raw = serde_json::from_str(json).expect("JSON");
            check(share_of(&Attributes::from_plain(raw).expect("attributes")), expected);
        };
        check_attribute(r#"{"sampling.probability":0.125}"#, "sampled at 12.5 %");
        check_attribute(r#"{"SampleRate":20}"#, "sampled at 5 %");
        check_attribute(r#"{"sampler.type":"const","sampler.param":true}"#, "");
        check_attribute(r#"{"SampleRate":0}"#, "");
        check_attribute(r#"{"sampling_percentage":"1"}"#, "sampled at 1 %");
    }
}
