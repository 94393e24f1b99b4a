//! `alert_inactive`: Alertmanager no longer has the alert. One that somebody silences meanwhile is not over.

use std::error::Error as _;
use std::time::Duration;

use futures_util::FutureExt as _;
use serde_json::json;

use super::until::{self, Look};
use super::{Checks, Verification};
use crate::remedy::Finding;

const LOOK_AGAIN: Duration = Duration::from_secs(1);

pub(super) async fn check(checks: &Checks, verification: &Verification) -> Finding {
    let alert = &verification.alert;
    let name = alert.name();
    until::it_holds(checks, verification, LOOK_AGAIN, || {
        async {
            match checks.alertmanager.has(alert).await {
                Ok(false) => Look::Holds(
                    format!("Alertmanager has no alert `{name}` any more"),
                    json!({"alert_active": false}),
                ),
                Ok(true) => Look::NotYet(
                    format!("Alertmanager still has the alert `{name}`"),
                    json!({"alert_active": true}),
                ),
                Err(error) => {
                    let mut message = error.to_string();
                    let mut cause = error.source();
                    while let Some(error) = cause {
                        message = format!("{message}: {error}");
                        cause = error.source();
                    }
                    Look::NotYet(message, json!({}))
                }
            }
        }
        .boxed()
    })
    .await
}
