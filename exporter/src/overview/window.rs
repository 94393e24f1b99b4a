//! The samples of one interval, and the figures that follow from them. Pure.

use std::collections::VecDeque;
use std::time::Duration;

use prunelle_foundation::clock::Now;

use super::DeviceRates;
use crate::machine::CpuCount;
use crate::procfs::net_dev::DeviceBytes;

/// Samples, oldest first: those younger than the interval and one more.
#[derive(Debug)]
pub(super) struct Window {
    interval: Duration,
    samples: VecDeque<Sample>,
}

#[derive(Debug)]
struct Sample {
    at: Now,
    cpu: Option<CpuCount>,
    devices: Option<Vec<DeviceBytes>>,
}

impl Sample {
    fn device(&self, name: &str) -> Option<&DeviceBytes> {
        self.devices.as_ref()?.iter().find(|it| it.device == name)
    }
}

impl Window {
    pub(super) fn new(interval: Duration) -> Self {
        Self {
            interval,
            samples: VecDeque::new(),
        }
    }

    /// From the next sample on; those that there are still count.
    pub(super) fn set_interval(&mut self, interval: Duration) {
        self.interval = interval;
    }

    /// Adds the newest sample and drops those that are not needed any more.
    pub(super) fn push(
        &mut self,
        at: Now,
        cpu: Option<CpuCount>,
        devices: Option<Vec<DeviceBytes>>,
    ) {
        while let Some(second) = self.samples.get(1)
            && at.since(&second.at) >= self.interval
        {
            self.samples.pop_front();
        }
        self.samples.push_back(Sample { at, cpu, devices });
    }

    /// CPU usage from the oldest sample that has CPU time to the newest.
    pub(super) fn cpu_usage(&self) -> Option<f64> {
        let newest = self.samples.back()?;
        let later = newest.cpu?;
        let (at, earlier) = self
            .samples
            .iter()
            .find_map(|sample| Some((&sample.at, sample.cpu?)))?;
        later.usage_since(&earlier, newest.at.since(at))
    }

    /// Rates of each device of the newest sample that was there before.
    ///
    /// A counter that went backwards was reset (the device was made anew, or its driver was): samples from
    /// before that do not count for this device, so that a reset is never a rate.
    pub(super) fn rates(&self) -> Option<Vec<DeviceRates>> {
        let newest = self.samples.back()?;
        let devices = newest.devices.as_ref()?;
        if self.samples.len() < 2 {
            return None;
        }
        let rates = devices.iter().filter_map(|device| {
            let mut oldest = (&newest.at, device);
            for sample in self.samples.iter().rev().skip(1) {
                match sample.device(&device.device) {
                    Some(earlier)
                        if earlier.received <= oldest.1.received
                            && earlier.sent <= oldest.1.sent =>
                    {
                        oldest = (&sample.at, earlier);
                    }
                    _ => break,
                }
            }
            let seconds = newest.at.since(oldest.0).as_secs_f64();
            (seconds > 0.0).then(|| DeviceRates {
                device: device.device.clone(),
                receive: per_second(device.received - oldest.1.received, seconds),
                transmit: per_second(device.sent - oldest.1.sent, seconds),
            })
        });
        Some(rates.collect())
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "bytes of one interval are far below 2^52"
)]
fn per_second(bytes: u64, seconds: f64) -> f64 {
    bytes as f64 / seconds
}
