//! The shipped policy, `deploy/policy.yml`, with as few changes as a scenario needs.
//!
//! A line that is no longer what it was is an error: what is tested must be what ships.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

/// The policy's text.
pub(crate) struct ShippedPolicy(String);

impl ShippedPolicy {
    /// As shipped: it observes, and no service may be started.
    pub(crate) fn read() -> Result<Self> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/policy.yml");
        let text =
            fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        Ok(Self(text))
    }

    /// Another text in one place.
    pub(crate) fn with(self, shipped: &str, instead: &str) -> Result<Self> {
        let count = self.0.matches(shipped).count();
        ensure!(count == 1, "`{shipped}` is {count} times in the policy");
        Ok(Self(self.0.replace(shipped, instead)))
    }

    /// Files are old after 5 s: nobody can wait for days. Only the scenario's own file system is cleaned: the others,
    /// and `/tmp`, are those of this machine.
    pub(crate) fn impatient(self, mount: &str) -> Result<Self> {
        self.with(
            "folder: /tmp, older_than: 10d",
            "folder: /var/tmp, older_than: 5s",
        )?
        .with("older_than: 30d", "older_than: 5s")?
        .with(
            "allow: [/, /var, /tmp, /var/tmp, /var/cache, /var/log]",
            &format!("allow: [{mount}]"),
        )
    }

    /// Both locks of `disk-full` opened, as an operator does it.
    pub(crate) fn enforced(self) -> Result<Self> {
        self.with("\nmode: observe\n", "\nmode: enforce\n")?.with(
            "\n    mode: observe # a second lock",
            "\n    mode: enforce # a second lock",
        )
    }

    /// What the file says.
    pub(crate) fn into_text(self) -> String {
        self.0
    }
}
