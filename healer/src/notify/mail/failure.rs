//! What went wrong with a mail: whether it may go later, and what a person can do about it.

use std::error::Error as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lettre::transport::smtp::Error;
use prunelle_foundation::secret::Secret;

use super::transport::Login;
use crate::settings::MailServer;

/// Why one recipient has it not.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// This recipient will never get this mail.
    Refused(String),
    /// This recipient may get it later: greylisted, mailbox full.
    Later(String),
    /// Nobody gets anything now.
    Unreachable(String),
    /// Nobody will get anything before a person mends it.
    Unusable(String),
}

/// Codes about logging in: RFC 4954.
const NOT_LOGGED_IN: [u16; 4] = [530, 534, 535, 538];

pub(super) fn of(error: &Error, server: &MailServer, redaction: &Redaction) -> Failure {
    let said = redaction.clean(&causes(error));
    let (host, port) = (&server.host, server.port);
    if let Some(code) = error.status() {
        let code = u16::from(code);
        if NOT_LOGGED_IN.contains(&code) {
            return Failure::Unusable(format!(
                "{host}:{port} does not let us in ({code} {said}): are SMTP_USER and the password in SMTP_PASSWORD_FILE right?"
            ));
        }
        // 421: the server takes its leave, for everybody.
        return match (code, error.is_permanent()) {
            (_, true) => Failure::Refused(format!("{code} {said}")),
            (421, false) => Failure::Unreachable(format!("{host}:{port} says {code} {said}")),
            (_, false) => Failure::Later(format!("{host}:{port} says {code} {said}")),
        };
    }
    if said.contains("certificate") {
        return Failure::Unreachable(format!(
            "{host}:{port} cannot prove who it is ({said}): is SMTP_HOST the name in its certificate, and is who signed it known here, or in SMTP_CA_FILE?"
        ));
    }
    if said.contains("STARTTLS") {
        return Failure::Unusable(format!(
            "{host}:{port} offers no STARTTLS: use a port with TLS (465, 587), or SMTP_TLS=none where nobody can listen"
        ));
    }
    if said.contains("authentication mechanism") {
        return Failure::Unusable(format!(
            "{host}:{port} does not let anybody log in this way: leave SMTP_USER out, or use the port for sending (587, 465)"
        ));
    }
    Failure::Unreachable(format!(
        "{host}:{port} cannot be used now: {said}; `nc -v {host} {port}` tells whether it can be reached"
    ))
}

/// What the causes say; lettre repeats each cause in the error around it.
fn causes(error: &Error) -> String {
    let text = match error.source() {
        Some(source) => source.to_string(),
        None => error.to_string(),
    };
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Takes the password out of what servers say, as it is and as it goes over the line.
#[derive(Debug)]
pub(super) struct Redaction(Vec<Secret>);

impl Redaction {
    pub(super) fn of(login: &Login, user: Option<&str>) -> Self {
        let Some(password) = &login.password else {
            return Self(Vec::new());
        };
        let (user, plain) = (user.unwrap_or_default(), password.expose());
        let spoken = [
            STANDARD.encode(format!("\0{user}\0{plain}")),
            STANDARD.encode(plain),
        ];
        Self(
            spoken
                .into_iter()
                .map(Secret::new)
                .chain([password.clone()])
                .collect(),
        )
    }

    pub(super) fn clean(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, secret| {
            text.replace(secret.expose(), "[redacted]")
        })
    }
}
