//! Durations, small enough to keep them all: a report is exact, not estimated.

use jiff::Timestamp;

use super::summary::{Band, Spread};

/// Ends of the bands of a distribution, in seconds.
const BANDS: [u32; 8] = [2, 5, 10, 30, 60, 300, 1800, 7200];
/// Hundredths of a second: 497 days fit.
const PER_SECOND: u32 = 100;

/// Durations in hundredths of a second.
#[derive(Clone, Debug, Default)]
pub(super) struct Durations(Vec<u32>);

impl Durations {
    pub(super) fn add_between(&mut self, from: Timestamp, to: Timestamp) {
        let milliseconds = to.as_millisecond().saturating_sub(from.as_millisecond());
        self.add_milliseconds(u64::try_from(milliseconds).unwrap_or(0));
    }

    pub(super) fn add_milliseconds(&mut self, milliseconds: u64) {
        self.0
            .push(u32::try_from((milliseconds + 5) / 10).unwrap_or(u32::MAX));
    }

    pub(super) fn spread(&mut self) -> Spread {
        self.0.sort_unstable();
        Spread {
            count: self.0.len() as u64,
            median_seconds: self.sorted_at(50),
            p90_seconds: self.sorted_at(90),
            worst_seconds: self.sorted_at(100),
        }
    }

    pub(super) fn bands(&self) -> Vec<Band> {
        let ends = BANDS
            .into_iter()
            .map(|end| Some(u64::from(end)))
            .chain([None]);
        let mut bands: Vec<Band> = ends
            .map(|up_to_seconds| Band {
                up_to_seconds,
                repairs: 0,
            })
            .collect();
        for took in &self.0 {
            let place = BANDS.partition_point(|end| *took > end * PER_SECOND);
            if let Some(band) = bands.get_mut(place) {
                band.repairs += 1;
            }
        }
        bands
    }

    /// The smallest of which so many percent are no larger (nearest rank).
    fn sorted_at(&self, percent: usize) -> Option<f64> {
        let rank = (self.0.len() * percent).div_ceil(100);
        let value = self.0.get(rank.saturating_sub(1))?;
        Some(f64::from(*value) / f64::from(PER_SECOND))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_of_durations_that_were_there() {
        let mut durations = Durations::default();
        assert_eq!(durations.spread(), Spread::default());
        for seconds in [10, 1, 9, 2, 8, 3, 7, 4, 6, 5] {
            durations.add_milliseconds(seconds * 1000);
        }
        let spread = durations.spread();
        assert_eq!(
            (
                spread.count,
                spread.median_seconds,
                spread.p90_seconds,
                spread.worst_seconds
            ),
            (10, Some(5.0), Some(9.0), Some(10.0))
        );
    }

    #[test]
    fn each_duration_falls_into_one_band() {
        let mut durations = Durations::default();
        for milliseconds in [0, 2_000, 2_010, 60_000, 8_000_000] {
            durations.add_milliseconds(milliseconds);
        }
        let counts: Vec<u64> = durations.bands().iter().map(|band| band.repairs).collect();
        assert_eq!(counts, [2, 1, 0, 0, 1, 0, 0, 0, 1]);
    }

    #[test]
    fn a_clock_that_went_back_makes_nothing_negative() {
        let mut durations = Durations::default();
        durations.add_between(Timestamp::from_second(10).unwrap(), Timestamp::UNIX_EPOCH);
        assert_eq!(durations.spread().worst_seconds, Some(0.0));
    }
}
