use std::os::unix::fs::symlink;

use super::*;

struct Tree(tempfile::TempDir);

impl Tree {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// A chip of this device, if any, with these files.
    fn chip(&self, name: &str, device: Option<&str>, files: &[(&str, &str)]) {
        let folder = self.0.path().join("class/hwmon").join(name);
        fs::create_dir_all(&folder).unwrap();
        if let Some(device) = device {
            let device = self.0.path().join("devices").join(device);
            fs::create_dir_all(&device).unwrap();
            symlink(device, folder.join("device")).unwrap();
        }
        for (file, content) in files {
            fs::write(folder.join(file), format!("{content}\n")).unwrap();
        }
    }

    fn names(&self) -> Vec<String> {
        let chips = chips(self.0.path(), |_| true).unwrap();
        chips.into_iter().map(|it| it.name).collect()
    }
}

#[test]
fn a_chip_is_called_by_its_device_else_by_its_driver_else_by_its_folder() {
    let tree = Tree::new();
    tree.chip(
        "hwmon0",
        Some("platform/coretemp.0"),
        &[("name", "coretemp")],
    );
    tree.chip("hwmon1", None, &[("name", "Fancy Chip")]);
    tree.chip("hwmon2", None, &[]);
    assert_eq!(
        tree.names(),
        ["platform_coretemp_0", "fancy_chip", "hwmon2"]
    );
}

#[test]
fn two_chips_of_one_device_are_told_apart() {
    let tree = Tree::new();
    tree.chip("hwmon0", Some("pci/0000:01:00.0"), &[]);
    tree.chip("hwmon1", Some("pci/0000:01:00.0"), &[]);
    assert_eq!(
        tree.names(),
        ["pci_0000:01:00_0", "pci_0000:01:00_0_hwmon1"]
    );
}

#[test]
fn sensors_have_properties_and_what_is_no_sensor_is_left_out() {
    let tree = Tree::new();
    let files = [
        ("temp1_input", "47500"),
        ("temp1_label", "Package id 0"),
        ("uevent", "x"),
        ("pwm1", "128"),
    ];
    tree.chip("hwmon0", None, &files);
    let chips = chips(tree.0.path(), |_| true).unwrap();
    let sensors: Vec<_> = chips[0]
        .sensors
        .iter()
        .map(|(name, it)| (name.as_str(), it.kind, it.properties.len()))
        .collect();
    assert_eq!(sensors, [("pwm1", "pwm", 1), ("temp1", "temp", 2)]);
    assert_eq!(
        chips[0].sensors["temp1"].properties["label"],
        "Package id 0"
    );
}

#[test]
fn chips_that_are_not_admitted_are_not_asked_and_without_the_folder_there_are_none() {
    let tree = Tree::new();
    assert!(tree.names().is_empty());
    tree.chip("hwmon0", None, &[("name", "acpitz"), ("temp1_input", "1")]);
    assert!(
        chips(tree.0.path(), |name| name != "acpitz")
            .unwrap()
            .is_empty()
    );
}
