//! Who of a message's recipients needs it no more, written to its delivery before the next one is sent to.

use futures_util::future::BoxFuture;

use super::super::super::outbox::Delivery;
use super::super::super::settled::{InMemory, Register, Settled, Settlement};
use crate::journal::Journal;

/// Of one delivery.
#[derive(Debug)]
pub(super) struct Kept<'a> {
    journal: &'a Journal,
    delivery: i64,
    /// With what could not be written: the queue writes it with what came of the try.
    known: InMemory,
}

impl<'a> Kept<'a> {
    pub(super) fn of(journal: &'a Journal, delivery: &Delivery) -> Self {
        Self {
            journal,
            delivery: delivery.number,
            known: InMemory::of(delivery.settled.clone()),
        }
    }
}

impl Register for Kept<'_> {
    fn settled(&self) -> Settled {
        self.known.settled()
    }

    fn settle(&self, address: String, settlement: Settlement) -> BoxFuture<'_, ()> {
        let settled = self.known.add(address, settlement);
        Box::pin(async move {
            let written = self.journal.record_settled(self.delivery, settled).await;
            if let Err(error) = written {
                tracing::warn!(%error, "cannot keep which recipient has a message");
            }
        })
    }
}
