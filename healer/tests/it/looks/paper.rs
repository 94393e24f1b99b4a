//! What of a PDF can be seen and read: by poppler, which is not ours.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A page in points, and how far text stays from its edge.
const PAPER: (f64, f64) = (595.0, 842.0);
const MARGIN: f64 = 20.0;

/// A PDF in a file.
pub(super) struct Paper {
    pub(super) file: PathBuf,
}

/// A word and where it stands, in points from the upper left corner.
#[derive(Debug)]
pub(super) struct Word {
    page: usize,
    left: f64,
    top: f64,
    right: f64,
    bottom: f64,
    text: String,
}

impl Paper {
    pub(super) fn pages(&self) -> usize {
        let info = ask("pdfinfo", &[&self.path()]);
        let size = line(&info, "Page size:");
        assert!(size.starts_with("595 x 842"), "{size}");
        line(&info, "Pages:").parse().unwrap()
    }

    pub(super) fn title(&self) -> String {
        line(&ask("pdfinfo", &[&self.path()]), "Title:")
    }

    /// What its fonts are called, sorted.
    pub(super) fn fonts(&self) -> Vec<String> {
        let table = ask("pdffonts", &[&self.path()]);
        let rows = table.lines().skip(2);
        let mut names: Vec<String> = rows
            .map(|row| row.split_whitespace().next().unwrap().to_owned())
            .collect();
        names.sort();
        names
    }

    pub(super) fn text(&self) -> String {
        ask("pdftotext", &["-layout", &self.path(), "-"]).replace('\u{a0}', " ")
    }

    pub(super) fn words(&self) -> Vec<Word> {
        let marked = ask("pdftotext", &["-bbox", &self.path(), "-"]);
        let mut words = Vec::new();
        let mut page = 0;
        for line in marked.lines().map(str::trim) {
            if line.starts_with("<page ") {
                page += 1;
            } else if let Some(word) = line.strip_prefix("<word ") {
                let number = |name: &str| -> f64 {
                    let (_, rest) = word.split_once(&format!("{name}=\"")).unwrap();
                    rest.split('"').next().unwrap().parse().unwrap()
                };
                words.push(Word {
                    page,
                    left: number("xMin"),
                    top: number("yMin"),
                    right: number("xMax"),
                    bottom: number("yMax"),
                    text: word.split(['>', '<']).nth(1).unwrap().to_owned(),
                });
            }
        }
        words
    }

    /// Every page as a picture to look at; how much of each is not white, in thousandths.
    pub(super) fn draw(&self, folder: &Path, name: &str) -> Vec<u64> {
        let pictures = folder.join(name).display().to_string();
        ask("pdftoppm", &["-r", "80", "-png", &self.path(), &pictures]);
        let grey = tempfile::tempdir().unwrap();
        let root = grey.path().join("page").display().to_string();
        ask("pdftoppm", &["-r", "24", "-gray", &self.path(), &root]);
        let mut files: Vec<PathBuf> = std::fs::read_dir(grey.path())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        files.sort();
        files.iter().map(|file| ink(file)).collect()
    }

    fn path(&self) -> String {
        self.file.display().to_string()
    }
}

impl Word {
    /// Ascenders and descenders may touch; letters may not.
    fn is_over(&self, other: &Self) -> bool {
        self.left + 0.5 < other.right
            && other.left + 0.5 < self.right
            && self.top + 3.0 < other.bottom
            && other.top + 3.0 < self.bottom
    }
}

/// What leaves the page, stands on something else, or is alone.
pub(super) fn misplaced(words: &[Word], pages: usize) -> Vec<String> {
    let mut wrong = Vec::new();
    for word in words {
        let is_inside = word.left >= MARGIN
            && word.right <= PAPER.0 - MARGIN
            && word.top >= MARGIN
            && word.bottom <= PAPER.1 - MARGIN / 2.0;
        if !is_inside {
            wrong.push(format!("outside: {word:?}"));
        }
        if word.text.contains('?') {
            wrong.push(format!("a letter is missing: {word:?}"));
        }
    }
    for page in 1..=pages {
        let on_it: Vec<&Word> = words.iter().filter(|word| word.page == page).collect();
        if on_it.len() < 12 {
            wrong.push(format!("page {page} has {} words", on_it.len()));
        }
        for (index, word) in on_it.iter().enumerate() {
            let others = on_it
                .iter()
                .skip(index + 1)
                .filter(|other| word.is_over(other));
            wrong.extend(others.map(|other| format!("one over the other: {word:?} {other:?}")));
        }
    }
    wrong
}

/// Of a picture in `pgm`.
fn ink(file: &Path) -> u64 {
    let bytes = std::fs::read(file).unwrap();
    let head = bytes.splitn(4, |byte| *byte == b'\n').last().unwrap();
    let dark = head.iter().filter(|byte| **byte < 200).count() as u64;
    dark * 1000 / head.len() as u64
}

fn line(text: &str, name: &str) -> String {
    let found = text.lines().find_map(|line| line.strip_prefix(name));
    found
        .unwrap_or_else(|| panic!("no {name} in {text}"))
        .trim()
        .to_owned()
}

fn ask(program: &str, arguments: &[&str]) -> String {
    #[expect(
        clippy::disallowed_methods,
        reason = "a test asks a program that is not ours"
    )]
    let output = Command::new(program).args(arguments).output();
    let output = output.unwrap_or_else(|error| {
        panic!("{program}: {error}: poppler-utils must be installed (`./test.sh` does it)")
    });
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program}: {said}");
    String::from_utf8(output.stdout).unwrap()
}
