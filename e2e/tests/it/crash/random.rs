//! Random moments that can be had again: the seed is printed.

use std::fs::File;
use std::io::Read as _;
use std::time::Duration;

use anyhow::Result;

/// The generator called `SplitMix64`.
pub(super) struct Random(u64);

impl Random {
    /// Seeded by `PRUNELLE_CRASH_SEED`, or by the kernel.
    pub(super) fn from_environment() -> Result<Self> {
        let seed = if let Ok(seed) = std::env::var("PRUNELLE_CRASH_SEED") {
            seed.parse()?
        } else {
            let mut bytes = [0; 8];
            File::open("/dev/urandom")?.read_exact(&mut bytes)?;
            u64::from_ne_bytes(bytes)
        };
        eprintln!("PRUNELLE_CRASH_SEED={seed}");
        Ok(Self(seed))
    }

    /// A number from 0 to `limit` − 1.
    pub(super) fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }

    /// Sleeps for any time up to `longest`: the moment after it is the random one.
    pub(super) fn sleep(&mut self, longest: Duration) {
        let longest = u64::try_from(longest.as_micros()).unwrap_or(u64::MAX);
        std::thread::sleep(Duration::from_micros(self.below(longest)));
    }
}
