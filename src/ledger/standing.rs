//! What the entries of all authors together say of each finding.
//!
//! Every author counts by key, not by name: a name can be taken by anybody. Entries may come in any
//! order; an author's own entries are ordered by their place in the author's log.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{Body, EntryHash, Recorded};
use crate::domain::TagState;
use crate::domain::{Digest, FindingId, Ruling, StorylineNote, Tag, Text, Verdict};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Every finding that has a current reading or is named in an entry.
    pub findings: BTreeMap<FindingId, FindingStanding>,
    /// Notes on storylines with the scope that each was written on, oldest first.
    pub storyline_notes: Vec<(Text, StorylineNote)>,
    /// The entries of each author's last action that still stand, by author key: what undo retracts.
    pub undoable: BTreeMap<String, Vec<EntryHash>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindingStanding {
    pub tag: TagState,
    /// Oldest first.
    pub notes: Vec<AttributedNote>,
    /// The rulings that nothing superseded, oldest first. One governs; of several, none does.
    pub rulings: Vec<AttributedRuling>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttributedNote {
    pub author: Text,
    pub at: Timestamp,
    pub text: Text,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttributedRuling {
    pub entry: EntryHash,
    pub author: Text,
    pub at: Timestamp,
    pub ruling: Ruling,
}

impl Standing {
    /// The entries that take back the author's last action, one for each of its decisions.
    pub fn undo(&self, author_key: &str, reason: &Text) -> Vec<Body> {
        let last = self.undoable.get(author_key).into_iter().flatten();
        last.map(|&entry| Body::Retract { entry, reason: reason.clone() }).collect()
    }
}

impl FindingStanding {
    /// The ruling that governs. Absent when there is none and when several contest each other.
    pub fn ruling(&self) -> Option<&Ruling> {
        match self.rulings.as_slice() {
            [only] => Some(&only.ruling),
            _ => None,
        }
    }

    pub fn is_contested(&self) -> bool {
        self.rulings.len() > 1
    }
}

/// Reads the entries against the current reading digest of every finding.
pub fn standing(entries: &[Recorded], current: &BTreeMap<FindingId, Digest>) -> Standing {
    let entries = effective(entries);
    let mut gathered: BTreeMap<FindingId, Gathered> =
        current.keys().map(|&finding| (finding, Gathered::default())).collect();
    let mut storyline_notes = Vec::new();
    let mut last_actions: BTreeMap<&str, (Timestamp, Vec<EntryHash>)> = BTreeMap::new();
    for recorded in entries {
        let entry = &recorded.entry;
        let author = entry.author_key.as_str();
        let (at, action) = last_actions.entry(author).or_insert((entry.at, Vec::new()));
        if *at != entry.at {
            (*at, *action) = (entry.at, Vec::new());
        }
        action.push(recorded.hash);
        match &entry.body {
            Body::Tag(tag) => {
                let tags = &mut gathered.entry(tag.finding).or_default().tags;
                tags.insert(author, (recorded, tag));
            }
            Body::Note { finding, text } => {
                let notes = &mut gathered.entry(*finding).or_default().notes;
                let (author, text) = (entry.author.clone(), text.clone());
                notes.push(AttributedNote { author, at: entry.at, text });
            }
            Body::StorylineNote { scope, about, text } => {
                let (author, text) = (entry.author.clone(), text.clone());
                storyline_notes.push((scope.clone(), StorylineNote { at: *about, author, text }));
            }
            Body::Ruling { ruling, supersedes } => {
                gathered.entry(ruling.finding).or_default().rule(recorded, ruling, supersedes);
            }
            // Effective entries have no retractions among them.
            Body::Retract { .. } => {}
        }
    }
    let findings = gathered
        .into_iter()
        .map(|(finding, gathered)| (finding, gathered.stand(current.get(&finding))))
        .collect();
    let undoable = last_actions.into_iter().map(|(key, (_, action))| (key.to_owned(), action));
    Standing { findings, storyline_notes, undoable: undoable.collect() }
}

/// The entries that were not retracted by their own author, each once, oldest first; an author's own
/// never out of the order of the log.
fn effective(entries: &[Recorded]) -> Vec<&Recorded> {
    let retracted: BTreeSet<(&str, EntryHash)> = entries
        .iter()
        .filter_map(|recorded| match recorded.entry.body {
            Body::Retract { entry, .. } => Some((recorded.entry.author_key.as_str(), entry)),
            _ => None,
        })
        .collect();
    let mut effective: Vec<&Recorded> = entries
        .iter()
        .filter(|recorded| {
            let own = (recorded.entry.author_key.as_str(), recorded.hash);
            !matches!(recorded.entry.body, Body::Retract { .. }) && !retracted.contains(&own)
        })
        .collect();
    // Instants rise with the sequence in every log that this program writes, so the order by instant
    // is the order of each log.
    effective.sort_by_key(|recorded| {
        let entry = &recorded.entry;
        (entry.at, entry.author_key.as_str(), entry.sequence, recorded.hash)
    });
    effective.dedup_by_key(|recorded| recorded.hash);
    effective
}

/// What stands of one finding while the entries pass by, oldest first.
#[derive(Default)]
struct Gathered<'a> {
    /// The latest tag of each author.
    tags: BTreeMap<&'a str, (&'a Recorded, &'a Tag)>,
    notes: Vec<AttributedNote>,
    rulings: Vec<(&'a str, AttributedRuling)>,
    superseded: BTreeSet<EntryHash>,
}

impl<'a> Gathered<'a> {
    /// A ruling supersedes the ones it names and the earlier ones of the same author.
    fn rule(&mut self, recorded: &'a Recorded, ruling: &Ruling, supersedes: &[EntryHash]) {
        let entry = &recorded.entry;
        self.superseded.extend(supersedes);
        self.rulings.retain(|(author, _)| *author != entry.author_key);
        self.rulings.push((
            &entry.author_key,
            AttributedRuling {
                entry: recorded.hash,
                author: entry.author.clone(),
                at: entry.at,
                ruling: ruling.clone(),
            },
        ));
    }

    fn stand(self, current: Option<&Digest>) -> FindingStanding {
        let tag = self.tag_state(current);
        let rulings = self.rulings.into_iter().map(|(_, ruling)| ruling);
        FindingStanding {
            tag,
            notes: self.notes,
            rulings: rulings.filter(|ruling| !self.superseded.contains(&ruling.entry)).collect(),
        }
    }

    /// Tags on the current reading decide; they must agree. When none is left, the latest tag on an
    /// earlier reading is shown as stale.
    fn tag_state(&self, current: Option<&Digest>) -> TagState {
        let by_time = |tagged: &&(&Recorded, &Tag)| (tagged.0.entry.at, tagged.0.hash);
        let fresh: Vec<_> =
            self.tags.values().filter(|(_, tag)| Some(&tag.reading) == current).collect();
        let verdicts: BTreeSet<Verdict> = fresh.iter().map(|(_, tag)| tag.verdict).collect();
        if verdicts.len() > 1 {
            let verdicts = fresh.iter().map(|(by, tag)| (by.entry.author.clone(), tag.verdict));
            return TagState::Contested { verdicts: verdicts.collect() };
        }
        if let Some((by, tag)) = fresh.into_iter().max_by_key(by_time) {
            return TagState::Tagged {
                verdict: tag.verdict,
                reason: tag.reason.as_str().into(),
                author: by.entry.author.clone(),
            };
        }
        match self.tags.values().max_by_key(by_time) {
            Some((by, tag)) => {
                TagState::Stale { verdict: tag.verdict, author: by.entry.author.clone() }
            }
            None => TagState::Untagged,
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil;
    use proptest::prelude::*;

    use super::*;
    use crate::domain::{Finding, GoverningRecord, Reading};
    use crate::ledger::entry::{Link, seal};
    use crate::ledger::{AuthorKey, Context, fixture, tag};

    /// The logs of some authors in memory, in the order of writing.
    #[derive(Default)]
    struct Book {
        entries: Vec<Recorded>,
    }

    impl Book {
        fn write(&mut self, author: &str, body: Body) -> EntryHash {
            let seed = author.as_bytes().first().copied().unwrap_or_default();
            let key = AuthorKey::from_seed(author, [seed; 32]).expect("a name");
            let own = self.entries.iter().filter(|entry| entry.entry.author == *author);
            let second = i64::try_from(self.entries.len()).expect("few");
            let link = Link {
                sequence: own.count() as u64,
                previous: EntryHash::ZERO,
                at: Timestamp::from_second(second).expect("in range"),
            };
            let (recorded, _) = seal(&key, link, Context::default(), body).expect("short");
            let hash = recorded.hash;
            self.entries.push(recorded);
            hash
        }

        fn tag(&mut self, author: &str, finding: &Finding, verdict: Verdict) -> EntryHash {
            let tag = tag(finding, verdict, Some(format!("says {author}").into()));
            self.write(author, Body::Tag(tag.expect("it has a reason")))
        }

        fn rule(&mut self, author: &str, finding: &Finding, over: &[EntryHash]) -> EntryHash {
            let ruling = Ruling {
                finding: finding.id,
                governing: GoverningRecord::Behavioural,
                resolver: author.into(),
                accountability: "platform".into(),
                rationale: Text::default(),
                conditions: Vec::new(),
                review_by: Some(civil::date(2026, 12, 31)),
            };
            self.write(author, Body::Ruling { ruling, supersedes: over.to_vec() })
        }

        fn retract(&mut self, author: &str, entry: EntryHash) {
            self.write(author, Body::Retract { entry, reason: "undo".into() });
        }

        fn standing(&self, findings: &[&Finding]) -> Standing {
            let digests = findings.iter().map(|finding| (finding.id, finding.reading_digest()));
            standing(&self.entries, &digests.collect())
        }

        #[track_caller]
        fn check(&self, finding: &Finding, expected: TagState) {
            assert_eq!(self.standing(&[finding]).findings[&finding.id].tag, expected);
        }
    }

    fn tagged(verdict: Verdict, author: &str) -> TagState {
        TagState::Tagged { verdict, reason: format!("says {author}").into(), author: author.into() }
    }

    #[test]
    fn the_agreed_latest_tags_are_in_effect() {
        let finding = fixture::finding("readers", Reading::Latent);
        let mut book = Book::default();
        book.check(&finding, TagState::Untagged);
        book.tag("anna", &finding, Verdict::Gap1);
        book.check(&finding, tagged(Verdict::Gap1, "anna"));
        book.tag("anna", &finding, Verdict::Gap2);
        book.check(&finding, tagged(Verdict::Gap2, "anna"));
        book.tag("ben", &finding, Verdict::Gap3);
        let verdicts = vec![("anna".into(), Verdict::Gap2), ("ben".into(), Verdict::Gap3)];
        book.check(&finding, TagState::Contested { verdicts });
        let own = book.tag("ben", &finding, Verdict::Gap2);
        book.check(&finding, tagged(Verdict::Gap2, "ben"));
        book.retract("anna", own);
        book.check(&finding, tagged(Verdict::Gap2, "ben"));
        book.retract("ben", own);
        assert!(matches!(
            book.standing(&[&finding]).findings[&finding.id].tag,
            TagState::Contested { .. }
        ));
    }

    #[test]
    fn notes_on_storylines_stand_until_they_are_taken_back() {
        let mut book = Book::default();
        let about = Timestamp::from_second(7).expect("in range");
        let mut note = |author: &str, text: &str| {
            let body = Body::StorylineNote { scope: "trace:1".into(), about, text: text.into() };
            book.write(author, body)
        };
        note("anna", "here it begins");
        let wrong = note("ben", "not here");
        book.retract("ben", wrong);
        let standing = book.standing(&[]);
        let text = "here it begins".into();
        let stands = StorylineNote { at: about, author: "anna".into(), text };
        assert_eq!(standing.storyline_notes, [("trace:1".into(), stands)]);
        assert_eq!(standing.findings, BTreeMap::new());
    }

    #[test]
    fn a_changed_reading_brings_the_finding_back() {
        let before = fixture::finding("readers", Reading::Latent);
        let after = fixture::finding("readers", Reading::Breach);
        let mut book = Book::default();
        book.tag("anna", &before, Verdict::Gap1);
        book.check(&after, TagState::Stale { verdict: Verdict::Gap1, author: "anna".into() });
        // A tag on what the finding says now outweighs one on what it said before.
        book.tag("ben", &after, Verdict::Gap2);
        book.check(&after, tagged(Verdict::Gap2, "ben"));
    }

    #[test]
    fn undo_takes_back_action_after_action() {
        let findings = ["one", "two"].map(|name| fixture::finding(name, Reading::Latent));
        let mut book = Book::default();
        for finding in &findings {
            book.tag("anna", finding, Verdict::Gap1);
        }
        let key = book.entries[0].entry.author_key.clone();
        for left in [1, 0] {
            for body in book.standing(&[]).undo(&key, &"undo".into()) {
                book.write("anna", body);
            }
            let tags = book.standing(&[]).findings;
            let tags = tags.values().filter(|finding| finding.tag != TagState::Untagged);
            assert_eq!(tags.count(), left);
        }
        assert_eq!(book.standing(&[]).undo(&key, &"undo".into()), []);
    }

    #[test]
    fn one_unsuperseded_ruling_governs_and_two_contest_each_other() {
        let finding = fixture::finding("readers", Reading::Latent);
        let mut book = Book::default();
        let governing = |book: &Book| {
            let standing = book.standing(&[&finding]).findings.remove(&finding.id);
            let standing = standing.expect("the finding is current");
            (standing.ruling().map(|ruling| ruling.resolver.clone()), standing.is_contested())
        };
        assert_eq!(governing(&book), (None, false));
        book.rule("anna", &finding, &[]);
        let annas = book.rule("anna", &finding, &[]);
        assert_eq!(governing(&book), (Some("anna".into()), false));
        let bens = book.rule("ben", &finding, &[]);
        assert_eq!(governing(&book), (None, true));
        book.rule("clara", &finding, &[annas, bens]);
        assert_eq!(governing(&book), (Some("clara".into()), false));
    }

    proptest! {
        #[test]
        fn the_order_in_which_logs_are_merged_does_not_matter(
            acts in prop::collection::vec((0_usize..3, 0_usize..3, 0_usize..6), 1..24),
            order in prop::collection::vec(any::<u32>(), 24),
        ) {
            let findings = ["one", "two", "three"].map(|name| fixture::finding(name, Reading::Latent));
            let mut book = Book::default();
            let mut made = Vec::new();
            for (author, finding, act) in acts {
                let (author, finding) = (["anna", "ben", "clara"][author], &findings[finding]);
                made.push(match act {
                    0 => book.tag(author, finding, Verdict::Gap1),
                    1 => book.tag(author, finding, Verdict::Gap2),
                    2 => book.rule(author, finding, &[]),
                    3 => book.rule(author, finding, &made),
                    4 => book.write(author, Body::Note { finding: finding.id, text: "n".into() }),
                    _ => {
                        let entry = made.last().copied().unwrap_or(EntryHash::ZERO);
                        book.write(author, Body::Retract { entry, reason: "undo".into() })
                    }
                });
            }
            let current: Vec<&Finding> = findings.iter().collect();
            let expected = book.standing(&current);
            let mut keyed: Vec<_> = order.into_iter().zip(book.entries.clone()).collect();
            keyed.sort_by_key(|(key, _)| *key);
            let mut shuffled: Vec<Recorded> = keyed.into_iter().map(|(_, entry)| entry).collect();
            // A copy of a log merged twice counts once.
            shuffled.extend(shuffled.first().cloned());
            prop_assert_eq!(Book { entries: shuffled }.standing(&current), expected);
        }
    }
}
