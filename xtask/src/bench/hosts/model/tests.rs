//! A page as the exporter writes it, told again.

use super::{Model, Moment, Page};

const FIRST: &str = "\
# TYPE jobs counter
jobs_total{name=\"a b.service\"} 100
jobs_total{name=\"still\"} 7
# TYPE load gauge
load 0.50
# TYPE now_seconds gauge
now_seconds 1000.0
# TYPE build info
build_info{version=\"1\"} 1
# EOF
";

const SECOND: &str = "\
# TYPE jobs counter
jobs_total{name=\"a b.service\"} 120
jobs_total{name=\"still\"} 7
# TYPE load gauge
load 0.75
# TYPE now_seconds gauge
now_seconds 1010.0
# TYPE build info
build_info{version=\"1\"} 1
# EOF
";

fn value(page: &str, series: &str) -> f64 {
    let line = page.lines().find_map(|line| line.strip_prefix(series));
    line.unwrap().trim().parse().unwrap()
}

#[test]
fn counters_rise_gauges_wander_and_clocks_go_on() {
    let page = Page::of(FIRST, SECOND, 10.0).unwrap();
    let mut last = 0.0;
    for second in 0..60 {
        let told = page.tell(Moment {
            host: 3,
            seconds: f64::from(second),
        });
        let jobs = value(&told, "jobs_total{name=\"a b.service\"}");
        assert!(jobs >= last, "{jobs} after {last}");
        last = jobs;
        assert!((0.5..=0.75).contains(&value(&told, "load ")));
        assert!((value(&told, "now_seconds ") - 1010.0 - f64::from(second)).abs() < 0.1);
        assert!(told.contains("jobs_total{name=\"still\"} 7\n"));
        assert!(told.ends_with("# EOF\n"));
        assert!(told.contains("# TYPE jobs counter\n"));
    }
    // 300 seconds ahead, and 59 passed: two a second.
    assert!((last - 120.0 - 718.0).abs() <= 2.0, "{last}");
}

#[test]
fn hosts_differ_and_each_repeats_itself() {
    let page = Page::of(FIRST, SECOND, 10.0).unwrap();
    let tell = |host| page.tell(Moment { host, seconds: 5.0 });
    assert_eq!(tell(1), tell(1));
    assert_ne!(tell(1), tell(2));
}

#[test]
fn series_are_found_by_name_with_their_labels() {
    let page = Page::of(FIRST, SECOND, 10.0).unwrap();
    assert_eq!(page.series(), 5);
    assert_eq!(
        page.labels_of("jobs_total"),
        ["name=\"a b.service\"", "name=\"still\""]
    );
    assert_eq!(page.labels_of("load"), [""]);
    assert!(page.labels_of("job").is_empty());
}

#[test]
fn a_page_that_was_cut_off_is_refused() {
    assert!(Page::of(FIRST, "load 1\n", 10.0).is_err());
}

#[test]
fn a_path_names_host_and_job() {
    let (host, job, query) = Model::parse("/17/exporter?collect[]=services").unwrap();
    assert_eq!((host, job, query), (17, "exporter", "collect[]=services"));
    assert!(Model::parse("/metrics").is_err());
}
