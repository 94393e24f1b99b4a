use std::fs;

use super::*;

/// A class with one device called `eth0` that has these files.
fn class(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("bonding_masters"), "bond0\n").unwrap();
    let device = folder.path().join("eth0");
    fs::create_dir(&device).unwrap();
    for (name, content) in files {
        fs::write(device.join(name), content).unwrap();
    }
    folder
}

#[test]
fn what_a_device_does_not_have_is_none() {
    let class = class(&[("ifindex", "4\n"), ("speed", "-1\n"), ("dev_id", "0x1f\n")]);
    let links = devices(class.path(), |_| true).unwrap().unwrap();
    let expected = Link {
        raw_name: b"eth0".into(),
        name: "eth0".into(),
        index: 4,
        speed: Some(-1),
        device_id: Some(31),
        ..Link::default()
    };
    assert_eq!(links, [expected]);
}

#[test]
fn a_device_without_a_number_has_gone() {
    let class = class(&[("mtu", "1500\n")]);
    assert_eq!(devices(class.path(), |_| true).unwrap(), Some(vec![]));
}

#[test]
fn what_is_not_wanted_is_not_read() {
    let class = class(&[("ifindex", "x")]);
    assert_eq!(devices(class.path(), |_| false).unwrap(), Some(vec![]));
}

#[test]
fn without_the_class_there_is_nothing() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(devices(&folder.path().join("net"), |_| true).unwrap(), None);
}

#[test]
fn a_name_that_is_not_utf8_is_read_all_the_same() {
    let class = class(&[("ifindex", "4\n")]);
    let old = class.path().join("eth0");
    fs::rename(old, class.path().join(OsStr::from_bytes(b"a\xff"))).unwrap();
    let links = devices(class.path(), |_| true).unwrap().unwrap();
    assert_eq!(links[0].name, "a\\xff");
}

#[test]
fn what_is_no_number_is_an_error_that_names_it() {
    for wrong in [
        "x",
        "1 2",
        "0x",
        "+1",
        "0x+1",
        "99999999999999999999",
        "1\0",
    ] {
        let error = parse_number(wrong.as_bytes(), "mtu").unwrap_err();
        assert_eq!(
            error.to_string(),
            "line 1: mtu should be a number",
            "{wrong}"
        );
    }
    for (right, number) in [
        ("", None),
        ("\n", None),
        ("0x1003\n", Some(0x1003)),
        ("-1", Some(-1)),
    ] {
        assert_eq!(parse_number(right.as_bytes(), "mtu"), Ok(number));
    }
}
