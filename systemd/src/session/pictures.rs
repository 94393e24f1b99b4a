//! Full pictures: when one is taken, what it is compared with, and what becomes of it.

use std::sync::Arc;

use tokio::sync::{oneshot, watch};
use tokio::time::sleep;

use super::{EXPLAINED_WITHIN, End, Purpose, Session};
use crate::client::monotonic_zero;
use crate::error::is_answer;
use crate::reading::{Picture, take_picture};
use crate::table::Sync;
use crate::watch_list::WatchList;

impl Session {
    pub(super) fn start_picture(
        &mut self,
        purpose: Purpose,
        watch: &mut watch::Receiver<WatchList>,
    ) {
        self.picture_due = None;
        if self.picture.is_some() {
            self.is_picture_outdated = true;
            return;
        }
        self.is_picture_outdated = false;
        self.model.begin_picture();
        if let Some(stock) = &mut self.stock {
            stock.begin_picture();
        }
        let bus = self.bus.clone();
        let list = watch.borrow_and_update().clone();
        let remembered = self.model.remembered();
        let has_inventory = self.stock.is_some();
        let taking = async move {
            let picture = take_picture(&bus, &list, remembered, has_inventory).await?;
            if purpose == Purpose::Reconcile {
                sleep(EXPLAINED_WITHIN).await;
            }
            Ok((picture, purpose))
        };
        // In a task of its own: much is parsed, while signals must be applied as they come.
        let (mut tell, told) = oneshot::channel();
        self.tasks.spawn("systemd picture", async move {
            let taken = tokio::select! {
                taken = taking => taken,
                () = tell.closed() => return,
            };
            // Nobody listens any more when the session is over.
            let _ = tell.send(taken);
        });
        self.picture = Some(told);
    }

    pub(super) fn take_picture(
        &mut self,
        mut picture: Picture,
        purpose: Purpose,
        watch: &mut watch::Receiver<WatchList>,
    ) -> Option<End> {
        self.liveness.heard();
        self.shared.counters.count_resync();
        self.reconcile.reset_after(self.reconcile_every);
        // One that is outdated shows a reload or a new list, which is no drift.
        if purpose == Purpose::Reconcile && !self.is_picture_outdated {
            let mut drifted = self.model.drift(&picture);
            if let Some(stock) = &self.stock {
                drifted.extend(stock.drift(&picture));
            }
            if !drifted.is_empty() {
                tracing::warn!(units = ?drifted, "the table had drifted from systemd, put right");
                self.shared.counters.count_drift(drifted.len() as u64);
            }
        }
        if let Some(stock) = &mut self.stock {
            stock.adopt(&mut picture);
        }
        self.model.adopt(picture);
        if self.is_picture_outdated {
            // The next one is on its way; what is known so far is right but for what made it outdated.
            self.start_picture(Purpose::Resync, watch);
        }
        if !self.was_synchronised {
            tracing::info!("synchronised with systemd");
        }
        self.was_synchronised = true;
        self.shared.bus.send_replace(Some(self.bus.clone()));
        let now = self.clock.now();
        let (model, stock) = (&mut self.model, &mut self.stock);
        model.set_monotonic_zero(monotonic_zero(&*self.clock));
        self.shared.table.send_modify(|table| {
            let table = Arc::make_mut(table);
            model.publish(table);
            if let Some(stock) = stock {
                stock.publish(table);
            }
            table.sync = Sync::Synchronised;
            table.as_of = now;
        });
        self.follow_up(watch)
    }

    pub(super) fn picture_failed(&mut self, error: &zbus::Error) -> Option<End> {
        self.model.give_up_picture();
        if let Some(stock) = &mut self.stock {
            stock.give_up_picture();
        }
        if is_answer(error) {
            // It answers, but not this: nothing is gained by asking again at once.
            return Some(self.lost(&format!("cannot list systemd's units: {error}")));
        }
        tracing::warn!(%error, "systemd does not answer, asking again");
        // It does not answer: the ping goes on, and its answer asks for the next picture.
        self.lose();
        self.liveness.doubt();
        None
    }
}
