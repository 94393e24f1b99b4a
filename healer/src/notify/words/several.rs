//! Messages about no single incident: what is alike, digests, reports, and the sample.

use jiff::{SignedDuration, Timestamp};

use super::links::{before, overview};
use super::outcome::{held, news, severity, tone_of_news};
use super::plain::{capital, line, quoted};
use super::{About, Reader, count};
use crate::incident::Severity;
use crate::notify::message::{Digest, Gathered, Line, News, ReportNotice, Undelivered};
use crate::notify::wording::{Fact, Item, Tone, Wording};
use crate::policy::Language;

pub(super) fn gathered(
    gathered: &Gathered,
    created: Timestamp,
    reader: &Reader,
    about: &About,
) -> Wording {
    // Those of one alert have the same news; those of several are what is critical.
    let told = match (&gathered.alert, gathered.lines.first()) {
        (Some(_), Some(line)) => line.news,
        (None, _) | (_, None) => News::Began,
    };
    let tone = tone_of_news(told, gathered.severity);
    let sign = super::outcome::sign(told, gathered.severity);
    let host = line(&about.hostname);
    let incidents = reader.count(gathered.total, count::INCIDENT);
    let how = news(reader, told);
    let mut facts = vec![reader.fact("Host", "Machine", host.clone())];
    let (subject, lead) = match (&gathered.alert, reader.language) {
        (Some(alert), language) => {
            let alert = line(alert);
            facts.push(reader.fact("Alert", "Alerte", alert.clone()));
            match language {
                Language::English => (
                    format!("{sign} {incidents} of {alert} on {host}: {how}"),
                    format!(
                        "{incidents} of the alert {alert} came within a short time and are told together ({how})."
                    ),
                ),
                Language::French => (
                    format!("{sign} {incidents} {alert} sur {host}\u{a0}: {how}"),
                    format!(
                        "{incidents} de l’alerte {alert} en peu de temps, réunis dans un seul message ({how})."
                    ),
                ),
            }
        }
        (None, Language::English) => (
            format!("{sign} {incidents} on {host} at once"),
            format!("{incidents} came within a short time and are told together."),
        ),
        (None, Language::French) => (
            format!("{sign} {incidents} à la fois sur {host}"),
            format!("{incidents} en peu de temps, réunis dans un seul message."),
        ),
    };
    facts.push(reader.fact(
        "Severity",
        "Gravité",
        capital(severity(reader, gathered.severity)),
    ));
    let begins = gathered.lines.iter().map(|line| line.began);
    let time = begins.min().map(|first| (before(first), created));
    Wording {
        lead: with_rest(lead, gathered.total, gathered.lines.len(), reader),
        facts,
        items: items(&gathered.lines, created, reader),
        links: overview(reader, about, time),
        ..blank(subject, tone, reader, about)
    }
}

pub(super) fn digest(
    digest: &Digest,
    created: Timestamp,
    reader: &Reader,
    about: &About,
) -> Wording {
    let host = line(&about.hostname);
    let messages = reader.count(digest.total, count::MESSAGE);
    let since = reader.moment(digest.since);
    let subject = match reader.language {
        Language::English => format!(
            "📋 {messages} held back on {host} since {}",
            since.clock_after(created)
        ),
        Language::French => {
            format!(
                "📋 {messages} de {host} regroupés depuis {}",
                since.clock_after(created)
            )
        }
    };
    let lead = match reader.language {
        Language::English => format!(
            "So as not to flood you, {messages} were held back since {}. This is all of them in figures, and the newest by name.",
            since.full()
        ),
        Language::French => format!(
            "Pour ne pas vous submerger, {messages} n’ont pas été envoyés séparément depuis le {}. En voici le décompte complet, et le détail des plus récents.",
            since.full()
        )
        .replace("1\u{a0}message n’ont pas été envoyés", "1\u{a0}message n’a pas été envoyé"),
    };
    let mut facts = vec![reader.fact("Host", "Machine", host)];
    facts.extend(digest.held.iter().map(|(why, number)| {
        let (english, french) = held(*why);
        reader.fact(english, french, number.to_string())
    }));
    facts.extend(digest.by_alert.iter().map(|(alert, number)| Fact {
        label: line(alert),
        value: reader.count(*number, count::INCIDENT),
    }));
    facts.extend(
        digest
            .undelivered
            .iter()
            .map(|lost| not_delivered(lost, reader)),
    );
    Wording {
        lead,
        facts,
        items: items(&digest.lines, created, reader),
        links: overview(reader, about, Some((digest.since, created))),
        ..blank(subject, Tone::Neutral, reader, about)
    }
}

/// What somebody else has missed.
fn not_delivered(lost: &Undelivered, reader: &Reader) -> Fact {
    let (receiver, integration) = (line(&lost.receiver), line(&lost.integration));
    let messages = reader.count(lost.total, count::MESSAGE);
    Fact {
        label: match reader.language {
            Language::English => format!("Not delivered to {receiver} ({integration})"),
            Language::French => format!("Non remis à {receiver} ({integration})"),
        },
        value: format!("{messages}{}{}", reader.colon(), quoted(&lost.why, reader)),
    }
}

pub(super) fn report(notice: &ReportNotice, reader: &Reader, about: &About) -> Wording {
    let host = line(&about.hostname);
    let (since, until) = (reader.moment(notice.since), reader.moment(notice.until));
    // A period that ends at midnight has the day before as its last.
    let last = notice.until.checked_sub(SignedDuration::from_secs(1));
    let last = reader.moment(last.unwrap_or(notice.until));
    let (subject, lead) = match reader.language {
        Language::English => (
            format!(
                "📊 Incident report of {host}: {} to {}",
                since.day(),
                last.day()
            ),
            format!(
                "The incidents of {host} from {} to {}, and what was done about them, are in the attached report.",
                since.day_and_clock(),
                until.day_and_clock()
            ),
        ),
        Language::French => (
            format!(
                "📊 Rapport d’incidents de {host}\u{a0}: du {} au {}",
                since.day(),
                last.day()
            ),
            format!(
                "Les incidents de {host} du {} au {}, et ce qui a été fait, se trouvent dans le rapport joint.",
                since.day_and_clock(),
                until.day_and_clock()
            ),
        ),
    };
    Wording {
        lead,
        facts: vec![
            reader.fact("Host", "Machine", host),
            reader.fact("From", "Du", since.full()),
            reader.fact("To", "Au", until.full()),
        ],
        links: overview(reader, about, Some((notice.since, notice.until))),
        ..blank(subject, Tone::Neutral, reader, about)
    }
}

pub(super) fn test(created: Timestamp, reader: &Reader, about: &About) -> Wording {
    let host = line(&about.hostname);
    let subject = match reader.language {
        Language::English => format!("✅ Test message of Prunelle on {host}"),
        Language::French => format!("✅ Message d’essai de Prunelle sur {host}"),
    };
    let lead = match reader.language {
        Language::English => {
            format!("This is a sample. Prunelle on {host} reaches you; nothing is wrong.")
        }
        Language::French => {
            format!("Ceci est un essai. Prunelle sur {host} peut vous joindre\u{a0}; tout va bien.")
        }
    };
    Wording {
        lead,
        facts: vec![
            reader.fact("Host", "Machine", host),
            reader.fact("Version", "Version", line(&about.version)),
            reader.fact("Written", "Rédigé", reader.moment(created).full()),
        ],
        next: Some(
            reader
                .say("Nothing has to be done.", "Il n’y a rien à faire.")
                .to_owned(),
        ),
        ..blank(subject, Tone::Good, reader, about)
    }
}

fn blank(subject: String, tone: Tone, reader: &Reader, about: &About) -> Wording {
    Wording {
        language: reader.language,
        subject,
        lead: String::new(),
        tone,
        facts: Vec::new(),
        steps: Vec::new(),
        items: Vec::new(),
        next: None,
        links: overview(reader, about, None),
        footer: String::new(),
        attachments: Vec::new(),
    }
}

/// Says what is not in the list.
fn with_rest(lead: String, total: u64, shown: usize, reader: &Reader) -> String {
    let shown = u64::try_from(shown).unwrap_or(u64::MAX);
    if total <= shown {
        return lead;
    }
    let rest = match reader.language {
        Language::English => format!("The list below names {shown} of them."),
        Language::French => format!("La liste ci-dessous en nomme {shown}."),
    };
    format!("{lead} {rest}")
}

/// With the day of what began on another one than it is told on.
fn items(lines: &[Line], created: Timestamp, reader: &Reader) -> Vec<Item> {
    lines
        .iter()
        .map(|told| {
            let began = reader.moment(told.began);
            let at_text = match told.ended {
                Some(ended) => format!(
                    "{} – {}",
                    began.clock_after(created),
                    reader.moment(ended).clock_after(told.began)
                ),
                None => began.clock_after(created),
            };
            let critical = if told.severity == Severity::Critical {
                format!(" ({})", severity(reader, told.severity))
            } else {
                String::new()
            };
            Item {
                at_text,
                text: format!(
                    "{}{critical}{}{}",
                    line(&told.summary),
                    reader.colon(),
                    news(reader, told.news)
                ),
                tone: tone_of_news(told.news, told.severity),
            }
        })
        .collect()
}
