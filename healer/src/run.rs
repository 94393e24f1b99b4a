//! The composition root of the daemon: settings in, everything wired, until it is told to stop.

use crate::settings::Settings;

/// Runs the daemon.
pub async fn run(settings: Settings) -> anyhow::Result<()> {
    anyhow::bail!(
        "the daemon is not wired yet: {}",
        settings.policy_file.display()
    )
}
