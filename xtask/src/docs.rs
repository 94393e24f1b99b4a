//! `cargo xtask docs`: has the tests that compare `docs/reference/` and `docs/alerts.md` with the code write them instead, so that this crate
//! need not be built with the programs in it.

use anyhow::{Result, ensure};

use crate::command;

/// The tests that write: a package, what of it is built, and the test's name.
const WRITERS: [(&str, &[&str], &str); 3] = [
    (
        "prunelle-exporter",
        &["--test", "it"],
        "reference::the_files_are_in_step",
    ),
    (
        "prunelle-healer",
        &["--lib"],
        "policy::schema::tests::the_file_is_in_step",
    ),
    (
        "prunelle-healer",
        &["--test", "it"],
        "alerts::the_page_is_in_step",
    ),
];

pub(crate) fn run() -> Result<()> {
    for (package, built, test) in WRITERS {
        let status = command("cargo")
            .args(["test", "--quiet", "--package", package])
            .args(built)
            .args(["--", "--exact", test])
            .env("PRUNELLE_WRITE_DOCS", "1")
            .status()?;
        ensure!(
            status.success(),
            "the pages of {package} could not be written"
        );
    }
    println!("docs/reference/ and docs/alerts.md are in step with the code");
    Ok(())
}
