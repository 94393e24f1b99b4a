use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use prunelle_foundation::clock::{BootId, Clock as _, ManualClock};

use super::*;
use crate::files::Files;
use crate::machine::{CpuCount, Memory, Swap};
use crate::procfs::net_dev::DeviceBytes;
use crate::procfs::stat;
use crate::roots::{Malformed, ReadError};

/// A machine that says what it is told to.
#[derive(Debug, Default)]
struct Puppet {
    cpu: Mutex<Option<String>>,
    devices: Mutex<Vec<(&'static str, u64, u64)>>,
}

impl Machine for Puppet {
    fn cpu(&self) -> Reading<CpuCount> {
        let line = self.cpu.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(line) = &*line else {
            return Ok(None);
        };
        match stat::parse(line.as_bytes()) {
            Ok(ticks) => Ok(Some(CpuCount::Machine(ticks))),
            Err(problem) => Err(ReadError::Malformed {
                path: "stat".into(),
                problem,
            }),
        }
    }

    fn memory(&self, _: &mut Files) -> Reading<Memory> {
        Memory::new(1, 1).map(Some).map_err(unexpected)
    }

    fn swap(&self, _: &mut Files) -> Reading<Swap> {
        Swap::new(0, 0).map(Some).map_err(unexpected)
    }

    fn network(&self) -> Reading<Vec<DeviceBytes>> {
        let devices = self.devices.lock().unwrap_or_else(PoisonError::into_inner);
        let devices = devices.iter().map(|&(device, received, sent)| DeviceBytes {
            device: device.into(),
            received,
            sent,
        });
        Ok(Some(devices.collect()))
    }
}

fn unexpected(problem: Malformed) -> ReadError {
    ReadError::Malformed {
        path: "puppet".into(),
        problem,
    }
}

struct Bench {
    puppet: Arc<Puppet>,
    clock: Arc<ManualClock>,
    sampler: Sampler,
}

impl Bench {
    fn new(interval: u64) -> Self {
        let puppet = Arc::new(Puppet::default());
        let clock = Arc::new(ManualClock::new(Now {
            wall: Timestamp::UNIX_EPOCH,
            boot: Duration::from_secs(1000),
            boot_id: BootId::new("a"),
        }));
        let machine: Arc<dyn Machine> = puppet.clone();
        Self {
            sampler: Sampler::new(machine, clock.clone(), Duration::from_secs(interval)),
            puppet,
            clock,
        }
    }

    /// One second later, with these ticks used and idle so far.
    fn cpu(&mut self, used: u64, idle: u64) -> Figure<f64> {
        *self.puppet.cpu.lock().unwrap() = Some(format!("cpu {used} 0 0 {idle}"));
        self.clock.advance(Duration::from_secs(1));
        self.sampler.sample().cpu
    }

    /// One second later, with these counters.
    fn network(&mut self, devices: &[(&'static str, u64, u64)]) -> Vec<(String, f64, f64)> {
        *self.puppet.devices.lock().unwrap() = devices.to_vec();
        self.clock.advance(Duration::from_secs(1));
        match self.sampler.sample().network {
            Figure::Known(rates) => rates
                .into_iter()
                .map(|it| (it.device, it.receive, it.transmit))
                .collect(),
            Figure::NotYet => Vec::new(),
            other => panic!("{other:?}"),
        }
    }
}

fn eth0(receive: f64, transmit: f64) -> Vec<(String, f64, f64)> {
    vec![("eth0".into(), receive, transmit)]
}

#[test]
fn one_sample_is_no_figure() {
    let mut bench = Bench::new(10);
    assert_eq!(bench.cpu(100, 100), Figure::NotYet);
    assert_eq!(bench.cpu(150, 150), Figure::Known(0.5));
}

#[test]
fn usage_is_over_the_interval_and_not_since_the_start() {
    let mut bench = Bench::new(3);
    bench.cpu(0, 0);
    for second in 1..=10 {
        bench.cpu(0, 100 * second);
    }
    // Fully used from now on: after three seconds nothing of the idle time is left in the interval.
    assert_eq!(bench.cpu(100, 1000), Figure::Known(1.0 / 3.0));
    assert_eq!(bench.cpu(200, 1000), Figure::Known(2.0 / 3.0));
    assert_eq!(bench.cpu(300, 1000), Figure::Known(1.0));
    assert_eq!(bench.cpu(400, 1000), Figure::Known(1.0));
}

#[test]
fn no_source_is_absent_and_a_broken_one_has_failed() {
    let mut bench = Bench::new(10);
    assert_eq!(bench.sampler.sample().cpu, Figure::Absent);
    *bench.puppet.cpu.lock().unwrap() = Some("cpu x".into());
    assert!(matches!(bench.sampler.sample().cpu, Figure::Failed(why) if why.contains("`stat`")));
}

#[test]
fn after_a_failure_the_figure_is_over_what_is_known() {
    let mut bench = Bench::new(10);
    bench.cpu(0, 0);
    *bench.puppet.cpu.lock().unwrap() = Some("cpu x".into());
    bench.clock.advance(Duration::from_secs(1));
    bench.sampler.sample();
    assert_eq!(bench.cpu(100, 100), Figure::Known(0.5));
}

#[test]
fn rates_are_per_second_over_the_interval() {
    let mut bench = Bench::new(2);
    assert_eq!(bench.network(&[("eth0", 1000, 0)]), []);
    assert_eq!(bench.network(&[("eth0", 1500, 100)]), eth0(500.0, 100.0));
    assert_eq!(bench.network(&[("eth0", 2500, 100)]), eth0(750.0, 50.0));
    assert_eq!(bench.network(&[("eth0", 2500, 100)]), eth0(500.0, 0.0));
}

#[test]
fn a_counter_reset_is_never_a_rate() {
    let mut bench = Bench::new(10);
    bench.network(&[("eth0", 4_000_000_000, 7)]);
    bench.network(&[("eth0", 4_000_001_000, 7)]);
    // Made anew: its counters begin at zero.
    assert_eq!(bench.network(&[("eth0", 50, 0)]), []);
    assert_eq!(bench.network(&[("eth0", 150, 0)]), eth0(100.0, 0.0));
}

#[test]
fn a_device_that_comes_and_goes_has_a_rate_only_while_it_is_there() {
    let mut bench = Bench::new(10);
    bench.network(&[("eth0", 0, 0)]);
    assert_eq!(
        bench.network(&[("eth0", 10, 0), ("eth1", 500, 0)]),
        eth0(10.0, 0.0)
    );
    assert_eq!(bench.network(&[("eth0", 20, 0), ("eth1", 600, 0)]).len(), 2);
    assert_eq!(bench.network(&[("eth0", 30, 0)]), eth0(10.0, 0.0));
    // Gone in between: what it had before does not count.
    assert_eq!(
        bench.network(&[("eth0", 40, 0), ("eth1", 900, 0)]),
        eth0(10.0, 0.0)
    );
}

#[test]
fn the_step_is_short_and_staleness_follows_it() {
    let seconds = Duration::from_secs;
    assert_eq!(Sampler::max_age(seconds(10)), seconds(5));
    assert_eq!(Sampler::max_age(seconds(1)), seconds(5));
}

#[tokio::test(start_paused = true)]
async fn the_task_publishes_every_step_until_it_is_stopped() {
    let bench = Bench::new(10);
    let (publish, mut overview) =
        watch::channel(Arc::new(OverviewSample::not_yet(bench.clock.now())));
    let stop = Stop::new();
    let watching = async {
        for _ in 0..3 {
            overview.changed().await.unwrap();
            assert_eq!(overview.borrow_and_update().cpu, Figure::Absent);
        }
        stop.request("enough");
    };
    let (_interval, new_interval) = watch::channel(Some(Duration::from_secs(10)));
    tokio::join!(
        bench.sampler.run(publish, new_interval, stop.clone()),
        watching
    );
}

#[tokio::test(start_paused = true)]
async fn a_new_interval_counts_at_once() {
    let bench = Bench::new(10);
    let (publish, mut overview) =
        watch::channel(Arc::new(OverviewSample::not_yet(bench.clock.now())));
    let stop = Stop::new();
    let (interval, new_interval) = watch::channel(Some(Duration::from_secs(10)));
    let watching = async {
        overview.changed().await.unwrap();
        interval.send_replace(Some(Duration::from_millis(100)));
        let before = tokio::time::Instant::now();
        for _ in 0..5 {
            overview.changed().await.unwrap();
        }
        // At the old interval these would have taken four seconds.
        assert!(before.elapsed() < Duration::from_secs(1));
        stop.request("enough");
    };
    tokio::join!(
        bench.sampler.run(publish, new_interval, stop.clone()),
        watching
    );
}
