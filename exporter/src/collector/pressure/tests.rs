use std::io;

use super::*;

fn refusal(errno: Errno) -> ReadError {
    ReadError::Io {
        path: "pressure/cpu".into(),
        source: io::Error::from_raw_os_error(errno.raw_os_error()),
    }
}

#[test]
fn switched_off_is_no_failure_and_other_refusals_are() {
    assert!(is_switched_off(&refusal(Errno::OPNOTSUPP)));
    assert!(!is_switched_off(&refusal(Errno::ACCESS)));
    assert!(!is_switched_off(&refusal(Errno::IO)));
}

#[test]
fn microseconds_become_seconds_without_noise() {
    for (microseconds, text) in [(0, "0"), (1, "0.000001"), (107_174_979, "107.174979")] {
        assert_eq!(seconds(microseconds).to_string(), text);
    }
}
