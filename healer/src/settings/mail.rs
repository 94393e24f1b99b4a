//! Mail: the server, how it is spoken to, who writes and who is told by settings alone.
//!
//! What is malformed is an error like any other. Mail that is wanted and not set up is none: the healer repairs without
//! it, and says so once at its start. The password is in a file, read when it is used, and never part of the settings.

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;

use lettre::message::Mailbox;
use prunelle_foundation::setting::{Problem, SettingErrors, boolean, given};

use super::{Flags, named};
use crate::policy::{Integration, Receiver};

/// The name of the receiver that `EMAIL_TO` makes.
pub const ENVIRONMENT_RECEIVER: &str = "environment";

/// Whether mail can be sent.
#[derive(Clone, Debug, Default)]
pub enum Mail {
    /// Not wanted.
    #[default]
    Off,
    /// Wanted, and these variables are missing.
    Incomplete(Vec<&'static str>),
    /// By this server.
    Ready(Arc<MailServer>),
}

/// A server that takes mail, and what it is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailServer {
    /// Name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the way there is protected.
    pub encryption: Encryption,
    /// Who logs in; none: nobody does.
    pub user: Option<String>,
    /// Holds the password.
    pub password_file: Option<PathBuf>,
    /// Certificates of those who may vouch for the server, in place of the system's.
    pub ca_file: Option<PathBuf>,
    /// Who writes.
    pub from: Mailbox,
    /// Who is told everything, unless the policy has routes: then what a route to `environment` sends.
    pub to: Vec<Mailbox>,
}

/// How the way to the server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encryption {
    /// TLS from the first byte.
    Tls,
    /// TLS after a greeting in the clear; without it nothing is sent.
    StartTls,
    /// None.
    Clear,
}

impl Mail {
    /// What is to be told at the start, and by `doctor`: wanted and not set up.
    pub fn warning(&self) -> Option<String> {
        match self {
            Self::Off | Self::Ready(_) => None,
            Self::Incomplete(missing) => Some(format!(
                "EMAIL_ALERTS_ENABLED is set, and {} not: no mail is sent",
                missing.join(", ")
            )),
        }
    }

    /// The receiver that `EMAIL_TO` makes.
    pub fn receiver(&self) -> Option<Receiver> {
        let Self::Ready(server) = self else {
            return None;
        };
        (!server.to.is_empty()).then(|| Receiver {
            name: ENVIRONMENT_RECEIVER.to_owned(),
            language: None,
            limit: None,
            integrations: vec![Integration::Email {
                to: server.to.iter().map(ToString::to_string).collect(),
            }],
        })
    }
}

/// From the flags; what is malformed goes to `errors`.
pub(super) fn resolve(flags: &Flags, errors: &mut SettingErrors) -> Mail {
    let is_wanted = parsed(
        flags.email_enabled.as_deref(),
        "--email.enabled",
        errors,
        boolean,
    );
    let port = parsed(flags.smtp_port.as_deref(), "--smtp.port", errors, port);
    let encryption = parsed(flags.smtp_tls.as_deref(), "--smtp.tls", errors, encryption);
    let is_clear_allowed = parsed(
        flags.smtp_allow_clear_password.as_deref(),
        "--smtp.allow-clear-password",
        errors,
        boolean,
    );
    let from = parsed(flags.email_from.as_deref(), "--email.from", errors, mailbox);
    let to = parsed(flags.email_to.as_deref(), "--email.to", errors, mailboxes);
    if is_wanted != Some(true) {
        return Mail::Off;
    }
    let host = given(flags.smtp_host.as_deref());
    let (Some(host), Some(from)) = (host, from) else {
        let missing = [
            ("SMTP_HOST", host.is_none()),
            ("EMAIL_FROM", given(flags.email_from.as_deref()).is_none()),
            ("EMAIL_TO", given(flags.email_to.as_deref()).is_none()),
        ];
        return Mail::Incomplete(
            missing
                .into_iter()
                .filter(|(_, is_missing)| *is_missing)
                .map(|(name, _)| name)
                .collect(),
        );
    };
    let user = given(flags.smtp_user.as_deref()).map(str::to_owned);
    let port = port.unwrap_or(match (encryption, &user) {
        (Some(Encryption::Tls), _) => 465,
        (_, Some(_)) => 587,
        (_, None) => 25,
    });
    let encryption = encryption.unwrap_or(match port {
        465 => Encryption::Tls,
        // A server on this machine that takes mail from everybody here has nothing to hide, and no certificate.
        _ if is_loopback(host) && user.is_none() => Encryption::Clear,
        _ => Encryption::StartTls,
    });
    let password_file = given(flags.smtp_password_file.as_deref()).map(PathBuf::from);
    if user.is_some() && password_file.is_none() {
        return Mail::Incomplete(vec!["SMTP_PASSWORD_FILE"]);
    }
    let is_readable = user.is_some() && encryption == Encryption::Clear && !is_loopback(host);
    if is_readable && is_clear_allowed != Some(true) {
        errors.add(
            named("--smtp.tls").as_str(),
            flags.smtp_tls.as_deref().unwrap_or_default(),
            Problem::new(
                "would send the password over the network in the clear",
                "write `starttls` or `tls`; if it has to be, SMTP_ALLOW_CLEAR_PASSWORD=True allows it",
            ),
        );
    }
    Mail::Ready(Arc::new(MailServer {
        host: host.to_owned(),
        port,
        encryption,
        user,
        password_file,
        ca_file: given(flags.smtp_ca_file.as_deref()).map(PathBuf::from),
        from,
        to: to.unwrap_or_default(),
    }))
}

/// None when it is not given, or wrong.
fn parsed<T>(
    value: Option<&str>,
    flag: &str,
    errors: &mut SettingErrors,
    parser: impl FnOnce(&str) -> Result<T, Problem>,
) -> Option<T> {
    given(value).and_then(|text| errors.parse(&named(flag), text, parser))
}

fn port(text: &str) -> Result<u16, Problem> {
    text.parse().ok().filter(|port| *port != 0).ok_or_else(|| {
        Problem::new(
            "is not a port",
            "465 for TLS from the start, 587 with STARTTLS, or 25",
        )
    })
}

fn encryption(text: &str) -> Result<Encryption, Problem> {
    match text.to_ascii_lowercase().as_str() {
        "tls" => Ok(Encryption::Tls),
        "starttls" => Ok(Encryption::StartTls),
        "none" => Ok(Encryption::Clear),
        _ => Err(Problem::new(
            "is no way to protect mail",
            "write `tls` (from the start, port 465), `starttls` (port 587) or `none`",
        )),
    }
}

fn mailbox(text: &str) -> Result<Mailbox, Problem> {
    text.parse().map_err(|_| {
        Problem::new(
            "is not a mail address",
            "write `prunelle@example.org`, or `Prunelle <prunelle@example.org>`",
        )
    })
}

fn mailboxes(text: &str) -> Result<Vec<Mailbox>, Problem> {
    text.split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(|part| mailbox(part).map_err(|problem| problem.with(part)))
        .collect()
}

/// The addresses of a receiver in the policy; the first that is none, when one is not.
pub fn addresses(to: &[String]) -> Result<Vec<Mailbox>, String> {
    to.iter()
        .map(|text| text.trim().parse::<Mailbox>().map_err(|_| text.clone()))
        .collect()
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || bare
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests;
