//! One look at all processes: what each uses, and where it belongs.
//!
//! A look at 5,000 processes has to take less than 200 ms, so each costs two small files, and every distinct cgroup is
//! parsed once.

use std::collections::HashMap;
use std::time::Duration;

use super::parse::{self, anonymous_pages};
use super::{Capacity, Folder, Place, ProcessesError, Root, cgroup};
use crate::target::Resource;

/// All processes at one moment, threads of the kernel and what has ended left aside.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sample {
    /// Time since boot when the look began.
    pub at: Duration,
    /// The places that processes are in.
    pub places: Vec<Place>,
    /// The processes, by pid.
    pub processes: Vec<Usage>,
}

/// One process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Its number.
    pub pid: u32,
    /// Index into the places.
    pub place: usize,
    /// Bytes of anonymous memory and swap; zero in a sample of CPU time.
    pub memory: u64,
    /// CPU time in clock ticks; zero in a sample of memory, as all that follows.
    pub cpu: u64,
    /// CPU time of children that have ended.
    pub children: u64,
    /// The process that started it.
    pub parent: u32,
    /// When it was started, in clock ticks since boot.
    pub start: u64,
}

impl Sample {
    /// Looks at all processes.
    pub fn take(
        proc: &Folder,
        resource: Resource,
        capacity: &Capacity,
        at: Duration,
    ) -> Result<Self, ProcessesError> {
        let mut reader = Reader::new(proc)?;
        let mut processes = Vec::new();
        for pid in proc.pids()? {
            let usage = match resource {
                Resource::Memory => reader.memory(pid, capacity.is_swapping)?,
                Resource::Cpu => reader.cpu(pid)?,
            };
            if let Some(usage) = usage
                && let Some(place) = reader.place(pid)?
            {
                processes.push(Usage { place, ..usage });
            }
        }
        processes.sort_unstable_by_key(|process| process.pid);
        Ok(Self {
            at,
            places: reader.places,
            processes,
        })
    }
}

struct Reader<'a> {
    proc: &'a Folder,
    root: Root,
    places: Vec<Place>,
    /// Contents of `cgroup` that were parsed already: the index of their place, when there is one.
    known: HashMap<Vec<u8>, Option<usize>>,
    buffer: Vec<u8>,
    name: String,
    page: u64,
}

impl<'a> Reader<'a> {
    fn new(proc: &'a Folder) -> Result<Self, ProcessesError> {
        let mut buffer = Vec::new();
        Ok(Self {
            root: root(proc, &mut buffer)?,
            proc,
            places: Vec::new(),
            known: HashMap::new(),
            buffer,
            name: String::new(),
            page: u64::try_from(rustix::param::page_size()).unwrap_or(4096),
        })
    }

    fn read(&mut self, pid: u32, file: &str) -> Result<bool, ProcessesError> {
        use std::fmt::Write as _;
        self.name.clear();
        let _ = write!(self.name, "{pid}/{file}");
        self.proc.read(&self.name, &mut self.buffer)
    }

    fn malformed(&self, item: &'static str) -> ProcessesError {
        ProcessesError::Malformed {
            path: self.proc.path().join(&self.name),
            item,
        }
    }

    fn memory(&mut self, pid: u32, is_swapping: bool) -> Result<Option<Usage>, ProcessesError> {
        // `status` costs three times what `statm` does, and tells nothing more where nothing is swapped out.
        let memory = if is_swapping {
            if !self.read(pid, "status")? {
                return Ok(None);
            }
            let status = parse::status(&self.buffer).ok_or_else(|| self.malformed("Uid"))?;
            status.memory.map_or(0, parse::Memory::total)
        } else {
            if !self.read(pid, "statm")? {
                return Ok(None);
            }
            let pages = anonymous_pages(&self.buffer).ok_or_else(|| self.malformed("size"))?;
            pages.saturating_mul(self.page)
        };
        Ok((memory > 0).then_some(Usage {
            pid,
            memory,
            ..Usage::default()
        }))
    }

    fn cpu(&mut self, pid: u32) -> Result<Option<Usage>, ProcessesError> {
        if !self.read(pid, "stat")? {
            return Ok(None);
        }
        let stat = parse::stat(&self.buffer).ok_or_else(|| self.malformed("fields"))?;
        Ok(
            (!stat.is_kernel_thread && !stat.has_ended()).then_some(Usage {
                pid,
                cpu: stat.cpu,
                children: stat.children,
                parent: stat.parent,
                start: stat.start,
                ..Usage::default()
            }),
        )
    }

    fn place(&mut self, pid: u32) -> Result<Option<usize>, ProcessesError> {
        if !self.read(pid, "cgroup")? {
            return Ok(None);
        }
        if let Some(known) = self.known.get(&self.buffer) {
            return Ok(*known);
        }
        let place = cgroup::control_group(&self.buffer).and_then(|path| self.root.place(&path));
        let index = place.map(|place| {
            let known = self.places.iter().position(|known| *known == place);
            known.unwrap_or_else(|| {
                self.places.push(place);
                self.places.len() - 1
            })
        });
        self.known.insert(self.buffer.clone(), index);
        Ok(index)
    }
}

/// Where the service manager's cgroups begin. The first process is also the one that tells whether those of others are
/// visible at all.
pub(crate) fn root(proc: &Folder, buffer: &mut Vec<u8>) -> Result<Root, ProcessesError> {
    if !proc.read("1/stat", buffer)? || !proc.read("1/cgroup", buffer)? {
        return Err(ProcessesError::Hidden);
    }
    Root::of_first_process(buffer)
}
