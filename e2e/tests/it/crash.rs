//! The healer is killed with SIGKILL, at every step of a repair and at random, and started again: no repair is lost,
//! none is made twice, the budget is charged for what was announced, and the action log is the journal's.

mod each_remedy;
mod fault;
pub(crate) mod killer;
mod ledger;
mod random;
mod reboot;
mod remedies;
mod scenery;
mod subjects;

use std::time::Duration;

use anyhow::{Result, ensure};
use prunelle_sandbox::stack::{Action, Host};
use prunelle_sandbox::{Stack, wait_until};
use rustix::process::Signal;

use self::killer::{Call, Killer};
use self::ledger::{Ledger, Step};
use self::random::Random;
use self::subjects::{Folders, Services, Subject};

const LIMIT: Duration = Duration::from_mins(1);
/// The budget of each target.
const BUDGET: u32 = 2;
/// Of the writes of a repair, each so many-th is one to die at; a long run takes all: `PRUNELLE_CRASH_STRIDE=1`.
const STRIDE: usize = 4;
/// Crashes at random moments; a long run takes more: `PRUNELLE_CRASH_KILLS=500`.
const KILLS: usize = 15;

#[test]
fn killed_at_each_sync_of_a_restart_it_goes_on_and_starts_the_service_once() -> Result<()> {
    let services = Services::new(24);
    Stack::tell(services.options()?, |stack| {
        let steps = killed_at_each(stack, &services, Call::Sync, 1)?;
        reached(
            &steps,
            &[Step::Nothing, Step::Intent, Step::Started, Step::Verifying],
        )?;
        log_is_journal(stack.host())
    })
}

#[test]
fn killed_in_the_middle_of_writes_of_a_restart_it_starts_the_service_once() -> Result<()> {
    let stride = from_environment("PRUNELLE_CRASH_STRIDE", STRIDE);
    let services = Services::new(12 + 160 / stride);
    Stack::tell(services.options()?, |stack| {
        let steps = killed_at_each(stack, &services, Call::Write, stride)?;
        reached(&steps, &[Step::Nothing])?;
        log_is_journal(stack.host())
    })
}

#[test]
fn killed_at_each_sync_of_a_cleaning_it_goes_on_and_tells_one_end() -> Result<()> {
    let folders = Folders::new(24)?;
    Stack::tell(folders.options()?, |stack| {
        folders.fill(stack.host())?;
        let steps = killed_at_each(stack, &folders, Call::Sync, 1)?;
        reached(&steps, &[Step::Nothing, Step::Intent, Step::Started])?;
        log_is_journal(stack.host())
    })
}

#[test]
fn killed_in_the_middle_of_writes_of_a_cleaning_it_tells_one_end() -> Result<()> {
    let stride = from_environment("PRUNELLE_CRASH_STRIDE", STRIDE);
    let folders = Folders::new(12 + 160 / stride)?;
    Stack::tell(folders.options()?, |stack| {
        folders.fill(stack.host())?;
        let steps = killed_at_each(stack, &folders, Call::Write, stride)?;
        reached(&steps, &[Step::Nothing])?;
        log_is_journal(stack.host())
    })
}

#[test]
fn killed_while_the_service_is_starting_it_waits_for_that_start() -> Result<()> {
    let services = Services::new(2).starting_for("2");
    Stack::tell(services.options()?, |stack| {
        let host = stack.host();
        let unit = services.name(0);
        host.manager().kill_main(&unit)?;
        host.manager().wait_for(&unit, "activating", LIMIT)?;
        host.healer().kill()?;
        host.healer().start()?;
        services.is_repaired_once(stack, 0)?;
        log_is_journal(host)
    })
}

/// Between its start mark and the restart the healer dies; before it is back, the exporter hangs for a while.
#[test]
fn an_alert_that_ends_for_a_moment_after_a_crash_has_the_service_started_once() -> Result<()> {
    let services = Services::new(2);
    Stack::tell(services.options()?, |stack| {
        let host = stack.host();
        let unit = services.name(0);
        // The alert, the intent, the start mark.
        let killer = Killer::arm(host, Call::Sync, 3)?;
        host.manager().kill_main(&unit)?;
        wait_until("the healer is dead", LIMIT, || is_dead(host).then_some(()))?;
        drop(killer);
        ensure!(Ledger::open(host)?.last_step(&unit)? == Step::Started);
        host.manager().kill(host.exporter().unit(), Signal::STOP)?;
        wait_until("the alert is over", LIMIT, || {
            stack
                .alerts_named("ServiceDown")
                .ok()?
                .is_empty()
                .then_some(())
        })?;
        host.healer().start()?;
        wait_until("the attempt has ended", LIMIT, || {
            (!outcomes_of(host, &unit).ok()?.is_empty()).then_some(())
        })?;
        let actions = lines(host, "action")?;
        ensure!(
            actions.len() == 1 && actions[0].details["reason"] == "interrupted",
            "{actions:#?}"
        );
        host.manager().kill(host.exporter().unit(), Signal::CONT)?;
        services.is_repaired_once(stack, 0)?;
        log_is_journal(host)
    })
}

#[test]
fn a_fault_while_the_healer_is_dead_is_repaired_when_it_is_back() -> Result<()> {
    let services = Services::new(2);
    Stack::tell(services.options()?, |stack| {
        let host = stack.host();
        host.healer().kill()?;
        host.manager().kill_main(&services.name(0))?;
        wait_until("the alert fires", LIMIT, || {
            (stack.alerts_named("ServiceDown").ok()?.len() == 1).then_some(())
        })?;
        host.healer().start()?;
        services.is_repaired_once(stack, 0)?;
        log_is_journal(host)
    })
}

#[test]
fn killed_at_random_while_services_die_again_and_again_it_loses_nothing() -> Result<()> {
    let kills = from_environment("PRUNELLE_CRASH_KILLS", KILLS);
    let services = Services::new(6).with_budget(1000);
    let mut random = Random::from_environment()?;
    Stack::tell(services.options()?, |stack| {
        let host = stack.host();
        let mut faults = [0; 6];
        for kill in 0..kills {
            let index = kill % faults.len();
            // One that is still down, or on its way up, is left to the healer.
            if host.state(&services.name(index))? == "active" {
                host.manager().kill_main(&services.name(index))?;
                faults[index] += 1;
            }
            // From the fault to the end of its repair about as long.
            random.sleep(Duration::from_millis(1500));
            host.healer().kill()?;
            if random.below(3) == 0 {
                start_and_kill(host, &mut random)?;
            }
            host.healer().start()?;
            Ledger::open(host)?.forgive_crashes()?;
        }
        for (index, faults) in faults.into_iter().enumerate() {
            host.manager()
                .wait_for(&services.name(index), "active", LIMIT)?;
            wait_until("every repair has ended", LIMIT, || {
                (Ledger::open(host).ok()?.unfinished().ok()? == 0).then_some(())
            })?;
            let starts = services.starts(host, index)?;
            ensure!(
                starts == 1 + faults,
                "{} was killed {faults} times and started {starts} times, the first included",
                services.name(index)
            );
        }
        let outcomes = lines(host, "outcome")?;
        ensure!(
            outcomes.iter().all(|line| line.status != "UNKNOWN"),
            "{outcomes:#?}"
        );
        eprintln!("{kills} kills, {faults:?} faults, {} ends", outcomes.len());
        log_is_journal(host)
    })
}

/// Kills the healer while it reads what it has left.
fn start_and_kill(host: &Host, random: &mut Random) -> Result<()> {
    let unit = host.healer().unit();
    host.manager().systemctl(&["start", "--no-block", unit])?;
    wait_until("it runs", LIMIT, || host.manager().main_pid(unit).ok())?;
    random.sleep(Duration::from_millis(300));
    host.healer().kill()
}

/// Breaks one subject after the other, and kills the healer at its 1st, (1 + `stride`)th … call of a kind in the course
/// of the repair, until there is none left; each is repaired, once. Returns what was on disk at each death.
fn killed_at_each(
    stack: &Stack,
    subjects: &dyn Subject,
    call: Call,
    stride: usize,
) -> Result<Vec<Step>> {
    let host = stack.host();
    let mut steps = Vec::new();
    for (index, nth) in (1..).step_by(stride).enumerate() {
        let target = subjects.name(index);
        let killer = Killer::arm(host, call, nth)?;
        subjects.break_it(stack, index)?;
        wait_until("the healer is dead, or done", LIMIT, || {
            let is_over = is_dead(host) || !outcomes_of(host, &target).ok()?.is_empty();
            is_over.then_some(())
        })?;
        drop(killer);
        let is_dead = is_dead(host);
        if is_dead {
            let step = Ledger::open(host)?.last_step(&target)?;
            eprintln!("{call:?} {nth}: {step:?}");
            steps.push(step);
            host.healer().start()?;
            Ledger::open(host)?.forgive_crashes()?;
        }
        subjects.is_repaired_once(stack, index)?;
        let (intents, charges) = Ledger::open(host)?.intents_and_charges(&target)?;
        ensure!(
            intents == charges && charges <= BUDGET,
            "{target}: {intents} intents, {charges} charged of {BUDGET}"
        );
        if !is_dead {
            break;
        }
    }
    Ok(steps)
}

/// Each of the steps was the last one on disk at some death.
fn reached(steps: &[Step], wanted: &[Step]) -> Result<()> {
    for step in wanted {
        ensure!(steps.contains(step), "never killed at {step:?}: {steps:?}");
    }
    Ok(())
}

/// After a stop in order, when both are written.
fn log_is_journal(host: &Host) -> Result<()> {
    wait_until("every repair has ended", LIMIT, || {
        (Ledger::open(host).ok()?.unfinished().ok()? == 0).then_some(())
    })?;
    host.healer().stop()?;
    let ledger = Ledger::open(host)?;
    assert_eq!(ledger.unfinished()?, 0, "unfinished remediations");
    ledger.equals_action_log(host)
}

fn is_dead(host: &Host) -> bool {
    host.state(host.healer().unit())
        .is_ok_and(|state| state == "failed")
}

fn lines(host: &Host, event: &str) -> Result<Vec<Action>> {
    let mut lines = host.actions()?;
    lines.retain(|line| line.event_type == event);
    Ok(lines)
}

fn outcomes_of(host: &Host, target: &str) -> Result<Vec<Action>> {
    let mut lines = lines(host, "outcome")?;
    lines.retain(|line| {
        line.details["target"]
            .as_str()
            .is_some_and(|it| it.ends_with(target))
    });
    Ok(lines)
}

fn from_environment(name: &str, default: usize) -> usize {
    match std::env::var(name) {
        Ok(value) => value.parse().expect("a number"),
        Err(_) => default,
    }
}
