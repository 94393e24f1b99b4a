//! What the disk itself needs for a small write and its sync: the floor under every answer that waits for one.

use std::io::{Seek as _, Write as _};
use std::path::Path;

use anyhow::{Context, Result};
use prunelle_sandbox::wait::Stopwatch;

use super::Summary;

const SYNCS: usize = 500;
/// A page of SQLite's log with its head.
const BYTES: usize = 4096 + 24;

/// Appends and syncs, one after the other, in a folder of that file system.
pub(super) fn sync_times(folder: &Path) -> Result<Summary> {
    let mut file = tempfile::tempfile_in(folder)?;
    let block = vec![7; BYTES];
    // As the log of a running database: its blocks are allocated.
    file.write_all(&vec![0; BYTES * SYNCS])?;
    file.rewind()?;
    file.sync_all()?;
    let mut times = Vec::with_capacity(SYNCS);
    for _ in 0..SYNCS {
        let watch = Stopwatch::start();
        file.write_all(&block)?;
        file.sync_data()?;
        times.push(watch.elapsed().as_secs_f64());
    }
    Summary::of(times).context("no sync")
}
