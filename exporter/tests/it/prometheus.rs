//! Both formats, as clients ask for them: a real Prometheus, curl, and one that asks for nothing.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use prunelle_sandbox::{http, wait_until};
use serde_json::Value;

use crate::program::{Exporter, LIMIT};

const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// At the machine's own address: for loopback nothing is compressed. Nothing is sent to find it.
fn start(further: &[&str]) -> Exporter {
    let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
    socket
        .connect("192.0.2.1:9")
        .expect("this test needs an address besides loopback");
    let own = socket.local_addr().unwrap().ip();
    let listen = format!("--web.listen-address={own}:0");
    Exporter::start(&[&[listen.as_str()], further].concat())
}

/// Sends a head as it is and reads to the end of the answer.
fn exchange(address: &str, head: &str) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    answer
}

/// Status line and headers in lower case, and the body.
fn parts(answer: &[u8]) -> (String, &[u8]) {
    let end = answer.windows(4).position(|it| it == b"\r\n\r\n").unwrap();
    let head = String::from_utf8(answer[..end].to_vec()).unwrap();
    (head.to_ascii_lowercase(), &answer[end + 4..])
}

#[test]
fn a_client_that_asks_for_nothing_gets_plain_text() {
    let exporter = start(&[]);
    let answer = exchange(exporter.address(), "GET /metrics HTTP/1.0\r\n\r\n");
    let (head, body) = parts(&answer);
    assert!(head.contains(" 200 "), "{head}");
    assert!(head.contains(&format!("content-type: {TEXT}")), "{head}");
    assert!(!head.contains("content-encoding"), "{head}");
    let body = std::str::from_utf8(body).unwrap();
    assert!(body.starts_with("# HELP "), "{body}");
    assert!(!body.contains("# EOF"), "{body}");
}

#[test]
fn curl_gets_the_format_and_the_encoding_that_it_prefers() {
    let exporter = start(&[]);
    let url = format!("http://{}/metrics", exporter.address());
    let curl = |arguments: &[&str]| {
        #[expect(
            clippy::disallowed_methods,
            reason = "a test may start the client it tests with"
        )]
        let output = Command::new("curl")
            .args(["--silent", "--show-error", "--include", &url])
            .args(arguments)
            .output()
            .expect("curl must be on PATH");
        assert!(output.status.success(), "{output:?}");
        let (head, body) = parts(&output.stdout);
        (head, body.to_vec())
    };
    let open_metrics = "Accept: application/openmetrics-text";
    for (arguments, content_type, is_gzip) in [
        (&[][..], TEXT, false),
        (&["--header", open_metrics], OPEN_METRICS, false),
        (
            &[
                "--header",
                "Accept: application/openmetrics-text;q=0.4,text/plain;q=0.5",
            ],
            TEXT,
            false,
        ),
        (
            &[
                "--header",
                "Accept: application/openmetrics-text;version=1.0.0;q=0.5,*/*;q=0.1",
            ],
            OPEN_METRICS,
            false,
        ),
        (&["--header", "Accept-Encoding: gzip"], TEXT, true),
        (
            &["--header", "Accept-Encoding: gzip;q=0, *;q=1"],
            TEXT,
            false,
        ),
        (
            &[
                "--header",
                "Accept-Encoding: br, gzip;q=0.1",
                "--header",
                open_metrics,
            ],
            OPEN_METRICS,
            true,
        ),
    ] {
        let (head, body) = curl(arguments);
        assert!(
            head.contains(&format!("content-type: {content_type}")),
            "{arguments:?}: {head}"
        );
        assert_eq!(
            head.contains("content-encoding: gzip"),
            is_gzip,
            "{arguments:?}: {head}"
        );
        assert_eq!(body.starts_with(&[0x1f, 0x8b]), is_gzip, "{arguments:?}");
    }
    let (_, plain) = curl(&["--compressed"]);
    assert!(plain.starts_with(b"# HELP "));
}

/// A Prometheus that is ended on drop.
struct Prometheus {
    child: Child,
    port: u16,
    _folder: tempfile::TempDir,
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Prometheus {
    /// Scrapes each target, by the name of its job, once a second.
    fn start(targets: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let jobs = targets.iter().map(|(job, target)| {
            format!("  - job_name: {job}\n    static_configs: [{{targets: ['{target}']}}]\n")
        });
        let settings = format!(
            "global: {{scrape_interval: 1s, scrape_timeout: 1s}}\nscrape_configs:\n{}",
            jobs.collect::<String>()
        );
        let file = folder.path().join("prometheus.yml");
        fs::write(&file, settings).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let log = File::create(folder.path().join("log")).unwrap();
        #[expect(
            clippy::disallowed_methods,
            reason = "a test may start the client it tests with"
        )]
        let child = Command::new("prometheus")
            .arg(format!("--config.file={}", file.display()))
            .arg(format!(
                "--storage.tsdb.path={}",
                folder.path().join("data").display()
            ))
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("prometheus (the Debian package) must be on PATH");
        Self {
            child,
            port,
            _folder: folder,
        }
    }

    /// The newest value of a series of each job, in the order of the jobs' names.
    fn values(&self, series: &str) -> Vec<String> {
        let path = format!(
            "/api/v1/query?query={}",
            http::escaped(&format!("sort_desc({series})"))
        );
        let Ok(answer) = http::get_json::<Value>(self.port, &path) else {
            return Vec::new();
        };
        let samples = answer["data"]["result"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let mut values: Vec<_> = samples
            .iter()
            .map(|sample| {
                let job = sample["metric"]["job"].as_str().unwrap_or_default();
                (
                    job.to_owned(),
                    sample["value"][1].as_str().unwrap_or_default().to_owned(),
                )
            })
            .collect();
        values.sort();
        values.into_iter().map(|(_, value)| value).collect()
    }
}

/// Passes scrapes on as a client that knows the older format only, until told to stop.
fn serve_text_only(listener: &TcpListener, exporter: &str, is_over: &AtomicBool) {
    while let Ok((mut client, _)) = listener.accept() {
        if is_over.load(Ordering::Relaxed) {
            return;
        }
        let mut head = [0; 4096];
        let mut length = 0;
        while !head[..length].windows(4).any(|it| it == b"\r\n\r\n") {
            let Ok(read @ 1..) = client.read(&mut head[length..]) else {
                break;
            };
            length += read;
        }
        let request = "GET /metrics HTTP/1.0\r\nAccept: text/plain;version=0.0.4\r\nAccept-Encoding: gzip\r\n\r\n";
        let _ = client.write_all(&exchange(exporter, request));
    }
}

#[test]
fn prometheus_accepts_both_formats_and_finds_as_many_samples_in_each() {
    let folder = tempfile::tempdir().unwrap();
    let content = "# TYPE a counter\na 1\n# TYPE b_total counter\nb_total 1\n# TYPE c histogram\n\
                   c_bucket{le=\"1\"} 1\nc_sum 1\nc_count 2\n# TYPE d summary\nd{quantile=\"0.5\"} 1\nd_sum 1\n\
                   d_count 1\ne{x=\"\\\\ \\\" \\n é\"} NaN\nf +Inf\n";
    fs::write(folder.path().join("a.prom"), content).unwrap();
    let exporter = start(&[&format!(
        "--collector.textfile.directory={}",
        folder.path().display()
    )]);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let proxy: SocketAddr = listener.local_addr().unwrap();
    let is_over = AtomicBool::new(false);
    let result = thread::scope(|scope| {
        scope.spawn(|| serve_text_only(&listener, exporter.address(), &is_over));
        let prometheus = Prometheus::start(&[
            ("openmetrics", exporter.address()),
            ("text", &proxy.to_string()),
        ]);
        let result = wait_until("both jobs find the same samples", LIMIT, || {
            let up = prometheus.values("up");
            let scraped = prometheus.values("scrape_samples_scraped");
            let kept = prometheus.values("scrape_samples_post_metric_relabeling");
            let are_equal = up == ["1", "1"]
                && scraped.len() == 2
                && scraped == kept
                && scraped[0] == scraped[1]
                && scraped[0].parse::<usize>().is_ok_and(|count| count > 40);
            are_equal.then_some(())
        });
        let seen = [
            prometheus.values("up"),
            prometheus.values("scrape_samples_scraped"),
        ];
        // Both have what the file says.
        for (series, value) in [
            ("a", "1"),
            ("b_total", "1"),
            ("c_bucket{le=\"+Inf\"}", "2"),
            ("d{quantile=\"0.5\"}", "1"),
            ("e{x=\"\\\\ \\\" \\n é\"}", "NaN"),
            ("f", "+Inf"),
        ] {
            assert_eq!(prometheus.values(series), [value, value], "{series}");
        }
        is_over.store(true, Ordering::Relaxed);
        drop(TcpStream::connect(proxy));
        result.map_err(|error| format!("{error}: {seen:?}"))
    });
    result.unwrap();
}
