//! The tasks that tell people: the teller, the senders, regular reports, gauges, and what makes channels anew at a reload.

use std::sync::Arc;

use futures_util::future::join5;
use prunelle_foundation::lifecycle::Stop;
use reqwest::Url;
use tokio::sync::watch;

use super::people::reporter;
use super::{Common, hostname};
use crate::notify::bell::Bell;
use crate::notify::channels::Makings;
use crate::notify::gauging::Gauging;
use crate::notify::live::{Live, Renewal};
use crate::notify::mail::MailMakings;
use crate::notify::reporting::Reporting;
use crate::notify::sender::Senders;
use crate::notify::speaker::Speaker;
use crate::notify::teller::Teller;
use crate::notify::words::About;
use crate::remediation::alarm::{Alarm, TokioAlarm};
use crate::settings::Settings;

/// Starts the tasks; resolves when all have ended, and nothing is sent or recorded any more.
pub(super) fn start(
    settings: &Settings,
    common: &Common,
    reloads: watch::Receiver<u64>,
    stop: &Stop,
) -> impl Future<Output = ()> + Send + use<> {
    let Common {
        clock,
        tasks,
        metrics,
        policies,
        journal,
    } = common.clone();
    let makings = Makings {
        clock: Arc::clone(&clock),
        tasks: tasks.clone(),
        mail: MailMakings::new(settings.mail.clone(), hostname()),
    };
    let more: Vec<_> = settings.mail.receiver().into_iter().collect();
    let alarm: Arc<dyn Alarm> = Arc::new(TokioAlarm);
    let first = Live::new(&policies.borrow(), &more, &makings);
    let (live, followed) = watch::channel(Arc::new(first));
    let (posted, given_up) = (Bell::default(), Bell::default());
    let teller = Teller {
        journal: journal.clone(),
        live: followed.clone(),
        clock: Arc::clone(&clock),
        alarm: Arc::clone(&alarm),
        metrics: metrics.clone(),
        posted: posted.clone(),
        given_up: given_up.clone(),
    };
    let reporting = Reporting {
        journal: journal.clone(),
        live: followed.clone(),
        clock: Arc::clone(&clock),
        alarm: Arc::clone(&alarm),
        metrics: metrics.clone(),
        posted: posted.clone(),
    };
    let gauging = Gauging {
        journal: journal.clone(),
        live: followed.clone(),
        alarm: Arc::clone(&alarm),
        metrics: metrics.clone(),
    };
    let reporter = reporter(&journal, &clock);
    let senders = Senders {
        journal,
        live: followed,
        words: Arc::new(Speaker {
            about: about(settings),
            reporter,
        }),
        clock,
        alarm,
        metrics,
        posted,
        given_up,
    };
    let renewal = Renewal {
        policies,
        reloads,
        more,
        makings,
        live,
    };
    let ended = join5(
        tasks.spawn("teller", teller.run(stop.clone())),
        tasks.spawn("senders", senders.run(stop.clone())),
        tasks.spawn("reports", reporting.run(stop.clone())),
        tasks.spawn("receivers", renewal.run(stop.clone())),
        tasks.spawn("queues", gauging.run(stop.clone())),
    );
    async {
        // One that panicked has said so.
        let _ = ended.await;
    }
}

fn about(settings: &Settings) -> About {
    About {
        hostname: hostname(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        grafana_url: settings.grafana_url.clone(),
        alertmanager_url: Some(settings.alertmanager_url.clone()).filter(is_reachable),
    }
}

/// An address that only this machine understands helps no reader.
fn is_reachable(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    host != "localhost" && !host.starts_with("127.") && host != "[::1]"
}
