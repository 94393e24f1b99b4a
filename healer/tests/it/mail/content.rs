//! What arrives, as a parser that is not ours reads it.

use prunelle_healer::notify::wording::Attachment;
use serde_json::Value;

use super::*;

/// All values of a header, one behind the other.
pub(super) fn header(mail: &Value, name: &str) -> String {
    mail["headers"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|header| header[0].as_str().unwrap().eq_ignore_ascii_case(name))
        .map(|header| header[1].as_str().unwrap())
        .collect::<Vec<_>>()
        .join(" | ")
}

fn text(mail: &Value, part: usize) -> &str {
    mail["parts"][part]["text"].as_str().unwrap()
}

#[tokio::test]
async fn a_mail_has_html_and_its_twin_and_is_read_without_a_defect() {
    let mut server = Server::start("ok").await;
    let channel = channel(settings(&server), &[OPS, "b@example.org"]);
    for (language, subject) in [
        (
            Language::English,
            "🚨 Not repaired: nginx.service is down on web1",
        ),
        (
            Language::French,
            "🚨 Échec de la réparation\u{a0}: nginx.service est à l’arrêt sur web1",
        ),
    ] {
        let message = news(News::NotRepaired, "nginx.service", 1);
        let wording = worded(&message, language);
        send(&channel, &message, &wording).await.unwrap();
        let mail = &server.next().await["mail"];
        server.next().await;
        assert_eq!(mail["defects"], json!([]));
        assert_eq!(mail["is_ascii"], true);
        assert!(
            mail["longest_line"].as_u64().unwrap() <= 998,
            "{}",
            mail["longest_line"]
        );
        assert_eq!(
            mail["structure"],
            json!(["multipart/alternative", "text/plain", "text/html"])
        );
        for part in mail["parts"].as_array().unwrap() {
            assert_eq!(part["charset"], "utf-8");
        }
        assert_eq!(header(mail, "Subject"), subject);
        assert_eq!(header(mail, "Content-Language"), language.as_str());
        assert_eq!(
            header(mail, "To"),
            "Équipe Ops <ops@example.org>, b@example.org"
        );
        assert_eq!(header(mail, "From"), "Prunelle <prunelle@example.org>");
        assert_eq!(header(mail, "Date"), "Tue, 24 Nov 2026 15:43:17 +0000");
        assert_eq!(header(mail, "Auto-Submitted"), "auto-generated");
        assert_eq!(header(mail, "Importance"), "high");
        assert_eq!(header(mail, "X-Prunelle-Alert"), "ServiceDown");
        let (twin, html) = (text(mail, 0), text(mail, 1));
        for fact in &wording.facts {
            assert!(twin.contains(&fact.value), "{} in {twin}", fact.value);
            assert!(html.contains(&fact.value), "{} in {html}", fact.value);
        }
        assert!(twin.contains(wording.next.as_deref().unwrap()), "{twin}");
        assert!(html.contains(&format!("<html lang=\"{}\"", language.as_str())));
        assert!(html.contains("prefers-color-scheme: dark"));
        assert!(
            html.contains("journalctl -u nginx.service -e</code>"),
            "{html}"
        );
        for remote in ["<img", "<script", "src=", "url(", "@import", "<link"] {
            assert!(!html.contains(remote), "{remote} in {html}");
        }
    }
}

#[tokio::test]
async fn all_mails_of_an_incident_are_one_thread() {
    let mut server = Server::start("ok").await;
    let channel = channel(settings(&server), &[OPS]);
    let mut mails = Vec::new();
    for (number, told) in [
        (0, News::Began),
        (1, News::NotRepaired),
        (2, News::Repaired),
    ] {
        let message = news(told, "nginx.service", number);
        send(&channel, &message, &worded(&message, Language::English))
            .await
            .unwrap();
        mails.push(server.next().await["mail"].clone());
    }
    let root = "<incident.00112233aabbccdd-7@web1.example.org>";
    for (number, mail) in mails.iter().enumerate() {
        assert_eq!(header(mail, "References"), root);
        let answered = if number == 0 { "" } else { root };
        assert_eq!(header(mail, "In-Reply-To"), answered);
        assert_eq!(
            header(mail, "Message-ID"),
            format!("<0192-web1.{number}@web1.example.org>")
        );
    }
    assert_eq!(header(&mails[2], "Importance"), "normal");
}

#[tokio::test]
async fn labels_write_no_headers_and_no_html() {
    let mut server = Server::start("ok").await;
    let channel = channel(settings(&server), &[OPS]);
    let name = "x\r\nBcc: all@example.org\r\n\r\n<script>alert(1)</script><img src=x>\"'&";
    let mut message = news(News::NotRepaired, name, 1);
    if let Content::Incident(told) = &mut message.content {
        told.incident.alert = "Odd\r\nReply-To: all@example.org".to_owned();
    }
    let mut wording = worded(&message, Language::French);
    // What did not pass through the words is kept out as well.
    wording.subject = format!("é {name}");
    send(&channel, &message, &wording).await.unwrap();
    let mail = &server.next().await["mail"];
    assert_eq!(mail["defects"], json!([]));
    for name in ["Bcc", "Reply-To"] {
        assert_eq!(header(mail, name), "");
    }
    assert_eq!(mail["parts"].as_array().unwrap().len(), 2);
    let html = text(mail, 1);
    assert!(
        !html.contains("<script") && !html.contains("<img"),
        "{html}"
    );
    assert!(html.contains("&#60;script&#62;"), "{html}");
}

#[tokio::test]
async fn files_go_along_with_their_names() {
    let mut server = Server::start("ok").await;
    let channel = channel(settings(&server), &[OPS]);
    let message = Message {
        content: Content::Test,
        ..news(News::Began, "nginx.service", 0)
    };
    let mut wording = worded(&message, Language::French);
    let bytes: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    wording.attachments.push(Attachment {
        name: "rapport d’été.pdf".to_owned(),
        content_type: "application/pdf".to_owned(),
        bytes,
    });
    send(&channel, &message, &wording).await.unwrap();
    let mail = &server.next().await["mail"];
    assert_eq!(mail["defects"], json!([]));
    assert_eq!(
        mail["structure"],
        json!([
            "multipart/mixed",
            "multipart/alternative",
            "text/plain",
            "text/html",
            "application/pdf"
        ])
    );
    let file = &mail["parts"][2];
    assert_eq!(file["name"], "rapport d’été.pdf");
    assert_eq!(
        (&file["bytes"], &file["disposition"]),
        (&json!(100_000), &json!("attachment"))
    );
    assert_eq!(header(mail, "References"), "");
}
