use std::fmt::Write as _;
use std::time::Duration;

use jiff::tz::TimeZone;
use serde_json::json;

use super::*;
use crate::incident::{Incident, Severity};
use crate::notify::message::{HeldWhy, News};
use crate::notify::samples;
use crate::policy::RemedyKind;
use crate::reason::{Outcome, Reason};

const LANGUAGES: [Language; 2] = [Language::English, Language::French];

/// As a person would read it from top to bottom. A space that does not break is shown, for it cannot be seen.
fn page(wording: &Wording) -> String {
    let mut page = format!("{}\n{}\n", wording.subject, wording.lead);
    for fact in &wording.facts {
        let _ = writeln!(page, "  {} | {}", fact.label, fact.value);
    }
    for step in &wording.steps {
        let _ = writeln!(page, "  {} {} [{:?}]", step.at_text, step.text, step.tone);
    }
    for item in &wording.items {
        let _ = writeln!(page, "  - {} {} [{:?}]", item.at_text, item.text, item.tone);
    }
    if let Some(next) = &wording.next {
        let _ = writeln!(page, "> {next}");
    }
    for link in &wording.links {
        let _ = writeln!(page, "  {} -> {}", link.label, link.url);
    }
    page.replace('\u{a0}', "~")
}

fn worded(incident: Incident, news: News, language: Language) -> Wording {
    word(
        &samples::news(news, incident, 0),
        &samples::reader(language),
        &samples::about(),
    )
}

#[test]
fn everything_that_is_told_reads_well_in_both_languages() {
    for language in LANGUAGES {
        let mut pages = String::new();
        for (name, message) in samples::all() {
            let wording = word(&message, &samples::reader(language), &samples::about());
            let _ = writeln!(pages, "== {name} [{:?}]\n{}", wording.tone, page(&wording));
        }
        insta::assert_snapshot!(format!("all_in_{language:?}").to_lowercase(), pages);
    }
}

#[test]
fn every_reason_outcome_and_remedy_has_words_of_its_own_in_both_languages() {
    for language in LANGUAGES {
        let reader = samples::reader(language);
        let mut seen = std::collections::HashSet::new();
        let reasons = Reason::ALL.map(|reason| super::reason::reason(&reader, reason));
        let outcomes =
            Outcome::ALL.map(|outcome| super::outcome::outcome(&reader, outcome).to_owned());
        let deeds = RemedyKind::ALL.map(|kind| {
            let deed = deed::Deed::of_action(kind.action_type(), "unit:web.service");
            format!("{} / {}", deed.noun(&reader), deed.done(&reader))
        });
        for words in reasons.into_iter().chain(outcomes).chain(deeds) {
            assert!(!words.ends_with('.'), "{words}");
            assert!(!words.contains('`'), "{words}");
            assert!(seen.insert(words.clone()), "twice: {words}");
        }
    }
}

#[test]
fn everything_of_a_closed_list_is_said_in_french() {
    let (english, french) = (
        samples::reader(Language::English),
        samples::reader(Language::French),
    );
    let said = |reader: &Reader| {
        let mut words: Vec<String> = Reason::ALL
            .map(|reason| super::reason::reason(reader, reason))
            .into();
        words.extend(Outcome::ALL.map(|it| super::outcome::outcome(reader, it).to_owned()));
        words.extend(News::ALL.map(|news| super::outcome::news(reader, news).to_owned()));
        for kind in RemedyKind::ALL {
            let deed = deed::Deed::of_action(kind.action_type(), "unit:web.service");
            words.extend([deed.noun(reader), deed.done(reader)]);
        }
        words
    };
    for (english, french) in said(&english).iter().zip(said(&french)) {
        assert_ne!(*english, french);
    }
    for why in HeldWhy::ALL {
        let (english, french) = super::outcome::held(why);
        assert_ne!(english, french);
    }
}

#[test]
fn a_french_mail_quotes_what_is_not_ours_and_says_the_rest_itself() {
    const ENGLISH: &str = "job on `web.service` ended as failed";
    for why in Reason::ALL {
        for outcome in Outcome::ALL {
            let mut incident = samples::not_repaired();
            for attempt in &mut incident.attempts {
                (attempt.reason, attempt.outcome) = (Some(why), outcome);
                ENGLISH.clone_into(&mut attempt.message);
            }
            for end in &mut incident.ends {
                (end.reason, end.outcome) = (Some(why), outcome);
                ENGLISH.clone_into(&mut end.message);
            }
            let wording = worded(incident, News::NotRepaired, Language::French);
            let mut texts: Vec<String> = wording.steps.into_iter().map(|it| it.text).collect();
            texts.extend([wording.lead, wording.subject]);
            texts.extend(wording.next);
            for text in texts {
                let (ours, quoted) = text.split_once("Le journal dit").unwrap_or((&text, ""));
                assert!(!ours.contains("ended"), "{why:?} {outcome:?}: {text}");
                assert!(!ours.contains(why.words()), "{why:?} {outcome:?}: {text}");
                assert!(
                    quoted.is_empty() || quoted.ends_with("\u{a0}»"),
                    "{why:?} {outcome:?}: {text}"
                );
            }
        }
    }
}

#[test]
fn french_has_its_own_typography() {
    let reader = samples::reader(Language::French);
    let mut texts: Vec<String> = Reason::ALL
        .map(|reason| super::reason::reason(&reader, reason))
        .into();
    for (_, message) in samples::all() {
        let wording = word(&message, &reader, &samples::about());
        texts.extend([wording.subject, wording.lead, wording.footer]);
        texts.extend(wording.next);
        // What the action log says is English, and comes last.
        texts.extend(wording.steps.into_iter().map(|step| {
            let quote = step.text.find("Le journal dit").unwrap_or(step.text.len());
            step.text[..quote].to_owned()
        }));
    }
    for text in texts {
        // Commands keep the signs that the shell wants.
        let text: String = text.split('`').step_by(2).collect();
        assert!(!text.contains('\''), "a straight apostrophe: {text}");
        for mark in [';', '?', '!', '»'] {
            for (place, _) in text.match_indices(mark) {
                assert!(text[..place].ends_with('\u{a0}'), "before {mark}: {text}");
            }
        }
        for (place, _) in text.match_indices(": ") {
            assert!(text[..place].ends_with('\u{a0}'), "before a colon: {text}");
        }
    }
}

#[test]
fn labels_and_annotations_stay_on_one_line_and_choose_no_command() {
    let mut incident = samples::incident();
    let hostile = "x.service\r\nBcc: all@example.org; rm -rf /\u{202e}";
    incident.labels = samples::labels(&[
        ("alertname", "Odd\nName"),
        ("name", hostile),
        ("instance", "a\r\nb:1"),
    ]);
    incident.annotations = samples::labels(&[
        ("summary", "<b>broken</b>\r\nSubject: other"),
        ("value", "1\n2"),
        ("runbook_url", "javascript:alert(1)"),
    ]);
    "Odd\nName".clone_into(&mut incident.alert);
    for language in LANGUAGES {
        let wording = worded(incident.clone(), News::NotRepaired, language);
        let values = wording.facts.iter().map(|fact| &fact.value);
        for text in values.chain([&wording.subject, &wording.lead]) {
            assert!(!text.contains(char::is_control), "{text:?}");
            assert!(!text.contains('\u{202e}'), "{text:?}");
        }
        assert!(!wording.next.unwrap().contains('`'));
        let runbook = wording
            .links
            .iter()
            .find(|link| link.url.starts_with("javascript"));
        assert_eq!(runbook, None);
    }
}

#[test]
fn an_endless_annotation_is_cut() {
    let mut incident = samples::incident();
    "Other".clone_into(&mut incident.alert);
    incident.annotations = samples::labels(&[("summary", &"é".repeat(5000))]);
    let wording = worded(incident, News::Began, Language::English);
    assert!(wording.subject.chars().count() < 330, "{}", wording.subject);
    assert!(wording.subject.contains('…'));
}

#[test]
fn an_alert_that_is_not_shipped_speaks_by_its_summary_or_its_name() {
    let mut incident = samples::incident();
    "QueueLong".clone_into(&mut incident.alert);
    incident.annotations = samples::labels(&[("summary", "The queue of web1 is long.")]);
    let subject =
        |incident: &Incident, news| worded(incident.clone(), news, Language::English).subject;
    assert_eq!(
        subject(&incident, News::Began),
        "🚨 The queue of web1 is long"
    );
    assert_eq!(
        subject(&incident, News::Ended),
        "✅ Over: The queue of web1 is long"
    );
    incident.annotations.clear();
    incident.severity = Severity::Info;
    assert_eq!(subject(&incident, News::Began), "ℹ️ QueueLong on web1");
}

#[test]
fn what_is_about_another_machine_names_that_machine() {
    let mut incident = samples::decided("other_host", false);
    incident
        .labels
        .insert("instance".to_owned(), "db7.example.org:9750".to_owned());
    let wording = worded(incident, News::Began, Language::English);
    assert_eq!(
        wording.subject,
        "🚨 nginx.service is down on db7.example.org"
    );
}

#[test]
fn commands_quote_what_a_shell_would_take_apart() {
    let target = "path:/var/tmp/it's here";
    let incident = samples::with(
        &samples::disk(),
        "ends",
        &json!({
            "at": samples::at(9).to_string(), "rule": "disk", "outcome": "FAILED", "reason": "ladder_exhausted",
            "message": "", "duration_ms": 1, "quarantine_seconds": 60, "target": target,
        }),
    );
    let next = worded(incident, News::NotRepaired, Language::English)
        .next
        .unwrap();
    assert!(
        next.contains(r"`prunelle-healer release 'path:/var/tmp/it'\''s here'`"),
        "{next}"
    );
}

#[test]
fn durations_are_said_as_people_say_them() {
    let (english, french) = (
        samples::reader(Language::English),
        samples::reader(Language::French),
    );
    for (milliseconds, expected, in_french) in [
        (0, "0~s", "0~s"),
        (1, "0.1~s", "0,1~s"),
        (2140, "2.2~s", "2,2~s"),
        (9_950, "10~s", "10~s"),
        (59_999, "59~s", "59~s"),
        (60_000, "1~min", "1~min"),
        (200_000, "3~min 20~s", "3~min 20~s"),
        (3_900_000, "1~h 5~min", "1~h 5~min"),
        (86_400_000, "1~day", "1~jour"),
        (183_600_000, "2~days 3~h", "2~jours 3~h"),
    ] {
        let duration = Duration::from_millis(milliseconds);
        let said = |reader: &Reader| reader.duration(duration).replace('\u{a0}', "~");
        assert_eq!(
            (said(&english).as_str(), said(&french).as_str()),
            (expected, in_french)
        );
    }
}

#[test]
fn times_are_told_in_the_readers_zone_and_in_utc() {
    let full = |zone: TimeZone, language| {
        let reader = Reader {
            language,
            time_zone: zone,
        };
        Moment::new(samples::at(0), &reader)
            .full()
            .replace('\u{a0}', "~")
    };
    let zone = |name| TimeZone::get(name).unwrap();
    assert_eq!(
        full(zone("Europe/Paris"), Language::English),
        "24 November 2026, 16:43:10~CET (15:43:10~UTC)"
    );
    assert_eq!(
        full(zone("Asia/Tokyo"), Language::French),
        "25 novembre 2026 à 00:43:10~JST (24~novembre~15:43:10~UTC)"
    );
    assert_eq!(
        full(zone("America/Sao_Paulo"), Language::English),
        "24 November 2026, 12:43:10~UTC-03 (15:43:10~UTC)"
    );
    assert_eq!(
        full(TimeZone::UTC, Language::English),
        "24 November 2026, 15:43:10~UTC"
    );
}

#[test]
fn links_lead_below_a_path_and_carry_no_credentials() {
    let mut about = samples::about();
    about.grafana_url = Some(
        "https://user:word@grafana.example.org/monitoring/"
            .parse()
            .unwrap(),
    );
    let message = samples::news(News::Ended, samples::ended(samples::disk(), 60), 0);
    let wording = word(&message, &samples::reader(Language::English), &about);
    let urls: Vec<&str> = wording.links.iter().map(|link| link.url.as_str()).collect();
    assert_eq!(
        urls,
        [
            "https://grafana.example.org/monitoring/d/prunelle-host?var-instance=web1%3A9750&from=1795533190000&to=1795536850000",
            "https://alerts.example.org/#/alerts?filter=%7Balertname%3D%22DiskFull%22%2Cinstance%3D%22web1%3A9750%22%2Cmountpoint%3D%22%2Fvar%22%7D",
            "file:///usr/share/doc/prunelle/runbooks/DiskFull.md",
        ]
    );
}
