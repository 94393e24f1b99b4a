//! Our matchers beside Alertmanager's own, as Debian's `amtool` (0.25) reads them: a table of texts, and generated ones.
//!
//! Alertmanager had two grammars: up to 0.26 the old one, which 0.25 has, and the UTF-8 one, which ours is. Where they
//! differ by design, the table says so, row by row; everywhere else both must read the same, and match the same.

mod amtool;
mod generated;
mod table;

use prunelle_healer::alert::Labels;
use prunelle_healer::policy::matcher::{self, Matcher, MatcherError, MatcherTest};

use self::amtool::Amtool;
use self::table::{Expected, ROWS};

/// Label sets that what both read alike is asked about.
const LABELS: &[&[(&str, &str)]] = &[
    &[],
    &[("a", "b")],
    &[("a", "bb"), ("c", "d")],
    &[("a", "B")],
    &[("a", "b c"), ("severity", "critical")],
    &[("a", "é")],
    &[("a", "٣")],
    &[("a", "3"), ("alertname", "ServiceDown")],
];

/// What the two make of one text.
#[derive(Debug)]
struct Readings {
    text: String,
    ours: Result<Vec<Matcher>, MatcherError>,
    /// As Alertmanager prints it.
    theirs: Result<String, String>,
    /// The places in [`LABELS`] of those that fit.
    theirs_fit: Vec<usize>,
}

impl Readings {
    fn all(texts: Vec<String>) -> Vec<Self> {
        let amtool = Amtool::find();
        let theirs = amtool.read(&texts);
        let fits = amtool.fits(&texts, &theirs, LABELS);
        texts
            .into_iter()
            .zip(theirs)
            .zip(fits)
            .map(|((text, theirs), theirs_fit)| Self {
                ours: matcher::parse(&text),
                text,
                theirs,
                theirs_fit,
            })
            .collect()
    }

    fn are(&self) -> Expected {
        match (&self.ours, &self.theirs) {
            (Ok(_), Err(_)) => Expected::OnlyOurs,
            (Err(_), Ok(_)) => Expected::OnlyTheirs,
            (Ok(ours), Ok(theirs)) if as_they_print(ours) != *theirs => Expected::ReadOtherwise,
            (Ok(ours), Ok(_)) if fit(ours) != self.theirs_fit => Expected::MatchOtherwise,
            (Ok(_), Ok(_)) | (Err(_), Err(_)) => Expected::Same,
        }
    }
}

fn fit(matchers: &[Matcher]) -> Vec<usize> {
    let fits = |labels: &&[(&str, &str)]| {
        let labels: Labels = labels
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        matchers.iter().all(|matcher| matcher.matches(&labels))
    };
    let numbered = LABELS.iter().enumerate();
    numbered
        .filter_map(|(index, labels)| fits(labels).then_some(index))
        .collect()
}

/// Sorted by name, value and operator; only `\`, `"` and the end of a line are escaped.
fn as_they_print(matchers: &[Matcher]) -> String {
    let mut matchers: Vec<&Matcher> = matchers.iter().collect();
    matchers.sort_by_key(|matcher| {
        let operator = match matcher.test {
            MatcherTest::Equal(_) => 0,
            MatcherTest::NotEqual(_) => 1,
            MatcherTest::Regex(_) => 2,
            MatcherTest::NotRegex(_) => 3,
        };
        (matcher.name.clone(), matcher.value().to_owned(), operator)
    });
    let printed: Vec<String> = matchers
        .iter()
        .map(|matcher| {
            let value = matcher
                .value()
                .replace('\\', "\\\\")
                .replace('\n', "\\n")
                .replace('"', "\\\"");
            format!("{}{}\"{value}\"", matcher.name, matcher.operator())
        })
        .collect();
    format!("{{{}}}", printed.join(","))
}

#[test]
fn amtool_reads_the_table_as_it_says() {
    let texts = ROWS.iter().map(|(text, ..)| (*text).to_owned()).collect();
    let wrong: Vec<String> = Readings::all(texts)
        .iter()
        .zip(ROWS)
        .filter(|(readings, (_, expected, _))| readings.are() != *expected)
        .map(|(readings, (_, expected, why))| {
            format!(
                "{:?}, not {expected:?} ({why}): {readings:?}",
                readings.are()
            )
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn amtool_reads_what_both_grammars_have_as_we_do() {
    let readings = Readings::all(generated::of_both_grammars(250));
    let different: Vec<&Readings> = readings
        .iter()
        .filter(|readings| readings.are() != Expected::Same)
        .collect();
    assert!(different.is_empty(), "{different:#?}");
    // What is refused by both would be no test.
    let read = readings.iter().filter(|r| r.ours.is_ok()).count();
    assert_eq!(read, readings.len());
}

#[test]
fn amtool_reads_damaged_matchers_as_we_do_but_for_what_the_grammars_differ_in() {
    let readings = Readings::all(generated::damaged(400));
    let unexplained: Vec<&Readings> = readings
        .iter()
        .filter(|readings| !is_by_design(readings))
        .collect();
    assert!(unexplained.is_empty(), "{unexplained:#?}");
    for kind in [Expected::Same, Expected::OnlyOurs, Expected::OnlyTheirs] {
        let some = readings.iter().any(|readings| readings.are() == kind);
        assert!(some, "no text is {kind:?}");
    }
}

/// Whether the table has a row of that kind.
fn is_by_design(readings: &Readings) -> bool {
    let has_escapes = readings.text.contains('\\');
    match (readings.are(), &readings.ours) {
        (Expected::Same, _) => true,
        // Quoted names; the old one has three escapes only, and takes an escaped quote for one that opens or closes.
        (Expected::OnlyOurs, Ok(matchers)) => {
            let is_old = |name: &str| {
                name.bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"_:".contains(&byte))
            };
            has_escapes
                || matchers.iter().any(|matcher| !is_old(&matcher.name))
                || readings.text.contains("\"=")
                || readings.text.contains("\"!")
                || readings.text.contains("\" ")
        }
        // The old one takes nearly everything for an unquoted value, and nothing for an empty one. Go takes a brace that
        // begins no repetition for itself.
        (Expected::OnlyTheirs, Err(error)) => match error {
            MatcherError::Expected { .. } | MatcherError::Empty => true,
            MatcherError::Escape { .. } | MatcherError::NotUtf8 { .. } => has_escapes,
            MatcherError::Regex { text, .. } => text.contains('{'),
            MatcherError::Unclosed { .. } | MatcherError::EmptyName { .. } => false,
        },
        (Expected::ReadOtherwise | Expected::MatchOtherwise, _) => has_escapes,
        (Expected::OnlyOurs, Err(_)) | (Expected::OnlyTheirs, Ok(_)) => false,
    }
}
