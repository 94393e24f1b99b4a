//! The webhook over a real socket: slow bodies, broken connections, large notifications.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use prunelle_foundation::clock::{BootId, ManualClock, Now, SharedClock, SystemClock};
use prunelle_foundation::lifecycle::{Lifecycle, Stop};
use prunelle_foundation::listener::{self, Limits};
use prunelle_foundation::web_config::{self, WebConfig};
use prunelle_healer::intake::auth::Tokens;
use prunelle_healer::intake::{self, Intake, LocalWork, Parts, Readiness, WEBHOOK_PATH};
use prunelle_healer::metrics::Metrics;
use prunelle_healer::policy::load;
use prunelle_healer::work::{Ack, Notification, Work as _};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::watch;

struct Healer {
    intake: Intake,
    work: LocalWork,
    _folder: TempDir,
    _readiness: watch::Sender<Readiness>,
}

impl Healer {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let token = folder.path().join("token");
        std::fs::write(&token, "t0ken").unwrap();
        let policy = load::parse(
            Path::new("policy.yml"),
            "version: 1\nhost: {label: instance, is: [web1]}\nrules: []\n",
        )
        .unwrap();
        let (sender, readiness) = watch::channel(Readiness::Ready);
        let (deliveries, work) = intake::queue(16);
        let intake = Intake::new(Parts {
            tokens: Arc::new(Tokens::read(&[token]).unwrap()),
            policy: watch::channel(Arc::new(policy)).1,
            readiness,
            deliveries,
            clock: Arc::new(ManualClock::new(Now {
                wall: Timestamp::from_second(1_800_000_000).unwrap(),
                boot: Duration::from_hours(1),
                boot_id: BootId::new("boot"),
            })),
            metrics: Metrics::unregistered(),
            tasks: Lifecycle::new().tasks(),
        });
        Self {
            intake,
            work,
            _folder: folder,
            _readiness: sender,
        }
    }

    /// Serves the webhook while `client` uses it and every delivery is accepted; yields what was delivered.
    async fn serve<T>(self, client: impl AsyncFnOnce(SocketAddr) -> T) -> (T, Vec<Notification>) {
        self.serve_by(None, client).await
    }

    async fn serve_by<T>(
        mut self,
        web: Option<WebConfig>,
        client: impl AsyncFnOnce(SocketAddr) -> T,
    ) -> (T, Vec<Notification>) {
        let listener = listener::bind(&"127.0.0.1:0".parse().unwrap()).unwrap();
        let address = listener.local_addr().unwrap();
        let stop = Stop::new();
        let router = intake::router(self.intake.clone());
        drop(self.intake);
        let serving = listener::serve(vec![listener], router, Limits::default(), web, stop.clone());
        let mut delivered = Vec::new();
        let (served, answer, ()) = tokio::join!(
            serving,
            async {
                let answer = client(address).await;
                stop.request("the client is done");
                answer
            },
            async {
                while let Some(delivery) = self.work.next().await {
                    delivered.push(delivery.notification);
                    // The client may have left.
                    let _ = delivery.ack.send(Ack::Accepted);
                }
            }
        );
        served.unwrap();
        (answer, delivered)
    }
}

fn head(length: usize) -> String {
    format!(
        "POST /api/v1/alerts HTTP/1.1\r\nhost: healer\r\nauthorization: Bearer t0ken\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n"
    )
}

fn body(alerts: usize) -> String {
    let padding = "a sentence for people that is about as long as they are ".repeat(8);
    let alerts: Vec<String> = (0..alerts)
        .map(|n| {
            format!(
                r#"{{"status":"firing","labels":{{"alertname":"ServiceDown","instance":"web1","name":"unit-{n}.service","severity":"critical","job":"prunelle"}},"annotations":{{"summary":"{padding}"}},"startsAt":"2026-11-24T05:00:00Z","endsAt":"0001-01-01T00:00:00Z","fingerprint":"{n:016x}"}}"#
            )
        })
        .collect();
    format!(
        r#"{{"version":"4","receiver":"healer","alerts":[{}]}}"#,
        alerts.join(",")
    )
}

/// The status line of one answer; empty when the connection ended without one.
async fn status(stream: &mut TcpStream) -> String {
    let mut answer = vec![0; 4096];
    let length = stream.read(&mut answer).await.unwrap_or(0);
    String::from_utf8_lossy(&answer[..length])
        .lines()
        .next()
        .unwrap_or_default()
        .to_owned()
}

#[tokio::test]
async fn a_body_that_trickles_in_is_given_up_and_harms_nobody() {
    let mut healer = Healer::new();
    healer.intake.body_deadline = Duration::from_millis(200);
    let (answers, delivered) = healer
        .serve(async |address| {
            let whole = body(1);
            let mut slow = TcpStream::connect(address).await.unwrap();
            slow.write_all(head(whole.len()).as_bytes()).await.unwrap();
            slow.write_all(&whole.as_bytes()[..100]).await.unwrap();
            let mut quick = TcpStream::connect(address).await.unwrap();
            let request = head(whole.len()) + &whole;
            quick.write_all(request.as_bytes()).await.unwrap();
            (status(&mut quick).await, status(&mut slow).await)
        })
        .await;
    assert_eq!(answers.0, "HTTP/1.1 202 Accepted");
    assert_eq!(answers.1, "HTTP/1.1 408 Request Timeout");
    assert_eq!(delivered.len(), 1);
}

#[tokio::test]
async fn a_client_that_leaves_in_the_middle_of_a_body_delivers_nothing() {
    let healer = Healer::new();
    let ((), delivered) = healer
        .serve(async |address| {
            let mut stream = TcpStream::connect(address).await.unwrap();
            let whole = body(1);
            stream
                .write_all(head(whole.len()).as_bytes())
                .await
                .unwrap();
            stream.write_all(&whole.as_bytes()[..100]).await.unwrap();
        })
        .await;
    assert!(delivered.is_empty());
}

#[tokio::test]
async fn ten_thousand_alerts_arrive_in_one_post() {
    let healer = Healer::new();
    let whole = body(10_000);
    assert!(whole.len() > 6 << 20, "{}", whole.len());
    let (answer, delivered) = healer
        .serve(async |address| {
            let mut stream = TcpStream::connect(address).await.unwrap();
            let request = head(whole.len()) + &whole;
            stream.write_all(request.as_bytes()).await.unwrap();
            status(&mut stream).await
        })
        .await;
    assert_eq!(answer, "HTTP/1.1 202 Accepted");
    assert_eq!(delivered.len(), 1);
    assert_eq!(delivered[0].alerts.len(), 10_000);
}

#[tokio::test]
async fn a_declared_length_over_the_limit_is_refused_before_the_body_comes() {
    let healer = Healer::new();
    let (answer, delivered) = healer
        .serve(async |address| {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream
                .write_all(head((32 << 20) + 1).as_bytes())
                .await
                .unwrap();
            status(&mut stream).await
        })
        .await;
    assert_eq!(answer, "HTTP/1.1 413 Payload Too Large");
    // No alert of it, and that it was refused.
    assert_eq!(delivered.len(), 1);
    assert!(delivered[0].alerts.is_empty() && delivered[0].invalid.len() == 1);
}

/// `ann`, with the password `right`.
const USERS: &str =
    "basic_auth_users: {ann: $2y$04$fi7E9AML9w5UxYBOcmrF7uPA5ScIrPIJ.DdXaGo0B1ZhHNkpTOtdu}\n";

#[tokio::test]
async fn with_users_the_webhook_takes_a_user_or_its_token() {
    let healer = Healer::new();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("web.yml");
    std::fs::write(&file, USERS).unwrap();
    let clock: SharedClock = Arc::new(SystemClock::new().unwrap());
    let web = web_config::read(&file, &clock)
        .unwrap()
        .start(Lifecycle::new().tasks(), &[WEBHOOK_PATH]);
    let whole = body(1);
    let (answers, delivered) = healer
        .serve_by(Some(web), async |address| {
            let mut answers = Vec::new();
            for (path, authorization) in [
                (WEBHOOK_PATH, "Bearer t0ken"),
                (WEBHOOK_PATH, "Basic YW5uOnJpZ2h0"),
                (WEBHOOK_PATH, "Bearer wrong"),
                (WEBHOOK_PATH, "Basic YW5uOndyb25n"),
                (WEBHOOK_PATH, ""),
                ("/elsewhere", "Bearer t0ken"),
                ("/elsewhere", "Basic YW5uOnJpZ2h0"),
            ] {
                let mut stream = TcpStream::connect(address).await.unwrap();
                let request = head(whole.len())
                    .replace(WEBHOOK_PATH, path)
                    .replace("Bearer t0ken", authorization)
                    + &whole;
                stream.write_all(request.as_bytes()).await.unwrap();
                answers.push(status(&mut stream).await);
            }
            answers
        })
        .await;
    let codes: Vec<&str> = answers.iter().map(|line| &line[9..12]).collect();
    assert_eq!(codes, ["202", "202", "403", "401", "401", "401", "404"]);
    assert_eq!(delivered.len(), 2);
}
