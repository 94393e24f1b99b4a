//! The commands' side of the control socket.

use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::control::{Problem, SUDO_USER_HEADER, Status, USERS, user_name};
use crate::doctor::Finding;
use crate::explain::Explanation;
use crate::journal::LogAnchor;
use crate::notify::trying::{TestRequest, TestResult};

const TIME_LIMIT: Duration = Duration::from_secs(10);
/// Facts about processes are measured over a while, and a report reads all that has happened.
const LONG_LIMIT: Duration = Duration::from_mins(1);

/// Why the daemon could not be asked.
#[derive(Debug, thiserror::Error)]
pub(super) enum ClientError {
    /// Nobody listens.
    #[error(
        "the daemon is not running: nothing answers on {}\n  hint: start it (`systemctl start prunelle-healer`), or point --runtime.path to the folder of its socket; `touch {}` pauses all it would do, now and when it starts",
        .0.display(),
        .0.with_file_name("pause").display()
    )]
    NotRunning(PathBuf),
    /// The socket is for its owner only.
    #[error(
        "permission denied on {}: it is for {owner}, and you are {you}\n  hint: run this with `sudo`, or as {owner}",
        path.display()
    )]
    PermissionDenied {
        /// Which.
        path: PathBuf,
        /// Whose it is, as far as that can be seen.
        owner: String,
        /// Who asks.
        you: String,
    },
    /// The socket cannot be opened otherwise.
    #[error("cannot open {}", path.display())]
    Open {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It was opened and then something failed.
    #[error("the daemon did not answer")]
    Request(#[from] reqwest::Error),
    /// What was asked makes no sense to it, and it says why.
    #[error("{0}")]
    Misused(String),
    /// It refused, and says why.
    #[error("{0}")]
    Refused(String),
    /// Something else than the daemon answers.
    #[error("an unexpected answer: {0}")]
    Unexpected(StatusCode),
}

/// Has the daemon do something.
pub(super) async fn tell<A: DeserializeOwned>(
    socket: &Path,
    command: &str,
    request: &impl Serialize,
) -> Result<A, ClientError> {
    ask(socket, Method::POST, command, Some(request)).await
}

/// Reads the daemon's picture of itself.
pub(super) async fn status(socket: &Path) -> Result<Status, ClientError> {
    ask(socket, Method::GET, "status", None::<&()>).await
}

/// Asks where the action log must end.
pub(super) async fn log_anchor(socket: &Path) -> Result<LogAnchor, ClientError> {
    ask(socket, Method::GET, "log-anchor", None::<&()>).await
}

/// Has the daemon look at what it needs.
pub(super) async fn doctor(socket: &Path) -> Result<Vec<Finding>, ClientError> {
    ask(socket, Method::POST, "doctor", None::<&()>).await
}

/// Has the daemon explain the alerts in a text.
pub(super) async fn explain(socket: &Path, text: String) -> Result<Explanation, ClientError> {
    tell(socket, "explain", &text).await
}

/// Has the daemon send a sample.
pub(super) async fn notify_test(
    socket: &Path,
    request: &TestRequest,
) -> Result<TestResult, ClientError> {
    tell(socket, "notify/test", request).await
}

async fn ask<Q: Serialize, A: DeserializeOwned>(
    socket: &Path,
    method: Method,
    command: &str,
    request: Option<&Q>,
) -> Result<A, ClientError> {
    // Opened once by itself: only so does the plain reason of a failure come to light.
    UnixStream::connect(socket).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => {
            ClientError::NotRunning(socket.to_owned())
        }
        io::ErrorKind::PermissionDenied => permission_denied(socket),
        _ => ClientError::Open {
            path: socket.to_owned(),
            source,
        },
    })?;
    let limit = match command {
        // Every way of a receiver may take its time.
        "explain" | "notify/test" | "report" => LONG_LIMIT,
        _ => TIME_LIMIT,
    };
    let client = reqwest::Client::builder()
        .unix_socket(socket)
        .tls_certs_only([]) // plain HTTP: works on hosts that have no authorities installed, too
        .timeout(limit)
        .redirect(reqwest::redirect::Policy::none())
        .build()?;
    let mut builder = client.request(method, format!("http://prunelle-healer/v1/{command}"));
    if let Some(person) = std::env::var("SUDO_USER")
        .ok()
        .filter(|name| !name.is_empty())
    {
        // The daemon believes this of root only.
        builder = builder.header(SUDO_USER_HEADER, person);
    }
    if let Some(request) = request {
        builder = builder.json(request);
    }
    let response = builder.send().await?;
    match response.status() {
        StatusCode::OK => Ok(response.json().await?),
        status => match response.json::<Problem>().await {
            Ok(problem) if status == StatusCode::BAD_REQUEST => {
                Err(ClientError::Misused(problem.error))
            }
            Ok(problem) => Err(ClientError::Refused(problem.error)),
            Err(_) => Err(ClientError::Unexpected(status)),
        },
    }
}

/// Says whose the socket is; when it cannot even be looked at, whose folder it is in.
fn permission_denied(socket: &Path) -> ClientError {
    let place = socket
        .metadata()
        .or_else(|_| socket.parent().unwrap_or(socket).metadata());
    let owner = place.map_or_else(
        |_| "its owner".to_owned(),
        |found| format!("user {}", user_name(Path::new(USERS), found.uid())),
    );
    let you = user_name(Path::new(USERS), rustix::process::geteuid().as_raw());
    ClientError::PermissionDenied {
        path: socket.to_owned(),
        owner,
        you,
    }
}
