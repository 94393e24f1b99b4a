//! Mails, reports and rehearsals as a person sees them: in a real browser, on a phone and on a desk, by day and by night,
//! and on paper.
//!
//! What can be told without a person is checked: nothing leaves the screen, letters are large enough and stand out, links
//! and plots are sound, nothing is loaded from elsewhere, and the words that matter can be read. For the rest, pictures
//! stay below the build's directory, in `looks/`.

mod browser;
pub(crate) mod mails;
mod paper;
mod rehearsals;
pub(crate) mod weeks;

use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;
use prunelle_healer::notify::words::{About, Reader, word};
use prunelle_healer::policy::Language;
use prunelle_healer::report::{Report, html, pdf, sheet};
use prunelle_healer::simulate;
use serde_json::{Value, json};

use self::browser::{Browser, Look};
use self::paper::Paper;
use crate::mail::arrived;

const LANGUAGES: [Language; 2] = [Language::English, Language::French];
/// A name of a unit of 120 characters, without a place to break it.
const LONG: &str = "averyveryverylongnameofaunitthatsomebodychoseinahurryandwithoutanyplacetobreakit@withaninstancethatisaslongagain.service";
const SCRIPT: &str = include_str!("looks/page.js");

pub(crate) fn reader(language: Language) -> Reader {
    Reader {
        language,
        time_zone: TimeZone::get("Europe/Paris").unwrap(),
    }
}

pub(crate) fn about() -> About {
    About {
        hostname: "web1".to_owned(),
        version: "0.1.0".to_owned(),
        grafana_url: Some("https://grafana.example.org".parse().unwrap()),
        alertmanager_url: Some("https://alerts.example.org".parse().unwrap()),
    }
}

/// Where pictures stay.
fn gallery() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("looks");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// A page and what must be read on it.
struct Page {
    name: String,
    html: String,
    words: Vec<String>,
    links: usize,
    pictures: usize,
}

/// Looks at pages from all sides; what is wrong with them.
async fn look_at(pages: Vec<Page>) {
    let mut browser = Browser::start().await;
    let mut wrong = Vec::new();
    for page in &pages {
        browser.open(&page.html).await;
        for look in Look::ALL {
            browser.show(look).await;
            let name = format!("{}-{}", page.name, look.name());
            let picture = browser.picture(look).await;
            std::fs::write(gallery().join(format!("{name}.png")), picture).unwrap();
            let limits = json!({"isDark": look.is_dark, "isPhone": look.is_phone()});
            let seen = browser.ask(&format!("({SCRIPT})({limits})")).await;
            let found = complaints(&seen, page);
            wrong.extend(found.into_iter().map(|what| format!("{name}: {what}")));
        }
        let asked = browser.asked().iter();
        wrong.extend(asked.map(|url| format!("{}: asks for {url}", page.name)));
    }
    browser.end().await;
    assert!(
        wrong.is_empty(),
        "pictures are in {}\n{}",
        gallery().display(),
        wrong.join("\n")
    );
}

fn complaints(seen: &Value, page: &Page) -> Vec<String> {
    let list = |name: &str| seen[name].as_array().unwrap();
    let mut wrong: Vec<String> = list("wrong")
        .iter()
        .map(|what| what.as_str().unwrap().to_owned())
        .collect();
    let text = seen["text"].as_str().unwrap();
    let missing = page
        .words
        .iter()
        .filter(|words| !text.contains(words.as_str()));
    wrong.extend(missing.map(|words| format!("does not say “{words}”")));
    if list("links").len() != page.links {
        wrong.push(format!("links are {:?}", list("links")));
    }
    if list("pictures").len() != page.pictures {
        wrong.push(format!("pictures are {:?}", list("pictures")));
    }
    wrong
}

#[tokio::test]
async fn mails_are_read_on_every_screen() {
    let about = about();
    let mut messages = Vec::new();
    let mut pages = Vec::new();
    for language in LANGUAGES {
        for mail in mails::all() {
            let wording = word(&mail.message, &reader(language), &about);
            let words = mail.words(language).iter();
            pages.push(Page {
                name: format!("mail-{}-{}", mail.name, language.as_str()),
                html: String::new(),
                words: words.map(|words| (*words).to_owned()).collect(),
                links: mail.links,
                pictures: 0,
            });
            messages.push((mail.message, wording));
        }
    }
    for (page, mail) in pages.iter_mut().zip(arrived(&messages).await) {
        page.html = mail.html;
    }
    look_at(pages).await;
}

fn reports() -> Vec<(String, Report, sheet::Sheet)> {
    let mut reports = Vec::new();
    for (incidents, language) in [
        (0, Language::English),
        (12, Language::English),
        (12, Language::French),
        (500, Language::French),
    ] {
        let report = weeks::with(incidents);
        let sheet = sheet::of(&report, &reader(language));
        let name = format!("report-{incidents}-{}", language.as_str());
        reports.push((name, report, sheet));
    }
    reports
}

/// What the report says in JSON and must say to people.
fn figures(report: &Report) -> Vec<String> {
    let json = serde_json::to_value(report).unwrap();
    let alerts = json["alerts"].as_array().unwrap().iter();
    let alerts = alerts.map(|row| row["alert"].as_str().unwrap().to_owned());
    let totals =
        ["incidents", "repaired", "not_repaired"].map(|name| json["totals"][name].to_string());
    totals.into_iter().chain(alerts).collect()
}

#[tokio::test]
async fn the_report_is_read_on_every_screen() {
    let pages = reports().into_iter().map(|(name, report, sheet)| {
        let plots = |section: &sheet::Section| match &section.body {
            sheet::Body::Plots(plots) => plots.len(),
            _ => 0,
        };
        let mut words = figures(&report);
        words.extend([sheet.title.clone(), sheet.subtitle.clone()]);
        words.extend(sheet.sections.iter().map(|section| section.title.clone()));
        words.extend(sheet.figures.iter().map(|figure| figure.label.clone()));
        Page {
            html: html::page(&sheet).unwrap(),
            words: words
                .into_iter()
                .map(|it| it.replace('\u{a0}', " "))
                .collect(),
            links: 0,
            pictures: sheet.sections.iter().map(plots).sum(),
            name,
        }
    });
    look_at(pages.collect()).await;
}

#[tokio::test]
async fn the_rehearsal_is_read_on_every_screen() {
    let pages = [0, 400].map(|episodes| {
        let report = rehearsals::with(episodes);
        let lines = if episodes == 0 { 0 } else { 25 };
        Page {
            name: format!("rehearsal-{episodes}"),
            html: simulate::html::page(&report).unwrap(),
            words: vec![
                format!("{}\nremediations", report.totals.remediations),
                "What could not be rehearsed".to_owned(),
            ],
            links: 0,
            pictures: lines,
        }
    });
    look_at(pages.into()).await;
}

#[test]
fn every_page_of_the_pdf_is_read() {
    let mut wrong = Vec::new();
    for (name, report, sheet) in reports() {
        let file = gallery().join(format!("{name}.pdf"));
        std::fs::write(&file, pdf::document(&sheet)).unwrap();
        let paper = Paper { file };
        let pages = paper.pages();
        let mut found = paper::misplaced(&paper.words(), pages);
        for (page, ink) in (1..).zip(paper.draw(&gallery(), &name)) {
            if !(4..400).contains(&ink) {
                found.push(format!("page {page} is black in {ink} ‰ of it"));
            }
        }
        let text = paper.text();
        // How wide its gaps are is poppler's guess.
        let said: String = text.split_whitespace().collect();
        let told = figures(&report).into_iter().chain([sheet.title.clone()]);
        found.extend(
            told.filter(|words| !text.contains(words.as_str()))
                .map(|words| format!("does not say “{words}”")),
        );
        for page in 1..=pages {
            let foot = format!("{} {page} / {pages}", sheet.title);
            if !said.contains(&foot.replace(' ', "")) {
                found.push(format!("does not say {foot}"));
            }
        }
        assert_eq!(paper.title(), sheet.title);
        // Every reader of PDF has these two.
        assert_eq!(paper.fonts(), ["Helvetica", "Helvetica-Bold"], "{name}");
        wrong.extend(found.into_iter().map(|what| format!("{name}: {what}")));
    }
    let folder = gallery();
    assert!(
        wrong.is_empty(),
        "pages are in {}\n{}",
        folder.display(),
        wrong.join("\n")
    );
}
