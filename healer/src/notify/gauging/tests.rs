use super::*;

#[test]
fn each_channel_has_its_figures_and_what_waits_for_none_has_no_name() {
    let at = Timestamp::from_second(1_800_000_000).unwrap();
    let keys = [
        ("ops".to_owned(), "email"),
        ("ops".to_owned(), "slack"),
        ("night".to_owned(), "email"),
    ];
    let waiting = [
        ("ops".to_owned(), "email".to_owned(), 3, at),
        ("gone".to_owned(), "email".to_owned(), 5, at),
    ];
    let depths = by_channel(keys.iter(), &waiting);
    let told: Vec<_> = depths
        .iter()
        .map(|depth| (&depth.key, depth.waiting, depth.oldest))
        .collect();
    assert_eq!(
        told,
        [
            (&keys[0], 3, Some(at)),
            (&keys[1], 0, None),
            (&keys[2], 0, None)
        ]
    );
}
