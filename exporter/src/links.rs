//! The network devices of this host, from one rtnetlink dump a scrape that `netdev` and `netclass` share.
//!
//! rtnetlink speaks of the network namespace of this very process. It is asked only where that is the one that the
//! files below `--path.procfs` are about, which is known without any privilege: `net/dev` of two processes is one file,
//! with one inode number, exactly when they share the namespace. Otherwise `netdev` reads `/proc/1/net/dev` and
//! `netclass` sysfs, as they do where sockets of this kind are forbidden.

use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{PROC_SUPER_MAGIC, statfs};
use rustix::io::Errno;

use crate::deadline::Deadline;
use crate::roots::{Malformed, ReadError, Reading, Roots};

mod asking;
mod attributes;
mod link;
pub mod netlink;
mod noise;
mod socket;
pub mod sysfs;
mod traffic;

pub use asking::Asking;
pub use link::Link;
pub use noise::is_noise;
pub use traffic::Traffic;

use attributes::Attributes;
use netlink::LinkMessage;
use socket::{DumpError, Socket};

/// Asks rtnetlink for the devices, once a scrape.
#[derive(Debug)]
pub struct Links {
    /// Whether files would be about the namespace that rtnetlink is about; not looked up yet when none.
    speaks_of_host: Option<bool>,
    roots: Roots,
    socket: Option<Socket>,
    attributes: Attributes,
    /// What scrapes of this host wait for.
    pub asking: Asking,
    /// What this scrape has seen.
    seen: Option<Vec<Link>>,
}

impl Links {
    /// Nothing is asked yet.
    pub fn new(roots: &Roots) -> Self {
        Self {
            speaks_of_host: None,
            roots: roots.clone(),
            socket: None,
            attributes: Attributes::new(&roots.sysfs),
            asking: Asking::default(),
            seen: None,
        }
    }

    /// Begins the next scrape: everything is asked anew.
    pub fn begin(&mut self) {
        self.seen = None;
    }

    /// The devices that `admits` holds for, in the order of their numbers; none when files have to be read instead.
    /// What is admitted is the same for all who ask in one scrape.
    pub fn dump(&mut self, deadline: &Deadline, admits: impl Fn(&str) -> bool) -> Reading<&[Link]> {
        if self.seen.is_none() {
            let question = self.asking.begin(deadline).ok_or_else(hangs)?;
            self.seen = self.ask(admits)?;
            drop(question);
        }
        Ok(self.seen.as_deref())
    }

    /// The same from sysfs, without what they received and sent; none where sysfs has no devices.
    pub fn read(
        &mut self,
        deadline: &Deadline,
        admits: impl Fn(&str) -> bool,
    ) -> Reading<Vec<Link>> {
        // Speed and duplex wait for the lock too.
        let _question = self.asking.begin(deadline).ok_or_else(hangs)?;
        sysfs::devices(&self.roots.sysfs.join("class/net"), admits)
    }

    fn ask(&mut self, admits: impl Fn(&str) -> bool) -> Reading<Vec<Link>> {
        let procfs = &self.roots.procfs;
        let speaks_of_host = self
            .speaks_of_host
            .get_or_insert_with(|| is_of_this_process(procfs));
        if !*speaks_of_host {
            return Ok(None);
        }
        // On failure it is not put back: what is still on its way belongs to a question that nobody asks any more.
        let mut socket = match self.socket.take().map_or_else(Socket::open, Ok) {
            Ok(socket) => socket,
            Err(Errno::ACCESS | Errno::PERM | Errno::AFNOSUPPORT | Errno::PROTONOSUPPORT) => {
                return Ok(None);
            }
            Err(error) => return Err(failed(DumpError::Socket(error))),
        };
        let mut links = socket
            .dump(|message: &LinkMessage<'_>| Link::of_message(message, &admits))
            .map_err(failed)?;
        self.socket = Some(socket);
        // A list that changed while it was written can name a device twice.
        links.sort_by_key(|link| link.index);
        links.dedup_by_key(|link| link.index);
        self.attributes.complete(&mut links)?;
        Ok(Some(links))
    }
}

/// Whether the files about the network below `procfs` are about the network namespace of this process.
fn is_of_this_process(procfs: &Path) -> bool {
    let of_host = ["1/net/dev", "self/net/dev", "net/dev"]
        .iter()
        .map(|name| procfs.join(name))
        .find_map(|path| Some((path.metadata().ok()?, statfs(&path).ok()?.f_type)));
    let (Some((of_host, kind)), Ok(own)) = (of_host, Path::new("/proc/self/net/dev").metadata())
    else {
        return false;
    };
    // A tree of plain files may have any inode number.
    kind == PROC_SUPER_MAGIC && of_host.ino() == own.ino()
}

fn hangs() -> ReadError {
    let what = "an earlier scrape has not come back";
    ReadError::Io {
        path: PathBuf::from("rtnetlink"),
        source: io::Error::new(io::ErrorKind::TimedOut, what),
    }
}

fn failed(error: DumpError) -> ReadError {
    let path = PathBuf::from("rtnetlink");
    match error {
        DumpError::Socket(error) => ReadError::Io {
            path,
            source: error.into(),
        },
        DumpError::Malformed(problem) => ReadError::Malformed { path, problem },
    }
}

/// What an error of an attribute reads.
const fn malformed(what: &'static str) -> Malformed {
    Malformed::Contradiction(what)
}

#[cfg(test)]
mod tests;
