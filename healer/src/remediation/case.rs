//! One case: an alert as one rule sees it, on one target, with the remediation that is under way or was the last.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::stream::AbortHandle;
use jiff::Timestamp;
use prunelle_foundation::clock::Now;
use serde_json::Value;

use super::RemediationId;
use super::state::{Remediation, Stage, StepId};
use crate::alert::Alert;
use crate::facts::{Approval, Facts};
use crate::journal::{Committed, Intent, Started};
use crate::leases::Lease;
use crate::policy::{Policy, Rule, Rung};
use crate::reason::Reason;
use crate::remedy::Plan;
use crate::target::Target;

/// Names a case within one run of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct CaseId(pub(super) u64);

/// What the journal has given out for the attempt under way; each is used up by the step that it allows.
#[derive(Debug, Default)]
pub(super) enum Token {
    /// Nothing.
    #[default]
    None,
    /// The intent is on disk: the start mark may be written.
    Intent(Committed<Intent>),
    /// The start mark is on disk: the remedy may run.
    Started(Committed<Started>),
}

/// The last decision that was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Decided {
    pub(super) reason: Reason,
    pub(super) is_deferred: bool,
    pub(super) since: Timestamp,
}

/// Why an ended case is not guarded again by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rest {
    /// Nothing keeps it.
    None,
    /// It was repaired: it is guarded again when the target changes for the worse, or the alert is confirmed anew.
    Repaired,
    /// A person stopped the unit during our repair: it is left alone until it has been up again, or until the alert
    /// begins anew.
    LeftToPerson,
}

/// What a person was asked about the rung that the remediation stands on.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Asked {
    pub(super) approval: Approval,
    /// What would be done, for people.
    pub(super) message: String,
}

/// One case.
#[derive(Debug)]
pub(super) struct Case {
    /// The alert, as it was when the remediation began.
    pub(super) alert: Arc<Alert>,
    /// The policy that it was begun under.
    pub(super) policy: Arc<Policy>,
    /// Index of the rule in that policy.
    pub(super) rule: usize,
    /// What it acts on.
    pub(super) target: Target,
    /// The id of the remediation.
    pub(super) remediation: RemediationId,
    /// Where the remediation stands.
    pub(super) state: Remediation,
    /// The step that is carried out, and how to stop waiting for it.
    pub(super) running: Option<(StepId, AbortHandle)>,
    /// What the guards were asked with last.
    pub(super) facts: Option<Facts>,
    /// What would be done.
    pub(super) plan: Option<Plan>,
    /// The right to act.
    pub(super) lease: Option<Lease>,
    /// What the journal has given out.
    pub(super) token: Token,
    /// The last intent, once there is one.
    pub(super) intent: Option<Intent>,
    /// What was seen of the attempt under way.
    pub(super) evidence: Value,
    /// What the last step said, for people.
    pub(super) message: String,
    /// When the first intent was written.
    pub(super) begun: Option<Now>,
    /// The last decision that was kept for this episode.
    pub(super) decided: Option<Decided>,
    /// Why rungs were passed over, as kept last.
    pub(super) skipped: BTreeMap<u32, Reason>,
    /// What a person was asked, and answered.
    pub(super) asked: Option<Asked>,
    /// The question is being written.
    pub(super) is_asking: bool,
    /// Whether, once ended, it is guarded again by itself.
    pub(super) rest: Rest,
}

impl Case {
    /// A case that has not begun.
    pub(super) fn new(
        alert: Arc<Alert>,
        policy: Arc<Policy>,
        rule: usize,
        target: Target,
        remediation: RemediationId,
        state: Remediation,
    ) -> Self {
        Self {
            alert,
            policy,
            rule,
            target,
            remediation,
            state,
            running: None,
            facts: None,
            plan: None,
            lease: None,
            token: Token::None,
            intent: None,
            evidence: Value::Null,
            message: String::new(),
            begun: None,
            decided: None,
            skipped: BTreeMap::new(),
            asked: None,
            is_asking: false,
            rest: Rest::None,
        }
    }

    /// The rule. A case is made for a rule that exists, and keeps its policy.
    pub(super) fn rule(&self) -> Option<&Rule> {
        self.policy.rules.get(self.rule)
    }

    /// The rule's name.
    pub(super) fn rule_name(&self) -> &str {
        self.rule().map_or("", |rule| rule.name.as_str())
    }

    /// The rung that the remediation stands on.
    pub(super) fn rung(&self) -> Option<&Rung> {
        let index = usize::try_from(self.state.position.rung).ok()?;
        self.rule()?.ladder.get(index)
    }

    /// Whether it holds the target's slot.
    pub(super) fn is_running(&self) -> bool {
        self.state.is_admitted() && self.state.end().is_none()
    }

    /// Whether the guards are being asked.
    pub(super) fn is_guarding(&self) -> bool {
        matches!(self.state.stage, Stage::Guarding { .. })
    }

    /// Whether it is guarded, or will be again, and nothing was done yet nor is being written down.
    pub(super) fn is_waiting(&self) -> bool {
        !self.state.is_admitted()
            && matches!(
                self.state.stage,
                Stage::Guarding { .. } | Stage::Deferred { .. }
            )
    }

    /// Puts a new remediation in place of one that has ended, or that has done nothing yet.
    pub(super) fn renew(&mut self, remediation: RemediationId, now: &Now) {
        let Some(state) = self.rule().map(|rule| Remediation::new(rule, now)) else {
            return;
        };
        if let Some((_, step)) = self.running.take() {
            step.abort();
        }
        self.state = state;
        self.remediation = remediation;
        self.facts = None;
        self.plan = None;
        self.lease = None;
        self.token = Token::None;
        self.intent = None;
        self.evidence = Value::Null;
        self.message.clear();
        self.begun = None;
        self.asked = None;
    }
}
