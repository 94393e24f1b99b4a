use prometheus_client::encoding::text;
use prometheus_client::registry::Registry;

use super::*;
use crate::metric::Metric;

static USAGE: Metric = Metric::gauge("disk_usage_ratio", "From statvfs").labels(&["mountpoint"]);
static PLAIN: Metric = Metric::gauge("plain", "Plain");
static READS: Metric = Metric::counter("reads_total", "Reads").labels(&["device"]);
static FIELD: Metric = Metric::untyped("node_vmstat_*", "From /proc/vmstat");

fn written(fill: impl FnOnce(&mut Output)) -> String {
    let mut gathered = Output::new(100);
    fill(&mut gathered);
    let mut registry = Registry::default();
    registry.register_collector(Box::new(Gathered(vec![gathered])));
    let mut output = String::new();
    text::encode(&mut output, &registry).unwrap();
    output
}

#[test]
fn a_duplicate_is_written_once_and_label_values_are_escaped() {
    let twice = |output: &mut Output| {
        let name = "/a\"b\\c\nd";
        output
            .family(&USAGE)
            .sample(&[name], 0.5)
            .sample(&[name], 0.75);
    };
    assert_eq!(
        written(twice),
        "# HELP disk_usage_ratio From statvfs\n\
         # TYPE disk_usage_ratio gauge\n\
         disk_usage_ratio{mountpoint=\"/a\\\"b\\\\c\\nd\"} 0.5\n\
         # EOF\n"
    );
}

#[test]
fn a_family_without_samples_is_not_written() {
    let begun = |output: &mut Output| {
        output.family(&USAGE);
    };
    assert_eq!(written(begun), "# EOF\n");
}

#[test]
fn without_labels_there_are_no_braces_and_bytes_stay_whole() {
    let text = written(|output| output.single(&PLAIN, u64::MAX));
    assert!(text.contains("\nplain 18446744073709551615\n"), "{text}");
}

#[test]
fn counters_and_untyped_metrics_are_written_as_such() {
    let text = written(|output| {
        output.family(&READS).sample(&["sda"], 7_u64);
        output.named(&FIELD, "pgfault").sample(&[], 3_u64);
    });
    assert_eq!(
        text,
        "# HELP reads Reads\n\
         # TYPE reads counter\n\
         reads_total{device=\"sda\"} 7\n\
         # HELP node_vmstat_pgfault From /proc/vmstat\n\
         # TYPE node_vmstat_pgfault unknown\n\
         node_vmstat_pgfault 3\n\
         # EOF\n"
    );
}
