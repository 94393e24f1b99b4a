use super::*;

#[test]
fn an_ata_disk() {
    let properties = parse(
        b"S:disk/by-id/ata-ST4000\nI:5123456\nE:ID_ATA=1\nE:ID_MODEL=ST4000NM\nE:ID_REVISION=TN04\n\
          E:ID_SERIAL=ST4000NM_Z1\nE:ID_SERIAL_SHORT=Z1\nE:ID_WWN=0x5000c500\nE:ID_PATH=pci-0000:00:1f.2-ata-1\n\
          E:ID_ATA_WRITE_CACHE=1\nE:ID_ATA_WRITE_CACHE_ENABLED=0\nE:ID_ATA_ROTATION_RATE_RPM=7200\nG:systemd\n",
    );
    assert_eq!(properties.model, "ST4000NM");
    assert_eq!(properties.serial, "Z1");
    assert_eq!(properties.wwn, "0x5000c500");
    assert_eq!(properties.path, "pci-0000:00:1f.2-ata-1");
    assert_eq!(properties.ata.write_cache, Some(1.0));
    assert_eq!(properties.ata.write_cache_enabled, Some(0.0));
    assert_eq!(properties.ata.rotation_rate, Some(7200.0));
    assert_eq!(properties.filesystem, FileSystem::default());
}

#[test]
fn the_best_serial_number_is_taken() {
    let serial = |text: &str| parse(text.as_bytes()).serial;
    let all = "E:ID_SERIAL=c\nE:ID_SERIAL_SHORT=b\nE:SCSI_IDENT_SERIAL=a\n";
    assert_eq!(serial(all), "a");
    assert_eq!(
        serial("E:SCSI_IDENT_SERIAL=\nE:ID_SERIAL=c\nE:ID_SERIAL_SHORT=b\n"),
        "b"
    );
    assert_eq!(serial("E:ID_SERIAL=c\n"), "c");
}

#[test]
fn a_logical_volume() {
    let properties = parse(
        b"E:DM_NAME=vg0-root\nE:DM_UUID=LVM-x\nE:DM_VG_NAME=vg0\nE:DM_LV_NAME=root\nE:DM_LV_LAYER=\n\
          E:ID_FS_TYPE=ext4\nE:ID_FS_USAGE=filesystem\nE:ID_FS_UUID=1-2\nE:ID_FS_VERSION=1.0\n",
    );
    assert_eq!(properties.device_mapper.volume_group, "vg0");
    assert_eq!(properties.device_mapper.layer, "");
    assert_eq!(properties.filesystem.kind, "ext4");
    assert_eq!(properties.filesystem.version, "1.0");
}

#[test]
fn figures_of_ata_need_an_ata_disk_and_must_be_figures() {
    assert_eq!(
        parse(b"E:ID_ATA_ROTATION_RATE_RPM=7200\n").ata,
        Ata::default()
    );
    for value in ["", "fast", "NaN", "inf", "1e999"] {
        let text = format!("E:ID_ATA=1\nE:ID_ATA_ROTATION_RATE_RPM={value}\n");
        assert_eq!(parse(text.as_bytes()).ata.rotation_rate, None, "{value}");
    }
}

#[test]
fn a_value_may_hold_anything_and_a_key_must_be_whole() {
    let properties =
        parse(b"E:ID_MODEL=a=b \xff\nE:ID_MODEL_ID=x\nE:XID_PATH=y\nE:ID_PATH\nID_PATH=z\n");
    assert_eq!(properties.model, "a=b \\xff");
    assert_eq!(properties.path, "");
}
