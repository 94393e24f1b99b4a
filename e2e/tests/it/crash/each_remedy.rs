//! Every remedy of the table, killed at each step and at random: what was begun ends, and nothing is done twice that must
//! not be.

use std::time::Duration;

use anyhow::Result;
use prunelle_sandbox::stack::Host;
use prunelle_sandbox::{Stack, wait_until};

use super::fault::Fault;
use super::killer::{Call, Killer};
use super::ledger::{Ledger, Step};
use super::random::Random;
use super::remedies::{self, Leaves, REMEDIES, Row};
use super::{
    KILLS, LIMIT, STRIDE, from_environment, is_dead, log_is_journal, reached, start_and_kill,
};

/// Crashes of one stack: with very many units, a healer that has just started would die before it knows them all.
const BATCH: usize = 40;
/// More than the syncs of a repair.
const UNITS: usize = 24;

#[test]
fn killed_at_syncs_of_each_remedy_it_goes_on_and_does_nothing_twice() -> Result<()> {
    killed_at_syncs(|row| row % 2 == 0)
}

/// So that the two run at the same time.
#[test]
fn killed_at_syncs_of_each_other_remedy_it_goes_on_and_does_nothing_twice() -> Result<()> {
    killed_at_syncs(|row| row % 2 == 1)
}

#[test]
fn killed_at_each_sync_of_an_undo_it_undoes_once_what_was_before() -> Result<()> {
    let is_undone = |remedy: &&Row| matches!(remedy.leaves, Leaves::Limited { .. });
    let undone: Vec<Row> = REMEDIES.iter().filter(is_undone).copied().collect();
    Stack::tell(remedies::options(&undone, UNITS)?, |stack| {
        let host = stack.host();
        for remedy in undone {
            let mut deaths = 0;
            for nth in 1.. {
                let fault = Fault::begin(stack, remedy, nth)?;
                fault.is_repaired(host)?;
                let killer = Killer::arm(host, Call::Sync, nth)?;
                fault.end(stack)?;
                let is_dead = is_dead_or(host, || fault.is_undone(host))?;
                drop(killer);
                if !is_dead {
                    fault.is_over(host)?;
                    break;
                }
                deaths += 1;
                host.healer().start()?;
                Ledger::open(host)?.forgive_crashes()?;
                fault.is_over(host)?;
            }
            // The end of the alert, and that of the limits.
            anyhow::ensure!(deaths >= 2, "killed {deaths} times");
        }
        log_is_journal(host)
    })
}

#[test]
fn killed_at_random_in_all_remedies_it_loses_nothing_and_does_nothing_twice() -> Result<()> {
    let mut left = from_environment("PRUNELLE_CRASH_KILLS", KILLS);
    let mut random = Random::from_environment()?;
    while left > 0 {
        let kills = left.min(BATCH);
        killed_at_random(kills, &mut random)?;
        left -= kills;
    }
    Ok(())
}

fn killed_at_random(kills: usize, random: &mut Random) -> Result<()> {
    let units = kills.div_ceil(REMEDIES.len());
    Stack::tell(remedies::options(REMEDIES, units)?, |stack| {
        let host = stack.host();
        remedies::install(host, REMEDIES, units)?;
        let (mut open, mut closed) = (Vec::new(), Vec::new());
        for kill in 0..kills {
            let remedy = REMEDIES[kill % REMEDIES.len()];
            let in_the_way = open.extract_if(.., |fault: &mut Fault| {
                remedy.is_shared() && fault.remedy() == remedy
            });
            let in_the_way: Vec<Fault> = in_the_way.collect();
            closed.extend(close(stack, in_the_way)?);
            open.push(Fault::begin(stack, remedy, kill / REMEDIES.len())?);
            random.sleep(Duration::from_millis(1500));
            host.healer().kill()?;
            if random.below(3) == 0 {
                start_and_kill(host, random)?;
            }
            host.healer().start()?;
            Ledger::open(host)?.forgive_crashes()?;
            let ended = open.extract_if(.., |fault| fault.has_ended(host).unwrap_or(false));
            let ended: Vec<Fault> = ended.collect();
            closed.extend(close(stack, ended)?);
        }
        closed.extend(close(stack, open)?);
        for fault in &closed {
            fault.is_over(host)?;
        }
        eprintln!("{kills} kills and more, {} faults", closed.len());
        log_is_journal(host)
    })
}

/// Waits for the ends of their repairs, and tells that they are over.
fn close(stack: &Stack, faults: Vec<Fault>) -> Result<Vec<Fault>> {
    for fault in &faults {
        fault.is_repaired(stack.host())?;
        fault.end(stack)?;
    }
    Ok(faults)
}

/// Kills the healer at syncs of every other row.
fn killed_at_syncs(is_taken: impl Fn(usize) -> bool) -> Result<()> {
    let stride = from_environment("PRUNELLE_CRASH_STRIDE", STRIDE);
    let rows: Vec<Row> = (0..REMEDIES.len())
        .filter(|row| is_taken(*row))
        .map(|row| REMEDIES[row])
        .collect();
    Stack::tell(remedies::options(&rows, UNITS)?, |stack| {
        remedies::install(stack.host(), &rows, UNITS)?;
        let mut steps = Vec::new();
        for (offset, remedy) in rows.iter().enumerate() {
            // Not all at the same sync.
            let first = 1 + offset % stride;
            steps.extend(killed_at_syncs_of(stack, *remedy, first, stride)?);
        }
        reached(&steps, &[Step::Nothing, Step::Intent, Step::Started])?;
        log_is_journal(stack.host())
    })
}

/// Kills the healer at every so many-th sync in the course of a repair, a fault of its own for each.
fn killed_at_syncs_of(
    stack: &Stack,
    remedy: Row,
    first: usize,
    stride: usize,
) -> Result<Vec<Step>> {
    let host = stack.host();
    let mut steps = Vec::new();
    for (index, nth) in (first..).step_by(stride).enumerate() {
        let killer = Killer::arm(host, Call::Sync, nth)?;
        let fault = Fault::begin(stack, remedy, index)?;
        let is_dead = is_dead_or(host, || fault.has_ended(host))?;
        drop(killer);
        if is_dead {
            let step = Ledger::open(host)?.last_step_of(fault.label())?;
            eprintln!("{} at sync {nth}: {step:?}", remedy.name);
            steps.push(step);
            host.healer().start()?;
            Ledger::open(host)?.forgive_crashes()?;
        }
        fault.is_repaired(host)?;
        fault.end(stack)?;
        fault.is_over(host)?;
        if !is_dead {
            break;
        }
    }
    Ok(steps)
}

/// Waits until the healer has been killed, or has come to its end with something; whether it was killed.
pub(super) fn is_dead_or(host: &Host, has_ended: impl Fn() -> Result<bool>) -> Result<bool> {
    wait_until("the healer is dead, or done", LIMIT, || {
        (is_dead(host) || has_ended().unwrap_or(false)).then_some(())
    })?;
    Ok(is_dead(host))
}
