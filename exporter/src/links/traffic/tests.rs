use super::*;

/// Counters 1, 2, 3 … as a structure of the kernel.
fn structure<const N: usize>(count: u64, bytes: impl Fn(u64) -> [u8; N]) -> Vec<u8> {
    (1..=count).flat_map(bytes).collect()
}

#[test]
fn the_sums_are_those_of_proc_net_dev() {
    let expected = Traffic {
        receive_bytes: 3,
        receive_packets: 1,
        receive_errs: 5,
        receive_drop: 7 + 16,
        receive_fifo: 15,
        receive_frame: 11 + 12 + 13 + 14,
        receive_compressed: 22,
        receive_multicast: 9,
        receive_nohandler: Some(24),
        transmit_bytes: 4,
        transmit_packets: 2,
        transmit_errs: 6,
        transmit_drop: 8,
        transmit_fifo: 19,
        transmit_colls: 10,
        transmit_carrier: 17 + 18 + 20 + 21,
        transmit_compressed: 23,
    };
    // One with `rx_otherhost_dropped`, one without, and one from before `rx_nohandler`.
    for (count, nohandler) in [(25, Some(24)), (24, Some(24)), (23, None)] {
        let wanted = Some(Traffic {
            receive_nohandler: nohandler,
            ..expected
        });
        assert_eq!(
            Traffic::of_stats64(&structure(count, u64::to_ne_bytes)),
            wanted
        );
        let narrow = structure(count, |it| u32::try_from(it).unwrap().to_ne_bytes());
        assert_eq!(Traffic::of_stats32(&narrow), wanted);
    }
}

#[test]
fn what_is_cut_has_no_counters() {
    let whole = structure(23, u64::to_ne_bytes);
    assert_eq!(Traffic::of_stats64(&whole[..whole.len() - 1]), None);
    assert_eq!(Traffic::of_stats64(&[]), None);
}

#[test]
fn the_columns_of_the_file_go_where_they_belong() {
    let traffic = Traffic::of_columns(&[1, 2, 3, 4, 5, 6, 7, 8], &[9, 10, 11, 12, 13, 14, 15, 16]);
    assert_eq!((traffic.receive_bytes, traffic.receive_multicast), (1, 8));
    assert_eq!(
        (traffic.transmit_bytes, traffic.transmit_compressed),
        (9, 16)
    );
    assert_eq!((traffic.transmit_colls, traffic.transmit_carrier), (14, 15));
    assert_eq!(traffic.receive_nohandler, None);
}
