//! What can go wrong in talking to systemd, told apart by what the caller can do about it.

use std::io::ErrorKind;
use std::time::Duration;

use zbus::DBusError;

use crate::request::Request;
use crate::unit::UnitName;

/// What went wrong in talking to systemd.
#[derive(Debug, thiserror::Error)]
pub enum SystemdError {
    /// No connection at this moment, or systemd does not answer: nothing was asked.
    #[error("no connection to systemd on the system bus")]
    NotConnected,
    /// systemd knows no such unit.
    #[error("systemd knows no unit `{0}`")]
    NoSuchUnit(UnitName),
    /// polkit or the bus refused.
    #[error("not permitted to {asked} `{unit}`: {message}")]
    NotPermitted {
        /// What was tried.
        asked: Request,
        /// On which unit.
        unit: UnitName,
        /// systemd's own words.
        message: String,
    },
    /// systemd refused it otherwise.
    #[error("systemd refused to {asked} `{unit}`: {name}: {message}")]
    Refused {
        /// What was tried.
        asked: Request,
        /// On which unit.
        unit: UnitName,
        /// D-Bus error name.
        name: String,
        /// systemd's own words.
        message: String,
    },
    /// No answer within the time limit: whether it was done is not known.
    #[error("systemd did not answer within {0:?}")]
    TimedOut(Duration),
    /// Anything else on the bus: whether it was done is not known.
    #[error("D-Bus call failed: {0}")]
    Bus(String),
}

impl SystemdError {
    /// Sorts the error of a call that changes something.
    pub(crate) fn of_request(
        error: &zbus::Error,
        asked: Request,
        unit: &UnitName,
        limit: Duration,
    ) -> Self {
        let Some((name, message)) = reply(error) else {
            return Self::of_call(error, limit);
        };
        let unit = unit.clone();
        match name.as_str() {
            "org.freedesktop.systemd1.NoSuchUnit" => Self::NoSuchUnit(unit),
            "org.freedesktop.DBus.Error.AccessDenied"
            | "org.freedesktop.DBus.Error.AuthFailed"
            | "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired" => Self::NotPermitted {
                asked,
                unit,
                message,
            },
            name if is_absence(name) => Self::NotConnected,
            // The bus says so when systemd went away before it answered.
            "org.freedesktop.DBus.Error.NoReply" => Self::Bus(message),
            _ => Self::Refused {
                asked,
                unit,
                name,
                message,
            },
        }
    }

    /// Sorts the error of a call that only reads.
    pub(crate) fn of_call(error: &zbus::Error, limit: Duration) -> Self {
        match reply(error) {
            Some((name, _)) if is_absence(&name) => Self::NotConnected,
            _ if is_timeout(error) => Self::TimedOut(limit),
            _ => Self::Bus(error.to_string()),
        }
    }
}

/// Name and message of an error that came as a reply.
fn reply(error: &zbus::Error) -> Option<(String, String)> {
    match error {
        zbus::Error::MethodError(name, message, _) => {
            Some((name.to_string(), message.clone().unwrap_or_default()))
        }
        zbus::Error::FDO(error) => Some((
            error.name().to_string(),
            error.description().unwrap_or_default().to_owned(),
        )),
        _ => None,
    }
}

/// Whether the bus itself says that systemd is not there.
fn is_absence(name: &str) -> bool {
    matches!(
        name,
        "org.freedesktop.DBus.Error.ServiceUnknown" | "org.freedesktop.DBus.Error.NameHasNoOwner"
    )
}

/// Whether the time limit of the connection ended the call.
pub(crate) fn is_timeout(error: &zbus::Error) -> bool {
    matches!(error, zbus::Error::InputOutput(error) if error.kind() == ErrorKind::TimedOut)
}

/// Whether systemd itself answered, if only with an error.
pub(crate) fn is_answer(error: &zbus::Error) -> bool {
    const BY_THE_BUS: [&str; 2] = [
        "org.freedesktop.DBus.Error.NoReply",
        "org.freedesktop.DBus.Error.LimitsExceeded",
    ];
    reply(error).is_some_and(|(name, _)| !is_absence(&name) && !BY_THE_BUS.contains(&&*name))
}

#[cfg(test)]
mod tests;
