//! One request to the journal and the transaction it runs in.
//!
//! Many operations share one transaction; each runs inside a savepoint, so that one that is refused fails alone.
//! An operation may be run again after the whole transaction was rolled back (the disk was full and the reserve
//! was given up), so `run` must leave the operation as it found it. Callers are answered after the commit only.

use std::panic::{AssertUnwindSafe, catch_unwind};

use rusqlite::{CachedStatement, Connection, ErrorCode, Params};
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use super::JournalError;
use super::boots::SeenBoots;
use super::events::Chain;

/// Why an operation did not go through.
#[derive(Debug, thiserror::Error)]
pub(super) enum OperationError {
    /// SQLite's own.
    #[error(transparent)]
    Sql(#[from] rusqlite::Error),
    /// It contradicts what the journal holds; only this operation fails.
    #[error("{0}")]
    Refused(String),
}

impl From<serde_json::Error> for OperationError {
    fn from(error: serde_json::Error) -> Self {
        Self::Refused(error.to_string())
    }
}

/// The result of an operation.
pub(super) type Run<T> = Result<T, OperationError>;

/// What can be asked of the journal's thread.
pub(super) trait Operation: Send + 'static {
    /// What it finds out.
    type Output: Send + 'static;
    /// It writes nothing, so it is answered even while nothing can be written.
    const READS_ONLY: bool = false;
    /// It leaves the last space on the disk to what cannot wait: repairs, and the alerts that ask for them.
    const CAN_WAIT: bool = false;

    /// Does it.
    fn run(&mut self, tx: &mut Transaction<'_>) -> Run<Self::Output>;
}

/// The transaction that is open, and what is kept in memory along with it.
pub(super) struct Transaction<'s> {
    pub(super) conn: &'s Connection,
    pub(super) boots: &'s SeenBoots,
    pub(super) state: State,
}

/// Follows the database; a transaction that is rolled back leaves it untouched.
#[derive(Clone, Copy, Debug)]
pub(super) struct State {
    /// The end of the chain of events.
    pub(super) chain: Chain,
    /// The last value of `alerts.heard`.
    pub(super) heard: i64,
}

impl Transaction<'_> {
    /// A statement from the cache.
    pub(super) fn prepare(&self, sql: &str) -> rusqlite::Result<CachedStatement<'_>> {
        self.conn.prepare_cached(sql)
    }

    /// Runs a statement from the cache; how many rows it changed.
    pub(super) fn execute(&self, sql: &str, params: impl Params) -> rusqlite::Result<usize> {
        self.prepare(sql)?.execute(params)
    }

    /// Runs `work` so that it fails alone. The outer error ends the whole transaction.
    fn alone<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Run<T>,
    ) -> rusqlite::Result<Result<T, JournalError>> {
        let before = self.state;
        self.execute("SAVEPOINT alone", [])?;
        let error = match catch_unwind(AssertUnwindSafe(|| work(self))) {
            Ok(Ok(output)) => {
                self.execute("RELEASE alone", [])?;
                return Ok(Ok(output));
            }
            Ok(Err(OperationError::Sql(error))) if ends_transaction(&error) => return Err(error),
            Ok(Err(OperationError::Sql(error))) => error.to_string(),
            Ok(Err(OperationError::Refused(why))) => why,
            Err(_panic) => "it panicked".to_owned(),
        };
        self.execute("ROLLBACK TO alone", [])?;
        self.execute("RELEASE alone", [])?;
        self.state = before;
        Ok(Err(JournalError::Refused(error)))
    }
}

/// Whether the fault is the database's or the disk's rather than the operation's.
fn ends_transaction(error: &rusqlite::Error) -> bool {
    !matches!(
        error.sqlite_error_code(),
        None | Some(ErrorCode::ConstraintViolation | ErrorCode::TooBig | ErrorCode::TypeMismatch)
    )
}

/// An operation with its caller, whatever its type.
pub(super) trait Request: Send {
    /// It writes nothing.
    fn reads_only(&self) -> bool;
    /// It leaves the last space to others.
    fn can_wait(&self) -> bool;
    /// Runs it; an error ends the whole transaction.
    fn run(&mut self, tx: &mut Transaction<'_>) -> rusqlite::Result<()>;
    /// Tells the caller, once it is known whether the transaction was committed.
    fn answer(self: Box<Self>, committed: Result<(), &str>);
}

/// An operation that waits for its turn.
pub(super) struct Call<O: Operation> {
    operation: O,
    output: Option<Result<O::Output, JournalError>>,
    reply: oneshot::Sender<Result<(O, O::Output), JournalError>>,
    /// Its share of the queue, given back when it is answered.
    _permit: Option<OwnedSemaphorePermit>,
}

impl<O: Operation> Call<O> {
    /// A call, and where its answer arrives.
    pub(super) fn new(
        operation: O,
        permit: Option<OwnedSemaphorePermit>,
    ) -> (Box<Self>, Answer<O>) {
        let (reply, answer) = oneshot::channel();
        let call = Self {
            operation,
            output: None,
            reply,
            _permit: permit,
        };
        (Box::new(call), answer)
    }
}

/// Where the answer to a call arrives: the operation itself comes back with what it found.
pub(super) type Answer<O> = oneshot::Receiver<Result<(O, <O as Operation>::Output), JournalError>>;

impl<O: Operation> Request for Call<O> {
    fn reads_only(&self) -> bool {
        O::READS_ONLY
    }

    fn can_wait(&self) -> bool {
        O::CAN_WAIT
    }

    fn run(&mut self, tx: &mut Transaction<'_>) -> rusqlite::Result<()> {
        let output = tx.alone(|tx| self.operation.run(tx))?;
        self.output = Some(output);
        Ok(())
    }

    fn answer(self: Box<Self>, committed: Result<(), &str>) {
        let answer = match (committed, self.output) {
            (Ok(()), Some(Ok(output))) => Ok((self.operation, output)),
            (Ok(()), Some(Err(error))) => Err(error),
            (Ok(()), None) => Err(JournalError::Closed),
            (Err(why), _) => Err(JournalError::Unwritable(why.to_owned())),
        };
        // A caller that has gone does not want it any more; what was committed stays.
        let _ = self.reply.send(answer);
    }
}
