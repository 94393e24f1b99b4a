use std::fs;

use super::*;

const ID: &str = "0123456789abcdef0123456789abcdef";

#[test]
fn the_time_of_the_first_entry_is_in_the_name() {
    let at = |microseconds| {
        Some(Begin::At(
            Timestamp::from_microsecond(microseconds).unwrap(),
        ))
    };
    for (name, wanted) in [
        ("system.journal", Some(Begin::WithTheFile)),
        ("user-1000.journal", Some(Begin::WithTheFile)),
        (
            "system@0123456789abcdef0123456789abcdef-00000000000000ff-00063f0000000000.journal",
            at(0x0006_3f00_0000_0000),
        ),
        (
            "user-1000@00063f0000000001-0123456789abcdef.journal~",
            at(0x0006_3f00_0000_0001),
        ),
        ("system@short.journal", None),
        ("system@a-b-zz.journal", None),
        ("fss", None),
        (".#system.journal.tmp", None),
        (
            "system@0123456789abcdef0123456789abcdef-00000000000000ff-7fffffffffffffff.journal",
            None,
        ),
    ] {
        assert_eq!(begin(name), wanted, "{name}");
    }
}

#[test]
fn counts_this_machines_files_and_tells_the_old_ones_apart() {
    let root = tempfile::tempdir().unwrap();
    let hour = Duration::from_hours(1);
    let now: Timestamp = "2026-03-10T12:00:00Z".parse().unwrap();
    let nothing = usage(root.path(), now, 24 * hour, |_| true).unwrap();
    assert_eq!(nothing, Usage::default());

    fs::create_dir(root.path().join("etc")).unwrap();
    fs::write(root.path().join("etc/machine-id"), format!("{ID}\n")).unwrap();
    let folder = root.path().join("var/log/journal").join(ID);
    fs::create_dir_all(&folder).unwrap();
    let archived = |age: Duration| {
        let at = now.checked_sub(age).unwrap().as_microsecond();
        let name = format!("system@{ID}-0000000000000001-{at:016x}.journal");
        fs::write(folder.join(name), vec![1; 8192]).unwrap();
    };
    archived(25 * hour);
    archived(200 * hour);
    archived(23 * hour);
    // Made now, which is long before or after what the test calls now.
    fs::write(folder.join("system.journal"), vec![1; 4096]).unwrap();
    fs::write(folder.join("other"), vec![1; 4096]).unwrap();
    let other = root.path().join("var/log/journal").join("f".repeat(32));
    fs::create_dir_all(&other).unwrap();
    fs::write(other.join("system.journal"), vec![1; 4096]).unwrap();

    let found = usage(root.path(), now, 24 * hour, |_| true).unwrap();
    assert_eq!(found.bytes, 3 * 8192 + 4096);
    assert!(
        found.old_files >= 2 && found.old_bytes >= 2 * 8192,
        "{found:?}"
    );
    let elsewhere = usage(root.path(), now, 24 * hour, |_| false).unwrap();
    assert_eq!(elsewhere, Usage::default());
    let all_young = usage(root.path(), now, 10_000 * 24 * hour, |_| true).unwrap();
    assert_eq!((all_young.old_files, all_young.bytes), (0, found.bytes));
}
