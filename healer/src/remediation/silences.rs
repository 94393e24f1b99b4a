//! Which alerts Alertmanager holds back, as its API said last. Shared with the steps, so that guards that waited for an
//! answer see what was answered.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::alert::Fingerprint;
use crate::work::Muted;

/// The alerts that are held back; clones are the same one.
#[derive(Clone, Debug, Default)]
pub(super) struct Silences(Arc<Mutex<Muted>>);

impl Silences {
    /// Why an alert is held back, when it is.
    pub(super) fn why(&self, fingerprint: &Fingerprint) -> Option<String> {
        self.lock().get(fingerprint).cloned()
    }

    /// Puts a new answer in place of the last one; the alerts that are held back now and were not, and the other way
    /// round.
    pub(super) fn replace(&self, muted: Muted) -> HashSet<Fingerprint> {
        let mut known = self.lock();
        let before = std::mem::replace(&mut *known, muted);
        let begun = known.keys().filter(|alert| !before.contains_key(alert));
        let ended = before.keys().filter(|alert| !known.contains_key(alert));
        begun.chain(ended).cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, Muted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
