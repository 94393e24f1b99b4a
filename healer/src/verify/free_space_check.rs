//! `free_space` as the engine sees it: file systems give space back with a delay, so it is looked at for a while.

use std::time::Duration;

use serde_json::json;

use super::{Checks, Verification, free_space};
use crate::reason::{Outcome, Reason};
use crate::remedy::Finding;

/// How long space may take to come free: some file systems free it in the background.
const PATIENCE: Duration = Duration::from_secs(10);
const LOOK_AGAIN: Duration = Duration::from_millis(500);

pub(super) async fn check(checks: &Checks, verification: &Verification, at_least: f64) -> Finding {
    let Some(folder) = verification.target.place() else {
        return bad("the target is on no file system".to_owned());
    };
    let begun = checks.clock.now();
    loop {
        let reading = {
            let folder = folder.to_owned();
            checks
                .tasks
                .spawn_blocking("free-space", move || free_space::check(&folder, at_least))
                .await
        };
        let verdict = match reading {
            Ok(Ok(verdict)) => verdict,
            Ok(Err(error)) => return bad(error.to_string()),
            Err(error) => return bad(error.to_string()),
        };
        let message = format!(
            "{:.1}% of the file system of {} is free, {:.1}% is wanted",
            verdict.free_ratio * 100.0,
            folder.display(),
            at_least * 100.0
        );
        let evidence = json!({"free_ratio_after": verdict.free_ratio});
        if verdict.holds() {
            return Finding::good(message, evidence);
        }
        if checks.clock.now().since(&begun) >= PATIENCE {
            return Finding::bad(Outcome::NotVerified, Reason::NotVerified, message, evidence);
        }
        checks.alarm.after(LOOK_AGAIN).await;
    }
}

fn bad(message: String) -> Finding {
    Finding::bad(
        Outcome::NotVerified,
        Reason::NotVerified,
        message,
        json!({}),
    )
}
