use prometheus_client::encoding::text;
use prometheus_client::registry::Registry;

use super::*;
use crate::family::Metric;

static USAGE: Metric = Metric::gauge("disk_usage_ratio", "From statvfs");

fn written(families: Vec<Family>) -> String {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(Gathered(families)));
    let mut output = String::new();
    text::encode(&mut output, &registry).unwrap();
    output
}

#[test]
fn a_duplicate_is_written_once_and_label_values_are_escaped() {
    let labels = || vec![("mountpoint", "/a\"b\\c\nd".to_owned())];
    assert_eq!(
        written(vec![USAGE.family([(labels(), 0.5), (labels(), 0.75)])]),
        "# HELP disk_usage_ratio From statvfs\n\
         # TYPE disk_usage_ratio gauge\n\
         disk_usage_ratio{mountpoint=\"/a\\\"b\\\\c\\nd\"} 0.5\n\
         # EOF\n"
    );
}

#[test]
fn a_family_without_samples_is_not_written() {
    assert_eq!(written(vec![USAGE.family::<u64>([])]), "# EOF\n");
}

#[test]
fn without_labels_there_are_no_braces_and_bytes_stay_whole() {
    assert!(
        written(vec![USAGE.single(u64::MAX)]).contains("\ndisk_usage_ratio 18446744073709551615\n")
    );
}
