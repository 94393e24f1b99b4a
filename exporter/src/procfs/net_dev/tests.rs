use super::*;

const TITLES: &str = "Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
";

#[test]
fn bytes_are_the_first_and_the_ninth_column() {
    let content = format!(
        "{TITLES}    lo:    3193      29    0    0    0     0          0         0     3194      29    0    0    0     0       0          0\n"
    );
    assert_eq!(
        parse(content.as_bytes()).unwrap(),
        [DeviceBytes {
            device: "lo".into(),
            received: 3193,
            sent: 3194
        }]
    );
}

#[test]
fn an_old_kernel_leaves_no_space_after_the_colon() {
    let content = format!("{TITLES}  eth0:1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n");
    let devices = parse(content.as_bytes()).unwrap();
    assert_eq!((devices[0].received, devices[0].sent), (1, 9));
}

#[test]
fn no_device_is_no_error() {
    assert_eq!(parse(TITLES.as_bytes()).unwrap(), []);
}

#[test]
fn what_is_truncated_or_absurd_is_an_error() {
    for (line, message) in [
        (
            "eth0: 1 2 3\n",
            "line 3: a device should be followed by sixteen counters",
        ),
        ("eth0: 1 x 3\n", "line 3: a counter should be a number"),
        ("eth0\n", "line 3: the device should be followed by a colon"),
    ] {
        let error = parse(format!("{TITLES}{line}").as_bytes()).unwrap_err();
        assert_eq!(error.to_string(), message);
    }
    assert_eq!(
        parse(b"").unwrap_err().to_string(),
        "`the lines of titles` is missing"
    );
}
