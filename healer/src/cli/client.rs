//! The commands' side of the control socket.

use std::io;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use prunelle_foundation::duration::PromDuration;
use reqwest::{Method, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::control::{PauseRequest, Paused, Problem, ResumeRequest, Resumed, Status};
use crate::doctor::Finding;

const TIME_LIMIT: Duration = Duration::from_secs(10);

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
        "permission denied on {}\n  hint: run this as root (`sudo`), or as the user that prunelle-healer runs as",
        .0.display()
    )]
    PermissionDenied(PathBuf),
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
    /// It refused, and says why.
    #[error("{0}")]
    Refused(String),
    /// Something else than the daemon answers.
    #[error("an unexpected answer: {0}")]
    Unexpected(StatusCode),
}

pub(super) async fn pause(
    socket: &Path,
    target: String,
    lasts: PromDuration,
    note: String,
) -> Result<String, ClientError> {
    let request = PauseRequest {
        target,
        lasts,
        note: signed(&note),
    };
    let Paused { target, until } = ask(socket, Method::POST, "pause", Some(&request)).await?;
    Ok(format!("paused {target} for {lasts}, until {until:.0}"))
}

pub(super) async fn resume(socket: &Path, target: String) -> Result<String, ClientError> {
    let request = ResumeRequest { target };
    let resumed: Resumed = ask(socket, Method::POST, "resume", Some(&request)).await?;
    let target = resumed.target;
    let pauses = match resumed.pauses {
        0 => None,
        1 => Some("1 pause ended".to_owned()),
        pauses => Some(format!("{pauses} pauses ended")),
    };
    let quarantine = resumed
        .was_quarantined
        .then(|| "released from quarantine".to_owned());
    let ended: Vec<String> = pauses.into_iter().chain(quarantine).collect();
    Ok(if ended.is_empty() {
        format!("{target} was neither paused nor in quarantine")
    } else {
        format!("resumed {target}: {}", ended.join(", "))
    })
}

pub(super) async fn status(socket: &Path) -> Result<Status, ClientError> {
    ask(socket, Method::GET, "status", None::<&()>).await
}

pub(super) async fn doctor(socket: &Path) -> Result<Vec<Finding>, ClientError> {
    ask(socket, Method::POST, "doctor", None::<&()>).await
}

/// The note with who gave it: `sudo` remembers the person.
fn signed(note: &str) -> String {
    let who = ["SUDO_USER", "USER", "LOGNAME"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok().filter(|who| !who.is_empty()));
    match (who, note) {
        (None, note) => note.to_owned(),
        (Some(who), "") => who,
        (Some(who), note) => format!("{who}: {note}"),
    }
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
        io::ErrorKind::PermissionDenied => ClientError::PermissionDenied(socket.to_owned()),
        _ => ClientError::Open {
            path: socket.to_owned(),
            source,
        },
    })?;
    let client = reqwest::Client::builder()
        .unix_socket(socket)
        .tls_certs_only([]) // plain HTTP: works on hosts that have no authorities installed, too
        .timeout(TIME_LIMIT)
        .redirect(reqwest::redirect::Policy::none())
        .build()?;
    let mut builder = client.request(method, format!("http://prunelle-healer/v1/{command}"));
    if let Some(request) = request {
        builder = builder.json(request);
    }
    let response = builder.send().await?;
    match response.status() {
        StatusCode::OK => Ok(response.json().await?),
        status => match response.json::<Problem>().await {
            Ok(problem) => Err(ClientError::Refused(problem.error)),
            Err(_) => Err(ClientError::Unexpected(status)),
        },
    }
}
