//! Mail: whether what is needed for it is set and can be read, and whether the server answers as one.

use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{Report, TIME_LIMIT};
use crate::notify::files;
use crate::policy::{Integration, Policy};
use crate::settings::{Encryption, Mail, MailServer};

const TOPIC: &str = "mail";
/// A server that greylists makes callers wait for its greeting.
const GREETING_LIMIT: Duration = Duration::from_secs(5);

pub(super) async fn examine(mail: &Mail, policy: Option<&Policy>) -> Report {
    let mut report = Report::default();
    let server = match mail {
        Mail::Off => {
            if policy.is_some_and(has_mail) {
                report.note(
                    TOPIC,
                    "the policy has receivers of mail, and EMAIL_ALERTS_ENABLED is not set: they get none",
                );
            }
            return report;
        }
        Mail::Incomplete(_) => {
            if let Some(warning) = mail.warning() {
                report.warning(TOPIC, warning, "set them in /etc/prunelle/prunelle.env");
            }
            return report;
        }
        Mail::Ready(server) => server,
    };
    if server.to.is_empty() && !policy.is_some_and(has_mail) {
        report.warning(
            TOPIC,
            "nobody gets mail: EMAIL_TO is not set, and the policy has no receiver of mail",
            "set EMAIL_TO in /etc/prunelle/prunelle.env, or write a receiver into the policy",
        );
    }
    for problem in files::examine_mail(server) {
        report.failure(TOPIC, problem.message, problem.cure);
    }
    greet_server(&mut report, server).await;
    report
}

fn has_mail(policy: &Policy) -> bool {
    policy
        .receivers
        .iter()
        .flat_map(|receiver| &receiver.integrations)
        .any(|integration| matches!(integration, Integration::Email { .. }))
}

async fn greet_server(report: &mut Report, server: &MailServer) {
    let (host, port) = (server.host.as_str(), server.port);
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
    if server.encryption == Encryption::Tls {
        report.good(
            TOPIC,
            format!("{host}:{port} takes connections, with TLS from the start"),
        );
        return;
    }
    match timeout(GREETING_LIMIT, greet(stream)).await {
        Ok(Ok(has_starttls)) => {
            report.good(TOPIC, format!("{host}:{port} answers as a mail server"));
            match (server.encryption, has_starttls) {
                (Encryption::StartTls, false) => report.failure(
                    TOPIC,
                    format!("{host}:{port} offers no STARTTLS: nothing is sent there"),
                    "use another port (465, 587) or another server, or SMTP_TLS=none where nobody can listen",
                ),
                (Encryption::Clear, _) if server.user.is_some() => report.warning(
                    TOPIC,
                    format!("the password goes to {host}:{port} in the clear"),
                    "SMTP_TLS=starttls, or SMTP_TLS=tls with port 465",
                ),
                _ => {}
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
