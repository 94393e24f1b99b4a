//! The way in: Alertmanager's webhook, and its API as the truth behind it.
//!
//! Whatever arrives is authenticated, bounded, parsed and checked here, then handed on as one
//! [`Delivery`]; nothing is ever acted on in a handler, because Alertmanager repeats and cancels requests at will. The
//! answer waits for the journal: 202 is sent only when the whole notification is synced. Alerts about other hosts and
//! heartbeats end here. `run` merges [`router`] into the web server and gives the other end of the queue to the engine.

mod answer;
pub mod auth;
mod http;
pub mod limits;
pub mod reconcile;
mod refusals;
mod room;
mod samples;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use prunelle_foundation::clock::SharedClock;
use prunelle_foundation::lifecycle::Tasks;
use tokio::sync::{mpsc, watch};

pub use http::router;
pub use samples::{Sample, Samples};

use crate::alert::Alert;
use crate::heartbeat::Beats;
use crate::metrics::Metrics;
use crate::policy::Policy;
use crate::work::{Delivery, Work};
use auth::Tokens;
use limits::Limits;
use refusals::Refusals;
use room::Room;

/// Reads a list of alerts as Alertmanager's API writes it, each within the limits of the webhook, or what is wrong.
pub fn read_alerts(list: &[u8]) -> Result<Vec<Alert>, String> {
    match wire::active_alerts(list, &Limits::default()) {
        Ok(wire::Listed {
            alerts, invalid, ..
        }) => match invalid.into_iter().next() {
            None => Ok(alerts),
            Some(invalid) => Err(format!("{}: {}", invalid.name, invalid.problem)),
        },
        Err(wire::Unreadable::Malformed(problem)) => Err(problem),
        Err(wire::Unreadable::TooLarge) => Err("it is too large".to_owned()),
    }
}

/// Where Alertmanager posts. Whoever posts here shows a token, or is a user of the web configuration.
pub const WEBHOOK_PATH: &str = "/api/v1/alerts";

/// Whether work is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// The journal is being opened, unfinished remediations are looked at.
    Starting,
    /// Work is taken.
    Ready,
    /// The program stops.
    Draining,
}

/// What the webhook needs.
#[derive(Clone, Debug)]
pub struct Intake {
    /// Who may post.
    pub tokens: Arc<Tokens>,
    /// How much is taken.
    pub limits: Limits,
    /// How long a handler waits for the journal.
    pub ack_deadline: Duration,
    /// How long a body may take to arrive.
    pub body_deadline: Duration,
    /// Whose alerts are ours.
    pub policy: watch::Receiver<Arc<Policy>>,
    /// Whether work is taken.
    pub readiness: watch::Receiver<Readiness>,
    /// Where work goes.
    pub deliveries: mpsc::Sender<Delivery>,
    /// Bodies that could not be read, for diagnosis.
    pub samples: Samples,
    /// Heartbeats: each is noted and never a row.
    pub beats: Beats,
    /// When things arrive.
    pub clock: SharedClock,
    /// What is counted.
    pub metrics: Metrics,
    /// Where large bodies are parsed.
    pub tasks: Tasks,
    room: Room,
    refusals: Refusals,
}

/// What [`Intake`] cannot make up by itself.
#[derive(Debug)]
pub struct Parts {
    /// Who may post.
    pub tokens: Arc<Tokens>,
    /// Whose alerts are ours.
    pub policy: watch::Receiver<Arc<Policy>>,
    /// Whether work is taken.
    pub readiness: watch::Receiver<Readiness>,
    /// Where work goes; see [`queue`].
    pub deliveries: mpsc::Sender<Delivery>,
    /// When things arrive.
    pub clock: SharedClock,
    /// What is counted.
    pub metrics: Metrics,
    /// Where large bodies are parsed.
    pub tasks: Tasks,
}

impl Intake {
    /// With the limits and deadlines of production.
    pub fn new(parts: Parts) -> Self {
        let limits = Limits::default();
        Self {
            tokens: parts.tokens,
            room: Room::new(limits.in_flight_bytes),
            limits,
            // Alertmanager gives a flush ten seconds; half of it leaves time for its first retry.
            ack_deadline: Duration::from_secs(5),
            body_deadline: Duration::from_secs(10),
            policy: parts.policy,
            readiness: parts.readiness,
            deliveries: parts.deliveries,
            samples: Samples::default(),
            beats: Beats::default(),
            clock: parts.clock,
            metrics: parts.metrics,
            tasks: parts.tasks,
            refusals: Refusals::default(),
        }
    }
}

/// The queue between the webhook and the engine; full means 503.
pub fn queue(capacity: usize) -> (mpsc::Sender<Delivery>, LocalWork) {
    let (sender, receiver) = mpsc::channel(capacity);
    (sender, LocalWork(receiver))
}

/// Work that arrives by this program's own webhook.
#[derive(Debug)]
pub struct LocalWork(mpsc::Receiver<Delivery>);

impl Work for LocalWork {
    fn next(&mut self) -> BoxFuture<'_, Option<Delivery>> {
        Box::pin(self.0.recv())
    }
}

#[cfg(test)]
mod tests;
