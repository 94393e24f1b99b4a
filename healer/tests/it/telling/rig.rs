//! A journal, a teller and senders on a clock that moves only when told to, with channels that answer as they are told.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::BoxFuture;
use prunelle_foundation::clock::{BootId, Clock as _, ManualClock, Now};
use prunelle_foundation::lifecycle::{Lifecycle, Stop};
use prunelle_healer::alert::{Alert, AlertStatus, Episode, Fingerprint, Labels};
use prunelle_healer::journal::{Journal, JournalError, JournalOptions};
use prunelle_healer::metrics::Metrics;
use prunelle_healer::notify::bell::Bell;
use prunelle_healer::notify::channel::{Channel, Envelope, Receipt, SendError};
use prunelle_healer::notify::channels::Channels;
use prunelle_healer::notify::live::Live;
use prunelle_healer::notify::message::{Content, Message, News};
use prunelle_healer::notify::outbox::TellingStatus;
use prunelle_healer::notify::reporting::Reporting;
use prunelle_healer::notify::sender::Senders;
use prunelle_healer::notify::settled::Settlement;
use prunelle_healer::notify::speaker::Speaker;
use prunelle_healer::notify::teller::Teller;
use prunelle_healer::notify::wording::{Attachment, Wording};
use prunelle_healer::notify::words::About;
use prunelle_healer::policy::{Integration, Policy, Receiver, Telling, load};
use prunelle_healer::remediation::alarm::Alarm;
use prunelle_healer::report::Reporter;
use prunelle_healer::work::{InvalidAlert, Notification};
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::manual_alarm::ManualAlarm;

/// One of several recipients.
const ONE: &str = "one@example.org";

const POLICY: &str = "
version: 1
host: {label: instance, is: ['test:9750']}
rules: []
";

/// How a channel answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Taken,
    /// It has the message, and the program ends before it knows.
    TakenThenHangs,
    Temporary,
    Permanent,
    Never,
    /// One of two recipients has it, the other is to have it later.
    TakenByOne,
    /// One of two recipients has it; before the other is turned to, the program ends.
    TakenByOneThenHangs,
}

/// What has been sent, and how the next is answered.
#[derive(Debug, Default)]
struct Post {
    sent: Mutex<Vec<(String, Message)>>,
    answers: Mutex<BTreeMap<String, Answer>>,
    attached: Mutex<Vec<Attachment>>,
}

#[derive(Debug)]
struct Fake {
    receiver: String,
    post: Arc<Post>,
}

impl Channel for Fake {
    fn send<'a>(
        &'a self,
        wording: &'a Wording,
        envelope: &'a Envelope<'a>,
    ) -> BoxFuture<'a, Result<Receipt, SendError>> {
        let answers = self.post.answers.lock().unwrap();
        let answer = answers.get(&self.receiver).copied();
        let answer = answer.unwrap_or(Answer::Taken);
        let is_by_one = matches!(answer, Answer::TakenByOne | Answer::TakenByOneThenHangs);
        let is_known = || envelope.register.settled().contains_key(ONE);
        let is_taken = matches!(answer, Answer::Taken | Answer::TakenThenHangs);
        if is_taken || (is_by_one && !is_known()) {
            let message = (self.receiver.clone(), envelope.message.clone());
            self.post.sent.lock().unwrap().push(message);
            let mut attached = self.post.attached.lock().unwrap();
            attached.extend(wording.attachments.iter().cloned());
        }
        Box::pin(async move {
            if is_by_one {
                let taken = Settlement::Taken("250 OK".to_owned());
                envelope.register.settle(ONE.to_owned(), taken).await;
            }
            match answer {
                Answer::Taken => Ok(Receipt("250 OK".to_owned())),
                Answer::Temporary | Answer::TakenByOne => Err(SendError::Temporary {
                    why: "not now".to_owned(),
                    retry_after: None,
                }),
                Answer::Permanent => Err(SendError::Permanent {
                    why: "never".to_owned(),
                }),
                Answer::Never | Answer::TakenThenHangs | Answer::TakenByOneThenHangs => {
                    std::future::pending().await
                }
            }
        })
    }
}

pub(super) struct Rig {
    clock: Arc<ManualClock>,
    alarm: Arc<ManualAlarm>,
    folder: PathBuf,
    reserve: u64,
    /// Goes with the rig.
    _kept: Option<TempDir>,
    lifecycle: Lifecycle,
    policy: Arc<Policy>,
    live: watch::Sender<Arc<Live>>,
    post: Arc<Post>,
    running: Option<Running>,
}

struct Running {
    journal: Journal,
    tasks: Vec<JoinHandle<()>>,
}

impl Rig {
    /// With receivers that have one way each.
    pub(super) async fn start(receivers: &[&str]) -> Self {
        Self::start_with(receivers, |_| {}).await
    }

    pub(super) async fn start_with(receivers: &[&str], change: impl FnOnce(&mut Telling)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self::start_in(folder.path(), 64 << 10, receivers, change)
            .await
            .keeping(folder)
    }

    /// On the folder, which stays, with so much held back for a full disk.
    pub(super) async fn start_in(
        folder: &Path,
        reserve: u64,
        receivers: &[&str],
        change: impl FnOnce(&mut Telling),
    ) -> Self {
        let clock = Arc::new(ManualClock::new(Now {
            wall: "2026-03-01T10:00:00Z".parse().unwrap(),
            boot: Duration::from_hours(1),
            boot_id: BootId::new("a"),
        }));
        let mut policy = load::parse("policy.yml".as_ref(), POLICY).unwrap();
        change(&mut policy.telling);
        let policy = Arc::new(policy);
        let post = Arc::new(Post::default());
        let mut rig = Self {
            alarm: ManualAlarm::of(&clock),
            clock,
            folder: folder.to_owned(),
            reserve,
            _kept: None,
            lifecycle: Lifecycle::new(),
            live: watch::Sender::new(Arc::new(live(&policy, receivers, &post))),
            policy,
            post,
            running: None,
        };
        rig.restart().await;
        rig
    }

    fn keeping(self, folder: TempDir) -> Self {
        Self {
            _kept: Some(folder),
            ..self
        }
    }

    /// Starts what was stopped, on the journal as it is.
    pub(super) async fn restart(&mut self) {
        let options = JournalOptions {
            reserve_bytes: self.reserve,
            ..JournalOptions::new(&self.folder)
        };
        let journal = Journal::open(
            options,
            Arc::clone(&self.clock) as _,
            &self.lifecycle.tasks(),
            Stop::new(),
        )
        .unwrap();
        let (posted, given_up) = (Bell::default(), Bell::default());
        let alarm: Arc<dyn Alarm> = Arc::clone(&self.alarm) as _;
        let teller = Teller {
            journal: journal.clone(),
            live: self.live.subscribe(),
            clock: Arc::clone(&self.clock) as _,
            alarm: Arc::clone(&alarm),
            metrics: Metrics::unregistered(),
            posted: posted.clone(),
            given_up: given_up.clone(),
        };
        let about = About {
            hostname: "test".to_owned(),
            version: "1".to_owned(),
            grafana_url: None,
            alertmanager_url: None,
        };
        let reporting = Reporting {
            journal: journal.clone(),
            live: self.live.subscribe(),
            clock: Arc::clone(&self.clock) as _,
            alarm: Arc::clone(&alarm),
            metrics: Metrics::unregistered(),
            posted: posted.clone(),
        };
        let reporter = Reporter {
            journal: journal.clone(),
            clock: Arc::clone(&self.clock) as _,
            host: "test".to_owned(),
        };
        let senders = Senders {
            journal: journal.clone(),
            live: self.live.subscribe(),
            words: Arc::new(Speaker { about, reporter }),
            clock: Arc::clone(&self.clock) as _,
            alarm,
            metrics: Metrics::unregistered(),
            posted,
            given_up,
        };
        let tasks = self.lifecycle.tasks();
        self.running = Some(Running {
            journal,
            tasks: vec![
                tasks.spawn("teller", teller.run(Stop::new())),
                tasks.spawn("senders", senders.run(Stop::new())),
                tasks.spawn("reports", reporting.run(Stop::new())),
            ],
        });
        self.settle().await;
    }

    /// Ends the tasks wherever they are; what the journal has committed stays.
    pub(super) async fn crash(&mut self) {
        let running = self.running.take().unwrap();
        for task in running.tasks {
            task.abort();
            assert!(task.await.unwrap_err().is_cancelled());
        }
        running.journal.close().await;
    }

    pub(super) fn journal(&self) -> &Journal {
        &self.running.as_ref().unwrap().journal
    }

    /// Alertmanager's webhook brings alerts.
    pub(super) async fn hear(&self, alerts: impl IntoIterator<Item = Alert>) {
        self.try_to_hear(alerts).await.unwrap();
    }

    /// It brings what is refused, and says how many alerts were cut off.
    pub(super) async fn hear_refused(&self, invalid: Vec<InvalidAlert>, truncated: u64) {
        let notification = Notification {
            invalid,
            truncated,
            ..self.notification(Vec::new())
        };
        let journal = self.journal();
        journal.record_notification(notification).await.unwrap();
    }

    /// The same as `hear`; fails when the journal cannot be written.
    pub(super) async fn try_to_hear(
        &self,
        alerts: impl IntoIterator<Item = Alert>,
    ) -> Result<(), JournalError> {
        let notification = self.notification(alerts.into_iter().collect());
        let journal = self.journal();
        journal.record_notification(notification).await.map(|_| ())
    }

    fn notification(&self, alerts: Vec<Alert>) -> Notification {
        Notification {
            received: self.clock.now(),
            receiver: "healer".to_owned(),
            group_key: "{}".to_owned(),
            truncated: 0,
            alerts,
            invalid: Vec::new(),
        }
    }

    /// Time passes, second by second, or in larger steps when it is much.
    pub(super) async fn pass(&self, seconds: u64) {
        let step = match seconds {
            0..=600 => 1,
            601..=36_000 => 30,
            _ => 900,
        };
        for _ in 0..seconds.div_ceil(step) {
            self.clock.advance(Duration::from_secs(step));
            self.alarm.clock_was_moved();
            self.settle().await;
        }
    }

    /// Time passes while nothing runs.
    pub(super) fn skip(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    /// Until the tasks have nothing more to do at this moment: the journal's thread has answered all that they asked.
    async fn settle(&self) {
        let mut last = u64::MAX;
        for _ in 0..20 {
            self.let_run(12).await;
            let commits = self.journal().stats().commits();
            if commits == last {
                return;
            }
            last = commits;
        }
    }

    /// Lets the tasks and the journal's thread have so many turns.
    pub(super) async fn let_run(&self, turns: usize) {
        for _ in 0..turns {
            // Answered after everything that was asked of the journal before.
            self.journal().outbox_depth().await.unwrap();
            tokio::task::yield_now().await;
        }
    }

    /// Others are told from now on; nothing is waited for.
    pub(super) fn set_receivers(&self, receivers: &[&str]) {
        let live = live(&self.policy, receivers, &self.post);
        self.live.send_replace(Arc::new(live));
    }

    /// Another policy is put in force, with these receivers.
    pub(super) async fn reload(&self, receivers: &[&str]) {
        self.set_receivers(receivers);
        self.settle().await;
    }

    pub(super) fn answer(&self, receiver: &str, answer: Answer) {
        let mut answers = self.post.answers.lock().unwrap();
        answers.insert(receiver.to_owned(), answer);
    }

    pub(super) fn messages(&self) -> Vec<(String, Message)> {
        self.post.sent.lock().unwrap().clone()
    }

    /// The files that went with them.
    pub(super) fn attached(&self) -> Vec<Attachment> {
        self.post.attached.lock().unwrap().clone()
    }

    /// Messages about single incidents.
    pub(super) fn sent(&self) -> Vec<(&'static str, News)> {
        let name = |name: &str| match name {
            "ops" => "ops",
            "web" => "web",
            other => panic!("{other}"),
        };
        self.messages()
            .iter()
            .filter_map(|(to, message)| match &message.content {
                Content::Incident(news) => Some((name(to), news.news)),
                _ => None,
            })
            .collect()
    }

    pub(super) async fn status(&self) -> TellingStatus {
        self.journal().telling_status().await.unwrap()
    }
}

fn live(policy: &Arc<Policy>, names: &[&str], post: &Arc<Post>) -> Live {
    let receivers: Vec<Receiver> = names
        .iter()
        .map(|name| Receiver {
            name: (*name).to_owned(),
            language: None,
            limit: None,
            integrations: vec![Integration::Email {
                to: vec![format!("{name}@example.org")],
            }],
        })
        .collect();
    let channels: Channels = names
        .iter()
        .map(|name| {
            let channel: Arc<dyn Channel> = Arc::new(Fake {
                receiver: (*name).to_owned(),
                post: Arc::clone(post),
            });
            (((*name).to_owned(), "email"), Ok(channel))
        })
        .collect();
    Live {
        policy: Arc::clone(policy),
        receivers,
        channels,
    }
}

fn alert(name: &str, number: u64, severity: &str) -> Alert {
    let text = |name: &str, value: String| (name.to_owned(), value);
    Alert {
        episode: Episode {
            fingerprint: Fingerprint::try_from(format!("{number:016x}")).unwrap(),
            starts_at: "2026-03-01T09:59:59Z".parse().unwrap(),
        },
        status: AlertStatus::Firing,
        labels: Labels::from([
            text("alertname", name.to_owned()),
            text("instance", "test:9750".to_owned()),
            text("number", number.to_string()),
            text("severity", severity.to_owned()),
        ]),
        annotations: Labels::from([text("summary", format!("{name} of {number}"))]),
        ends_at: None,
    }
}

pub(super) fn warning(name: &str, number: u64) -> Alert {
    alert(name, number, "warning")
}

pub(super) fn critical(name: &str, number: u64) -> Alert {
    alert(name, number, "critical")
}

pub(super) fn ended(alert: Alert) -> Alert {
    Alert {
        status: AlertStatus::Resolved,
        ends_at: Some("2026-03-01T10:10:00Z".parse().unwrap()),
        ..alert
    }
}
