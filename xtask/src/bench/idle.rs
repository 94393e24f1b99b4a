//! `cargo xtask bench idle`: what exporter and healer cost while nothing happens but scrapes and heartbeats.
//!
//! Both profiles run at the same time, each in a stack of its own: CPU time is charged to the process that uses it.

use std::fs;
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context, Result};
use prunelle_sandbox::{Profile, Stack, StackOptions};
use rustix::process::Pid;
use serde::Serialize;

use super::{keep, release_programs};

/// How long it is measured.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct IdleOptions {
    /// Minutes, after half a minute to settle
    #[arg(long, default_value_t = 10)]
    minutes: u32,
}

/// What one program cost.
#[derive(Debug, Serialize)]
struct Cost {
    profile: String,
    program: &'static str,
    /// CPU time used over time passed: 1 is one core.
    cpu_ratio: f64,
    /// Resident memory at the end.
    resident_megabytes: f64,
}

/// Runs it and prints the figures.
pub(crate) fn run(options: IdleOptions) -> Result<()> {
    let programs = release_programs()?;
    let stacks = [Profile::Default, Profile::Fast].map(|profile| {
        let mut options = StackOptions::demo()?;
        options.profile = profile;
        options.programs = Some(programs.clone());
        Ok((profile, Stack::start(options)?))
    });
    let stacks = stacks
        .into_iter()
        .collect::<Result<Vec<(Profile, Stack)>>>()?;
    sleep(Duration::from_secs(30));
    let before = costs(&stacks)?;
    println!("Measuring for {} minutes.", options.minutes);
    let measured = Duration::from_mins(options.minutes.into());
    sleep(measured);
    let mut costs = costs(&stacks)?;
    for (cost, before) in costs.iter_mut().zip(before) {
        cost.cpu_ratio = (cost.cpu_ratio - before.cpu_ratio) / measured.as_secs_f64();
    }
    for (profile, _) in &stacks {
        let mut together = 0.0;
        for cost in costs
            .iter()
            .filter(|cost| cost.profile == format!("{profile:?}"))
        {
            together += cost.cpu_ratio;
            println!(
                "{:<8} profile  {:<18} {:>5.2} % of one core   {:>5.1} MB resident",
                cost.profile,
                cost.program,
                100.0 * cost.cpu_ratio,
                cost.resident_megabytes
            );
        }
        println!(
            "{profile:?} profile, together: {:.2} % of one core",
            100.0 * together
        );
    }
    keep("idle", &costs)
}

/// CPU seconds so far, as `cpu_ratio` until divided by time.
fn costs(stacks: &[(Profile, Stack)]) -> Result<Vec<Cost>> {
    let mut costs = Vec::new();
    for (profile, stack) in stacks {
        let host = stack.host();
        for service in [host.exporter(), host.healer()] {
            let manager = host.manager();
            let process = manager.outside(manager.main_pid(service.unit())?)?;
            costs.push(Cost {
                profile: format!("{profile:?}"),
                program: service.unit().trim_end_matches(".service"),
                cpu_ratio: cpu_seconds(process)?,
                resident_megabytes: resident_megabytes(process)?,
            });
        }
    }
    Ok(costs)
}

fn cpu_seconds(process: Pid) -> Result<f64> {
    let stat = fs::read_to_string(format!("/proc/{}/stat", process.as_raw_nonzero()))?;
    // The name may hold spaces and parentheses; `utime` and `stime` are the 12th and 13th field behind it.
    let (_, fields) = stat.rsplit_once(')').context("no name in /proc/PID/stat")?;
    let ticks: Vec<f64> = fields
        .split_whitespace()
        .skip(11)
        .take(2)
        .map(str::parse)
        .collect::<Result<_, _>>()?;
    let per_second = u32::try_from(rustix::param::clock_ticks_per_second())?;
    Ok(ticks.iter().sum::<f64>() / f64::from(per_second))
}

fn resident_megabytes(process: Pid) -> Result<f64> {
    memory_megabytes(process, "VmRSS:")
}

/// A row of /proc/PID/status that tells memory.
pub(super) fn memory_megabytes(process: Pid, row: &str) -> Result<f64> {
    let status = fs::read_to_string(format!("/proc/{}/status", process.as_raw_nonzero()))?;
    let kib = status
        .lines()
        .find_map(|line| line.strip_prefix(row)?.trim().strip_suffix(" kB"))
        .with_context(|| format!("no {row} in /proc/PID/status"))?;
    Ok(kib.trim().parse::<f64>()? * 1024.0 / 1e6)
}
