//! `pause`, `resume`, `release`: what they say when they are done.

use std::path::Path;

use prunelle_foundation::duration::PromDuration;

use super::client::{ClientError, tell};
use super::said;
use crate::control::{PauseRequest, Paused, Released, ResumeRequest, Resumed};

pub(super) async fn pause(
    socket: &Path,
    target: String,
    lasts: PromDuration,
    note: String,
    is_json: bool,
) -> Result<String, ClientError> {
    let request = PauseRequest {
        target,
        lasts,
        note,
    };
    let paused: Paused = tell(socket, "pause", &request).await?;
    Ok(said(
        &paused,
        is_json,
        |Paused { target, until, .. }| format!("paused {target} for {lasts}, until {until:.0}"),
    ))
}

pub(super) async fn resume(
    socket: &Path,
    target: String,
    is_json: bool,
) -> Result<String, ClientError> {
    let resumed: Resumed = tell(socket, "resume", &ResumeRequest { target }).await?;
    Ok(said(&resumed, is_json, |resumed| {
        let pauses = match resumed.pauses {
            0 => None,
            1 => Some("1 pause ended".to_owned()),
            pauses => Some(format!("{pauses} pauses ended")),
        };
        let quarantine = resumed
            .was_quarantined
            .then(|| "released from quarantine".to_owned());
        let ended: Vec<String> = pauses.into_iter().chain(quarantine).collect();
        format!("resumed {}: {}", resumed.target, ended.join(", "))
    }))
}

pub(super) async fn release(
    socket: &Path,
    target: String,
    is_json: bool,
) -> Result<String, ClientError> {
    let released: Released = tell(socket, "release", &ResumeRequest { target }).await?;
    Ok(said(&released, is_json, |released| {
        format!(
            "released {}: what still fires is looked at again now",
            released.target
        )
    }))
}
