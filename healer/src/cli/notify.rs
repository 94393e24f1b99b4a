//! `notify`: who can be told and by which ways, and whether a message arrives there.

use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Subcommand;
use prunelle_foundation::clock::{SharedClock, SystemClock};
use prunelle_foundation::lifecycle::{self, Lifecycle};
use serde::Serialize;

use super::client::{self, ClientError};
use super::{OutputFlags, said};
use crate::notify::channels::Makings;
use crate::notify::mail::MailMakings;
use crate::notify::trying::{self, TestRequest, TestResult};
use crate::policy::{Integration, Policy, Receiver, load};
use crate::run::hostname;
use crate::settings::{Flags, mail, policy_file, runtime_path, socket};

/// Commands about telling people.
#[derive(Debug, Subcommand)]
pub(super) enum NotifyCommand {
    /// Send a sample to a receiver, and show what the other side answers; exit code 1 when a way fails
    Test {
        /// Its name in the policy
        receiver: String,
        /// By one way only: email, slack, teams, discord, mattermost, ntfy or webhook
        #[arg(long, value_name = "KIND")]
        integration: Option<String>,
        #[command(flatten)]
        output: OutputFlags,
    },
    /// Show who can be told, and by which ways
    List {
        #[command(flatten)]
        output: OutputFlags,
    },
}

impl NotifyCommand {
    pub(super) fn run(self, flags: &Flags) -> anyhow::Result<(String, ExitCode)> {
        let socket = socket(&runtime_path(flags));
        let policy = policy_file(flags);
        match self {
            Self::Test {
                receiver,
                integration,
                output,
            } => {
                let request = TestRequest {
                    receiver,
                    integration,
                };
                let result = lifecycle::block_on(1, test(&socket, &policy, flags, &request))??;
                let code = if result.is_sent() {
                    ExitCode::SUCCESS
                } else {
                    ExitCode::FAILURE
                };
                Ok((said(&result, output.json, trying::text), code))
            }
            Self::List { output } => {
                let of_settings = mail(flags)?.receiver();
                let listed = listed(&load::read(&policy)?, of_settings.as_ref());
                Ok((
                    said(&listed, output.json, |all| text(all)),
                    ExitCode::SUCCESS,
                ))
            }
        }
    }
}

/// By the daemon, whose user and files count; without one, from here.
async fn test(
    socket: &Path,
    policy: &Path,
    flags: &Flags,
    request: &TestRequest,
) -> anyhow::Result<TestResult> {
    match client::notify_test(socket, request).await {
        Err(ClientError::NotRunning(_)) => {
            let policy = load::read(policy)?;
            let clock: SharedClock = Arc::new(SystemClock::new()?);
            let lifecycle = Lifecycle::new();
            let makings = Makings {
                clock,
                tasks: lifecycle.tasks(),
                mail: MailMakings::new(mail(flags)?, hostname()),
            };
            let tested = trying::test(&policy, request, &makings).await;
            Ok(tested.map_err(|error| ClientError::Misused(error.to_string()))?)
        }
        answered => Ok(answered?),
    }
}

/// A receiver in a list.
#[derive(Serialize)]
struct Listed {
    receiver: String,
    ways: Vec<&'static str>,
    language: Option<&'static str>,
    rules: Vec<String>,
}

/// Those of the policy, and the one that `EMAIL_TO` makes.
fn listed(policy: &Policy, of_settings: Option<&Receiver>) -> Vec<Listed> {
    let receivers = policy.receivers.iter().chain(of_settings);
    receivers
        .map(|receiver| Listed {
            receiver: receiver.name.clone(),
            ways: receiver
                .integrations
                .iter()
                .map(Integration::kind)
                .collect(),
            language: receiver.language.map(crate::policy::Language::as_str),
            rules: policy
                .rules
                .iter()
                .filter(|rule| rule.receivers.contains(&receiver.name))
                .map(|rule| rule.name.clone())
                .collect(),
        })
        .collect()
}

fn text(receivers: &[Listed]) -> String {
    if receivers.is_empty() {
        return "nobody can be told: the policy has no `receivers`, and EMAIL_TO makes none"
            .to_owned();
    }
    let mut text = String::new();
    for one in receivers {
        // Writing to a string cannot fail.
        let _ = write!(text, "{}: {}", one.receiver, one.ways.join(", "));
        if let Some(language) = one.language {
            let _ = write!(text, "; in {language}");
        }
        if !one.rules.is_empty() {
            let _ = write!(text, "; when in vain: {}", one.rules.join(", "));
        }
        text.push('\n');
    }
    text.truncate(text.trim_end().len());
    text
}
