//! How other parts speak to the engine: commands with an answer, sent through a bounded channel.

use tokio::sync::{mpsc, oneshot};

use crate::facts::Pause;
use crate::journal::{AnswerRefused, Answered, JournalError};
use crate::target::Target;
use crate::view::HeartbeatView;

/// Where an answer goes once it is durable.
pub type Reply<T> = oneshot::Sender<Result<T, JournalError>>;

/// What the engine can be told to do. `by` is the person who asked.
#[derive(Debug)]
pub enum Command {
    /// Set a pause, in place of one of the same target.
    Pause {
        /// The pause.
        pause: Pause,
        /// Who.
        by: String,
        /// Told once it is durable.
        reply: Reply<()>,
    },
    /// End the pauses and the quarantine of a target; none: the pauses that cover all.
    Resume {
        /// Which.
        target: Option<Target>,
        /// Who.
        by: String,
        /// Told what there was to end.
        reply: Reply<Resumed>,
    },
    /// End the quarantine of a target.
    Release {
        /// Which.
        target: Target,
        /// Who.
        by: String,
        /// Told whether there was one.
        reply: Reply<bool>,
    },
    /// Answer a question.
    Answer {
        /// Which.
        number: i64,
        /// Yes or no.
        is_approved: bool,
        /// Who.
        by: String,
        /// Told what was answered, or why that counts for nothing.
        reply: Reply<Result<Answered, AnswerRefused>>,
    },
    /// Show this of the heartbeat.
    Heartbeat(Option<HeartbeatView>),
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
    pub async fn pause(&self, pause: Pause, by: String) -> Result<(), JournalError> {
        self.ask(|reply| Command::Pause { pause, by, reply }).await
    }

    /// Ends the pauses and the quarantine of a target (none: the pauses that cover all). Every alert that is still
    /// active is guarded again.
    pub async fn resume(
        &self,
        target: Option<Target>,
        by: String,
    ) -> Result<Resumed, JournalError> {
        self.ask(|reply| Command::Resume { target, by, reply })
            .await
    }

    /// Ends the quarantine of a target; whether there was one. Every alert that is still active is guarded again.
    pub async fn release(&self, target: Target, by: String) -> Result<bool, JournalError> {
        self.ask(|reply| Command::Release { target, by, reply })
            .await
    }

    /// Answers a question for a person; what waits for it goes on at once.
    pub async fn answer(
        &self,
        number: i64,
        is_approved: bool,
        by: String,
    ) -> Result<Result<Answered, AnswerRefused>, JournalError> {
        self.ask(|reply| Command::Answer {
            number,
            is_approved,
            by,
            reply,
        })
        .await
    }

    /// Shows what is known of the heartbeat; none when it is not watched.
    pub async fn heartbeat(&self, view: Option<HeartbeatView>) {
        // The engine has ended: there is nobody to show it to.
        let _ = self.commands.send(Command::Heartbeat(view)).await;
    }

    /// Has every active alert guarded again, because a switch outside the journal changed.
    pub async fn guard_again(&self) {
        // The engine has ended: there is nothing left to guard.
        let _ = self.commands.send(Command::GuardAgain).await;
    }

    async fn ask<T>(&self, command: impl FnOnce(Reply<T>) -> Command) -> Result<T, JournalError> {
        let (reply, answer) = oneshot::channel();
        self.commands
            .send(command(reply))
            .await
            .map_err(|_| JournalError::Closed)?;
        answer.await.map_err(|_| JournalError::Closed)?
    }
}
