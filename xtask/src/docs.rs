//! `cargo xtask docs`: has the test that compares `docs/reference/` with the exporter write it instead, so that this
//! crate need not be built with the exporter in it.

use anyhow::{Result, ensure};

use crate::command;

pub(crate) fn run() -> Result<()> {
    let status = command("cargo")
        .args([
            "test",
            "--quiet",
            "--package",
            "prunelle-exporter",
            "--test",
            "it",
        ])
        .args(["--", "reference::the_files_are_in_step"])
        .env("PRUNELLE_WRITE_DOCS", "1")
        .status()?;
    ensure!(status.success(), "the reference could not be written");
    println!("docs/reference/ is in step with the code");
    Ok(())
}
