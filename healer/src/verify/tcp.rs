//! `tcp`: a connection can be made. Nothing is sent, and it is closed at once.

use std::time::Duration;

use futures_util::FutureExt as _;
use serde_json::json;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::until::{self, Look};
use super::{Checks, Verification};
use crate::http_client::CONNECT_LIMIT;
use crate::remedy::Finding;

const LOOK_AGAIN: Duration = Duration::from_millis(500);

pub(super) async fn check(checks: &Checks, verification: &Verification, address: &str) -> Finding {
    until::it_holds(checks, verification, LOOK_AGAIN, || {
        async {
            let evidence = json!({"address": address});
            match timeout(CONNECT_LIMIT, TcpStream::connect(address)).await {
                Ok(Ok(_)) => Look::Holds(format!("{address} takes connections"), evidence),
                Ok(Err(error)) => {
                    Look::NotYet(format!("{address} takes no connection: {error}"), evidence)
                }
                Err(_) => Look::NotYet(
                    format!("{address} did not answer within {CONNECT_LIMIT:?}"),
                    evidence,
                ),
            }
        }
        .boxed()
    })
    .await
}
