//! Kernel files for one scrape after another: descriptors are kept open, and each file is read once a scrape.
//!
//! Opening costs as much as reading. Nothing is kept but the descriptor and the buffer: whatever a scrape sees was
//! read in that scrape. One scrape owns it at a time; [`Files::begin`] starts the next.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;

use crate::disks::Disks;
use crate::links::Links;
use crate::roots::{LARGEST_FILE, Malformed, ReadError, Reading, Roots, is_absence};

/// The files of one host that collectors read by fixed names.
#[derive(Debug)]
pub struct Files {
    /// What is known of block devices.
    pub disks: Disks,
    /// The network devices, which are asked for in another way.
    pub links: Links,
    roots: Roots,
    kept: HashMap<Name, Kept>,
    scrape: u64,
}

/// A file below one of the roots.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Name {
    Procfs(&'static str),
    /// In `net` of process 1, or where that is hidden of this process.
    Net(&'static str),
    Sysfs(&'static str),
}

/// What is kept of one file.
#[derive(Debug, Default)]
struct Kept {
    file: Option<File>,
    content: Vec<u8>,
    /// Length of what was read; none when there was no such file.
    length: Option<usize>,
    /// The scrape that read it.
    scrape: u64,
}

impl Files {
    /// Nothing is open yet.
    pub fn new(roots: Roots) -> Self {
        Self {
            disks: Disks::default(),
            links: Links::new(&roots),
            roots,
            kept: HashMap::new(),
            scrape: 1,
        }
    }

    /// Begins the next scrape: everything is read anew.
    pub fn begin(&mut self) {
        self.scrape += 1;
        self.links.begin();
    }

    /// The content of a file below procfs; none when there is no such file.
    pub fn procfs(&mut self, name: &'static str) -> Reading<&[u8]> {
        self.read(Name::Procfs(name))
    }

    /// The content of a file in procfs' `net`, of the network namespace of process 1: when `--path.procfs` is the
    /// host's, `net` itself is about this process.
    pub fn net(&mut self, name: &'static str) -> Reading<&[u8]> {
        self.read(Name::Net(name))
    }

    /// The content of a file below sysfs.
    pub fn sysfs(&mut self, name: &'static str) -> Reading<&[u8]> {
        self.read(Name::Sysfs(name))
    }

    /// As [`Self::procfs`], parsed; errors name the file.
    pub fn parse_procfs<'a, T>(
        &'a mut self,
        name: &'static str,
        parser: impl FnOnce(&'a [u8]) -> Result<T, Malformed>,
    ) -> Reading<T> {
        self.parse(Name::Procfs(name), parser)
    }

    /// As [`Self::net`], parsed; errors name the file.
    pub fn parse_net<'a, T>(
        &'a mut self,
        name: &'static str,
        parser: impl FnOnce(&'a [u8]) -> Result<T, Malformed>,
    ) -> Reading<T> {
        self.parse(Name::Net(name), parser)
    }

    /// As [`Self::sysfs`], parsed; errors name the file.
    pub fn parse_sysfs<'a, T>(
        &'a mut self,
        name: &'static str,
        parser: impl FnOnce(&'a [u8]) -> Result<T, Malformed>,
    ) -> Reading<T> {
        self.parse(Name::Sysfs(name), parser)
    }

    fn parse<'a, T>(
        &'a mut self,
        name: Name,
        parser: impl FnOnce(&'a [u8]) -> Result<T, Malformed>,
    ) -> Reading<T> {
        self.load(name)?;
        let Some(content) = self.content(name) else {
            return Ok(None);
        };
        parser(content).map(Some).map_err(|problem| {
            let path = self.paths(name).into_iter().next().unwrap_or_default();
            ReadError::Malformed { path, problem }
        })
    }

    fn read(&mut self, name: Name) -> Reading<&[u8]> {
        self.load(name)?;
        Ok(self.content(name))
    }

    fn content(&self, name: Name) -> Option<&[u8]> {
        let kept = self.kept.get(&name)?;
        kept.content.get(..kept.length?)
    }

    /// Reads the file, unless this scrape has read it already.
    fn load(&mut self, name: Name) -> Result<(), ReadError> {
        let scrape = self.scrape;
        let is_read = self
            .kept
            .get(&name)
            .is_some_and(|kept| kept.scrape == scrape);
        if !is_read {
            let paths = match self.kept.get(&name) {
                Some(kept) if kept.file.is_some() => Vec::new(),
                _ => self.paths(name),
            };
            let kept = self.kept.entry(name).or_default();
            if let Err(source) = kept.read(&paths) {
                // An open descriptor may be of what is no more: a device, a process.
                kept.file = None;
                let paths = self.paths(name);
                let kept = self.kept.entry(name).or_default();
                kept.read(&paths).map_err(|_| ReadError::Io {
                    path: paths.into_iter().next().unwrap_or_default(),
                    source,
                })?;
            }
            if let Some(kept) = self.kept.get_mut(&name) {
                kept.scrape = scrape;
            }
        }
        Ok(())
    }

    /// Where the file may be, the best place first.
    fn paths(&self, name: Name) -> Vec<PathBuf> {
        let Roots { procfs, sysfs, .. } = &self.roots;
        match name {
            Name::Procfs(name) => vec![procfs.join(name)],
            Name::Sysfs(name) => vec![sysfs.join(name)],
            Name::Net(name) => {
                let folders = ["1/net", "self/net", "net"];
                folders.map(|folder| procfs.join(folder).join(name)).into()
            }
        }
    }
}

impl Kept {
    /// Reads the whole file from its beginning; opens the first of `paths` that can be, unless it is open.
    fn read(&mut self, paths: &[PathBuf]) -> io::Result<()> {
        self.length = None;
        if self.file.is_none() {
            self.file = open(paths)?;
        }
        let Some(file) = &self.file else {
            return Ok(());
        };
        if self.content.is_empty() {
            self.content.resize(4096, 0);
        }
        let mut length = 0;
        loop {
            let room = self.content.get_mut(length..).unwrap_or_default();
            match file.read_at(room, length as u64) {
                Ok(0) => break,
                Ok(read) => length += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
            if length == self.content.len() {
                if length >= LARGEST_FILE {
                    break;
                }
                self.content.resize(length * 2, 0);
            }
        }
        self.length = Some(length);
        Ok(())
    }
}

/// None when there is no such file at any of the paths; an error when none can be opened and one of them exists.
fn open(paths: &[PathBuf]) -> io::Result<Option<File>> {
    let mut refusal = None;
    for path in paths {
        match File::open(path) {
            Ok(file) => return Ok(Some(file)),
            Err(error) if is_absence(&error) => {}
            Err(error) => refusal = refusal.or(Some(error)),
        }
    }
    refusal.map_or(Ok(None), Err)
}

#[cfg(test)]
mod tests;
