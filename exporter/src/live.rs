//! What scrapes go by: one immutable [`Plan`], taken once at the beginning of a scrape and replaced as a whole by a
//! reload. So a scrape that runs during a reload ends with what it began with.

use std::sync::Arc;

use tokio::sync::{Semaphore, watch};

use crate::collector::Collector;
use crate::host::Host;

/// What one scrape goes by.
#[derive(Debug)]
pub struct Plan {
    /// What is scraped, with the options of collectors and the thresholds.
    pub host: Arc<Host>,
    /// The collectors that are switched on.
    pub collectors: Vec<&'static Collector>,
    /// How many scrapes may run at once.
    pub max_requests: usize,
    /// So many places are left.
    pub places: Arc<Semaphore>,
}

impl Plan {
    /// Nothing is scraped yet.
    pub fn new(host: Host, collectors: Vec<&'static Collector>, max_requests: usize) -> Self {
        Self {
            host: Arc::new(host),
            collectors,
            max_requests,
            places: Arc::new(Semaphore::new(max_requests)),
        }
    }
}

/// The plan in force; clones share it.
#[derive(Clone, Debug)]
pub struct Live(watch::Sender<Arc<Plan>>);

impl Live {
    /// Begins with this one.
    pub fn new(plan: Plan) -> Self {
        Self(watch::Sender::new(Arc::new(plan)))
    }

    /// The plan in force.
    pub fn plan(&self) -> Arc<Plan> {
        Arc::clone(&self.0.borrow())
    }

    /// Later scrapes go by this one. While the limit on parallel scrapes is the same, scrapes that run still count.
    pub fn replace(&self, mut plan: Plan) {
        let old = self.plan();
        if old.max_requests == plan.max_requests {
            plan.places = Arc::clone(&old.places);
        }
        self.0.send_replace(Arc::new(plan));
    }
}
