//! The greediest groups of processes, by CPU and by memory, and the open files of services.
//!
//! A task takes a sample every interval on a thread for blocking work and publishes an immutable [`ProcessSample`] with
//! its time; scrapes only read it. A group is what has the same name (`comm`) in the same unit, so that a handful of
//! workers is one line and two programs of one unit are two. What must hold: the number of groups is bounded, however
//! many processes there are, and no pid is told.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use prunelle_foundation::clock::{Now, SharedClock};
use prunelle_foundation::lifecycle::{Stop, Tasks};
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;

use crate::collector::chain;
use crate::machine::{CpuCount, Machine};
use crate::overview::Figure;
use crate::roots::{ReadError, Roots};
use groups::Usage;
use reader::Reader;

mod groups;
mod history;
mod open_files;
mod reader;

/// A sample is too old when so many after it are missing.
const INTERVALS_UNTIL_STALE: u32 = 3;

/// What the sampler knows at one moment.
#[derive(Clone, Debug)]
pub struct ProcessSample {
    /// When it was taken.
    pub at: Now,
    /// The greediest groups.
    pub groups: Figure<Vec<Group>>,
    /// Open files by the cgroup of a service, those below it included; a service that has a process whose open files
    /// this process may not count is not there.
    pub open_files: HashMap<String, u64>,
}

impl ProcessSample {
    /// Before the first sample.
    pub fn not_yet(at: Now) -> Self {
        Self {
            at,
            groups: Figure::NotYet,
            open_files: HashMap::new(),
        }
    }
}

/// Processes of one name in one unit.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// Their name.
    pub name: String,
    /// Their unit; empty when they belong to none.
    pub unit: String,
    /// The share of the machine's CPU time that they used over the interval, 0 to 1; none at the first sample.
    pub cpu: Option<f64>,
    /// What they have to themselves of resident memory, and the largest that one of them shares, in bytes.
    pub memory: u64,
    /// How many they are.
    pub processes: u64,
}

/// The newest sample, for scrapes.
#[derive(Clone, Debug)]
pub struct Processes {
    /// What was published last.
    pub sample: watch::Receiver<Arc<ProcessSample>>,
    /// How old it may be.
    pub max_age: Duration,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Demand {
    /// How often.
    pub interval: Duration,
    /// How many groups by CPU, and as many by memory; none when nobody asks for groups.
    pub count: usize,
    /// Whether the open files of services are counted.
    pub counts_open_files: bool,
}

impl Demand {
    /// Whether there is anybody to take a sample for.
    fn is_any(&self) -> bool {
        self.count > 0 || self.counts_open_files
    }

    /// How old a published sample may be before it says nothing any more.
    pub fn max_age(&self) -> Duration {
        self.interval * INTERVALS_UNTIL_STALE
    }
}

/// Takes the samples.
#[derive(Debug)]
pub struct Sampler {
    machine: Arc<dyn Machine>,
    clock: SharedClock,
    demand: Demand,
    reader: Reader,
    history: history::History,
}

impl Sampler {
    /// Nothing is sampled yet.
    pub fn new(
        roots: Roots,
        machine: Arc<dyn Machine>,
        clock: SharedClock,
        demand: Demand,
    ) -> Self {
        Self {
            machine,
            clock,
            demand,
            reader: Reader::new(roots.procfs),
            history: history::History::default(),
        }
    }

    /// Takes one sample.
    pub fn sample(&mut self) -> ProcessSample {
        let at = self.clock.now();
        match self.groups(&at) {
            Ok(groups) => ProcessSample {
                groups: groups.map_or(Figure::Absent, Figure::Known),
                open_files: self.reader.open_files(),
                at,
            },
            Err(error) => ProcessSample {
                groups: Figure::Failed(chain(&error)),
                ..ProcessSample::not_yet(at)
            },
        }
    }

    fn groups(&mut self, at: &Now) -> Result<Option<Vec<Group>>, ReadError> {
        let Some(processes) = self.reader.read(self.demand.counts_open_files)? else {
            return Ok(None);
        };
        let cores = match self.machine.cpu()? {
            #[expect(clippy::cast_precision_loss, reason = "a number of CPUs")]
            Some(CpuCount::Machine(ticks)) => ticks.cpus.max(1) as f64,
            Some(CpuCount::Share { cores, .. }) => cores,
            None => return Ok(None),
        };
        let usage = self.history.usage(at, &processes);
        let usages = processes
            .iter()
            .zip(usage.ticks)
            .map(|(process, ticks)| Usage {
                name: &process.name,
                unit: &process.unit,
                ticks,
                resident: process.resident,
                shared: process.shared,
            });
        #[expect(
            clippy::cast_precision_loss,
            reason = "a ratio for people needs no 53 bits"
        )]
        let had = usage.over.map(|elapsed| {
            elapsed.as_secs_f64() * cores * rustix::param::clock_ticks_per_second() as f64
        });
        Ok(Some(groups::greediest(usages, had, self.demand.count)))
    }

    /// Starts to sample, as a task of `tasks`. What is asked for may change.
    pub fn start(self, tasks: &Tasks, stop: &Stop) -> (Processes, watch::Sender<Demand>) {
        let first = ProcessSample::not_yet(self.clock.now());
        let (publish, sample) = watch::channel(Arc::new(first));
        let (demand, new_demand) = watch::channel(self.demand);
        let max_age = self.demand.max_age();
        let running = self.run(tasks.clone(), publish, new_demand, stop.clone());
        tasks.spawn("process sampler", running);
        (Processes { sample, max_age }, demand)
    }

    /// Samples and publishes until told to stop.
    async fn run(
        mut self,
        tasks: Tasks,
        publish: watch::Sender<Arc<ProcessSample>>,
        mut demand: watch::Receiver<Demand>,
        stop: Stop,
    ) {
        let mut steps = ticks(self.demand.interval);
        loop {
            tokio::select! {
                () = stop.stopped() => return,
                Ok(()) = demand.changed() => {
                    self.demand = *demand.borrow_and_update();
                    steps = ticks(self.demand.interval);
                    continue;
                }
                _ = steps.tick(), if self.demand.is_any() => {}
            }
            let sampling = tasks.spawn_blocking("process sampler", move || {
                let sample = self.sample();
                (self, sample)
            });
            // A bug here must not end the exporter: the sample becomes too old, and its collectors say so.
            let Ok((sampler, sample)) = sampling.await else {
                return;
            };
            self = sampler;
            publish.send_replace(Arc::new(sample));
        }
    }
}

fn ticks(interval: Duration) -> tokio::time::Interval {
    let mut steps = tokio::time::interval(interval);
    steps.set_missed_tick_behavior(MissedTickBehavior::Delay);
    steps
}

#[cfg(test)]
mod tests;
