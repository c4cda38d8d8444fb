//! One sentence for each aspect, for people.

use super::compare::{Aspect, AspectComparison, Side};
use super::distance::Difference;
use super::part::{Amount, Part};
use crate::domain::baseline::AspectShift;

pub fn sentence(of: &AspectComparison) -> String {
    let noun = match of.aspect {
        Aspect::Items(part) => part.noun(),
        Aspect::Sizes(amount) => amount.noun(),
        Aspect::Hours => "records by hour of the week",
    };
    match (of.difference, of.aspect) {
        (Difference::Measured { distance, by_chance }, aspect) => {
            let change = match aspect {
                Aspect::Sizes(amount) => sizes(amount, of),
                _ => of.shifts.first().map(|shift| most(aspect, shift)),
            };
            let chance = percent(by_chance);
            let verdict = match distance > by_chance {
                true => format!("{} differ ({chance} would by chance)", percent(distance)),
                false => {
                    format!("as before ({} differ, {chance} would by chance)", percent(distance))
                }
            };
            let change = change.map_or_else(String::new, |change| format!("; {change}"));
            format!("{noun}: {verdict}{change}")
        }
        (Difference::OnlyNow, _) => {
            format!("{noun}: {} now; then, nothing was recorded to compare with", total(of.now))
        }
        (Difference::OnlyThen, _) => format!(
            "{noun}: {} then; none recorded now, which does not say that there were none",
            total(of.then)
        ),
        (Difference::NothingInCommon, _) => {
            format!("{noun}: then and now are about other things altogether")
        }
        (Difference::NotRecorded, _) => format!("{noun}: never recorded"),
    }
}

fn total(side: Option<Side>) -> u64 {
    match side {
        Some(Side::Items { total, .. }) => total,
        Some(Side::Sizes { count, .. }) => count,
        None => 0,
    }
}

/// The largest shift.
fn most(aspect: Aspect, shift: &AspectShift) -> String {
    let is_order = matches!(aspect, Aspect::Items(Part::Transitions | Part::ModelOrder));
    let what = match (shift.what.is_empty(), is_order) {
        (true, true) => "the end".to_owned(),
        _ => shift.what.visible().into_owned(),
    };
    let given = match (shift.given.is_empty(), is_order) {
        (true, true) => " at the start".to_owned(),
        (true, false) => String::new(),
        (false, true) => format!(" after {}", shift.given.visible()),
        (false, false) => format!(" of {}", shift.given.visible()),
    };
    format!(
        "most: {what}{given}, {} ({}) then, {} ({}) now",
        percent(shift.share_then),
        shift.then,
        percent(shift.share_now),
        shift.now
    )
}

fn sizes(amount: Amount, of: &AspectComparison) -> Option<String> {
    let (
        Some(Side::Sizes { median: then, high: high_then, mean: mean_then, .. }),
        Some(Side::Sizes { median: now, high: high_now, mean: mean_now, .. }),
    ) = (of.then, of.now)
    else {
        return None;
    };
    let times =
        (mean_then > 0.0).then(|| format!(", on average {:.1} times", mean_now / mean_then));
    let shown = |size| amount.shown(size);
    Some(format!(
        "median {} then, {} now; 95 % up to {} then, {} now{}",
        shown(then),
        shown(now),
        shown(high_then),
        shown(high_now),
        times.unwrap_or_default()
    ))
}

fn percent(share: f64) -> String {
    match share * 100.0 {
        small if small > 0.0 && small < 1.0 => "< 1 %".to_owned(),
        share => format!("{share:.0} %"),
    }
}
