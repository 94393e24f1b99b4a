//! No secret of a channel is in what it answers, fails with, or shows of itself, not even when the other side repeats it.

use std::collections::BTreeMap;

use wiremock::matchers::method;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use super::kit;
use crate::policy::{Integration, PostAddress};

const CANARIES: [&str; 4] = [
    "CANARYurlCANARY",
    "CANARYqueryCANARY",
    "CANARYtokenCANARY",
    "CANARYkeyCANARY",
];

/// Repeats all that it got, as a careless server's error page does.
fn repeat(status: u16) -> impl Fn(&Request) -> ResponseTemplate {
    move |request: &Request| {
        let headers: Vec<String> = request
            .headers
            .iter()
            .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
            .collect();
        // Whom it signs for, this server knows the key as well.
        let is_signed = request.headers.contains_key("x-prunelle-signature");
        let key = if is_signed { "CANARYkeyCANARY" } else { "" };
        ResponseTemplate::new(status)
            .insert_header("location", request.url.as_str())
            .set_body_string(format!("{key} {} {}", request.url, headers.join(" ")))
    }
}

fn integrations(uri: &str) -> (Vec<tempfile::TempDir>, Vec<Integration>) {
    let url = format!("{uri}/services/CANARYurlCANARY?sig=CANARYqueryCANARY");
    let (url_folder, url_file) = kit::file(&url);
    let (topic_folder, topic_file) = kit::file(&format!("{uri}/CANARYurlCANARY"));
    let (token_folder, token_file) = kit::file("CANARYtokenCANARY");
    let (key_folder, key_file) = kit::file("CANARYkeyCANARY");
    let all = vec![
        Integration::Slack {
            url_file: url_file.clone(),
            channel: None,
        },
        Integration::Teams {
            url_file: url_file.clone(),
        },
        Integration::Discord {
            url_file: url_file.clone(),
        },
        Integration::Mattermost {
            url_file: url_file.clone(),
            channel: None,
        },
        Integration::Ntfy {
            to: PostAddress::InFile(topic_file),
            token_file: Some(token_file.clone()),
            priority: None,
            tags: Vec::new(),
        },
        Integration::Webhook {
            to: PostAddress::InFile(url_file),
            token_file: Some(token_file),
            secret_file: Some(key_file),
            template_file: None,
            headers: BTreeMap::new(),
        },
    ];
    (
        vec![url_folder, topic_folder, token_folder, key_folder],
        all,
    )
}

#[tokio::test]
async fn no_answer_error_or_debug_shows_a_secret() {
    let mut shown = Vec::new();
    for status in [200, 302, 400, 401, 404, 429, 500] {
        let server = MockServer::start().await;
        Mock::given(method("POST"))
            .respond_with(repeat(status))
            .mount(&server)
            .await;
        let (_folders, integrations) = integrations(&server.uri());
        for integration in integrations {
            let kind = integration.kind();
            shown.push(format!("{integration:?}"));
            let channel = kit::made(integration).unwrap();
            let sent = kit::send(&channel, &kit::wording()).await;
            shown.push(format!("{kind} {status} {channel:?} {sent:?}"));
            if let Err(error) = sent {
                shown.push(format!("{error} {error:#?}"));
            }
        }
        let requests = server.received_requests().await.unwrap();
        assert_eq!(requests.len(), 6, "each secret was really used");
        assert!(requests[0].url.as_str().contains("CANARYquery"));
    }
    // Nobody listens there.
    let (_folders, integrations) = integrations("http://127.0.0.1:1");
    for integration in integrations {
        let channel = kit::made(integration).unwrap();
        shown.push(format!("{:?}", kit::send(&channel, &kit::wording()).await));
    }
    assert!(
        shown.iter().any(|text| text.contains("[redacted]")),
        "something was repeated"
    );
    for text in &shown {
        for canary in CANARIES {
            assert!(!text.contains(canary), "{text}");
        }
    }
}
