use regex::Regex;

use super::*;

#[test]
fn what_is_left_out_is_what_node_exporter_leaves_out() {
    // Its default, as it is documented.
    let theirs = Regex::new(r"^(z?ram|loop|fd|(h|s|v|xv)d[a-z]|nvme\d+n\d+p)\d+$").unwrap();
    for device in [
        "sda",
        "sda1",
        "sda15",
        "sdaa",
        "sdaa1",
        "hda",
        "hdb2",
        "vda",
        "vda1",
        "xvda",
        "xvda1",
        "xvd1",
        "xd1",
        "sd1",
        "sr0",
        "md0",
        "md127",
        "dm-0",
        "loop",
        "loop0",
        "loop12",
        "ram0",
        "zram0",
        "zzram0",
        "fd0",
        "fd",
        "nvme0n1",
        "nvme0n1p1",
        "nvme10n12p34",
        "nvme0n1p",
        "nvmen1p1",
        "nvme0np1",
        "nvme0c0n1p1",
        "mmcblk0",
        "mmcblk0p1",
        "nbd0",
        "cciss/c0d0p1",
        "SDA1",
        "sdA1",
        "bcache0",
        "",
        "1",
    ] {
        assert_eq!(is_whole(device), !theirs.is_match(device), "{device}");
    }
}
