//! The figures as tables, to be pasted into the documentation.

use super::Row;

/// A table of the hosts, and one of the rule groups that are busiest with the most hosts.
pub(super) fn print(rows: &[Row]) {
    let titles = rows.iter().map(|row| format!(" {} |", row.hosts));
    println!("\n| hosts |{}", titles.collect::<String>());
    println!("| --- |{}", " --: |".repeat(rows.len()));
    let line = |title: &str, figure: &dyn Fn(&Row) -> String| {
        let cells = rows.iter().map(|row| format!(" {} |", figure(row)));
        println!("| {title} |{}", cells.collect::<String>());
    };
    line("series a host: services, every second", &|row| {
        format!("{:.0}", row.series_services)
    });
    line("… everything else of the exporter, every 5 s", &|row| {
        format!("{:.0}", row.series_rest)
    });
    line("… its healer, every 5 s", &|row| {
        format!("{:.0}", row.series_healer)
    });
    line("… recorded by rules", &|row| {
        format!("{:.0}", row.series_recorded)
    });
    line("… of alerts that fire or wait", &|row| {
        format!("{:.1}", row.series_alerts)
    });
    line("series in memory", &|row| format!("{:.0}", row.head_series));
    line("samples a second", &|row| {
        format!("{:.0}", row.samples_per_second)
    });
    line("scrapes answered in time", &|row| {
        format!("{:.1} %", row.answered_percent)
    });
    line("CPU, of one core", &|row| {
        format!("{:.1} %", row.cpu_percent)
    });
    line("… without rules", &|row| {
        format!("{:.1} %", row.cpu_percent_without_rules)
    });
    line("rules evaluated, of the time", &|row| {
        let busy: f64 = row.groups.iter().map(|group| group.busy).sum();
        format!("{:.1} %", 100.0 * busy)
    });
    line("evaluations missed", &|row| {
        let missed: f64 = row.groups.iter().map(|group| group.missed).sum();
        format!("{missed:.0}")
    });
    line("resident, median", &|row| {
        format!("{:.0} MB", row.resident_megabytes)
    });
    line("resident, peak", &|row| {
        format!("{:.0} MB", row.peak_megabytes)
    });
    line("bytes a sample on disk", &|row| {
        format!("{:.2}", row.bytes_per_sample)
    });
    line("on disk a day", &|row| {
        format!("{:.0} MB", row.megabytes_per_day)
    });
    let Some(most) = rows.iter().max_by_key(|row| row.hosts) else {
        return;
    };
    println!(
        "\nRule groups with {} hosts, the busiest first\n",
        most.hosts
    );
    println!("| group | every | median | longest | of the time | missed |");
    println!("| --- | --: | --: | --: | --: | --: |");
    for group in &most.groups {
        println!(
            "| {} | {} s | {:.1} ms | {:.1} ms | {:.2} % | {:.0} |",
            group.name,
            group.interval_seconds,
            1e3 * group.median_seconds,
            1e3 * group.longest_seconds,
            100.0 * group.busy,
            group.missed
        );
    }
}
