//! The link between two Alertmanagers of a cluster, which can be cut: a port of loopback in front of each one's own,
//! for packets and connections alike.
//!
//! Each Alertmanager is told to advertise the port here, so that the other one reaches it through the link only. While
//! the link is cut, packets are lost, connections end, and new ones are closed at once. All threads end when the link is
//! dropped.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context, Result};

/// How often a thread looks whether it is to end.
const POLL: Duration = Duration::from_millis(100);
/// The largest packet.
const PACKET: usize = 1 << 16;

/// Both directions.
#[derive(Debug)]
pub struct Link {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    is_cut: AtomicBool,
    is_ending: AtomicBool,
    /// Both ends of each connection.
    connections: Mutex<Vec<TcpStream>>,
}

/// A port of the link, and the port behind it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Side {
    pub(super) front: u16,
    pub(super) behind: u16,
}

impl Link {
    /// A link that is up.
    pub(super) fn start(sides: [Side; 2]) -> Result<Self> {
        let shared = Arc::new(Shared::default());
        let mut link = Self {
            shared,
            threads: Vec::new(),
        };
        for side in sides {
            let packets = UdpSocket::bind((Ipv4Addr::LOCALHOST, side.front))?;
            packets.set_read_timeout(Some(POLL))?;
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, side.front))?;
            listener.set_nonblocking(true)?;
            let to = SocketAddr::from((Ipv4Addr::LOCALHOST, side.behind));
            link.spawn(move |shared| forward_packets(&packets, to, shared))?;
            link.spawn(move |shared| accept(&listener, to, shared))?;
        }
        Ok(link)
    }

    /// Cuts it.
    pub fn cut(&self) {
        self.shared.is_cut.store(true, Ordering::Release);
        self.shared.end_connections();
    }

    /// Puts it together again.
    pub fn mend(&self) {
        self.shared.is_cut.store(false, Ordering::Release);
    }

    fn spawn(&mut self, work: impl FnOnce(&Arc<Shared>) + Send + 'static) -> Result<()> {
        let shared = Arc::clone(&self.shared);
        let thread = std::thread::Builder::new()
            .name("link".to_owned())
            .spawn(move || work(&shared))
            .context("cannot start a thread")?;
        self.threads.push(thread);
        Ok(())
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.shared.is_ending.store(true, Ordering::Release);
        self.shared.end_connections();
        for thread in self.threads.drain(..) {
            // One that panicked has said so.
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn is_ending(&self) -> bool {
        self.is_ending.load(Ordering::Acquire)
    }

    fn is_cut(&self) -> bool {
        self.is_cut.load(Ordering::Acquire) || self.is_ending()
    }

    fn end_connections(&self) {
        let mut connections = self
            .connections
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        for connection in connections.drain(..) {
            // It may have ended by itself.
            let _ = connection.shutdown(Shutdown::Both);
        }
    }
}

fn forward_packets(from: &UdpSocket, to: SocketAddr, shared: &Shared) {
    let mut packet = vec![0; PACKET];
    while !shared.is_ending() {
        // Nothing came for a while, or the last packet found nobody.
        let Ok(length) = from.recv(&mut packet) else {
            continue;
        };
        if let (false, Some(packet)) = (shared.is_cut(), packet.get(..length)) {
            // Packets may be lost.
            let _ = from.send_to(packet, to);
        }
    }
}

fn accept(listener: &TcpListener, to: SocketAddr, shared: &Arc<Shared>) {
    let mut pipes = Vec::new();
    while !shared.is_ending() {
        let Ok((here, _)) = listener.accept() else {
            std::thread::sleep(POLL / 10);
            continue;
        };
        if shared.is_cut() {
            continue;
        }
        match join(here, to, shared) {
            Ok(both) => pipes.extend(both),
            Err(error) => eprintln!("link: {error:#}"),
        }
        pipes.retain(|pipe: &JoinHandle<()>| !pipe.is_finished());
    }
    for pipe in pipes {
        // Its connection has been ended.
        let _ = pipe.join();
    }
}

/// Both directions of one connection, a thread each.
fn join(here: TcpStream, to: SocketAddr, shared: &Shared) -> Result<[JoinHandle<()>; 2]> {
    let there = TcpStream::connect_timeout(&to, Duration::from_secs(1))?;
    here.set_nonblocking(false)?;
    let ends = [here.try_clone()?, there.try_clone()?];
    shared
        .connections
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .extend(ends);
    if shared.is_cut() {
        // It was cut just now, perhaps before these were known.
        shared.end_connections();
    }
    let (back_from, back_to) = (there.try_clone()?, here.try_clone()?);
    Ok([pipe(here, there)?, pipe(back_from, back_to)?])
}

fn pipe(mut from: TcpStream, mut to: TcpStream) -> Result<JoinHandle<()>> {
    let copy = move || {
        let mut buffer = vec![0; PACKET];
        while let Ok(length @ 1..) = from.read(&mut buffer) {
            let part = buffer.get(..length).unwrap_or_default();
            if to.write_all(part).is_err() {
                break;
            }
        }
        // The other end may be gone.
        let _ = to.shutdown(Shutdown::Write);
    };
    let name = std::thread::Builder::new().name("link".to_owned());
    name.spawn(copy).context("cannot start a thread")
}

#[cfg(test)]
mod tests;
