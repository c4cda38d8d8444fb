//! When a credential ends, as its record spells it.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::domain::containment::AccessKind;

/// RFC 3339; as CloudTrail writes the answers of STS (`Jul 31, 2024, 8:07:33 PM`, in UTC, the last
/// space narrow in some of them); or milliseconds since 1970.
pub(super) fn parse(raw: &str) -> Option<Timestamp> {
    let as_words = || {
        let plain: String = raw.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).collect();
        let time = DateTime::strptime("%b %d, %Y, %I:%M:%S %p", plain.trim()).ok()?;
        time.to_zoned(TimeZone::UTC).ok().map(|time| time.timestamp())
    };
    let as_number = || Timestamp::from_millisecond(raw.trim().parse().ok()?).ok();
    raw.trim().parse().ok().or_else(as_words).or_else(as_number)
}

/// The longest that a credential of a kind can live from its issue, whatever its record says.
///
/// AWS: 36 hours (IAM User Guide, "Disabling permissions for temporary security credentials"). Google:
/// 12 hours (IAM, "Create short-lived credentials for a service account"). Entra: 28 hours (Microsoft
/// Entra, "Continuous access evaluation").
pub(super) fn longest(kind: AccessKind) -> Option<SignedDuration> {
    match kind {
        AccessKind::AwsSession => Some(SignedDuration::from_hours(36)),
        AccessKind::GoogleToken => Some(SignedDuration::from_hours(12)),
        AccessKind::EntraToken => Some(SignedDuration::from_hours(28)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_an_expiry() {
        for (raw, expected) in [
            ("2024-07-31T20:07:33Z", Some("2024-07-31T20:07:33Z")),
            ("Jul 31, 2024, 8:07:33 PM", Some("2024-07-31T20:07:33Z")),
            ("Aug 1, 2024, 11:45:21\u{202f}AM", Some("2024-08-01T11:45:21Z")),
            ("Aug 2, 2024, 12:00:00 AM", Some("2024-08-02T00:00:00Z")),
            ("1722456453000", Some("2024-07-31T20:07:33Z")),
            ("tomorrow", None),
            ("", None),
        ] {
            let expected = expected.map(|time| time.parse::<Timestamp>().expect("a time"));
            assert_eq!(parse(raw), expected, "{raw}");
        }
    }
}
