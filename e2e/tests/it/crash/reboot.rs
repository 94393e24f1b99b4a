//! A reboot: whenever the healer is killed, the machine goes down once for a fault, or never when nobody can tell whether
//! it did.
//!
//! The sandbox stays up. What goes down and comes back is the healer, in another boot: a time namespace has the machine's
//! uptime, and a file is mounted over the boot id. `reboot.target` is a unit that counts and brings this about.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use prunelle_sandbox::stack::Host;
use prunelle_sandbox::{Stack, wait_until};

use super::each_remedy::is_dead_or;
use super::fault::Fault;
use super::killer::{Call, Killer};
use super::ledger::{Ledger, Step};
use super::remedies::{self, REBOOT};
use super::{LIMIT, log_is_journal, reached};

#[test]
fn killed_at_each_sync_before_a_reboot_and_after_it_it_reboots_once_at_most() -> Result<()> {
    let folder = tempfile::tempdir()?;
    Stack::tell(remedies::options(&[REBOOT], 0)?, |stack| {
        let host = stack.host();
        let machine = Machine::install(host, folder.path())?;
        let mut steps = Vec::new();
        for nth in 1.. {
            machine.has_been_up_for_an_hour(host)?;
            let killer = Killer::arm(host, Call::Sync, nth)?;
            let fault = Fault::begin(stack, REBOOT, nth)?;
            let is_dead = is_dead_or(host, || fault.has_ended(host))?;
            drop(killer);
            if is_dead {
                let step = Ledger::open(host)?.last_step_of(fault.label())?;
                eprintln!("reboot at sync {nth}: {step:?}");
                steps.push(step);
                host.healer().start()?;
            }
            is_repaired(stack, &fault)?;
            if !is_dead {
                break;
            }
        }
        reached(&steps, &[Step::Nothing, Step::Intent, Step::Started])?;

        machine.has_been_up_for_an_hour(host)?;
        let boot = machine.boot()?;
        let fault = Fault::begin(stack, REBOOT, 0)?;
        wait_until("the healer is there after the boot", LIMIT, || {
            let is_up = host.manager().main_pid(host.healer().unit()).is_ok();
            (machine.boot().ok()? != boot && is_up).then_some(())
        })?;
        host.healer().kill()?;
        host.healer().start()?;
        is_repaired(stack, &fault)?;
        ensure!(
            Ledger::open(host)?.ends(fault.label())? == [("success".to_owned(), String::new())],
            "the boot tells that it happened"
        );
        log_is_journal(host)
    })
}

fn is_repaired(stack: &Stack, fault: &Fault) -> Result<()> {
    let host = stack.host();
    Ledger::open(host)?.forgive_crashes()?;
    fault.is_repaired(host)?;
    fault.end(stack)?;
    fault.is_over(host)
}

/// What the healer takes for the machine.
struct Machine {
    boot_id: PathBuf,
    /// By how many seconds its uptime is off; `booted` when it has just booted.
    uptime: PathBuf,
}

impl Machine {
    /// From its next start on, the healer sees the machine as the files have it.
    fn install(host: &Host, folder: &Path) -> Result<Self> {
        let machine = Self {
            boot_id: folder.join("boot_id"),
            uptime: folder.join("uptime"),
        };
        let (boot_id, uptime) = (machine.boot_id.display(), machine.uptime.display());
        let script = folder.join("start.sh");
        fs::write(
            &script,
            format!(
                "off=$(cat {uptime})
                 if [ $off = booted ]; then read -r up _ </proc/uptime; off=-$((${{up%.*}} - 3)); fi
                 exec unshare --time --boottime=$off --mount --propagation private --fork --kill-child -- \\
                 /bin/sh -euc 'mount --bind {boot_id} /proc/sys/kernel/random/boot_id; exec \"$0\" \"$@\"' \"$@\"\n"
            ),
        )?;
        let manager = host.manager();
        let unit = host.healer().unit();
        let text = fs::read_to_string(host.dir().join("units").join(unit))?;
        let start = format!("NotifyAccess=all\nExecStart=/bin/sh {} ", script.display());
        ensure!(text.contains("ExecStart="), "{text}");
        manager.write_unit(unit, &text.replace("ExecStart=", &start))?;

        let down_and_up = folder.join("reboot.sh");
        fs::write(
            &down_and_up,
            format!(
                "set -eu
                 echo reboot >>/run/reboot.target.deeds
                 systemctl --user stop {unit}
                 echo booted >{uptime}
                 cat /proc/sys/kernel/random/uuid >{boot_id}
                 systemctl --user start {unit}\n"
            ),
        )?;
        let down_and_up = down_and_up.display();
        manager.write_unit(
            "machine.service",
            &format!("[Service]\nType=oneshot\nExecStart=/bin/sh {down_and_up}\n"),
        )?;
        manager.write_unit(
            "reboot.target",
            "[Unit]\nRequires=machine.service\nAfter=machine.service\nAllowIsolate=yes\n",
        )?;
        manager.daemon_reload()?;
        Ok(machine)
    }

    /// Nothing is known that would keep it from being rebooted.
    fn has_been_up_for_an_hour(&self, host: &Host) -> Result<()> {
        wait_until("the last boot is over", LIMIT, || {
            let state = host.state("machine.service").ok()?;
            (state == "inactive").then_some(())
        })?;
        host.manager().systemctl(&["stop", "reboot.target"])?;
        host.healer().stop()?;
        fs::write(&self.uptime, "3600")?;
        fs::copy("/proc/sys/kernel/random/uuid", &self.boot_id)?;
        host.healer().start()
    }

    fn boot(&self) -> Result<String> {
        Ok(fs::read_to_string(&self.boot_id)?)
    }
}
