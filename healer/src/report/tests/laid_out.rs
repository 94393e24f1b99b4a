//! What is laid out: the same numbers everywhere, nothing from elsewhere taken for ours.

use super::*;
use crate::policy::RemedyKind;
use crate::report::sheet::{Body, Sheet};
use crate::report::tests::week::{EVIL, busy, quiet};

const LANGUAGES: [Language; 2] = [Language::English, Language::French];

fn sheets() -> Vec<(Report, Sheet)> {
    let mut sheets = Vec::new();
    for language in LANGUAGES {
        for report in [busy(), quiet()] {
            let sheet = sheet::of(&report, &reader(language));
            sheets.push((report, sheet));
        }
    }
    sheets
}

#[test]
fn tables_tell_the_numbers_of_the_json() {
    for (report, sheet) in sheets() {
        let json = serde_json::to_value(&report).unwrap();
        let told: Vec<&str> = sheet
            .figures
            .iter()
            .map(|figure| figure.value.as_str())
            .collect();
        assert_eq!(told[0], json["totals"]["incidents"].to_string());
        assert_eq!(told[1], json["totals"]["repaired"].to_string());
        assert_eq!(told[3], report.needs_person.len().to_string());
        for section in &sheet.sections {
            let Body::Table(table) = &section.body else {
                continue;
            };
            let shares: u16 = table.columns.iter().map(|column| column.share).sum();
            assert_eq!(shares, 100, "{}", section.title);
            for row in &table.rows {
                assert_eq!(row.len(), table.columns.len(), "{}", section.title);
            }
        }
        let page = html::page(&sheet).unwrap();
        let text = text::text(&sheet);
        for value in &told {
            assert!(page.contains(value) && text.contains(value), "{value}");
        }
    }
}

#[test]
fn every_remedy_and_fate_is_said_in_both_languages() {
    let said = LANGUAGES.map(|language| {
        let reader = reader(language);
        let remedies = RemedyKind::ALL.map(|kind| words::remedy(&reader, kind.action_type()));
        let undone = words::remedy(&reader, "service_throttle_undo");
        let one = Fate::ALL.map(|fate| words::fate_of_one(&reader, fate).to_owned());
        let several = Fate::ALL.map(|fate| words::fate(&reader, fate).to_owned());
        let all = remedies
            .into_iter()
            .chain([undone])
            .chain(one)
            .chain(several);
        all.collect::<Vec<String>>()
    });
    for (english, french) in said[0].iter().zip(&said[1]) {
        assert_ne!(english, french);
        assert!(!english.contains('_') && !french.contains('_'), "{french}");
    }
}

#[test]
fn what_needs_a_person_is_told_in_the_readers_language() {
    let told = LANGUAGES.map(|language| text::text(&sheet::of(&busy(), &reader(language))));
    let [english, french] = told;
    assert!(english.contains("as it was told"), "{english}");
    assert!(!french.contains("as it was told"), "{french}");
    assert!(french.contains("Tout ce que la règle permet"), "{french}");
}

#[test]
fn the_page_needs_nothing_but_itself_and_takes_no_label_for_its_own() {
    let sheet = sheet::of(&busy(), &reader(Language::English));
    let page = html::page(&sheet).unwrap();
    assert!(!page.contains("<script"), "{page}");
    assert!(page.contains("&#60;script&#62;"));
    for other in ["http://", "https://", "src=", "@import", "url(", "<a "] {
        let foreign = page.replace("http://www.w3.org/2000/svg", "");
        assert!(!foreign.contains(other), "{other}");
    }
}

#[test]
fn the_page_is_well_formed() {
    for (_, sheet) in sheets() {
        let page = html::page(&sheet).unwrap();
        let mut open: Vec<&str> = Vec::new();
        for tag in page.split('<').skip(1) {
            let inside = tag.split('>').next().unwrap();
            let name = inside
                .trim_start_matches('/')
                .split_whitespace()
                .next()
                .unwrap();
            let is_void =
                ["!doctype", "meta", "link", "col"].contains(&name) || inside.ends_with('/');
            if inside.starts_with('/') {
                assert_eq!(open.pop(), Some(name), "{page}");
            } else if !is_void {
                open.push(name);
            }
        }
        assert_eq!(open, Vec::<&str>::new());
        let rows = page.matches("<th ").count();
        assert_eq!(page.matches("scope=\"col\"").count(), rows);
        assert_eq!(
            page.matches("<svg ").count(),
            page.matches("role=\"img\"").count()
        );
    }
}

#[test]
fn lines_for_a_terminal_fit_it_and_steer_nothing() {
    for (_, sheet) in sheets() {
        let text = text::text(&sheet);
        for line in text.lines() {
            assert!(line.chars().count() <= 100, "{line}");
            assert!(!line.contains(char::is_control), "{line:?}");
        }
    }
}

#[test]
fn a_quiet_week_says_so() {
    let sheet = sheet::of(&quiet(), &reader(Language::English));
    let text = text::text(&sheet);
    assert!(text.contains("No incident in this period"), "{text}");
    assert!(text.contains("Nothing was done"), "{text}");
    assert!(
        html::page(&sheet)
            .unwrap()
            .contains("No incident in this period")
    );
}

#[test]
fn what_was_forgotten_is_told() {
    let mut report = busy();
    report.history.is_covered = false;
    for (language, words) in [
        (Language::English, "has been forgotten"),
        (Language::French, "a été oubliée"),
    ] {
        let sheet = sheet::of(&report, &reader(language));
        assert!(text::text(&sheet).contains(words));
        assert!(html::page(&sheet).unwrap().contains(words));
    }
}

#[test]
fn the_pdf_has_pages_with_numbers_and_its_texts_in_plain() {
    for (report, sheet) in sheets() {
        let pdf = pdf::document(&sheet);
        assert!(pdf.starts_with(b"%PDF-1.4"));
        let has = |text: &str| {
            let wanted: Vec<u8> = text.bytes().collect();
            pdf.windows(wanted.len()).any(|window| window == wanted)
        };
        let pages = pdf
            .windows(12)
            .filter(|window| window == b"/Type /Page\n")
            .count();
        assert_eq!(pages > 3, report.totals.incidents > 0, "{pages}");
        if sheet.language == "en" {
            // What is not ASCII is written by its codes.
            for page in 1..=pages {
                assert!(has(&format!("    {page} / {pages})")), "{page} of {pages}");
            }
        }
        assert!(has(&format!("({}) Tj", report.totals.incidents)));
    }
    // Brackets of labels would end a text of the document.
    let mut report = busy();
    report.alerts[0].alert = "a) Tj ET (\\".to_owned();
    let pdf = pdf::document(&sheet::of(&report, &reader(Language::English)));
    assert!(!pdf.windows(8).any(|window| window == b"(a) Tj E"));
    assert!(EVIL.contains('<'));
}

#[test]
fn the_fields_of_the_json_are_those_that_are_documented() {
    let documented = include_str!("../../../../docs/reporting.md");
    let mut names = Vec::new();
    collect(&serde_json::to_value(busy()).unwrap(), &mut names);
    assert!(names.len() > 50, "{names:?}");
    for name in names {
        assert!(documented.contains(&format!("`{name}`")), "{name}");
    }
}

fn collect(value: &serde_json::Value, names: &mut Vec<String>) {
    match value {
        serde_json::Value::Object(members) => {
            for (name, value) in members {
                names.push(name.clone());
                collect(value, names);
            }
        }
        serde_json::Value::Array(items) => items.iter().for_each(|item| collect(item, names)),
        _ => {}
    }
}
