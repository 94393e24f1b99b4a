use super::*;

const IO_STAT: &[u8] = b"8:16 rbytes=1459200 wbytes=314773504 rios=192 wios=353 dbytes=0 dios=0
8:0 rbytes=90430464 wbytes=299008000 rios=8950 wios=1252 dbytes=50331648 dios=3021\n";
const BLKIO: &[u8] =
    b"8:0 Read 4096\n8:0 Write 8192\n8:0 Sync 12288\n8:0 Async 0\n8:0 Discard 0\n8:0 Total 12288
8:16 Read 1\n8:16 Write 2\n8:16 Total 3\nTotal 12291\n";

#[test]
fn numbers_and_limits() {
    assert_eq!(value(b"4096\n"), Ok(4096));
    assert_eq!(limit(b"4096\n"), Ok(Some(4096)));
    for none in ["max\n", "-1\n", "9223372036854771712\n"] {
        assert_eq!(limit(none.as_bytes()), Ok(None), "{none}");
    }
    for wrong in [
        "",
        "\n",
        "-4096\n",
        "4 096\n",
        "0x10\n",
        "18446744073709551616\n",
    ] {
        assert!(value(wrong.as_bytes()).is_err(), "{wrong}");
        assert!(limit(wrong.as_bytes()).is_err(), "{wrong}");
    }
}

#[test]
fn keys_are_found_in_any_order_and_may_be_missing() {
    let content = b"anon 12\nfile 34\nanon_thp 56\n";
    assert_eq!(
        keyed(content, ["file", "anon", "zswap"]),
        Ok([Some(34), Some(12), None])
    );
    assert_eq!(sum(content, &["file", "anon", "zswap"]), Ok(46));
    assert!(keyed(b"", ["anon"]).is_err());
    assert!(keyed(b"anon\n", ["anon"]).is_err());
    assert!(keyed(b"anon -1\n", ["anon"]).is_err());
    // What nobody asked for may be anything.
    assert_eq!(keyed(b"odd x\nanon 1", ["anon"]), Ok([Some(1)]));
}

#[track_caller]
fn check_io(content: &[u8], expected: (u64, u64, u64, u64)) {
    let io = io_stat(content).unwrap();
    let figures = (io.read_bytes, io.written_bytes, io.reads, io.writes);
    let (read_bytes, written_bytes, reads, writes) = expected;
    let expected = (
        Some(read_bytes),
        Some(written_bytes),
        Some(reads),
        Some(writes),
    );
    assert_eq!(figures, expected);
}

#[test]
fn io_is_summed_over_devices() {
    check_io(IO_STAT, (91_889_664, 613_781_504, 9142, 1605));
    // The kernel writes nothing for a cgroup without I/O.
    check_io(b"", (0, 0, 0, 0));
    check_io(b"8:0 \n", (0, 0, 0, 0));
    // A bug of some kernels: a device without figures and without an end of line.
    check_io(b"253:0 8:0 rbytes=1 wbytes=2 rios=3 wios=4\n", (1, 2, 3, 4));
    check_io(
        b"8:0 rbytes=18446744073709551615\n8:1 rbytes=1\n",
        (u64::MAX, 0, 0, 0),
    );
    for wrong in [
        "sda rbytes=1\n",
        "8:0 rbytes=\n",
        "8:0 rbytes=-1\n",
        "8: rbytes=1\n",
        "rbytes=1\n",
    ] {
        assert!(io_stat(wrong.as_bytes()).is_err(), "{wrong}");
    }
}

#[test]
fn blkio_is_summed_over_devices() {
    assert_eq!(blkio(BLKIO), Ok((4097, 8194)));
    assert_eq!(blkio(b"Total 0\n"), Ok((0, 0)));
    for wrong in [
        "",
        "8:0 Read 1\n",
        "8:0 Read x\nTotal 1\n",
        "8 Read 1\nTotal 1\n",
    ] {
        assert!(blkio(wrong.as_bytes()).is_err(), "{wrong}");
    }
}
