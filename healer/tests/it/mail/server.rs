//! A real mail server (aiosmtpd) that behaves as a test wants, and reads what it gets with a parser that is not ours.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/mail/server.py");
const LIMIT: Duration = Duration::from_secs(20);

/// Ends with the test.
pub(crate) struct Server {
    pub(crate) port: u16,
    /// Vouches for it.
    pub(crate) authority: Option<PathBuf>,
    lines: Lines<BufReader<ChildStdout>>,
    _child: Child,
    stdin: ChildStdin,
    pub(crate) folder: TempDir,
}

/// The Python that has aiosmtpd: `test.sh` makes it.
fn python() -> PathBuf {
    let made = || {
        PathBuf::from(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../.prunelle/python/bin/python"
        ))
    };
    let python = std::env::var_os("PRUNELLE_PYTHON").map_or_else(made, PathBuf::from);
    assert!(
        python.exists(),
        "{} is missing: `./test.sh` makes it, or name a Python with aiosmtpd in PRUNELLE_PYTHON",
        python.display()
    );
    python
}

impl Server {
    pub(crate) async fn start(mode: &str) -> Self {
        Self::with(mode, "none", None).await
    }

    /// `tls` is `none`, `starttls` or `tls`; its certificate is for `localhost`.
    pub(crate) async fn with(mode: &str, tls: &str, password: Option<&str>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        #[expect(
            clippy::disallowed_methods,
            reason = "a test starts a server of its own"
        )]
        let mut command = Command::new(python());
        command.args([SCRIPT, "--mode", mode, "--tls", tls]);
        if let Some(password) = password {
            command.args(["--password", password]);
        }
        let authority = (tls != "none").then(|| {
            let file = |name: &str, text: String| {
                let path = folder.path().join(name);
                std::fs::write(&path, text).unwrap();
                path
            };
            let (authority, certificate, key) = certificates();
            command
                .arg("--certificate")
                .arg(file("certificate.pem", certificate));
            command.arg("--key").arg(file("key.pem", key));
            file("authority.pem", authority)
        });
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let stdin = child.stdin.take().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut server = Self {
            port: 0,
            authority,
            lines,
            _child: child,
            stdin,
            folder,
        };
        let first = server.next().await;
        server.port = u16::try_from(first["port"].as_u64().unwrap()).unwrap();
        server
    }

    /// The next mail that it took.
    pub(crate) async fn next(&mut self) -> Value {
        let line = tokio::time::timeout(LIMIT, self.lines.next_line())
            .await
            .expect("the server says nothing")
            .unwrap()
            .expect("the server ended");
        serde_json::from_str(&line).unwrap()
    }

    /// All mails that it took; it ends.
    pub(crate) async fn end(self) -> Vec<Value> {
        let Self {
            mut lines, stdin, ..
        } = self;
        drop(stdin);
        let mut mails = Vec::new();
        while let Some(line) = tokio::time::timeout(LIMIT, lines.next_line())
            .await
            .unwrap()
            .unwrap()
        {
            mails.push(serde_json::from_str(&line).unwrap());
        }
        mails
    }
}

/// Of an authority; of `localhost`, with its key.
fn certificates() -> (String, String, String) {
    use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let authority = params.self_signed(&key).unwrap().pem();
    let issuer = Issuer::new(params, key);
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, &issuer).unwrap().pem();
    (authority, certificate, key.serialize_pem())
}
