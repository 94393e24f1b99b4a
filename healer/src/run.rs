//! The composition root of the daemon: settings in, everything wired, until it is told to stop.
//!
//! The order tells the life of the process: what can be wrong with the settings is found before anything is touched;
//! the listener answers 503 while the journal is opened and unfinished remediations are taken up; only then is work
//! taken. The journal is closed last.

mod http;
mod telling;

use std::io;
use std::os::fd::{AsFd as _, BorrowedFd};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use prometheus_client::registry::Registry;
use prunelle_foundation::clock::{SharedClock, SystemClock};
use prunelle_foundation::lifecycle::{Lifecycle, ReloadAnswer, Stop, Tasks};
use prunelle_foundation::web_config::{self, WebConfig, WebStatus};
use prunelle_foundation::{build_info, listener, process_metrics};
use prunelle_systemd::Systemd;
use prunelle_systemd::client::Options as SystemdOptions;
use prunelle_systemd::watch_list::WatchList;
use tokio::net::UnixListener;
use tokio::sync::{mpsc, watch};

use crate::boundary::Boundary;
use crate::control::{self, Control};
use crate::doctor::{self, Patient};
use crate::explain;
use crate::grafana::Annotator;
use crate::headroom;
use crate::heartbeat::{self, Beats};
use crate::intake::auth::Tokens;
use crate::intake::reconcile::{ActiveAlerts, ReconcileRequests, Reconciler};
use crate::intake::{self, Intake, Parts, Readiness, WEBHOOK_PATH};
use crate::journal::{
    JOURNALD_SOCKET, Journal, JournalOptions, LogOptions, Reopening, goes_to_journald,
};
use crate::leases::LocalLeases;
use crate::metrics::{self, Metrics};
use crate::notify::channels::Makings;
use crate::notify::files;
use crate::notify::mail::MailMakings;
use crate::notify::trying;
use crate::policy::load::{self, Checked};
use crate::policy::{Policy, RemedyKind};
use crate::prometheus::Prometheus;
use crate::reload::{self, Reloader};
use crate::remediation::alarm::{Alarm, TokioAlarm};
use crate::remediation::engine::{Engine, Inputs};
use crate::remediation::handle::Handle;
use crate::remediation::ids::UuidV7;
use crate::remediation::steps::{HostSwitches, Ports, Roots, UnitLog};
use crate::remedy::Remedies;
use crate::remedy::clean_folder::CleanFolderRemedy;
use crate::remedy::end_process::EndProcess;
use crate::remedy::of_host::OfHost;
use crate::report::{self, Reporter};
use crate::service_manager::ServiceManager;
use crate::settings::{Journald, Mail, Settings};
use crate::status_page::StatusPage;
use crate::verify::Checks;
use crate::view;
use crate::work::ActiveSet;

/// Notifications that may wait for the engine; more are answered 503.
const QUEUED_NOTIFICATIONS: usize = 4096;
/// How often the active alerts are read from Alertmanager.
const RECONCILE_EVERY: Duration = Duration::from_mins(1);
/// How long everything may take to end.
const GRACE: Duration = Duration::from_secs(10);
/// So many unclean starts within so long: observe only.
const CRASH_LOOP: (usize, Duration) = (3, Duration::from_mins(5));

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

/// What `explain` works with when no daemon runs: this machine as it is, and a past in which nothing happened. Waits a
/// while for systemd; what it has not told by then is unknown.
pub(crate) async fn offline(
    settings: &Settings,
    policy: &Policy,
    clock: &SharedClock,
    lifecycle: &Lifecycle,
    patience: Duration,
) -> anyhow::Result<Ports> {
    let (tasks, stop) = (lifecycle.tasks(), lifecycle.stop());
    let watch = reload::watch_list(&settings.monitored_services, policy)?;
    let systemd = start_systemd(watch, clock, &tasks, &stop);
    let mut table = ServiceManager::table(&systemd);
    let synchronised = table.wait_for(|table| table.sync == prunelle_systemd::Sync::Synchronised);
    // In vain: then guards that need it say so.
    let _ = tokio::time::timeout(patience, synchronised).await;
    let asked = asked(settings, ActiveAlerts::new(&settings.alertmanager_url)?)?;
    let common = Common {
        clock: Arc::clone(clock),
        tasks,
        metrics: Metrics::unregistered(),
        policies: watch::Sender::new(Arc::new(policy.clone())).subscribe(),
        journal: Journal::closed(Arc::clone(clock)),
    };
    let requests = ReconcileRequests::default();
    Ok(ports(
        &common,
        systemd,
        &requests,
        switches(settings),
        asked,
    ))
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

/// Whom the checks ask.
fn asked(settings: &Settings, alertmanager: ActiveAlerts) -> anyhow::Result<Asked> {
    Ok(Asked {
        prometheus: Prometheus::new(&settings.prometheus_url)?,
        alertmanager,
        boundary: settings.host_boundary,
    })
}

/// What can be wrong with the settings, found before anything is touched.
struct Prepared {
    policy: Arc<Policy>,
    web_config: Option<web_config::Read>,
    tokens: Tokens,
    watch_list: WatchList,
    active_alerts: ActiveAlerts,
    asked: Asked,
    web: std::net::TcpListener,
    control: UnixListener,
}

impl Prepared {
    fn read(settings: &Settings, clock: &SharedClock) -> anyhow::Result<Self> {
        let Checked { policy, warnings } =
            load::read_beside(&settings.policy_file, &settings.mail)?;
        reload::tell_warnings(&warnings);
        warn_of_mail(&settings.mail);
        let policy = Arc::new(policy);
        let web_config = settings.web_config_file.as_deref();
        let active_alerts = ActiveAlerts::new(&settings.alertmanager_url)?;
        Ok(Self {
            web_config: web_config
                .map(|file| web_config::read(file, clock))
                .transpose()?,
            tokens: Tokens::read(&settings.token_files)?,
            watch_list: reload::watch_list(&settings.monitored_services, &policy)?,
            asked: asked(settings, active_alerts.clone())?,
            active_alerts,
            web: listener::bind(&settings.listen_address)?,
            // Last: it also finds out whether another daemon runs.
            control: control::bind(&settings.socket())?,
            policy,
        })
    }
}

/// What this host and these settings have switched; a crash loop is known by the journal.
fn switches(settings: &Settings) -> HostSwitches {
    HostSwitches {
        is_auto_healing_disabled: settings.auto_healing_enabled == Some(false),
        is_crash_looping: false,
        pause_file: settings.pause_file(),
    }
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

/// However those who write end: what they wrote last is kept, and the log catches up.
async fn close_after(writers: impl Future, journal: Journal) {
    writers.await;
    journal.close().await;
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

fn status_page(settings: &Settings, view: view::ViewReceiver) -> StatusPage {
    StatusPage {
        view,
        hostname: hostname(),
        grafana_url: settings.grafana_url.as_ref().map(ToString::to_string),
    }
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

/// Mail that is wanted and will not go is told once.
fn warn_of_mail(mail: &Mail) {
    if let Some(warning) = mail.warning() {
        tracing::warn!("{warning}; set them in /etc/prunelle/prunelle.env");
    }
    if let Mail::Ready(server) = mail {
        for problem in files::examine_mail(server) {
            tracing::warn!(cure = problem.cure, "mail: {}", problem.message);
        }
    }
}

/// What people ask of the daemon that needs nothing of the engine.
fn asked_by_people(
    settings: &Settings,
    systemd: &Systemd,
    clock: &SharedClock,
    tasks: &Tasks,
    policies: &watch::Receiver<Arc<Policy>>,
    journal: &Journal,
) -> Router {
    let makings = Makings {
        clock: Arc::clone(clock),
        tasks: tasks.clone(),
        mail: MailMakings::new(settings.mail.clone(), hostname()),
    };
    doctor::router(patient(settings, systemd, clock))
        .merge(trying::router(policies.clone(), makings))
        .merge(report::router(reporter(journal, clock)))
}

fn reporter(journal: &Journal, clock: &SharedClock) -> Reporter {
    Reporter {
        journal: journal.clone(),
        clock: Arc::clone(clock),
        host: hostname(),
    }
}

/// This daemon, as `doctor` examines it.
fn patient(settings: &Settings, systemd: &Systemd, clock: &SharedClock) -> Patient {
    Patient {
        settings: settings.clone(),
        systemd: systemd.clone(),
        clock: Arc::clone(clock),
        is_daemon: true,
        proc: "/proc".into(),
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

async fn open_journal(
    settings: &Settings,
    reopening: Reopening,
    clock: &SharedClock,
    metrics: &Metrics,
    tasks: &Tasks,
) -> anyhow::Result<Journal> {
    let observer = metrics.clone();
    let options = JournalOptions {
        reserve_bytes: settings.storage_reserve.get(),
        action_log: Some(settings.actions_file.clone()),
        log: log_options(settings, reopening),
        on_commit: Some(Arc::new(move |took| observer.journal_committed(took))),
        ..JournalOptions::new(&settings.storage_path)
    };
    let (clock, inner) = (Arc::clone(clock), tasks.clone());
    // It outlives the stop signal: what is under way is still written, and closed after the engine.
    let journal = tasks
        .spawn_blocking("open-journal", move || {
            Journal::open(options, clock, &inner, Stop::new())
        })
        .await
        .context("opening the journal panicked")??;
    Ok(journal)
}

/// How the action log is kept, as the settings say.
fn log_options(settings: &Settings, reopening: Reopening) -> LogOptions {
    let actions = settings.actions;
    let is_told = match actions.journald {
        Journald::Always => true,
        Journald::Never => false,
        Journald::Auto => {
            let stream = std::env::var("JOURNAL_STREAM").ok();
            let goes_there = |output: BorrowedFd<'_>| goes_to_journald(stream.as_deref(), output);
            goes_there(io::stdout().as_fd()) || goes_there(io::stderr().as_fd())
        }
    };
    LogOptions {
        max_bytes: actions.max_size.get(),
        max_age: actions.max_age.get(),
        is_compressed: actions.is_compressed,
        keep: actions.keep.get(),
        keep_files: actions.keep_files,
        journald: is_told.then(|| JOURNALD_SOCKET.into()),
        reopening,
        on_step: None,
    }
}

async fn is_crash_looping(journal: &Journal) -> anyhow::Result<bool> {
    let (starts, within) = CRASH_LOOP;
    let unclean = journal.unclean_starts_within(within).await?;
    let is_crash_looping = unclean >= starts;
    if is_crash_looping {
        tracing::warn!(
            unclean,
            "started uncleanly too often of late: the mode is observe until a restart in {} minutes",
            within.as_secs() / 60
        );
    }
    Ok(is_crash_looping)
}

/// What checks ask, as the settings say.
struct Asked {
    prometheus: Prometheus,
    alertmanager: ActiveAlerts,
    boundary: Boundary,
}

fn ports(
    common: &Common,
    systemd: Systemd,
    reconciler: &ReconcileRequests,
    switches: HostSwitches,
    asked: Asked,
) -> Ports {
    let Common {
        clock,
        tasks,
        metrics,
        policies: _,
        journal,
    } = common;
    let alarm: Arc<dyn Alarm> = Arc::new(TokioAlarm);
    let manager: Arc<dyn ServiceManager> = Arc::new(systemd);
    let roots = Roots {
        boundary: asked.boundary,
        ..Roots::default()
    };
    let of_host = OfHost {
        manager: Arc::clone(&manager),
        alarm: Arc::clone(&alarm),
        clock: Arc::clone(clock),
        tasks: tasks.clone(),
        journal: journal.clone(),
        roots: roots.clone(),
        // The same program, even when another version has been installed meanwhile.
        program: "/proc/self/exe".into(),
    };
    Ports {
        clock: Arc::clone(clock),
        alarm: Arc::clone(&alarm),
        ids: Arc::new(UuidV7),
        leases: Arc::new(LocalLeases::new(Arc::clone(clock))),
        journal: journal.clone(),
        manager: Arc::clone(&manager),
        remedies: of_host
            .add_to(Remedies::of_units(&manager, &alarm))
            .with(
                RemedyKind::CleanFolder,
                CleanFolderRemedy::new(tasks.clone(), Arc::clone(clock)),
            )
            .with(
                RemedyKind::EndProcess,
                EndProcess::new(
                    tasks.clone(),
                    Arc::clone(clock),
                    Arc::clone(&alarm),
                    roots.clone(),
                ),
            ),
        checks: Checks {
            manager,
            clock: Arc::clone(clock),
            alarm,
            tasks: tasks.clone(),
            prometheus: asked.prometheus,
            alertmanager: asked.alertmanager,
            roots: roots.clone(),
        },
        metrics: metrics.clone(),
        reconciler: reconciler.clone(),
        switches,
        roots,
        unit_log: UnitLog::of_systemd(tasks.clone()),
    }
}

#[cfg(test)]
mod tests;
