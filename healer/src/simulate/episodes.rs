//! Episodes out of points: consecutive points of a series are one episode, a missing point ends it.

use std::collections::HashMap;

use crate::alert::Labels;
use crate::prometheus::Series;

/// One episode as it was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// The alert's labels, those that only the series `ALERTS` has left out.
    pub labels: Labels,
    /// Milliseconds since 1970 of its first point.
    pub from: i64,
    /// Milliseconds since 1970 of where its next point would have been.
    pub to: i64,
}

/// Collects points in order of time.
#[derive(Debug)]
pub(super) struct Collector {
    step: i64,
    open: HashMap<Vec<(String, String)>, (i64, i64)>,
    ended: Vec<Recorded>,
}

impl Collector {
    /// For points that are `step` milliseconds apart.
    pub(super) fn new(step: i64) -> Self {
        Self {
            step: step.max(1),
            open: HashMap::new(),
            ended: Vec::new(),
        }
    }

    /// Takes points that are later than all before.
    pub(super) fn take(&mut self, series: Series) {
        let key: Vec<(String, String)> = series
            .labels
            .iter()
            .filter(|(name, _)| !matches!(*name, "__name__" | "alertstate"))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let mut points = series.points.into_iter().map(|(at, _)| at);
        let Some(first) = points.next() else { return };
        let mut current = match self.open.get(&key) {
            Some((from, last)) if first - last <= self.step => (*from, first),
            Some(before) => {
                let before = *before;
                self.end(&key, before);
                (first, first)
            }
            None => (first, first),
        };
        for at in points {
            if at - current.1 <= self.step {
                current.1 = at;
            } else {
                self.end(&key, current);
                current = (at, at);
            }
        }
        self.open.insert(key, current);
    }

    fn end(&mut self, key: &[(String, String)], (from, last): (i64, i64)) {
        self.ended.push(Recorded {
            labels: key.iter().cloned().collect(),
            from,
            to: last + self.step,
        });
    }

    /// All episodes in order of their beginning; none lasts beyond `until`.
    pub(super) fn finish(mut self, until: i64) -> Vec<Recorded> {
        for (key, times) in std::mem::take(&mut self.open) {
            self.end(&key, times);
        }
        for episode in &mut self.ended {
            episode.to = episode.to.min(until).max(episode.from);
        }
        // By labels as well, so that a rehearsal comes out the same each time.
        self.ended.sort_by(|a, b| {
            (a.from, a.to)
                .cmp(&(b.from, b.to))
                .then_with(|| a.labels.iter().cmp(b.labels.iter()))
        });
        self.ended
    }
}
