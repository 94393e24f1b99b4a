//! Who is told, how often, in which language: the policy's `receivers` and `notify`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Matcher, TimeInterval};

/// Somebody who can be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receiver {
    /// Unique.
    pub name: String,
    /// None: as `notify` says.
    pub language: Option<Language>,
    /// None: as `notify` says.
    pub limit: Option<MessageLimit>,
    /// At least one; every message goes to each.
    pub integrations: Vec<Integration>,
}

/// A language that messages are written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Language {
    /// `en`
    #[default]
    English,
    /// `fr`
    French,
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::English, Self::French];

    /// As in the policy.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::French => "fr",
        }
    }
}

/// One way to a receiver. Secrets are in files, read when the channel is made, and never part of the policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Integration {
    /// Mail, by the SMTP server of the settings.
    Email {
        /// Addresses.
        to: Vec<String>,
    },
    /// Slack's incoming webhook.
    Slack {
        /// Holds the webhook's address, which is a secret.
        url_file: PathBuf,
        /// Another channel than the webhook's own, which only webhooks of the old kind allow.
        channel: Option<String>,
    },
    /// Microsoft Teams, by a workflow's webhook.
    Teams {
        /// Holds the webhook's address, which is a secret.
        url_file: PathBuf,
    },
    /// Discord's webhook.
    Discord {
        /// Holds the webhook's address, which is a secret.
        url_file: PathBuf,
    },
    /// Mattermost's incoming webhook.
    Mattermost {
        /// Holds the webhook's address, which is a secret.
        url_file: PathBuf,
        /// Another channel than the webhook's own.
        channel: Option<String>,
    },
    /// A topic of ntfy.
    Ntfy {
        /// The topic's address; on a public server the topic itself is the secret.
        to: PostAddress,
        /// Holds an access token.
        token_file: Option<PathBuf>,
        /// 1 to 5; none: by how bad it is.
        priority: Option<u8>,
        /// Beside those that say how bad it is.
        tags: Vec<String>,
    },
    /// Any program that takes a POST.
    Webhook {
        /// Where to.
        to: PostAddress,
        /// Holds a token that is sent as `Authorization: Bearer`.
        token_file: Option<PathBuf>,
        /// Holds the key of the HMAC signature; none is not signed.
        secret_file: Option<PathBuf>,
        /// The body's template; none: the message as JSON.
        template_file: Option<PathBuf>,
        /// More headers, none of them a secret.
        headers: BTreeMap<String, String>,
    },
}

/// Where messages are posted to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PostAddress {
    /// `http` or `https`, without credentials.
    Written(String),
    /// A file holds it, because it is a secret.
    InFile(PathBuf),
}

impl Integration {
    /// The word for each kind, as in the policy and in metrics.
    pub const KINDS: [&'static str; 7] = [
        "email",
        "slack",
        "teams",
        "discord",
        "mattermost",
        "ntfy",
        "webhook",
    ];

    /// As in the policy and in metrics.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Email { .. } => "email",
            Self::Slack { .. } => "slack",
            Self::Teams { .. } => "teams",
            Self::Discord { .. } => "discord",
            Self::Mattermost { .. } => "mattermost",
            Self::Ntfy { .. } => "ntfy",
            Self::Webhook { .. } => "webhook",
        }
    }

    /// The files that hold its secrets, each with its key in the policy.
    pub fn secret_files(&self) -> Vec<(&'static str, &Path)> {
        let files = match self {
            Self::Email { .. } => Vec::new(),
            Self::Slack { url_file, .. }
            | Self::Teams { url_file }
            | Self::Discord { url_file }
            | Self::Mattermost { url_file, .. } => vec![("url_file", Some(url_file))],
            Self::Ntfy { to, token_file, .. } => {
                vec![("url_file", to.file()), ("token_file", token_file.as_ref())]
            }
            Self::Webhook {
                to,
                token_file,
                secret_file,
                ..
            } => vec![
                ("url_file", to.file()),
                ("token_file", token_file.as_ref()),
                ("secret_file", secret_file.as_ref()),
            ],
        };
        let given = files.into_iter();
        given
            .filter_map(|(key, file)| Some((key, file?.as_path())))
            .collect()
    }
}

impl PostAddress {
    /// The file that holds it.
    pub const fn file(&self) -> Option<&PathBuf> {
        match self {
            Self::Written(_) => None,
            Self::InFile(file) => Some(file),
        }
    }
}

/// So many messages in any stretch of so long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageLimit {
    /// At least 1.
    pub max: u32,
    /// The stretch.
    pub per: Duration,
}

/// What is told to whom, and when.
#[derive(Clone, Debug)]
pub struct Telling {
    /// Of messages.
    pub language: Language,
    /// IANA name of the zone that times are told in, beside UTC; none: the machine's.
    pub time_zone: Option<String>,
    /// How long a critical incident is held back, so that a quick repair is told in the same message.
    pub hold_critical: Duration,
    /// The same for others; one that becomes critical meanwhile is told at once, in one message.
    pub hold_warning: Duration,
    /// How long what is alike is gathered after a message about the same alert name.
    pub gather: Duration,
    /// Of one receiver.
    pub limit: MessageLimit,
    /// Of one incident, at one receiver.
    pub incident_limit: MessageLimit,
    /// When only what is critical is told.
    pub quiet_hours: Vec<TimeInterval>,
    /// How often a receiver is told what was held back, when something was.
    pub digest_every: Duration,
    /// The first that fits decides, unless it says `continue`; none: every receiver is told everything.
    pub routes: Vec<Route>,
    /// A report that is sent regularly.
    pub report: Option<ScheduledReport>,
}

impl Default for Telling {
    fn default() -> Self {
        Self {
            language: Language::default(),
            time_zone: None,
            hold_critical: Duration::from_secs(5),
            hold_warning: Duration::from_secs(30),
            gather: Duration::from_secs(30),
            limit: MessageLimit {
                max: 30,
                per: Duration::from_mins(10),
            },
            incident_limit: MessageLimit {
                max: 6,
                per: Duration::from_hours(1),
            },
            quiet_hours: Vec::new(),
            digest_every: Duration::from_hours(1),
            routes: Vec::new(),
            report: None,
        }
    }
}

/// Whom news go to. Matchers see the alert's labels, with `severity` as the worst so far and `outcome` as the news.
#[derive(Clone, Debug)]
pub struct Route {
    /// All must hold.
    pub matchers: Vec<Matcher>,
    /// Names; none: nobody is told.
    pub receivers: Vec<String>,
    /// Whether routes after it are asked as well.
    pub is_continued: bool,
}

/// A report that is sent regularly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduledReport {
    /// How long a period it covers.
    pub every: ReportPeriod,
    /// Names; only mail carries it.
    pub receivers: Vec<String>,
}

/// How often a report is due: in the morning after the period's end, local time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportPeriod {
    /// `day`
    Day,
    /// `week`
    Week,
    /// `month`
    Month,
}

impl ReportPeriod {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Day, Self::Week, Self::Month];

    /// As in the policy.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }
}
