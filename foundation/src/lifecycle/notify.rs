//! What the service manager is told (`NOTIFY_SOCKET`, `WATCHDOG_USEC`); silent when there is none.

use std::time::Duration;

use sd_notify::NotifyState;

use super::{Health, ReloadAnswer, StopReason};

pub(super) fn ready() {
    send(&[NotifyState::Ready]);
}

/// `Type=notify-reload` wants the time, to tell this reload from one before it.
pub(super) fn reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => send(&[NotifyState::Reloading, now]),
        Err(_) => send(&[NotifyState::Reloading]),
    }
}

pub(super) fn reloaded(answer: &ReloadAnswer) {
    let (outcome, text) = match answer {
        Ok(text) => ("Reloaded", text),
        Err(text) => ("Not reloaded", text),
    };
    let status = format!("{outcome}: {}", text.lines().next().unwrap_or_default());
    send(&[NotifyState::Ready, NotifyState::Status(&status)]);
}

pub(super) fn stopping(reason: &StopReason) {
    let status = format!("Stopping: {reason}");
    send(&[NotifyState::Stopping, NotifyState::Status(&status)]);
}

/// Pings at half of the limit while the program is alive; never ends.
pub(super) async fn watchdog(health: &Health) {
    let Some(limit) = sd_notify::watchdog_enabled() else {
        return std::future::pending().await;
    };
    let mut ticks = tokio::time::interval((limit / 2).max(Duration::from_millis(1)));
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if health() {
            send(&[NotifyState::Watchdog]);
        } else {
            tracing::error!("not alive: the watchdog is not fed");
        }
    }
}

fn send(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(%error, "cannot notify the service manager");
    }
}
