//! Mail: whether what is needed for it is set, and whether the server answers as one.

use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;

use prunelle_foundation::setting::boolean;

use super::{Report, TIME_LIMIT};
use crate::policy::Policy;

const TOPIC: &str = "mail";
/// A server that greylists makes callers wait for its greeting.
const GREETING_LIMIT: Duration = Duration::from_secs(5);
const DEFAULT_PORT: u16 = 25;

/// Mail, as the environment says it. The password itself is not looked at, only whether its file can be read.
#[derive(Clone, Debug, Default)]
pub struct MailSettings {
    /// `EMAIL_ALERTS_ENABLED`
    pub enabled: Option<String>,
    /// `SMTP_HOST`
    pub host: Option<String>,
    /// `SMTP_PORT`
    pub port: Option<String>,
    /// `SMTP_USER`
    pub user: Option<String>,
    /// `SMTP_PASSWORD_FILE`
    pub password_file: Option<String>,
    /// `EMAIL_FROM`
    pub from: Option<String>,
    /// `EMAIL_TO`
    pub to: Option<String>,
}

impl MailSettings {
    /// From the environment; an empty variable counts as unset.
    pub fn from_environment() -> Self {
        let read = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        Self {
            enabled: read("EMAIL_ALERTS_ENABLED"),
            host: read("SMTP_HOST"),
            port: read("SMTP_PORT"),
            user: read("SMTP_USER"),
            password_file: read("SMTP_PASSWORD_FILE"),
            from: read("EMAIL_FROM"),
            to: read("EMAIL_TO"),
        }
    }
}

pub(super) async fn examine(mail: &MailSettings, policy: Option<&Policy>) -> Report {
    let mut report = Report::default();
    let is_wanted = match mail.enabled.as_deref().map(boolean) {
        Some(Err(_)) => {
            report.failure(
                TOPIC,
                "EMAIL_ALERTS_ENABLED is neither true nor false",
                "write `True` or `False`",
            );
            return report;
        }
        Some(Ok(is_enabled)) => is_enabled,
        None => false,
    };
    if !is_wanted {
        let has_receivers = policy.is_some_and(|policy| !policy.receivers.is_empty());
        if has_receivers {
            report.note(
                TOPIC,
                "the policy has receivers, and EMAIL_ALERTS_ENABLED is not set",
            );
        }
        return report;
    }
    let missing: Vec<&str> = [
        ("SMTP_HOST", &mail.host),
        ("EMAIL_FROM", &mail.from),
        ("EMAIL_TO", &mail.to),
    ]
    .into_iter()
    .filter(|(_, value)| value.is_none())
    .map(|(name, _)| name)
    .collect();
    if !missing.is_empty() {
        report.warning(
            TOPIC,
            format!(
                "EMAIL_ALERTS_ENABLED is set, and {} not: no mail is sent",
                missing.join(", ")
            ),
            "set them in /etc/prunelle/prunelle.env",
        );
    }
    if let Some(file) = &mail.password_file
        && let Err(error) = std::fs::File::open(file)
    {
        report.failure(
            TOPIC,
            format!("{file} cannot be read: {error}"),
            format!("`chown root:prunelle {file} && chmod 0640 {file}`"),
        );
    }
    let port = match mail.port.as_deref().map(str::parse::<u16>) {
        None => DEFAULT_PORT,
        Some(Ok(port)) => port,
        Some(Err(_)) => {
            report.failure(
                TOPIC,
                "SMTP_PORT is not a port",
                "465 for TLS from the start, 587 with STARTTLS, or 25",
            );
            return report;
        }
    };
    if let Some(host) = &mail.host {
        server(&mut report, host, port, mail.user.is_some()).await;
    }
    report
}

async fn server(report: &mut Report, host: &str, port: u16, has_user: bool) {
    let cure = format!(
        "is SMTP_HOST right, and may this machine reach port {port} there? `nc -v {host} {port}`"
    );
    let stream = match timeout(TIME_LIMIT, TcpStream::connect((host, port))).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => {
            report.failure(
                TOPIC,
                format!("{host}:{port} cannot be reached: {error}"),
                cure,
            );
            return;
        }
        Err(_) => {
            report.failure(
                TOPIC,
                format!("{host}:{port} does not answer within 3 s"),
                cure,
            );
            return;
        }
    };
    if port == 465 {
        report.good(
            TOPIC,
            format!("{host}:{port} takes connections, with TLS from the start"),
        );
        return;
    }
    match timeout(GREETING_LIMIT, greet(stream)).await {
        Ok(Ok(has_starttls)) => {
            report.good(TOPIC, format!("{host}:{port} answers as a mail server"));
            if has_user && !has_starttls {
                report.warning(
                    TOPIC,
                    format!("{host}:{port} offers no STARTTLS: the password would go in the clear"),
                    "use another port (465, 587), or another server",
                );
            }
        }
        Ok(Err(error)) => report.failure(
            TOPIC,
            format!("{host}:{port} is no mail server: {error}"),
            cure,
        ),
        Err(_) => report.failure(
            TOPIC,
            format!("{host}:{port} took the connection and said nothing"),
            cure,
        ),
    }
}

/// Says hello and takes leave; whether the server offers STARTTLS.
async fn greet(stream: TcpStream) -> std::io::Result<bool> {
    let mut stream = BufReader::new(stream);
    read_reply(&mut stream).await?;
    stream.get_mut().write_all(b"EHLO localhost\r\n").await?;
    let capabilities = read_reply(&mut stream).await?;
    // It may have hung up already: all that was asked is known.
    let _ = stream.get_mut().write_all(b"QUIT\r\n").await;
    Ok(capabilities
        .iter()
        .any(|line| line.eq_ignore_ascii_case("STARTTLS")))
}

/// The lines of a good reply (2xx), without their codes.
async fn read_reply(stream: &mut BufReader<TcpStream>) -> std::io::Result<Vec<String>> {
    let mut lines = Vec::new();
    // No server has so much to say.
    while lines.len() < 100 {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        let line = line.trim_end();
        let (Some(code), Some(rest)) = (line.get(..3), line.get(3..)) else {
            return Err(std::io::Error::other(format!("it says `{line}`")));
        };
        if !code.starts_with('2') {
            return Err(std::io::Error::other(format!("it says `{line}`")));
        }
        lines.push(rest.get(1..).unwrap_or_default().to_owned());
        if !rest.starts_with('-') {
            return Ok(lines);
        }
    }
    Err(std::io::Error::other("it says too much"))
}
