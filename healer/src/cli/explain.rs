//! `explain`: what would be made of an alert, by the daemon or, when there is none, as far as that can be seen from here.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use prunelle_foundation::clock::{SharedClock, SystemClock};
use prunelle_foundation::lifecycle::Lifecycle;

use super::client::{self, ClientError};
use super::said;
use crate::explain::{self, Explanation};
use crate::policy::load;
use crate::run::offline;
use crate::settings::Settings;

/// How long systemd may take to tell what runs.
const SYSTEMD_LIMIT: Duration = Duration::from_secs(3);

/// Explains the alerts of a file; `-` is standard input.
pub(super) async fn explain(
    socket: &Path,
    settings: Settings,
    file: PathBuf,
    is_offline: bool,
    is_json: bool,
) -> anyhow::Result<String> {
    let text = if file.as_os_str() == "-" {
        let mut text = String::new();
        io::stdin()
            .read_to_string(&mut text)
            .context("cannot read standard input")?;
        text
    } else {
        fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?
    };
    let asked = if is_offline {
        Err(ClientError::NotRunning(socket.to_owned()))
    } else {
        client::explain(socket, text.clone()).await
    };
    let explanation = match asked {
        Err(ClientError::NotRunning(_)) => from_here(settings, &text).await?,
        asked => asked?,
    };
    Ok(said(&explanation, is_json, explain::text))
}

async fn from_here(settings: Settings, text: &str) -> anyhow::Result<Explanation> {
    let clock: SharedClock = Arc::new(SystemClock::new()?);
    let alerts = explain::alerts(text, clock.now().wall)
        .map_err(|error| ClientError::Misused(error.to_string()))?;
    let policy = Arc::new(load::read(&settings.policy_file)?);
    let lifecycle = Lifecycle::new();
    let ports = offline(&settings, &policy, &clock, &lifecycle, SYSTEMD_LIMIT).await?;
    let explanation = explain::explain(&ports, &policy, alerts, false).await;
    lifecycle.stop().request("everything was explained");
    Ok(explanation)
}
