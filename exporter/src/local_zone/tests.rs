use std::os::unix::fs::symlink;

use jiff::Timestamp;

use super::*;

/// A zone that never changes, in the format of tzfile(5), version 1.
fn fixed(offset_seconds: i32, name: &str) -> Vec<u8> {
    let mut file = b"TZif\0".to_vec();
    file.extend([0; 15]);
    for count in [0_u32, 0, 0, 0, 1, u32::try_from(name.len() + 1).unwrap()] {
        file.extend(count.to_be_bytes());
    }
    file.extend(offset_seconds.to_be_bytes());
    file.extend([0, 0]);
    file.extend(name.as_bytes());
    file.push(0);
    file
}

/// Offset and name.
fn told(zone: &mut LocalZone, rootfs: &Path) -> (i32, String) {
    let zone = zone.zone(rootfs).unwrap();
    let info = zone.to_offset_info(Timestamp::UNIX_EPOCH);
    (info.offset().seconds(), info.abbreviation().to_owned())
}

#[test]
fn the_file_is_followed_through_links_and_read_anew_when_it_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let rootfs = folder.path();
    let zones = rootfs.join("usr/share/zoneinfo");
    fs::create_dir_all(&zones).unwrap();
    fs::create_dir(rootfs.join("etc")).unwrap();
    fs::write(zones.join("Kathmandu"), fixed(20_700, "NPT")).unwrap();
    fs::write(zones.join("Newfoundland"), fixed(-12_600, "NST")).unwrap();
    let link = rootfs.join("etc/localtime");
    let mut zone = LocalZone::default();
    symlink("/usr/share/zoneinfo/Kathmandu", &link).unwrap();
    assert_eq!(told(&mut zone, rootfs), (20_700, "NPT".into()));
    assert_eq!(told(&mut zone, rootfs), (20_700, "NPT".into()));
    symlink("../usr/share/zoneinfo/Newfoundland", rootfs.join("etc/new")).unwrap();
    fs::rename(rootfs.join("etc/new"), &link).unwrap();
    assert_eq!(told(&mut zone, rootfs), (-12_600, "NST".into()));
}

#[test]
fn without_the_file_it_is_utc_and_a_damaged_one_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let mut zone = LocalZone::default();
    assert_eq!(told(&mut zone, folder.path()), (0, "UTC".into()));
    fs::create_dir(folder.path().join("etc")).unwrap();
    fs::write(folder.path().join("etc/localtime"), "TZif?").unwrap();
    let error = zone.zone(folder.path()).unwrap_err().to_string();
    assert!(error.contains("etc/localtime"), "{error}");
}
