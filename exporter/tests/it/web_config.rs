//! The real program with TLS and users: scraped by a client and by a real Prometheus, with a certificate that is
//! replaced while it runs.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use prunelle_sandbox::wait_until;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

use crate::program::{Exporter, LIMIT};

/// `ann`, with the password `right`.
const USERS: &str =
    "basic_auth_users: {ann: $2y$04$fi7E9AML9w5UxYBOcmrF7uPA5ScIrPIJ.DdXaGo0B1ZhHNkpTOtdu}\n";

/// An authority, and in `folder` a web configuration with a certificate of it, and the authority's own.
fn prepare(folder: &Path) -> Issuer<'static, KeyPair> {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    fs::write(
        folder.join("ca.pem"),
        params.self_signed(&key).unwrap().pem(),
    )
    .unwrap();
    let issuer = Issuer::new(params, key);
    certify(folder, &issuer);
    let tls = "tls_server_config: {cert_file: cert.pem, key_file: key.pem}\n";
    fs::write(folder.join("web.yml"), format!("{tls}{USERS}")).unwrap();
    issuer
}

fn certify(folder: &Path, issuer: &Issuer<'_, KeyPair>) {
    let params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, issuer).unwrap();
    fs::write(folder.join("key.pem"), key.serialize_pem()).unwrap();
    fs::write(folder.join("cert.pem"), certificate.pem()).unwrap();
}

fn start(folder: &Path) -> Exporter {
    let web = format!("--web.config.file={}", folder.join("web.yml").display());
    let mut exporter = Exporter::start(&[&web]);
    assert!(
        exporter.log().contains("scheme=https"),
        "{}",
        exporter.log()
    );
    exporter.trust(&fs::read(folder.join("ca.pem")).unwrap());
    exporter
}

#[test]
fn serves_users_over_tls_and_takes_over_what_changes() {
    let folder = tempfile::tempdir().unwrap();
    let issuer = prepare(folder.path());
    let exporter = start(folder.path());
    for path in ["/", "/metrics", "/-/healthy", "/-/ready", "/nothing"] {
        assert_eq!(exporter.get(path).0, 401, "{path}");
        assert_eq!(exporter.get_as_user(path, "ann", "wrong").0, 401, "{path}");
    }
    let (status, metrics) = exporter.get_as_user("/metrics?collect[]=info", "ann", "right");
    assert_eq!(status, 200);
    for line in [
        "prunelle_exporter_web_config_last_reload_successful 1",
        "prunelle_exporter_web_requests_refused_total{reason=\"credentials\"} 10",
        "prunelle_exporter_web_requests_refused_total{reason=\"rate\"} 0",
        "prunelle_exporter_web_tls_handshake_failures_total 0",
    ] {
        assert!(
            metrics.lines().any(|it| it == line),
            "no {line} in {metrics}"
        );
    }
    let expected = (true, String::new());
    assert_eq!(crate::promtool::check(&metrics), expected);

    let value = |name: &str| {
        let (_, metrics) = exporter.get_as_user("/metrics?collect[]=info", "ann", "right");
        crate::program::value(&metrics, &format!("prunelle_exporter_web_{name}"))
    };
    let web = fs::read_to_string(folder.path().join("web.yml")).unwrap();
    fs::write(folder.path().join("web.yml"), format!("{web}mistake: 1\n")).unwrap();
    wait_until("the broken file is noticed", LIMIT, || {
        (value("config_last_reload_successful") == Some(0.0)).then_some(())
    })
    .unwrap();
    let log = exporter.log();
    assert!(log.contains("web.yml:3:1: unknown key `mistake`"), "{log}");
    fs::write(folder.path().join("web.yml"), web).unwrap();
    certify(folder.path(), &issuer);
    wait_until("what is right is taken over", LIMIT, || {
        (value("config_last_reload_successful") == Some(1.0)).then_some(())
    })
    .unwrap();
    assert!(exporter.stop().success());
}

#[test]
fn a_real_prometheus_scrapes_it_over_tls_with_a_password() {
    let folder = tempfile::tempdir().unwrap();
    prepare(folder.path());
    let exporter = start(folder.path());
    let ca = folder.path().join("ca.pem");
    let job = |name: &str, password: &str| {
        format!(
            "  - job_name: {name}
    scheme: https
    tls_config: {{ca_file: {}}}
    basic_auth: {{username: ann, password: {password}}}
    static_configs: [{{targets: ['{}']}}]
",
            ca.display(),
            exporter.address()
        )
    };
    let text = format!(
        "global: {{scrape_interval: 1s}}\nscrape_configs:\n{}{}",
        job("right", "right"),
        job("wrong", "wrong")
    );
    let prometheus = Prometheus::start(folder.path(), &text);
    let up = |job: &str| prometheus.query(&exporter, &format!("up{{job=\"{job}\"}}"));
    wait_until("Prometheus scrapes", LIMIT, || {
        (up("right")? == "1").then_some(())
    })
    .unwrap();
    wait_until("Prometheus is refused", LIMIT, || {
        (up("wrong")? == "0").then_some(())
    })
    .unwrap();
    let samples = prometheus.query(&exporter, "scrape_samples_scraped{job=\"right\"}");
    assert!(samples.unwrap().parse::<u32>().unwrap() > 10);
}

/// A Prometheus of one's own; ended on drop.
struct Prometheus {
    child: Child,
    port: u16,
}

impl Prometheus {
    #[expect(
        clippy::disallowed_methods,
        reason = "a test may start the tool it needs"
    )]
    fn start(folder: &Path, configuration: &str) -> Self {
        let file = folder.join("prometheus.yml");
        fs::write(&file, configuration).unwrap();
        let port = prunelle_sandbox::free_port().unwrap();
        let child = Command::new("prometheus")
            .arg(format!("--config.file={}", file.display()))
            .arg(format!(
                "--storage.tsdb.path={}",
                folder.join("data").display()
            ))
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("prometheus (Debian package `prometheus`) must be on PATH");
        Self { child, port }
    }

    /// The value of a query's one series; none while there is none.
    fn query(&self, exporter: &Exporter, query: &str) -> Option<String> {
        let base = format!("http://127.0.0.1:{}/api/v1/query", self.port);
        let answer = exporter.fetch(&base, &[("query", query)])?;
        let (_, value) = answer.split_once("\"value\":[")?;
        value.split('"').nth(1).map(ToOwned::to_owned)
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
