use std::path::Path;

use futures_util::future::BoxFuture;
use prunelle_foundation::clock::{BootId, Clock as _, ManualClock};
use prunelle_foundation::lifecycle::Lifecycle;
use tokio::sync::mpsc;

use super::*;
use crate::journal::JournalOptions;
use crate::policy::load;
use crate::remediation::handle::Command;

/// Rings when the clock has been moved far enough by hand.
#[derive(Debug)]
struct ManualAlarm {
    clock: Arc<ManualClock>,
    moved: watch::Sender<()>,
}

impl Alarm for ManualAlarm {
    fn after(&self, wait: Duration) -> BoxFuture<'static, ()> {
        let clock = Arc::clone(&self.clock);
        let until = clock.now().boot + wait;
        let mut moved = self.moved.subscribe();
        Box::pin(async move {
            while clock.now().boot < until {
                moved.changed().await.unwrap();
            }
        })
    }
}

struct Scene {
    clock: Arc<ManualClock>,
    alarm: Arc<ManualAlarm>,
    beats: Beats,
    policies: watch::Sender<Arc<Policy>>,
    commands: mpsc::Receiver<Command>,
    journal: Journal,
    lifecycle: Lifecycle,
    _folder: tempfile::TempDir,
}

fn policy(heartbeat: &str) -> Arc<Policy> {
    let text = format!(
        "version: 1\nhost: {{label: instance, is: [a]}}\nrules: []\nheartbeat: {heartbeat}\n"
    );
    Arc::new(load::parse(Path::new("policy.yml"), &text).unwrap_or_else(|error| panic!("{error}")))
}

impl Scene {
    fn start(heartbeat: &str) -> Self {
        let clock = Arc::new(ManualClock::new(Now {
            wall: "2026-11-24T08:00:00Z".parse().unwrap(),
            boot: Duration::from_hours(1),
            boot_id: BootId::new("boot"),
        }));
        let alarm = Arc::new(ManualAlarm {
            clock: Arc::clone(&clock),
            moved: watch::Sender::new(()),
        });
        let folder = tempfile::tempdir().unwrap();
        let lifecycle = Lifecycle::new();
        let options = JournalOptions {
            reserve_bytes: 0,
            ..JournalOptions::new(folder.path())
        };
        let tasks = lifecycle.tasks();
        let journal = Journal::open(options, clock.clone(), &tasks, Stop::new()).unwrap();
        let (engine, commands) = Handle::new();
        let (policies, receiver) = watch::channel(policy(heartbeat));
        let beats = Beats::default();
        let watch = Watch {
            beats: beats.clone(),
            policies: receiver,
            clock: clock.clone(),
            alarm: alarm.clone(),
            journal: journal.clone(),
            metrics: Metrics::unregistered(),
            engine,
        };
        tasks.spawn("heartbeat", watch.run(lifecycle.stop()));
        Self {
            clock,
            alarm,
            beats,
            policies,
            commands,
            journal,
            lifecycle,
            _folder: folder,
        }
    }

    /// What is shown next.
    async fn shown(&mut self) -> Option<HeartbeatView> {
        match self.commands.recv().await {
            Some(Command::Heartbeat(view)) => view,
            other => panic!("{other:?}"),
        }
    }

    fn advance(&self, by: Duration) {
        self.clock.advance(by);
        self.alarm.moved.send_replace(());
    }

    /// The log, oldest first: status and message.
    async fn told(&self) -> Vec<(String, String)> {
        let mut events = self.journal.recent_events(10).await.unwrap();
        events.reverse();
        events
            .into_iter()
            .map(|event| (event.status, event.message))
            .collect()
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        self.lifecycle.stop().request("done");
    }
}

const MATCHERS: &str = "{matchers: ['alertname = \"Heartbeat\"'], missing_after: 3m}";

#[tokio::test]
async fn one_that_never_comes_is_missed_after_a_while_and_welcomed_when_it_does() {
    let mut scene = Scene::start(MATCHERS);
    let view = scene.shown().await.unwrap();
    assert!(!view.is_missing, "it may still come");
    assert_eq!((view.last, view.missing_after.as_str()), (None, "3m"));
    scene.advance(Duration::from_secs(179));
    scene.advance(Duration::from_secs(1));
    assert!(scene.shown().await.unwrap().is_missing);
    scene.beats.came(scene.clock.now());
    let view = scene.shown().await.unwrap();
    assert!(!view.is_missing);
    assert_eq!(view.last, Some("2026-11-24T08:03:00Z".parse().unwrap()));
    let told = scene.told().await;
    assert_eq!(told.len(), 2, "{told:?}");
    assert_eq!(told[0].0, "FIRING");
    assert!(
        told[0]
            .1
            .starts_with("no heartbeat since this healer was started, longer than 3m"),
        "{told:?}"
    );
    assert_eq!(told[1].0, "RESOLVED");
}

#[tokio::test]
async fn each_one_grants_another_while_whatever_the_wall_clock_does() {
    let mut scene = Scene::start(MATCHERS);
    scene.shown().await;
    for _ in 0..5 {
        scene.advance(Duration::from_secs(170));
        scene.beats.came(scene.clock.now());
        assert!(!scene.shown().await.unwrap().is_missing);
    }
    // A day ahead, and a day back: nothing has stayed away by the time since boot.
    for seconds in [86_400_i64, -172_800] {
        let wall = scene.clock.now().wall;
        scene
            .clock
            .step_wall(wall + jiff::SignedDuration::from_secs(seconds));
        scene.beats.came(scene.clock.now());
        assert!(!scene.shown().await.unwrap().is_missing);
    }
    assert_eq!(scene.told().await, []);
    scene.advance(Duration::from_mins(3));
    assert!(scene.shown().await.unwrap().is_missing);
    assert_eq!(scene.told().await.len(), 1);
}

#[tokio::test]
async fn another_policy_decides_at_once_how_long_it_may_stay_away_and_whether_it_is_watched() {
    let mut scene = Scene::start(MATCHERS);
    scene.shown().await;
    scene.advance(Duration::from_mins(2));
    scene
        .policies
        .send_replace(policy(&MATCHERS.replace("3m", "1m")));
    let mut view = scene.shown().await.unwrap();
    while view.missing_after == "3m" {
        view = scene.shown().await.unwrap();
    }
    assert!(view.is_missing);
    scene.policies.send_replace(policy("{watch: false}"));
    assert_eq!(scene.shown().await, None);
    let told = scene.told().await;
    assert_eq!(told[1].1, "the heartbeat is not watched any more");
}
