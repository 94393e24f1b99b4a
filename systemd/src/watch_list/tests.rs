use super::*;

fn list(text: &str) -> WatchList {
    text.parse().unwrap()
}

fn name(text: &str) -> UnitName {
    text.parse().unwrap()
}

#[test]
fn names_are_completed_and_kept_once() {
    let list = list("cron, dbus,nginx.service,,nginx , backup.timer");
    let names: Vec<_> = list.names().map(UnitName::as_str).collect();
    assert_eq!(
        names,
        [
            "backup.timer",
            "cron.service",
            "dbus.service",
            "nginx.service"
        ]
    );
    assert!(list.globs().is_empty());
}

#[test]
fn nothing_means_nothing() {
    assert!(list("").is_empty());
    assert!(!list("").matches_glob(&name("cron")));
}

#[test]
fn globs_match_services_with_and_without_suffix() {
    for glob in ["php*", "php*-fpm", "php?.?-fpm.service"] {
        assert!(list(glob).matches_glob(&name("php8.2-fpm")), "{glob}");
    }
    assert!(!list("php*").matches_glob(&name("php-clean.timer")));
    assert!(!list("php?").matches_glob(&name("php8.2-fpm")));
}

#[test]
fn a_backslash_is_a_character_of_the_name() {
    assert!(list(r"data\x2d*").matches_glob(&name(r"data\x2dbase")));
    assert!(!list(r"data\x2d*").matches_glob(&name("datax2dbase")));
}

#[test]
fn a_bad_item_names_itself() {
    let error = "cron,a/b".parse::<WatchList>().unwrap_err();
    assert!(error.to_string().starts_with("`a/b` is not a unit name"));
    let error = "cron,[a".parse::<WatchList>().unwrap_err();
    assert!(error.to_string().starts_with("`[a` is not a glob"));
}
