use super::*;

#[track_caller]
fn check(query: &[(&str, &str)], expected: Result<&[&str], &str>) {
    let switched_on: Vec<_> = COLLECTORS
        .iter()
        .filter(|it| it.name != "swap_usage")
        .collect();
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

/// The names of all that are switched on, but for these.
fn all_but(names: &[&str]) -> Vec<&'static str> {
    let is_on = |name: &&str| *name != "swap_usage" && !names.contains(name);
    all().into_iter().filter(is_on).collect()
}

#[test]
fn without_a_query_all_that_are_switched_on_run() {
    check(&[], Ok(&all_but(&[])));
    check(&[("target", "x")], Ok(&all_but(&[])));
}

#[test]
fn collect_and_exclude_choose() {
    check(
        &[("collect[]", "services"), ("collect[]", "cpu_usage")],
        Ok(&["cpu_usage", "services"]),
    );
    check(
        &[("exclude[]", "services"), ("exclude[]", "swap_usage")],
        Ok(&all_but(&["services"])),
    );
}

#[test]
fn what_cannot_be_chosen_is_said() {
    check(
        &[("collect[]", "cpu_usage"), ("exclude[]", "info")],
        Err("`collect[]` and `exclude[]` cannot be combined: use one of them"),
    );
    for (parameter, name) in [("collect[]", "gpu"), ("exclude[]", "")] {
        let names = all().join(", ");
        let message = format!("there is no collector `{name}`: the collectors are {names}");
        check(&[(parameter, name)], Err(&message));
    }
    check(
        &[("collect[]", "swap_usage")],
        Err(
            "the collector `swap_usage` is switched off: start the exporter with `--collector.swap_usage`",
        ),
    );
}
