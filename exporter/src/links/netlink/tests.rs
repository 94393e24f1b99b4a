use super::super::Link;
use super::*;

/// `docker0` as a Linux 6 said it: a message and the end of the list.
const DUMP: &[u8] = include_bytes!("../../../tests/fixtures/rtnetlink/dump");

#[test]
fn the_question_is_forty_bytes() {
    let question = question(7);
    assert_eq!(question.len(), QUESTION);
    assert_eq!(u32_at(&question, 0), Some(40));
    assert_eq!(u32_at(&question, 8), Some(7));
}

/// A message around a body.
fn message(kind: u16, flags: u16, body: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes.extend(u32::try_from(HEADER + body.len()).unwrap().to_ne_bytes());
    bytes.extend(kind.to_ne_bytes());
    bytes.extend(flags.to_ne_bytes());
    bytes.extend(1_u32.to_ne_bytes());
    bytes.extend(0_u32.to_ne_bytes());
    bytes.extend(body);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

fn contents(datagram: &[u8]) -> Result<Vec<Content<'_>>, Malformed> {
    messages(datagram)
        .map(|message| Ok(message?.content))
        .collect()
}

#[test]
fn the_end_has_the_error_number() {
    let datagram = [
        message(DONE, 2, &[0; 4]),
        message(ERROR, 0, &(-1_i32).to_ne_bytes()),
    ]
    .concat();
    assert_eq!(
        contents(&datagram).unwrap(),
        [Content::End(0), Content::End(-1)]
    );
    assert_eq!(contents(&message(DONE, 2, &[])).unwrap(), [Content::End(0)]);
    assert_eq!(contents(&message(1, 0, &[])).unwrap(), [Content::Other]);
}

#[test]
fn a_list_that_changed_meanwhile_says_so() {
    for (flags, is_interrupted) in [(2, false), (2 | INTERRUPTED, true)] {
        let datagram = message(DONE, flags, &[0; 4]);
        let message = messages(&datagram).next().unwrap().unwrap();
        assert_eq!(message.is_interrupted, is_interrupted);
    }
}

#[test]
fn what_is_cut_is_an_error_and_the_last() {
    let whole = message(NEW_LINK, 2, &[0; 16]);
    assert!(contents(&whole).is_ok());
    for length in 1..whole.len() {
        assert_eq!(messages(&whole[..length]).count(), 1);
        assert!(contents(&whole[..length]).is_err(), "{length}");
    }
    // A message that is shorter than its header, and a device that is shorter than its fixed part.
    assert!(contents(&[8, 0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]).is_err());
    assert!(contents(&message(NEW_LINK, 2, &[0; 8])).is_err());
    assert!(contents(&message(ERROR, 2, &[0; 2])).is_err());
}

#[test]
fn an_attribute_that_is_cut_is_an_error_and_the_last() {
    for attribute in [&[4][..], &[3, 0, 1, 0], &[9, 0, 3, 0, b'l', b'o', 0, 0]] {
        let datagram = message(NEW_LINK, 2, &[&[0; 16], attribute].concat());
        let Content::Link(link) = contents(&datagram).unwrap()[0] else {
            panic!("not a device");
        };
        let attributes: Vec<_> = link.attributes().collect();
        assert!(attributes.len() <= 1, "{attributes:?}");
        // Padding at the end of a message is shorter than an attribute's header, and no attribute.
        assert!(attributes.iter().all(Result::is_err), "{attributes:?}");
    }
}

fn links(datagram: &[u8]) -> Result<Vec<Link>, Malformed> {
    let mut links = Vec::new();
    for message in messages(datagram) {
        if let Content::Link(link) = message?.content {
            links.extend(Link::of_message(&link, |_| true)?);
        }
    }
    Ok(links)
}

#[test]
fn what_a_kernel_said() {
    let links = links(DUMP).unwrap();
    let [link] = &links[..] else {
        panic!("{links:?}");
    };
    assert_eq!(
        (link.name.as_str(), link.index, link.address.as_str()),
        ("docker0", 5, "02:42:dc:40:6b:39")
    );
    assert_eq!(
        (link.operstate.as_ref(), link.flags, link.mtu, link.link),
        ("down", Some(0x1003), Some(1500), Some(5))
    );
    assert_eq!(
        (
            link.carrier,
            link.carrier_changes,
            link.dormant,
            link.queue_length
        ),
        (Some(0), Some(37), Some(0), Some(0))
    );
    let traffic = link.traffic.unwrap();
    assert_eq!(
        (
            traffic.receive_bytes,
            traffic.transmit_bytes,
            traffic.transmit_drop
        ),
        (791_940, 724_783_416, 2)
    );
    assert_eq!(traffic.receive_nohandler, Some(0));
}

#[test]
fn names_that_are_not_wanted_are_left_out() {
    let Content::Link(link) = contents(DUMP).unwrap()[0] else {
        panic!("not a device");
    };
    assert_eq!(Link::of_message(&link, |name| name != "docker0"), Ok(None));
}
