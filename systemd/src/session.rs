//! One connection: takes a full picture, keeps it right by signals, and ends with the connection (`owner.rs` starts over).
//!
//! The order at the start loses nothing: stream → matches → Subscribe → picture → what was signalled meanwhile. In the
//! steady state no call is made but a ping, and that only when systemd has not been heard for a while. All calls are
//! futures beside the loop: a slow answer holds up nothing.

mod calls;
mod liveness;
mod pictures;
mod stock;

use std::collections::BTreeSet;
use std::future::{Future, pending};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use prunelle_foundation::clock::SharedClock;
use prunelle_foundation::lifecycle::{Stop, Tasks};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Interval, MissedTickBehavior, Sleep, sleep};

use self::calls::{Answer, ask};
use self::liveness::{Liveness, Pulse};
use self::stock::Stock;
use crate::bus::Bus;
use crate::client::{Shared, monotonic_zero};
use crate::model::{Model, Need};
use crate::owner::Owner;
use crate::reading::Picture;
use crate::signals::{Stamped, drain};
use crate::table::Sync;
use crate::unit::UnitName;
use crate::watch_list::WatchList;

/// How long a newly loaded unit must stay loaded, at least, until it is read.
const SETTLE: Duration = Duration::from_millis(200);

/// How long a reload is waited for after unit files changed.
const FILES_CHANGED: Duration = Duration::from_millis(250);

/// How long signals may still explain a difference that the slow reconcile found.
const EXPLAINED_WITHIN: Duration = Duration::from_millis(500);

/// How many signals are applied before the table is published.
const BATCH: usize = 512;

/// Why a session ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The program stops.
    Stopping,
    /// The connection ended, or systemd was replaced; a picture had been had.
    Lost,
    /// It did not come to a picture, and why.
    Failed(String),
}

/// Why a picture is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    /// To take it over at once.
    Resync,
    /// To compare it first.
    Reconcile,
}

/// One connection.
pub(crate) struct Session {
    shared: Arc<Shared>,
    clock: SharedClock,
    tasks: Tasks,
    stop: Stop,
    bus: Bus,
    model: Model,
    /// What sees to the inventory, if there is one.
    stock: Option<Stock>,
    signals: mpsc::Receiver<Stamped>,
    has_overflowed: Arc<AtomicBool>,
    answers: FuturesUnordered<BoxFuture<'static, Answer>>,
    picture: Option<oneshot::Receiver<zbus::Result<(Picture, Purpose)>>>,
    /// Another picture is needed once this one is there.
    is_picture_outdated: bool,
    picture_due: Option<Pin<Box<Sleep>>>,
    settled: Option<Pin<Box<Sleep>>>,
    reconcile: Interval,
    liveness: Liveness,
    was_synchronised: bool,
    reconcile_every: Duration,
}

impl Session {
    pub(crate) fn open(owner: &Owner, bus: Bus, stream: zbus::MessageStream) -> Self {
        let (sender, signals) = mpsc::channel(owner.limits.signals);
        let has_overflowed = Arc::new(AtomicBool::new(false));
        owner.tasks.spawn(
            "systemd signals",
            drain(
                stream,
                bus.systemd().clone(),
                Arc::clone(&owner.shared.board),
                sender,
                Arc::clone(&has_overflowed),
            ),
        );
        let mut reconcile = tokio::time::interval(owner.limits.reconcile_every);
        reconcile.set_missed_tick_behavior(MissedTickBehavior::Delay);
        reconcile.reset();
        Self {
            shared: Arc::clone(&owner.shared),
            clock: Arc::clone(&owner.clock),
            tasks: owner.tasks.clone(),
            stop: owner.stop.clone(),
            liveness: Liveness::new(bus.clone(), &owner.limits),
            stock: owner
                .has_inventory
                .then(|| Stock::new(bus.clone(), &owner.limits)),
            bus,
            model: Model::new(owner.remembered.clone()),
            signals,
            has_overflowed,
            answers: FuturesUnordered::new(),
            picture: None,
            is_picture_outdated: false,
            picture_due: None,
            settled: None,
            reconcile,
            was_synchronised: false,
            reconcile_every: owner.limits.reconcile_every,
        }
    }

    /// Ends the session: nothing of it can be trusted any more. What globs stand for is remembered for the next one.
    pub(crate) fn close(mut self) -> BTreeSet<UnitName> {
        self.lose();
        // Ends the task that drains, even where the connection itself lives on.
        self.signals.close();
        self.model.remembered()
    }

    pub(crate) async fn run(&mut self, watch: &mut watch::Receiver<WatchList>) -> End {
        let prepared = tokio::select! {
            () = self.stop.stopped() => return End::Stopping,
            prepared = prepare(&self.bus, &self.shared) => prepared,
        };
        if let Err(error) = prepared {
            return End::Failed(format!("cannot subscribe to systemd's signals: {error}"));
        }
        self.start_picture(Purpose::Resync, watch);
        let stop = self.stop.clone();
        loop {
            let end = tokio::select! {
                () = stop.stopped() => Some(End::Stopping),
                stamped = self.signals.recv() => match stamped {
                    Some(stamped) => {
                        self.hear(stamped);
                        self.follow_up(watch)
                    }
                    None => Some(self.lost("the connection ended")),
                },
                Some(answer) = self.answers.next(), if !self.answers.is_empty() => {
                    self.take(answer);
                    self.follow_up(watch)
                }
                picture = optional(&mut self.picture) => {
                    self.picture = None;
                    match picture {
                        Ok(Ok((picture, purpose))) => self.take_picture(picture, purpose, watch),
                        Ok(Err(error)) => self.picture_failed(&error),
                        // Its task was ended, which happens to all tasks when the program ends.
                        Err(_) => Some(End::Stopping),
                    }
                }
                event = Stock::next(&mut self.stock) => {
                    self.stock_up(event);
                    self.follow_up(watch)
                }
                () = optional(&mut self.settled) => {
                    self.settled = None;
                    self.model.settle();
                    self.follow_up(watch)
                }
                () = optional(&mut self.picture_due) => {
                    self.start_picture(Purpose::Resync, watch);
                    None
                }
                pulse = self.liveness.next() => {
                    self.feel(pulse, watch);
                    None
                }
                _ = self.reconcile.tick() => {
                    if self.picture.is_none() && self.is_synchronised() {
                        self.start_picture(Purpose::Reconcile, watch);
                    }
                    None
                }
                Ok(()) = watch.changed() => {
                    self.start_picture(Purpose::Resync, watch);
                    None
                }
            };
            if let Some(end) = end {
                return end;
            }
        }
    }

    /// Applies this signal and all that have queued up behind it.
    fn hear(&mut self, first: Stamped) {
        self.liveness.heard();
        self.hear_one(first);
        for _ in 1..BATCH {
            match self.signals.try_recv() {
                Ok(stamped) => self.hear_one(stamped),
                Err(_) => break,
            }
        }
    }

    fn hear_one(&mut self, stamped: Stamped) {
        if let Some(stock) = &mut self.stock {
            stock.hear(&stamped);
        }
        self.model.hear(stamped);
    }

    /// Does what the model needs, and publishes what changed.
    fn follow_up(&mut self, watch: &mut watch::Receiver<WatchList>) -> Option<End> {
        let mut is_picture_needed = self.has_overflowed.swap(false, Ordering::AcqRel);
        if is_picture_needed {
            self.shared.counters.count_overflow();
            tracing::info!("signals came faster than they were applied, taking a full picture");
        }
        for need in self.model.take_needs() {
            match need {
                Need::Reconnect => return Some(self.lost("systemd was replaced")),
                Need::Picture => is_picture_needed = true,
                Need::PictureSoon => {
                    self.picture_due
                        .get_or_insert_with(|| Box::pin(sleep(FILES_CHANGED)));
                }
                Need::ControlGroup(unit) if self.stock_asks_group(&unit) => {}
                need => {
                    if let (Need::Unit(unit), Some(stock)) = (&need, &mut self.stock) {
                        stock.expect(unit);
                    }
                    self.answers.push(ask(self.bus.clone(), need));
                }
            }
        }
        if let Some(stock) = &mut self.stock {
            stock.follow_up();
        }
        if self.model.is_settling() && self.settled.is_none() {
            self.settled = Some(Box::pin(sleep(SETTLE)));
        }
        if self.is_synchronised() {
            self.publish();
        }
        if is_picture_needed {
            self.start_picture(Purpose::Resync, watch);
        }
        None
    }

    fn feel(&mut self, pulse: Pulse, watch: &mut watch::Receiver<WatchList>) {
        match pulse {
            Pulse::Alive if self.is_synchronised() => {
                let now = self.clock.now();
                // Nobody needs to be woken for this.
                self.shared.table.send_if_modified(|table| {
                    Arc::make_mut(table).as_of = now;
                    false
                });
            }
            Pulse::Alive => self.start_picture(Purpose::Resync, watch),
            Pulse::Missing => {
                if self.is_synchronised() {
                    tracing::warn!("systemd does not answer");
                }
                self.lose();
            }
        }
    }

    fn is_synchronised(&self) -> bool {
        self.shared.table.borrow().sync == Sync::Synchronised
    }

    fn publish(&mut self) {
        let now = self.clock.now();
        let (model, stock) = (&mut self.model, &mut self.stock);
        model.set_monotonic_zero(monotonic_zero(&*self.clock));
        self.shared.table.send_if_modified(|table| {
            let table = Arc::make_mut(table);
            table.as_of = now;
            let is_news = model.publish(table);
            stock.as_mut().is_some_and(|stock| stock.publish(table)) || is_news
        });
    }

    /// The table cannot be trusted any more, and nothing can be asked.
    fn lose(&mut self) {
        self.shared.bus.send_replace(None);
        let now = self.clock.now();
        self.shared.table.send_if_modified(|table| {
            let is_news = table.sync == Sync::Synchronised;
            if is_news {
                Arc::make_mut(table).sync = Sync::Lost(now);
            }
            is_news
        });
    }

    fn lost(&self, why: &str) -> End {
        if self.was_synchronised {
            End::Lost
        } else {
            End::Failed(why.to_owned())
        }
    }
}

async fn prepare(bus: &Bus, shared: &Shared) -> zbus::Result<()> {
    shared.meet(bus.manager_started().await?);
    bus.subscribe().await
}

/// The future, or one that never ends.
async fn optional<F: Future + Unpin>(future: &mut Option<F>) -> F::Output {
    match future {
        Some(future) => future.await,
        None => pending().await,
    }
}
