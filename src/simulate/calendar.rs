//! The observed window: days in UTC, working days, and instants as nanoseconds.

use jiff::Timestamp;

/// Nanoseconds since 1970, UTC.
pub type Nanos = i64;

pub const SECOND: Nanos = 1_000_000_000;
pub const MINUTE: Nanos = 60 * SECOND;
pub const HOUR: Nanos = 60 * MINUTE;
pub const DAY: Nanos = 24 * HOUR;

/// Whole days from a midnight on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    pub start: Nanos,
    pub days: u32,
}

impl Window {
    /// The window that starts on the day of `start`; `None` when an instant would lie outside the
    /// years that nanoseconds can count.
    pub fn new(start: Timestamp, days: u32) -> Option<Self> {
        let nanos = Nanos::try_from(start.as_nanosecond()).ok()?;
        let start = nanos.checked_sub(nanos.rem_euclid(DAY))?;
        start.checked_add(DAY.checked_mul(i64::from(days).checked_add(1)?)?)?;
        // Configuration is dated up to two years before the window.
        start.checked_sub(800 * DAY)?;
        Some(Self { start, days })
    }

    pub fn end(&self) -> Nanos {
        self.day(self.days)
    }

    /// Midnight of the day with this index.
    pub fn day(&self, index: u32) -> Nanos {
        self.start.saturating_add(DAY.saturating_mul(i64::from(index)))
    }

    /// Monday to Friday.
    pub fn is_working(&self, index: u32) -> bool {
        // 1 January 1970 was a Thursday, the fourth day of the week.
        (self.day(index).div_euclid(DAY) + 3).rem_euclid(7) < 5
    }

    pub fn working_days(&self) -> u32 {
        (0..self.days).filter(|&day| self.is_working(day)).count() as u32
    }

    /// The `nth` working day counted from the end, starting at 1; the first day when there are fewer.
    pub fn working_day_from_end(&self, nth: u32) -> u32 {
        (0..self.days)
            .rev()
            .filter(|&day| self.is_working(day))
            .nth(nth.saturating_sub(1) as usize)
            .unwrap_or(0)
    }

    /// An instant on a day of the window.
    pub fn at(&self, day: u32, hour: i64, minute: i64) -> Nanos {
        self.day(day).saturating_add(hour * HOUR + minute * MINUTE)
    }

    /// An instant `days` before the window began, for configuration that stood already.
    pub fn before(&self, days: i64) -> Nanos {
        self.start.saturating_sub(DAY.saturating_mul(days)).saturating_add(9 * HOUR)
    }
}

pub fn timestamp(at: Nanos) -> Timestamp {
    Timestamp::from_nanosecond(i128::from(at)).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// RFC 3339 with whole seconds, as in object metadata.
pub fn seconds(at: Nanos) -> String {
    format!("{:.0}", timestamp(at))
}

/// RFC 3339 with microseconds, as in audit events.
pub fn micros(at: Nanos) -> String {
    format!("{:.6}", timestamp(at))
}

/// The calendar date.
pub fn date(at: Nanos) -> String {
    timestamp(at).strftime("%Y-%m-%d").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn working_days_are_monday_to_friday() {
        let start = "2026-10-11T13:00:00Z".parse().expect("a literal instant");
        let window = Window::new(start, 21).expect("inside the years");
        assert_eq!(seconds(window.start), "2026-10-11T00:00:00Z");
        assert_eq!(seconds(window.end()), "2026-11-01T00:00:00Z");
        assert!(!window.is_working(0), "a Sunday");
        assert!(window.is_working(1));
        assert_eq!(window.working_days(), 15);
        assert_eq!(date(window.day(window.working_day_from_end(1))), "2026-10-30");
        assert_eq!(date(window.day(window.working_day_from_end(6))), "2026-10-23");
        assert_eq!(micros(window.at(1, 9, 5)), "2026-10-12T09:05:00.000000Z");
    }

    #[test]
    fn windows_outside_the_years_are_refused() {
        assert_eq!(Window::new(Timestamp::MAX, 1), None);
        assert_eq!(Window::new(Timestamp::UNIX_EPOCH, u32::MAX), None);
    }
}
