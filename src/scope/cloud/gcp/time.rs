//! Conditions on the time of the request (IAM, "Attribute reference for IAM Conditions", date/time
//! attributes).

use jiff::Timestamp;

use super::expression::literal;

type Order = fn(&Timestamp, &Timestamp) -> bool;

/// Longer operators go before those that they begin with.
const OPERATORS: [(&str, Order); 6] = [
    ("<=", Timestamp::le),
    (">=", Timestamp::ge),
    ("==", Timestamp::eq),
    ("!=", Timestamp::ne),
    ("<", Timestamp::lt),
    (">", Timestamp::gt),
];

/// Whether a comparison with `request.time` holds for a request at this instant; `None` for any other
/// expression.
pub(super) fn holds_at(instant: Timestamp, atom: &str) -> Option<bool> {
    let (operator, holds) = OPERATORS.iter().find(|(operator, _)| atom.contains(operator))?;
    let (left, right) = atom.split_once(operator)?;
    Some(holds(&moment(left, instant)?, &moment(right, instant)?))
}

/// `request.time`, or `timestamp("2026-01-01T00:00:00Z")`.
fn moment(text: &str, instant: Timestamp) -> Option<Timestamp> {
    match text.trim() {
        "request.time" => Some(instant),
        call => {
            let argument = call.strip_prefix("timestamp(")?.strip_suffix(')')?;
            literal(argument)?.parse().ok()
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("a small number")
    }

    #[test]
    fn comparisons_with_the_time_of_the_request() {
        let noon: Timestamp = "2026-07-01T12:00:00Z".parse().expect("a timestamp");
        for (atom, expected) in [
            ("request.time < timestamp('2026-07-01T12:00:01Z')", Some(true)),
            ("request.time < timestamp('2026-07-01T12:00:00Z')", Some(false)),
            ("request.time <= timestamp(\"2026-07-01T12:00:00Z\")", Some(true)),
            ("request.time >= timestamp('2026-07-01T12:00:00.001Z')", Some(false)),
            ("request.time > timestamp('2026-07-01T13:00:00+02:00')", Some(true)),
            ("request.time == timestamp('2026-07-01T12:00:00Z')", Some(true)),
            ("request.time != timestamp('2026-07-01T12:00:00Z')", Some(false)),
            ("timestamp('2026-07-01T12:00:01Z') > request.time", Some(true)),
            ("request.time<timestamp('2026-07-01T12:00:01Z')", Some(true)),
            ("request.time < timestamp('tomorrow')", None),
            ("request.time < timestamp('2026-07-01')", None),
            ("request.time.getHours('Europe/Berlin') < 17", None),
            ("resource.name == 'request.time'", None),
            ("request.time", None),
            ("", None),
        ] {
            assert_eq!(holds_at(noon, atom), expected, "{atom}");
        }
    }

    proptest! {
        #[test]
        fn every_order_agrees_with_seconds(now in 0..9_i64, then in 0..9_i64) {
            for (operator, expected) in [
                ("<", now < then),
                ("<=", now <= then),
                (">", now > then),
                (">=", now >= then),
                ("==", now == then),
                ("!=", now != then),
            ] {
                let atom = format!("request.time {operator} timestamp('{}')", at(then));
                prop_assert_eq!(holds_at(at(now), &atom), Some(expected), "{}", atom);
            }
        }
    }
}
