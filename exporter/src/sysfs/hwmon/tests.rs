use super::*;

fn parts(file: &str) -> Option<(&'static str, u64, &str)> {
    attribute(file).map(|it| (it.kind, it.number, it.property))
}

#[test]
fn a_name_is_kind_number_and_property() {
    assert_eq!(parts("temp1_input"), Some(("temp", 1, "input")));
    assert_eq!(parts("in0_crit_alarm"), Some(("in", 0, "crit_alarm")));
    assert_eq!(parts("pwm12"), Some(("pwm", 12, "")));
    assert_eq!(parts("update_interval"), Some(("update_interval", 0, "")));
    assert_eq!(parts("beep_enable"), Some(("beep_enable", 0, "")));
    assert_eq!(parts("intrusion0_alarm"), Some(("intrusion", 0, "alarm")));
}

#[test]
fn other_files_are_something_else() {
    for file in [
        "",
        "name",
        "uevent",
        "1",
        "temp1input",
        "temp1_",
        "temp99999999999999999999_input",
        "Temp1_input",
    ] {
        assert_eq!(parts(file), None, "{file:?}");
    }
}

#[test]
fn units_follow_kind_and_property() {
    assert_eq!(unit("temp", "input"), Unit::Celsius);
    assert_eq!(unit("temp", "type"), Unit::Plain);
    assert_eq!(unit("temp", "alarm"), Unit::Plain);
    assert_eq!(unit("fan", "input"), Unit::Rpm);
    assert_eq!(unit("fan", "div"), Unit::Plain);
    assert_eq!(unit("fan", "beep"), Unit::Enabled);
    assert_eq!(unit("power", "average"), Unit::Watts);
    assert_eq!(unit("power", "average_interval"), Unit::Seconds);
    assert_eq!(unit("pwm", ""), Unit::Plain);
    for (unit, value) in [
        (Unit::Celsius, 47.5),
        (Unit::Watts, 0.0475),
        (Unit::Rpm, 47_500.0),
    ] {
        assert!((unit.convert(47_500.0) - value).abs() < 1e-12, "{unit:?}");
    }
}

#[test]
fn names_are_fit_for_labels() {
    assert_eq!(clean("Package id 0"), "package_id_0");
    assert_eq!(clean("coretemp.0\n"), "coretemp_0");
    assert_eq!(clean("0000:01:00.0"), "0000:01:00_0");
    assert_eq!(clean("µ-"), "");
}
