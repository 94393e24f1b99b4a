//! Where the programs of a stack are.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

/// Paths of the programs of a stack.
#[derive(Clone, Debug)]
pub struct Programs {
    /// `prunelle-exporter`.
    pub exporter: PathBuf,
    /// `prunelle-healer`.
    pub healer: PathBuf,
    /// `prometheus`, from PATH.
    pub prometheus: PathBuf,
    /// `prometheus-alertmanager` (so Debian calls it) or `alertmanager`, from PATH.
    pub alertmanager: PathBuf,
}

impl Programs {
    /// Our programs from the folder that `PRUNELLE_BIN_DIR` names, the others from PATH.
    pub fn find() -> Result<Self> {
        let folder = env::var_os("PRUNELLE_BIN_DIR").context(
            "PRUNELLE_BIN_DIR is not set: it names the folder of prunelle-exporter and prunelle-healer; \
             test.sh sets it, and `cargo build --workspace --bins` makes target/debug",
        )?;
        Self::in_folder(Path::new(&folder))
    }

    /// Our programs from `folder`, the others from PATH.
    pub fn in_folder(folder: &Path) -> Result<Self> {
        let folder = folder
            .canonicalize()
            .with_context(|| format!("no folder {}", folder.display()))?;
        let ours = |name: &str| {
            let path = folder.join(name);
            ensure!(
                path.is_file(),
                "{} is missing: build it first",
                path.display()
            );
            Ok(path)
        };
        Ok(Self {
            exporter: ours("prunelle-exporter")?,
            healer: ours("prunelle-healer")?,
            prometheus: in_path(&["prometheus"])?,
            alertmanager: in_path(&["prometheus-alertmanager", "alertmanager"])?,
        })
    }
}

/// Where the first of `names` that is in PATH is. Inside a sandbox PATH is another one.
pub fn in_path(names: &[&str]) -> Result<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    names
        .iter()
        .flat_map(|name| env::split_paths(&path).map(move |folder| folder.join(name)))
        .find(|candidate| candidate.is_file())
        .with_context(|| format!("{} is not in PATH", names.join(" or ")))
}
