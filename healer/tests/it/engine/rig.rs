//! The engine on a real journal, with a clock that is moved by hand and a service manager of the tests' own.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use jiff::Timestamp;
use prunelle_foundation::clock::{BootId, Clock as _, ManualClock, Now, SharedClock};
use prunelle_foundation::lifecycle::{Lifecycle, Stop};
use prunelle_healer::alert::{Alert, AlertStatus, Episode, Labels};
use prunelle_healer::facts::Pause;
use prunelle_healer::intake;
use prunelle_healer::intake::reconcile::{ActiveAlerts, ReconcileRequests};
use prunelle_healer::journal::{Journal, JournalOptions};
use prunelle_healer::leases::LocalLeases;
use prunelle_healer::metrics::Metrics;
use prunelle_healer::policy::{Policy, RemedyKind, Rule, load};
use prunelle_healer::prometheus::Prometheus;
use prunelle_healer::remediation::alarm::Alarm;
use prunelle_healer::remediation::engine::{Engine, Inputs};
use prunelle_healer::remediation::handle::Handle;
use prunelle_healer::remediation::ids::UuidV7;
use prunelle_healer::remediation::steps::{HostSwitches, Ports, Roots, UnitLog};
use prunelle_healer::remedy::Remedies;
use prunelle_healer::remedy::clean_folder::CleanFolderRemedy;
use prunelle_healer::remedy::end_process::EndProcess;
use prunelle_healer::remedy::of_host::OfHost;
use prunelle_healer::service_manager::ServiceManager;
use prunelle_healer::verify::Checks;
use prunelle_healer::view::{self, ViewReceiver};
use prunelle_healer::work::{Ack, ActiveSet, Delivery, Muted, Notification};
use serde_json::Value;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

use super::fake_manager::FakeManager;
use super::told::Told;
use crate::manual_alarm::ManualAlarm;

pub(super) const POLICY: &str = "
version: 1
host: {label: instance, is: ['test:9750']}
mode: enforce
defaults:
  boot_grace: 0s
  max_evidence_age: 2m
rules:
  - name: service-down
    matchers: ['alertname = \"ServiceDown\"']
    target: {unit: {label: name, allow: ['*.service']}}
    ladder:
      - remedy: restart_service
        attempts: 2
        verify: {unit_active: {stable_for: 2s}}
        within: 30s
    escalate: {receivers: [], quarantine: 1h}
";

/// Real time that a test waits at most for something that must happen.
const PATIENCE: Duration = Duration::from_mins(1);

pub(super) struct Rig {
    pub(super) clock: Arc<ManualClock>,
    pub(super) manager: Arc<FakeManager>,
    pub(super) folder: tempfile::TempDir,
    pub(super) view: ViewReceiver,
    /// Where processes are read; the machine's own unless a test says otherwise.
    pub(super) roots: Roots,
    /// What the engine asks of the reconciler, which is the test itself.
    pub(super) requests: ReconcileRequests,
    alarm: Arc<ManualAlarm>,
    lifecycle: Lifecycle,
    policies: watch::Sender<Arc<Policy>>,
    switches: HostSwitches,
    told: Mutex<Told>,
    running: Option<Running>,
}

struct Running {
    engine: JoinHandle<()>,
    journal: Journal,
    handle: Handle,
    deliveries: mpsc::Sender<Delivery>,
    sets: mpsc::Sender<ActiveSet>,
}

impl Rig {
    /// An engine that runs, on an empty journal.
    pub(super) async fn start() -> Self {
        Self::with_policy(POLICY).await
    }

    pub(super) async fn with_policy(text: &str) -> Self {
        let mut rig = Self::stopped(text);
        rig.start_engine().await;
        rig
    }

    /// Nothing runs yet.
    pub(super) fn stopped(text: &str) -> Self {
        let clock = Arc::new(ManualClock::new(Now {
            wall: "2026-03-01T10:00:00Z".parse().unwrap(),
            boot: Duration::from_hours(1),
            boot_id: BootId::new("a"),
        }));
        let alarm = ManualAlarm::of(&clock);
        let (_, view) = view::channel(&clock.now());
        let folder = tempfile::tempdir().unwrap();
        Self {
            manager: Arc::new(FakeManager::new(Arc::clone(&clock))),
            lifecycle: Lifecycle::new(),
            policies: watch::Sender::new(Arc::new(policy(text))),
            switches: HostSwitches::default(),
            // The machine's own package managers are no business of tests.
            roots: Roots {
                root: folder.path().join("root"),
                ..Roots::default()
            },
            folder,
            told: Mutex::default(),
            requests: ReconcileRequests::default(),
            running: None,
            view,
            alarm,
            clock,
        }
    }

    /// Changes the first rule of the policy, before anything runs.
    pub(super) fn change_rule(&mut self, change: impl FnOnce(&mut Rule)) {
        let mut policy = Policy::clone(&self.policies.borrow());
        change(&mut policy.rules[0]);
        self.policies.send_replace(Arc::new(policy));
    }

    pub(super) fn open_journal(&self) -> Journal {
        let options = JournalOptions {
            reserve_bytes: 0,
            action_log: Some(self.log()),
            ..JournalOptions::new(self.folder.path())
        };
        let clock = Arc::clone(&self.clock) as SharedClock;
        Journal::open(options, clock, &self.lifecycle.tasks(), Stop::new()).unwrap()
    }

    pub(super) async fn start_engine(&mut self) {
        let journal = self.open_journal();
        let clock = Arc::clone(&self.clock) as SharedClock;
        let alarm = Arc::clone(&self.alarm) as Arc<dyn Alarm>;
        let manager = Arc::clone(&self.manager) as Arc<dyn ServiceManager>;
        let tasks = self.lifecycle.tasks();
        let of_host = OfHost {
            manager: Arc::clone(&manager),
            alarm: Arc::clone(&alarm),
            clock: Arc::clone(&clock),
            tasks: tasks.clone(),
            journal: journal.clone(),
            roots: self.roots.clone(),
            program: env!("CARGO_BIN_EXE_prunelle-healer").into(),
        };
        let ports = Ports {
            clock: Arc::clone(&clock),
            alarm: Arc::clone(&alarm),
            ids: Arc::new(UuidV7),
            leases: Arc::new(LocalLeases::new(Arc::clone(&clock))),
            journal: journal.clone(),
            manager: Arc::clone(&manager),
            remedies: of_host
                .add_to(Remedies::of_units(&manager, &alarm))
                .with(
                    RemedyKind::CleanFolder,
                    CleanFolderRemedy::new(tasks.clone(), Arc::clone(&clock)),
                )
                .with(
                    RemedyKind::EndProcess,
                    EndProcess::new(
                        tasks.clone(),
                        Arc::clone(&clock),
                        Arc::clone(&alarm),
                        self.roots.clone(),
                    ),
                ),
            checks: Checks {
                manager,
                clock: Arc::clone(&clock),
                alarm,
                tasks: tasks.clone(),
                // Nobody listens there: a test that needs one brings it.
                prometheus: Prometheus::new(&nobody()).unwrap(),
                alertmanager: ActiveAlerts::new(&nobody()).unwrap(),
                roots: Roots::default(),
            },
            metrics: Metrics::unregistered(),
            reconciler: self.requests.clone(),
            switches: self.switches.clone(),
            roots: self.roots.clone(),
            unit_log: UnitLog::none(),
        };
        let (sender, view) = view::channel(&clock.now());
        let mut engine = Engine::new(ports, self.policies.subscribe(), sender);
        engine.recover().await.unwrap();
        let (deliveries, work) = intake::queue(64);
        let (handle, commands) = Handle::new();
        let (sets, active_sets) = mpsc::channel(1);
        let inputs = Inputs {
            work: Box::new(work),
            active_sets,
            commands,
        };
        let engine = tasks.spawn("engine", engine.run(inputs, Stop::new()));
        self.view = view;
        self.running = Some(Running {
            engine,
            journal,
            handle,
            deliveries,
            sets,
        });
    }

    /// The process dies: the engine is dropped where it stands; only what is on disk is left.
    pub(super) async fn crash(&mut self) {
        let running = self.running.take().unwrap();
        running.engine.abort();
        let _ = running.engine.await;
        running.journal.close().await;
    }

    fn running(&self) -> &Running {
        self.running.as_ref().expect("the engine runs")
    }

    pub(super) fn journal(&self) -> &Journal {
        &self.running().journal
    }

    pub(super) fn handle(&self) -> &Handle {
        &self.running().handle
    }

    pub(super) fn set_policy(&self, text: &str) {
        self.policies.send_replace(Arc::new(policy(text)));
    }

    /// A webhook says that these alerts fire or have resolved.
    pub(super) async fn post(&self, alerts: Vec<Alert>) -> Ack {
        let (ack, answer) = oneshot::channel();
        let notification = Notification {
            received: self.clock.now(),
            receiver: "healer".to_owned(),
            group_key: String::new(),
            truncated: 0,
            alerts,
            invalid: Vec::new(),
        };
        let delivery = Delivery { notification, ack };
        self.running().deliveries.send(delivery).await.unwrap();
        answer.await.unwrap()
    }

    /// Alertmanager says that exactly these alerts are active.
    pub(super) async fn reconcile(&self, alerts: Vec<Alert>) {
        self.reconcile_muted(alerts, Muted::new()).await;
    }

    /// The same, and that some of them are held back.
    pub(super) async fn reconcile_muted(&self, alerts: Vec<Alert>, muted: Muted) {
        let set = ActiveSet {
            asked: self.clock.now(),
            alerts,
            muted,
        };
        self.running().sets.send(set).await.unwrap();
    }

    /// Waits until the engine wants Alertmanager asked again soon; what it wanted before this is taken together.
    pub(super) async fn wanted_soon(&self) {
        tokio::time::timeout(PATIENCE, self.requests.wanted_soon())
            .await
            .unwrap_or_else(|_| panic!("Alertmanager is not asked again\n{:#?}", self.story()));
    }

    pub(super) async fn pause_all(&self, lasts: Duration) {
        let pause = Pause {
            target: None,
            since: self.clock.now(),
            lasts,
            note: "test".to_owned(),
        };
        self.handle().pause(pause, "ada".to_owned()).await.unwrap();
    }

    /// Moves the clock, and wakes whoever waits by it.
    pub(super) fn advance(&self, by: Duration) {
        self.clock.advance(by);
        self.alarm.clock_was_moved();
    }

    /// Waits, in real time, until `look` finds something; the clock stands still.
    pub(super) async fn until<T>(&self, what: &str, look: impl FnMut() -> Option<T>) -> T {
        self.until_advancing(what, Duration::ZERO, look).await
    }

    /// The same, while the clock moves in steps. Each waits for the engine to have done what was to be done before it:
    /// on a busy machine the clock would run away from it, and evidence and facts be old before they are used.
    pub(super) async fn until_advancing<T>(
        &self,
        what: &str,
        by: Duration,
        mut look: impl FnMut() -> Option<T>,
    ) -> T {
        let found = async {
            loop {
                if let Some(found) = look() {
                    return found;
                }
                if !by.is_zero() {
                    self.caught_up().await;
                    self.advance(by);
                }
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        tokio::time::timeout(PATIENCE, found)
            .await
            .unwrap_or_else(|_| {
                let view = self.view.borrow();
                panic!("waited in vain: {what}\n{:#?}\n{view:#?}", self.story())
            })
    }

    /// Waits until the engine wants nothing more of the journal: what is asked of it comes after all that was before.
    async fn caught_up(&self) {
        let journal = self.journal();
        let mut quiet = 0;
        while quiet < 3 {
            let before = journal.stats().commits();
            // A journal that is closed has nothing to do.
            let _ = journal.muted().await;
            tokio::task::yield_now().await;
            let is_quiet = journal.stats().commits() == before;
            quiet = if is_quiet { quiet + 1 } else { 0 };
        }
    }

    /// Waits until nothing has been written for a moment: what had to happen has happened.
    pub(super) async fn settle(&self) {
        let mut quiet = 0;
        let mut before = self.journal().stats().commits();
        while quiet < 15 {
            tokio::time::sleep(Duration::from_millis(2)).await;
            let now = self.journal().stats().commits();
            quiet = if now == before { quiet + 1 } else { 0 };
            before = now;
        }
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("actions.jsonl")
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        let mut told = self.told.lock().unwrap();
        told.read_on(&self.log());
        told
    }

    /// The action log.
    pub(super) fn lines(&self) -> Vec<Value> {
        self.told().lines.clone()
    }

    /// The action log without alerts and without what people said, as `event STATUS reason`.
    pub(super) fn story(&self) -> Vec<String> {
        self.told().story.clone()
    }

    /// The unit has failed, its alert fires, and a pause holds the repair up.
    pub(super) async fn held_up(&self, unit: &str, lasts: Duration) {
        self.manager.fail(unit);
        self.pause_all(lasts).await;
        self.post(vec![down(unit)]).await;
        self.until_told("decision DEFERRED paused").await;
    }

    /// The unit has failed, its alert fires, and what was done about it is being verified.
    pub(super) async fn being_verified(&self, unit: &str) {
        self.manager.fail(unit);
        self.post(vec![down(unit)]).await;
        self.until("it is being verified", || {
            self.manager.calls().first().cloned()
        })
        .await;
        self.settle().await;
    }

    /// Waits until the first job has been handed to systemd.
    pub(super) async fn job_queued(&self) {
        self.until("the job is queued", || {
            (self.manager.calls().len() == 1).then_some(())
        })
        .await;
    }

    /// Waits until the log has so many outcomes, while time passes.
    pub(super) async fn outcomes(&self, count: usize) -> Vec<String> {
        let what = format!("{count} outcomes");
        self.until_advancing(&what, Duration::from_millis(200), || {
            let story = self.story();
            let outcomes = story.iter().filter(|line| line.starts_with("outcome"));
            (outcomes.count() >= count).then_some(story)
        })
        .await
    }

    /// Waits until the story ends with this line; the clock stands still.
    pub(super) async fn until_told(&self, line: &str) {
        self.until(line, || (self.story().last()? == line).then_some(()))
            .await;
    }
}

fn policy(text: &str) -> Policy {
    load::parse(std::path::Path::new("policy.yml"), text).unwrap_or_else(|error| panic!("{error}"))
}

/// `ServiceDown` of a unit, firing since a second of the hour before.
pub(super) fn down(unit: &str) -> Alert {
    down_since(unit, 1)
}

pub(super) fn down_since(unit: &str, second: i64) -> Alert {
    alert("ServiceDown", unit, second)
}

pub(super) fn alert(name: &str, unit: &str, second: i64) -> Alert {
    let base: Timestamp = "2026-03-01T09:00:00Z".parse().unwrap();
    let sum: u64 = format!("{name}/{unit}")
        .bytes()
        .fold(17, |sum, byte| sum * 31 % 1_000_003 + u64::from(byte));
    Alert {
        episode: Episode {
            fingerprint: format!("{sum:016x}").try_into().unwrap(),
            starts_at: base + Duration::from_secs(u64::try_from(second).unwrap()),
        },
        status: AlertStatus::Firing,
        labels: Labels::from([
            ("alertname".to_owned(), name.to_owned()),
            ("instance".to_owned(), "test:9750".to_owned()),
            ("name".to_owned(), unit.to_owned()),
            ("severity".to_owned(), "critical".to_owned()),
        ]),
        annotations: Labels::new(),
        ends_at: None,
    }
}

pub(super) fn resolved(alert: Alert) -> Alert {
    Alert {
        status: AlertStatus::Resolved,
        ends_at: Some(alert.episode.starts_at + Duration::from_mins(1)),
        ..alert
    }
}

fn nobody() -> reqwest::Url {
    "http://127.0.0.1:1".parse().unwrap()
}
