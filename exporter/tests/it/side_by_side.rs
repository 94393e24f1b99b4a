//! Beside Debian's `node_exporter` on the same machine at the same moment: what both have is the same.
//!
//! Which differences there may be is told by the table in docs/node-exporter.md, and nowhere else.

use std::collections::BTreeSet;

use prunelle_exporter::textfile::Kind;
use prunelle_sandbox::node_exporter::COLLECTORS;
use prunelle_sandbox::{Manager, Options, http};

use crate::peer::{Metrics, NodeExporter, parse};
use crate::program::Exporter;

/// So often the two are asked until a figure that moves was seen to agree.
const ROUNDS: usize = 200;

/// A row of the table of differences.
struct Difference {
    /// The name of a family; with one `*` of many.
    name: &'static str,
    /// Of which series it may be so, as `device="zram*"`; empty for all.
    part: &'static str,
    /// What may differ: `not here`, `type`, `labels`, `fewer series`, `more series` or `value`.
    what: &'static str,
}

fn differences() -> Vec<Difference> {
    let rows = include_str!("../../../docs/node-exporter.md")
        .lines()
        .skip_while(|line| !line.starts_with("| family | what differs |"))
        .skip(2)
        .take_while(|line| line.starts_with('|'));
    rows.flat_map(|row| {
        let mut cells = row.split('|').map(str::trim).skip(1);
        let (names, what) = (cells.next().unwrap(), cells.next().unwrap());
        let names = names.split(", ").map(|name| name.trim_matches('`'));
        let differences = names.map(|name| {
            let (name, part) = name.split_once('{').unwrap_or((name, ""));
            let part = part.trim_end_matches('}');
            Difference { name, part, what }
        });
        differences.collect::<Vec<_>>()
    })
    .collect()
}

impl Difference {
    /// Whether it may be so of `series`, of a family `name`.
    fn allows(&self, name: &str, what: &str, series: &str) -> bool {
        let fits = match self.name.split_once('*') {
            Some((before, after)) => name
                .strip_prefix(before)
                .is_some_and(|rest| rest.ends_with(after)),
            None => self.name == name,
        };
        fits && self.what == what && self.part.split('*').all(|part| series.contains(part))
    }
}

/// Compares until everything agrees.
struct Comparison {
    differences: Vec<Difference>,
    /// What is wrong and will not get better.
    wrong: BTreeSet<String>,
    /// Series whose values have been seen to agree.
    agreed: BTreeSet<String>,
    /// Those that have not, with what was seen last.
    open: Vec<String>,
}

impl Comparison {
    fn new() -> Self {
        let differences = differences();
        assert!(
            !differences.is_empty(),
            "docs/node-exporter.md has no table of differences"
        );
        Self {
            differences,
            wrong: BTreeSet::new(),
            agreed: BTreeSet::new(),
            open: Vec::new(),
        }
    }

    fn may(&self, name: &str, what: &str) -> bool {
        self.may_of(name, what, "")
    }

    fn may_of(&self, name: &str, what: &str, series: &str) -> bool {
        self.differences
            .iter()
            .any(|it| it.allows(name, what, series))
    }

    /// Ours before and after theirs.
    fn look(&mut self, before: &Metrics, theirs: &Metrics, after: &Metrics) {
        self.open.clear();
        for (name, family) in theirs.iter().filter(|(name, _)| name.starts_with("node_")) {
            let (Some(ours), Some(later)) = (before.get(name), after.get(name)) else {
                if !self.may(name, "not here") {
                    self.open.push(format!("{name} is not here"));
                }
                continue;
            };
            if ours.kind != family.kind && !self.may(name, "type") {
                self.wrong
                    .insert(format!("{name}: {:?}, theirs {:?}", ours.kind, family.kind));
            }
            if ours.labels() != family.labels() && !self.may(name, "labels") {
                let labels = (ours.labels(), family.labels());
                self.open.push(format!("{name}: labels {labels:?}"));
                continue;
            }
            // Where labels differ, series cannot be told apart.
            if self.may(name, "labels") {
                continue;
            }
            for series in family.series.keys() {
                let is_here = ours.series.contains_key(series) || later.series.contains_key(series);
                if !is_here && !self.may_of(name, "fewer series", series) {
                    self.open.push(format!("{series} is not here"));
                }
            }
            for (series, first) in &ours.series {
                let Some(second) = later.series.get(series) else {
                    continue;
                };
                if family.kind == Kind::Counter && second < first {
                    self.wrong
                        .insert(format!("{series} went back from {first} to {second}"));
                }
                match family.series.get(series) {
                    Some(theirs) => self.compare(name, series, [*first, *theirs, *second]),
                    None if self.may_of(name, "more series", series) => {}
                    None => self.open.push(format!("{series} is here only")),
                }
            }
        }
    }

    /// Theirs should lie between ours before and after.
    fn compare(&mut self, name: &str, series: &str, [first, theirs, second]: [f64; 3]) {
        if self.agreed.contains(series) {
            return;
        }
        let slack = 1e-9 * theirs.abs();
        let is_between = first.min(second) - slack <= theirs && theirs <= first.max(second) + slack;
        let are_nan = first.is_nan() && theirs.is_nan();
        if is_between || are_nan || self.may_of(name, "value", series) {
            self.agreed.insert(series.to_owned());
        } else {
            self.open
                .push(format!("{series}: {first}, theirs {theirs}, then {second}"));
        }
    }

    fn run(mut self, ours: &Exporter, theirs: &NodeExporter) {
        let scrape = || parse(&scrape(ours));
        for _ in 0..ROUNDS {
            let before = scrape();
            let middle = parse(&theirs.metrics());
            self.look(&before, &middle, &scrape());
            if self.open.is_empty() || !self.wrong.is_empty() {
                break;
            }
        }
        assert!(self.wrong.is_empty(), "{:#?}", self.wrong);
        assert!(self.open.is_empty(), "{:#?}", self.open);
        assert!(self.agreed.len() > 5, "{:?}", self.agreed);
    }
}

/// Over a connection of its own, as theirs is scraped: what both count are connections, too.
fn scrape(exporter: &Exporter) -> String {
    let (_, port) = exporter.address().rsplit_once(':').unwrap();
    let answer = http::get(port.parse().unwrap(), "/metrics").unwrap();
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body
}

#[test]
fn on_this_machine() {
    let folder = tempfile::tempdir().unwrap();
    let content = "# HELP a_total A\n# TYPE a_total counter\na_total{x=\"\\\\ \\\" \\n\"} 1\nb 2\n\
                   # HELP c C\n# TYPE c histogram\nc_bucket{le=\"1\"} 1\nc_sum 3\nc_count 4\n";
    std::fs::write(folder.path().join("a.prom"), content).unwrap();
    let textfiles = format!("--collector.textfile.directory={}", folder.path().display());
    let theirs = NodeExporter::start(COLLECTORS, &[&textfiles]);
    let ours = Exporter::start(&[&textfiles]);
    // What they read from files is written in the same way, too.
    let of_files = |metrics: &str| {
        let metrics = parse(metrics);
        let series = ["a_total", "b", "c"].map(|name| metrics[name].series.clone());
        series.map(|series| format!("{series:?}"))
    };
    assert_eq!(of_files(&scrape(&ours)), of_files(&theirs.metrics()));
    Comparison::new().run(&ours, &theirs);
}

#[test]
fn on_a_systemd_of_its_own() {
    let service = |start: &str| format!("[Service]\nType=exec\nExecStart={start}\n");
    let manager = Manager::start(
        Options::default()
            .unit("a.service", service("/bin/sleep infinity"))
            .unit("b.service", service("/bin/false"))
            .unit("c.timer", "[Timer]\nOnActiveSec=1h\nUnit=b.service\n")
            .unit("d.socket", "[Socket]\nListenStream=/run/d\nAccept=yes\n")
            .unit("d@.service", service("/bin/cat"))
            .unit("e.mount", "[Mount]\nWhat=tmpfs\nWhere=/e\nType=tmpfs\n"),
    )
    .unwrap();
    manager
        .systemctl(&["start", "a.service", "c.timer", "d.socket"])
        .unwrap();
    let _ = manager.systemctl(&["start", "b.service"]);
    let all = [
        "--collector.systemd.unit-exclude=.+\\.(automount|device|mount|scope|slice)",
        "--collector.systemd.enable-task-metrics",
        "--collector.systemd.enable-restarts-metrics",
        "--collector.systemd.enable-start-time-metrics",
    ];
    let theirs = NodeExporter::start_in(&manager, &["systemd"], &all);
    let ours = Exporter::start_in(&manager, &["--collector.systemd.unit-include=.*"]);
    Comparison::new().run(&ours, &theirs);
}
