//! The log's threads: one writes lines, one looks after finished files, one tells systemd's journal. The first ends with the
//! journal, the others with the first.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, sync_channel};

use prunelle_foundation::clock::SharedClock;
use prunelle_foundation::lifecycle::{Stop, Tasks};

use super::ActionLog;
use super::housekeeping::Housekeeping;
use super::journald::Courier;
use super::options::LogOptions;
use crate::journal::stats::JournalStats;
use crate::journal::writer::Message;

/// What a log is started with.
pub(in crate::journal) struct Start {
    pub(in crate::journal) path: PathBuf,
    pub(in crate::journal) options: LogOptions,
    pub(in crate::journal) journal: Sender<Message>,
    /// Rung when there is something new in the journal.
    pub(in crate::journal) bell: Receiver<()>,
    pub(in crate::journal) stats: Arc<JournalStats>,
    pub(in crate::journal) clock: SharedClock,
    pub(in crate::journal) stop: Stop,
}

impl Start {
    /// Starts the threads.
    pub(in crate::journal) fn threads(self, tasks: &Tasks) -> io::Result<()> {
        let mut finished = None;
        if self.options.rotates() {
            let (bell, rung) = sync_channel(1);
            finished = Some(bell);
            let housekeeping = Housekeeping {
                path: self.path.clone(),
                options: self.options.clone(),
                journal: self.journal.clone(),
                finished: rung,
                stats: Arc::clone(&self.stats),
                clock: Arc::clone(&self.clock),
            };
            tasks.thread("action-log-parts", move || housekeeping.run())?;
        }
        let mut journald = None;
        if let Some(path) = self.options.journald.clone() {
            let (courier, sending) = Courier::new(path, Arc::clone(&self.stats));
            journald = Some(courier);
            tasks.thread("journald", move || sending.run())?;
        }
        let log = ActionLog {
            path: self.path,
            options: self.options,
            journal: self.journal,
            bell: self.bell,
            finished,
            journald,
            stats: self.stats,
            clock: self.clock,
            stop: self.stop,
        };
        tasks.thread("action-log", move || log.run())?;
        Ok(())
    }
}
