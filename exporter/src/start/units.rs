//! The client of systemd: started when somebody wants to know of units for the first time, and kept from then on.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use prunelle_foundation::clock::SharedClock;
use prunelle_foundation::lifecycle::{Stop, Tasks};
use prunelle_systemd::{Systemd, WatchList};

use crate::collector::{OF_INVENTORY, is_any_on};
use crate::host::Units;
use crate::settings::Settings;

/// What starts the client, and the client once it is started.
#[derive(Debug)]
pub(super) struct Watching {
    pub(super) clock: SharedClock,
    pub(super) tasks: Tasks,
    pub(super) stop: Stop,
    pub(super) rootfs: PathBuf,
    pub(super) client: Option<Client>,
    /// Whether it was said that there is no systemd.
    pub(super) has_told: bool,
}

#[derive(Debug)]
pub(super) struct Client {
    systemd: Systemd,
    services: WatchList,
    has_inventory: bool,
    /// How old a table may be.
    max_age: Duration,
}

impl Watching {
    /// The watched units, and the inventory: one table. There is no connection at all when nobody wants either, or when
    /// the inventory is all that is wanted and systemd did not start this machine: that is said once.
    pub(super) fn follow(&mut self, settings: &Settings) -> (Option<Units>, Option<Units>) {
        let is_watching = !settings.services.is_empty();
        let wants_inventory = is_any_on(&settings.collectors, &OF_INVENTORY);
        if wants_inventory && !is_watching && self.client.is_none() && !self.is_booted() {
            if !self.has_told {
                tracing::info!(
                    "this machine was not started by systemd, so there is nothing to tell of its units"
                );
                self.has_told = true;
            }
            return (None, None);
        }
        self.watch(&settings.services, wants_inventory);
        let Some(client) = &self.client else {
            return (None, None);
        };
        let units = || Units {
            table: client.systemd.table(),
            max_age: client.max_age,
        };
        (is_watching.then(units), wants_inventory.then(units))
    }

    fn watch(&mut self, services: &WatchList, wants_inventory: bool) {
        match &mut self.client {
            None if services.is_empty() && !wants_inventory => {}
            None => self.client = Some(self.connect(services, wants_inventory)),
            Some(client) if wants_inventory && !client.has_inventory => {
                // It ends with the program only, and watches nothing until then: this happens once at most.
                client.systemd.set_watch(WatchList::default());
                self.client = Some(self.connect(services, wants_inventory));
            }
            // A new list has systemd read all of it afresh, which nobody wants of the old one.
            Some(client) if client.services == *services => {}
            Some(client) => {
                client.services = services.clone();
                client.systemd.set_watch(services.clone());
            }
        }
    }

    fn connect(&self, services: &WatchList, inventory: bool) -> Client {
        let options = prunelle_systemd::Options {
            watch: services.clone(),
            inventory,
            ..prunelle_systemd::Options::default()
        };
        // Twice the age that a sound table can have: what is older is broken.
        let max_age = options.limits.staleness() * 2;
        let clock = Arc::clone(&self.clock);
        Client {
            systemd: Systemd::start(options, clock, &self.tasks, self.stop.clone()),
            services: services.clone(),
            has_inventory: inventory,
            max_age,
        }
    }

    /// What `sd_booted` looks at.
    fn is_booted(&self) -> bool {
        self.rootfs.join("run/systemd/system").is_dir()
    }
}
