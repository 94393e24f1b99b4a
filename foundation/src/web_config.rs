//! `--web.config.file`: TLS, users, headers and a rate limit, in the format of Prometheus' exporter-toolkit.
//!
//! The file is read strictly: what is unknown, unsupported or has no effect is an error with its place, never ignored.
//! Once running, the file and everything it names are looked at on use, at most once a second, and read again when one
//! changed. A new version is in force as a whole or not at all: one that is broken is told once and leaves the old one
//! in force. Both programs [`read`] the file before anything starts and hand the [`WebConfig`] to their listener.

mod guard;
mod load;
mod rate_limit;
mod reload;
mod status;
mod tls;
mod users;
mod wire;

use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use axum::http::{HeaderName, HeaderValue};

use crate::clock::SharedClock;
use crate::config::ConfigErrors;
use crate::lifecycle::Tasks;

pub use guard::AuthenticatedUser;
pub(crate) use guard::{admit, decorate};
pub use status::WebStatus;
pub(crate) use tls::Tls;

use load::Sources;
use rate_limit::{RateLimit, RateLimiter};
use reload::Reloader;
use status::Counters;
use users::{Users, Verdicts};

/// How often the files are looked at, at most.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// What the file says, checked.
#[derive(Debug)]
pub(crate) struct Contents {
    pub(crate) tls: Option<Arc<Tls>>,
    headers: Vec<(HeaderName, HeaderValue)>,
    users: Arc<Users>,
    rate_limit: Option<RateLimit>,
}

/// A file that was read and found right; nothing is served by it yet.
#[derive(Debug)]
pub struct Read {
    contents: Contents,
    sources: Sources,
    clock: SharedClock,
}

/// Reads and checks the file and everything it names.
pub fn read(file: &Path, clock: &SharedClock) -> Result<Read, ConfigErrors> {
    let (sources, contents) = load::load(file, clock);
    Ok(Read {
        contents: contents?,
        sources,
        clock: Arc::clone(clock),
    })
}

impl Read {
    /// Puts it in force, on threads of `tasks`. On the paths of `own_authentication` a request that is not about a
    /// user goes through, because whoever answers there asks for a secret of its own.
    pub fn start(self, tasks: Tasks, own_authentication: &'static [&'static str]) -> WebConfig {
        self.start_looking(tasks, own_authentication, LOOK_EVERY)
    }

    fn start_looking(
        self,
        tasks: Tasks,
        own_authentication: &'static [&'static str],
        look_every: Duration,
    ) -> WebConfig {
        let now = self.clock.now().wall;
        WebConfig(Arc::new(Inner {
            limiter: RateLimiter::new(self.contents.rate_limit),
            reloader: Reloader::new(self.sources, look_every, self.contents.tls.clone()),
            contents: RwLock::new(Arc::new(self.contents)),
            counters: Counters::new(now),
            verdicts: Arc::new(Verdicts::new()),
            clock: self.clock,
            tasks,
            own_authentication,
        }))
    }

    /// One line for people: `https, client certificates, 2 users`.
    pub fn summary(&self) -> String {
        let contents = &self.contents;
        let mut facts = vec![scheme(contents).to_owned()];
        if let Some(tls) = &contents.tls {
            let about_clients = tls.about_clients();
            facts.extend((!about_clients.is_empty()).then(|| about_clients.to_owned()));
            let is_over = tls.not_after() < self.clock.now().wall;
            let valid = if is_over {
                "has expired on"
            } else {
                "valid until"
            };
            facts.push(format!("certificate {valid} {}", tls.not_after()));
        }
        facts.push(match contents.users.len() {
            0 => "no users".to_owned(),
            1 => "1 user".to_owned(),
            users => format!("{users} users"),
        });
        facts.extend(contents.rate_limit.map(|limit| limit.to_string()));
        facts.join(", ")
    }
}

/// The settings in force; clones share them.
#[derive(Clone, Debug)]
pub struct WebConfig(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    contents: RwLock<Arc<Contents>>,
    limiter: RateLimiter,
    verdicts: Arc<Verdicts>,
    counters: Counters,
    reloader: Reloader,
    clock: SharedClock,
    tasks: Tasks,
    own_authentication: &'static [&'static str],
}

impl WebConfig {
    /// `https` or `http`.
    pub fn scheme(&self) -> &'static str {
        scheme(&self.contents())
    }

    /// How it stands, for the program's metrics.
    pub fn status(&self) -> WebStatus {
        self.0.counters.status(&self.contents())
    }

    /// What is in force, after a look at the files when the last one is a second ago.
    pub(crate) async fn current(&self) -> Arc<Contents> {
        reload::look(&self.0).await;
        self.contents()
    }

    /// Resolves when `tls` is in force no longer.
    pub(crate) async fn superseded(&self, tls: Option<&Arc<Tls>>) {
        self.0.reloader.superseded(tls).await;
    }

    /// Counts a handshake that came to nothing.
    pub(crate) fn handshake_failed(&self) {
        self.0.counters.handshake_failed();
    }

    fn contents(&self) -> Arc<Contents> {
        let contents = self.0.contents.read();
        Arc::clone(&contents.unwrap_or_else(PoisonError::into_inner))
    }
}

fn scheme(contents: &Contents) -> &'static str {
    if contents.tls.is_some() {
        "https"
    } else {
        "http"
    }
}

#[cfg(test)]
mod tests;
