//! Trace and span ids in all the spellings seen in the wild → lower-case hexadecimal.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::domain::Text;

/// Bytes of a trace id and of a span id.
pub const TRACE: usize = 16;
pub const SPAN: usize = 8;

/// Reads an id from its JSON: a string (hexadecimal in any case, with or without `0x`, or base64), an
/// array of bytes, or a bare integer of up to 128 bits. An id that is none of these is kept as it stands;
/// an absent, empty or all-zero one is no id.
pub fn normalise(json: &str, width: usize) -> Option<Text> {
    let json = json.trim();
    if let Some(id) = canonical(json, width) {
        return Some(Text::new(id));
    }
    let id = match json.as_bytes().first()? {
        b'"' => from_string(&serde_json::from_str::<String>(json).ok()?, width),
        b'[' => hexadecimal(&serde_json::from_str::<Vec<u8>>(json).ok()?),
        b'0'..=b'9' => format!("{:0digits$x}", json.parse::<u128>().ok()?, digits = width * 2),
        _ => return None,
    };
    let is_set = id.bytes().any(|digit| digit != b'0');
    is_set.then(|| id.into())
}

/// The common case, without a copy: lower-case digits of the right number that are not all zero.
fn canonical(json: &str, width: usize) -> Option<&str> {
    let id = json.strip_prefix('"')?.strip_suffix('"')?;
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let canonical =
        id.len() == width * 2 && id.bytes().all(is_digit) && id.bytes().any(|byte| byte != b'0');
    canonical.then_some(id)
}

fn from_string(raw: &str, width: usize) -> String {
    let digits = raw.strip_prefix("0x").unwrap_or(raw);
    if digits.len() <= width * 2 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        // Some SDKs print integers without their leading zeros.
        return format!("{:0>digits$}", digits.to_ascii_lowercase(), digits = width * 2);
    }
    const LENIENT: GeneralPurposeConfig =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    match GeneralPurpose::new(&STANDARD, LENIENT).decode(raw) {
        Ok(bytes) if bytes.len() == width => hexadecimal(&bytes),
        _ => raw.to_ascii_lowercase(),
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(json: &str, width: usize, id: &str) {
        assert_eq!(normalise(json, width), (!id.is_empty()).then(|| id.into()), "{json}");
    }

    #[test]
    fn every_spelling_of_an_id_is_the_same_id() {
        let trace = "5b8efff798038103d269b633813fc60c";
        check(&format!("\"{trace}\""), TRACE, trace);
        check(&format!("\"{}\"", trace.to_uppercase()), TRACE, trace);
        check(&format!("\"0x{trace}\""), TRACE, trace);
        check("\"W47/95gDgQPSabYzgT/GDA==\"", TRACE, trace);
        check("\"W47/95gDgQPSabYzgT/GDA\"", TRACE, trace);
        check("[91,142,255,247,152,3,129,3,210,105,182,51,129,63,198,12]", TRACE, trace);
        check("121702245401190319682828931810593850892", TRACE, trace);
        check("17", SPAN, "0000000000000011");
        check("\"0x1f\"", SPAN, "000000000000001f");
    }

    #[test]
    fn no_id_and_odd_ids() {
        check("\"\"", SPAN, "");
        check("\"0000000000000000\"", SPAN, "");
        check("null", SPAN, "");
        check("0", TRACE, "");
        check("\"Trace-One\"", TRACE, "trace-one");
        check("[1,2,300]", SPAN, "");
        check("340282366920938463463374607431768211456", TRACE, "");
    }

    proptest::proptest! {
        #[test]
        fn integers_survive_exactly(number in 1_u128..) {
            let id = normalise(&number.to_string(), TRACE).expect("an id");
            proptest::prop_assert_eq!(u128::from_str_radix(id.raw(), 16), Ok(number));
        }

        #[test]
        fn never_panics(json in "\\PC*") {
            let _ = normalise(&json, SPAN);
        }
    }
}
