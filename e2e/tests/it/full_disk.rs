//! A file system is full: the oldest files of `/var/tmp` go until enough is free, and nothing else does.
//!
//! With the shipped policy, enforced, in which files are old after 5 s, and with the shipped rules, in which `DiskFull`
//! neither waits (`for`) nor lingers (`keep_firing_for`). `/var` or `/var/tmp` inside is a file system of its own there.

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use prunelle_sandbox::stack::Action;
use prunelle_sandbox::wait::try_until;
use prunelle_sandbox::{HostOptions, Kept, Stack, StackOptions};
use rustix::fs::{FlockOperation, flock};

use crate::disk::{self, KIB, MIB};
use crate::shipped_policy::ShippedPolicy;

const TMP: &str = "/var/tmp";
const LIMIT: Duration = Duration::from_secs(40);
/// The aim of the shipped policy, in percent.
const STOP_AT_FREE: u64 = 25;
/// What the shipped policy asks for afterwards, in percent.
const AT_LEAST: u64 = 12;
/// The healer's user where it is not root.
const USER: u32 = 1234;
const RESERVE: u64 = 4 * MIB;

#[test]
fn a_file_system_of_its_own_is_cleaned() -> Result<()> {
    // `/run` is another file system of the sandbox.
    is_cleaned(TMP, "/run/precious", "/var/tmp/data")
}

#[test]
fn a_part_of_a_fuller_mount_is_cleaned() -> Result<()> {
    is_cleaned("/var", "/var/lib/precious", "/var/lib/shop/data")
}

/// `mount` is filled by `data`, the old files in `/var/tmp` and those in it that must stay; a link there points to
/// `outside`.
fn is_cleaned(mount: &str, outside: &str, data: &str) -> Result<()> {
    Stack::tell(stack(host(mount, 32 * MIB)?), |stack| {
        let inside = |path: &str| stack.host().manager().path(path);
        let (tmp, outside_now) = (inside(TMP), inside(outside));
        disk::temporary_folder(&tmp)?;
        disk::write(&outside_now.join("orders"), MIB)?;
        // These would be the first to go.
        symlink(outside, tmp.join("link"))?;
        disk::write(&tmp.join("open"), MIB)?;
        let _holder = hold_open(stack, "/var/tmp/open")?;
        disk::write(&tmp.join("locked"), MIB)?;
        let _lock = lock(&tmp.join("locked"))?;
        write_old_files(&tmp, 12)?;
        let untouched = disk::listing(&outside_now)?;

        let fresh = [tmp.join("fresh"), inside(data)];
        disk::write(&fresh[0], 64 * KIB)?;
        disk::write_all_but(&fresh[1], 512 * KIB)?;
        wait_until_cleaned(stack, mount, &fresh)?;

        // From 0.5 to 8.5 MiB: 25 % of 32 MiB are 8.
        let mut stays = ["fresh", "locked", "old/08", "old/09", "old/10", "old/11"].to_vec();
        stays.extend(["open"].iter().chain((mount == TMP).then_some(&"data")));
        stays.sort_unstable();
        assert_eq!(disk::files(&tmp)?, stays);
        assert!(disk::free_percent(&tmp)? >= STOP_AT_FREE);
        assert_eq!(disk::listing(&outside_now)?, untouched);
        is_recorded_once(stack)
    })
}

#[test]
fn a_full_file_system_with_the_journal_and_the_log_on_it_is_cleaned_without_root() -> Result<()> {
    let mut host = host("/var", 64 * MIB)?;
    host.healer_user = Some(USER);
    host.healer_var = Some(PathBuf::from("/var"));
    let reserve = ("PRUNELLE_HEALER_STORAGE_RESERVE", "4MiB");
    host.healer_env = vec![(reserve.0.to_owned(), reserve.1.to_owned())];
    Stack::tell(stack(host), |stack| {
        runs_as_the_user(stack)?;
        wait_until_the_reserve_is_held(stack)?;
        let tmp = stack.host().manager().path(TMP);
        disk::temporary_folder(&tmp)?;
        disk::write(&tmp.join("locked"), MIB)?;
        let _lock = lock(&tmp.join("locked"))?;
        write_old_files(&tmp, 24)?;

        let fresh = tmp.join("fresh");
        disk::write_to_the_end(&fresh)?;
        assert_eq!(disk::available(&tmp)?, 0);
        wait_until_cleaned(stack, "/var", std::slice::from_ref(&fresh))?;

        let left = disk::files(&tmp)?;
        let (old, stays): (Vec<_>, Vec<_>) = left.iter().partition(|it| it.starts_with("old/"));
        assert_eq!(stays, ["fresh", "locked"]);
        assert!(!old.is_empty(), "more was removed than was needed");
        let newest: Vec<_> = (24 - old.len()..24).map(old_file).collect();
        assert!(old.into_iter().eq(&newest), "{left:?}");

        wait_until_the_reserve_is_held(stack)?;
        let log = stack.host().healer().log();
        assert!(log.contains("a part of the reserve was given up"), "{log}");
        assert!(disk::free_percent(&tmp)? >= AT_LEAST);
        is_recorded_once(stack)
    })
}

/// The demo's host with the shipped policy, enforced, and a file system at `mount`.
fn host(mount: &str, bytes: u64) -> Result<HostOptions> {
    Ok(HostOptions {
        policy: ShippedPolicy::read()?
            .impatient(mount)?
            .enforced()?
            .into_text(),
        tmpfs: vec![(PathBuf::from(mount), bytes)],
        ..HostOptions::demo()?
    })
}

fn stack(host: HostOptions) -> StackOptions {
    StackOptions::of(vec![host])
        .change("DiskFull", "for", "0s")
        .change("DiskFull", "keep_firing_for", "0s")
}

/// The oldest has the lowest number.
fn old_file(number: usize) -> String {
    format!("old/{number:02}")
}

/// Writes files of 1 MiB and waits until they are old.
fn write_old_files(tmp: &Path, count: usize) -> Result<()> {
    for number in 0..count {
        disk::write(&tmp.join(old_file(number)), MIB)?;
    }
    disk::wait_until_old()
}

/// A process inside that has a file open.
fn hold_open(stack: &Stack, file: &str) -> Result<Kept> {
    let log = stack.dir().join("holder.log");
    let script = "exec <\"$0\" && echo open && exec sleep infinity";
    let manager = stack.host().manager();
    let holder = manager.keep("sh", &["-c", script, file], &log)?;
    try_until("the file is open", LIMIT, || {
        Ok(fs::read_to_string(&log)?.contains("open\n").then_some(()))
    })?;
    Ok(holder)
}

/// Locked by a process outside of the sandbox's pid namespace: the lock is all that can be seen of it inside.
fn lock(path: &Path) -> Result<File> {
    let file = File::open(path)?;
    flock(&file, FlockOperation::LockShared)?;
    Ok(file)
}

/// Waits for the alert about `mount`, the repair and the alert's end, while the fresh files are in use.
fn wait_until_cleaned(stack: &Stack, mount: &str, fresh: &[PathBuf]) -> Result<()> {
    let wait = |what: &str, look: &dyn Fn() -> Result<bool>| {
        try_until(what, LIMIT, || {
            fresh.iter().try_for_each(|file| disk::touch(file))?;
            Ok(look()?.then_some(()))
        })
    };
    let is_firing = || {
        let alerts = stack.alerts_named("DiskFull")?;
        Ok(alerts.iter().any(|it| it.label("mountpoint") == mount))
    };
    wait("the alert fires", &is_firing)?;
    wait("the outcome is logged", &|| {
        Ok(!lines(stack, "outcome")?.is_empty())
    })?;
    wait("the alert is resolved", &|| Ok(!is_firing()?))
}

fn lines(stack: &Stack, event_type: &str) -> Result<Vec<Action>> {
    let mut lines = stack.actions()?;
    lines.retain(|line| line.event_type == event_type);
    Ok(lines)
}

/// One attempt and one outcome, both successful, though both levels of the alert may have come.
fn is_recorded_once(stack: &Stack) -> Result<()> {
    for event_type in ["action", "outcome"] {
        let lines = lines(stack, event_type)?;
        assert_eq!(lines.len(), 1, "{lines:#?}");
        assert_eq!(lines[0].status, "SUCCESS");
        assert_eq!(lines[0].action_type, "folder_clean");
        let target = lines[0].details["target"].as_str().unwrap_or_default();
        assert!(target.starts_with("mount:/var"), "{lines:#?}");
    }
    Ok(())
}

fn runs_as_the_user(stack: &Stack) -> Result<()> {
    let host = stack.host();
    let manager = host.manager();
    let pid = manager.outside(manager.main_pid(host.healer().unit())?)?;
    let status = fs::read_to_string(format!("/proc/{}/status", pid.as_raw_pid()))?;
    let users = status.lines().find_map(|line| line.strip_prefix("Uid:"));
    let mut users = users.context("no user")?.split_whitespace();
    assert!(users.all(|user| user == USER.to_string()), "{status}");
    Ok(())
}

fn wait_until_the_reserve_is_held(stack: &Stack) -> Result<()> {
    let held = format!("prunelle_healer_journal_reserve_bytes {RESERVE}\n");
    try_until("the reserve is held back", LIMIT, || {
        let metrics = stack.host().healer().get("/metrics")?.body;
        Ok(metrics.contains(&held).then_some(()))
    })
}
