use super::*;

fn one(line: &str) -> Disk<'_> {
    parse(line.as_bytes()).unwrap().remove(0)
}

#[test]
fn a_kernel_since_5_5_has_seventeen_columns() {
    let disk = one(" 254       0 vda 1 2 3 4000 5 6 7 8500 9 10 11 12 13 14 15 16 17\n");
    assert_eq!((disk.major, disk.minor, disk.name), (254, 0, "vda"));
    assert_eq!(disk.count(Column::Reads), Some(1));
    assert_eq!(disk.bytes(Column::SectorsRead), Some(3 * 512));
    assert_eq!(disk.seconds(Column::ReadTime), Some(4.0));
    assert_eq!(disk.seconds(Column::WriteTime), Some(8.5));
    assert_eq!(disk.count(Column::InProgress), Some(9));
    assert_eq!(disk.count(Column::SectorsDiscarded), Some(14));
    assert_eq!(disk.count(Column::Flushes), Some(16));
    assert_eq!(disk.seconds(Column::FlushTime), Some(0.017));
}

#[test]
fn what_an_older_kernel_does_not_tell_is_not_zero() {
    let since_4_18 = one("8 0 sda 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15");
    assert_eq!(since_4_18.count(Column::DiscardTime), Some(15));
    assert_eq!(since_4_18.count(Column::Flushes), None);
    let before = one("8 0 sda 1 2 3 4 5 6 7 8 9 10 11");
    assert_eq!(before.count(Column::IoTimeWeighted), Some(11));
    assert_eq!(before.count(Column::Discards), None);
}

#[test]
fn a_partition_of_old_has_four_columns_of_its_own() {
    let disk = one("   3    1 hda1 100 800 20 160");
    assert_eq!(disk.count(Column::Reads), Some(100));
    assert_eq!(disk.bytes(Column::SectorsRead), Some(800 * 512));
    assert_eq!(disk.count(Column::Writes), Some(20));
    assert_eq!(disk.bytes(Column::SectorsWritten), Some(160 * 512));
    for column in [Column::ReadsMerged, Column::ReadTime, Column::InProgress] {
        assert_eq!(disk.count(column), None);
    }
}

#[test]
fn a_later_kernel_may_have_more() {
    let disk = one("8 0 sda 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19");
    assert_eq!(disk.count(Column::FlushTime), Some(17));
}

#[test]
fn names_may_hold_a_slash() {
    assert_eq!(
        one("104 0 cciss/c0d0 1 2 3 4 5 6 7 8 9 10 11").name,
        "cciss/c0d0"
    );
}

#[test]
fn bytes_beyond_all_numbers_are_none() {
    let disk = one("8 0 sda 1 2 18446744073709551615 4 5 6 7 8 9 10 11");
    assert_eq!(disk.bytes(Column::SectorsRead), None);
}

#[test]
fn no_device_is_no_error() {
    assert_eq!(parse(b"").unwrap(), []);
}

#[test]
fn what_is_truncated_or_absurd_is_an_error() {
    for line in [
        "8",
        "8 0",
        "8 0 sda",
        "8 0 sda 1 2 3",
        "8 0 sda 1 2 3 4 5 6 7 8 9 10",
        "8 0 sda 1 2 3 4 5 6 7 8 9 10 11 12",
        "8 0 sda 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16",
        "8 0 sda 1 2 3 4 5 6 7 8 -9 10 11",
        "8 0 sda 1 2 3 4 5 6 7 8 9 10 99999999999999999999",
        "8 99999999999 sda 1 2 3 4 5 6 7 8 9 10 11",
        "sda 8 0 1 2 3 4 5 6 7 8 9 10 11",
    ] {
        assert!(parse(line.as_bytes()).is_err(), "{line}");
    }
    assert!(parse(b"8 0 sd\xff 1 2 3 4 5 6 7 8 9 10 11").is_err());
}
