//! The composition root of the daemon: settings in, everything wired, until it is told to stop.
//!
//! The order tells the life of the process: what can be wrong with the settings is found before anything is touched;
//! the listener answers 503 while the journal is opened and unfinished remediations are taken up; only then is work
//! taken. The journal is closed last.

mod http;
mod journal;
mod people;
mod ports;
mod prepared;
mod telling;

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use prometheus_client::registry::Registry;
use prunelle_foundation::clock::{SharedClock, SystemClock};
use prunelle_foundation::lifecycle::{Lifecycle, ReloadAnswer, Stop, Tasks};
use prunelle_foundation::web_config::{WebConfig, WebStatus};
use prunelle_foundation::{build_info, listener, process_metrics};
use prunelle_systemd::Systemd;
use prunelle_systemd::client::Options as SystemdOptions;
use prunelle_systemd::watch_list::WatchList;
use tokio::net::UnixListener;
use tokio::sync::{mpsc, watch};

use crate::control::Control;
use crate::grafana::Annotator;
use crate::heartbeat::Beats;
use crate::intake::reconcile::{ActiveAlerts, ReconcileRequests, Reconciler};
use crate::intake::{Intake, Parts, Readiness, WEBHOOK_PATH};
use crate::journal::{Journal, Reopening};
use crate::metrics::Metrics;
use crate::policy::Policy;
use crate::reload::Reloader;
use crate::remediation::alarm::TokioAlarm;
use crate::remediation::engine::{Engine, Inputs};
use crate::remediation::handle::Handle;
use crate::remediation::steps::HostSwitches;
use crate::settings::Settings;
use crate::work::ActiveSet;
use crate::{control, explain, headroom, heartbeat, intake, metrics, view};

pub(crate) use ports::offline;

use self::journal::{close_after, is_crash_looping, open_journal};
use self::people::{asked_by_people, status_page};
use self::ports::{ports, switches};
use self::prepared::Prepared;

/// Notifications that may wait for the engine; more are answered 503.
const QUEUED_NOTIFICATIONS: usize = 4096;
/// How often the active alerts are read from Alertmanager.
const RECONCILE_EVERY: Duration = Duration::from_mins(1);
/// How long everything may take to end.
const GRACE: Duration = Duration::from_secs(10);

/// Runs the daemon.
pub async fn run(settings: Settings) -> anyhow::Result<()> {
    let clock: SharedClock = Arc::new(SystemClock::new().context("cannot read the clock")?);
    let prepared = Prepared::read(&settings, &clock)?;
    let mut lifecycle = Lifecycle::new();
    let (stop, tasks, reopening) = (lifecycle.stop(), lifecycle.tasks(), Reopening::default());
    let web_config = prepared
        .web_config
        .map(|read| read.start(tasks.clone(), &[WEBHOOK_PATH, http::RELOAD_PATH]));
    let (registry, metrics) = registry(web_config.clone().map(|web| move || web.status()));

    let (readiness, is_ready) = watch::channel(Readiness::Starting);
    let (policy, policies) = watch::channel(prepared.policy);
    let (view_sender, view) = view::channel(&clock.now());
    let (stats, journal_stats) = watch::channel(None);
    let (deliveries, work) = intake::queue(QUEUED_NOTIFICATIONS);
    let (handle, commands) = Handle::new();
    let (sets, active_sets) = mpsc::channel(1);

    let systemd = start_systemd(prepared.watch_list, &clock, &tasks, &stop);
    let tokens = Arc::new(prepared.tokens);
    let (reloader, shown_policy) =
        Reloader::new(&settings, policy, &systemd, &tokens, &metrics, &clock);
    let reloads = reloader.reloads();
    let reload = lifecycle.on_reload(reloading(reloader, reopening.clone()));

    let intake = Intake::new(Parts {
        tokens: Arc::clone(&tokens),
        policy: policies.clone(),
        readiness: is_ready.clone(),
        deliveries,
        clock: Arc::clone(&clock),
        metrics: metrics.clone(),
        tasks: tasks.clone(),
    });
    let (samples, beats) = (intake.samples.clone(), intake.beats.clone());
    let shown = http::Shown {
        registry: Arc::new(registry),
        metrics: metrics.clone(),
        readiness: is_ready,
        reload,
        tokens,
        journal: journal_stats,
    };
    let router = http::router(intake, status_page(&settings, view.clone()), shown);
    tasks.spawn_essential("web", serve(prepared.web, router, web_config, stop.clone()));
    let journal = open_journal(&settings, reopening, &clock, &metrics, &tasks).await?;
    stats.send_replace(Some(journal.stats()));
    let common = Common {
        clock: Arc::clone(&clock),
        tasks: tasks.clone(),
        metrics: metrics.clone(),
        policies: policies.clone(),
        journal: journal.clone(),
    };
    let heartbeat = watch_heartbeat(&common, beats, &handle);
    let more = asked_by_people(&settings, &systemd, &clock, &tasks, &policies, &journal);
    let switches = HostSwitches {
        is_crash_looping: is_crash_looping(&journal).await?,
        ..switches(&settings)
    };
    let reconciler = ReconcileRequests::default();
    let ports = ports(&common, systemd, &reconciler, switches, prepared.asked);
    let control = Control {
        handle,
        view,
        samples,
        policy: shown_policy,
        clock: Arc::clone(&clock),
        policies: policies.clone(),
        journal: journal.clone(),
        users: control::USERS.into(),
        more: more.merge(explain::router(ports.clone(), policies.clone())),
    };
    let mut engine = Engine::new(ports, policies.clone(), view_sender);
    recover(&mut engine).await?;
    let inputs = Inputs {
        work: Box::new(work),
        active_sets,
        commands,
    };
    annotate(&settings, &journal, &clock, &metrics, &tasks, &stop);
    let telling = telling::start(&settings, &common, reloads, &stop);
    let engine = tasks.spawn_essential("engine", engine.run(inputs, stop.clone()));
    let writers = futures_util::future::join(engine, telling);
    tasks.spawn("close-journal", close_after(writers, journal));
    let reconciler = reconcile(&common, prepared.active_alerts, reconciler, sets);
    tasks.spawn("heartbeat", heartbeat.run(stop.clone()));
    tasks.spawn("headroom", gauge_headroom(&common).run(stop.clone()));
    tasks.spawn("reconciler", reconciler.run(stop.clone()));
    let control = serve_control(prepared.control, control, stop.clone());
    tasks.spawn("control", control);
    tasks.spawn("readiness", tell_readiness(readiness, stop));
    tracing::info!(version = env!("CARGO_PKG_VERSION"), "ready");

    let reason = lifecycle.run(GRACE).await;
    anyhow::ensure!(!reason.is_failure(), "stopped because {reason}");
    Ok(())
}

/// What nearly every part is handed.
#[derive(Clone)]
struct Common {
    clock: SharedClock,
    tasks: Tasks,
    metrics: Metrics,
    policies: watch::Receiver<Arc<Policy>>,
    journal: Journal,
}

fn watch_heartbeat(common: &Common, beats: Beats, engine: &Handle) -> heartbeat::Watch {
    heartbeat::Watch {
        beats,
        policies: common.policies.clone(),
        clock: Arc::clone(&common.clock),
        alarm: Arc::new(TokioAlarm),
        journal: common.journal.clone(),
        metrics: common.metrics.clone(),
        engine: engine.clone(),
    }
}

fn gauge_headroom(common: &Common) -> headroom::Gauging {
    headroom::Gauging {
        journal: common.journal.clone(),
        policies: common.policies.clone(),
        clock: Arc::clone(&common.clock),
        alarm: Arc::new(TokioAlarm),
        metrics: common.metrics.clone(),
    }
}

/// What a reload does.
fn reloading(mut reloader: Reloader, log: Reopening) -> impl FnMut() -> ReloadAnswer {
    move || {
        // Whatever becomes of the policy: programs that rotate logs ask in the same way.
        log.request();
        reloader.reload()
    }
}

fn reconcile(
    common: &Common,
    active: ActiveAlerts,
    requests: ReconcileRequests,
    sets: mpsc::Sender<ActiveSet>,
) -> Reconciler {
    Reconciler {
        active,
        requests,
        policy: common.policies.clone(),
        clock: Arc::clone(&common.clock),
        metrics: common.metrics.clone(),
        sets,
        interval: RECONCILE_EVERY,
    }
}

fn start_systemd(watch: WatchList, clock: &SharedClock, tasks: &Tasks, stop: &Stop) -> Systemd {
    let options = SystemdOptions {
        watch,
        ..SystemdOptions::default()
    };
    Systemd::start(options, Arc::clone(clock), tasks, stop.clone())
}

fn registry(web: Option<impl Fn() -> WebStatus + Send + Sync + 'static>) -> (Registry, Metrics) {
    let mut registry = Registry::default();
    let metrics = Metrics::register(&mut registry);
    if let Some(status) = web {
        metrics::web::register(&mut registry, status);
    }
    build_info::register(&mut registry, "prunelle_healer", env!("CARGO_PKG_VERSION"));
    process_metrics::register(&mut registry);
    (registry, metrics)
}

/// As this machine calls itself.
pub(crate) fn hostname() -> String {
    let names = rustix::system::uname();
    names.nodename().to_string_lossy().into_owned()
}

async fn recover(engine: &mut Engine) -> anyhow::Result<()> {
    let recovered = engine.recover().await;
    recovered.context("cannot take up what the journal remembers")
}

/// Annotates remediations in Grafana, when a token is given for it.
fn annotate(
    settings: &Settings,
    journal: &Journal,
    clock: &SharedClock,
    metrics: &Metrics,
    tasks: &Tasks,
    stop: &Stop,
) {
    if let Some(access) = &settings.grafana_annotations {
        let annotator = Annotator {
            journal: journal.clone(),
            access: access.clone(),
            hostname: hostname(),
            clock: Arc::clone(clock),
            alarm: Arc::new(TokioAlarm),
            metrics: metrics.clone(),
        };
        tasks.spawn("annotator", annotator.run(stop.clone()));
    }
}

async fn serve(
    listener: std::net::TcpListener,
    router: Router,
    web_config: Option<WebConfig>,
    stop: Stop,
) {
    let scheme = web_config.as_ref().map_or("http", WebConfig::scheme);
    if let Ok(address) = listener.local_addr() {
        tracing::info!(scheme, %address, "listening");
    }
    let limits = listener::Limits::default();
    if let Err(error) = listener::serve(vec![listener], router, limits, web_config, stop).await {
        tracing::error!(%error, "the web server ended");
    }
}

async fn serve_control(listener: UnixListener, control: Control, stop: Stop) {
    if let Err(error) = control::serve(listener, control, stop).await {
        tracing::error!(%error, "the control socket ended");
    }
}

/// Work is taken from now on, until the program stops.
async fn tell_readiness(readiness: watch::Sender<Readiness>, stop: Stop) {
    readiness.send_replace(Readiness::Ready);
    stop.stopped().await;
    readiness.send_replace(Readiness::Draining);
}

#[cfg(test)]
mod tests;
