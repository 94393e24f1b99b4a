//! Loaded units in the order of their names, in chunks that snapshots share.
//!
//! What must hold: a change copies at most one chunk, and the list of chunks, however many units there are and whoever
//! holds an older snapshot. Chunks are never empty, and in order.

use std::sync::Arc;

use crate::inventory::LoadedUnit;
use crate::unit::UnitName;

/// The most units in a chunk; one that grows beyond it is split.
const LARGEST: usize = 64;

type Chunk = Vec<Arc<LoadedUnit>>;

/// Units by name.
#[derive(Clone, Debug, Default)]
pub struct Roster {
    chunks: Vec<Arc<Chunk>>,
}

impl Roster {
    /// All units in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = &LoadedUnit> {
        self.chunks
            .iter()
            .flat_map(|chunk| chunk.iter().map(|unit| &**unit))
    }

    /// The unit of this name.
    pub fn get(&self, id: &UnitName) -> Option<&LoadedUnit> {
        let chunk = self.chunks.get(self.position(id))?;
        let place = chunk.binary_search_by(|unit| unit.id.cmp(id)).ok()?;
        chunk.get(place).map(|unit| &**unit)
    }

    /// How many units there are.
    pub fn len(&self) -> usize {
        self.chunks.iter().map(|chunk| chunk.len()).sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    /// Adds a unit, or replaces the one of this name.
    pub(crate) fn put(&mut self, unit: Arc<LoadedUnit>) {
        let position = self.position(&unit.id);
        let Some(chunk) = self.chunks.get_mut(position) else {
            self.chunks.push(Arc::new(vec![unit]));
            return;
        };
        let chunk = Arc::make_mut(chunk);
        match chunk.binary_search_by(|known| known.id.cmp(&unit.id)) {
            Ok(place) => {
                if let Some(known) = chunk.get_mut(place) {
                    *known = unit;
                }
            }
            Err(place) => {
                chunk.insert(place, unit);
                if chunk.len() > LARGEST {
                    let upper = chunk.split_off(LARGEST / 2);
                    self.chunks.insert(position + 1, Arc::new(upper));
                }
            }
        }
    }

    /// Takes a unit out, if it is there.
    pub(crate) fn remove(&mut self, id: &UnitName) {
        let position = self.position(id);
        let Some(chunk) = self.chunks.get_mut(position) else {
            return;
        };
        let Ok(place) = chunk.binary_search_by(|unit| unit.id.cmp(id)) else {
            return;
        };
        let chunk = Arc::make_mut(chunk);
        chunk.remove(place);
        if chunk.is_empty() {
            self.chunks.remove(position);
        }
    }

    /// The chunk in which a unit of this name is, or would be.
    fn position(&self, id: &UnitName) -> usize {
        self.chunks
            .partition_point(|chunk| chunk.first().is_some_and(|unit| unit.id <= *id))
            .saturating_sub(1)
    }
}

impl FromIterator<Arc<LoadedUnit>> for Roster {
    /// In any order; of two with the same name the later one stays.
    fn from_iter<I: IntoIterator<Item = Arc<LoadedUnit>>>(units: I) -> Self {
        let mut units: Chunk = units.into_iter().collect();
        units.sort_by(|a, b| b.id.cmp(&a.id));
        units.dedup_by(|a, b| a.id == b.id);
        let mut chunks = Vec::with_capacity(units.len().div_ceil(LARGEST / 2));
        while !units.is_empty() {
            // From the end, which is the lowest name: half full, so that there is room.
            let mut chunk = units.split_off(units.len().saturating_sub(LARGEST / 2));
            chunk.reverse();
            chunks.push(Arc::new(chunk));
        }
        Self { chunks }
    }
}

#[cfg(test)]
mod tests;
