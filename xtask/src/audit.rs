//! `cargo xtask audit`: cargo-deny over the lock file. Apart from the tests, since the tool is slow to build and its
//! advisory data may be out of reach.

use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::command;

/// Runs cargo-deny with the repository's deny.toml.
pub(crate) fn run() -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .context("xtask has a parent folder")?;
    let is_installed = command("cargo")
        .args(["deny", "--version"])
        .output()?
        .status
        .success();
    if !is_installed {
        bail!(
            "cargo-deny is not installed: `cargo install --locked cargo-deny`, then run this again"
        );
    }
    let checks: &[&[&str]] = &[&["licenses", "bans", "sources"], &["advisories"]];
    for what in checks {
        println!("cargo deny check {}", what.join(" "));
        let status = command("cargo")
            .current_dir(root)
            .args(["deny", "check"])
            .args(*what)
            .status()?;
        if !status.success() {
            bail!(
                "`cargo deny check {}` found problems, or could not fetch its data",
                what.join(" ")
            );
        }
    }
    Ok(())
}
