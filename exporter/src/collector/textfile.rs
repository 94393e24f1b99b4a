//! Metrics that other programs leave in files `*.prom` in the folders of `textfile.directories`.
//!
//! What the files say is written as text behind the registry; here are only the facts about reading them.

use super::{Collector, CollectorError, Gathered, Place, Scrape};
use crate::metric::Metric;

pub(super) const COLLECTOR: Collector = Collector {
    may_hang: |host| !host.options.textfile_directories.is_empty(),
    ..Collector::new(
        "textfile",
        "metrics that other programs leave in files",
        METRICS,
        Place::OwnThread,
        gather,
    )
};

const METRICS: &[&Metric] = &[&MODIFIED, &ERROR];

static MODIFIED: Metric = Metric::gauge(
    "node_textfile_mtime_seconds",
    "When a textfile that was read well was written, since 1970 (stat).",
)
.labels(&["file"]);
static ERROR: Metric = Metric::gauge(
    "node_textfile_scrape_error",
    "Whether a textfile could not be read or some of it had to be left out; the log names it.",
);

fn gather(scrape: &mut Scrape<'_>) -> Gathered {
    let host = scrape.host;
    let now = host.clock.now().wall.as_second();
    let folders = &host.options.textfile_directories;
    let reading = host.textfiles.read(folders, now, scrape.deadline);
    let reading = reading.ok_or(CollectorError::Late)?;
    let mut modified = scrape.out.family(&MODIFIED);
    for (file, seconds) in &reading.modified {
        modified.sample(&[file], *seconds);
    }
    scrape.out.single(&ERROR, reading.has_errors);
    scrape.out.ready_made(&reading.families);
    Ok(())
}
