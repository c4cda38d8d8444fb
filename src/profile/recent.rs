//! Small keyed memories with a bound.

use std::hash::{Hash, Hasher};

use rustc_hash::{FxHashMap, FxHasher};

/// A map that remembers at least the last `capacity` insertions and at most twice as many. When the
/// young half is full it becomes the old half and the previous old half is forgotten: joins between
/// records that lie near each other need no more, and memory stays flat over any number of events.
pub struct Recent<K, V> {
    capacity: usize,
    young: FxHashMap<K, V>,
    old: FxHashMap<K, V>,
}

impl<K: Hash + Eq, V> Recent<K, V> {
    pub fn new(capacity: usize) -> Self {
        Self { capacity, young: FxHashMap::default(), old: FxHashMap::default() }
    }

    pub fn get(&self, key: &K) -> Option<&V> {
        self.young.get(key).or_else(|| self.old.get(key))
    }

    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        match self.young.get_mut(key) {
            Some(value) => Some(value),
            None => self.old.get_mut(key),
        }
    }

    pub fn insert(&mut self, key: K, value: V) {
        if self.young.len() >= self.capacity {
            self.old = std::mem::take(&mut self.young);
        }
        self.old.remove(&key);
        self.young.insert(key, value);
    }

    pub fn remove(&mut self, key: &K) -> Option<V> {
        let old = self.old.remove(key);
        self.young.remove(key).or(old)
    }
}

/// Values as small numbers, each kept once.
pub struct Interner<T> {
    ids: FxHashMap<T, u32>,
    values: Vec<T>,
}

impl<T: Hash + Eq + Clone> Interner<T> {
    pub fn new() -> Self {
        Self { ids: FxHashMap::default(), values: Vec::new() }
    }

    pub fn id(&mut self, value: &T) -> u32 {
        if let Some(id) = self.ids.get(value) {
            return *id;
        }
        let id = u32::try_from(self.values.len()).unwrap_or(u32::MAX);
        self.ids.insert(value.clone(), id);
        self.values.push(value.clone());
        id
    }

    pub fn find(&self, value: &T) -> Option<u32> {
        self.ids.get(value).copied()
    }

    pub fn len(&self) -> usize {
        self.values.len()
    }

    pub fn get(&self, id: u32) -> Option<&T> {
        self.values.get(id as usize)
    }

    pub fn into_values(self) -> Vec<T> {
        self.values
    }
}

/// A 64-bit key for memories whose exact keys would be too large to keep.
pub fn key(value: &impl Hash) -> u64 {
    let mut hasher = FxHasher::default();
    value.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_recent_is_remembered_and_the_distant_forgotten() {
        let mut recent = Recent::new(10);
        for number in 0..1000 {
            recent.insert(number, number);
            assert!(recent.young.len() + recent.old.len() <= 20);
        }
        assert!((990..1000).all(|number| recent.get(&number) == Some(&number)));
        assert_eq!(recent.get(&900), None);
        assert_eq!(recent.remove(&999), Some(999));
        assert_eq!(recent.get(&999), None);
    }
}
