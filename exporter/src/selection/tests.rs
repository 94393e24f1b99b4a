use super::*;

#[track_caller]
fn check(query: &[(&str, &str)], expected: Result<&[&str], &str>) {
    let switched_on: Vec<_> = COLLECTORS.iter().filter(|it| it.name != "swap").collect();
    let query: Vec<_> = query
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect();
    let selected = select(&switched_on, &query);
    let names = selected.map(|it| it.iter().map(|it| it.name).collect::<Vec<_>>());
    assert_eq!(
        names.as_deref().map_err(ToString::to_string),
        expected.map_err(ToOwned::to_owned)
    );
}

#[test]
fn without_a_query_all_that_are_switched_on_run() {
    let all = [
        "cpu",
        "memory",
        "disk",
        "network",
        "services",
        "thresholds",
        "info",
    ];
    check(&[], Ok(&all));
    check(&[("target", "x")], Ok(&all));
}

#[test]
fn collect_and_exclude_choose() {
    check(
        &[("collect[]", "services"), ("collect[]", "cpu")],
        Ok(&["cpu", "services"]),
    );
    check(
        &[("exclude[]", "services"), ("exclude[]", "swap")],
        Ok(&["cpu", "memory", "disk", "network", "thresholds", "info"]),
    );
}

#[test]
fn what_cannot_be_chosen_is_said() {
    check(
        &[("collect[]", "cpu"), ("exclude[]", "disk")],
        Err("`collect[]` and `exclude[]` cannot be combined: use one of them"),
    );
    check(
        &[("collect[]", "gpu")],
        Err(
            "there is no collector `gpu`: the collectors are cpu, memory, swap, disk, network, services, thresholds, info",
        ),
    );
    check(
        &[("exclude[]", "")],
        Err(
            "there is no collector ``: the collectors are cpu, memory, swap, disk, network, services, thresholds, info",
        ),
    );
    check(
        &[("collect[]", "swap")],
        Err("the collector `swap` is switched off: start the exporter with `--collector.swap`"),
    );
}
