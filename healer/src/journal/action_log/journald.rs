//! systemd's journal is told of every line of the action log, as fields that `journalctl` can search by.
//!
//! Best effort, on a thread of its own with a short queue: what does not fit, or is not taken at once, is counted and left
//! out, and the file never waits. The fields are made from the finished line, so both always say the same.

mod entry;
mod socket;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError};

use self::socket::Socket;
use super::super::stats::JournalStats;

pub use self::socket::{JOURNALD_SOCKET, goes_to_journald};

/// Batches of lines that may wait.
const QUEUED: usize = 4;

type Lines = Vec<(i64, String)>;

/// Hands lines over; never waits.
#[derive(Debug)]
pub(super) struct Courier {
    queue: SyncSender<Lines>,
    stats: Arc<JournalStats>,
}

/// The thread that sends them.
#[derive(Debug)]
pub(super) struct Sending {
    path: PathBuf,
    lines: Receiver<Lines>,
    stats: Arc<JournalStats>,
}

impl Courier {
    /// One who hands over, and the thread that he hands over to; it ends when he does.
    pub(super) fn new(path: PathBuf, stats: Arc<JournalStats>) -> (Self, Sending) {
        let (queue, lines) = std::sync::mpsc::sync_channel(QUEUED);
        let sending = Sending {
            path,
            lines,
            stats: Arc::clone(&stats),
        };
        (Self { queue, stats }, sending)
    }

    pub(super) fn hand_over(&self, lines: Lines) {
        if let Err(TrySendError::Full(lines) | TrySendError::Disconnected(lines)) =
            self.queue.try_send(lines)
        {
            self.stats.count_journald_unsent(lines.len());
        }
    }
}

impl Sending {
    /// Sends until there is nobody left who hands over.
    pub(super) fn run(self) {
        let mut socket = None;
        let mut is_failing = false;
        while let Ok(lines) = self.lines.recv() {
            let unsent = self.send(&mut socket, &lines);
            if let Some((count, error)) = unsent {
                self.stats.count_journald_unsent(count);
                if !is_failing {
                    tracing::warn!(
                        path = %self.path.display(),
                        %error,
                        "cannot tell systemd's journal of actions; the action log has them all"
                    );
                }
                is_failing = true;
            } else {
                is_failing = false;
            }
        }
    }

    /// Sends lines in order, up to the first that is not taken; how many were not, and why.
    fn send(&self, open: &mut Option<Socket>, lines: &Lines) -> Option<(usize, std::io::Error)> {
        for (index, (seq, line)) in lines.iter().enumerate() {
            let Some(entry) = entry::of(line) else {
                // It was written by another version: the file has it.
                tracing::debug!(seq, "a line that says nothing to systemd's journal");
                self.stats.count_journald_unsent(1);
                continue;
            };
            let sent = match open {
                Some(socket) => socket.send(&entry),
                None => Socket::to(&self.path).and_then(|socket| open.insert(socket).send(&entry)),
            };
            if let Err(error) = sent {
                *open = None;
                return Some((lines.len() - index, error));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests;
