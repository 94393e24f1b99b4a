use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::routing::get;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

use super::*;
use crate::lifecycle::Lifecycle;

/// Long enough that only a hang reaches it.
const LONG: Duration = Duration::from_secs(20);
const HEAD: Duration = Duration::from_millis(300);

const LIMITS: Limits = Limits {
    max_connections: 64,
    header_read_timeout: HEAD,
    crowded_patience: LONG,
    request_time_limit: LONG,
    idle_timeout: LONG,
    drain_timeout: LONG,
};

struct Server {
    address: SocketAddr,
    stop: Stop,
    served: JoinHandle<Result<(), ListenError>>,
    /// Lets `/wait` answer.
    release: Arc<Notify>,
    /// Tells that `/wait` was entered.
    entered: Arc<Notify>,
}

fn start(limits: Limits) -> Server {
    let release = Arc::new(Notify::new());
    let entered = Arc::new(Notify::new());
    let router = Router::new()
        .route("/", get(|| async { "hello" }))
        .route(
            "/peer",
            get(|ConnectInfo(peer): ConnectInfo<SocketAddr>| async move { peer.to_string() }),
        )
        .route("/huge", get(|| async { vec![b'x'; 64 << 20] }))
        .route(
            "/panic",
            get(async || -> &'static str { panic!("as planned") }),
        )
        .route(
            "/wait",
            get({
                let (release, entered) = (Arc::clone(&release), Arc::clone(&entered));
                move || async move {
                    entered.notify_one();
                    release.notified().await;
                    "waited"
                }
            }),
        );
    let listener = bind(&"127.0.0.1:0".parse().unwrap()).unwrap();
    let address = listener.local_addr().unwrap();
    let stop = Stop::new();
    let served = Lifecycle::new().tasks().spawn(
        "listener",
        serve(vec![listener], router, limits, None, stop.clone()),
    );
    Server {
        address,
        stop,
        served,
        release,
        entered,
    }
}

struct Client(tokio::net::TcpStream);

impl Client {
    async fn connect(server: &Server) -> Self {
        Self(
            tokio::net::TcpStream::connect(server.address)
                .await
                .unwrap(),
        )
    }

    async fn send(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).await.unwrap();
    }

    /// Sends a request and reads its short answer.
    async fn get(&mut self, path: &str) -> String {
        self.send(&format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n"))
            .await;
        self.answer().await
    }

    /// Reads one answer that has a Content-Length.
    async fn answer(&mut self) -> String {
        let mut text = String::new();
        loop {
            if let Some((head, body)) = text.split_once("\r\n\r\n")
                && let Some(length) = head
                    .lines()
                    .find_map(|line| line.strip_prefix("content-length: "))
                && body.len() >= length.parse().unwrap()
            {
                return text;
            }
            let mut buffer = [0; 4096];
            let count = timeout(LONG, self.0.read(&mut buffer))
                .await
                .unwrap()
                .unwrap();
            assert!(count > 0, "closed after `{text}`");
            text.push_str(std::str::from_utf8(&buffer[..count]).unwrap());
        }
    }

    /// Waits until the server closes, and says how long that took.
    async fn closed(&mut self) -> Duration {
        let before = Instant::now();
        let mut rest = Vec::new();
        // A reset is a close as well.
        let _ = timeout(LONG, self.0.read_to_end(&mut rest))
            .await
            .expect("the server did not close");
        assert_eq!(String::from_utf8_lossy(&rest), "");
        before.elapsed()
    }
}

#[tokio::test]
async fn serves_and_names_the_peer() {
    let server = start(LIMITS);
    let mut client = Client::connect(&server).await;
    assert!(client.get("/").await.ends_with("\r\n\r\nhello"));
    let own = client.0.local_addr().unwrap().to_string();
    assert!(client.get("/peer").await.ends_with(&own));
    assert!(
        client
            .get("/panic")
            .await
            .starts_with("HTTP/1.1 500 Internal")
    );
}

#[tokio::test]
async fn a_head_that_never_ends_is_cut_off() {
    let server = start(LIMITS);
    let mut silent = Client::connect(&server).await;
    let mut slow = Client::connect(&server).await;
    let before = Instant::now();
    slow.send("GET / HTTP/1.1\r\n").await;
    // A byte now and then does not buy time.
    let (mut reader, mut writer) = slow.0.split();
    let mut end = Vec::new();
    let mut ticks = tokio::time::interval(HEAD / 10);
    let ended = async {
        let _ = reader.read_to_end(&mut end).await;
    };
    tokio::select! {
        () = ended => {}
        () = async { while before.elapsed() < LONG { ticks.tick().await; let _ = writer.write_all(b"a").await; } } => {}
    }
    let took = before.elapsed();
    assert!(took >= HEAD.mul_f64(0.9) && took < LONG / 4, "{took:?}");
    assert!(silent.closed().await < LONG / 4);
}

#[tokio::test]
async fn idle_is_not_slow_but_ends_as_well() {
    let server = start(Limits {
        idle_timeout: HEAD * 3,
        ..LIMITS
    });
    let mut client = Client::connect(&server).await;
    client.get("/").await;
    // Longer than a head may take: only the passing of time can show that it does not matter.
    tokio::time::sleep(HEAD * 2).await;
    assert!(client.get("/").await.contains("200 OK"));
    let idle = client.closed().await;
    assert!(idle >= HEAD * 2 && idle < LONG / 4, "{idle:?}");

    // A second head is as limited as the first.
    let server = start(LIMITS);
    let mut client = Client::connect(&server).await;
    client.get("/").await;
    client.send("GET /").await;
    assert!(client.closed().await < LONG / 4);
}

#[tokio::test]
async fn connections_beyond_the_limit_wait() {
    let server = start(Limits {
        max_connections: 2,
        ..LIMITS
    });
    let mut first = Client::connect(&server).await;
    let mut second = Client::connect(&server).await;
    first.get("/").await;
    second.get("/").await;
    let mut third = Client::connect(&server).await;
    third.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n").await;
    // The others are served meanwhile, the third is not.
    for _ in 0..20 {
        assert!(first.get("/").await.contains("200 OK"));
    }
    assert!(
        timeout(Duration::from_millis(100), third.0.readable())
            .await
            .is_err()
    );
    drop(first);
    assert!(third.answer().await.contains("200 OK"));
    assert!(second.get("/").await.contains("200 OK"));
}

#[tokio::test]
async fn a_handler_has_its_time_limit() {
    let server = start(Limits {
        request_time_limit: HEAD,
        ..LIMITS
    });
    let mut client = Client::connect(&server).await;
    assert!(client.get("/wait").await.starts_with("HTTP/1.1 503"));
}

#[tokio::test]
async fn who_does_not_read_is_cut_off() {
    let server = start(Limits {
        max_connections: 1,
        request_time_limit: HEAD,
        idle_timeout: HEAD,
        ..LIMITS
    });
    let mut greedy = Client::connect(&server).await;
    greedy.send("GET /huge HTTP/1.1\r\nHost: x\r\n\r\n").await;
    let mut next = Client::connect(&server).await;
    assert!(next.get("/").await.contains("200 OK"));
    drop(greedy);
}

#[tokio::test]
async fn drains_gracefully() {
    let server = start(LIMITS);
    let mut idle = Client::connect(&server).await;
    idle.get("/").await;
    let mut busy = Client::connect(&server).await;
    busy.send("GET /wait HTTP/1.1\r\nHost: x\r\n\r\n").await;
    server.entered.notified().await;
    server.stop.request("enough");
    idle.closed().await;
    assert!(!server.served.is_finished());
    // By now nobody listens.
    assert!(TcpStream::connect(server.address).is_err());
    server.release.notify_one();
    assert!(busy.answer().await.ends_with("waited"));
    busy.closed().await;
    timeout(LONG, server.served)
        .await
        .unwrap()
        .unwrap()
        .unwrap();
}

#[tokio::test]
async fn a_drain_has_its_time_limit() {
    let server = start(Limits {
        drain_timeout: HEAD,
        ..LIMITS
    });
    let mut busy = Client::connect(&server).await;
    busy.send("GET /wait HTTP/1.1\r\nHost: x\r\n\r\n").await;
    server.entered.notified().await;
    server.stop.request("enough");
    busy.closed().await;
    timeout(LONG, server.served)
        .await
        .unwrap()
        .unwrap()
        .unwrap();
}

#[tokio::test]
async fn several_listeners_share_the_limits() {
    let stop = Stop::new();
    let listeners: Vec<_> = (0..2)
        .map(|_| bind(&"127.0.0.1:0".parse().unwrap()).unwrap())
        .collect();
    let addresses: Vec<_> = listeners
        .iter()
        .map(|listener| listener.local_addr().unwrap())
        .collect();
    let router = Router::new().route("/", get(|| async { "hello" }));
    let limits = Limits {
        max_connections: 1,
        ..LIMITS
    };
    let served = Lifecycle::new().tasks().spawn(
        "listener",
        serve(listeners, router, limits, None, stop.clone()),
    );
    for address in [addresses[1], addresses[0], addresses[1]] {
        let mut client = Client(tokio::net::TcpStream::connect(address).await.unwrap());
        assert!(client.get("/").await.contains("200 OK"));
    }
    stop.request("enough");
    served.await.unwrap().unwrap();
    assert!(matches!(
        serve(Vec::new(), Router::new(), LIMITS, None, Stop::new()).await,
        Err(ListenError::None)
    ));
}

#[test]
fn reads_addresses() {
    for text in [
        ":9750",
        "127.0.0.1:8050",
        "[::]:9750",
        "[::1]:0",
        "localhost:9750",
    ] {
        assert_eq!(text.parse::<ListenAddress>().unwrap().to_string(), text);
    }
    for (text, expected) in [
        ("9750", "`9750` is not an address to listen on"),
        ("::1:9750", "`::1:9750` is not an address to listen on"),
        ("[::1:9750", "`[::1:9750` is not an address to listen on"),
        (
            "[nine]:9750",
            "`[nine]:9750` is not an address to listen on",
        ),
        ("http://x:1", "`http://x:1` is not an address to listen on"),
        ("", "`` is not an address to listen on"),
        (":", "`:` has no valid port"),
        (":+1", "`:+1` has no valid port"),
        ("x:65536", "`x:65536` has no valid port"),
    ] {
        let error = text.parse::<ListenAddress>().unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
}

#[test]
fn a_taken_port_is_told_with_its_cure() {
    let taken = bind(&"127.0.0.1:0".parse().unwrap()).unwrap();
    let address: ListenAddress = taken.local_addr().unwrap().to_string().parse().unwrap();
    let error = bind(&address).unwrap_err();
    assert!(matches!(error, ListenError::Taken(_)));
    assert!(error.to_string().contains("ss -ltnp"));
    let error = bind(&"192.0.2.1:0".parse().unwrap()).unwrap_err();
    assert!(matches!(error, ListenError::NotOurs(_)), "{error}");
}

#[test]
fn all_addresses_means_both_families() {
    let listener = bind(&":0".parse().unwrap()).unwrap();
    let port = listener.local_addr().unwrap().port();
    TcpStream::connect(("127.0.0.1", port)).unwrap();
}
