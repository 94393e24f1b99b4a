//! Where work comes from. The local source is the webhook's queue; a broker can take its place later:
//! the acknowledgement after the commit is the 202 here and the broker's ack there.

use std::collections::HashMap;

use futures_util::future::BoxFuture;
use prunelle_foundation::clock::Now;
use tokio::sync::oneshot;

use crate::alert::{Alert, Fingerprint};

/// A notification, parsed and checked.
#[derive(Clone, Debug)]
pub struct Notification {
    /// When it arrived.
    pub received: Now,
    /// Alertmanager's receiver, as sent (regex-escaped).
    pub receiver: String,
    /// Opaque; for diagnosis only.
    pub group_key: String,
    /// How many alerts were cut off the list.
    pub truncated: u64,
    /// The alerts that are within the limits.
    pub alerts: Vec<Alert>,
    /// The ones that are not, each with what is wrong with it.
    pub invalid: Vec<InvalidAlert>,
}

/// An alert over the limits on labels or lengths; recorded, never acted on.
#[derive(Clone, Debug)]
pub struct InvalidAlert {
    /// Its `alertname`, cut to 200 bytes.
    pub name: String,
    /// What is wrong.
    pub problem: String,
}

/// What became of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ack {
    /// Committed (fsync): 202.
    Accepted,
    /// Nothing in it is new, or nothing matches, or it is about another host: 200.
    NothingNew,
    /// It could not be kept; ask again: 503.
    Unavailable,
}

/// One notification and the way to acknowledge it.
#[derive(Debug)]
pub struct Delivery {
    /// What arrived.
    pub notification: Notification,
    /// Told once the notification is durable, or cannot be.
    pub ack: oneshot::Sender<Ack>,
}

/// A source of deliveries.
pub trait Work: Send {
    /// The next delivery; none when the source has ended. Dropping the future must lose no delivery.
    fn next(&mut self) -> BoxFuture<'_, Option<Delivery>>;
}

/// The alerts that are active according to Alertmanager's API: the truth that webhooks only announce.
#[derive(Clone, Debug)]
pub struct ActiveSet {
    /// When the question was sent: an alert that was heard of later is not missing from the answer.
    pub asked: Now,
    /// All that fire, those that are held back among them.
    pub alerts: Vec<Alert>,
    /// Those of them that Alertmanager holds back.
    pub muted: Muted,
}

/// Why Alertmanager holds alerts back (a silence, an inhibition, a muted time), in words for people.
pub type Muted = HashMap<Fingerprint, String>;
