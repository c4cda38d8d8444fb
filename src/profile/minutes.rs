//! The minutes in which something happened, a bit each: enough to tell whether two records overlap.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::cadence::day;

/// Words of 64 bits for the minutes of a day.
const WORDS: usize = 23;

/// Minutes by day, 184 bytes a day however busy it was.
#[derive(Default)]
pub struct Minutes {
    days: BTreeMap<i64, [u64; WORDS]>,
}

impl Minutes {
    pub fn mark(&mut self, time: Timestamp) {
        let minute = usize::try_from(time.as_second().rem_euclid(86_400) / 60).unwrap_or(0);
        let words = self.days.entry(day(time)).or_insert([0; WORDS]);
        if let Some(word) = words.get_mut(minute / 64) {
            *word |= 1 << (minute % 64);
        }
    }

    /// Whether any minute of the day is marked.
    pub fn has_day(&self, time: Timestamp) -> bool {
        self.days.contains_key(&day(time))
    }

    /// Whether any minute from `start` to `end` is marked.
    pub fn any(&self, start: Timestamp, end: Timestamp) -> bool {
        let (first, last) = (start.as_second().div_euclid(60), end.as_second().div_euclid(60));
        self.days.range(day(start)..=day(end)).any(|(day, words)| {
            words.iter().zip((day * 1440..).step_by(64)).any(|(word, start)| {
                (0..64).any(|bit| word >> bit & 1 == 1 && (first..=last).contains(&(start + bit)))
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::at;
    use super::*;

    #[test]
    fn overlap_is_by_the_minute_and_over_midnight() {
        let mut minutes = Minutes::default();
        minutes.mark(at(23.99));
        assert!(minutes.any(at(23.5), at(24.5)) && minutes.any(at(23.99), at(23.99)));
        assert!(!minutes.any(at(24.0), at(30.0)) && !minutes.any(at(0.0), at(23.9)));
        assert!(minutes.has_day(at(1.0)) && !minutes.has_day(at(25.0)));
    }
}
