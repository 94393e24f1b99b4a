//! `clean_folder`: removes what is old in a folder that the policy names, until enough is free.
//!
//! Bounded four ways: by age, by files, by bytes, and by the free space aimed for. Everything is listed before anything
//! goes; the oldest goes first. What is young, locked, sticky, open, live, mounted, protected or a device stays, and is
//! counted. The rules are those of systemd-tmpfiles. All calls block: the engine makes them on a thread for that.
//! After a crash there is nothing to look up: cleaning again is the same as cleaning once. When the target is a mount,
//! the folder comes from the policy and must lie on that file system.

mod age;
mod background;
mod base;
mod entry;
mod error;
mod mounts;
mod open_files;
mod removal;
mod report;
mod skip;
mod sockets;
mod walk;

use std::fmt;
use std::os::fd::{AsFd as _, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use prunelle_foundation::clock::Now;
use rustix::fs::{Mode, OFlags};

use crate::facts::FolderFacts;
use crate::journal::{Committed, Started};
use crate::policy::CleanFolder;
use crate::target::Target;
use crate::verify::free_space::{self, FreeSpace};

pub use background::CleanFolderRemedy;
use base::Base;
pub use base::is_refused;
pub use error::{CleanFolderError, Percent};
pub use open_files::Holder;
use open_files::OpenFiles;
pub use removal::Ended;
use removal::{Manner, Tally};
pub(crate) use report::Bytes;
pub use report::{Plan, Report};
pub use skip::{SkipReason, Skipped};
use sockets::LiveSockets;

/// One cleaning.
#[derive(Clone)]
pub struct Job {
    /// The folder.
    pub folder: PathBuf,
    /// The mount point of the file system that is to be freed, which must hold the folder; none when the target is the
    /// folder itself.
    pub mount: Option<PathBuf>,
    /// Age, caps and aim.
    pub settings: CleanFolder,
    /// Paths that stay with everything in them.
    pub protected: Vec<PathBuf>,
    /// Ages are counted from here.
    pub now: Now,
    /// Asked before every step; false ends the run there.
    pub may_go_on: Arc<dyn Fn() -> bool + Send + Sync>,
    /// `/proc`; another one in tests.
    pub proc: PathBuf,
}

impl Job {
    /// A job on this machine that nothing interrupts.
    pub fn new(folder: PathBuf, settings: CleanFolder, protected: Vec<PathBuf>, now: Now) -> Self {
        Self {
            folder,
            mount: None,
            settings,
            protected,
            now,
            may_go_on: Arc::new(|| true),
            proc: PathBuf::from("/proc"),
        }
    }
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job")
            .field("folder", &self.folder)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

/// Facts for the guards: how much is free, and whether the alert's `mountpoint` is of the folder's file system.
pub fn base_facts(
    folder: &Path,
    alert_mountpoint: Option<&str>,
) -> Result<FolderFacts, CleanFolderError> {
    let base = Base::open(folder)?;
    let failed = |source| CleanFolderError::Space {
        folder: folder.to_owned(),
        source,
    };
    let is_alert_about_its_file_system = match alert_mountpoint {
        None => false,
        Some(mountpoint) => mounts::holds(mountpoint, &base).map_err(failed)?,
    };
    let (_, free_ratio) = space(&base)?;
    Ok(FolderFacts {
        is_alert_about_its_file_system,
        free_ratio,
    })
}

/// The same for a mount that the alert names, and that the rule allows.
pub fn mount_facts(mount: &Path) -> Result<FolderFacts, CleanFolderError> {
    let failed = |source| CleanFolderError::Space {
        folder: mount.to_owned(),
        source,
    };
    if !is_on_mount(mount, mount).map_err(failed)? {
        return Err(CleanFolderError::NotMounted(mount.to_owned()));
    }
    let fd = open_path(mount).map_err(failed)?;
    let space = free_space::of(&fd).map_err(|error| failed(error.into()))?;
    let free_ratio = space
        .ratio()
        .ok_or_else(|| failed(std::io::ErrorKind::Unsupported.into()))?;
    Ok(FolderFacts {
        is_alert_about_its_file_system: true,
        free_ratio,
    })
}

/// Whether what is at `place` lies on the file system that is mounted at `mount`.
pub fn is_on_mount(place: &Path, mount: &Path) -> std::io::Result<bool> {
    let place = open_path(place)?;
    match mount.to_str() {
        Some(mount) => mounts::holds(mount, place),
        None => Ok(false),
    }
}

fn open_path(path: &Path) -> std::io::Result<OwnedFd> {
    let flags = OFlags::PATH | OFlags::CLOEXEC;
    Ok(rustix::fs::open(path, flags, Mode::empty())?)
}

/// Lists what would be removed; touches nothing, and takes no lock. What is locked is found by [`apply`] only: a lock
/// taken for a look would stand in the way of its owner for that moment.
pub fn plan(job: &Job) -> Result<Plan, CleanFolderError> {
    let base = open_base(job)?;
    let (tally, before, unseen_processes) = go_through(Manner::Count, &base, job)?;
    if tally.files == 0 && tally.ended != Ended::Interrupted {
        return Err(nothing(job, tally.skipped));
    }
    Ok(Plan {
        folder: job.folder.clone(),
        files: tally.files,
        bytes: tally.bytes,
        first_names: tally.first_names,
        skipped: tally.skipped,
        ended: tally.ended,
        before,
        unseen_processes,
    })
}

/// Lists anew and removes.
pub fn apply(started: Committed<Started>, job: &Job) -> Result<Report, CleanFolderError> {
    let Started { intent, .. } = started.get();
    let is_intended = match (&intent.target, &job.mount) {
        (Target::Path(folder), None) => *folder == job.folder,
        (Target::Mount(target), Some(mount)) => {
            target == mount && background::folder_of(intent).as_deref() == Some(&*job.folder)
        }
        _ => false,
    };
    if !is_intended {
        return Err(CleanFolderError::OtherTarget {
            folder: job.folder.clone(),
            intended: intent.target.clone(),
        });
    }
    drop(started);
    remove(job)
}

/// What `apply` does once it may.
fn remove(job: &Job) -> Result<Report, CleanFolderError> {
    let base = open_base(job)?;
    let (tally, before, unseen_processes) = go_through(Manner::Remove, &base, job)?;
    if tally.files == 0 && tally.folders == 0 && tally.ended != Ended::Interrupted {
        return Err(nothing(job, tally.skipped));
    }
    let (after, _) = space(&base)?;
    Ok(Report {
        folder: job.folder.clone(),
        files: tally.files,
        folders: tally.folders,
        bytes: tally.bytes,
        freed_bytes: after.available_bytes.saturating_sub(before.available_bytes),
        first_names: tally.first_names,
        skipped: tally.skipped,
        ended: tally.ended,
        before,
        after,
        holders: open_files::holders_of_deleted(&job.proc, base.entry.identity.device, HOLDERS),
        unseen_processes,
    })
}

/// Opens the folder; one on another file system than the job's mount is left alone. The open folder is asked, so that
/// nothing can come in between.
fn open_base(job: &Job) -> Result<Base, CleanFolderError> {
    let base = Base::open(&job.folder)?;
    let Some(mount) = &job.mount else {
        return Ok(base);
    };
    let is_on_mount = match mount.to_str() {
        Some(mountpoint) => {
            mounts::holds(mountpoint, &base).map_err(|source| CleanFolderError::Space {
                folder: job.folder.clone(),
                source,
            })?
        }
        None => false,
    };
    if is_on_mount {
        Ok(base)
    } else {
        Err(CleanFolderError::OtherFileSystem {
            folder: job.folder.clone(),
            mount: mount.clone(),
        })
    }
}

/// Holders in a report.
const HOLDERS: usize = 5;

fn go_through(
    manner: Manner,
    base: &Base,
    job: &Job,
) -> Result<(Tally, FreeSpace, u64), CleanFolderError> {
    let (before, free_ratio) = space(base)?;
    if free_ratio >= job.settings.stop_at_free {
        return Err(CleanFolderError::EnoughFree {
            folder: job.folder.clone(),
            free_ratio: Percent(free_ratio),
        });
    }
    let open = OpenFiles::scan(&job.proc);
    let unseen_processes = open.unseen_processes;
    let sockets = LiveSockets::read(&job.proc);
    let listing = walk::list(manner, base, job, &open, &sockets).map_err(|source| {
        CleanFolderError::Open {
            folder: job.folder.clone(),
            source,
        }
    })?;
    let tally = removal::go_through(manner, listing, base, job, open, before);
    Ok((tally, before, unseen_processes))
}

fn space(base: &Base) -> Result<(FreeSpace, f64), CleanFolderError> {
    let failed = |source| CleanFolderError::Space {
        folder: base.path.clone(),
        source,
    };
    let space = free_space::of(base.as_fd()).map_err(|error| failed(error.into()))?;
    let ratio = space
        .ratio()
        .ok_or_else(|| failed(std::io::ErrorKind::Unsupported.into()))?;
    Ok((space, ratio))
}

fn nothing(job: &Job, skipped: Skipped) -> CleanFolderError {
    CleanFolderError::NothingToClean {
        folder: job.folder.clone(),
        skipped,
    }
}

#[cfg(test)]
mod tests;
