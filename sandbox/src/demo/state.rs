//! What a running demo leaves for `--break`: a lock that says that it runs, and where its parts are.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};

use crate::stack::Stack;

const LOCK: &str = "demo.lock";
const STATE: &str = "demo.json";

/// Held while a demo runs; the kernel gives it up when the process ends in whatever way.
#[derive(Debug)]
pub(super) struct Lock(#[expect(dead_code, reason = "held, not read")] File);

impl Lock {
    /// Takes the lock of a folder, or says who has it.
    pub(super) fn take(dir: &Path) -> Result<Self> {
        fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))?;
        let mut file = open(dir)?;
        if flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
            let mut pid = String::new();
            file.read_to_string(&mut pid)?;
            bail!(
                "the demo runs already, as process {}: Ctrl-C in its terminal stops it",
                pid.trim()
            );
        }
        // What an earlier demo left must not be taken for this one's.
        fs::write(dir.join(STATE), "")?;
        file.set_len(0)?;
        writeln!(file, "{}", std::process::id())?;
        Ok(Self(file))
    }

    fn is_held(dir: &Path) -> bool {
        open(dir).is_ok_and(|file| flock(&file, FlockOperation::NonBlockingLockExclusive).is_err())
    }
}

fn open(dir: &Path) -> Result<File> {
    let path = dir.join(LOCK);
    File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .with_context(|| format!("cannot open {}", path.display()))
}

/// Where the parts of a running demo are.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct State {
    pub(super) prometheus: u16,
    pub(super) alertmanager: u16,
    pub(super) host: std::path::PathBuf,
    pub(super) action_log: std::path::PathBuf,
}

impl State {
    pub(super) fn of(stack: &Stack) -> Self {
        Self {
            prometheus: stack.prometheus.port(),
            alertmanager: stack.alertmanager.port(),
            host: stack.host().dir().to_owned(),
            action_log: stack.host().action_log(),
        }
    }

    pub(super) fn write(&self, dir: &Path) -> Result<()> {
        let path = dir.join(STATE);
        fs::write(&path, serde_json::to_string_pretty(self)?)
            .with_context(|| format!("cannot write {}", path.display()))
    }

    /// The state of the demo that runs in `dir`.
    pub(super) fn read(dir: &Path) -> Result<Self> {
        if !dir.join(LOCK).exists() || !Lock::is_held(dir) {
            bail!("no demo is running: start it with ./start.sh, in another terminal");
        }
        let path = dir.join(STATE);
        let text =
            fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        ensure!(
            !text.is_empty(),
            "the demo is still starting: try again when it says `Up`"
        );
        serde_json::from_str(&text).with_context(|| format!("cannot read {}", path.display()))
    }
}
