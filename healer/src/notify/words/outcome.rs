//! How attempts and incidents stand: outcomes, news, severities.

use super::Reader;
use crate::incident::Severity;
use crate::notify::message::{HeldWhy, News};
use crate::notify::wording::Tone;
use crate::reason::Outcome;

/// How an attempt ended, after the colon that follows what was tried.
pub(super) fn outcome(reader: &Reader, outcome: Outcome) -> &'static str {
    let (english, french) = match outcome {
        Outcome::Success => (
            "done, and the check held",
            "effet confirmé par la vérification",
        ),
        Outcome::Failed => ("failed", "échec"),
        Outcome::Timeout => ("not finished within the time limit", "délai dépassé"),
        Outcome::NotVerified => (
            "done, but the check afterwards did not hold",
            "exécution terminée, mais la vérification n’est pas concluante",
        ),
        Outcome::Observed => (
            "only planned, nothing was touched",
            "simple prévision, rien n’a été touché",
        ),
        Outcome::Cancelled => ("cancelled before it acted", "annulation avant toute action"),
        Outcome::Unknown => ("it cannot be told how it ended", "issue inconnue"),
    };
    reader.say(english, french)
}

/// The colour of an attempt.
pub(super) const fn tone(outcome: Outcome) -> Tone {
    match outcome {
        Outcome::Success => Tone::Good,
        Outcome::Failed | Outcome::Timeout | Outcome::NotVerified | Outcome::Unknown => {
            Tone::Critical
        }
        Outcome::Observed | Outcome::Cancelled => Tone::Neutral,
    }
}

/// How an incident stands, after the colon in a list.
pub(super) fn news(reader: &Reader, news: News) -> &'static str {
    let (english, french) = match news {
        News::Began => ("not repaired yet", "pas encore réparé"),
        News::BeganAndRepaired | News::Repaired => ("repaired", "réparé"),
        News::Worsened => ("critical now", "désormais critique"),
        News::NotRepaired => (
            "not repaired, a person is needed",
            "non réparé, une intervention est nécessaire",
        ),
        News::AwaitingApproval => ("waits for a person’s answer", "en attente d’un accord"),
        News::Observed => (
            "observed only, nothing was done",
            "simple observation, rien n’a été fait",
        ),
        News::Ended => ("over", "terminé"),
        News::Relapsed => ("came again", "de nouveau en cours"),
    };
    reader.say(english, french)
}

/// The colour of news.
pub(super) const fn tone_of_news(news: News, severity: Severity) -> Tone {
    match news {
        News::BeganAndRepaired | News::Repaired | News::Ended => Tone::Good,
        News::Began
        | News::Worsened
        | News::NotRepaired
        | News::AwaitingApproval
        | News::Observed
        | News::Relapsed => Tone::of(severity),
    }
}

pub(crate) fn severity(reader: &Reader, severity: Severity) -> &'static str {
    let (english, french) = match severity {
        Severity::Critical => ("critical", "critique"),
        Severity::Warning => ("warning", "avertissement"),
        Severity::Info => ("information", "information"),
    };
    reader.say(english, french)
}

/// Why messages were held back, as the name of a figure.
pub(super) const fn held(why: HeldWhy) -> (&'static str, &'static str) {
    match why {
        HeldWhy::ReceiverLimit => (
            "Over your limit of messages",
            "Au-delà de votre limite de messages",
        ),
        HeldWhy::IncidentLimit => (
            "Over the limit of one incident",
            "Au-delà de la limite par incident",
        ),
        HeldWhy::Information => ("For your information", "Pour information"),
        HeldWhy::QuietHours => ("In quiet hours", "Pendant les heures calmes"),
        HeldWhy::Late => (
            "Long past when it could be told",
            "Trop ancien pour être annoncé",
        ),
    }
}

/// In front of subjects.
pub(super) const fn sign(news: News, severity: Severity) -> &'static str {
    match news {
        News::BeganAndRepaired | News::Repaired | News::Ended => "✅",
        News::AwaitingApproval => "❓",
        News::NotRepaired => "🚨",
        News::Began | News::Worsened | News::Observed | News::Relapsed => match severity {
            Severity::Critical => "🚨",
            Severity::Warning => "⚠️",
            Severity::Info => "ℹ️",
        },
    }
}
