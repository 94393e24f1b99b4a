//! Who of a message's several recipients needs it no more: the server took it for them, or will never take it.
//!
//! Kept with the delivery before the next recipient is turned to, so that neither a later try nor a crash in between
//! sends anybody a second copy. A crash between the server's answer and that record does, under the same id.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};

/// What one recipient's server said for good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Settlement {
    /// It has it; with its answer.
    Taken(String),
    /// It will never have it; with why.
    Refused(String),
}

/// By address.
pub type Settled = BTreeMap<String, Settlement>;

/// Where a channel keeps it while it sends one message.
pub trait Register: Send + Sync + fmt::Debug {
    /// What is known from earlier tries, and was added in this one.
    fn settled(&self) -> Settled;

    /// Adds to it. Resolves when it is as durable as it can be made now; never fails: a later try is told in any case.
    fn settle(&self, address: String, settlement: Settlement) -> BoxFuture<'_, ()>;
}

/// For a message that no journal knows of, such as a test of a receiver.
#[derive(Debug, Default)]
pub struct InMemory(Mutex<Settled>);

impl InMemory {
    /// With what is known already.
    pub fn of(settled: Settled) -> Self {
        Self(Mutex::new(settled))
    }

    /// Adds to it; all that is known then.
    pub fn add(&self, address: String, settlement: Settlement) -> Settled {
        let mut settled = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        settled.insert(address, settlement);
        settled.clone()
    }
}

impl Register for InMemory {
    fn settled(&self) -> Settled {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn settle(&self, address: String, settlement: Settlement) -> BoxFuture<'_, ()> {
        self.add(address, settlement);
        Box::pin(std::future::ready(()))
    }
}
