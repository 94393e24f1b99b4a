//! Questions to people, whether a remedy may be run, and their answers.
//!
//! A question is about one rung of one revision of the policy, for one episode of an alert, on one target and victim:
//! an approval never covers anything else. Asked again, it is the same question. It is answered once, in time, and an
//! approval is used up by the admission of one remediation; after that a new question is asked. What has expired or was
//! denied stays so for the episode.

use std::time::Duration;

use jiff::Timestamp;
use prunelle_foundation::clock::Now;
use prunelle_systemd::UnitName;
use rusqlite::{OptionalExtension as _, Row, params};
use serde::Serialize;
use serde_json::Value;

use super::HistoryOf;
use super::decisions::KeptDecision;
use super::events::{EventType, NewEvent, service};
use super::history::read_target;
use super::moment::{self, boot, duration, duration_ns, timestamp_ns, wall};
use super::notifications::read_json;
use super::operation::{Operation, Run, Transaction};
use crate::facts::Approval;
use crate::reason::Reason;
use crate::target::Target;

/// Something that a person is asked to agree to.
#[derive(Clone, Debug, PartialEq)]
pub struct ApprovalRequest {
    /// Which rung, for which alert, on what.
    pub of: HistoryOf,
    /// `alertname`.
    pub alert_name: String,
    /// What would be done: an object with a `message` for people.
    pub plan: Value,
    /// How long it may be answered, and the answer holds.
    pub lasts: Duration,
    /// When.
    pub at: Now,
}

/// An answer that was kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Answered {
    /// What would be acted on.
    pub target: Target,
    /// What would be done, for people.
    pub message: String,
    /// Until when an approval may be used, by the wall clock.
    pub until: Timestamp,
}

/// Why an answer counts for nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnswerRefused {
    /// Nobody was asked that.
    #[error("there is no question {0}: `prunelle-healer status` lists those that are open")]
    Unknown(i64),
    /// Somebody was faster.
    #[error("question {number} was {answer} by {by} at {at:.0}: an answer is given once")]
    AlreadyAnswered {
        /// Which.
        number: i64,
        /// `approved` or `denied`.
        answer: String,
        /// Who.
        by: String,
        /// When.
        at: Timestamp,
    },
    /// It came too late.
    #[error("question {number} expired at {at:.0}: nothing is done until the alert begins anew")]
    Expired {
        /// Which.
        number: i64,
        /// When.
        at: Timestamp,
    },
    /// Its alert has resolved, or the policy asks otherwise by now.
    #[error(
        "nobody waits for an answer to question {0}: its alert is over, or the policy has changed since it was asked"
    )]
    Over(i64),
}

/// Asks, unless that has been asked; finds the question.
pub(super) struct AskApproval(pub(super) ApprovalRequest);

impl Operation for AskApproval {
    type Output = Approval;

    fn run(&mut self, tx: &mut Transaction<'_>) -> Run<Self::Output> {
        let request = &self.0;
        if let Some(asked) = tx.approval(&request.of)? {
            return Ok(asked);
        }
        let of = &request.of;
        tx.execute(
            "INSERT INTO approvals (rule, target, victim, remedy, rung, policy_revision,
                 alert_name, fingerprint, starts_at, plan, lasts, since_wall, since_boot, since_boot_id)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
            params![
                of.rule,
                of.target.to_string(),
                of.victim.as_ref().map(UnitName::as_str),
                of.remedy,
                of.rung,
                of.policy_revision,
                request.alert_name,
                of.episode.fingerprint.as_str(),
                timestamp_ns(of.episode.starts_at),
                request.plan.to_string(),
                duration_ns(request.lasts),
                wall(&request.at),
                boot(&request.at),
                request.at.boot_id.as_str(),
            ],
        )?;
        let number = tx.conn.last_insert_rowid();
        add_question(tx, request, number)?;
        tx.keep_decision(&KeptDecision {
            episode: of.episode.clone(),
            rule: of.rule.clone(),
            rung: None,
            reason: Reason::AwaitingApproval,
            is_deferred: true,
            since: request.at.wall,
        })?;
        Ok(Approval {
            number,
            since: request.at.clone(),
            lasts: request.lasts,
            is_approved: None,
        })
    }
}

/// Answers a question.
pub(super) struct AnswerApproval {
    pub(super) number: i64,
    pub(super) is_approved: bool,
    /// Whether a remediation waits for it.
    pub(super) is_awaited: bool,
    pub(super) by: String,
    pub(super) at: Now,
}

impl Operation for AnswerApproval {
    type Output = Result<Answered, AnswerRefused>;

    fn run(&mut self, tx: &mut Transaction<'_>) -> Run<Self::Output> {
        let number = self.number;
        let Some(asked) = tx.asked(number)? else {
            return Ok(Err(AnswerRefused::Unknown(number)));
        };
        if let Some(refused) = asked.refusal(number, tx.boots.known.waited(&asked.since, &self.at))
        {
            return Ok(Err(refused));
        }
        if !self.is_awaited {
            return Ok(Err(AnswerRefused::Over(number)));
        }
        let answer = if self.is_approved {
            "approved"
        } else {
            "denied"
        };
        tx.execute(
            "UPDATE approvals SET answer = ?2, answered_by = ?3, answered_wall = ?4 WHERE number = ?1",
            params![number, answer, self.by, wall(&self.at)],
        )?;
        add_answer(tx, self, &asked)?;
        Ok(Ok(Answered {
            until: asked.until(),
            message: asked.message().to_owned(),
            target: asked.target,
        }))
    }
}

impl Transaction<'_> {
    /// What was asked about a rung and is not used up by another remediation.
    pub(super) fn approval(&self, of: &HistoryOf) -> Run<Option<Approval>> {
        let approval = self
            .prepare(
                "SELECT number, since_wall, since_boot, since_boot_id, lasts, answer FROM approvals
                 WHERE fingerprint = ?1 AND starts_at = ?2 AND rule = ?3 AND target = ?4
                   AND remedy = ?5 AND rung = ?6 AND victim IS ?7 AND policy_revision = ?8
                   AND (used_by IS NULL OR used_by = ?9)
                 ORDER BY number DESC LIMIT 1",
            )?
            .query_row(
                params![
                    of.episode.fingerprint.as_str(),
                    timestamp_ns(of.episode.starts_at),
                    of.rule,
                    of.target.to_string(),
                    of.remedy,
                    of.rung,
                    of.victim.as_ref().map(UnitName::as_str),
                    of.policy_revision,
                    of.remediation.to_string(),
                ],
                |row| {
                    let answer: Option<String> = row.get(5)?;
                    Ok(Approval {
                        number: row.get(0)?,
                        since: moment::read_now(row, 1)?,
                        lasts: duration(row.get(4)?),
                        is_approved: answer.map(|answer| answer == "approved"),
                    })
                },
            )
            .optional()?;
        Ok(approval)
    }

    /// The remediation that is admitted now uses the approval of its rung, if it needed one.
    pub(super) fn use_up_approval(&mut self, of: &HistoryOf) -> Run<()> {
        if let Some(approval) = self.approval(of)?
            && approval.is_approved == Some(true)
        {
            self.execute(
                "UPDATE approvals SET used_by = ?2 WHERE number = ?1",
                params![approval.number, of.remediation.to_string()],
            )?;
        }
        Ok(())
    }

    fn asked(&self, number: i64) -> Run<Option<Asked>> {
        let mut statement = self.prepare(
            "SELECT rule, target, remedy, alert_name, plan, lasts, since_wall, since_boot, since_boot_id,
                 answer, answered_by, answered_wall,
                 EXISTS (SELECT 1 FROM alerts WHERE fingerprint = a.fingerprint
                     AND starts_at = a.starts_at AND status = 'resolved')
             FROM approvals AS a WHERE number = ?1",
        )?;
        let mut rows = statement.query([number])?;
        rows.next()?.map(read_asked).transpose()
    }
}

/// A question as it lies on disk.
struct Asked {
    rule: String,
    target: Target,
    remedy: String,
    alert_name: String,
    plan: Value,
    since: Now,
    lasts: Duration,
    /// The answer, by whom, when.
    answer: Option<(String, String, Timestamp)>,
    is_alert_over: bool,
}

impl Asked {
    fn until(&self) -> Timestamp {
        self.since
            .wall
            .checked_add(self.lasts)
            .unwrap_or(Timestamp::MAX)
    }

    fn message(&self) -> &str {
        self.plan
            .get("message")
            .and_then(Value::as_str)
            .unwrap_or(&self.remedy)
    }

    fn refusal(&self, number: i64, waited: Duration) -> Option<AnswerRefused> {
        if let Some((answer, by, at)) = self.answer.clone() {
            return Some(AnswerRefused::AlreadyAnswered {
                number,
                answer,
                by,
                at,
            });
        }
        if waited >= self.lasts {
            let at = self.until();
            return Some(AnswerRefused::Expired { number, at });
        }
        self.is_alert_over.then_some(AnswerRefused::Over(number))
    }
}

fn read_asked(row: &Row<'_>) -> Run<Asked> {
    let answer: Option<String> = row.get(9)?;
    let by: Option<String> = row.get(10)?;
    let at: Option<i64> = row.get(11)?;
    Ok(Asked {
        rule: row.get(0)?,
        target: read_target(row.get(1)?)?,
        remedy: row.get(2)?,
        alert_name: row.get(3)?,
        plan: read_json(row, 4)?,
        lasts: duration(row.get(5)?),
        since: moment::read_now(row, 6)?,
        answer: answer.map(|answer| {
            let at = moment::timestamp(at.unwrap_or_default());
            (answer, by.unwrap_or_default(), at)
        }),
        is_alert_over: row.get(12)?,
    })
}

fn add_question(tx: &mut Transaction<'_>, request: &ApprovalRequest, number: i64) -> Run<()> {
    #[derive(Serialize)]
    struct Details<'a> {
        alert: &'a str,
        rule: &'a str,
        target: &'a Target,
        #[serde(skip_serializing_if = "Option::is_none")]
        victim: Option<&'a UnitName>,
        reason: Reason,
        #[serde(flatten)]
        episode: &'a crate::alert::Episode,
        approval: i64,
        expires_at: Option<Timestamp>,
        plan: &'a Value,
    }
    let of = &request.of;
    let plan = request
        .plan
        .get("message")
        .and_then(Value::as_str)
        .unwrap_or(&of.remedy);
    tx.add_event(&NewEvent {
        at: &request.at,
        event_type: EventType::Decision,
        action_type: None,
        status: "DEFERRED",
        service: of
            .victim
            .as_ref()
            .map(UnitName::as_str)
            .or_else(|| service(&of.target)),
        message: &format!("question {number}, for a person to answer: {plan}"),
        details: &Details {
            alert: &request.alert_name,
            rule: &of.rule,
            target: &of.target,
            victim: of.victim.as_ref(),
            reason: Reason::AwaitingApproval,
            episode: &of.episode,
            approval: number,
            expires_at: request.at.wall.checked_add(request.lasts).ok(),
            plan: &request.plan,
        },
    })
}

fn add_answer(tx: &mut Transaction<'_>, answer: &AnswerApproval, asked: &Asked) -> Run<()> {
    #[derive(Serialize)]
    struct Details<'a> {
        alert: &'a str,
        rule: &'a str,
        target: &'a Target,
        remedy: &'a str,
        approval: i64,
        by: &'a str,
    }
    let (status, verb) = if answer.is_approved {
        ("APPROVED", "approved")
    } else {
        ("DENIED", "denied")
    };
    let (number, by) = (answer.number, &answer.by);
    tx.add_event(&NewEvent {
        at: &answer.at,
        event_type: EventType::Decision,
        action_type: None,
        status,
        service: service(&asked.target),
        message: &format!("{by} {verb} question {number}: {}", asked.message()),
        details: &Details {
            alert: &asked.alert_name,
            rule: &asked.rule,
            target: &asked.target,
            remedy: &asked.remedy,
            approval: number,
            by,
        },
    })
}
