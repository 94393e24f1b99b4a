//! Counting by name where names come from others: so many names are told apart, the rest is one.

use std::collections::BTreeMap;

/// Names that are told apart.
const MOST: usize = 1000;

/// What was counted, by name.
#[derive(Clone, Debug)]
pub(super) struct Tally<K, V> {
    counts: BTreeMap<K, V>,
    /// The name of the rest.
    others: K,
}

impl<K: Ord + Clone, V: Default> Tally<K, V> {
    pub(super) const fn new(others: K) -> Self {
        Self {
            counts: BTreeMap::new(),
            others,
        }
    }

    /// The count of a name.
    pub(super) fn of(&mut self, key: K) -> &mut V {
        let is_known = self.counts.len() < MOST || self.counts.contains_key(&key);
        let key = if is_known { key } else { self.others.clone() };
        self.counts.entry(key).or_default()
    }

    pub(super) fn into_iter(self) -> impl Iterator<Item = (K, V)> {
        self.counts.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_many_names_become_one_and_nothing_is_lost() {
        let mut tally: Tally<String, i32> = Tally::new("(others)".to_owned());
        for round in 0..2 {
            for number in 0..MOST + 500 {
                *tally.of(format!("{number:05}")) += 1;
            }
            assert_eq!(tally.counts.len(), MOST + 1, "{round}");
        }
        let total: i32 = tally.into_iter().map(|(_, count)| count).sum();
        assert_eq!(usize::try_from(total).unwrap(), 2 * (MOST + 500));
    }
}
