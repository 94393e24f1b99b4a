//! One case of a rehearsal: an episode as one rule sees it.

use std::collections::BTreeSet;
use std::sync::Arc;

use prunelle_foundation::clock::Now;
use uuid::Uuid;

use super::log::Attempt;
use crate::alert::{Alert, AlertStatus, Episode, Fingerprint, Labels};
use crate::policy::Rule;
use crate::reason::Reason;
use crate::remediation::RemediationId;
use crate::remediation::state::Remediation;
use crate::simulate::episodes::Recorded;
use crate::simulate::reading::timestamp;
use crate::target::Target;

/// Its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct CaseId(pub(super) usize);

#[derive(Debug)]
pub(super) struct Case {
    pub(super) episode: usize,
    pub(super) alert: Arc<Alert>,
    pub(super) rule: usize,
    pub(super) target: Target,
    pub(super) remediation: RemediationId,
    pub(super) state: Remediation,
    /// When the first intent was written.
    pub(super) begun: Option<i64>,
    pub(super) attempts: Vec<Attempt>,
    /// The last decision that was kept.
    pub(super) decided: Option<(Reason, bool)>,
    /// All reasons that were kept so far.
    pub(super) seen: BTreeSet<Reason>,
}

impl Case {
    pub(super) fn new(
        index: usize,
        episode: &Recorded,
        of: &Rule,
        rule: usize,
        target: Target,
        remediation: u128,
        now: &Now,
    ) -> Option<Self> {
        Some(Self {
            episode: index,
            alert: Arc::new(alert(index, episode)?),
            rule,
            target,
            remediation: RemediationId(Uuid::from_u128(remediation)),
            state: Remediation::new(of, now),
            begun: None,
            attempts: Vec::new(),
            decided: None,
            seen: BTreeSet::new(),
        })
    }

    /// Puts a new remediation in place of one that has ended.
    pub(super) fn renew(&mut self, of: &Rule, remediation: u128, now: &Now) {
        self.remediation = RemediationId(Uuid::from_u128(remediation));
        self.state = Remediation::new(of, now);
    }

    /// Where on the ladder it stands.
    pub(super) fn rung(&self) -> usize {
        usize::try_from(self.state.position.rung).unwrap_or(usize::MAX)
    }
}

/// An alert with a fingerprint of its own: what matters is which episode it is.
fn alert(index: usize, episode: &Recorded) -> Option<Alert> {
    Some(Alert {
        episode: Episode {
            fingerprint: Fingerprint::try_from(format!("{index:016x}")).ok()?,
            starts_at: timestamp(episode.from),
        },
        status: AlertStatus::Firing,
        labels: episode.labels.clone(),
        annotations: Labels::default(),
        ends_at: None,
    })
}
