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
    pub(crate) clock: SharedClock,
    pub(crate) tasks: Tasks,
    pub(crate) stop: Stop,
    pub(crate) watch: watch::Receiver<WatchList>,
    /// What globs stood for on earlier connections.
    pub(crate) remembered: BTreeSet<UnitName>,
}

impl Owner {
    /// Connects, again and again, until the program stops.
    pub(crate) async fn run(mut self) {
        let mut wait = self.limits.backoff_first;
        let mut has_connected = false;
        loop {
            let stop = self.stop.clone();
            let attempt = tokio::select! {
                () = stop.stopped() => return,
                attempt = timeout(self.limits.call, Bus::connect(&self.connect)) => attempt,
            };
            let end = match attempt {
                Ok(Ok(Some((bus, stream)))) => {
                    if has_connected {
                        self.shared.counters.count_reconnect();
                    }
                    has_connected = true;
                    let mut session = Session::open(&self, bus, stream);
                    let end = session.run(&mut self.watch).await;
                    self.remembered = session.close();
                    end
                }
                Ok(Ok(None)) => {
                    tracing::debug!("systemd is not on the bus");
                    End::Failed
                }
                Ok(Err(error)) => {
                    tracing::debug!(%error, "cannot connect to the system bus");
                    End::Failed
                }
                Err(_) => {
                    tracing::debug!(limit = ?self.limits.call, "the system bus does not answer");
                    End::Failed
                }
            };
            match end {
                End::Stopping => return,
                End::Lost => {
                    tracing::warn!("connection to systemd lost, connecting again");
                    wait = self.limits.backoff_first;
                }
                End::Failed => {}
            }
            tokio::select! {
                () = stop.stopped() => return,
                () = sleep(wait) => {}
            }
            wait = (wait * 2).min(self.limits.backoff_last);
        }
    }
}
