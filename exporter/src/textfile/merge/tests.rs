use prunelle_foundation::exposition::Format;

use super::*;
use crate::textfile::{parse, write_all};

/// What files `1.prom`, `2.prom` … come to, and the conflicts.
fn merged(files: &[&str]) -> (String, Vec<String>) {
    let files: Vec<_> = files
        .iter()
        .enumerate()
        .map(|(index, content)| {
            let families = parse(content.as_bytes()).unwrap();
            (format!("{}.prom", index + 1), families)
        })
        .collect();
    let sources: Vec<_> = files
        .iter()
        .map(|(path, families)| Source { path, families })
        .collect();
    let is_ours = |name: &str| name == "node_load1" || name == "node_stuff_sum";
    let merged = merge(&sources, &is_ours);
    let mut text = String::new();
    write_all(&merged.families, Format::Text, &mut text);
    let conflicts = merged.conflicts.iter();
    let conflicts = conflicts.map(|(path, conflict)| format!("{path}: {conflict}"));
    (text, conflicts.collect())
}

#[test]
fn a_family_out_of_several_files_is_one() {
    let (text, conflicts) = merged(&[
        "x{a=\"1\"} 1\ny 1\n",
        "# HELP x Some help\nx{a=\"2\"} 2\n",
        "x 3\n",
    ]);
    assert_eq!(
        text,
        "\
# HELP x Some help
# TYPE x untyped
x{a=\"1\"} 1
x{a=\"2\"} 2
x 3
# HELP y Read from 1.prom
# TYPE y untyped
y 1
"
    );
    assert_eq!(conflicts, [""; 0]);
    let (text, _) = merged(&["x 1\n", "x{a=\"1\"} 1\n"]);
    assert!(
        text.starts_with("# HELP x Read from 1.prom, 2.prom\n"),
        "{text}"
    );
}

#[test]
fn what_contradicts_the_first_file_is_left_out() {
    let (text, conflicts) = merged(&[
        "# HELP x One\n# TYPE x gauge\nx 1\n",
        "# HELP x Two\n# TYPE x gauge\nx{a=\"1\"} 1\n# HELP y Y\ny 1\n",
        "x{a=\"2\"} 2\n",
    ]);
    assert_eq!(
        text,
        "# HELP x One\n# TYPE x gauge\nx 1\n# HELP y Y\n# TYPE y untyped\ny 1\n"
    );
    assert_eq!(
        conflicts,
        [
            "2.prom: `x` is left out: its help is another in `1.prom`",
            "3.prom: `x` is left out: its type is another in `1.prom`"
        ]
    );
}

#[test]
fn no_series_is_there_twice() {
    let (text, conflicts) = merged(&[
        "# HELP x X\nx{a=\"1\",b=\"2\"} 1\nx{b=\"2\",a=\"1\"} 2\nx 3\n",
        "x 4\nx{a=\"5\"} 5\nx{a=\"5\"} 6\nx{a=\"6\"} 6\n",
        "x 4\n",
    ]);
    assert_eq!(
        text,
        "# HELP x X\n# TYPE x untyped\nx{a=\"1\",b=\"2\"} 1\nx 3\nx{a=\"5\"} 5\nx{a=\"6\"} 6\n"
    );
    assert_eq!(
        conflicts,
        [
            "1.prom: a second sample of `x{a=\"1\",b=\"2\"}` is left out",
            "2.prom: a second sample of `x` is left out",
            "3.prom: a second sample of `x` is left out"
        ]
    );
    // The samples of a histogram are series like any other.
    let (text, conflicts) = merged(&["x_sum 1\n", "# TYPE x histogram\nx_sum 2\n"]);
    assert_eq!(
        text,
        "# HELP x_sum Read from 1.prom\n# TYPE x_sum untyped\nx_sum 1\n"
    );
    assert_eq!(conflicts.len(), 1);
}

#[test]
fn what_the_exporter_has_itself_is_left_out() {
    let (text, conflicts) = merged(&[
        "# HELP x X\nx 1\nnode_load1 99\n",
        "# TYPE node_stuff summary\nnode_stuff_sum 1\n",
    ]);
    assert_eq!(text, "# HELP x X\n# TYPE x untyped\nx 1\n");
    assert_eq!(
        conflicts,
        [
            "1.prom: `node_load1` is left out: this exporter has a metric of that name",
            "2.prom: `node_stuff` is left out: this exporter has a metric of that name"
        ]
    );
}

#[test]
fn a_counter_is_none_where_openmetrics_would_have_two_families_of_its_name() {
    let (text, _) = merged(&["# TYPE x_total counter\nx_total 1\n# TYPE x gauge\nx 1\n"]);
    assert!(text.contains("# TYPE x_total untyped\n"), "{text}");
}
