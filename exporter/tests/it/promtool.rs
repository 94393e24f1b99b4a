//! `promtool check metrics`.

use std::io::Write as _;
use std::process::{Command, Stdio};

/// Nothing on names of our own; on shared ones nothing but what it finds on `node_exporter`'s: the kernel's own words,
/// and a gauge that is called a counter.
#[track_caller]
pub(crate) fn assert_clean(metrics: &str) {
    let (_, said) = check(metrics);
    let is_kernel_s_word = |line: &&str| {
        let starts = ["node_memory_", "node_netstat_"];
        starts.iter().any(|start| line.starts_with(start))
            && line.ends_with("should be written in 'snake_case' not 'camelCase'")
    };
    let others: Vec<_> = said
        .lines()
        .filter(|line| !is_kernel_s_word(line) && *line != ODD_GAUGE)
        .collect();
    assert!(others.is_empty(), "{others:#?}");
}

/// A gauge by its type and a counter by its name.
const ODD_GAUGE: &str = "node_systemd_socket_refused_connections_total non-counter metrics should not have \"_total\" suffix";

/// Exit status and what it says.
#[expect(
    clippy::disallowed_methods,
    reason = "a test may start the tool it needs"
)]
pub(crate) fn check(metrics: &str) -> (bool, String) {
    let mut child = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool (Debian package `prometheus`) must be on PATH");
    let mut input = child.stdin.take().unwrap();
    input.write_all(metrics.as_bytes()).unwrap();
    drop(input);
    let output = child.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (
        output.status.success(),
        String::from_utf8_lossy(&said).into_owned(),
    )
}
