use super::*;

const TITLES: &str = "Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
";

#[track_caller]
fn check(lines: &str, expected: Result<&[(&str, u64, u64)], &str>) {
    let devices = parse(format!("{TITLES}{lines}").as_bytes());
    let bytes = devices.as_ref().map(|devices| {
        let bytes = devices.iter().map(|it| {
            let DeviceBytes { received, sent, .. } = it.clone().into();
            (it.device.as_str(), received, sent)
        });
        bytes.collect::<Vec<_>>()
    });
    let message = bytes.map_err(ToString::to_string);
    assert_eq!(message, expected.map(<[_]>::to_vec).map_err(str::to_owned));
}

#[test]
fn bytes_are_the_first_and_the_ninth_column() {
    check(
        "    lo:    3193      29    0    0    0     0          0         0     3194      29    0    0    0     0       0          0\n",
        Ok(&[("lo", 3193, 3194)]),
    );
}

#[test]
fn the_columns_keep_their_order() {
    let content = format!("{TITLES}eth0: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n");
    let devices = parse(content.as_bytes()).unwrap();
    assert_eq!(devices[0].received, [1, 2, 3, 4, 5, 6, 7, 8]);
    assert_eq!(devices[0].sent, [9, 10, 11, 12, 13, 14, 15, 16]);
}

#[test]
fn an_old_kernel_leaves_no_space_after_the_colon() {
    check(
        "  eth0:1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n",
        Ok(&[("eth0", 1, 9)]),
    );
}

#[test]
fn no_device_is_no_error() {
    check("", Ok(&[]));
}

#[test]
fn what_is_truncated_or_absurd_is_an_error() {
    for (line, message) in [
        (
            "eth0: 1 2 3\n",
            "line 3: a device should be followed by sixteen counters",
        ),
        ("eth0: 1 x 3\n", "line 3: a counter should be a number"),
        (
            "eth0: 99999999999999999999 3\n",
            "line 3: a counter should be a number",
        ),
        ("eth0\n", "line 3: the device should be followed by a colon"),
        (
            "eth0: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16",
            "its last line is cut",
        ),
    ] {
        check(line, Err(message));
    }
    assert_eq!(
        parse(b"").unwrap_err().to_string(),
        "`the lines of titles` is missing"
    );
}
