//! The page at `/`: how collectors fare, on one page that asks nothing and loads nothing.

use prunelle_systemd::Sync;
use prunelle_systemd::unit::{ActiveState, LoadState};

use crate::bench::{Bench, unit};
use crate::program::Exporter;

/// The row of a collector.
fn row<'a>(page: &'a str, collector: &str) -> &'a str {
    let rows = page.split("<tr");
    let found = rows.map(|row| row.split("</tr>").next().unwrap());
    let is_it = |row: &&str| {
        row.contains(&format!(">{collector}</a></td>"))
            || row.contains(&format!(">{collector}</td>"))
    };
    found.into_iter().find(is_it).unwrap()
}

#[tokio::test]
async fn what_fails_comes_first_and_says_why_without_harm() {
    let bench = Bench::new("modern", &[("proc/loadavg", "<i>x</i> 1 2 3/4 5\n")]);
    let (_, page) = bench.get("/").await;
    assert!(row(&page, "loadavg").contains("not asked yet"), "{page}");
    bench.get("/metrics").await;
    bench.clock.advance(std::time::Duration::from_mins(5));
    bench.get("/metrics?collect[]=loadavg").await;
    let (status, page) = bench.get("/").await;
    assert_eq!(status, 200);
    let failing = row(&page, "loadavg");
    assert!(failing.contains("failing for 5 min"), "{failing}");
    assert!(failing.contains("loadavg` is not as expected"), "{failing}");
    // Whatever a file says is text here.
    assert!(!page.contains("<i>"), "{failing}");
    assert!(page.find(">loadavg<") < page.find(">cpu<"));
    let fine = row(&page, "meminfo");
    assert!(fine.contains(">on</span>"), "{fine}");
    assert!(
        fine.contains("href=\"/metrics?collect[]=meminfo\""),
        "{fine}"
    );
    // And it never becomes a label.
    assert!(!bench.get("/metrics").await.1.contains("<i>"));
}

#[tokio::test]
async fn services_are_shown_while_they_are_known() {
    let bench = Bench::new("modern", &[]);
    let (_, page) = bench.get("/").await;
    assert!(page.contains("not known: the table of units is not synchronised yet"));
    let web = unit("web.service", LoadState::Loaded, ActiveState::Active);
    let down = unit("down.service", LoadState::Loaded, ActiveState::Failed);
    let units = [("web.service", web), ("down.service", down)];
    bench.publish(Sync::Synchronised, &units);
    let (_, page) = bench.get("/").await;
    assert!(page.contains("1 of 2 up"), "{page}");
    assert!(page.contains("▲ web.service") && page.contains("▼ down.service"));
}

#[test]
fn the_real_page_shows_what_is_off_and_loads_nothing() {
    let exporter = Exporter::start(&["--no-collector.loadavg", "--web.telemetry-path=/m"]);
    exporter.get("/m");
    let (status, page) = exporter.get("/");
    assert_eq!(status, 200);
    let off = row(&page, "loadavg");
    assert!(
        off.contains(">off</span>") && !off.contains("href"),
        "{off}"
    );
    for text in ["<script", "src=", "url(", "http-equiv"] {
        assert!(!page.contains(text), "{text}");
    }
    let links: Vec<_> = page.split("href=\"").skip(1).collect();
    for link in links {
        assert!(link.starts_with('/') || link.starts_with("data:"), "{link}");
    }
    let (status, metrics) = exporter.get("/m?format=openmetrics");
    assert!(status == 200 && metrics.ends_with("# EOF\n"));
    let (status, metrics) = exporter.get("/m?format=text");
    assert!(status == 200 && !metrics.contains("# EOF"));
}
