use super::*;

fn line(seq: &str, previous: &Hash) -> String {
    let previous = hex(previous);
    let mut line = format!("{{\"message\":\"m\",\"seq\":{seq},\"previous_hash\":\"{previous}\"}}");
    close(&mut line);
    line
}

#[test]
fn what_is_closed_reads_back() {
    let previous = [7; 32];
    let line = line("12", &previous);
    let (seal, is_genuine) = Seal::check(line.as_bytes()).unwrap();
    assert!(is_genuine);
    assert_eq!((seal.seq, seal.previous), (12, previous));
    assert_eq!(Seal::read(line.as_bytes()), Some(seal));
    serde_json::from_str::<serde_json::Value>(&line).unwrap();
}

#[test]
fn every_changed_byte_is_seen() {
    let line = line("12", &[7; 32]).into_bytes();
    for index in 0..line.len() {
        for change in [1, 0x20, 0x80] {
            let mut changed = line.clone();
            changed[index] ^= change;
            let is_genuine = Seal::check(&changed).is_some_and(|(_, is_genuine)| is_genuine);
            assert!(!is_genuine, "byte {index}");
        }
    }
}

#[test]
fn ends_of_another_kind_are_none() {
    assert_eq!(Seal::check(line("0", &[0; 32]).as_bytes()), None);
    assert_eq!(Seal::check(line("", &[0; 32]).as_bytes()), None);
    assert_eq!(Seal::check(line("x", &[0; 32]).as_bytes()), None);
    assert_eq!(
        Seal::check(line("99999999999999999999", &[0; 32]).as_bytes()),
        None
    );
    assert_eq!(Seal::check(b""), None);
    assert_eq!(Seal::check(b"}"), None);
    assert_eq!(Seal::check(b"\"}"), None);
}
