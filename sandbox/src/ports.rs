//! Ports of loopback for servers that are started later, by other programs.
//!
//! A port that the kernel gives out (port 0) and that is let go again may be another's before the server binds it: the
//! kernel gives it out anew, to a listener or to any connection. So ports are taken from below the kernel's range, where
//! nobody gets one by chance, and among ourselves each is claimed by a lock on a file for as long as this process lives.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::net::{Ipv4Addr, TcpListener, UdpSocket};
use std::ops::Range;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result};

/// How many ports below the kernel's range are ours to choose from.
const COUNT: u16 = 10_000;
/// Where the kernel's range begins, unless the machine says otherwise.
const USUAL_BEGIN: u16 = 32_768;

/// Locks are given back when the process ends.
static CLAIMED: Mutex<Vec<File>> = Mutex::new(Vec::new());

/// A port of loopback that nobody listens on, and that no other process of ours will be given while this one lives.
pub fn free_port() -> Result<u16> {
    let folder = folder()?;
    let range = range(kernels_begin());
    // Everybody begins elsewhere, so that few look at the same one.
    let first = u16::try_from(std::process::id() % u32::from(COUNT)).unwrap_or(0);
    let claimed = (0..COUNT)
        .map(|step| range.start + (first + step) % COUNT)
        .find_map(|port| Some((port, claim(&folder, port)?)));
    let (port, lock) = claimed.with_context(|| format!("no port of {range:?} is free"))?;
    CLAIMED
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(lock);
    Ok(port)
}

/// The ports that are ours to choose from.
fn range(kernels_begin: u16) -> Range<u16> {
    // A machine that lends nearly all ports leaves no better place.
    let end = if kernels_begin > COUNT + 1024 {
        kernels_begin
    } else {
        USUAL_BEGIN
    };
    end - COUNT..end
}

/// The first port that the kernel gives out.
fn kernels_begin() -> u16 {
    fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range")
        .ok()
        .and_then(|range| range.split_whitespace().next()?.parse().ok())
        .unwrap_or(USUAL_BEGIN)
}

/// A folder of this user's own.
fn folder() -> Result<PathBuf> {
    let user = rustix::process::getuid().as_raw();
    let folder = std::env::temp_dir().join(format!("prunelle-ports-{user}"));
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&folder)
        .with_context(|| format!("cannot make {}", folder.display()))?;
    Ok(folder)
}

/// The lock on a port, unless another process has it or somebody listens there.
fn claim(folder: &std::path::Path, port: u16) -> Option<File> {
    let lock = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(folder.join(port.to_string()))
        .ok()?;
    lock.try_lock().ok()?;
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).ok()?;
    UdpSocket::bind((Ipv4Addr::LOCALHOST, port)).ok()?;
    Some(lock)
}

#[cfg(test)]
mod tests;
