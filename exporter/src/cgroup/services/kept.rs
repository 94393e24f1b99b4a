//! What is kept of one unit between two scrapes: its descriptors, and which files it does not have.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;

use rustix::io::Errno;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::tree::{Trees, path};
use super::{Figures, UnitCgroup};
use crate::roots::{LARGEST_FILE, ReadError};

/// What is missing is looked for again after so many scrapes: a controller may be enabled while the unit runs.
const LOOK_AGAIN: u64 = 16;

#[derive(Debug, Default)]
pub(super) struct Kept {
    /// When it was read last.
    pub(super) round: u64,
    control_group: String,
    invocation_id: Option<String>,
    /// One for each source.
    slots: Vec<Slot>,
    reads: u64,
}

#[derive(Debug, Default)]
enum Slot {
    /// To be opened.
    #[default]
    Closed,
    /// There is no such file.
    Missing,
    Open(File),
}

/// What came of reading a unit.
#[derive(Debug)]
pub(super) enum Outcome {
    Figures(Box<Figures>),
    /// A descriptor is of a cgroup that is no more.
    Gone,
}

/// What came of reading one file.
enum Content {
    Read(usize),
    /// It cannot tell anything: the kernel was told not to account for it.
    Nothing,
    Gone,
}

/// How many descriptors may be kept: at most half of what this process may have open, once that is as much as it may ask
/// for. Each costs the kernel a page.
pub(super) fn descriptor_limit() -> usize {
    const MOST: u64 = 8192;
    let limits = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limits.maximum,
        ..limits
    };
    let current = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => limits.maximum,
        Err(_) => limits.current,
    };
    let kept = current.map_or(MOST, |current| (current / 2).min(MOST));
    usize::try_from(kept).unwrap_or(0)
}

impl Kept {
    /// How many descriptors it has.
    pub(super) fn open(&self) -> usize {
        let is_open = |slot: &&Slot| matches!(slot, Slot::Open(_));
        self.slots.iter().filter(is_open).count()
    }

    /// Forgets what it has open.
    pub(super) fn close(&mut self) {
        self.slots.fill_with(Slot::default);
    }

    /// Makes sure that what is open is of this very cgroup.
    pub(super) fn turn_to(&mut self, unit: UnitCgroup<'_>, trees: &Trees) {
        let is_same = self.control_group == unit.control_group
            && self.invocation_id.as_deref() == unit.invocation_id;
        if !is_same {
            self.close();
            self.reads = 0;
            unit.control_group.clone_into(&mut self.control_group);
            self.invocation_id = unit.invocation_id.map(str::to_owned);
        }
        self.slots.resize_with(trees.len(), Slot::default);
        let looks_again = self.reads < 2 || self.reads.is_multiple_of(LOOK_AGAIN);
        self.reads += 1;
        if looks_again {
            for slot in &mut self.slots {
                if matches!(slot, Slot::Missing) {
                    *slot = Slot::Closed;
                }
            }
        }
    }

    /// Reads every source that tells what the ones before it did not; keeps at most `room` descriptors.
    pub(super) fn read(
        &mut self,
        trees: &Trees,
        mut room: usize,
        buffer: &mut Vec<u8>,
    ) -> Result<Outcome, ReadError> {
        let mut figures = Box::<Figures>::default();
        let mut is_any_there = false;
        for ((source, folder, root), slot) in trees.sources().zip(&mut self.slots) {
            let is_kept = matches!(slot, Slot::Open(_));
            if matches!(slot, Slot::Missing) || !(source.is_wanted)(&figures) {
                continue;
            }
            let path = || path(folder, root, &self.control_group, source.file);
            if !is_kept {
                *slot = open(path())?;
            }
            let Slot::Open(file) = slot else {
                continue;
            };
            is_any_there = true;
            let content = read(file, buffer).map_err(|source| ReadError::Io {
                path: path().unwrap_or_default(),
                source,
            })?;
            match content {
                Content::Gone => return Ok(Outcome::Gone),
                Content::Nothing => {
                    *slot = Slot::Missing;
                    continue;
                }
                Content::Read(length) => {
                    let content = buffer.get(..length).unwrap_or_default();
                    (source.parse)(content, &mut figures).map_err(|problem| {
                        let path = path().unwrap_or_default();
                        ReadError::Malformed { path, problem }
                    })?;
                }
            }
            if room == 0 {
                *slot = Slot::Closed;
            } else {
                room -= 1;
            }
        }
        if !is_any_there {
            // It has no cgroup at this moment, and may have one at the next.
            self.close();
        }
        Ok(Outcome::Figures(figures))
    }
}

fn open(path: Option<PathBuf>) -> Result<Slot, ReadError> {
    let Some(path) = path else {
        return Ok(Slot::Missing);
    };
    match File::open(&path) {
        Ok(file) => Ok(Slot::Open(file)),
        Err(error) if is_absence(&error) => Ok(Slot::Missing),
        Err(source) => Err(ReadError::Io { path, source }),
    }
}

fn is_absence(error: &io::Error) -> bool {
    use io::ErrorKind::{NotADirectory, NotFound};
    matches!(error.kind(), NotFound | NotADirectory) || is(error, Errno::NODEV)
}

fn is(error: &io::Error, errno: Errno) -> bool {
    error.raw_os_error() == Some(errno.raw_os_error())
}

/// Reads a file from its beginning. Such files are written in one go, so that what is shorter than asked for is all.
fn read(file: &File, buffer: &mut Vec<u8>) -> io::Result<Content> {
    let mut length = 0;
    loop {
        let room = buffer.get_mut(length..).unwrap_or_default();
        let wanted = room.len();
        match file.read_at(room, length as u64) {
            Ok(read) => {
                length += read;
                if read < wanted || length >= LARGEST_FILE {
                    return Ok(Content::Read(length));
                }
                buffer.resize(buffer.len() * 2, 0);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if is(&error, Errno::NODEV) => return Ok(Content::Gone),
            Err(error) if is(&error, Errno::OPNOTSUPP) => return Ok(Content::Nothing),
            Err(error) => return Err(error),
        }
    }
}
