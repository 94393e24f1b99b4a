use super::*;

#[test]
fn counts_as_df_does() {
    let space = FreeSpace {
        available_bytes: 15,
        used_bytes: 85,
    };
    assert_eq!(space.ratio(), Some(0.15));
    assert_eq!(space.after_freeing(10).ratio(), Some(0.25));
    assert_eq!(space.after_freeing(1000).ratio(), Some(1.0));
    let nothing = FreeSpace {
        available_bytes: 0,
        used_bytes: 0,
    };
    assert_eq!(nothing.ratio(), None);
}

#[test]
fn holds_from_the_limit_up() {
    for (free_ratio, at_least, expected) in
        [(0.15, 0.15, true), (0.149, 0.15, false), (0.2, 0.15, true)]
    {
        let verdict = Verdict {
            free_ratio,
            at_least,
        };
        assert_eq!(verdict.holds(), expected);
    }
}

#[test]
fn reads_real_file_systems() {
    let folder = tempfile::tempdir().unwrap();
    let verdict = check(folder.path(), 0.0).unwrap();
    assert!(verdict.holds() && (0.0..=1.0).contains(&verdict.free_ratio));
    assert!(matches!(
        check(Path::new("/proc"), 0.1),
        Err(FreeSpaceError::NoSpace(_))
    ));
    let error = check(Path::new("/nonexistent"), 0.1).unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot read the free space of /nonexistent"
    );
}
