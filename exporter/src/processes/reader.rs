//! Reads all processes: `/proc/<pid>/stat` and `statm` of each, and `cgroup` of those that are new or may have moved.
//!
//! A process that ends while it is read is not there; one that may not be read is left out.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::io::Errno;

use super::open_files::OpenFiles;
use crate::procfs::{self, process};
use crate::roots::{Malformed, ReadError};

/// All threads of the kernel, as one; no process can be called so, its name would be cut.
const KERNEL_THREADS: &str = "[kernel threads]";
/// Which unit a process belongs to is asked again after so many samples: a login moves what it starts.
const SAMPLES_UNTIL_MOVED: u64 = 6;

/// One process at one moment.
#[derive(Clone, Debug)]
pub(super) struct Process {
    pub(super) pid: u64,
    pub(super) name: Arc<str>,
    pub(super) unit: Arc<str>,
    /// The process it was started by, or was left to.
    pub(super) parent: u64,
    /// In clock ticks since boot.
    pub(super) start: u64,
    /// CPU time in clock ticks: its own, and that of children it has waited for.
    pub(super) cpu: u64,
    pub(super) children: u64,
    /// Resident memory in bytes, and how much of it is shared.
    pub(super) resident: u64,
    pub(super) shared: u64,
}

/// What does not change, or seldom.
#[derive(Clone, Debug)]
struct Known {
    start: u64,
    comm: Box<[u8]>,
    name: Arc<str>,
    unit: Arc<str>,
    /// Empty when it has none.
    control_group: Arc<str>,
}

#[derive(Debug)]
pub(super) struct Reader {
    procfs: PathBuf,
    known: HashMap<u64, Known>,
    nothing: Arc<str>,
    kernel_threads: Arc<str>,
    open_files: OpenFiles,
    round: u64,
    page_size: u64,
    buffer: Vec<u8>,
}

impl Reader {
    /// Reads below `procfs`.
    pub(super) fn new(procfs: PathBuf) -> Self {
        Self {
            known: HashMap::new(),
            nothing: "".into(),
            kernel_threads: KERNEL_THREADS.into(),
            open_files: OpenFiles::new(&procfs),
            round: 0,
            page_size: rustix::param::page_size() as u64,
            buffer: Vec::with_capacity(4096),
            procfs,
        }
    }

    /// All processes; none when there is no procfs. Counts the open files of services when asked to.
    pub(super) fn read(
        &mut self,
        counts_open_files: bool,
    ) -> Result<Option<Vec<Process>>, ReadError> {
        self.round += 1;
        self.open_files.begin();
        let Some(pids) = self.pids()? else {
            return Ok(None);
        };
        let mut processes = Vec::with_capacity(pids.len());
        let mut known = HashMap::with_capacity(pids.len());
        let mut folder = self.procfs.clone();
        for pid in pids {
            folder.push(pid.to_string());
            if let Some((process, facts)) = self.process(&folder, pid)? {
                if counts_open_files {
                    self.open_files.count(&folder, &facts.control_group);
                }
                processes.push(process);
                known.insert(pid, facts);
            }
            folder.pop();
        }
        self.known = known;
        Ok((!processes.is_empty()).then_some(processes))
    }

    /// Open files by the cgroup of a service.
    pub(super) fn open_files(&self) -> HashMap<String, u64> {
        self.open_files.all()
    }

    fn pids(&self) -> Result<Option<Vec<u64>>, ReadError> {
        let failed = |source| ReadError::Io {
            path: self.procfs.clone(),
            source,
        };
        let entries = match fs::read_dir(&self.procfs) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        let mut pids = Vec::new();
        for entry in entries {
            let name = entry.map_err(failed)?.file_name();
            pids.extend(procfs::number(name.as_encoded_bytes()));
        }
        Ok(Some(pids))
    }

    /// One process with what is kept of it; none when it has ended.
    fn process(&mut self, folder: &Path, pid: u64) -> Result<Option<(Process, Known)>, ReadError> {
        let path = folder.join("stat");
        if !read(&path, &mut self.buffer)? {
            return Ok(None);
        }
        let parsed = process::stat(&self.buffer).map_err(|problem| malformed(&path, problem))?;
        let is_kernel_thread = parsed.is_kernel_thread;
        let mut process = Process {
            pid,
            name: Arc::clone(&self.nothing),
            unit: Arc::clone(&self.nothing),
            parent: parsed.parent,
            start: parsed.start,
            cpu: parsed.cpu,
            children: parsed.children,
            resident: 0,
            shared: 0,
        };
        let may_have_moved = (self.round + pid).is_multiple_of(SAMPLES_UNTIL_MOVED);
        let before = self.known.remove(&pid).filter(|it| it.is_of(&parsed));
        let known = match before {
            Some(known) if is_kernel_thread || !may_have_moved => known,
            _ => {
                let mut known = Known {
                    start: parsed.start,
                    comm: parsed.comm.into(),
                    name: Arc::clone(&self.kernel_threads),
                    unit: Arc::clone(&self.nothing),
                    control_group: Arc::clone(&self.nothing),
                };
                if !is_kernel_thread {
                    known.name = procfs::label(parsed.comm).into();
                    if !read(&folder.join("cgroup"), &mut self.buffer)? {
                        return Ok(None);
                    }
                    let place = process::control_group(&self.buffer).unwrap_or_default();
                    known.control_group = procfs::label(place).into();
                    let unit = process::unit(place).map(procfs::label);
                    known.unit = unit.unwrap_or_default().into();
                }
                known
            }
        };
        if !is_kernel_thread {
            let path = folder.join("statm");
            if !read(&path, &mut self.buffer)? {
                return Ok(None);
            }
            let pages = process::statm(&self.buffer);
            let (resident, shared) = pages.map_err(|problem| malformed(&path, problem))?;
            process.resident = resident.saturating_mul(self.page_size);
            process.shared = shared.saturating_mul(self.page_size);
        }
        process.name = Arc::clone(&known.name);
        process.unit = Arc::clone(&known.unit);
        Ok(Some((process, known)))
    }
}

impl Known {
    fn is_of(&self, process: &process::Stat<'_>) -> bool {
        self.start == process.start && *self.comm == *process.comm
    }
}

/// Reads a file of a process into `buffer`; false when the process has ended, or is not to be seen.
fn read(path: &Path, buffer: &mut Vec<u8>) -> Result<bool, ReadError> {
    buffer.clear();
    match File::open(path).and_then(|mut file| file.read_to_end(buffer)) {
        Ok(_) => Ok(true),
        Err(error) if is_gone(&error) || error.kind() == io::ErrorKind::PermissionDenied => {
            Ok(false)
        }
        Err(source) => Err(ReadError::Io {
            path: path.to_owned(),
            source,
        }),
    }
}

/// Whether a process has ended since its folder was seen.
pub(super) fn is_gone(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound
        || error.raw_os_error() == Some(Errno::SRCH.raw_os_error())
}

fn malformed(path: &Path, problem: Malformed) -> ReadError {
    ReadError::Malformed {
        path: path.to_owned(),
        problem,
    }
}

#[cfg(test)]
mod tests;
