use super::*;

#[test]
fn the_version_is_the_first_long_number() {
    let check = |text: &str, expected: Option<f64>| {
        assert_eq!(version::number(text), expected, "{text}");
    };
    check("252.39-1~deb12u2", Some(252.39));
    check("v260~rc1", Some(260.0));
    check("systemd 99 (255.)", Some(255.0));
    check("1.2.300", Some(300.0));
    check("12", None);
    check("", None);
    check("é250", Some(250.0));
}

fn filter(include: Option<&str>, exclude: Option<&str>) -> Filter {
    let regex = |text: &str| text.parse().unwrap();
    Filter {
        include: include.map(regex),
        exclude: exclude.map(regex),
    }
}

#[test]
fn services_are_chosen_unless_it_is_set_otherwise() {
    let check = |unit: &str, filter: &Filter, expected: bool| {
        assert_eq!(
            is_chosen(&unit.parse().unwrap(), filter),
            expected,
            "{unit} {filter:?}"
        );
    };
    let nothing = Filter::default();
    check("cron.service", &nothing, true);
    check("cron.timer", &nothing, false);
    check("dev-sda.device", &nothing, false);
    let all = filter(Some(".+"), None);
    check("cron.timer", &all, true);
    // What node_exporter leaves out unless it is told otherwise.
    check("dev-sda.device", &all, false);
    check("dev-sda.device", &filter(Some(".+"), Some("^$")), true);
    check("cron.service", &filter(None, Some("cron")), false);
}

#[test]
fn timers_and_sockets_need_not_be_asked_for() {
    let timer = |id: &str| LoadedUnit {
        details: Details::Timer(prunelle_systemd::unit::TimerState::default()),
        ..LoadedUnit::blank(id.parse().unwrap())
    };
    assert!(is_left(&timer("a.timer"), &Filter::default()));
    assert!(!is_left(&timer("a.timer"), &filter(Some("b"), None)));
    assert!(!is_left(&timer("a.timer"), &filter(None, Some("a"))));
    let service = LoadedUnit::blank("a.service".parse().unwrap());
    assert!(!is_left(&service, &Filter::default()));
}
