//! Flag, variable, file, default: in this order, for each setting by itself.

use super::*;

/// What `web.max_requests` comes to when it is given in these ways.
fn max_requests(flag: Option<&str>, variable: Option<&str>, file: Option<&str>) -> usize {
    let flag = flag.map(|value| format!("--web.max-requests={value}"));
    let flags: Vec<_> = flag.iter().map(String::as_str).collect();
    let variable = variable.map(|value| ("PRUNELLE_EXPORTER_WEB_MAX_REQUESTS", value));
    let environment: Vec<_> = variable.into_iter().collect();
    let file = file.map_or_else(String::new, |value| {
        format!("web: {{max_requests: {value}}}")
    });
    let loaded = given_with(&flags, &environment).load_text("e.yml", &file);
    loaded.unwrap().settings.max_requests
}

#[test]
fn the_table() {
    let empty = Some("");
    for (flag, variable, file, expected) in [
        (None, None, None, 40),
        (None, None, Some("3"), 3),
        (None, Some("2"), None, 2),
        (None, Some("2"), Some("3"), 2),
        (Some("1"), None, None, 1),
        (Some("1"), None, Some("3"), 1),
        (Some("1"), Some("2"), None, 1),
        (Some("1"), Some("2"), Some("3"), 1),
        // What is empty leaves the say to the next.
        (empty, Some("2"), Some("3"), 2),
        (empty, empty, Some("3"), 3),
        (empty, empty, empty, 40),
        (Some("  "), None, Some("3"), 3),
    ] {
        let said = max_requests(flag, variable, file);
        assert_eq!(said, expected, "{flag:?} {variable:?} {file:?}");
    }
}

#[test]
fn only_what_counts_is_checked() {
    assert_eq!(max_requests(Some("1"), Some("many"), Some("none")), 1);
}

#[test]
fn lists_are_not_mixed() {
    let given = given_with(&[], &[("MONITORED_SERVICES", "cron")]);
    let loaded = given.load_text("e.yml", "services: [nginx, 'php{7,8}-fpm']");
    let names = |loaded: &Loaded| -> Vec<_> {
        let names = loaded.settings.services.names();
        names.map(ToString::to_string).collect()
    };
    assert_eq!(names(&loaded.unwrap()), ["cron.service"]);
    let loaded = super::given(&[]).load_text("e.yml", "services: [nginx, 'php{7,8}-fpm']");
    let loaded = loaded.unwrap();
    assert_eq!(names(&loaded), ["nginx.service"]);
    assert_eq!(loaded.settings.services.globs()[0].as_str(), "php{7,8}-fpm");
}

#[test]
fn switches_follow_the_same_order() {
    let names = |arguments: &[&str], file: &str| -> Vec<_> {
        let loaded = super::given(arguments).load_text("e.yml", file).unwrap();
        let collectors = loaded.settings.collectors;
        collectors.iter().map(|it| it.name).collect()
    };
    let only_info = "collectors: {disable_defaults: true, info: {enabled: true}}";
    assert_eq!(names(&[], only_info), ["info"]);
    assert_eq!(
        names(
            &["--no-collector.info", "--collector.thresholds"],
            only_info
        ),
        ["thresholds"]
    );
    assert!(names(&["--no-collector.disable-defaults"], only_info).len() > 1);
}
