//! The socket of systemd's journal: one datagram an entry; a large one travels as a sealed file in memory.
//!
//! The protocol is described in systemd's "Native Journal Protocol".

use std::fs::File;
use std::io::{self, IoSlice, Write as _};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::time::Duration;

use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, fstat, memfd_create};
use rustix::net::{
    SendAncillaryBuffer, SendAncillaryMessage, SendFlags, SocketAddrUnix, sendmsg_addr, sockopt,
};

/// Where systemd's journal listens.
pub const JOURNALD_SOCKET: &str = "/run/systemd/journal/socket";
/// How long systemd's journal may let one entry wait.
const PATIENCE: Duration = Duration::from_millis(200);
/// What may be on its way; the kernel takes less when it must.
const BUFFER: usize = 8 << 20;

/// A way to systemd's journal.
#[derive(Debug)]
pub(super) struct Socket {
    socket: UnixDatagram,
    address: SocketAddrUnix,
}

impl Socket {
    pub(super) fn to(path: &Path) -> io::Result<Self> {
        let socket = UnixDatagram::unbound()?;
        socket.set_write_timeout(Some(PATIENCE))?;
        // In vain: then less is on its way.
        let _ = sockopt::set_socket_send_buffer_size(&socket, BUFFER);
        Ok(Self {
            socket,
            address: SocketAddrUnix::new(path)?,
        })
    }

    /// Sends an entry. Not connected, so that it does not matter whether systemd's journal was restarted.
    pub(super) fn send(&self, entry: &[u8]) -> io::Result<()> {
        let mut nothing = SendAncillaryBuffer::default();
        let sent = sendmsg_addr(
            &self.socket,
            &self.address,
            &[IoSlice::new(entry)],
            &mut nothing,
            SendFlags::NOSIGNAL,
        );
        match sent {
            Ok(_) => Ok(()),
            Err(rustix::io::Errno::MSGSIZE | rustix::io::Errno::NOBUFS) => self.send_large(entry),
            Err(error) => Err(error.into()),
        }
    }

    fn send_large(&self, entry: &[u8]) -> io::Result<()> {
        let memory = sealed(entry)?;
        let descriptors = [memory.as_fd()];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut ancillary = SendAncillaryBuffer::new(&mut space);
        ancillary.push(SendAncillaryMessage::ScmRights(&descriptors));
        sendmsg_addr(
            &self.socket,
            &self.address,
            &[IoSlice::new(&[])],
            &mut ancillary,
            SendFlags::NOSIGNAL,
        )?;
        Ok(())
    }
}

/// A file in memory that nobody can change any more.
fn sealed(entry: &[u8]) -> io::Result<OwnedFd> {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let mut file = File::from(memfd_create("prunelle-journal-entry", flags)?);
    file.write_all(entry)?;
    let seals = SealFlags::SHRINK | SealFlags::GROW | SealFlags::WRITE | SealFlags::SEAL;
    fcntl_add_seals(&file, seals)?;
    Ok(file.into())
}

/// Whether an output of this program goes to systemd's journal, as the variable `JOURNAL_STREAM` says: device and
/// inode of the stream that systemd has connected.
pub fn goes_to_journald(journal_stream: Option<&str>, output: impl AsFd) -> bool {
    let Some((device, inode)) = journal_stream.and_then(|text| text.split_once(':')) else {
        return false;
    };
    let (Ok(device), Ok(inode)) = (device.parse::<u64>(), inode.parse::<u64>()) else {
        return false;
    };
    fstat(output).is_ok_and(|found| found.st_dev == device && found.st_ino == inode)
}
