//! Where the journal, the action log and the control socket are kept: there, ours, and with room left.

use std::path::Path;

use rustix::fs::{Access, access, statvfs};

use super::{Patient, Report};

const TOPIC: &str = "storage";
/// The file system's number that a `statfs` tells of tmpfs.
const TMPFS_MAGIC: i64 = 0x0102_1994;
/// Remediations and alerts of some months.
const ROOM: u64 = 256 << 20;

pub(super) fn examine(report: &mut Report, patient: &Patient) {
    let settings = &patient.settings;
    let reserve = settings.storage_reserve.get();
    if is_writable(
        report,
        &settings.storage_path,
        "the journal",
        "--storage.path",
    ) {
        room(report, &settings.storage_path, reserve, patient.is_daemon);
        if is_in_memory(&settings.storage_path) {
            report.warning(
                TOPIC,
                format!(
                    "{} is in memory: after a reboot nobody knows what was done, and budgets begin anew",
                    settings.storage_path.display()
                ),
                "point --storage.path to a disk",
            );
        }
    }
    if let Some(folder) = settings.actions_file.parent()
        && is_writable(report, folder, "the action log", "--actions.file")
    {
        can_be_added_to(report, &settings.actions_file);
    }
    is_writable(
        report,
        &settings.runtime_path,
        "the control socket",
        "--runtime.path",
    );
}

fn is_writable(report: &mut Report, folder: &Path, what: &str, flag: &str) -> bool {
    let user = rustix::process::geteuid().as_raw();
    match access(folder, Access::READ_OK | Access::WRITE_OK | Access::EXEC_OK) {
        Ok(()) => {
            report.good(
                TOPIC,
                format!("{} can be written, for {what}", folder.display()),
            );
            true
        }
        Err(rustix::io::Errno::NOENT) => {
            report.failure(
                TOPIC,
                format!(
                    "{} does not exist: {what} is to be kept there",
                    folder.display()
                ),
                format!(
                    "`install -d -o prunelle -g prunelle -m 0750 {}`, or set {flag}",
                    folder.display()
                ),
            );
            false
        }
        Err(error) => {
            report.failure(
                TOPIC,
                format!("the user {user} cannot write into {}, where {what} is kept: {error}", folder.display()),
                format!(
                    "`chown -R prunelle: {}`; run this as the user of the daemon (`sudo -u prunelle`)",
                    folder.display()
                ),
            );
            false
        }
    }
}

/// The folder may be ours and the file somebody else's, when another program made it anew.
fn can_be_added_to(report: &mut Report, log: &Path) {
    let found = access(log, Access::READ_OK | Access::WRITE_OK);
    if let Err(error) = found
        && error != rustix::io::Errno::NOENT
    {
        report.failure(
            TOPIC,
            format!(
                "{} cannot be written: {error}; its lines wait in the journal",
                log.display()
            ),
            format!(
                "`chown prunelle: {}`; logrotate's `create` takes an owner",
                log.display()
            ),
        );
    }
}

fn room(report: &mut Report, folder: &Path, reserve: u64, is_reserve_held: bool) {
    let Ok(space) = statvfs(folder) else { return };
    let free = space.f_bavail.saturating_mul(space.f_frsize);
    let wanted = if is_reserve_held { 0 } else { reserve };
    let mib = free >> 20;
    if free < wanted {
        report.failure(
            TOPIC,
            format!(
                "{mib} MiB are free for {}, less than the reserve of {} MiB",
                folder.display(),
                reserve >> 20
            ),
            "free some space, or set a smaller --storage.reserve",
        );
    } else if free < wanted + ROOM {
        report.warning(
            TOPIC,
            format!("only {mib} MiB are free for {}", folder.display()),
            "the journal keeps 90 days: make room for it before it has to live on its reserve",
        );
    }
}

fn is_in_memory(folder: &Path) -> bool {
    rustix::fs::statfs(folder).is_ok_and(|found| found.f_type == TMPFS_MAGIC)
}
