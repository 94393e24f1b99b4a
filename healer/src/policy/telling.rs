//! Who is told, how often, in which language: the policy's `receivers` and `notify`.

use std::path::PathBuf;
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
    },
    /// A topic of ntfy.
    Ntfy {
        /// The topic's address.
        url: String,
        /// Holds an access token.
        token_file: Option<PathBuf>,
    },
    /// Any program that takes a POST.
    Webhook {
        /// Where to.
        url: String,
        /// Holds the key of the HMAC signature; none is not signed.
        secret_file: Option<PathBuf>,
        /// The body's template; none: the message as JSON.
        template_file: Option<PathBuf>,
    },
}

impl Integration {
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
