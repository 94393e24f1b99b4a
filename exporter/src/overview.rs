//! The overview's figures that need two looks: CPU usage and network rates over the sampling interval.
//!
//! A task takes a sample every step, keeps those of one interval, and publishes an immutable
//! [`OverviewSample`] with its time; scrapes only read it. In the first interval after the start the figures are
//! over the time since the start.

use std::sync::Arc;
use std::time::Duration;

use prunelle_foundation::clock::{Now, SharedClock};
use prunelle_foundation::lifecycle::Stop;
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;

use crate::machine::Machine;
use crate::roots::Reading;
use window::Window;

mod window;

/// The usual time between two samples.
const LONGEST_STEP: Duration = Duration::from_secs(1);
/// A sample is too old when so many after it are missing.
const STEPS_UNTIL_STALE: u32 = 5;

/// What the sampler knows at one moment.
#[derive(Clone, Debug)]
pub struct OverviewSample {
    /// When the newest sample was taken.
    pub at: Now,
    /// The share of CPU time used, 0 to 1.
    pub cpu: Figure<f64>,
    /// Rates of each device that counts.
    pub network: Figure<Vec<DeviceRates>>,
}

impl OverviewSample {
    /// Before the first sample.
    pub fn not_yet(at: Now) -> Self {
        Self {
            at,
            cpu: Figure::NotYet,
            network: Figure::NotYet,
        }
    }
}

/// A figure over an interval.
#[derive(Clone, Debug, PartialEq)]
pub enum Figure<T> {
    /// There are not two samples yet.
    NotYet,
    /// This kernel does not have the source.
    Absent,
    /// The figure.
    Known(T),
    /// The source could not be read; the text is for people.
    Failed(String),
}

/// Bytes per second through one device.
#[derive(Clone, Debug, PartialEq)]
pub struct DeviceRates {
    /// The device.
    pub device: String,
    /// Received.
    pub receive: f64,
    /// Sent.
    pub transmit: f64,
}

/// Takes the samples.
#[derive(Debug)]
pub struct Sampler {
    machine: Arc<dyn Machine>,
    clock: SharedClock,
    step: Duration,
    window: Window,
}

impl Sampler {
    /// Figures over `interval`, from a sample every second, or every interval when that is shorter.
    pub fn new(machine: Arc<dyn Machine>, clock: SharedClock, interval: Duration) -> Self {
        Self {
            machine,
            clock,
            step: step(interval),
            window: Window::new(interval),
        }
    }

    /// How old a published sample may be before it says nothing any more.
    pub fn max_age(interval: Duration) -> Duration {
        step(interval) * STEPS_UNTIL_STALE
    }

    /// Takes one sample and works out the figures.
    pub fn sample(&mut self) -> OverviewSample {
        let at = self.clock.now();
        let (cpu, cpu_failure) = apart(self.machine.cpu());
        let (devices, network_failure) = apart(self.machine.network());
        let (has_cpu, has_network) = (cpu.is_some(), devices.is_some());
        self.window.push(at.clone(), cpu, devices);
        OverviewSample {
            at,
            cpu: figure(has_cpu, cpu_failure, self.window.cpu_usage()),
            network: figure(has_network, network_failure, self.window.rates()),
        }
    }

    /// Samples and publishes until told to stop, over whatever `interval` says; not at all while it says nothing.
    pub async fn run(
        mut self,
        publish: watch::Sender<Arc<OverviewSample>>,
        mut interval: watch::Receiver<Option<Duration>>,
        stop: Stop,
    ) {
        let mut steps = ticks(self.step);
        loop {
            let is_wanted = interval.borrow().is_some();
            tokio::select! {
                () = stop.stopped() => return,
                Ok(()) = interval.changed() => {
                    let Some(interval) = *interval.borrow_and_update() else {
                        continue;
                    };
                    self.step = step(interval);
                    self.window.set_interval(interval);
                    steps = ticks(self.step);
                }
                _ = steps.tick(), if is_wanted => {}
            }
            publish.send_replace(Arc::new(self.sample()));
        }
    }
}

fn step(interval: Duration) -> Duration {
    interval.min(LONGEST_STEP)
}

fn ticks(step: Duration) -> tokio::time::Interval {
    let mut steps = tokio::time::interval(step);
    steps.set_missed_tick_behavior(MissedTickBehavior::Delay);
    steps
}

fn apart<T>(reading: Reading<T>) -> (Option<T>, Option<String>) {
    match reading {
        Ok(value) => (value, None),
        Err(error) => (None, Some(crate::collector::chain(&error))),
    }
}

fn figure<T>(has_source: bool, failure: Option<String>, value: Option<T>) -> Figure<T> {
    match (failure, value) {
        (Some(failure), _) => Figure::Failed(failure),
        (None, _) if !has_source => Figure::Absent,
        (None, None) => Figure::NotYet,
        (None, Some(value)) => Figure::Known(value),
    }
}

#[cfg(test)]
mod tests;
