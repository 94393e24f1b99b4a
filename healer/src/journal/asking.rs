//! What is asked of the journal by people and by a start: pauses, quarantines, approvals, the past. Each is one operation.

use std::time::Duration;

use prunelle_foundation::clock::Now;

use super::{
    AnswerRefused, Answered, ApprovalRequest, Event, HistoryOf, Journal, JournalError, Kept,
    LogAnchor, QuarantineInForce, Undo, UndoTry, Unfinished, action_log, approvals, decisions,
    events, history, last_run, notifications, pauses, quarantines, remediations, starts, undos,
};
use crate::alert::Alert;
use crate::facts::{Approval, History, Pause};
use crate::policy::RemedyKind;
use crate::target::Target;
use crate::work::Muted;

impl Journal {
    /// Sets a pause for a person, in place of one of the same target.
    pub async fn pause(&self, pause: Pause, by: String) -> Result<(), JournalError> {
        self.ask(pauses::SetPause { pause, by }).await?;
        Ok(())
    }

    /// Ends pauses of a target (none: those that cover all) for a person; how many there were.
    pub async fn resume(
        &self,
        target: Option<Target>,
        by: String,
        at: Now,
    ) -> Result<usize, JournalError> {
        let (_, ended) = self.ask(pauses::EndPauses { target, by, at }).await?;
        Ok(ended)
    }

    /// All pauses in force at `now`.
    pub async fn pauses(&self, now: Now) -> Result<Vec<Pause>, JournalError> {
        let (_, pauses) = self.ask(history::ReadPauses(now)).await?;
        Ok(pauses)
    }

    /// Ends the quarantine of a target before its time, for a person; whether there was one.
    pub async fn release(&self, target: Target, by: String, at: Now) -> Result<bool, JournalError> {
        let operation = quarantines::ReleaseQuarantine { target, by, at };
        let (_, was_quarantined) = self.ask(operation).await?;
        Ok(was_quarantined)
    }

    /// All quarantines in force at `now`.
    pub async fn quarantines(&self, now: Now) -> Result<Vec<QuarantineInForce>, JournalError> {
        let (_, in_force) = self.ask(quarantines::ReadQuarantines(now)).await?;
        Ok(in_force)
    }

    /// Asks people whether something may be done, unless they have been asked; the question, and its answer if there is
    /// one. A new question is a line of the action log.
    pub async fn ask_approval(&self, request: ApprovalRequest) -> Result<Approval, JournalError> {
        let (_, approval) = self.ask(approvals::AskApproval(request)).await?;
        Ok(approval)
    }

    /// Answers a question for a person; refused when it is late, not the first answer, or awaited by nobody.
    pub async fn answer_approval(
        &self,
        number: i64,
        is_approved: bool,
        is_awaited: bool,
        by: String,
        at: Now,
    ) -> Result<Result<Answered, AnswerRefused>, JournalError> {
        let operation = approvals::AnswerApproval {
            number,
            is_approved,
            is_awaited,
            by,
            at,
        };
        let (_, answered) = self.ask(operation).await?;
        Ok(answered)
    }

    /// What the journal owns about a rule, its target and the host at `now`.
    pub async fn history(&self, of: HistoryOf, now: Now) -> Result<History, JournalError> {
        let operation = history::ReadHistory { of, now };
        let (_, history) = self.ask(operation).await?;
        Ok(history)
    }

    /// Remediations that had not ended.
    pub async fn unfinished(&self) -> Result<Vec<Unfinished>, JournalError> {
        let (_, unfinished) = self.ask(remediations::ReadUnfinished).await?;
        Ok(unfinished)
    }

    /// Alerts that fired when last heard of, with the time of the last confirmation on record.
    pub async fn firing(&self) -> Result<Vec<(Alert, Now)>, JournalError> {
        let (_, firing) = self.ask(notifications::Firing).await?;
        Ok(firing)
    }

    /// What was decided last about them, and how their remediations ended.
    pub async fn kept(&self) -> Result<Kept, JournalError> {
        let (_, kept) = self.ask(decisions::ReadKept).await?;
        Ok(kept)
    }

    /// What is to be undone, oldest first.
    pub async fn undos(&self) -> Result<Vec<Undo>, JournalError> {
        let (_, undos) = self.ask(undos::ReadUndos).await?;
        Ok(undos)
    }

    /// Keeps a try to undo something: one `action` line, and the end of it when it is over.
    pub async fn record_undo(&self, tried: UndoTry) -> Result<(), JournalError> {
        self.ask(undos::RecordUndo(tried)).await?;
        Ok(())
    }

    /// Which of the alerts that fired were held back when Alertmanager's API was last asked.
    pub async fn muted(&self) -> Result<Muted, JournalError> {
        let (_, muted) = self.ask(notifications::ReadMuted).await?;
        Ok(muted)
    }

    /// Starts without a clean stop before them in the last while, this run's own included. Three in five minutes:
    /// keep to observe.
    pub async fn unclean_starts_within(&self, within: Duration) -> Result<usize, JournalError> {
        let now = self.shared.clock.now();
        let (_, count) = self.ask(starts::UncleanStarts { within, now }).await?;
        Ok(count)
    }

    /// What is known of the action log outside its files.
    pub async fn log_anchor(&self) -> Result<LogAnchor, JournalError> {
        // Asked first: what is in the file now is in the journal for certain.
        let logged = self.shared.stats.logged();
        let (_, anchor) = self.ask(action_log::ReadAnchor).await?;
        Ok(LogAnchor { logged, ..anchor })
    }

    /// When a remedy was run last on this host, whatever the rule and the target; one that systemd refused was not.
    pub async fn last_started(&self, remedy: RemedyKind) -> Result<Option<Now>, JournalError> {
        let (_, started) = self.ask(last_run::LastStarted(remedy)).await?;
        Ok(started)
    }

    /// The last attempts and ends of remediations, newest first.
    pub async fn recent_actions(&self, limit: u32) -> Result<Vec<Event>, JournalError> {
        self.recent(limit, true).await
    }

    /// The last events of every kind, newest first.
    pub async fn recent_events(&self, limit: u32) -> Result<Vec<Event>, JournalError> {
        self.recent(limit, false).await
    }

    /// Events before one (none: the last ones), newest first. They are read back here, not on the journal's thread.
    pub async fn events_before(
        &self,
        seq: Option<u64>,
        limit: u32,
    ) -> Result<Vec<Event>, JournalError> {
        let seq = seq.map(|seq| i64::try_from(seq).unwrap_or(i64::MAX));
        let (_, lines) = self.ask(events::LinesBefore { seq, limit }).await?;
        lines
            .iter()
            .map(|line| serde_json::from_str(line))
            .collect::<Result<_, _>>()
            .map_err(|error| JournalError::Refused(error.to_string()))
    }

    /// Events after one, in their order. They are read back here, not on the journal's thread.
    pub async fn events_after(&self, seq: u64, limit: u32) -> Result<Vec<Event>, JournalError> {
        let seq = i64::try_from(seq).unwrap_or(i64::MAX);
        let (_, lines) = self.ask(events::LinesAfter { seq, limit }).await?;
        lines
            .iter()
            .map(|(_, line)| serde_json::from_str(line))
            .collect::<Result<_, _>>()
            .map_err(|error| JournalError::Refused(error.to_string()))
    }

    async fn recent(&self, limit: u32, only_actions: bool) -> Result<Vec<Event>, JournalError> {
        let operation = events::RecentEvents {
            limit,
            only_actions,
        };
        let (_, events) = self.ask(operation).await?;
        Ok(events)
    }
}
