use super::*;
use crate::procfs::diskstats;

struct Machine(tempfile::TempDir);

impl Machine {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn roots(&self) -> Roots {
        Roots {
            sysfs: self.0.path().join("sys"),
            udev_data: self.0.path().join("udev"),
            ..Roots::default()
        }
    }

    /// As udev does: a new file in the place of the old one.
    fn write(&self, path: &str, content: &str) {
        let path = self.0.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let new = path.with_extension("new");
        std::fs::write(&new, content).unwrap();
        std::fs::rename(new, path).unwrap();
    }
}

fn told(disks: &mut Disks, line: &str, machine: &Machine) -> (String, &'static str) {
    let line = format!("{line} 1 2 3 4 5 6 7 8 9 10 11");
    let disk = diskstats::parse(line.as_bytes()).unwrap().remove(0);
    disks.refresh(std::slice::from_ref(&disk), &machine.roots());
    let about = disks.about(&disk).unwrap();
    (about.properties.model.clone(), about.rotational)
}

fn model(name: &str) -> String {
    format!("E:ID_MODEL={name}\n")
}

#[test]
fn properties_are_read_again_when_udev_replaces_the_file() {
    let machine = Machine::new();
    let mut disks = Disks::default();
    assert_eq!(told(&mut disks, "8 0 sda", &machine).0, "");
    for name in ["one", "two", "two", "six"] {
        machine.write("udev/b8:0", &model(name));
        assert_eq!(told(&mut disks, "8 0 sda", &machine).0, name);
    }
    std::fs::rename(machine.0.path().join("udev"), machine.0.path().join("gone")).unwrap();
    assert_eq!(told(&mut disks, "8 0 sda", &machine).0, "");
}

#[test]
fn whether_it_rotates_is_read_each_time() {
    let machine = Machine::new();
    let mut disks = Disks::default();
    assert_eq!(told(&mut disks, "104 0 cciss/c0d0", &machine).1, "");
    let path = "sys/block/cciss!c0d0/queue/rotational";
    machine.write(path, "1\n");
    assert_eq!(told(&mut disks, "104 0 cciss/c0d0", &machine).1, "1");
    // Written in place, as sysfs does it.
    std::fs::write(machine.0.path().join(path), "0\n").unwrap();
    assert_eq!(told(&mut disks, "104 0 cciss/c0d0", &machine).1, "0");
    std::fs::write(machine.0.path().join(path), "x\n").unwrap();
    assert_eq!(told(&mut disks, "104 0 cciss/c0d0", &machine).1, "");
}

#[test]
fn another_device_of_the_same_number_inherits_nothing() {
    let machine = Machine::new();
    let mut disks = Disks::default();
    machine.write("sys/block/sda/queue/rotational", "1\n");
    machine.write("sys/block/sdb/queue/rotational", "0\n");
    assert_eq!(told(&mut disks, "8 0 sda", &machine).1, "1");
    assert_eq!(told(&mut disks, "8 0 sdb", &machine).1, "0");
}

#[test]
fn a_device_that_is_gone_is_forgotten() {
    let machine = Machine::new();
    let mut disks = Disks::default();
    told(&mut disks, "8 0 sda", &machine);
    told(&mut disks, "8 16 sdb", &machine);
    assert_eq!(disks.kept.len(), 1);
}
