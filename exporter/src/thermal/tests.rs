use std::path::PathBuf;

use super::*;

struct Machine {
    folder: tempfile::TempDir,
    thermal: Thermal,
}

impl Machine {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            thermal: Thermal::default(),
        }
    }

    fn set(&self, name: &str, files: &[(&str, &str)]) -> PathBuf {
        let folder = self.folder.path().join("class/thermal").join(name);
        fs::create_dir_all(&folder).unwrap();
        for (file, content) in files {
            fs::write(folder.join(file), format!("{content}\n")).unwrap();
        }
        folder
    }

    fn tell(&mut self) -> Result<Vec<String>, ReadError> {
        self.thermal.follow(self.folder.path())?;
        let mut told = Vec::new();
        for zone in &mut self.thermal.zones {
            if let Some(temperature) = zone.temperature()? {
                told.push(format!("zone {} {} {temperature}", zone.name, zone.kind));
            }
        }
        for device in &mut self.thermal.cooling_devices {
            if let Some((state, max_state)) = device.states()? {
                told.push(format!(
                    "device {} {} {state}/{max_state}",
                    device.name, device.kind
                ));
            }
        }
        Ok(told)
    }
}

#[test]
fn zones_and_devices_are_told_by_their_numbers() {
    let mut machine = Machine::new();
    machine.set(
        "thermal_zone10",
        &[("type", "acpitz"), ("temp", "-3000"), ("mode", "enabled")],
    );
    machine.set(
        "thermal_zone2",
        &[("type", "x86_pkg_temp"), ("temp", "47500")],
    );
    machine.set(
        "cooling_device0",
        &[
            ("type", "intel_powerclamp"),
            ("cur_state", "-1"),
            ("max_state", "50"),
        ],
    );
    assert_eq!(
        machine.tell().unwrap(),
        [
            "zone 2 x86_pkg_temp 47500",
            "zone 10 acpitz -3000",
            "device 0 intel_powerclamp -1/50"
        ]
    );
}

#[test]
fn what_comes_goes_or_changes_is_seen_at_once() {
    let mut machine = Machine::new();
    assert!(machine.tell().unwrap().is_empty());
    machine.set(
        "thermal_zone0",
        &[("type", "soc"), ("temp", "1"), ("mode", "enabled")],
    );
    assert_eq!(machine.tell().unwrap(), ["zone 0 soc 1"]);
    machine.set("thermal_zone0", &[("temp", "2")]);
    assert_eq!(machine.tell().unwrap(), ["zone 0 soc 2"]);
    machine.set("thermal_zone0", &[("mode", "disabled")]);
    assert!(machine.tell().unwrap().is_empty());
    let one = machine.set("thermal_zone1", &[("type", "gpu"), ("temp", "3")]);
    assert_eq!(machine.tell().unwrap(), ["zone 1 gpu 3"]);
    fs::rename(one, machine.folder.path().join("elsewhere")).unwrap();
    assert!(machine.tell().unwrap().is_empty());
}

#[test]
fn a_missing_file_is_no_figure_and_a_damaged_one_an_error() {
    let mut machine = Machine::new();
    machine.set("thermal_zone0", &[("temp", "1")]);
    machine.set("thermal_zone1", &[("type", "soc")]);
    machine.set("cooling_device0", &[("type", "fan"), ("cur_state", "1")]);
    machine.set("something_else", &[("type", "x")]);
    assert!(machine.tell().unwrap().is_empty());
    machine.set("thermal_zone1", &[("temp", "warm")]);
    let error = machine.tell().unwrap_err().to_string();
    assert!(error.contains("thermal_zone1/temp"), "{error}");
}
