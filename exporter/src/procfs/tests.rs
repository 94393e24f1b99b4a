use proptest::prelude::*;

use super::*;

#[test]
fn a_label_keeps_utf8_and_tells_other_bytes_apart() {
    assert_eq!(label("données".as_bytes()), "données");
    assert_eq!(label(b"a\xff"), "a\\xff");
    assert_ne!(label(b"a\xff"), label(b"a\xfe"));
}

proptest! {
    #[test]
    fn no_parser_panics_on_any_bytes(content in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = stat::parse(&content);
        let _ = meminfo::parse(&content);
        let _ = net_dev::parse(&content);
        let _ = mountinfo::parse(&content);
        let _ = label(&content);
    }

    #[test]
    fn no_parser_panics_on_a_damaged_file(
        cut in 0usize..2000,
        at in 0usize..2000,
        byte in any::<u8>(),
        file in 0usize..4,
    ) {
        let whole = [
            &include_bytes!("../../tests/fixtures/modern/proc/stat")[..],
            include_bytes!("../../tests/fixtures/modern/proc/meminfo"),
            include_bytes!("../../tests/fixtures/modern/proc/1/net/dev"),
            include_bytes!("../../tests/fixtures/modern/proc/1/mountinfo"),
        ][file];
        let mut content = whole[..whole.len().min(cut)].to_vec();
        if let Some(place) = content.get_mut(at) {
            *place = byte;
        }
        let _ = stat::parse(&content);
        let _ = meminfo::parse(&content);
        let _ = net_dev::parse(&content);
        let _ = mountinfo::parse(&content);
    }
}
