use super::*;

#[test]
fn a_modern_kernel_says_what_is_available() {
    let info = parse(
        b"MemTotal:       1000 kB\nMemFree:         100 kB\nMemAvailable:    700 kB\nBuffers:  1 kB\nCached: 2 kB\n",
    )
    .unwrap();
    assert_eq!(info.total, Some(1_024_000));
    assert_eq!(info.available(), Some(716_800));
    assert_eq!(info.swap_total, None);
}

#[test]
fn an_old_kernel_does_not_and_shared_memory_is_no_cache() {
    let info = parse(
        b"MemTotal: 1000 kB\nMemFree: 100 kB\nBuffers: 50 kB\nCached: 400 kB\nShmem: 80 kB\nSReclaimable: 30 kB\n",
    )
    .unwrap();
    assert_eq!(info.available(), Some((100 + 50 + 400 + 30 - 80) * 1024));
}

#[test]
fn without_the_caches_nothing_is_guessed() {
    let info = parse(b"MemTotal: 1000 kB\nMemFree: 100 kB\n").unwrap();
    assert_eq!(info.available(), None);
}

#[test]
fn what_is_absurd_is_an_error() {
    for content in [
        "MemTotal: x kB\n",
        "MemTotal:\n",
        "MemTotal: 12",
        "MemTotal: -1 kB\n",
        "MemTotal: 18446744073709551615 kB\n",
    ] {
        assert_eq!(
            parse(content.as_bytes()).unwrap_err().to_string(),
            "line 1: the size should be a number of kB",
            "{content}"
        );
    }
}

#[test]
fn every_line_is_an_item_in_bytes_or_a_count() {
    let content =
        b"MemTotal: 1000 kB\nActive(anon): 3 kB\nHugePages_Total:       8\nNew(thing): 1 kB\n";
    let items: Vec<_> = items(content).collect::<Result<_, _>>().unwrap();
    let items: Vec<_> = items
        .iter()
        .map(|it| (it.metric_key(), it.amount))
        .collect();
    assert_eq!(
        items,
        [
            ("MemTotal".into(), Amount::Bytes(1_024_000)),
            ("Active_anon".into(), Amount::Bytes(3072)),
            ("HugePages_Total".into(), Amount::Count(8)),
            ("New_thing".into(), Amount::Bytes(1024)),
        ]
    );
}

#[test]
fn a_line_that_is_no_item_is_an_error_wherever_it_stands() {
    for line in [
        "Cached 1 kB",
        ": 1 kB",
        "Ca{hed: 1 kB",
        "Cached: 1 MB",
        "Cached: 18446744073709551615 kB",
    ] {
        let content = format!("MemTotal: 1000 kB\n{line}\n");
        let result: Result<Vec<_>, _> = items(content.as_bytes()).collect();
        assert!(result.is_err(), "{line:?}");
        assert!(parse(content.as_bytes()).is_err(), "{line:?}");
    }
}
