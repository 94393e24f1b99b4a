//! Every remedy of the table, killed at each step and at random: what was begun ends, and nothing is done twice that must
//! not be.

use std::time::Duration;

use anyhow::Result;
use prunelle_sandbox::{Stack, wait_until};

use super::killer::{Call, Killer};
use super::ledger::{Ledger, Step};
use super::random::Random;
use super::remedies::{self, Fault, REMEDIES, Remedy};
use super::{
    KILLS, LIMIT, STRIDE, from_environment, is_dead, log_is_journal, reached, start_and_kill,
};

/// Crashes of one stack: with very many units, a healer that has just started would die before it knows them all.
const BATCH: usize = 40;

#[test]
fn killed_at_syncs_of_each_remedy_it_goes_on_and_does_nothing_twice() -> Result<()> {
    let stride = from_environment("PRUNELLE_CRASH_STRIDE", STRIDE);
    let units = 24;
    Stack::tell(remedies::options(REMEDIES, units)?, |stack| {
        let mut steps = Vec::new();
        for (offset, remedy) in REMEDIES.iter().enumerate() {
            // Not all at the same sync.
            let first = 1 + offset % stride;
            steps.extend(killed_at_syncs_of(stack, *remedy, first, stride)?);
        }
        reached(&steps, &[Step::Nothing, Step::Intent, Step::Started])?;
        log_is_journal(stack.host())
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
        let (mut open, mut closed) = (Vec::new(), Vec::new());
        for kill in 0..kills {
            let remedy = REMEDIES[kill % REMEDIES.len()];
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
            for fault in &ended {
                fault.is_repaired(stack)?;
            }
            closed.extend(ended);
        }
        for fault in &open {
            fault.is_repaired(stack)?;
        }
        closed.append(&mut open);
        for fault in &closed {
            fault.is_over(host)?;
        }
        eprintln!("{kills} kills and more, {} faults", closed.len());
        log_is_journal(host)
    })
}

/// Kills the healer at every so many-th sync in the course of a repair, a fault of its own for each.
fn killed_at_syncs_of(
    stack: &Stack,
    remedy: Remedy,
    first: usize,
    stride: usize,
) -> Result<Vec<Step>> {
    let host = stack.host();
    let mut steps = Vec::new();
    for (index, nth) in (first..).step_by(stride).enumerate() {
        let killer = Killer::arm(host, Call::Sync, nth)?;
        let fault = Fault::begin(stack, remedy, index)?;
        wait_until("the healer is dead, or done", LIMIT, || {
            (is_dead(host) || fault.has_ended(host).unwrap_or(false)).then_some(())
        })?;
        drop(killer);
        let is_dead = is_dead(host);
        if is_dead {
            let step = Ledger::open(host)?.last_step_of(fault.label())?;
            eprintln!("{} at sync {nth}: {step:?}", remedy.name());
            steps.push(step);
            host.healer().start()?;
            Ledger::open(host)?.forgive_crashes()?;
        }
        fault.is_repaired(stack)?;
        fault.is_over(host)?;
        if !is_dead {
            break;
        }
    }
    Ok(steps)
}
