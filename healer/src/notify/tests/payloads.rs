//! Every sample, in both languages and with all that can stand in a name, is taken by each chat's server. With
//! `PRUNELLE_PAYLOADS` naming a folder, the bodies are kept there, for `tests/services/check.sh` to hold against what
//! the services publish.

use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

use super::kit::{self, Service};
use super::{discord, mattermost, ntfy, slack, teams};
use crate::notify::channel::Channel;
use crate::notify::message::Message;
use crate::notify::samples;
use crate::notify::wording::Wording;
use crate::notify::words::word;
use crate::policy::{Integration, Language, PostAddress};

/// What may stand where an ordinary sample says `nginx.service`.
fn spellings() -> [(&'static str, String); 5] {
    [
        ("ordinary", "nginx.service".to_owned()),
        ("long", format!("{}.service", "a".repeat(112))),
        (
            "special",
            "<a>&b@c*d_e`f\"g\\h\ni\tj|k~l[m](n)#o 🔥 é 日本".to_owned(),
        ),
        ("hostile", kit::HOSTILE.to_owned()),
        ("longest", "🔥<&*\"\\\n".repeat(2000)),
    ]
}

/// The words of every sample, each with its name.
fn every_wording() -> Vec<(String, Wording)> {
    let mut all = vec![
        ("kit-plain".to_owned(), kit::wording()),
        ("kit-hostile".to_owned(), kit::hostile()),
        ("kit-huge".to_owned(), kit::huge()),
        // What JSON writes as two bytes, and what Markdown and entities write as several.
        ("kit-quoted".to_owned(), kit::huge_of("\"\\\n")),
        ("kit-escaped".to_owned(), kit::huge_of("&<>*_`")),
        ("kit-newlines".to_owned(), kit::huge_of("\n")),
        ("kit-empty".to_owned(), kit::empty()),
    ];
    for (kind, name) in spellings() {
        for (language, code) in [(Language::English, "en"), (Language::French, "fr")] {
            for (sample, message) in samples::all() {
                let message = respelled(&message, &name);
                let wording = word(&message, &samples::reader(language), &samples::about());
                let sample = sample.replace(", ", "-").replace(' ', "-");
                all.push((format!("{kind}-{code}-{sample}"), wording));
            }
        }
    }
    all
}

fn respelled(message: &Message, name: &str) -> Message {
    let mut value = serde_json::to_value(message).unwrap();
    respell(&mut value, name);
    serde_json::from_value(value).unwrap()
}

fn respell(value: &mut Value, name: &str) {
    match value {
        // A target says what kind it is before its name.
        Value::String(text) => *text = text.replace("nginx.service", name),
        Value::Array(items) => items.iter_mut().for_each(|item| respell(item, name)),
        Value::Object(members) => members
            .values_mut()
            .for_each(|member| respell(member, name)),
        _ => {}
    }
}

#[tokio::test]
async fn slack_takes_every_payload() {
    let integration = |file: &Path| slack::slack(Some("#ops"))(file);
    taken("slack", slack::PATH, slack::service(), integration).await;
}

#[tokio::test]
async fn teams_takes_every_payload() {
    taken("teams", teams::PATH, teams::service(), teams::teams).await;
}

#[tokio::test]
async fn discord_takes_every_payload() {
    taken(
        "discord",
        discord::PATH,
        discord::service(),
        discord::discord,
    )
    .await;
}

#[tokio::test]
async fn mattermost_takes_every_payload() {
    let integration = |file: &Path| mattermost::mattermost(Some("#town-square"))(file);
    let (path, service) = (mattermost::PATH, mattermost::service());
    taken("mattermost", path, service, integration).await;
}

#[tokio::test]
async fn ntfy_takes_every_payload() {
    let integration = |file: &Path| Integration::Ntfy {
        to: PostAddress::InFile(file.to_owned()),
        token_file: None,
        priority: None,
        tags: vec!["server".to_owned()],
    };
    let server = kit::serve("/", ntfy::service()).await;
    let (_folder, file) = kit::file(&format!("{}/alerts", server.uri()));
    let channel = kit::made(integration(&file)).unwrap();
    all_sent("ntfy", &server, &channel).await;
}

async fn taken(
    name: &str,
    path: &str,
    service: Service,
    integration: impl FnOnce(&Path) -> Integration,
) {
    let server = kit::serve(path, service).await;
    let (_folder, file) = kit::file(&format!("{}{path}", server.uri()));
    let channel = kit::made(integration(&file)).unwrap();
    all_sent(name, &server, &channel).await;
}

async fn all_sent(name: &str, server: &wiremock::MockServer, channel: &Arc<dyn Channel>) {
    let wordings = every_wording();
    for (sample, wording) in &wordings {
        let sent = kit::send(channel, wording).await;
        assert!(sent.is_ok(), "{sample}: {sent:?}");
    }
    let bodies = kit::bodies(server).await;
    assert_eq!(bodies.len(), wordings.len());
    if let Some(folder) = std::env::var_os("PRUNELLE_PAYLOADS") {
        let folder = Path::new(&folder).join(name);
        std::fs::create_dir_all(&folder).unwrap();
        for ((sample, _), body) in wordings.iter().zip(&bodies) {
            std::fs::write(folder.join(format!("{sample}.json")), body.to_string()).unwrap();
        }
    }
}
