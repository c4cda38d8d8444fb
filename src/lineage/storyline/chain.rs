//! What led to an event and what it led to, tie by tie, and where that breaks off.

use std::cmp::Reverse;
use std::collections::VecDeque;

use super::{position, words};
use crate::domain::{LinkKind, Storyline, StorylineLink, StorylinePath};

/// The ties of a storyline by either end.
pub struct Ties<'a> {
    story: &'a Storyline,
    /// Positions of links by `from`; the links themselves are sorted so.
    out: Vec<usize>,
    /// Positions of links, sorted by `to`, and where those of each event begin.
    into: Vec<u32>,
    into_starts: Vec<usize>,
}

/// What told an act to go where it went says more than the data that it took along, that more than
/// that two records are of one act, and that more than who called whom.
fn telling(kind: LinkKind) -> u8 {
    match kind {
        LinkKind::Argument => 0,
        LinkKind::Flow => 1,
        LinkKind::Correlation => 2,
        LinkKind::Delegation => 3,
    }
}

impl<'a> Ties<'a> {
    pub fn of(story: &'a Storyline) -> Self {
        let count = story.events.len();
        let mut into: Vec<u32> = (0..position(story.links.len())).collect();
        let link = |at: &u32| story.link(*at);
        into.sort_by_key(|at| link(at).map(|link| link.to));
        let out_starts = starts(count, story.links.iter().map(|link| link.from));
        let into_starts = starts(count, into.iter().filter_map(link).map(|link| link.to));
        Self { story, out: out_starts, into, into_starts }
    }

    /// The ties that begin at an event.
    fn out_of(&self, at: u32) -> impl Iterator<Item = (u32, &'a StorylineLink)> {
        let story = self.story;
        let range = range(&self.out, at);
        range.filter_map(move |number| Some((position(number), story.links.get(number)?)))
    }

    /// The ties that end at an event.
    fn into(&self, at: u32) -> impl Iterator<Item = (u32, &'a StorylineLink)> {
        let story = self.story;
        let numbers = self.into.get(range(&self.into_starts, at)).unwrap_or_default();
        numbers.iter().filter_map(move |number| Some((*number, story.link(*number)?)))
    }

    /// Whether `from` led to `to`: the fewest ties in a row, or the first that is missing.
    pub fn path(&self, from: u32, to: u32) -> StorylinePath {
        let forward = self.reach(from, |at| self.out_of(at).map(|(n, link)| (n, link.to)));
        if forward.reached(to) {
            return StorylinePath::Unbroken { links: self.walk(&forward, from, to) };
        }
        let backward = self.reach(to, |at| self.into(at).map(|(n, link)| (n, link.from)));
        // As far as it leads without going past the end; then the next event that leads there.
        let reached = (from..=to.max(from)).rev().find(|at| forward.reached(*at)).unwrap_or(from);
        let resumes = (reached.saturating_add(1)..to).find(|at| backward.reached(*at));
        let resumes = resumes.unwrap_or(to);
        let title = |at: u32| self.story.event(at).map(words::title).unwrap_or_default();
        let missing = format!("nothing ties “{}” to “{}”", title(reached), title(resumes));
        let links = self.walk(&forward, from, reached);
        StorylinePath::Broken { links, reached, resumes, missing }
    }

    /// The chain through an event: back to what it all began with, and forward to its last effect,
    /// along the most telling ties.
    pub fn chain(&self, at: u32) -> Vec<u32> {
        let mut seen = vec![false; self.story.events.len()];
        let mut chain = self.follow(at, &mut seen, |at| {
            // Of several causes the latest is the nearest.
            let rank = |link: &StorylineLink| {
                (telling(link.kind), Reverse(link.confidence), Reverse(link.from))
            };
            let next = self.into(at).min_by_key(|(number, link)| (rank(link), *number));
            next.map(|(number, link)| (number, link.from))
        });
        chain.reverse();
        chain.extend(self.follow(at, &mut seen, |at| {
            // What is merely a part of the event leads nowhere further.
            let rank = |link: &StorylineLink| {
                (telling(link.kind), Reverse(link.confidence), Reverse(link.to))
            };
            let data = |(_, link): &(u32, &StorylineLink)| telling(link.kind) <= 1;
            let next =
                self.out_of(at).filter(data).min_by_key(|(number, link)| (rank(link), *number));
            next.map(|(number, link)| (number, link.to))
        }));
        chain
    }

    fn follow(
        &self,
        start: u32,
        seen: &mut [bool],
        step: impl Fn(u32) -> Option<(u32, u32)>,
    ) -> Vec<u32> {
        let mut links = Vec::new();
        let mut at = start;
        if let Some(seen) = seen.get_mut(at as usize) {
            *seen = true;
        }
        while let Some((link, next)) = step(at) {
            match seen.get_mut(next as usize) {
                Some(seen) if !*seen => *seen = true,
                _ => break,
            }
            links.push(link);
            at = next;
        }
        links
    }

    /// Breadth first, so that every event is reached over the fewest ties.
    fn reach<I: Iterator<Item = (u32, u32)>>(&self, start: u32, next: impl Fn(u32) -> I) -> Reach {
        let mut reach = Reach { start, by: vec![None; self.story.events.len()] };
        let mut waiting = VecDeque::from([start]);
        while let Some(at) = waiting.pop_front() {
            for (link, other) in next(at) {
                if other == start {
                    continue;
                }
                if let Some(by @ None) = reach.by.get_mut(other as usize) {
                    *by = Some(link);
                    waiting.push_back(other);
                }
            }
        }
        reach
    }

    /// The ties by which an event was reached going forward, first to last.
    fn walk(&self, forward: &Reach, from: u32, to: u32) -> Vec<u32> {
        let mut links = Vec::new();
        let mut at = to;
        while at != from {
            let Some(link) = forward.by.get(at as usize).copied().flatten() else { break };
            links.push(link);
            let Some(before) = self.story.link(link) else { break };
            at = before.from;
        }
        links.reverse();
        links
    }
}

/// By which tie each event was reached first.
struct Reach {
    start: u32,
    by: Vec<Option<u32>>,
}

impl Reach {
    fn reached(&self, at: u32) -> bool {
        at == self.start || self.by.get(at as usize).is_some_and(Option::is_some)
    }
}

/// Where the run of each of `count` numbers begins in a sorted list, and where the last ends.
fn starts(count: usize, sorted: impl Iterator<Item = u32>) -> Vec<usize> {
    let mut starts = vec![0; count + 1];
    for at in sorted {
        if let Some(next) = starts.get_mut(at as usize + 1) {
            *next += 1;
        }
    }
    let mut sum = 0;
    for start in &mut starts {
        sum += *start;
        *start = sum;
    }
    starts
}

fn range(starts: &[usize], at: u32) -> std::ops::Range<usize> {
    let at = at as usize;
    match (starts.get(at), starts.get(at + 1)) {
        (Some(from), Some(until)) => *from..*until,
        _ => 0..0,
    }
}

/// The event that the story is about: the last that data of the scope left with, else the last that
/// took an argument from somewhere, else the last that a finding cites.
pub fn outcome_of(story: &Storyline) -> Option<u32> {
    let last = |kind: LinkKind| {
        story.links.iter().filter(|link| link.kind == kind).map(|link| link.to).max()
    };
    let cited = || {
        let cited = story.entries.iter().filter(|entry| !entry.marks.findings.is_empty());
        cited.filter_map(|entry| entry.body.events().last().copied()).max()
    };
    last(LinkKind::Flow).or_else(|| last(LinkKind::Argument)).or_else(cited)
}
