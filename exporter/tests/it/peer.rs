//! Debian's `node_exporter`, and metrics as they are compared.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

use prunelle_exporter::textfile::{self, Kind};
use prunelle_sandbox::node_exporter::{PROGRAM, UPSTREAM_S_DEFAULTS};
use prunelle_sandbox::{Kept, Manager, http, in_path, wait_until};

use crate::program::LIMIT;

/// A running `node_exporter`; ended on drop.
pub(crate) struct NodeExporter {
    process: Process,
    port: u16,
}

enum Process {
    Here(Child),
    InSandbox { _kept: Kept },
}

impl NodeExporter {
    /// Starts it on this host with these collectors and no other.
    pub(crate) fn start(collectors: &[&str], further: &[&str]) -> Self {
        Self::wait_until_it_listens(collectors, further, |arguments, log| {
            #[expect(clippy::disallowed_methods, reason = "a test may start its peer")]
            let child = Command::new(PROGRAM)
                .args(arguments)
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(File::create(log).unwrap())
                .spawn()
                .expect("prometheus-node-exporter (the Debian package) must be on PATH");
            Process::Here(child)
        })
    }

    /// Starts it inside a sandbox.
    pub(crate) fn start_in(manager: &Manager, collectors: &[&str], further: &[&str]) -> Self {
        Self::wait_until_it_listens(collectors, further, |arguments, log| Process::InSandbox {
            _kept: manager
                .keep(in_path(&[PROGRAM]).unwrap(), arguments, log)
                .unwrap(),
        })
    }

    fn wait_until_it_listens(
        collectors: &[&str],
        further: &[&str],
        start: impl FnOnce(&[&str], &std::path::Path) -> Process,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let log = tempfile::NamedTempFile::new().unwrap();
        let mut arguments = vec![
            format!("--web.listen-address={address}"),
            "--collector.disable-defaults".to_owned(),
        ];
        let on = collectors.iter().map(|name| format!("--collector.{name}"));
        let further = UPSTREAM_S_DEFAULTS.iter().chain(further);
        arguments.extend(on.chain(further.map(ToString::to_string)));
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let process = start(&arguments, log.path());
        wait_until("node_exporter listens", LIMIT, || {
            TcpStream::connect(address).ok()
        })
        .unwrap_or_else(|error| {
            panic!("{error}: {}", std::fs::read_to_string(log.path()).unwrap())
        });
        Self {
            process,
            port: address.port(),
        }
    }

    pub(crate) fn metrics(&self) -> String {
        let answer = http::get(self.port, "/metrics").unwrap();
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body
    }
}

impl Drop for NodeExporter {
    fn drop(&mut self) {
        if let Process::Here(child) = &mut self.process {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The families of a scrape, by name.
pub(crate) type Metrics = BTreeMap<String, Family>;

#[derive(Debug)]
pub(crate) struct Family {
    pub(crate) kind: Kind,
    /// By name and labels, in the order of their names.
    pub(crate) series: BTreeMap<String, f64>,
}

impl Family {
    /// The names of all its labels.
    pub(crate) fn labels(&self) -> BTreeSet<&str> {
        let series = self.series.keys().map(String::as_str);
        series.flat_map(label_names).collect()
    }
}

/// Reads a scrape in text format 0.0.4.
pub(crate) fn parse(metrics: &str) -> Metrics {
    let families = textfile::parse(metrics.as_bytes()).unwrap();
    families
        .into_iter()
        .map(|family| {
            let lines = family.parts.iter().flat_map(|part| part.lines());
            let series = lines.map(|line| {
                let (series, value) = line.rsplit_once(' ').unwrap();
                (series.to_owned(), value.parse().unwrap())
            });
            let kind = family.kind;
            let series = series.collect();
            (family.name, Family { kind, series })
        })
        .collect()
}

/// Of `x{a="1",b="2"}` it is `a` and `b`.
fn label_names(series: &str) -> impl Iterator<Item = &str> {
    let mut rest = series.split_once('{').map_or("", |(_, labels)| labels);
    std::iter::from_fn(move || {
        let (name, value) = rest.split_once("=\"")?;
        let mut is_escaped = false;
        let end = value.bytes().position(|byte| {
            let is_end = byte == b'"' && !is_escaped;
            is_escaped = byte == b'\\' && !is_escaped;
            is_end
        })?;
        rest = value[end + 1..].trim_start_matches(',');
        Some(name)
    })
}

#[test]
fn label_names_are_found_whatever_the_values_hold() {
    let names = |series| label_names(series).collect::<Vec<_>>();
    assert_eq!(names("x"), [""; 0]);
    assert_eq!(
        names("x{a=\"1\",b=\"c=\\\"2\\\\\",d=\"}\"}"),
        ["a", "b", "d"]
    );
}
