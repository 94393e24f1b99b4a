use super::super::netlink::{Content, messages};
use super::*;

/// A device with these flags and attributes.
fn link(flags: u32, attributes: &[(u16, &[u8])]) -> Result<Option<Link>, Malformed> {
    let mut bytes = Vec::new();
    bytes.extend([0; 4]);
    bytes.extend(16_u16.to_ne_bytes());
    bytes.extend([0; 10]);
    // The fixed part: family, kind of hardware, number, flags, change.
    bytes.extend([0, 0]);
    bytes.extend(1_u16.to_ne_bytes());
    bytes.extend(7_u32.to_ne_bytes());
    bytes.extend(flags.to_ne_bytes());
    bytes.extend([0; 4]);
    for (kind, payload) in attributes {
        bytes.extend(u16::try_from(payload.len() + 4).unwrap().to_ne_bytes());
        bytes.extend(kind.to_ne_bytes());
        bytes.extend(*payload);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
    }
    let length = u32::try_from(bytes.len()).unwrap();
    bytes[..4].copy_from_slice(&length.to_ne_bytes());
    let message = messages(&bytes).next().unwrap().unwrap();
    let Content::Link(link) = message.content else {
        panic!("{message:?}");
    };
    Link::of_message(&link, |_| true)
}

fn named(flags: u32, attributes: &[(u16, &[u8])]) -> Link {
    let name: &[(u16, &[u8])] = &[(NAME, b"eth0\0")];
    link(flags, &[name, attributes].concat()).unwrap().unwrap()
}

#[test]
fn names_are_labels_and_stay_different() {
    let link = |name: &[u8]| link(0, &[(NAME, name)]).unwrap().unwrap();
    assert_eq!(link(b"donn\xc3\xa9es\0").name, "données");
    assert_eq!(link(b"a\xff\0").name, "a\\xff");
    assert_eq!(link(b"a\xff\0").raw_name, b"a\xff");
}

#[test]
fn alternative_names_are_not_the_name() {
    // `IFLA_PROP_LIST`, nested, with an `IFLA_ALT_IFNAME`.
    let nested = [12, 0, 53, 0, b'w', b'a', b'n', b'-', b'a', b'l', b't', 0];
    let link = named(0, &[(0x8034, &nested)]);
    assert_eq!(link.name, "eth0");
}

#[test]
fn flags_are_those_of_sysfs() {
    let one = 1_u32.to_ne_bytes();
    let none = 0_u32.to_ne_bytes();
    // Up, broadcast, running, multicast, lower up.
    assert_eq!(named(0x1_1043, &[]).flags, Some(0x1003));
    assert_eq!(named(0x1003, &[(PROMISCUITY, &one)]).flags, Some(0x1103));
    assert_eq!(named(0x1103, &[(PROMISCUITY, &none)]).flags, Some(0x1003));
    assert_eq!(named(0x1003, &[(ALL_MULTICAST, &one)]).flags, Some(0x1203));
    assert_eq!(named(0x1203, &[]).flags, Some(0x1203));
}

#[test]
fn what_is_switched_off_has_neither_carrier_nor_dormancy() {
    let carrier: &[(u16, &[u8])] = &[(CARRIER, &[1])];
    let down = named(0, carrier);
    assert_eq!((down.carrier, down.dormant), (None, None));
    assert_eq!(down.adminstate(), "down");
    let up = named(UP | DORMANT, carrier);
    assert_eq!((up.carrier, up.dormant), (Some(1), Some(1)));
    assert_eq!((up.adminstate(), up.flags), ("up", Some(1)));
    assert_eq!(Link::default().adminstate(), "unknown");
}

#[test]
fn a_device_on_top_of_none_is_linked_to_itself() {
    assert_eq!(named(0, &[]).link, Some(7));
    assert_eq!(named(0, &[(LINK, &3_u32.to_ne_bytes())]).link, Some(3));
}

#[test]
fn states_have_names() {
    for (number, name) in [(0, "unknown"), (2, "down"), (6, "up"), (99, "unknown")] {
        assert_eq!(named(0, &[(OPERSTATE, &[number])]).operstate, name);
    }
}

#[test]
fn addresses_have_any_length() {
    let link = named(0, &[(ADDRESS, &[10, 0, 0, 255]), (BROADCAST, &[])]);
    assert_eq!(
        (link.address.as_str(), link.broadcast.as_str()),
        ("0a:00:00:ff", "")
    );
}

#[test]
fn what_is_truncated_is_an_error() {
    assert!(link(0, &[]).is_err(), "no name");
    for kind in [MTU, OPERSTATE, STATS64, CARRIER_CHANGES] {
        let attributes: &[(u16, &[u8])] = &[(NAME, b"eth0\0"), (kind, &[])];
        assert!(link(UP, attributes).is_err(), "{kind}");
    }
}
