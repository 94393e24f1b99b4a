//! TLS and passwords: nothing goes in the clear that should not, and no password is ever shown.

use super::*;

const PASSWORD: &str = "correct horse battery";

fn protected(server: &Server, encryption: Encryption, password: &str) -> MailServer {
    MailServer {
        encryption,
        user: Some("prunelle".to_owned()),
        password_file: Some(write(
            server.folder.path(),
            "password",
            &format!("{password}\n"),
        )),
        ca_file: server.authority.clone(),
        ..settings(server)
    }
}

#[tokio::test]
async fn both_ways_of_tls_log_in_with_an_authority_of_ones_own() {
    for (tls, encryption) in [("starttls", Encryption::StartTls), ("tls", Encryption::Tls)] {
        let mut server = Server::with("ok", tls, Some(PASSWORD)).await;
        let channel = channel(protected(&server, encryption, PASSWORD), &[OPS]);
        send_one(&channel).await.unwrap();
        let mail = server.next().await;
        assert_eq!(
            (&mail["is_tls"], &mail["login"]),
            (&json!(true), &json!(true)),
            "{tls}"
        );
        assert_eq!(mail["hello"], "web1.example.org");
    }
}

#[tokio::test]
async fn a_server_that_nobody_vouches_for_gets_nothing() {
    let server = Server::with("ok", "starttls", Some(PASSWORD)).await;
    let mut settings = protected(&server, Encryption::StartTls, PASSWORD);
    settings.ca_file = None;
    let why = why_later(send_one(&channel(settings, &[OPS])).await);
    assert!(
        why.contains("cannot prove who it is") && why.contains("SMTP_CA_FILE"),
        "{why}"
    );
    assert!(server.end().await.is_empty());
}

#[tokio::test]
async fn a_server_of_another_name_gets_nothing() {
    let server = Server::with("ok", "tls", Some(PASSWORD)).await;
    let mut settings = protected(&server, Encryption::Tls, PASSWORD);
    settings.host = "127.0.0.1".to_owned();
    let why = why_later(send_one(&channel(settings, &[OPS])).await);
    assert!(why.contains("cannot prove who it is"), "{why}");
}

#[tokio::test]
async fn without_starttls_nothing_is_sent() {
    let server = Server::start("ok").await;
    let settings = protected(&server, Encryption::StartTls, PASSWORD);
    let why = why_never(send_one(&channel(settings, &[OPS])).await);
    assert!(why.contains("offers no STARTTLS"), "{why}");
    assert!(server.end().await.is_empty());
}

#[tokio::test]
async fn a_wrong_password_is_told_with_its_cure_and_without_itself() {
    let server = Server::with("wrong", "starttls", Some(PASSWORD)).await;
    let channel = channel(
        protected(&server, Encryption::StartTls, "open-sesame"),
        &[OPS],
    );
    let why = why_never(send_one(&channel).await);
    assert!(
        why.contains("535") && why.contains("SMTP_PASSWORD_FILE"),
        "{why}"
    );
    assert!(!why.contains("open-sesame"), "{why}");
    assert!(!format!("{channel:?}").contains("open-sesame"));
}

#[tokio::test]
async fn a_server_that_repeats_the_password_makes_it_known_to_nobody() {
    let server = Server::with("echo", "tls", Some(PASSWORD)).await;
    let channel = channel(protected(&server, Encryption::Tls, PASSWORD), &[OPS]);
    let why = why_never(send_one(&channel).await);
    assert!(
        why.contains("[redacted]") && !why.contains(PASSWORD),
        "{why}"
    );
}

#[tokio::test]
async fn a_password_that_was_changed_is_taken_over() {
    let mut server = Server::with("ok", "starttls", Some(PASSWORD)).await;
    let settings = protected(&server, Encryption::StartTls, "old");
    let file = settings.password_file.clone().unwrap();
    let channel = channel(settings, &[OPS]);
    why_never(send_one(&channel).await);
    std::fs::write(&file, PASSWORD).unwrap();
    send_one(&channel).await.unwrap();
    assert_eq!(server.next().await["login"], json!(true));
    std::fs::rename(&file, file.with_extension("gone")).unwrap();
    let why = why_later(send_one(&channel).await);
    assert!(why.contains("SMTP_PASSWORD_FILE"), "{why}");
}
