use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::alertmanager::{Webhook, webhook};
use super::{Finding, Level, http, mail, port, rights};
use crate::settings::{Encryption, Mail, MailServer};

fn levels(findings: &[Finding]) -> Vec<(Level, &str)> {
    findings
        .iter()
        .map(|finding| (finding.level, finding.message.as_str()))
        .collect()
}

#[test]
fn the_receiver_that_posts_to_us_is_found_in_alertmanagers_configuration() {
    #[track_caller]
    fn check(receivers: &str, expected: Webhook) {
        assert_eq!(webhook(&format!("receivers:\n{receivers}")), expected);
    }
    check(
        "- name: a\n  webhook_configs: [{url: 'http://127.0.0.1:8050/api/v1/alerts'}]",
        Webhook::There,
    );
    check(
        "- name: a\n  webhook_configs: [{url: 'http://h/api/v1/alerts', send_resolved: false}]",
        Webhook::WithoutResolved,
    );
    check(
        "- name: a\n  webhook_configs: [{url: 'http://h/api/v1/alerts', send_resolved: false}, {url: 'https://h/x/api/v1/alerts/?a=b'}]",
        Webhook::There,
    );
    check(
        "- name: a\n  webhook_configs: [{url: <secret>}]",
        Webhook::Hidden,
    );
    check(
        "- name: a\n  webhook_configs: [{url: 'http://h/other'}]",
        Webhook::Missing,
    );
    check("- name: a\n  email_configs: [{to: a@b}]", Webhook::Missing);
    assert_eq!(webhook("not yaml: ["), Webhook::Missing);
}

#[test]
fn who_listens_on_a_port_is_found_in_the_kernels_table() {
    let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F72 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0000000000000000 100 0 0 10 0
   1: 0100007F:1F73 0100007F:1F72 01 00000000:00000000 00:00000000 00000000     0        0 4712 1 0000000000000000 20 4 30 10 -1
";
    assert_eq!(port::listening_inode(table, 8050), Some(4711));
    assert_eq!(
        port::listening_inode(table, 8051),
        None,
        "connected, not listening"
    );
    assert_eq!(port::listening_inode("", 8050), None);
}

#[test]
fn capabilities_are_read_from_the_effective_set() {
    let status = "Name:\thealer\nCapPrm:\t0000000000000020\nCapEff:\t0000000000000020\n";
    assert!(rights::has_capability(status, 5));
    assert!(!rights::has_capability(status, 1));
    assert!(!rights::has_capability("Name:\thealer\n", 5));
}

#[test]
fn the_date_of_an_answer_is_read() {
    let date = http::date("Tue, 24 Nov 2026 12:00:00 GMT").unwrap();
    assert_eq!(date.to_string(), "2026-11-24T12:00:00Z");
    assert_eq!(http::date("yesterday"), None);
}

/// A mail server of few words.
async fn server(greeting: &'static str, capabilities: &'static str) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    #[expect(
        clippy::disallowed_methods,
        reason = "the test's own server ends with the test"
    )]
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(greeting.as_bytes()).await.unwrap();
        let mut hello = [0; 64];
        let _ = stream.read(&mut hello).await;
        let _ = stream.write_all(capabilities.as_bytes()).await;
        let _ = stream.read(&mut hello).await;
    });
    port
}

fn settings(port: u16) -> Mail {
    settings_with(port, Encryption::Clear, None)
}

fn settings_with(port: u16, encryption: Encryption, user: Option<&str>) -> Mail {
    Mail::Ready(Arc::new(MailServer {
        host: "127.0.0.1".to_owned(),
        port,
        encryption,
        user: user.map(str::to_owned),
        password_file: None,
        ca_file: None,
        from: "a@example.org".parse().unwrap(),
        to: vec!["b@example.org".parse().unwrap()],
    }))
}

#[tokio::test]
async fn a_mail_server_is_greeted() {
    let port = server(
        "220 mx ESMTP\r\n",
        "250-mx\r\n250-SIZE 1000\r\n250 STARTTLS\r\n",
    )
    .await;
    let settings = settings_with(port, Encryption::StartTls, Some("prunelle"));
    let report = mail::examine(&settings, None).await;
    assert_eq!(
        levels(&report.0),
        [(
            Level::Good,
            format!("127.0.0.1:{port} answers as a mail server").as_str()
        )]
    );
}

#[tokio::test]
async fn a_password_in_the_clear_is_warned_of_and_starttls_that_is_missing_is_a_failure() {
    for (encryption, level, told) in [
        (Encryption::Clear, Level::Warning, "in the clear"),
        (Encryption::StartTls, Level::Failure, "no STARTTLS"),
    ] {
        let port = server("220 mx\r\n", "250-mx\r\n250 SIZE 1000\r\n").await;
        let settings = settings_with(port, encryption, Some("prunelle"));
        let report = mail::examine(&settings, None).await;
        let last = report.0.last().unwrap();
        assert_eq!(last.level, level);
        assert!(last.message.contains(told), "{}", last.message);
    }
}

#[tokio::test]
async fn what_is_no_mail_server_is_told_apart() {
    let port = server("HTTP/1.1 400 Bad Request\r\n", "").await;
    let report = mail::examine(&settings(port), None).await;
    assert_eq!(
        levels(&report.0),
        [(
            Level::Failure,
            format!("127.0.0.1:{port} is no mail server: it says `HTTP/1.1 400 Bad Request`")
                .as_str()
        )]
    );
}

#[tokio::test]
async fn nobody_there_is_told_with_its_cure() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let report = mail::examine(&settings(port), None).await;
    let finding = report.0.last().unwrap();
    assert_eq!(finding.level, Level::Failure);
    assert!(
        finding.message.contains("cannot be reached"),
        "{}",
        finding.message
    );
    assert!(finding.cure.as_ref().unwrap().contains("SMTP_HOST"));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_says_nothing_is_not_waited_for() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let report = tokio::time::timeout(Duration::from_mins(1), mail::examine(&settings(port), None))
        .await
        .unwrap();
    assert_eq!(report.0.last().unwrap().level, Level::Failure);
}

#[tokio::test]
async fn mail_that_is_wanted_and_not_set_up_is_one_warning() {
    let settings = Mail::Incomplete(vec!["SMTP_HOST", "EMAIL_FROM", "EMAIL_TO"]);
    let report = mail::examine(&settings, None).await;
    assert_eq!(
        levels(&report.0),
        [(
            Level::Warning,
            "EMAIL_ALERTS_ENABLED is set, and SMTP_HOST, EMAIL_FROM, EMAIL_TO not: no mail is sent"
        )]
    );
}

#[tokio::test]
async fn mail_that_is_not_wanted_is_not_looked_at() {
    let report = mail::examine(&Mail::Off, None).await;
    assert!(report.0.is_empty());
}
