//! `cargo xtask bench heal`: from the kill of a service until it is active again, through real Prometheus and
//! Alertmanager, beside Monit on the same service.
//!
//! Prometheus fixes the phase of scrapes and evaluations by hashes of the target and of the rule group, for as long
//! as an installation lives. So the kills are repeated in several installations with other group names: the worst
//! of these phases is what a user may be stuck with.

use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context, Result};
use jiff::Timestamp;
use prunelle_sandbox::stack::Action;
use prunelle_sandbox::{HostOptions, Manager, Profile, Programs, Stack, StackOptions, wait_until};
use rustix::process::{Signal, kill_process};
use serde::Serialize;

use super::monit;
use super::statistics::Summary;
use super::{keep, now, release_programs};

/// How long a repair may take before the bench gives up.
const LIMIT: Duration = Duration::from_mins(1);

/// How much is measured.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct HealOptions {
    /// Installations, each with another phase of evaluations
    #[arg(long, default_value_t = 8)]
    phases: u32,
    /// Kills in each of them, each of a service that Alertmanager has not heard of
    #[arg(long, default_value_t = 10)]
    kills: u32,
    /// Second kills in each of them, of services that were repaired before
    #[arg(long, default_value_t = 3)]
    second_kills: u32,
    /// Two phases, three kills: to see that it works
    #[arg(long)]
    quick: bool,
}

/// One kill.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Sample {
    /// Which installation.
    phase: u32,
    /// The service had been killed and repaired before.
    is_second: bool,
    /// Seconds from the kill to the evaluation that made the alert fire.
    alert: f64,
    /// Seconds from the kill to the notification's arrival at the healer.
    webhook: f64,
    /// Seconds from the kill until systemd had the service active again.
    active: f64,
}

#[derive(Serialize)]
struct Results {
    default_profile: Vec<Sample>,
    fast_profile: Vec<Sample>,
    monit: Vec<f64>,
}

/// Runs it and prints the figures.
pub(crate) fn run(options: HealOptions) -> Result<()> {
    let options = if options.quick {
        HealOptions {
            phases: 2,
            kills: 3,
            second_kills: 1,
            ..options
        }
    } else {
        options
    };
    let programs = release_programs()?;
    let mut dice = Dice::new();
    let mut profile = |profile| samples(&programs, profile, options, &mut dice);
    let results = Results {
        fast_profile: profile(Profile::Fast)?,
        default_profile: profile(Profile::Default)?,
        monit: monit::samples(options.kills * options.phases.min(3), &mut dice)?,
    };
    report("fast profile", &results.fast_profile);
    report("default profile", &results.default_profile);
    if let Some(summary) = Summary::of(results.monit.iter().copied()) {
        println!("\nMonit, cycle of 1 s\n  kill → active    {summary}");
        if let Some(ours) = Summary::of(fresh(&results.fast_profile).map(|it| it.active)) {
            println!(
                "  ratio to the fast profile    {:.1}",
                summary.median / ours.median
            );
        }
        if let Some(ours) = Summary::of(fresh(&results.default_profile).map(|it| it.active)) {
            println!(
                "  ratio to the default profile {:.1}",
                summary.median / ours.median
            );
        }
    }
    keep("heal", &results)
}

fn fresh(samples: &[Sample]) -> impl Iterator<Item = &Sample> {
    samples.iter().filter(|sample| !sample.is_second)
}

fn report(profile: &str, samples: &[Sample]) {
    let line = |what: &str, summary: Option<Summary>| {
        if let Some(summary) = summary {
            println!("  {what:<16} {summary}");
        }
    };
    println!("\n{profile}, all phases");
    line(
        "kill → alert",
        Summary::of(fresh(samples).map(|it| it.alert)),
    );
    line(
        "kill → webhook",
        Summary::of(fresh(samples).map(|it| it.webhook)),
    );
    line(
        "kill → active",
        Summary::of(fresh(samples).map(|it| it.active)),
    );
    let seconds = samples.iter().filter(|it| it.is_second);
    line("second kills", Summary::of(seconds.map(|it| it.active)));

    let phases = samples.iter().map(|it| it.phase).max().unwrap_or(0);
    let of_phase = |phase| {
        Summary::of(
            fresh(samples)
                .filter(|it| it.phase == phase)
                .map(|it| it.active),
        )
    };
    let worst = (0..=phases)
        .filter_map(|phase| Some((phase, of_phase(phase)?)))
        .max_by(|(_, a), (_, b)| a.median.total_cmp(&b.median));
    if let Some((phase, summary)) = worst {
        println!("{profile}, worst phase ({phase})");
        println!("  {:<16} {summary}", "kill → active");
    }
}

fn samples(
    programs: &Programs,
    profile: Profile,
    options: HealOptions,
    dice: &mut Dice,
) -> Result<Vec<Sample>> {
    let mut samples = Vec::new();
    for phase in 0..options.phases {
        println!(
            "{profile:?} profile, phase {} of {}",
            phase + 1,
            options.phases
        );
        let mut host = HostOptions::demo()?;
        for number in 0..options.kills {
            host = host.unit(&service(number), UNIT);
        }
        let mut stack_options = StackOptions::of(vec![host]);
        stack_options.profile = profile;
        stack_options.programs = Some(programs.clone());
        stack_options.group_suffix = format!("-{phase}");
        let found: Result<Vec<Sample>> = Stack::tell(stack_options, |stack| {
            let mut found = Vec::new();
            for number in 0..options.kills {
                sleep(dice.up_to(Duration::from_secs(2)));
                found.push(kill(stack, phase, number, false)?);
            }
            for number in 0..options.second_kills.min(options.kills) {
                wait_until_resolved(stack, &service(number))?;
                sleep(dice.up_to(Duration::from_secs(2)));
                found.push(kill(stack, phase, number, true)?);
            }
            Ok(found)
        });
        samples.extend(found?);
    }
    Ok(samples)
}

/// A service that starts at once and never dies by itself.
const UNIT: &str = "[Unit]\nDescription=Killed by the bench\n[Service]\nType=exec\nExecStart=/bin/sleep infinity\n";

/// Its name matches the demo's allow-list.
fn service(number: u32) -> String {
    format!("demo-bench-{number:02}.service")
}

fn kill(stack: &Stack, phase: u32, number: u32, is_second: bool) -> Result<Sample> {
    let unit = service(number);
    let unit = unit.as_str();
    let manager = stack.host().manager();
    let seen = stack.actions()?.len();
    let killed = kill_at(manager, unit)?;
    // Reading a file disturbs less than asking systemd would; the outcome is the last line of a repair.
    let lines = wait_until("the outcome in the action log", LIMIT, || {
        let lines = stack.actions().ok()?.split_off(seen);
        let is_over = |line: &Action| line.event_type == "outcome" && line.service == unit;
        lines.iter().any(is_over).then_some(lines)
    })?;
    let active = active_since(manager, unit)?;
    let alert = lines
        .iter()
        .find(|line| line.is("alert", "FIRING") && detail(line, "/labels/name") == Some(unit))
        .with_context(|| format!("no alert about {unit} in the action log"))?;
    let starts_at: Timestamp = detail(alert, "/starts_at")
        .context("an alert without `starts_at`")?
        .parse()?;
    let since = |time: Timestamp| time.duration_since(killed).as_secs_f64();
    Ok(Sample {
        phase,
        is_second,
        alert: since(starts_at),
        webhook: since(alert.timestamp),
        active: since(active),
    })
}

fn detail<'a>(line: &'a Action, path: &str) -> Option<&'a str> {
    line.details.pointer(path)?.as_str()
}

/// Kills the main process of a unit; the moment right before.
pub(super) fn kill_at(manager: &Manager, unit: &str) -> Result<Timestamp> {
    let process = manager.outside(manager.main_pid(unit)?)?;
    let killed = now();
    kill_process(process, Signal::KILL)?;
    Ok(killed)
}

/// When systemd had a unit active the last time, to the microsecond.
pub(super) fn active_since(manager: &Manager, unit: &str) -> Result<Timestamp> {
    let text = manager.systemctl(&[
        "show",
        "--timestamp=us+utc",
        "--property=ActiveEnterTimestamp",
        "--value",
        unit,
    ])?;
    // Tue 2026-11-24 06:00:00.123456 UTC
    let mut words = text.split_whitespace().skip(1);
    let (date, time) = (
        words.next().context("never active")?,
        words.next().context("no time")?,
    );
    format!("{date}T{time}Z")
        .parse()
        .with_context(|| format!("no time: {text}"))
}

fn wait_until_resolved(stack: &Stack, unit: &str) -> Result<()> {
    wait_until("the alert to resolve", LIMIT, || {
        let alerts = stack.alerts_named("ServiceDown").ok()?;
        (!alerts.iter().any(|alert| alert.label("name") == unit)).then_some(())
    })
}

/// Random waits; a xorshift is random enough for moments.
pub(super) struct Dice(u64);

impl Dice {
    fn new() -> Self {
        let seed = now().as_nanosecond().unsigned_abs();
        Self(u64::try_from(seed & u128::from(u64::MAX)).unwrap_or(1) | 1)
    }

    pub(super) fn up_to(&mut self, longest: Duration) -> Duration {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        longest.mul_f64(f64::from(u32::try_from(self.0 >> 32).unwrap_or(0)) / f64::from(u32::MAX))
    }
}
