//! A past for the simulated hosts, so that the rules cost what they cost after five weeks, not what they cost in an empty
//! Prometheus.
//!
//! Only what rules look at is made, at the intervals at which it would have been recorded: hours around the moments that
//! the adaptive thresholds compare with, and the last hours of what is predicted. promtool makes blocks of it.

use std::fs;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use anyhow::{Context, Result, bail};

use super::model::Page;
use super::{instance, now};

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// How many days back the adaptive thresholds look.
const DAYS: &[i64] = &[1, 2, 3, 4, 5, 6, 7, 14, 21, 28];
/// The part of a chunk that lies before what is looked at: a chunk of 120 samples, read from its beginning.
const BEFORE: i64 = 8 * HOUR;
/// What is looked at is half an hour nearer than so many days; and the bench itself takes a while.
const AFTER: i64 = HOUR;
/// What rules look at for longer than a bench takes, and for how long; with a usual value.
const LONG: &[(&str, i64, f64)] = &[
    ("prunelle_disk_available_bytes", 6 * HOUR, 5e10),
    ("node_filesystem_files_free", 6 * HOUR, 5e6),
];

/// The recorded figures of a host: labels (behind those of job and instance), and a usual value.
fn signals(rest: &Page) -> Vec<(String, f64)> {
    let mut signals = vec![
        ("resource=\"cpu\"".to_owned(), 20.0),
        ("resource=\"memory\"".to_owned(), 40.0),
    ];
    let mut add = |name: &str, further: &str, usual: f64| {
        for labels in rest.labels_of(name) {
            signals.push((format!("{labels},{further}"), usual));
        }
    };
    for direction in ["receive", "transmit"] {
        add(
            &format!("prunelle_network_{direction}_bytes_per_second"),
            &format!("resource=\"network\",direction=\"{direction}\""),
            10.0,
        );
    }
    add(
        "prunelle_service_memory_anon_bytes",
        "resource=\"service_memory\"",
        200.0,
    );
    let mut names: Vec<String> = rest
        .labels_of("prunelle_service_cpu_seconds_total")
        .into_iter()
        .map(|labels| {
            let kept = labels.split(',').filter(|it| !it.starts_with("mode="));
            kept.collect::<Vec<_>>().join(",")
        })
        .collect();
    names.sort_unstable();
    names.dedup();
    for name in names {
        signals.push((format!("{name},resource=\"service_cpu\""), 5.0));
    }
    signals
}

/// Writes the past of so many hosts into the folder of a Prometheus that has not been started yet.
pub(super) fn make(data: &Path, rest: &Page, hosts: u32) -> Result<()> {
    let signals = signals(rest);
    let now = now().as_second();
    for days in DAYS.iter().rev() {
        let at = now - days * DAY;
        block(data, |out| {
            for record in ["median1h", "spread1h"] {
                let name = format!("prunelle:signal:{record}");
                let share = if record == "median1h" { 1.0 } else { 0.05 };
                let times = (at - BEFORE, at + AFTER, 4 * MINUTE);
                write(out, &name, hosts, &signals, share, times)?;
            }
            Ok(())
        })?;
    }
    // The youngest last: it ends where the scrapes begin.
    block(data, |out| {
        for (name, long, usual) in LONG {
            let series: Vec<_> = rest
                .labels_of(name)
                .into_iter()
                .map(|labels| (labels.to_owned(), *usual))
                .collect();
            write(out, name, hosts, &series, 1.0, (now - long, now, 5))?;
        }
        let times = (now - HOUR, now, 2 * MINUTE);
        write(out, "prunelle:signal:avg5m", hosts, &signals, 1.0, times)
    })
}

/// One run of promtool over what `lines` writes.
fn block(data: &Path, lines: impl FnOnce(&mut BufWriter<&fs::File>) -> Result<()>) -> Result<()> {
    let file = tempfile::NamedTempFile::new()?;
    let mut out = BufWriter::new(file.as_file());
    lines(&mut out)?;
    writeln!(out, "# EOF")?;
    out.flush()?;
    let arguments = ["tsdb", "create-blocks-from", "--quiet"];
    let output = crate::command("promtool")
        .args(arguments)
        // What Prometheus itself would have made of it with this retention, about.
        .args(["--max-block-duration=54h", "openmetrics"])
        .args([file.path(), data])
        .output()
        .context("is promtool installed?")?;
    if !output.status.success() {
        bail!("promtool: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(())
}

/// Samples of all hosts: from, to and every so many seconds.
fn write(
    out: &mut impl std::io::Write,
    name: &str,
    hosts: u32,
    series: &[(String, f64)],
    share: f64,
    (from, to, step): (i64, i64, i64),
) -> Result<()> {
    for host in 0..hosts {
        let instance = instance(host);
        for (labels, usual) in series {
            let mut at = from - from.rem_euclid(step);
            while at <= to {
                // Neither constant nor wild: it goes up and down by a tenth within two hours.
                let wave = u32::try_from(at.rem_euclid(2 * HOUR)).map(f64::from)?;
                let value = usual * share * (1.0 + 0.1 * (wave / 1145.0).sin());
                let comma = if labels.is_empty() { "" } else { "," };
                writeln!(
                    out,
                    "{name}{{job=\"prunelle\",instance=\"{instance}\"{comma}{labels}}} {value:.4} {at}"
                )?;
                at += step;
            }
        }
    }
    Ok(())
}
