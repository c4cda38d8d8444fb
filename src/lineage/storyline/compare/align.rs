//! The longest common order of two lists (Myers 1986, "An O(ND) Difference Algorithm", §4).

/// More steps that are in one list only are not aligned: memory grows with their square.
const MOST: usize = 1_000;

/// The steps of both lists in an order that both keep: a position in either, or in one of them.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Alignment {
    pub steps: Vec<(Option<usize>, Option<usize>)>,
    /// The lists differ in more steps than are aligned; those between the common beginning and the
    /// common end stand apart.
    pub cut: bool,
}

pub fn align(left: &[u32], right: &[u32]) -> Alignment {
    let same = |(left, right): &(&u32, &u32)| left == right;
    let head = left.iter().zip(right).take_while(same).count();
    let rests = (left.get(head..).unwrap_or_default(), right.get(head..).unwrap_or_default());
    let tail = rests.0.iter().rev().zip(rests.1.iter().rev()).take_while(same).count();
    let (left_end, right_end) = (left.len() - tail, right.len() - tail);
    let middle = (
        left.get(head..left_end).unwrap_or_default(),
        right.get(head..right_end).unwrap_or_default(),
    );
    let common = common(middle.0, middle.1);
    let mut alignment = Alignment { cut: common.is_none(), ..Alignment::default() };
    let pairs = (0..head)
        .map(|at| (at, at))
        .chain(common.unwrap_or_default().into_iter().map(|(l, r)| (head + l, head + r)))
        .chain((0..tail).map(|at| (left_end + at, right_end + at)))
        .chain([(left.len(), right.len())]);
    let (mut left_at, mut right_at) = (0, 0);
    for (left_next, right_next) in pairs {
        alignment.steps.extend((left_at..left_next).map(|at| (Some(at), None)));
        alignment.steps.extend((right_at..right_next).map(|at| (None, Some(at))));
        if left_next < left.len() && right_next < right.len() {
            alignment.steps.push((Some(left_next), Some(right_next)));
        }
        (left_at, right_at) = (left_next + 1, right_next + 1);
    }
    alignment
}

/// How far each diagonal reaches, one step of difference after the other. Diagonal `k` is where the
/// position in the left list is `k` beyond that in the right.
#[derive(Clone)]
struct Furthest {
    least: isize,
    reach: Vec<usize>,
}

impl Furthest {
    fn at(&self, diagonal: isize) -> Option<usize> {
        let slot = usize::try_from(diagonal - self.least).ok()?;
        self.reach.get(slot).copied()
    }
}

/// The pairs of the longest common order; nothing when the lists differ too much.
fn common(left: &[u32], right: &[u32]) -> Option<Vec<(usize, usize)>> {
    let goal = isize::try_from(left.len()).ok()? - isize::try_from(right.len()).ok()?;
    let mut rounds: Vec<Furthest> = Vec::new();
    for differences in 0..=MOST {
        let most = isize::try_from(differences).ok()?;
        let last = rounds.last();
        let reach = (-most..=most).map(|diagonal| {
            let mut at = start(last, diagonal).map_or(0, |(at, _)| at).min(left.len());
            while let Some(other) = at.checked_add_signed(-diagonal)
                && left.get(at).is_some_and(|step| right.get(other) == Some(step))
            {
                at += 1;
            }
            at
        });
        let round = Furthest { least: -most, reach: reach.collect() };
        let arrived = round.at(goal) == Some(left.len());
        rounds.push(round);
        if arrived {
            return Some(trace(&rounds, left.len(), goal));
        }
    }
    None
}

/// Where a diagonal begins in the round after `last`, and from which diagonal it is entered: by a
/// step of the right list only (from above), or of the left list only (from below).
fn start(last: Option<&Furthest>, diagonal: isize) -> Option<(usize, isize)> {
    let last = last?;
    let by_right = last.at(diagonal + 1).map(|at| (at, diagonal + 1));
    let by_left = last.at(diagonal - 1).map(|at| (at + 1, diagonal - 1));
    match (by_right, by_left) {
        (Some(right), Some(left)) if left.0 > right.0 => Some(left),
        (Some(right), _) => Some(right),
        (None, left) => left,
    }
}

/// The pairs on the way back from the end.
fn trace(rounds: &[Furthest], end: usize, goal: isize) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    let (mut at, mut diagonal) = (end, goal);
    for round in (0..rounds.len()).rev() {
        let entered = round.checked_sub(1).and_then(|last| start(rounds.get(last), diagonal));
        let from = entered.map_or(0, |(from, _)| from);
        while at > from {
            at -= 1;
            pairs.extend(at.checked_add_signed(-diagonal).map(|other| (at, other)));
        }
        if let Some((from, before)) = entered {
            // A step of the left list only was taken to get here.
            at = if before < diagonal { from.saturating_sub(1) } else { from };
            diagonal = before;
        }
    }
    pairs.reverse();
    pairs
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Steps of both as they are, of the left with `<`, of the right with `>`.
    fn drawn(left: &str, right: &str) -> String {
        let numbers = |text: &str| text.bytes().map(u32::from).collect::<Vec<_>>();
        let alignment = align(&numbers(left), &numbers(right));
        assert!(!alignment.cut);
        let letter = |text: &str, at: usize| text[at..=at].to_owned();
        let told = |step: &(Option<usize>, Option<usize>)| match *step {
            (Some(at), Some(_)) => letter(left, at),
            (Some(at), None) => format!("<{}", letter(left, at)),
            (None, Some(at)) => format!(">{}", letter(right, at)),
            (None, None) => unreachable!("a row without a step"),
        };
        alignment.steps.iter().map(told).collect()
    }

    #[test]
    fn common_steps_stand_side_by_side() {
        for (left, right, expected) in [
            ("", "", ""),
            ("abc", "abc", "abc"),
            ("abc", "", "<a<b<c"),
            ("", "abc", ">a>b>c"),
            ("abc", "axc", "a<b>xc"),
            ("abcd", "abxcd", "ab>xcd"),
            ("aaa", "aa", "aa<a"),
            ("abcdef", "acef", "a<bc<def"),
            ("xay", "zaw", "<x>za<y>w"),
        ] {
            assert_eq!(drawn(left, right), expected, "{left} and {right}");
        }
    }

    #[test]
    fn lists_that_differ_too_much_keep_their_ends() {
        let left: Vec<u32> = [1].into_iter().chain(10..1_500).chain([2]).collect();
        let right: Vec<u32> = [1].into_iter().chain(20_000..21_500).chain([2]).collect();
        let alignment = align(&left, &right);
        assert!(alignment.cut);
        let pairs = alignment.steps.iter().filter(|step| step.0.is_some() && step.1.is_some());
        assert_eq!(pairs.count(), 2);
        assert_eq!(alignment.steps.len(), left.len() + right.len() - 2);
    }

    /// The length of the longest common order, by the table of all beginnings.
    fn longest(left: &[u32], right: &[u32]) -> usize {
        let mut row = vec![0; right.len() + 1];
        for step in left {
            let mut diagonal = 0;
            for (at, other) in right.iter().enumerate() {
                let above = row[at + 1];
                row[at + 1] = if step == other { diagonal + 1 } else { above.max(row[at]) };
                diagonal = above;
            }
        }
        row[right.len()]
    }

    proptest! {
        #[test]
        fn alignments_are_whole_and_longest(
            left in proptest::collection::vec(0_u32..4, 0..14),
            right in proptest::collection::vec(0_u32..4, 0..14),
        ) {
            let steps = align(&left, &right).steps;
            let of_left: Vec<usize> = steps.iter().filter_map(|step| step.0).collect();
            let of_right: Vec<usize> = steps.iter().filter_map(|step| step.1).collect();
            prop_assert_eq!(of_left, (0..left.len()).collect::<Vec<_>>());
            prop_assert_eq!(of_right, (0..right.len()).collect::<Vec<_>>());
            let pairs: Vec<_> = steps.iter().filter_map(|step| step.0.zip(step.1)).collect();
            prop_assert!(pairs.iter().all(|(l, r)| left[*l] == right[*r]));
            prop_assert_eq!(pairs.len(), longest(&left, &right));
        }
    }
}
