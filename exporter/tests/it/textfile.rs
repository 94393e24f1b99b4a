//! Textfiles through the real program.

use std::fs;
use std::path::Path;

use crate::program::Exporter;
use crate::promtool;

const BACKUP: &str = "\
# HELP backup_files_total Files in the last \"backup\", a \\\\ and a\\nline end included.
# TYPE backup_files_total counter
backup_files_total{place=\"a\"} 12
backup_files_total{place=\"b\\\\c\\\"d\\ne\"} 1e+06
# HELP backup_seconds How long it took.
# TYPE backup_seconds histogram
backup_seconds_bucket{le=\"1\"} 1
backup_seconds_bucket{le=\"+Inf\"} 3
backup_seconds_sum 7.5
backup_seconds_count 3
# HELP backup_started Times it was started.
# TYPE backup_started counter
backup_started 4
# HELP backup_state Not told.
# TYPE backup_state untyped
backup_state NaN
";

fn start(folder: &Path, further: &[&str]) -> Exporter {
    let folder = format!("--collector.textfile.directory={}", folder.display());
    Exporter::start(&[&[folder.as_str()], further].concat())
}

/// Without comments.
fn samples(metrics: &str) -> Vec<&str> {
    let lines = metrics.lines();
    lines.filter(|line| !line.starts_with('#')).collect()
}

#[test]
fn what_a_file_says_is_there_in_both_formats_with_the_same_samples() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("backup.prom");
    fs::write(&file, BACKUP).unwrap();
    let exporter = start(folder.path(), &[]);
    let path = "/metrics?collect[]=textfile";
    let (_, text) = exporter.get(path);
    assert!(text.ends_with(BACKUP), "{text}");
    let modified = format!("node_textfile_mtime_seconds{{file=\"{}\"}}", file.display());
    assert!(exporter.value(path, &modified).unwrap() > 1e9);
    assert_eq!(
        exporter.value(path, "node_textfile_scrape_error"),
        Some(0.0)
    );
    let (is_valid, said) = promtool::check(&text);
    // A counter without `_total` is its writer's business.
    assert_eq!((is_valid, said.lines().count()), (false, 1), "{said}");
    assert!(said.starts_with("backup_started "), "{said}");

    let (_, open_metrics) = exporter.get_as(path, "application/openmetrics-text");
    assert!(
        open_metrics.ends_with("backup_state NaN\n# EOF\n"),
        "{open_metrics}"
    );
    for line in [
        "# HELP backup_files Files in the last \\\"backup\\\", a \\\\ and a\\nline end included.\n",
        "# TYPE backup_files counter\n",
        "# TYPE backup_started unknown\n",
        "# TYPE backup_state unknown\n",
    ] {
        assert!(open_metrics.contains(line), "{line}: {open_metrics}");
    }
    let of_files = |metrics| {
        let mut samples = samples(metrics);
        samples.retain(|line| line.starts_with("backup_"));
        samples.join("\n")
    };
    assert_eq!(of_files(&open_metrics), of_files(&text));
}

#[test]
fn a_broken_file_costs_itself_only_and_is_named_once_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.prom"), "a 1\n").unwrap();
    fs::write(folder.path().join("b.prom"), "b 1\nb{x=1} 1\n").unwrap();
    let exporter = start(folder.path(), &[]);
    for _ in 0..3 {
        let (_, metrics) = exporter.get("/metrics?collect[]=textfile");
        assert!(metrics.contains("\na 1\n"), "{metrics}");
        assert!(!metrics.contains("\nb"), "{metrics}");
        assert!(
            metrics.contains("\nnode_textfile_scrape_error 1\n"),
            "{metrics}"
        );
        assert!(metrics.contains("node_scrape_collector_success{collector=\"textfile\"} 1"));
    }
    let log = exporter.log();
    let lines: Vec<_> = log.lines().filter(|line| line.contains("b.prom")).collect();
    assert_eq!(lines.len(), 1, "{log}");
    assert!(lines[0].contains("line 2: a quote"), "{log}");
}

#[test]
fn thousands_of_series_are_cut_at_the_limit_and_counted() {
    use std::fmt::Write as _;

    let folder = tempfile::tempdir().unwrap();
    let mut content = "first 1\n".to_owned();
    for number in 0..5000 {
        writeln!(content, "many{{number=\"{number}\"}} 1").unwrap();
    }
    fs::write(folder.path().join("many.prom"), &content).unwrap();
    let exporter = start(folder.path(), &["--collector.max-series=1000"]);
    let path = "/metrics?collect[]=textfile";
    let (_, metrics) = exporter.get(path);
    let count = |start: &str| {
        samples(&metrics)
            .iter()
            .filter(|it| it.starts_with(start))
            .count()
    };
    // Two are the collector's own.
    assert_eq!((count("first "), count("many{")), (1, 997));
    let dropped = "prunelle_collector_dropped_series{collector=\"textfile\"}";
    assert_eq!(exporter.value(path, dropped), Some(4003.0));
}
