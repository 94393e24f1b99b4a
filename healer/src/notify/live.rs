//! What telling goes by at one moment: the policy in force, everybody who can be told, and the channels to them.
//!
//! One immutable value, made anew as a whole at each reload, also when only the files with secrets have changed. The
//! teller and the senders each take it once for each thing they do.

use std::sync::Arc;

use prunelle_foundation::lifecycle::Stop;
use tokio::sync::watch;

use super::channels::{self, Channels, Makings};
use crate::policy::{Policy, Receiver};

/// One version of it.
#[derive(Clone, Debug)]
pub struct Live {
    /// The policy.
    pub policy: Arc<Policy>,
    /// Everybody who can be told: the policy's receivers, and those of the settings.
    pub receivers: Vec<Receiver>,
    /// The ways to them.
    pub channels: Channels,
}

impl Live {
    /// Of a policy, with receivers of the settings; the policy's own come first, and win.
    pub fn new(policy: &Arc<Policy>, more: &[Receiver], makings: &Makings) -> Self {
        let mut receivers = policy.receivers.clone();
        for receiver in more {
            if !receivers.iter().any(|known| known.name == receiver.name) {
                receivers.push(receiver.clone());
            }
        }
        Self {
            channels: channels::build(&receivers, makings),
            policy: Arc::clone(policy),
            receivers,
        }
    }

    /// A receiver by name.
    pub fn receiver(&self, name: &str) -> Option<&Receiver> {
        self.receivers.iter().find(|known| known.name == name)
    }

    /// The ways to a receiver.
    pub fn integrations(receiver: &Receiver) -> Vec<&'static str> {
        let mut kinds: Vec<_> = receiver
            .integrations
            .iter()
            .map(crate::policy::Integration::kind)
            .collect();
        kinds.dedup();
        kinds
    }
}

/// Makes it anew whenever the policy was reloaded.
#[derive(Debug)]
pub struct Renewal {
    /// The policy in force.
    pub policies: watch::Receiver<Arc<Policy>>,
    /// Counts the reloads that succeeded.
    pub reloads: watch::Receiver<u64>,
    /// Receivers of the settings.
    pub more: Vec<Receiver>,
    /// What channels are made with.
    pub makings: Makings,
    /// Where it goes.
    pub live: watch::Sender<Arc<Live>>,
}

impl Renewal {
    /// Until `stop`.
    pub async fn run(mut self, stop: Stop) {
        loop {
            tokio::select! {
                () = stop.stopped() => return,
                changed = self.reloads.changed() => if changed.is_err() { return; },
            }
            let policy = Arc::clone(&self.policies.borrow_and_update());
            let live = Live::new(&policy, &self.more, &self.makings);
            self.live.send_replace(Arc::new(live));
        }
    }
}
