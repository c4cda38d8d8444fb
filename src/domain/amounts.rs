//! Durations, costs and budgets in few characters.

/// Nanoseconds in the largest unit that keeps two digits.
pub fn took(nanoseconds: i64) -> String {
    const UNITS: &[(i64, &str)] = &[
        (3_600_000_000_000, "h"),
        (60_000_000_000, "min"),
        (1_000_000_000, "s"),
        (1_000_000, "ms"),
    ];
    let found = UNITS.iter().find(|(unit, _)| nanoseconds >= 2 * unit);
    let (unit, name) = found.unwrap_or(&(1_000, "us"));
    format!("{}{name}", nanoseconds / unit)
}

/// Millionths of a US dollar in dollars; empty for nothing.
pub fn dollars(millionths: u64) -> String {
    match millionths {
        0 => String::new(),
        small @ 1..10_000 => format!("${}.{:06}", small / 1_000_000, small % 1_000_000),
        cents => format!("${}.{:02}", cents / 1_000_000, cents % 1_000_000 / 10_000),
    }
}

/// What was spent, and of how much where that is limited: `27/25`.
pub fn of_budget(spent: u64, limit: Option<u64>) -> String {
    match limit {
        None => spent.to_string(),
        Some(limit) => format!("{spent}/{limit}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_short() {
        for (nanoseconds, shown) in
            [(0, "0us"), (1_500_000, "1500us"), (2_000_000, "2ms"), (7_200_000_000_000, "2h")]
        {
            assert_eq!(took(nanoseconds), shown);
        }
    }

    #[test]
    fn costs_are_in_dollars() {
        for (millionths, shown) in
            [(0, ""), (42, "$0.000042"), (10_000, "$0.01"), (12_345_678, "$12.34")]
        {
            assert_eq!(dollars(millionths), shown);
        }
    }
}
