use std::os::unix::net::UnixDatagram;

use super::*;

const LINK: u16 = 16;
const DONE: u16 = 3;
const ERROR: u16 = 2;
const INTERRUPTED: u16 = 0x10;

/// A message without attributes; a device's number is what it has instead.
fn message(kind: u16, flags: u16, sequence: u32, number: u32) -> Vec<u8> {
    let body: Vec<u8> = match kind {
        LINK => [[0; 4], number.to_ne_bytes(), [0; 4], [0; 4]].concat(),
        _ => number.to_ne_bytes().into(),
    };
    let mut bytes = Vec::new();
    bytes.extend(u32::try_from(16 + body.len()).unwrap().to_ne_bytes());
    bytes.extend(kind.to_ne_bytes());
    bytes.extend(flags.to_ne_bytes());
    bytes.extend(sequence.to_ne_bytes());
    bytes.extend([0; 4]);
    bytes.extend(body);
    bytes
}

/// What a socket makes of these datagrams: the numbers of the devices.
fn dump(datagrams: &[Vec<u8>]) -> Result<Vec<u32>, DumpError> {
    let (kernel, ours) = UnixDatagram::pair().unwrap();
    for datagram in datagrams {
        kernel.send(datagram).unwrap();
    }
    let mut socket = Socket::over(ours.into()).unwrap();
    socket.dump(|link| Ok(Some(link.index)))
}

#[test]
fn a_list_may_come_in_several_datagrams() {
    let first = [message(LINK, 2, 1, 1), message(LINK, 2, 1, 2)].concat();
    let second = message(LINK, 2, 1, 3);
    let end = message(DONE, 2, 1, 0);
    assert_eq!(dump(&[first, second, end]).unwrap(), [1, 2, 3]);
}

#[test]
fn a_list_that_changed_is_asked_for_again() {
    let torn = [message(LINK, 2 | INTERRUPTED, 1, 1), message(DONE, 2, 1, 0)].concat();
    let torn_at_the_end = [message(LINK, 2, 2, 2), message(DONE, 2 | INTERRUPTED, 2, 0)].concat();
    let whole = [message(LINK, 2, 3, 3), message(DONE, 2, 3, 0)].concat();
    assert_eq!(dump(&[torn, torn_at_the_end, whole]).unwrap(), [3]);
}

#[test]
fn a_list_that_never_stays_the_same_is_taken_as_it_is() {
    let torn = |sequence| {
        let link = message(LINK, 2 | INTERRUPTED, sequence, sequence);
        [link, message(DONE, 2, sequence, 0)].concat()
    };
    let lists: Vec<_> = (1..=ATTEMPTS).map(torn).collect();
    assert_eq!(dump(&lists).unwrap(), [ATTEMPTS]);
}

#[test]
fn an_answer_to_another_question_is_passed_over() {
    let other = [message(LINK, 2, 9, 9), message(DONE, 2, 9, 0)].concat();
    let ours = [message(LINK, 2, 1, 1), message(DONE, 2, 1, 0)].concat();
    assert_eq!(dump(&[other, ours]).unwrap(), [1]);
}

#[test]
fn a_refusal_is_an_error() {
    let refusal = message(ERROR, 0, 1, (-1_i32).cast_unsigned());
    let error = dump(&[message(LINK, 2, 1, 1), refusal]).unwrap_err();
    assert!(matches!(error, DumpError::Socket(Errno::PERM)), "{error:?}");
}

#[test]
fn a_message_that_is_cut_is_an_error() {
    let error = dump(&[message(LINK, 2, 1, 1)[..20].to_vec()]).unwrap_err();
    assert!(matches!(error, DumpError::Malformed(_)), "{error:?}");
}

#[test]
fn an_answer_that_does_not_come_is_waited_for_only_so_long() {
    let (_kernel, ours) = UnixDatagram::pair().unwrap();
    let mut socket = Socket::over(ours.into()).unwrap();
    let short = Duration::from_millis(1);
    set_socket_timeout(&socket.descriptor, Timeout::Recv, Some(short)).unwrap();
    let error = socket.dump(|link| Ok(Some(link.index))).unwrap_err();
    assert!(
        matches!(error, DumpError::Socket(Errno::AGAIN)),
        "{error:?}"
    );
}
