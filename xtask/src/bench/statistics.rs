//! Median and percentiles of samples in seconds.

use std::fmt;

/// What is reported of a set of samples.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Summary {
    /// How many.
    pub(crate) count: usize,
    /// Half of them are at most this.
    pub(crate) median: f64,
    /// 95 % of them are at most this (nearest rank).
    pub(crate) p95: f64,
    /// 99 % of them are at most this.
    pub(crate) p99: f64,
    /// The longest.
    pub(crate) max: f64,
}

impl Summary {
    /// None of no samples.
    pub(crate) fn of(samples: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut sorted: Vec<f64> = samples.into_iter().collect();
        sorted.sort_by(f64::total_cmp);
        let rank = |percent: usize| sorted.get((sorted.len() * percent).div_ceil(100).max(1) - 1);
        Some(Self {
            count: sorted.len(),
            median: *rank(50)?,
            p95: *rank(95)?,
            p99: *rank(99)?,
            max: *sorted.last()?,
        })
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "median {:.3} s   95 % {:.3} s   max {:.3} s   ({} samples)",
            self.median, self.p95, self.max, self.count
        )
    }
}

#[cfg(test)]
mod tests {
    use super::Summary;

    #[test]
    fn percentiles_are_samples_by_nearest_rank() {
        let summary = Summary::of((1..=20).map(f64::from)).unwrap();
        assert_eq!(
            (summary.median, summary.p95, summary.p99, summary.max),
            (10.0, 19.0, 20.0, 20.0)
        );
        let summary = Summary::of([3.0]).unwrap();
        assert_eq!((summary.median, summary.p95), (3.0, 3.0));
        assert_eq!(Summary::of([]), None);
    }
}
