//! The figures as tables, to be pasted into the documentation.

use super::Row;

/// Prints a table for each part; the ratio is theirs to ours in the same situation.
pub(super) fn print(rows: &[Row]) {
    let mut part = "";
    for row in rows {
        if row.part != part {
            part = row.part;
            println!("\n**{part}**\n");
            println!(
                "| situation | program | samples | bytes | CPU a scrape | of theirs | median | 99 % | resident | peak |"
            );
            println!("| --- | --- | --: | --: | --: | --: | --: | --: | --: | --: |");
        }
        let figures = &row.figures;
        let samples = figures.samples.map(|samples| samples.to_string());
        println!(
            "| {} | {} | {} | {} | {:.3} ms | {} | {:.3} ms | {:.3} ms | {:.1} MB | {:.1} MB |",
            row.situation,
            row.program,
            samples.unwrap_or_default(),
            figures.bytes,
            figures.cpu_milliseconds,
            ratio(rows, row).unwrap_or_default(),
            figures.median_milliseconds,
            figures.p99_milliseconds,
            figures.resident_megabytes,
            figures.peak_megabytes,
        );
    }
}

/// CPU of ours in percent of theirs.
fn ratio(rows: &[Row], ours: &Row) -> Option<String> {
    let theirs = rows.iter().find(|row| {
        row.part == ours.part && row.situation == ours.situation && row.program != ours.program
    })?;
    if ours.program == "node_exporter" {
        return None;
    }
    let ratio = ours.figures.cpu_milliseconds / theirs.figures.cpu_milliseconds;
    Some(format!("{:.1} %", 100.0 * ratio))
}
