//! How other parts speak to the engine: commands with an answer, sent through a bounded channel.

use tokio::sync::{mpsc, oneshot};

use crate::facts::Pause;
use crate::journal::JournalError;
use crate::target::Target;

/// What the engine can be told to do.
#[derive(Debug)]
pub enum Command {
    /// Set a pause, in place of one of the same target.
    Pause {
        /// The pause.
        pause: Pause,
        /// Told once it is durable.
        reply: oneshot::Sender<Result<(), JournalError>>,
    },
    /// End the pauses and the quarantine of a target; none: the pauses that cover all.
    Resume {
        /// Which.
        target: Option<Target>,
        /// Told what there was to end.
        reply: oneshot::Sender<Result<Resumed, JournalError>>,
    },
    /// A switch outside the journal changed (the pause file): guard every active alert again.
    GuardAgain,
}

/// What a resume has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resumed {
    /// How many pauses were in force.
    pub pauses: usize,
    /// The target was in quarantine.
    pub was_quarantined: bool,
}

/// A handle to the engine; clones speak to the same one.
#[derive(Clone, Debug)]
pub struct Handle {
    commands: mpsc::Sender<Command>,
}

impl Handle {
    /// A handle and the engine's end of it.
    pub fn new() -> (Self, mpsc::Receiver<Command>) {
        let (commands, receiver) = mpsc::channel(64);
        (Self { commands }, receiver)
    }

    /// Sets a pause; resolves once it is durable.
    pub async fn pause(&self, pause: Pause) -> Result<(), JournalError> {
        let (reply, answer) = oneshot::channel();
        self.ask(Command::Pause { pause, reply }, answer).await
    }

    /// Ends the pauses and the quarantine of a target (none: the pauses that cover all). Every alert that is still
    /// active is guarded again.
    pub async fn resume(&self, target: Option<Target>) -> Result<Resumed, JournalError> {
        let (reply, answer) = oneshot::channel();
        self.ask(Command::Resume { target, reply }, answer).await
    }

    /// Has every active alert guarded again, because a switch outside the journal changed.
    pub async fn guard_again(&self) {
        // The engine has ended: there is nothing left to guard.
        let _ = self.commands.send(Command::GuardAgain).await;
    }

    async fn ask<T>(
        &self,
        command: Command,
        answer: oneshot::Receiver<Result<T, JournalError>>,
    ) -> Result<T, JournalError> {
        self.commands
            .send(command)
            .await
            .map_err(|_| JournalError::Closed)?;
        answer.await.map_err(|_| JournalError::Closed)?
    }
}
