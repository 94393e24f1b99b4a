//! One process, held by descriptors that stay its own: nobody else can take its number meanwhile without being noticed.
//!
//! The order is the point. The folder is opened first and the pidfd second; while the folder can still be read after
//! that, its process has lived all the time, so that both are of the same process. It is compared with the plan right
//! before each signal, and the signal goes through the pidfd.

use std::os::fd::OwnedFd;

use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use super::choice::{Untouchable, untouchable};
use super::members::Members;
use crate::processes::identity::{Difference, Identity, Present};
use crate::processes::{ProcessFolder, ProcessesError};

/// A process that is held.
#[derive(Debug)]
pub(super) struct Held {
    folder: ProcessFolder,
    pidfd: AsyncFd<OwnedFd>,
}

/// Why there is no signal.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoSignal {
    /// It ended by itself.
    #[error("it has ended")]
    Gone,
    /// It is not the one that was chosen.
    #[error("{}", .0.as_str())]
    Different(Difference),
    /// It must not be touched.
    #[error("{}", .0.as_str())]
    Untouchable(Untouchable),
    /// The healer may not send it signals.
    #[error("the healer may not send it signals: that takes CAP_KILL")]
    NotPermitted,
    /// It gave back what it used.
    #[error("it gave back what it used")]
    NotNeeded,
    /// A defect of the healer's own, which the log tells.
    #[error("looking at it failed")]
    Panicked,
    /// It cannot be looked at.
    #[error(transparent)]
    Unreadable(#[from] ProcessesError),
    /// The system call failed otherwise.
    #[error("the system refused")]
    Refused(#[source] std::io::Error),
}

impl Held {
    /// Takes hold of the process with that number, whoever that is.
    pub(super) fn open(members: &Members, pid: u32) -> Result<Self, NoSignal> {
        let folder = members.proc.process(pid)?.ok_or(NoSignal::Gone)?;
        let number = i32::try_from(pid).ok().and_then(Pid::from_raw);
        let pidfd =
            pidfd_open(number.ok_or(NoSignal::Gone)?, PidfdFlags::empty()).map_err(no_signal)?;
        #[expect(
            deprecated,
            reason = "what it is deprecated for is no danger here: the descriptor is owned, and its successor is unsafe"
        )]
        let pidfd = AsyncFd::with_interest(pidfd, Interest::READABLE).map_err(NoSignal::Refused)?;
        Ok(Self { folder, pidfd })
    }

    /// Reads it again, and compares it with the one that was chosen.
    pub(super) fn look(&self, members: &Members, chosen: &Identity) -> Result<Present, NoSignal> {
        let (identity, present) = Identity::read(&self.folder)?.ok_or(NoSignal::Gone)?;
        if let Some(difference) = chosen.difference(&identity) {
            return Err(NoSignal::Different(difference));
        }
        match untouchable(&identity, &present, &members.own, &members.root) {
            Some(why) => Err(NoSignal::Untouchable(why)),
            None => Ok(present),
        }
    }

    /// Sends a signal to it, and to nobody else.
    pub(super) fn signal(&self, signal: Signal) -> Result<(), NoSignal> {
        pidfd_send_signal(self.pidfd.get_ref(), signal).map_err(no_signal)
    }

    /// Resolves when it has ended, whether or not somebody has waited for it.
    pub(super) async fn ended(&self) -> std::io::Result<()> {
        self.pidfd.readable().await.map(drop)
    }
}

fn no_signal(errno: Errno) -> NoSignal {
    match errno {
        Errno::SRCH => NoSignal::Gone,
        Errno::PERM => NoSignal::NotPermitted,
        errno => NoSignal::Refused(errno.into()),
    }
}
