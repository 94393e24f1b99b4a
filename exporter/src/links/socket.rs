//! The socket of rtnetlink, kept open from scrape to scrape: it asks for all devices and reads the answer to its end.

use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::io::Errno;
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, recv, send, socket_with,
};

use super::netlink::{Content, LinkMessage, messages, question};
use crate::roots::Malformed;

/// The kernel writes no longer datagrams.
const LONGEST_DATAGRAM: usize = 32 << 10;
/// The kernel answers while it is asked; if nothing comes, something is lost.
const ANSWER_LIMIT: Duration = Duration::from_secs(1);
/// How often a list is asked for that changes while it is written. The last one is taken as it is: on a host that
/// makes and removes devices all the time there is no better.
const ATTEMPTS: u32 = 4;

/// A socket of rtnetlink.
#[derive(Debug)]
pub(super) struct Socket {
    descriptor: OwnedFd,
    sequence: u32,
    buffer: Vec<u8>,
}

/// Why there is no list.
#[derive(Debug)]
pub(super) enum DumpError {
    /// The kernel refuses.
    Socket(Errno),
    /// The answer is not understood.
    Malformed(Malformed),
}

impl From<Malformed> for DumpError {
    fn from(problem: Malformed) -> Self {
        Self::Malformed(problem)
    }
}

impl From<Errno> for DumpError {
    fn from(error: Errno) -> Self {
        Self::Socket(error)
    }
}

impl Socket {
    pub(super) fn open() -> Result<Self, Errno> {
        let (family, kind) = (AddressFamily::NETLINK, SocketType::RAW);
        // Protocol 0 of netlink is `NETLINK_ROUTE`.
        let socket = socket_with(family, kind, SocketFlags::CLOEXEC, None)?;
        Self::over(socket)
    }

    fn over(descriptor: OwnedFd) -> Result<Self, Errno> {
        set_socket_timeout(&descriptor, Timeout::Recv, Some(ANSWER_LIMIT))?;
        Ok(Self {
            descriptor,
            sequence: 0,
            buffer: vec![0; LONGEST_DATAGRAM],
        })
    }

    /// Collects all devices with `make`. After an error the socket is of no use any more.
    pub(super) fn dump<T>(
        &mut self,
        mut make: impl FnMut(&LinkMessage<'_>) -> Result<Option<T>, Malformed>,
    ) -> Result<Vec<T>, DumpError> {
        let mut devices = Vec::new();
        for _ in 0..ATTEMPTS {
            devices.clear();
            let each = |message: &LinkMessage<'_>| {
                devices.extend(make(message)?);
                Ok(())
            };
            if self.ask(each)? == Whole::Yes {
                break;
            }
        }
        Ok(devices)
    }

    fn ask(
        &mut self,
        mut each: impl FnMut(&LinkMessage<'_>) -> Result<(), Malformed>,
    ) -> Result<Whole, DumpError> {
        self.sequence = self.sequence.wrapping_add(1);
        let sequence = self.sequence;
        send(&self.descriptor, &question(sequence), SendFlags::empty())?;
        let mut whole = Whole::Yes;
        loop {
            let datagram = self.receive()?;
            for message in messages(datagram) {
                let message = message?;
                if message.sequence != sequence {
                    continue;
                }
                if message.is_interrupted {
                    whole = Whole::No;
                }
                match message.content {
                    Content::Link(link) => each(&link)?,
                    Content::End(0) => return Ok(whole),
                    Content::End(error) => {
                        return Err(Errno::from_raw_os_error(error.saturating_neg()).into());
                    }
                    Content::Other => {}
                }
            }
        }
    }

    fn receive(&mut self) -> Result<&[u8], DumpError> {
        loop {
            match recv(
                &self.descriptor,
                self.buffer.as_mut_slice(),
                RecvFlags::TRUNC,
            ) {
                Ok((_, length)) => {
                    let datagram = self.buffer.get(..length);
                    let cut = Malformed::Contradiction("an answer of rtnetlink is too long");
                    return datagram.ok_or(DumpError::Malformed(cut));
                }
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// Whether a list is one of one moment.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whole {
    Yes,
    No,
}

#[cfg(test)]
mod tests;
