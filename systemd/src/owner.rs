//! The owner of the table: one task that connects, serves the connection until it ends, and connects again.
//!
//! There is one for each client, from start to stop. Whatever ends a connection, the table says `Lost` first.

use std::collections::BTreeSet;
use std::sync::Arc;

use prunelle_foundation::clock::SharedClock;
use prunelle_foundation::lifecycle::{Stop, Tasks};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use crate::bus::{Bus, ConnectOptions};
use crate::client::{Limits, Shared};
use crate::session::{End, Session};
use crate::unit::UnitName;
use crate::watch_list::WatchList;

/// Everything the owner of the table needs for the life of the process.
#[derive(Debug)]
pub(crate) struct Owner {
    pub(crate) shared: Arc<Shared>,
    pub(crate) connect: ConnectOptions,
    pub(crate) limits: Limits,
    pub(crate) has_inventory: bool,
    pub(crate) clock: SharedClock,
    pub(crate) tasks: Tasks,
    pub(crate) stop: Stop,
    pub(crate) watch: watch::Receiver<WatchList>,
    /// What globs stood for on earlier connections.
    pub(crate) remembered: BTreeSet<UnitName>,
    /// There was a connection before.
    pub(crate) has_connected: bool,
}

impl Owner {
    /// Connects, again and again, until the program stops.
    pub(crate) async fn run(mut self) {
        let stop = self.stop.clone();
        let mut wait = self.limits.backoff_first;
        let mut told = String::new();
        loop {
            let end = tokio::select! {
                () = stop.stopped() => return,
                attempt = timeout(self.limits.call, Bus::connect(&self.connect)) => match attempt {
                    Ok(Ok(Some((bus, stream)))) => self.serve(bus, stream).await,
                    Ok(Ok(None)) => End::Failed("systemd is not on the bus".to_owned()),
                    Ok(Err(error)) => End::Failed(format!("cannot connect to the system bus: {error}")),
                    Err(_) => {
                        let limit = self.limits.call;
                        End::Failed(format!("the system bus does not answer within {limit:?}"))
                    }
                },
            };
            match end {
                End::Stopping => return,
                End::Lost => {
                    tracing::warn!("connection to systemd lost, connecting again");
                    wait = self.limits.backoff_first;
                    told.clear();
                }
                // Once for each reason, not for each attempt.
                End::Failed(why) if why != told => {
                    tracing::warn!("{why}; trying again until it works");
                    told = why;
                }
                End::Failed(_) => {}
            }
            tokio::select! {
                () = stop.stopped() => return,
                () = sleep(wait) => {}
            }
            wait = (wait * 2).min(self.limits.backoff_last);
        }
    }

    /// Serves one connection to its end.
    async fn serve(&mut self, bus: Bus, stream: zbus::MessageStream) -> End {
        if std::mem::replace(&mut self.has_connected, true) {
            self.shared.counters.count_reconnect();
        }
        let mut session = Session::open(self, bus, stream);
        let end = session.run(&mut self.watch).await;
        self.remembered = session.close();
        end
    }
}
