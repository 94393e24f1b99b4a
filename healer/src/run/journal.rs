//! The journal in the daemon's life: opened as the settings say, asked how the last starts ended, closed last.

use std::io;
use std::os::fd::AsFd as _;
use std::os::fd::BorrowedFd;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use prunelle_foundation::clock::SharedClock;
use prunelle_foundation::lifecycle::{Stop, Tasks};

use crate::journal::{
    JOURNALD_SOCKET, Journal, JournalOptions, LogOptions, Reopening, goes_to_journald,
};
use crate::metrics::Metrics;
use crate::settings::{Journald, Settings};

/// So many unclean starts within so long: observe only.
const CRASH_LOOP: (usize, Duration) = (3, Duration::from_mins(5));

pub(super) async fn open_journal(
    settings: &Settings,
    reopening: Reopening,
    clock: &SharedClock,
    metrics: &Metrics,
    tasks: &Tasks,
) -> anyhow::Result<Journal> {
    let observer = metrics.clone();
    let options = JournalOptions {
        reserve_bytes: settings.storage_reserve.get(),
        action_log: Some(settings.actions_file.clone()),
        log: log_options(settings, reopening),
        on_commit: Some(Arc::new(move |took| observer.journal_committed(took))),
        ..JournalOptions::new(&settings.storage_path)
    };
    let (clock, inner) = (Arc::clone(clock), tasks.clone());
    // It outlives the stop signal: what is under way is still written, and closed after the engine.
    let journal = tasks
        .spawn_blocking("open-journal", move || {
            Journal::open(options, clock, &inner, Stop::new())
        })
        .await
        .context("opening the journal panicked")??;
    Ok(journal)
}

/// How the action log is kept, as the settings say.
fn log_options(settings: &Settings, reopening: Reopening) -> LogOptions {
    let actions = settings.actions;
    let is_told = match actions.journald {
        Journald::Always => true,
        Journald::Never => false,
        Journald::Auto => {
            let stream = std::env::var("JOURNAL_STREAM").ok();
            let goes_there = |output: BorrowedFd<'_>| goes_to_journald(stream.as_deref(), output);
            goes_there(io::stdout().as_fd()) || goes_there(io::stderr().as_fd())
        }
    };
    LogOptions {
        max_bytes: actions.max_size.get(),
        max_age: actions.max_age.get(),
        is_compressed: actions.is_compressed,
        keep: actions.keep.get(),
        keep_files: actions.keep_files,
        journald: is_told.then(|| JOURNALD_SOCKET.into()),
        reopening,
        on_step: None,
    }
}

pub(super) async fn is_crash_looping(journal: &Journal) -> anyhow::Result<bool> {
    let (starts, within) = CRASH_LOOP;
    let unclean = journal.unclean_starts_within(within).await?;
    let is_crash_looping = unclean >= starts;
    if is_crash_looping {
        tracing::warn!(
            unclean,
            "started uncleanly too often of late: the mode is observe until a restart in {} minutes",
            within.as_secs() / 60
        );
    }
    Ok(is_crash_looping)
}

/// However those who write end: what they wrote last is kept, and the log catches up.
pub(super) async fn close_after(writers: impl Future, journal: Journal) {
    writers.await;
    journal.close().await;
}
