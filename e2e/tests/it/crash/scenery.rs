//! What the remedies of the table act on: units that count, helper units in the place of those that need root, and what
//! lies about to be cleaned.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use prunelle_sandbox::stack::Host;
use prunelle_sandbox::wait::try_until;

use super::LIMIT;
use super::remedies::Before;

/// Of the host: a greedy process holds more than a tenth of it, two of them leave enough for the rest.
pub(super) const MEMORY: u64 = 1 << 30;
/// Where the package manager of Debian keeps what it has downloaded; a file system of the sandbox's own.
pub(super) const DOWNLOADS: &str = "/var/cache/apt/archives";
pub(super) const DOWNLOADS_SIZE: u64 = 1 << 20;

/// They count their runs and do nothing else. A run takes a while, so that some are under way at a crash.
pub(super) const HELPERS: [(&str, &str); 3] = [
    ("prunelle-vacuum-journal@.service", HELPER),
    ("prunelle-clean-package-cache.service", HELPER),
    ("prunelle-drop-caches.service", HELPER),
];
const HELPER: &str = "[Unit]\nStartLimitIntervalSec=0\n\
    [Service]\nType=oneshot\n\
    ExecStart=/bin/sh -c 'echo run >>/run/%n.deeds; exec sleep 0.2'\n";

/// Writes down what is done to it.
pub(super) const COUNTING: &str = "[Unit]\nStartLimitIntervalSec=0\n\
    [Service]\nType=exec\nCPUQuota=80%\n\
    ExecStart=/bin/sh -c 'echo start >>/run/%n.deeds; exec sleep infinity'\n\
    ExecReload=/bin/sh -c 'echo reload >>/run/%n.deeds'\n\
    ExecStop=/bin/sh -c 'echo stop >>/run/%n.deeds'\n";

/// Two processes hold a line without end, which `tail` keeps as a whole; what becomes of them is written down.
pub(super) const GREEDY: &str = "[Unit]\nStartLimitIntervalSec=0\n\
    [Service]\nType=exec\n\
    ExecStart=/bin/sh -c 'hold() { mkfifo /run/%n.$$1; exec 3<>/run/%n.$$1; tail <&3 & held=$$!; \
    head -c $$2 /dev/zero >&3; echo holds >>/run/%n.deeds; wait $$held; echo ended >>/run/%n.deeds; }; \
    hold one 140M & hold other 120M & wait; exec sleep infinity'\n";

/// Brings about what a row needs, with its unit.
pub(super) fn prepare(host: &Host, unit: &str, before: Before) -> Result<()> {
    let manager = host.manager();
    match before {
        Before::Up => manager.systemctl(&["start", unit]).map(drop),
        Before::Down => manager.systemctl(&["stop", unit]).map(drop),
        Before::Failed => {
            manager.systemctl(&["start", unit])?;
            manager.kill_main(unit)?;
            manager.wait_for(unit, "failed", Duration::from_secs(10))
        }
        Before::Greedy => {
            manager.systemctl(&["start", unit])?;
            try_until("its processes hold what they are to", LIMIT, || {
                Ok((deeds(host, unit, "holds") == 2).then_some(()))
            })
        }
        Before::OldJournal => {
            let machine = fs::read_to_string("/etc/machine-id")
                .context("no /etc/machine-id: `systemd-machine-id-setup` makes it")?;
            let folder = manager.path("/run/log/journal").join(machine.trim());
            fs::create_dir_all(&folder)?;
            let name = format!("system@{:032x}-{:016x}-{:016x}.journal", 1, 1, 1_u64 << 50);
            Ok(fs::write(folder.join(name), "old")?)
        }
        Before::Downloads => {
            let folder = manager.path(DOWNLOADS);
            Ok(fs::write(folder.join("some_1.0_all.deb"), "a package")?)
        }
        Before::Nothing => Ok(()),
    }
}

/// How often a unit has written down a word.
pub(super) fn deeds(host: &Host, unit: &str, word: &str) -> usize {
    let file = Path::new("/run").join(format!("{unit}.deeds"));
    let file = host.manager().path(file);
    let text = fs::read_to_string(file).unwrap_or_default();
    text.lines().filter(|line| *line == word).count()
}
