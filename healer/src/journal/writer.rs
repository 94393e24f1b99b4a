//! The journal's thread: takes whatever has queued up, commits it as one transaction, then answers everybody.
//!
//! Nobody is answered before the commit is synced. While idle the thread refills the reserve, tries whether it can
//! write again, and deletes a little of what is too old. It ends when every handle is gone, when it is closed, or
//! once the program stops and nothing was asked for two seconds.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::time::Duration;

use prunelle_foundation::clock::{Now, SharedClock};
use prunelle_foundation::lifecycle::Stop;
use rusqlite::{ErrorCode, params};
use tokio::sync::oneshot;

use super::moment;
use super::open::{Store, is_full};
use super::operation::{OperationError, Request, Run, Transaction};
use super::retention::Retention;
use super::stats::{JournalStats, Observer};

/// What the thread is sent.
pub(super) enum Message {
    /// Something to do.
    Request(Box<dyn Request>),
    /// Something to do for the action log; it does not count as work that keeps the journal open.
    Log(Box<dyn Request>),
    /// Finish what has queued up, note the clean stop, tell when everything is closed.
    Close(Option<oneshot::Sender<()>>),
    /// The last handle was dropped while its thread panicked: finish, but this was no clean stop.
    Abandoned,
}

/// Requests in one transaction, at most.
const MAX_BATCH: usize = 1024;
/// How often idle chores are due.
const TICK: Duration = Duration::from_secs(1);
/// Under load, chores are due after this long.
const TICK_UNDER_LOAD: Duration = Duration::from_secs(5);
/// Ticks without a request after which a stopping program's journal closes.
const LAST_IDLE_TICKS: u32 = 2;
/// How long the end waits for the action log to catch up.
const LOG_GRACE: Duration = Duration::from_secs(1);
/// How finely it waits.
const LOG_POLL: Duration = Duration::from_millis(20);

/// The thread's state.
pub(super) struct Writer {
    pub(super) store: Store,
    pub(super) clock: SharedClock,
    pub(super) stop: Stop,
    pub(super) stats: Arc<JournalStats>,
    pub(super) observer: Observer,
    pub(super) retention: Retention,
    /// Wakes the action log; none when none is written.
    pub(super) bell: Option<Arc<SyncSender<()>>>,
}

impl Writer {
    /// Serves until the end.
    pub(super) fn run(mut self, queue: &Receiver<Message>) {
        let mut last_tick = self.clock.now();
        let mut idle_ticks = 0;
        let (is_clean, told) = loop {
            match queue.recv_timeout(TICK) {
                Ok(Message::Request(first)) => {
                    idle_ticks = 0;
                    if let Some(end) = self.serve(first, queue) {
                        break end;
                    }
                }
                Ok(Message::Log(request)) => self.commit(vec![request]),
                Ok(Message::Close(told)) => break (true, told),
                Ok(Message::Abandoned) => break (false, None),
                Err(RecvTimeoutError::Disconnected) => break (true, None),
                Err(RecvTimeoutError::Timeout) => {
                    idle_ticks += 1;
                    if self.stop.is_stopping() && idle_ticks >= LAST_IDLE_TICKS {
                        break (true, None);
                    }
                }
            }
            let now = self.clock.now();
            if idle_ticks > 0 || now.since(&last_tick) >= TICK_UNDER_LOAD {
                self.tick(&now);
                last_tick = now;
            }
        };
        self.finish(queue, is_clean);
        // Closed and unlocked before anybody is told.
        drop(self);
        if let Some(told) = told {
            // Whoever asked may have gone.
            let _ = told.send(());
        }
    }

    /// Serves `first` and what has queued up behind it; how to end, when the end was among it.
    fn serve(
        &mut self,
        first: Box<dyn Request>,
        queue: &Receiver<Message>,
    ) -> Option<(bool, Option<oneshot::Sender<()>>)> {
        let mut batch = vec![first];
        let mut end = None;
        while batch.len() < MAX_BATCH && end.is_none() {
            match queue.try_recv() {
                Ok(Message::Request(request) | Message::Log(request)) => batch.push(request),
                Ok(Message::Close(told)) => end = Some((true, told)),
                Ok(Message::Abandoned) => end = Some((false, None)),
                Err(_) => break,
            }
        }
        self.commit(batch);
        end
    }

    /// Runs all of them in one transaction, then answers them.
    fn commit(&mut self, batch: Vec<Box<dyn Request>>) {
        let mut batch = self.put_off(batch);
        if batch.is_empty() {
            return;
        }
        let writes = batch.iter().any(|request| !request.reads_only());
        let began = self.clock.now();
        let notes_boot = writes && self.store.boots.is_due(&began);
        let result = self.insist(writes, |tx| {
            if notes_boot {
                tx.note_boot(&began)?;
            }
            batch
                .iter_mut()
                .try_for_each(|request| request.run(tx).map_err(OperationError::from))
        });
        if notes_boot && result.is_ok() {
            self.store.boots.noted(&began);
        }
        if writes {
            self.observer.committed(self.clock.now().since(&began));
        }
        match result {
            Ok(()) => answer(batch, Ok(())),
            Err(error) => {
                let why = self.explain(&error);
                tracing::error!(error = why, "cannot write the journal");
                let (reads, writes): (Vec<_>, Vec<_>) =
                    batch.into_iter().partition(|request| request.reads_only());
                answer(writes, Err(&why));
                self.read(reads);
            }
        }
    }

    /// Refuses what can wait while the last space is for repairs only; the rest.
    fn put_off(&self, batch: Vec<Box<dyn Request>>) -> Vec<Box<dyn Request>> {
        let may_wait = batch.iter().any(|request| request.can_wait());
        if !may_wait || !self.store.reserve.is_for_repairs_only() {
            return batch;
        }
        let (waits, goes_on): (Vec<_>, Vec<_>) =
            batch.into_iter().partition(|request| request.can_wait());
        answer(
            waits,
            Err("what space is left on its file system is kept for repairs"),
        );
        goes_on
    }

    /// Reads are answered even while nothing can be written.
    fn read(&mut self, mut batch: Vec<Box<dyn Request>>) {
        if batch.is_empty() {
            return;
        }
        let result = self.transact(false, &mut |tx| {
            batch
                .iter_mut()
                .try_for_each(|request| request.run(tx).map_err(OperationError::from))
        });
        match result {
            Ok(()) => answer(batch, Ok(())),
            Err(error) => answer(batch, Err(&self.explain(&error))),
        }
    }

    /// Runs `work` in a transaction, giving up the reserve slice by slice while the disk is full.
    fn insist(
        &mut self,
        writes: bool,
        mut work: impl FnMut(&mut Transaction<'_>) -> Run<()>,
    ) -> Result<(), OperationError> {
        loop {
            match self.transact(writes, &mut work) {
                Err(OperationError::Sql(error))
                    if self.lacks_space(&error) && self.store.reserve.give_up_slice() =>
                {
                    let left = self.store.reserve.held();
                    self.stats.set_reserve_bytes(left);
                    tracing::warn!(left, "disk full, a part of the reserve was given up");
                }
                result => return result,
            }
        }
    }

    /// One try.
    fn transact(
        &mut self,
        writes: bool,
        work: &mut dyn FnMut(&mut Transaction<'_>) -> Run<()>,
    ) -> Result<(), OperationError> {
        let conn = &self.store.conn;
        let changes_before = conn.total_changes();
        let result = (|| {
            execute(conn, if writes { "BEGIN IMMEDIATE" } else { "BEGIN" })?;
            let mut tx = Transaction {
                conn,
                boots: &self.store.boots,
                state: self.store.state,
            };
            work(&mut tx)?;
            let state = tx.state;
            execute(conn, "COMMIT")?;
            Ok(state)
        })();
        let has_written = conn.total_changes() > changes_before;
        match result {
            Ok(state) => {
                self.store.state = state;
                if has_written {
                    self.stats.count_commit();
                    self.stats.set_writable(true);
                }
                self.announce();
                Ok(())
            }
            Err(error) => {
                if !conn.is_autocommit()
                    && let Err(error) = execute(conn, "ROLLBACK")
                {
                    tracing::error!(%error, "cannot roll back");
                }
                if writes {
                    self.stats.set_writable(false);
                }
                Err(error)
            }
        }
    }

    /// New events: the metric's anchor, and the action log.
    fn announce(&self) {
        let sequence = self.store.state.chain.seq;
        if u64::try_from(sequence).unwrap_or(0) > self.stats.sequence() {
            self.stats.set_sequence(sequence);
            self.stats.tell_appended();
            if let Some(bell) = &self.bell {
                // Full: it has been rung already.
                let _ = bell.try_send(());
            }
        }
    }

    fn tick(&mut self, now: &Now) {
        if self.store.reserve.is_short() {
            match self.store.reserve.refill() {
                Ok(true) => tracing::info!("the reserve for a full disk is held back again"),
                Ok(false) => {}
                Err(error) => tracing::debug!(%error, "cannot hold space back for a full disk"),
            }
            self.stats.set_reserve_bytes(self.store.reserve.held());
        }
        if !self.stats.is_writable() {
            let probe = self.transact(true, &mut |tx| {
                tx.execute(
                    "UPDATE settings SET value = value + 1 WHERE name = 'probe'",
                    [],
                )?;
                Ok(())
            });
            if probe.is_ok() {
                tracing::info!("the journal can be written again");
            }
        }
        if self.stats.is_writable() && self.store.boots.is_due(now) {
            self.note_boot(now);
        }
        if self.stats.is_writable()
            && let Some(mut step) = self.retention.due(now, self.stats.logged())
        {
            match self.transact(true, &mut |tx| step.run(tx)) {
                Ok(()) => self.retention.done(&step),
                Err(error) => tracing::warn!(
                    error = self.explain(&error),
                    "cannot delete what is too old"
                ),
            }
        }
    }

    /// Notes how long this boot has lasted.
    fn note_boot(&mut self, now: &Now) {
        let noted = self.transact(true, &mut |tx| tx.note_boot(now));
        match noted {
            Ok(()) => self.store.boots.noted(now),
            Err(error) => tracing::warn!(
                error = self.explain(&error),
                "cannot note how long this boot has lasted"
            ),
        }
    }

    /// Serves what is left, lets the action log catch up, notes a clean stop.
    fn finish(&mut self, queue: &Receiver<Message>, is_clean: bool) {
        self.drain(queue);
        if let Some(bell) = &self.bell {
            // It may have written everything, and have yet to note how far the file is.
            let _ = bell.try_send(());
        }
        let mut waited = Duration::ZERO;
        while self.bell.is_some() && self.is_log_behind() && waited < LOG_GRACE {
            match queue.recv_timeout(LOG_POLL) {
                Ok(Message::Request(request) | Message::Log(request)) => {
                    self.commit(vec![request]);
                }
                Ok(Message::Close(_) | Message::Abandoned) => {}
                Err(_) => waited += LOG_POLL,
            }
        }
        self.drain(queue);
        if let (true, Some(number)) = (is_clean, self.store.start) {
            let now = self.clock.now();
            let noted = self.insist(true, |tx| {
                tx.note_boot(&now)?;
                tx.execute(
                    "UPDATE starts SET stopped = ?2 WHERE number = ?1",
                    params![number, moment::wall(&now)],
                )?;
                Ok(())
            });
            if let Err(error) = noted {
                tracing::warn!(error = self.explain(&error), "cannot note the clean stop");
            }
        }
    }

    /// Lines are missing in the file; or the program stops, and the journal does not know that they are there for
    /// good: a file that is rotated before the next start would then be written again.
    fn is_log_behind(&self) -> bool {
        let sequence = self.stats.sequence();
        self.stats.logged() < sequence
            || (self.stop.is_stopping() && self.stats.logged_for_good() < sequence)
    }

    fn drain(&mut self, queue: &Receiver<Message>) {
        while let Ok(message) = queue.try_recv() {
            if let Message::Request(request) | Message::Log(request) = message {
                self.commit(vec![request]);
            }
        }
    }

    /// Some calls report a full disk as a plain I/O fault.
    fn lacks_space(&self, error: &rusqlite::Error) -> bool {
        is_full(error)
            || (error.sqlite_error_code() == Some(ErrorCode::SystemIoFailure)
                && self.store.reserve.is_file_system_full())
    }

    fn explain(&self, error: &OperationError) -> String {
        match error {
            OperationError::Refused(why) => why.clone(),
            OperationError::Sql(error) if self.lacks_space(error) => {
                "no space left on its file system, and the reserve is used up".to_owned()
            }
            OperationError::Sql(error) => error.to_string(),
        }
    }
}

fn answer(batch: Vec<Box<dyn Request>>, committed: Result<(), &str>) {
    for request in batch {
        request.answer(committed);
    }
}

fn execute(conn: &rusqlite::Connection, sql: &str) -> Result<(), OperationError> {
    conn.prepare_cached(sql)?.execute([])?;
    Ok(())
}
