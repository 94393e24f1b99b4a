//! Handshakes that never end.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use super::kit::{Authority, Folder, LIMITS, LONG, Server, ask, client};
use crate::listener::Limits;

const TLS: &str = "tls_server_config:\n  cert_file: cert.pem\n  key_file: key.pem\n";

fn start(limits: Limits) -> (Authority, Folder, Server) {
    let authority = Authority::new();
    let folder = Folder::new();
    folder.identity(&authority.server());
    folder.write("web.yml", TLS);
    let server = Server::start_with(&folder.web(), limits);
    (authority, folder, server)
}

#[tokio::test]
async fn a_slow_handshake_is_cut_off() {
    let within = Duration::from_millis(300);
    let (_authority, _folder, server) = start(Limits {
        header_read_timeout: within,
        ..LIMITS
    });
    // Nothing at all; the beginning of a handshake; a finished one without a request is the same as without TLS.
    for sent in [&b""[..], b"\x16\x03\x01\x02\x00\x01"] {
        let before = Instant::now();
        let mut slow = TcpStream::connect(server.address).await.unwrap();
        slow.write_all(sent).await.unwrap();
        let mut rest = Vec::new();
        let _ = timeout(LONG, slow.read_to_end(&mut rest))
            .await
            .expect("it is kept");
        let took = before.elapsed();
        assert!(took > within.mul_f64(0.9) && took < LONG / 4, "{took:?}");
    }
    assert_eq!(server.web.status().failed_handshakes, 2);
}

#[tokio::test]
async fn half_open_handshakes_do_not_lock_out_others() {
    let (authority, _folder, server) = start(Limits {
        crowded_patience: Duration::from_millis(200),
        ..LIMITS
    });
    let https = client(&authority, None);
    let mut half_open = Vec::new();
    for number in 0..600 {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        if number % 2 == 0 {
            stream.write_all(b"\x16\x03\x01").await.unwrap();
        }
        half_open.push(stream);
    }
    // All slots are taken, for longer than this test lasts.
    for _ in 0..3 {
        let before = Instant::now();
        assert_eq!(ask(https.get(server.url("/"))).await.unwrap().0, 200);
        assert!(before.elapsed() < LONG / 4, "{:?}", before.elapsed());
    }
}

#[tokio::test]
async fn who_is_being_served_keeps_the_place() {
    let (authority, _folder, server) = start(Limits {
        max_connections: 2,
        crowded_patience: Duration::ZERO,
        ..LIMITS
    });
    let root = reqwest::Certificate::from_pem(authority.pem.as_bytes()).unwrap();
    let kept = reqwest::Client::builder()
        .tls_certs_only([root])
        .timeout(LONG)
        .build()
        .unwrap();
    let first = kept.get(server.url("/")).send().await.unwrap();
    assert_eq!(first.status(), 200);
    drop(first.bytes().await.unwrap());
    let mut silent = Vec::new();
    for _ in 0..20 {
        silent.push(TcpStream::connect(server.address).await.unwrap());
    }
    for _ in 0..5 {
        assert_eq!(ask(kept.get(server.url("/"))).await.unwrap().0, 200);
    }
}
