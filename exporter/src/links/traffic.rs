//! What a device has received and sent since it was made, with the sums that `/proc/net/dev` makes.

use super::netlink::{u32_at, u64_at};

/// How many counters `struct rtnl_link_stats64` has had from its beginning.
const FIRST_COUNTERS: usize = 23;

/// The counters of one device. Errors of one kind are part of `errs` too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Bytes received.
    pub receive_bytes: u64,
    /// Packets received.
    pub receive_packets: u64,
    /// Packets received with an error of any kind.
    pub receive_errs: u64,
    /// Packets received and dropped, for want of room in the device as well.
    pub receive_drop: u64,
    /// Overruns of the receive FIFO.
    pub receive_fifo: u64,
    /// Frames of a wrong length, checksum or alignment, and overruns of the ring.
    pub receive_frame: u64,
    /// Compressed packets received.
    pub receive_compressed: u64,
    /// Multicast packets received.
    pub receive_multicast: u64,
    /// Packets received that no protocol wanted; since Linux 4.6.
    pub receive_nohandler: Option<u64>,
    /// Bytes sent.
    pub transmit_bytes: u64,
    /// Packets sent.
    pub transmit_packets: u64,
    /// Packets that could not be sent.
    pub transmit_errs: u64,
    /// Packets dropped on their way out.
    pub transmit_drop: u64,
    /// Underruns of the transmit FIFO.
    pub transmit_fifo: u64,
    /// Collisions.
    pub transmit_colls: u64,
    /// Losses of the carrier and the like.
    pub transmit_carrier: u64,
    /// Compressed packets sent.
    pub transmit_compressed: u64,
}

impl Traffic {
    /// From the columns of `/proc/net/dev`, which does not tell all.
    pub fn of_columns(received: &[u64; 8], sent: &[u64; 8]) -> Self {
        let &[
            bytes,
            packets,
            errs,
            drop,
            fifo,
            frame,
            compressed,
            multicast,
        ] = received;
        let &[
            sent_bytes,
            sent_packets,
            sent_errs,
            sent_drop,
            sent_fifo,
            colls,
            carrier,
            sent_compressed,
        ] = sent;
        Self {
            receive_bytes: bytes,
            receive_packets: packets,
            receive_errs: errs,
            receive_drop: drop,
            receive_fifo: fifo,
            receive_frame: frame,
            receive_compressed: compressed,
            receive_multicast: multicast,
            receive_nohandler: None,
            transmit_bytes: sent_bytes,
            transmit_packets: sent_packets,
            transmit_errs: sent_errs,
            transmit_drop: sent_drop,
            transmit_fifo: sent_fifo,
            transmit_colls: colls,
            transmit_carrier: carrier,
            transmit_compressed: sent_compressed,
        }
    }

    /// From `struct rtnl_link_stats64`.
    pub fn of_stats64(bytes: &[u8]) -> Option<Self> {
        Self::of_counters(|index| u64_at(bytes, index * 8))
    }

    /// From `struct rtnl_link_stats`, which is all that some kernels of sandboxes have.
    pub fn of_stats32(bytes: &[u8]) -> Option<Self> {
        Self::of_counters(|index| u32_at(bytes, index * 4).map(u64::from))
    }

    /// From the counters of either, which have the same order.
    fn of_counters(at: impl Fn(usize) -> Option<u64>) -> Option<Self> {
        let mut counters = [0; FIRST_COUNTERS];
        for (index, counter) in counters.iter_mut().enumerate() {
            *counter = at(index)?;
        }
        let [
            receive_packets,
            transmit_packets,
            receive_bytes,
            transmit_bytes,
            receive_errs,
            transmit_errs,
            receive_dropped,
            transmit_drop,
            receive_multicast,
            transmit_colls,
            length_errors,
            over_errors,
            crc_errors,
            frame_errors,
            receive_fifo,
            missed_errors,
            aborted_errors,
            carrier_errors,
            transmit_fifo,
            heartbeat_errors,
            window_errors,
            receive_compressed,
            transmit_compressed,
        ] = counters;
        Some(Self {
            receive_bytes,
            receive_packets,
            receive_errs,
            receive_drop: receive_dropped.wrapping_add(missed_errors),
            receive_fifo,
            receive_frame: sum([length_errors, over_errors, crc_errors, frame_errors]),
            receive_compressed,
            receive_multicast,
            receive_nohandler: at(FIRST_COUNTERS),
            transmit_bytes,
            transmit_packets,
            transmit_errs,
            transmit_drop,
            transmit_fifo,
            transmit_colls,
            transmit_carrier: sum([
                carrier_errors,
                aborted_errors,
                window_errors,
                heartbeat_errors,
            ]),
            transmit_compressed,
        })
    }
}

/// As the kernel adds them for `/proc/net/dev`, overflow included.
fn sum(counters: [u64; 4]) -> u64 {
    counters.into_iter().fold(0, u64::wrapping_add)
}

#[cfg(test)]
mod tests;
