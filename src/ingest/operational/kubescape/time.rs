//! Times as Go prints them: `2025-06-24 10:29:46.810421941 +0000 UTC m=+66.976503851`.

use jiff::Timestamp;

/// Reads Go's default form or RFC 3339; Go's zero time is no time.
pub fn parse(raw: &str) -> Option<Timestamp> {
    let time = match raw.split(' ').collect::<Vec<_>>().as_slice() {
        [date, clock, offset, ..] => {
            let (hours, minutes) = offset.split_at_checked(3)?;
            format!("{date}T{clock}{hours}:{minutes}").parse().ok()?
        }
        _ => raw.parse().ok()?,
    };
    let zero: Timestamp = "0001-01-02T00:00:00Z".parse().ok()?;
    (time > zero).then_some(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn go_times() {
        let check = |raw: &str, time: Option<&str>| {
            assert_eq!(parse(raw).map(|time| time.to_string()).as_deref(), time, "{raw}");
        };
        check(
            "2025-06-24 10:29:46.810421941 +0000 UTC m=+66.976503851",
            Some("2025-06-24T10:29:46.810421941Z"),
        );
        check("2025-06-24 10:29:46 +0200 CEST", Some("2025-06-24T08:29:46Z"));
        check("2025-06-24T10:29:46Z", Some("2025-06-24T10:29:46Z"));
        check("0001-01-01 00:00:00 +0000 UTC", None);
        check("", None);
        check("a b é c", None);
    }
}
