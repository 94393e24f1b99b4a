use super::*;

fn filter(include: Option<&str>, exclude: Option<&str>) -> Filter {
    let regex = |text: &str| Regex::new(text).unwrap();
    Filter {
        include: include.map(regex),
        exclude: exclude.map(regex),
    }
}

#[test]
fn the_default_decides_only_where_nothing_is_set() {
    for (include, exclude, name, expected) in [
        (None, None, "eth0", true),
        (None, None, "veth0", false),
        (Some("^veth"), None, "veth0", true),
        (Some("^veth"), None, "eth0", false),
        (None, Some("^eth"), "veth0", true),
        (None, Some("^eth"), "eth0", false),
        (Some("eth"), Some("^veth"), "veth0", false),
    ] {
        let filter = filter(include, exclude);
        let admits = filter.admits(name, |name| !name.starts_with("veth"));
        assert_eq!(admits, expected, "{filter:?} {name}");
    }
}
