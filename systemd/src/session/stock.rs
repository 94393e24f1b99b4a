//! What sees to the inventory: the ledger of all loaded units, and the calls that it needs.
//!
//! In the steady state the only calls are those for sockets, which signal nothing. Details are read one after another,
//! so that systemd is not held up by them.

use std::collections::VecDeque;
use std::pin::Pin;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use tokio::time::{Interval, MissedTickBehavior, Sleep, sleep};
use zbus::message::Sequence;

use super::{SETTLE, optional};
use crate::bus::{Bus, Listed};
use crate::client::Limits;
use crate::error::is_answer;
use crate::inventory::ManagerState;
use crate::ledger::{DetailReading, Ledger, Want};
use crate::reading::{AT_ONCE, Picture, Reading, read_details};
use crate::signals::Stamped;
use crate::table::UnitTable;
use crate::unit::UnitName;

/// How long new units are gathered until their states are asked for: the states must be right within 100 ms.
const GATHER: Duration = Duration::from_millis(20);

/// How soon the state of the whole system is read again when it may have changed.
const TURN: Duration = Duration::from_millis(200);

/// How long after a signal it is read while it is one that passes.
const PASSING: Duration = Duration::from_secs(1);

/// The ledger and its calls.
pub(super) struct Stock {
    bus: Bus,
    ledger: Ledger,
    calls: FuturesUnordered<BoxFuture<'static, Event>>,
    /// Details that wait to be read.
    queue: VecDeque<UnitName>,
    reading: usize,
    /// A full picture is under way.
    is_listing: bool,
    gathered: Option<Pin<Box<Sleep>>>,
    settled: Option<Pin<Box<Sleep>>>,
    turned: Option<Pin<Box<Sleep>>>,
    sockets: Interval,
}

/// What happened that concerns the inventory alone.
#[derive(Debug)]
pub(super) enum Event {
    /// The states of new units came.
    Rows(Vec<UnitName>, zbus::Result<(Vec<Listed>, Sequence)>),
    /// Details came.
    Details(UnitName, zbus::Result<Box<DetailReading>>),
    /// A cgroup came.
    Group(UnitName, Option<String>),
    /// systemd told of itself.
    Manager(zbus::Result<ManagerState>),
    /// The state of the whole system came.
    State(zbus::Result<String>),
    /// It is time to ask for the states of new units.
    Gathered,
    /// New units have settled.
    Settled,
    /// It is time to ask for the state of the whole system.
    Turned,
    /// It is time to read the counters of sockets.
    Sockets,
}

impl Stock {
    pub(super) fn new(bus: Bus, limits: &Limits) -> Self {
        let mut sockets = tokio::time::interval(limits.sockets_every);
        sockets.set_missed_tick_behavior(MissedTickBehavior::Delay);
        sockets.reset();
        Self {
            bus,
            ledger: Ledger::default(),
            calls: FuturesUnordered::new(),
            queue: VecDeque::new(),
            reading: 0,
            is_listing: false,
            gathered: None,
            settled: None,
            turned: None,
            sockets,
        }
    }

    /// The next thing that happens; never, without an inventory. May be dropped and called again at any time.
    pub(super) async fn next(stock: &mut Option<Self>) -> Event {
        let Some(stock) = stock else {
            return std::future::pending().await;
        };
        tokio::select! {
            Some(event) = stock.calls.next(), if !stock.calls.is_empty() => event,
            () = optional(&mut stock.gathered) => Event::Gathered,
            () = optional(&mut stock.settled) => Event::Settled,
            () = optional(&mut stock.turned) => Event::Turned,
            _ = stock.sockets.tick() => Event::Sockets,
        }
    }

    /// Takes what happened.
    pub(super) fn take(&mut self, event: Event) {
        match event {
            Event::Rows(asked, Ok((rows, at))) => self.ledger.learn_rows(&asked, rows, at),
            // What could not be asked comes with the next full picture.
            Event::Rows(_, Err(error)) => tracing::debug!(%error, "cannot list new units"),
            Event::Details(unit, reading) => {
                self.reading = self.reading.saturating_sub(1);
                if let Err(error) = &reading
                    && !is_answer(error)
                {
                    tracing::debug!(%unit, %error, "cannot read details of unit");
                }
                let reading = reading.ok().map(|reading| *reading);
                self.ledger.learn_details(&unit, reading);
            }
            Event::Group(unit, path) => self.ledger.learn_group(&unit, path),
            Event::Manager(Ok(manager)) => self.ledger.learn_manager(manager),
            Event::Manager(Err(error)) | Event::State(Err(error)) => {
                tracing::debug!(%error, "cannot read the state of systemd");
            }
            Event::Gathered => {
                self.gathered = None;
                let (bus, units) = (self.bus.clone(), self.ledger.take_fresh());
                if !units.is_empty() {
                    self.calls.push(Box::pin(async move {
                        let rows = bus.list_loaded(&units).await;
                        Event::Rows(units, rows)
                    }));
                }
            }
            Event::Settled => {
                self.settled = None;
                self.ledger.settle();
            }
            Event::Turned => {
                self.turned = None;
                let bus = self.bus.clone();
                self.calls.push(Box::pin(
                    async move { Event::State(bus.system_state().await) },
                ));
            }
            Event::State(Ok(state)) => self.ledger.learn_system_state(state),
            Event::Sockets => self.ledger.want_sockets(),
        }
    }

    /// Takes a signal.
    pub(super) fn hear(&mut self, stamped: &Stamped) {
        self.ledger.hear(stamped);
        let wait = if self.ledger.take_turn() {
            TURN
        } else if self.ledger.is_passing() {
            PASSING
        } else {
            return;
        };
        if self.turned.is_none() {
            self.turned = Some(Box::pin(sleep(wait)));
        }
    }

    /// A watched unit is read for other reasons, and what is read will be told.
    pub(super) fn expect(&mut self, unit: &UnitName) {
        self.ledger.expect(unit);
    }

    /// Whether the cgroup of this unit is being read.
    pub(super) fn asks_group(&self, unit: &UnitName) -> bool {
        self.ledger.asks_group(unit)
    }

    /// A full picture is about to be taken.
    pub(super) fn begin_picture(&mut self) {
        self.is_listing = true;
    }

    /// The picture was not taken.
    pub(super) fn give_up_picture(&mut self) {
        self.is_listing = false;
    }

    /// What a full picture shows that no signal explains.
    pub(super) fn drift(&self, picture: &Picture) -> Vec<UnitName> {
        self.ledger.drift(&picture.listed, picture.listed_at)
    }

    /// Takes the list of loaded units out of a full picture, and the watched units that were read for it.
    pub(super) fn adopt(&mut self, picture: &mut Picture) {
        self.is_listing = false;
        let listed = std::mem::take(&mut picture.listed);
        self.ledger.adopt(listed, picture.listed_at);
        for reading in &picture.readings {
            self.learn(reading);
        }
        let bus = self.bus.clone();
        self.calls.push(Box::pin(async move {
            Event::Manager(bus.manager_state().await)
        }));
    }

    /// Takes a reading of a watched unit.
    pub(super) fn learn(&mut self, reading: &Reading) {
        self.ledger
            .learn_details(&reading.state.id, reading.details());
    }

    /// A watched unit could not be read.
    pub(super) fn miss(&mut self, unit: &UnitName) {
        self.ledger.learn_details(unit, None);
    }

    /// Writes what changed into the table; says whether anything did.
    pub(super) fn publish(&mut self, table: &mut UnitTable) -> bool {
        self.ledger.publish(table.inventory.get_or_insert_default())
    }

    /// Starts the calls and timers that the ledger needs.
    pub(super) fn follow_up(&mut self) {
        for want in self.ledger.take_wants() {
            match want {
                Want::Details(unit) => self.queue.push_back(unit),
                Want::ControlGroup(unit) => {
                    let bus = self.bus.clone();
                    self.calls.push(Box::pin(async move {
                        let path = bus.control_group(&unit).await.unwrap_or_default();
                        Event::Group(unit, path)
                    }));
                }
            }
        }
        while self.reading < AT_ONCE
            && let Some(unit) = self.queue.pop_front()
        {
            if !self.ledger.is_stale(&unit) {
                continue;
            }
            self.reading += 1;
            let bus = self.bus.clone();
            self.calls.push(Box::pin(async move {
                let reading = read_details(&bus, &unit).await.map(Box::new);
                Event::Details(unit, reading)
            }));
        }
        if self.calls.is_empty() && !self.is_listing {
            self.ledger.forget_gone();
        }
        if self.ledger.has_fresh() && self.gathered.is_none() {
            self.gathered = Some(Box::pin(sleep(GATHER)));
        }
        if self.ledger.is_settling() && self.settled.is_none() {
            self.settled = Some(Box::pin(sleep(SETTLE)));
        }
    }
}
