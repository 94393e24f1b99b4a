//! Servers that do not take a mail at once: it arrives once, or is tried again, or is reported.

use super::*;

const BOTH: [&str; 2] = ["a@example.org", "b@example.org"];

fn recipients(mails: &[serde_json::Value]) -> Vec<String> {
    let mut all: Vec<String> = mails
        .iter()
        .flat_map(|mail| mail["to"].as_array().unwrap())
        .map(|address| address.as_str().unwrap().to_owned())
        .collect();
    all.sort();
    all
}

#[tokio::test]
async fn a_mail_arrives_once_at_each_recipient_and_the_answer_is_told() {
    let server = Server::start("ok").await;
    let channel = channel(settings(&server), &BOTH);
    let receipt = send_one(&channel).await.unwrap();
    assert_eq!(receipt.0, "250 2.0.0 queued as 4711");
    assert_eq!(recipients(&server.end().await), BOTH);
}

#[tokio::test]
async fn who_greylists_gets_it_later_and_nobody_gets_it_twice() {
    let server = Server::start("greylist").await;
    let channel = channel(settings(&server), &BOTH);
    let tries = Tries::default();
    let why = why_later(tries.send(&channel).await);
    assert!(why.contains("451 4.7.1 Greylisted"), "{why}");
    tries.send(&channel).await.unwrap();
    assert_eq!(recipients(&server.end().await), BOTH);
}

#[tokio::test]
async fn an_address_that_is_refused_keeps_nobody_else_from_being_told() {
    let server = Server::start("ok").await;
    let channel = channel(settings(&server), &["nobody@example.org", "b@example.org"]);
    let receipt = send_one(&channel).await.unwrap();
    assert!(
        receipt
            .0
            .contains("refused for nobody@example.org: 550 5.1.1 No such user"),
        "{}",
        receipt.0
    );
    assert_eq!(recipients(&server.end().await), ["b@example.org"]);
}

#[tokio::test]
async fn a_mail_that_nobody_takes_is_reported() {
    let server = Server::start("refuse").await;
    let channel = channel(settings(&server), &BOTH);
    let why = why_never(send_one(&channel).await);
    assert!(why.contains("554 5.7.1 Message refused"), "{why}");
    assert!(
        why.contains("a@example.org") && why.contains("b@example.org"),
        "{why}"
    );
    assert!(server.end().await.is_empty());
}

#[tokio::test]
async fn who_hangs_is_not_waited_for_and_gets_it_later() {
    for mode in ["hang", "silent"] {
        let server = Server::start(mode).await;
        let channel = channel(settings(&server), &BOTH);
        let tries = Tries::default();
        let why = why_later(tries.send(&channel).await);
        assert!(why.contains("took longer than 5 s"), "{mode}: {why}");
        tries.send(&channel).await.unwrap();
        assert_eq!(recipients(&server.end().await), BOTH, "{mode}");
    }
}

#[tokio::test]
async fn who_hangs_up_in_the_middle_of_a_mail_gets_it_whole_later() {
    let server = Server::start("drop").await;
    let channel = channel(settings(&server), &BOTH);
    let tries = Tries::default();
    why_later(tries.send(&channel).await);
    tries.send(&channel).await.unwrap();
    let mails = server.end().await;
    assert_eq!(recipients(&mails), BOTH);
    for mail in mails {
        assert_eq!(mail["mail"]["defects"], json!([]));
        let html = mail["mail"]["parts"][1]["text"].as_str().unwrap();
        assert!(html.trim_end().ends_with("</html>"), "{html}");
    }
}

/// What nobody can know: the server has it and hung up before it said so. Both have one id, by which they are known as one.
#[tokio::test]
async fn a_mail_that_was_taken_without_a_word_is_the_same_mail_when_it_comes_again() {
    let server = Server::start("swallow").await;
    let channel = channel(settings(&server), &["a@example.org"]);
    why_later(send_one(&channel).await);
    send_one(&channel).await.unwrap();
    let mails = server.end().await;
    assert_eq!(mails.len(), 2);
    let id = |mail: &serde_json::Value| content::header(&mail["mail"], "Message-ID");
    assert_eq!(id(&mails[0]), id(&mails[1]));
}

#[tokio::test]
async fn a_server_that_is_not_there_is_told_with_what_finds_out_more() {
    let server = Server::start("ok").await;
    let mut settings = settings(&server);
    server.end().await;
    settings.host = "127.0.0.1".to_owned();
    let why = why_later(send_one(&channel(settings, &BOTH)).await);
    assert!(
        why.contains("cannot be used now") && why.contains("nc -v 127.0.0.1"),
        "{why}"
    );
}
