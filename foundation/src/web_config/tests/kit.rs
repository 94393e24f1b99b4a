//! Certificates made for each test, files in a folder of its own, a server, and clients.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use axum::body::Bytes;
use axum::routing::get;
use axum::{Extension, Router};
use jiff::{SignedDuration, Timestamp};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, SanType};
use tempfile::TempDir;
use tokio::task::JoinHandle;

use crate::clock::{SharedClock, SystemClock};
use crate::lifecycle::{Lifecycle, Stop};
use crate::listener::{Limits, ListenError, bind, serve};
use crate::web_config::{AuthenticatedUser, WebConfig, read};

/// Long enough that only a hang reaches it.
pub(super) const LONG: Duration = Duration::from_secs(20);

pub(super) const LIMITS: Limits = Limits {
    max_connections: 512,
    header_read_timeout: LONG,
    crowded_patience: LONG,
    request_time_limit: LONG,
    idle_timeout: LONG,
    drain_timeout: LONG,
};

/// bcrypt of `right`, at the lowest cost.
pub(super) static RIGHT: LazyLock<String> = LazyLock::new(|| bcrypt::hash("right", 4).unwrap());

pub(super) fn clock() -> SharedClock {
    Arc::new(SystemClock::new().unwrap())
}

pub(super) fn now() -> Timestamp {
    clock().now().wall
}

/// An authority and what it signs.
pub(super) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pub(super) pem: String,
}

/// A certificate with its key, as PEM.
#[derive(Clone)]
pub(super) struct Identity {
    pub(super) certificate: String,
    pub(super) key: String,
}

impl Identity {
    /// As a client of reqwest shows it.
    pub(super) fn shown(&self) -> reqwest::Identity {
        reqwest::Identity::from_pem(format!("{}{}", self.key, self.certificate).as_bytes()).unwrap()
    }
}

impl Authority {
    pub(super) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Self {
            issuer: Issuer::new(params, key),
            pem,
        }
    }

    /// Valid from an hour ago, for `hours`.
    pub(super) fn signs(&self, names: Vec<SanType>, hours: i64) -> Identity {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.subject_alt_names = names;
        params.not_before = at(now() - SignedDuration::from_hours(1));
        params.not_after = at(now() + SignedDuration::from_hours(hours - 1));
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Identity {
            certificate: certificate.pem(),
            key: key.serialize_pem(),
        }
    }

    /// A server's certificate for 127.0.0.1.
    pub(super) fn server(&self) -> Identity {
        self.signs(vec![SanType::IpAddress([127, 0, 0, 1].into())], 24)
    }
}

fn at(time: Timestamp) -> time::OffsetDateTime {
    time::OffsetDateTime::from_unix_timestamp(time.as_second()).unwrap()
}

/// The folder of a web configuration.
pub(super) struct Folder(TempDir);

impl Folder {
    pub(super) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a file as careful programs do: a new one in the place of the old one.
    pub(super) fn write(&self, name: &str, text: &str) {
        let new = self.path(&format!("{name}.new"));
        std::fs::write(&new, text).unwrap();
        std::fs::rename(new, self.path(name)).unwrap();
    }

    pub(super) fn identity(&self, identity: &Identity) {
        self.write("key.pem", &identity.key);
        self.write("cert.pem", &identity.certificate);
    }

    pub(super) fn web(&self) -> PathBuf {
        self.path("web.yml")
    }
}

/// A server that answers `/` with who it was asked by.
pub(super) struct Server {
    pub(super) address: SocketAddr,
    pub(super) web: WebConfig,
    pub(super) stop: Stop,
    pub(super) served: JoinHandle<Result<(), ListenError>>,
}

impl Server {
    pub(super) fn start(web: &Path) -> Self {
        Self::start_with(web, LIMITS)
    }

    pub(super) fn start_with(web: &Path, limits: Limits) -> Self {
        let tasks = Lifecycle::new().tasks();
        let read = read(web, &clock()).unwrap();
        let web = read.start_looking(tasks.clone(), &["/own"], Duration::ZERO);
        let who = async |user: Option<Extension<AuthenticatedUser>>| {
            if user.is_some() { "user" } else { "anybody" }
        };
        let router = Router::new()
            .route("/", get(who))
            .route(
                "/own",
                get(who).post(async |body: Bytes| body.len().to_string()),
            )
            .route("/huge", get(async || vec![b'x'; 8 << 20]))
            .route(
                "/panic",
                get(async || -> &'static str { panic!("as planned") }),
            );
        let listener = bind(&"127.0.0.1:0".parse().unwrap()).unwrap();
        let address = listener.local_addr().unwrap();
        let stop = Stop::new();
        let serving = serve(
            vec![listener],
            router,
            limits,
            Some(web.clone()),
            stop.clone(),
        );
        Self {
            address,
            web,
            stop,
            served: tasks.spawn("listener", serving),
        }
    }

    pub(super) fn url(&self, path: &str) -> String {
        let scheme = self.web.scheme();
        format!("{scheme}://{}{path}", self.address)
    }
}

/// A client that trusts `authority`, and shows `identity`; each request is a connection of its own.
pub(super) fn client(authority: &Authority, identity: Option<&Identity>) -> reqwest::Client {
    let root = reqwest::Certificate::from_pem(authority.pem.as_bytes()).unwrap();
    let mut client = reqwest::Client::builder()
        .tls_certs_only([root])
        .pool_max_idle_per_host(0)
        .timeout(LONG);
    if let Some(identity) = identity {
        client = client.identity(identity.shown());
    }
    client.build().unwrap()
}

/// Status and body, or why there is none, with all causes.
pub(super) async fn ask(request: reqwest::RequestBuilder) -> Result<(u16, String), String> {
    let told = |error: reqwest::Error| {
        let mut text = error.to_string();
        let mut cause: Option<&dyn std::error::Error> = std::error::Error::source(&error);
        while let Some(error) = cause {
            text = format!("{text}: {error}");
            cause = error.source();
        }
        text
    };
    let response = request.send().await.map_err(told)?;
    let status = response.status().as_u16();
    Ok((status, response.text().await.map_err(told)?))
}
