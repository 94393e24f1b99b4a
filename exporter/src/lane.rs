//! Threads for collectors that may hang: one each, for the life of the program.
//!
//! A scrape hands its work to the thread and takes what is ready by its deadline. While the thread has not come back
//! from a scrape whose deadline is over, later scrapes are refused at once: what hangs costs one thread, once.

use std::collections::HashMap;
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use prunelle_foundation::lifecycle::Tasks;

use crate::collector::{Collector, CollectorError};
use crate::deadline::Deadline;
use crate::files::Files;
use crate::host::Host;
use crate::output::Output;
use crate::scrape::{Inbox, Run, lock, run};

/// The threads, by the name of the collector.
#[derive(Debug)]
pub(crate) struct Lanes {
    tasks: Tasks,
    lanes: Mutex<HashMap<&'static str, Lane>>,
}

#[derive(Debug)]
struct Lane {
    jobs: mpsc::Sender<Job>,
    /// What the thread does at this moment.
    running: Arc<Mutex<Option<Deadline>>>,
}

/// The part of one collector in one scrape.
#[derive(Debug)]
struct Job {
    host: Arc<Host>,
    deadline: Deadline,
    inbox: Arc<Inbox>,
}

impl Lanes {
    pub(crate) fn new(tasks: Tasks) -> Self {
        Self {
            tasks,
            lanes: Mutex::default(),
        }
    }

    /// Has the collector's thread run it; the run, or why there is none, arrives in `inbox`.
    pub(crate) fn start(
        &self,
        collector: &'static Collector,
        host: &Arc<Host>,
        deadline: &Deadline,
        inbox: &Arc<Inbox>,
    ) {
        let job = Job {
            host: Arc::clone(host),
            deadline: deadline.clone(),
            inbox: Arc::clone(inbox),
        };
        if let Err(error) = self.send(collector, job) {
            inbox.put(Run {
                collector,
                gathered: Err(error),
                output: Output::new(0),
                took: Duration::ZERO,
            });
        }
    }

    fn send(&self, collector: &'static Collector, job: Job) -> Result<(), CollectorError> {
        let mut lanes = lock(&self.lanes);
        let job = match lanes.get(collector.name) {
            Some(lane) if lane.hangs() => return Err(CollectorError::Hangs),
            Some(lane) => match lane.jobs.send(job) {
                Ok(()) => return Ok(()),
                // It has panicked outside the collector.
                Err(mpsc::SendError(job)) => job,
            },
            None => job,
        };
        let (sender, jobs) = mpsc::channel();
        let running = Arc::default();
        let state = Arc::clone(&running);
        self.tasks
            .thread(collector.name, move || work(collector, &jobs, &state))
            .map_err(CollectorError::Thread)?;
        // The thread holds the other end until this one is dropped.
        let _ = sender.send(job);
        let lane = Lane {
            jobs: sender,
            running,
        };
        lanes.insert(collector.name, lane);
        Ok(())
    }
}

impl Lane {
    fn hangs(&self) -> bool {
        lock(&self.running).as_ref().is_some_and(Deadline::is_over)
    }
}

/// The thread. A job whose deadline is over is not begun.
fn work(
    collector: &'static Collector,
    jobs: &mpsc::Receiver<Job>,
    running: &Mutex<Option<Deadline>>,
) {
    let mut files: Option<Files> = None;
    while let Ok(Job {
        host,
        deadline,
        inbox,
    }) = jobs.recv()
    {
        let files = files.get_or_insert_with(|| Files::new(host.roots.clone()));
        files.begin();
        *lock(running) = Some(deadline.clone());
        let run = run(collector, &host, &deadline, files, None);
        *lock(running) = None;
        inbox.put(run);
    }
}
