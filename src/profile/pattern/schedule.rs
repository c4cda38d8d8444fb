//! Runs at an hour or on a weekday never worked.

use jiff::tz::TimeZone;

use super::super::cadence::day;
use super::super::run::{Run, Span};
use super::super::settings::Settings;
use super::super::window::unseen_mass;
use super::{Pattern, What, first_events};

const WEEKDAYS: [&str; 7] =
    ["Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays"];

/// Runs at an hour, or on a day of the week, at which no earlier run began.
pub fn schedule(runs: &[&Run], settings: &Settings) -> Vec<Pattern> {
    let mut found = Vec::new();
    let (mut hours, mut weekdays, mut sessions) = ([0u64; 24], [0u64; 7], 0);
    let first = runs.first().map_or(0, |run| day(run.start));
    for (earlier, run) in runs.iter().enumerate() {
        let earlier = earlier as u64;
        let start = run.start.to_zoned(TimeZone::UTC);
        let hour = usize::try_from(start.hour()).unwrap_or(0);
        let weekday = usize::try_from(start.weekday().to_monday_zero_offset()).unwrap_or(0);
        let elapsed = day(run.start) - first;
        let is_long = elapsed >= i64::from(settings.irregular_days);
        let mut add = |what, compared, when: String| {
            found.push(Pattern {
                what,
                run: Some(run.id.clone()),
                at: run.start,
                compared,
                events: first_events(run),
                sentence: format!(
                    "run {} began at {} UTC; none of {compared} earlier runs over {elapsed} days \
                     began {when}",
                    run.id.visible(),
                    start.strftime("%Y-%m-%d %H:%M")
                ),
            });
        };
        if run.span == Span::Session {
            let around = [hour + 23, hour, hour + 1];
            let worked: u64 = around.iter().filter_map(|hour| hours.get(hour % 24)).sum();
            let once = hours.iter().filter(|count| **count == 1).count() as u64;
            let is_known = unseen_mass(once, sessions) <= settings.max_unseen;
            if is_long && sessions >= settings.min_runs && is_known && worked == 0 {
                let hour = u8::try_from(hour).unwrap_or(0);
                add(What::Hour(hour), sessions, "within an hour of that time of day".to_owned());
            }
            sessions += 1;
            hours.get_mut(hour).into_iter().for_each(|count| *count += 1);
        }
        if is_long && earlier >= settings.min_runs && weekdays.get(weekday) == Some(&0) {
            let name = WEEKDAYS.get(weekday).copied().unwrap_or_default();
            let number = u8::try_from(weekday).unwrap_or(0);
            add(What::Weekday(number), earlier, format!("on {name}"));
        }
        weekdays.get_mut(weekday).into_iter().for_each(|count| *count += 1);
    }
    found
}
