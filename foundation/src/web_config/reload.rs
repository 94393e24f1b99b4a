//! Reading the file again when it, or a file that it names, has changed.
//!
//! Whoever uses the settings looks, at most once a second: a `stat` for each file, without a hand-over to another
//! thread. Only a change is read, on a thread for blocking work that installs it however the request goes on. A file
//! that is broken, half-written or gone changes nothing but a metric and one line in the log; the next change is tried
//! again.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use tokio::sync::{Mutex, watch};
use tokio::time::Instant;

use super::load::{Sources, load};
use super::{Inner, Tls};

/// When to look, and at what.
#[derive(Debug)]
pub(super) struct Reloader {
    looking: Arc<Mutex<Looking>>,
    every: Duration,
    in_force: watch::Sender<Option<Arc<Tls>>>,
}

#[derive(Debug)]
struct Looking {
    next: Instant,
    sources: Sources,
}

impl Reloader {
    pub(super) fn new(sources: Sources, every: Duration, tls: Option<Arc<Tls>>) -> Self {
        Self {
            looking: Arc::new(Mutex::new(Looking {
                next: Instant::now() + every,
                sources,
            })),
            every,
            in_force: watch::Sender::new(tls),
        }
    }

    /// Resolves when other TLS settings than `tls` are in force.
    pub(super) async fn superseded(&self, tls: Option<&Arc<Tls>>) {
        let mut in_force = self.in_force.subscribe();
        let is_other = |now: &Option<Arc<Tls>>| !is_same(now.as_ref(), tls);
        if in_force.wait_for(is_other).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// Looks for changes when it is time, and takes them over. Who comes meanwhile goes on with what is in force.
pub(super) async fn look(inner: &Arc<Inner>) {
    let reloader = &inner.reloader;
    let Ok(mut looking) = Arc::clone(&reloader.looking).try_lock_owned() else {
        return;
    };
    let now = Instant::now();
    if now < looking.next {
        return;
    }
    looking.next = now + reloader.every;
    if !looking.sources.have_changed() {
        return;
    }
    let again = Arc::clone(inner);
    let reading = inner
        .tasks
        .spawn_blocking("read web configuration", move || {
            read_again(&again, &mut looking.sources);
        });
    // It has been installed by the thread, or a panic has been logged there.
    let _ = reading.await;
}

fn read_again(inner: &Inner, sources: &mut Sources) {
    let file: PathBuf = sources.file().to_owned();
    let (read, contents) = load(&file, &inner.clock);
    *sources = read;
    let now = inner.clock.now().wall;
    match contents {
        Ok(mut contents) => {
            let mut in_force = inner
                .contents
                .write()
                .unwrap_or_else(PoisonError::into_inner);
            // Connections end when their TLS settings do, not when a user was added.
            let is_same = is_same_tls(contents.tls.as_ref(), in_force.tls.as_ref());
            if is_same {
                contents.tls.clone_from(&in_force.tls);
            }
            let tls = contents.tls.clone();
            *in_force = Arc::new(contents);
            if !is_same {
                // Before anybody can begin a connection with them.
                inner.reloader.in_force.send_replace(tls);
            }
            drop(in_force);
            inner.counters.reloaded(true, now);
            tracing::info!(file = %file.display(), "web configuration read again");
        }
        Err(errors) => {
            inner.counters.reloaded(false, now);
            tracing::error!(%errors, "the web configuration was changed and is wrong: the old one stays in force");
        }
    }
}

fn is_same(one: Option<&Arc<Tls>>, other: Option<&Arc<Tls>>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => Arc::ptr_eq(one, other),
        (one, other) => one.is_none() && other.is_none(),
    }
}

fn is_same_tls(one: Option<&Arc<Tls>>, other: Option<&Arc<Tls>>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => one.is_same_as(other),
        (one, other) => one.is_none() && other.is_none(),
    }
}
