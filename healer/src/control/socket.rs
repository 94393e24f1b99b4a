//! Binding the control socket: one that a dead daemon left is replaced, one that is alive is respected.

use std::io;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use tokio::net::UnixListener;

/// Why the control socket cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// Another daemon answers on it.
    #[error(
        "another prunelle-healer is running: it answers on {}\n  hint: stop it first, or give this one a --runtime.path and a --storage.path of its own",
        .0.display()
    )]
    AlreadyRunning(PathBuf),
    /// Something that is no socket is in its place.
    #[error("{} exists and is not a socket\n  hint: move it away, or set --runtime.path elsewhere", .0.display())]
    NotASocket(PathBuf),
    /// It cannot be made.
    #[error(
        "cannot make the control socket {}\n  hint: its folder must exist and belong to the user that runs prunelle-healer; see --runtime.path",
        path.display()
    )]
    Bind {
        /// Where.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// Binds the socket, for its owner only. Needs a runtime.
pub fn bind(path: &Path) -> Result<UnixListener, ControlError> {
    let bind_error = |source| ControlError::Bind {
        path: path.to_owned(),
        source,
    };
    clear_the_way(path)?;
    let listener = UnixListener::bind(path).map_err(bind_error)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).map_err(bind_error)?;
    Ok(listener)
}

#[expect(
    clippy::disallowed_methods,
    reason = "a dead daemon's socket is in the way of the live one's; nothing but a socket is removed"
)]
fn clear_the_way(path: &Path) -> Result<(), ControlError> {
    let bind_error = |source| ControlError::Bind {
        path: path.to_owned(),
        source,
    };
    match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(bind_error(error)),
        Ok(file) if !file.file_type().is_socket() => {
            return Err(ControlError::NotASocket(path.to_owned()));
        }
        Ok(_) => {}
    }
    match UnixStream::connect(path) {
        Ok(_) => Err(ControlError::AlreadyRunning(path.to_owned())),
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            std::fs::remove_file(path).map_err(bind_error)
        }
        Err(error) => Err(bind_error(error)),
    }
}
