//! Identifiers that records share, as numbers, and the records that share them.

/// No row.
pub(super) const NONE: u32 = u32::MAX;

/// An identifier with its scope, as 64 bits of BLAKE3, and the row that carries it. Ten million
/// identifiers collide by chance once in four hundred thousand cases; who wants a false tie need not
/// look for a collision, but can write the identifier itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    value: [u32; 2],
    pub row: u32,
}

impl Key {
    fn of(scope: &[&str], identifier: &str, row: u32) -> Self {
        let mut hasher = blake3::Hasher::new();
        for part in scope.iter().copied().chain([identifier]) {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        let [a, b, c, d, e, f, g, h, ..] = *hasher.finalize().as_bytes();
        Self { value: [[a, b, c, d], [e, f, g, h]].map(u32::from_le_bytes), row }
    }
}

/// A number for a string within a scope.
pub(super) fn number(scope: &[&str], text: &str) -> u64 {
    let [high, low] = Key::of(scope, text, NONE).value;
    u64::from(high) << 32 | u64::from(low)
}

/// Who stands for an identifier (a span, a call, the issue of a credential) and who refers to it.
#[derive(Debug, Default)]
pub(super) struct Keys {
    gives: Vec<Key>,
    takes: Vec<Key>,
}

impl Keys {
    pub fn give(&mut self, row: u32, scope: &[&str], identifier: &str) {
        self.gives.push(Key::of(scope, identifier, row));
    }

    pub fn take(&mut self, row: u32, scope: &[&str], identifier: &str) {
        self.takes.push(Key::of(scope, identifier, row));
    }

    /// Makes [`Keys::groups`] ready, without the rows that are left out.
    pub fn sort(&mut self, is_kept: impl Fn(u32) -> bool) {
        for keys in [&mut self.gives, &mut self.takes] {
            keys.retain(|key| is_kept(key.row));
            keys.sort_unstable();
            keys.dedup();
        }
    }

    /// For every identifier that a row stands for: those rows, and the rows that refer to it.
    pub fn groups(&self) -> impl Iterator<Item = (&[Key], &[Key])> {
        let mut rest = self.takes.as_slice();
        self.gives.chunk_by(|a, b| a.value == b.value).map(move |gives| {
            let value = gives.first().map(|key| key.value);
            let before = rest.iter().take_while(|key| Some(key.value) < value).count();
            let (_, from) = rest.split_at(before);
            let same = from.iter().take_while(|key| Some(key.value) == value).count();
            let (takes, after) = from.split_at(same);
            rest = after;
            (gives, takes)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_hold_who_gives_and_who_takes() {
        let mut keys = Keys::default();
        for (row, id) in [(0, "a"), (1, "b"), (2, "a"), (9, "b")] {
            keys.give(row, &["scope"], id);
        }
        for (row, id) in [(3, "b"), (4, "c"), (5, "b"), (6, "a"), (5, "b")] {
            keys.take(row, &["scope"], id);
        }
        keys.take(7, &["other scope"], "a");
        keys.sort(|row| row != 9);
        let rows = |keys: &[Key]| keys.iter().map(|key| key.row).collect::<Vec<_>>();
        let mut groups: Vec<_> =
            keys.groups().map(|(gives, takes)| (rows(gives), rows(takes))).collect();
        groups.sort();
        assert_eq!(groups, [(vec![0, 2], vec![6]), (vec![1], vec![3, 5])]);
    }

    #[test]
    fn scope_and_identifier_do_not_run_into_each_other() {
        assert_ne!(number(&["ab"], "c"), number(&["a"], "bc"));
        assert_ne!(number(&[], "a"), number(&[""], "a"));
    }
}
