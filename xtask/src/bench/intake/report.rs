//! The figures of the intake as a table, and how they stand to what is aimed at.

use super::Row;

/// 99 % of the answers at 1,000 a second are to come within this, in milliseconds.
const P99_AIM: f64 = 10.0;
/// Requests a second, as a multiple of `webhook`'s.
const RATIO_AIM: f64 = 3.0;

pub(super) fn print(rows: &[Row]) {
    println!(
        "{:<32} {:<16} {:>8} {:>7} {:>9} {:>9} {:>9} {:>9} {:>9} {:>8} {:>8}",
        "",
        "",
        "accepted",
        "refused",
        "1/s",
        "median ms",
        "99 % ms",
        "max ms",
        "fsync 99%",
        "idle MB",
        "peak MB"
    );
    for row in rows {
        let fsync = row
            .fsync_p99_ms
            .map_or_else(String::new, |time| format!("{time:.2}"));
        println!(
            "{:<32} {:<16} {:>8} {:>7} {:>9.0} {:>9.2} {:>9.2} {:>9.2} {:>9} {:>8.1} {:>8.1}",
            row.part,
            row.program,
            row.accepted,
            row.refused,
            row.per_second,
            row.median_ms,
            row.p99_ms,
            row.max_ms,
            fsync,
            row.idle_megabytes,
            row.peak_megabytes
        );
    }
    let mut steady: Vec<&Row> = rows
        .iter()
        .filter(|row| row.part.starts_with("1,000/s"))
        .collect();
    steady.sort_by(|a, b| a.p99_ms.total_cmp(&b.p99_ms));
    if let Some(median) = steady.get(steady.len() / 2) {
        println!(
            "\n1,000/s, median of {} runs: 99 % within {:.2} ms (aim: {P99_AIM}), the disk's own {:.2} ms",
            steady.len(),
            median.p99_ms,
            median.fsync_p99_ms.unwrap_or(0.0)
        );
    }
    let Some(ours) = rows.iter().find(|row| row.part == "flat out") else {
        return;
    };
    for row in rows.iter().filter(|row| row.program == "webhook") {
        println!(
            "{:.1} times the requests of webhook ({}; aim: {RATIO_AIM}), in {:.2} of its memory",
            ours.per_second / row.per_second,
            row.part,
            ours.peak_megabytes / row.peak_megabytes
        );
    }
}
