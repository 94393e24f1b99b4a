//! The channels that the policy's receivers come to: one for each integration of each receiver.
//!
//! Built at the start and whenever another policy is put in force. What cannot be built (a file with a secret is
//! missing) does not keep the policy from being used: messages to it wait, with the reason shown, until a reload mends it.

use std::collections::BTreeMap;
use std::sync::Arc;

use prunelle_foundation::clock::SharedClock;
use prunelle_foundation::lifecycle::Tasks;

use super::channel::Channel;
use super::mail::MailMakings;
use super::{discord, mail, mattermost, ntfy, slack, teams, webhook};
use crate::causes::with_causes;
use crate::policy::{Integration, Receiver};

/// What channels are made with, beside what the policy says.
#[derive(Clone, Debug)]
pub struct Makings {
    /// The time.
    pub clock: SharedClock,
    /// What runs work that blocks.
    pub tasks: Tasks,
    /// How mail is sent.
    pub mail: MailMakings,
}

/// A channel, or why there is none, in words without secrets.
pub type Made = Result<Arc<dyn Channel>, String>;

/// Names one: the receiver, and the kind of its integration.
pub type ChannelKey = (String, &'static str);

/// All of them.
#[derive(Clone, Debug, Default)]
pub struct Channels(BTreeMap<ChannelKey, Made>);

impl FromIterator<(ChannelKey, Made)> for Channels {
    fn from_iter<I: IntoIterator<Item = (ChannelKey, Made)>>(channels: I) -> Self {
        Self(channels.into_iter().collect())
    }
}

impl Channels {
    /// Each with its name.
    pub fn iter(&self) -> impl Iterator<Item = (&ChannelKey, &Made)> {
        self.0.iter()
    }

    /// The one of a receiver's integration.
    pub fn get(&self, receiver: &str, kind: &'static str) -> Option<&Made> {
        self.0.get(&(receiver.to_owned(), kind))
    }
}

/// Makes the channels of all receivers.
pub fn build(receivers: &[Receiver], makings: &Makings) -> Channels {
    let of = |receiver: &Receiver, integration: &Integration| {
        let key = (receiver.name.clone(), integration.kind());
        (key, make(receiver, integration, makings))
    };
    receivers
        .iter()
        .flat_map(|receiver| {
            receiver
                .integrations
                .iter()
                .map(move |integration| of(receiver, integration))
        })
        .collect()
}

/// One line for each kind.
fn make(_receiver: &Receiver, integration: &Integration, makings: &Makings) -> Made {
    let made = match integration {
        Integration::Email { to } => return mail::channel(to, &makings.mail, &makings.tasks),
        Integration::Slack { url_file, channel } => slack::channel(url_file, channel.clone()),
        Integration::Teams { url_file } => teams::channel(url_file),
        Integration::Discord { url_file } => discord::channel(url_file),
        Integration::Mattermost { url_file, channel } => {
            mattermost::channel(url_file, channel.clone())
        }
        Integration::Ntfy {
            to,
            token_file,
            priority,
            tags,
        } => ntfy::channel(to, token_file.as_deref(), *priority, tags),
        Integration::Webhook {
            to,
            token_file,
            secret_file,
            template_file,
            headers,
        } => {
            let made = webhook::Made {
                to,
                token_file: token_file.as_deref(),
                secret_file: secret_file.as_deref(),
                template_file: template_file.as_deref(),
                headers,
            };
            webhook::channel(&made, &makings.clock)
        }
    };
    made.map_err(|error| with_causes(&error))
}
