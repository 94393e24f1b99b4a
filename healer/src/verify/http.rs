//! `http`: a GET is answered with one of the wanted status codes. The address is the policy's; redirects are answers like
//! others, and not followed.

use std::error::Error as _;
use std::time::Duration;

use futures_util::FutureExt as _;
use reqwest::{Client, Url};
use serde_json::json;

use super::until::{self, Look};
use super::{Checks, Verification, not_verified};
use crate::http_client;
use crate::remedy::Finding;

const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// How long one answer may take, its head only: the body is not read.
const TIME_LIMIT: Duration = Duration::from_secs(5);

pub(super) async fn check(
    checks: &Checks,
    verification: &Verification,
    url: &str,
    wanted: &[u16],
) -> Finding {
    let client = Url::parse(url)
        .map_err(|error| error.to_string())
        .and_then(|url| {
            let client = http_client::client(&url).map_err(|error| error.to_string())?;
            Ok((client, url))
        });
    let (client, url) = match client {
        Ok(both) => both,
        Err(error) => return not_verified(format!("`{url}` cannot be asked: {error}"), json!({})),
    };
    until::it_holds(checks, verification, LOOK_AGAIN, || {
        async { look(&client, &url, wanted).await }.boxed()
    })
    .await
}

async fn look(client: &Client, url: &Url, wanted: &[u16]) -> Look {
    let shown = http_client::shown(url);
    match client.get(url.clone()).timeout(TIME_LIMIT).send().await {
        Ok(response) => {
            let status = response.status().as_u16();
            let evidence = json!({"url": shown, "status": status});
            if wanted.contains(&status) {
                Look::Holds(format!("{shown} answered {status}"), evidence)
            } else {
                let wanted: Vec<String> = wanted.iter().map(u16::to_string).collect();
                let message = format!("{shown} answered {status}, not {}", wanted.join(" or "));
                Look::NotYet(message, evidence)
            }
        }
        Err(error) => {
            let error = error.without_url();
            let mut message = format!("{shown} cannot be asked: {error}");
            let mut cause = error.source();
            while let Some(error) = cause {
                message = format!("{message}: {error}");
                cause = error.source();
            }
            Look::NotYet(message, json!({"url": shown}))
        }
    }
}
