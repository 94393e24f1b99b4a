use super::*;

fn one(line: &[u8]) -> Mount {
    parse(line).unwrap().remove(0)
}

#[test]
fn a_line_of_the_manual() {
    let mount = one(
        b"36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 shared:2 - ext3 /dev/root rw,errors=continue\n",
    );
    assert_eq!(mount.id, 36);
    assert_eq!(mount.device, (98, 0));
    assert!(!mount.is_readonly);
    assert_eq!(mount.root, b"/mnt1");
    assert_eq!(mount.mountpoint, b"/mnt2");
    assert_eq!(mount.fstype, b"ext3");
    assert_eq!(mount.source, b"/dev/root");
    assert_eq!(mount.super_options, b"rw,errors=continue");
}

#[test]
fn octal_escapes_are_undone_and_other_backslashes_kept() {
    let mount = one(b"1 0 8:1 / /a\\040b\\011c\\012d\\134e\\043f\\9 rw - ext4 /dev/sda1 rw");
    assert_eq!(mount.mountpoint, b"/a b\tc\nd\\e#f\\9");
}

#[test]
fn an_escape_that_is_cut_off_or_too_large_is_kept() {
    assert_eq!(unescape(b"\\04"), b"\\04");
    assert_eq!(unescape(b"\\777"), b"\\777");
    assert_eq!(unescape(b"\\"), b"\\");
}

#[test]
fn names_need_not_be_utf8() {
    assert_eq!(
        one(b"1 0 8:1 / /caf\xe9 rw - ext4 /dev/sda1 rw").mountpoint,
        b"/caf\xe9"
    );
}

#[test]
fn an_empty_source_is_legal() {
    let mount = one(b"1 0 0:1 / /mnt rw - tmpfs  rw,size=4k");
    assert_eq!(mount.source, b"");
    assert_eq!(mount.super_options, b"rw,size=4k");
}

#[test]
fn a_truncated_line_is_an_error() {
    for line in [
        "36 35 98:0 / /mnt2 rw",
        "36 35 98:0 / /mnt2 rw - ext4",
        "36 35 98:0 / /mnt2",
        "36 35 98 / /mnt2 rw - ext4 /dev/sda1 rw",
        "36 35 98:0:1 / /mnt2 rw - ext4 /dev/sda1 rw",
        "36 35 98:99999999999 / /mnt2 rw - ext4 /dev/sda1 rw",
        "x",
    ] {
        assert!(parse(line.as_bytes()).is_err(), "{line}");
    }
}

#[test]
fn a_mount_is_readonly_by_itself_or_by_its_file_system() {
    for (options, super_options, expected) in [
        ("rw,relatime", "rw", false),
        ("ro,relatime", "rw", true),
        ("nosuid,ro", "rw", true),
        ("rw,relatime", "ro", true),
        ("rw", "rw,errors=remount-ro", false),
        ("rw", "rw,errors=remount-ro,emergency_ro", true),
        ("rw", "rw,root=ro", false),
    ] {
        let line = format!("1 0 8:1 / /data {options} - ext4 /dev/sda1 {super_options}");
        assert_eq!(one(line.as_bytes()).is_readonly, expected, "{line}");
    }
}
