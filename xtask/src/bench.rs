//! Benches of whole programs: release builds against real Prometheus, Alertmanager, systemd, Monit
//! and `node_exporter`.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use prunelle_sandbox::Programs;
use rustix::process::Pid;
use serde::Serialize;

pub(crate) mod heal;
pub(crate) mod hosts;
pub(crate) mod idle;
pub(crate) mod intake;
mod monit;
pub(crate) mod scrape;
mod statistics;

/// Builds the programs as they are released and finds the others.
fn release_programs() -> Result<Programs> {
    Programs::in_folder(&build_release(&["prunelle-exporter", "prunelle-healer"])?)
}

/// Builds packages as they are released; the folder of their programs.
fn build_release(packages: &[&str]) -> Result<PathBuf> {
    let root = project()?;
    eprintln!("Building the release programs (a few minutes the first time).");
    let packages = packages.iter().flat_map(|package| ["-p", package]);
    let status = crate::command("cargo")
        .current_dir(root)
        .args(["build", "--release", "--locked"])
        .args(packages)
        .status()?;
    if !status.success() {
        bail!("the release build failed");
    }
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    Ok(target.join("release"))
}

/// Keeps all samples below `.prunelle/bench`, and says where.
fn keep<T: Serialize>(name: &str, samples: &T) -> Result<()> {
    let folder = project()?.join(".prunelle/bench");
    fs::create_dir_all(&folder)?;
    let file = folder.join(format!("{name}-{}.json", now().strftime("%Y%m%dT%H%M%SZ")));
    fs::write(&file, serde_json::to_vec_pretty(samples)?)
        .with_context(|| format!("cannot write {}", file.display()))?;
    eprintln!("All samples: {}", file.display());
    Ok(())
}

/// The process that was told to listen at `address`, by its first argument.
fn process_that_listens(address: &SocketAddr) -> Result<Pid> {
    let flag = format!("--web.listen-address={address}");
    let is_it = |pid: &i32| {
        let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        // Its keeper is told the same, behind words of its own.
        line.split(|&byte| byte == 0).nth(1) == Some(flag.as_bytes())
    };
    fs::read_dir("/proc")?
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .find(is_it)
        .and_then(Pid::from_raw)
        .context("the program is gone")
}

fn project() -> Result<&'static Path> {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .context("xtask has a parent folder")
}

#[expect(
    clippy::disallowed_methods,
    reason = "a bench compares with the stamps of other programs"
)]
fn now() -> Timestamp {
    Timestamp::now()
}
