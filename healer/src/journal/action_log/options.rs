//! How the action log is kept: when a part of it is finished, how long parts are kept, and who else is told.

use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

/// How the log's file is followed by the next one, and what becomes of the old ones. The default is a single file that
/// grows for ever.
#[derive(Clone, Default)]
pub struct LogOptions {
    /// A file is finished before it grows over so many bytes; zero: whatever its size.
    pub max_bytes: u64,
    /// A file is finished when its first line is so old; zero: whatever its age.
    pub max_age: Duration,
    /// Finished files are compressed.
    pub is_compressed: bool,
    /// Finished files are removed when their last line is so old; zero: never.
    pub keep: Duration,
    /// The newest so many finished files are kept; zero: all.
    pub keep_files: usize,
    /// The socket of systemd's journal, which is told of every event as well; none: it is not.
    pub journald: Option<PathBuf>,
    /// Whoever wants the file opened anew.
    pub reopening: Reopening,
    /// Told before each step at which a crash may matter; on the log's own threads, so it must be quick.
    pub on_step: Option<StepObserver>,
}

impl LogOptions {
    /// Files are finished here, and not by others.
    pub fn rotates(&self) -> bool {
        self.max_bytes > 0 || !self.max_age.is_zero()
    }

    pub(super) fn step(&self, step: LogStep) {
        if let Some(observe) = &self.on_step {
            observe(step);
        }
    }
}

impl fmt::Debug for LogOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogOptions")
            .field("max_bytes", &self.max_bytes)
            .field("max_age", &self.max_age)
            .field("is_compressed", &self.is_compressed)
            .field("keep", &self.keep)
            .field("keep_files", &self.keep_files)
            .field("journald", &self.journald)
            .finish_non_exhaustive()
    }
}

/// Told of each [`LogStep`].
pub type StepObserver = Arc<dyn Fn(LogStep) + Send + Sync>;

/// What is about to be done: the moments at which a crash finds the files in a state of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LogStep {
    /// The journal is told how far the file is.
    Note,
    /// The file is renamed.
    Rename,
    /// The folder is synced, so that the new name stays.
    SyncFolder,
    /// The next file is made.
    Open,
    /// A finished file is read, and its compressed form written under a name of its own.
    Compress,
    /// More of it is written.
    CompressMore,
    /// The compressed form is synced.
    SyncCompressed,
    /// It gets its name.
    NameCompressed,
    /// It is read back and compared.
    Compare,
    /// The plain form is removed.
    RemovePlain,
    /// The journal is told where the log begins from now on.
    NoteBeginning,
    /// A file that is too old is removed.
    RemoveOld,
}

/// Has the log's file opened anew under its name, as programs that rotate logs ask for; clones share one request.
#[derive(Clone, Debug, Default)]
pub struct Reopening(Arc<Request>);

#[derive(Debug, Default)]
struct Request {
    is_wanted: AtomicBool,
    /// Of whoever lives as long as the journal: a request does not keep the log from ending.
    bell: OnceLock<Weak<SyncSender<()>>>,
}

impl Reopening {
    /// Returns at once; it is done as soon as the log's thread gets to it.
    pub fn request(&self) {
        self.0.is_wanted.store(true, Ordering::Release);
        if let Some(bell) = self.0.bell.get().and_then(Weak::upgrade) {
            // Full: it has been rung already.
            let _ = bell.try_send(());
        }
    }

    /// Requests ring this bell from now on.
    pub(in crate::journal) fn ring(&self, bell: &Arc<SyncSender<()>>) {
        // Set already: two journals share the options, and the first one is asked.
        let _ = self.0.bell.set(Arc::downgrade(bell));
    }

    pub(super) fn take(&self) -> bool {
        self.0.is_wanted.swap(false, Ordering::AcqRel)
    }
}
