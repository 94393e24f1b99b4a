//! The wall clock is put forward and back by a day, while the machine is up and over a reboot: a quarantine lasts no
//! longer than it was to last, and a budget that is used up stays used up.
//!
//! The healer's wall clock is libfaketime's. The time since boot cannot be faked that way (the healer asks the kernel
//! past the C library), nor must it be: for the reboot, a time namespace and a file mounted over the boot id do it.

mod waits;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use prunelle_sandbox::stack::{Action, Host};
use prunelle_sandbox::wait::Stopwatch;
use prunelle_sandbox::{HostOptions, Stack, StackOptions, wait, wait_until};

const LIMIT: Duration = Duration::from_secs(40);
const QUARANTINE: Duration = Duration::from_secs(8);
/// What a repair of the doomed service takes beside its quarantine, on a busy machine.
const SLACK: Duration = Duration::from_secs(12);
const DAY: i64 = 24 * 3600;
/// A day back, and a day forward: each over a reboot.
const REBOOTS: [(&str, &str); 2] = [
    ("-2d", "00000000-0000-4000-8000-000000000001"),
    ("-1d", "00000000-0000-4000-8000-000000000002"),
];
const DOOMED: &str = "doomed.service";
const FRAIL: &str = "frail.service";

#[test]
fn clock_jumps_and_reboots_neither_prolong_a_quarantine_nor_refill_a_budget() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let clock = folder.path().join("clock");
    fs::write(&clock, "+0")?;
    Stack::tell(options(&clock)?, |stack| {
        let host = stack.host();
        uses_up_its_budget(host)?;

        let mut quarantine = Quarantine::observe(host)?;
        for (jump, days) in [("+1d", 1), ("-1d", -1)] {
            fs::write(&clock, jump)?;
            host.healer().stop()?;
            host.healer().start()?;
            let (outcome, lasted) = quarantine.next(host)?;
            ensure!(
                lasted + Duration::from_secs(1) >= QUARANTINE && lasted <= QUARANTINE + SLACK,
                "{jump}: it lasted {lasted:?}"
            );
            let off = outcome.timestamp.duration_since(wait::now()).as_secs();
            ensure!((off - days * DAY).abs() < 60, "{jump}: off by {off} s");
        }

        for (jump, boot) in REBOOTS {
            fs::write(&clock, jump)?;
            host.healer().stop()?;
            reboot(host, folder.path(), boot)?;
            host.healer().start()?;
            ensure!(boot_of_the_last_start(host)? == boot);
            // The second one is the first that has begun in this boot: the healer has looked at everything by then.
            for _ in 0..2 {
                let (_, lasted) = quarantine.next(host)?;
                ensure!(
                    lasted <= QUARANTINE + SLACK,
                    "a reboot, {jump}: it lasted {lasted:?}"
                );
            }
            ensure!(
                host.state(FRAIL)? == "failed",
                "{jump}: a budget was refilled"
            );
            ensure!(starts(host)? == 2, "the first start, and one repair");
        }
        Ok(())
    })
}

fn options(clock: &Path) -> Result<StackOptions> {
    let mut host = HostOptions::demo()?;
    let unit = |command: &str| {
        format!("[Unit]\nStartLimitIntervalSec=0\n[Service]\nType=exec\nExecStart={command}\n")
    };
    host.units = vec![
        (DOOMED.to_owned(), unit("/bin/sh -c 'sleep 0.1; exit 1'")),
        (
            FRAIL.to_owned(),
            unit("/bin/sh -c 'echo start >>${PRUNELLE_SANDBOX}/%n.starts; exec sleep infinity'"),
        ),
    ];
    host.policy = format!(
        "\
version: 1
host: {{label: instance, is: ['localhost:9750']}}
mode: enforce
defaults:
  boot_grace: 0s
  cooldown: {{first: 0s, step: 1s, factor: 1, max: 1s}}
  flapping: none
  breaker: {{failures: 100, open_for: 1s}}
rules:
  - name: doomed
    matchers: ['alertname = \"ServiceDown\"', 'name = \"{DOOMED}\"']
    budget: {{max: 100, per: 1h}}
    target: {{unit: {{label: name, allow: ['{DOOMED}']}}}}
    ladder:
      - {{remedy: restart_service, attempts: 1, verify: {{unit_active: {{stable_for: 300ms}}}}, within: 10s}}
    escalate: {{quarantine: {}s}}
  - name: frail
    matchers: ['alertname = \"ServiceDown\"', 'name = \"{FRAIL}\"']
    budget: {{max: 1, per: 1h}}
    target: {{unit: {{label: name, allow: ['{FRAIL}']}}}}
    ladder:
      - {{remedy: restart_service, attempts: 1, verify: {{unit_active: {{stable_for: 300ms}}}}, within: 10s}}
",
        QUARANTINE.as_secs()
    );
    host.healer_env = faked_by(clock)?;
    Ok(StackOptions::of(vec![host]).change("ServiceDown", "keep_firing_for", "0s"))
}

/// The environment of a healer whose wall clock is off by what is written in a file.
fn faked_by(clock: &Path) -> Result<Vec<(String, String)>> {
    let environment = [
        ("LD_PRELOAD", library()?.display().to_string()),
        ("FAKETIME_TIMESTAMP_FILE", clock.display().to_string()),
        ("FAKETIME_NO_CACHE", "1".to_owned()),
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
        ("NO_FAKE_STAT", "1".to_owned()),
    ];
    Ok(environment
        .map(|(name, value)| (name.to_owned(), value))
        .into())
}

/// Debian's libfaketime, installed or as test.sh unpacks it.
fn library() -> Result<PathBuf> {
    let unpacked = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.prunelle/tools");
    [unpacked, PathBuf::from("/")]
        .iter()
        .filter_map(|root| fs::read_dir(root.join("usr/lib")).ok())
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path().join("faketime/libfaketimeMT.so.1")))
        .find_map(|path| path.canonicalize().ok())
        .context("no libfaketime: test.sh fetches it")
}

/// It dies twice, and is repaired once.
fn uses_up_its_budget(host: &Host) -> Result<()> {
    host.manager().kill_main(FRAIL)?;
    wait_for_line(host, |line| {
        line.service == FRAIL && line.is("outcome", "SUCCESS")
    })?;
    wait_for_line(host, |line| {
        line.service == FRAIL && line.is("alert", "RESOLVED")
    })?;
    host.manager().kill_main(FRAIL)?;
    wait_for_line(host, |line| {
        line.service == FRAIL && line.details["reason"] == "budget"
    })
}

fn wait_for_line(host: &Host, is_it: impl Fn(&Action) -> bool) -> Result<()> {
    wait_until("a line of the action log", LIMIT, || {
        host.actions().ok()?.iter().any(&is_it).then_some(())
    })
}

/// The quarantines of the doomed service, each of which begins with the end of a repair.
struct Quarantine {
    seen: usize,
    since: Stopwatch,
}

impl Quarantine {
    /// From the beginning of the next one on.
    fn observe(host: &Host) -> Result<Self> {
        let mut quarantine = Self {
            seen: outcomes(host)?.len(),
            since: Stopwatch::start(),
        };
        quarantine.next(host)?;
        Ok(quarantine)
    }

    /// Waits for the end of the repair that follows this quarantine; how long that took.
    fn next(&mut self, host: &Host) -> Result<(Action, Duration)> {
        let outcome = wait_until("the doomed service is tried again", LIMIT, || {
            outcomes(host).ok()?.into_iter().nth(self.seen)
        })?;
        let lasted = self.since.elapsed();
        self.seen += 1;
        self.since = Stopwatch::start();
        Ok((outcome, lasted))
    }
}

fn outcomes(host: &Host) -> Result<Vec<Action>> {
    let mut lines = host.actions()?;
    lines.retain(|line| line.event_type == "outcome" && line.service == DOOMED);
    Ok(lines)
}

fn starts(host: &Host) -> Result<usize> {
    let file = host.dir().join(format!("{FRAIL}.starts"));
    Ok(fs::read_to_string(file)?.lines().count())
}

/// From its next start on, the healer finds itself in another boot, a few seconds old.
fn reboot(host: &Host, folder: &Path, boot: &str) -> Result<()> {
    let boot_id = folder.join("boot_id");
    fs::write(&boot_id, format!("{boot}\n"))?;
    let uptime = fs::read_to_string("/proc/uptime")?;
    let (seconds, _) = uptime.split_once('.').context("no uptime")?;
    let ago = seconds.parse::<i64>()? - 3;
    let script = folder.join("reboot.sh");
    fs::write(
        &script,
        format!(
            "exec unshare --time --boottime=-{ago} --mount --propagation private --fork --kill-child -- \\\n\
             /bin/sh -euc 'mount --bind {} /proc/sys/kernel/random/boot_id; exec \"$0\" \"$@\"' \"$@\"\n",
            boot_id.display()
        ),
    )?;
    let unit = host.healer().unit();
    let text = fs::read_to_string(host.dir().join("units").join(unit))?;
    if text.contains("NotifyAccess=all") {
        return Ok(());
    }
    let start = format!("NotifyAccess=all\nExecStart=/bin/sh {} ", script.display());
    ensure!(text.contains("ExecStart="), "{text}");
    host.manager()
        .write_unit(unit, &text.replace("ExecStart=", &start))?;
    host.manager().daemon_reload()
}

/// As the healer's journal has it.
fn boot_of_the_last_start(host: &Host) -> Result<String> {
    let journal = rusqlite::Connection::open(host.dir().join("state/journal.db"))?;
    let sql = "SELECT at_boot_id FROM starts ORDER BY number DESC LIMIT 1";
    Ok(journal.query_row(sql, [], |row| row.get(0))?)
}
