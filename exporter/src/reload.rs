//! Reloading the settings: all or nothing.
//!
//! The file is read and everything checked first; what is wrong keeps the old settings in force. Nothing that is done
//! after that can fail. A setting that needs a restart is named and left as it is, also for later comparisons.

use jiff::Timestamp;
use prunelle_foundation::lifecycle::ReloadAnswer;
use prunelle_foundation::telemetry::LogControl;

use crate::collector::chain;
use crate::settings::difference::{Difference, difference};
use crate::settings::{Given, Loaded, table};
use crate::start::Controls;

/// What came of the last reload; the start counts as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastReload {
    /// Whether the settings in force are those of the file.
    pub is_successful: bool,
    /// When they were read.
    pub succeeded_at: Timestamp,
}

/// The one who reloads.
#[derive(Debug)]
pub struct Reloader {
    given: Given,
    running: Loaded,
    controls: Controls,
    log: LogControl,
}

impl Reloader {
    /// Reloads a program that was started with these.
    pub fn new(given: Given, running: Loaded, controls: Controls, log: LogControl) -> Self {
        Self {
            given,
            running,
            controls,
            log,
        }
    }

    /// Reads the settings again and puts them in force, or tells why not.
    pub fn reload(&mut self) -> ReloadAnswer {
        let loaded = self.given.load().map_err(|error| {
            let count = error.count();
            tracing::error!(count, %error, "cannot reload: the old settings stay in force");
            self.controls.note_failure();
            error.to_string()
        })?;
        let entries = table::entries();
        let difference = difference(&entries, &self.running.chosen, &loaded.chosen);
        self.controls.apply(&loaded.settings);
        if let Err(error) = self.log.set_level(&loaded.settings.log_level) {
            // It was checked: the log itself is gone.
            tracing::warn!(error = chain(&error), "cannot change the level of the log");
        }
        self.running.chosen.take_live(&entries, loaded.chosen);
        let Difference {
            live,
            needs_restart,
        } = &difference;
        tracing::info!(
            changed = live.join(","),
            needs_restart = needs_restart.join(","),
            "reloaded"
        );
        Ok(difference.to_string())
    }
}
