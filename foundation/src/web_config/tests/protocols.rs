//! Which HTTP is spoken, and which TLS.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion, version};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::kit::{Authority, Folder, LIMITS, LONG, RIGHT, Server};
use crate::lifecycle::Lifecycle;
use crate::listener::Limits;

const TLS: &str = "tls_server_config:\n  cert_file: cert.pem\n  key_file: key.pem\n";

fn start(more: &str) -> (Authority, Server, Folder) {
    start_with(more, LIMITS)
}

fn start_with(more: &str, limits: Limits) -> (Authority, Server, Folder) {
    let authority = Authority::new();
    let folder = Folder::new();
    folder.identity(&authority.server());
    folder.write("web.yml", &format!("{TLS}{more}"));
    let server = Server::start_with(&folder.web(), limits);
    (authority, server, folder)
}

async fn connect(
    authority: &Authority,
    server: &Server,
    alpn: &[&str],
    versions: &[&'static SupportedProtocolVersion],
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_slice(authority.pem.as_bytes()).unwrap())
        .unwrap();
    let provider = Arc::new(aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
    let stream = TcpStream::connect(server.address).await.unwrap();
    let name = ServerName::try_from("127.0.0.1").unwrap();
    TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await
}

async fn chosen(authority: &Authority, server: &Server, alpn: &[&str]) -> Option<String> {
    let stream = connect(authority, server, alpn, rustls::ALL_VERSIONS)
        .await
        .unwrap();
    let chosen = stream.get_ref().1.alpn_protocol();
    chosen.map(|name| String::from_utf8(name.to_vec()).unwrap())
}

#[tokio::test]
async fn http_2_is_offered_unless_it_is_switched_off() {
    let (authority, server, folder) = start("");
    let both = ["h2", "http/1.1"];
    assert_eq!(chosen(&authority, &server, &both).await.unwrap(), "h2");
    assert_eq!(
        chosen(&authority, &server, &["http/1.1"]).await.unwrap(),
        "http/1.1"
    );
    assert_eq!(chosen(&authority, &server, &[]).await, None);
    folder.write(
        "web.yml",
        &format!("{TLS}http_server_config: {{http2: false}}\n"),
    );
    assert_eq!(
        chosen(&authority, &server, &both).await.unwrap(),
        "http/1.1"
    );
}

#[tokio::test]
async fn http_2_is_served_with_the_same_rules() {
    let (authority, server, _folder) = start(&format!("basic_auth_users: {{ann: '{}'}}\n", *RIGHT));
    let stream = connect(&authority, &server, &["h2"], rustls::ALL_VERSIONS)
        .await
        .unwrap();
    let (mut client, connection) = h2::client::handshake(stream).await.unwrap();
    let driving = Lifecycle::new().tasks().spawn("client", connection);
    let mut ask = async |authorization: &str| {
        let request = http_request(&server.url("/"), authorization);
        client = client.clone().ready().await.unwrap();
        let (response, _) = client.send_request(request, true).unwrap();
        let response = timeout(LONG, response).await.unwrap().unwrap();
        response.status().as_u16()
    };
    for _ in 0..50 {
        assert_eq!(ask("Basic YW5uOnJpZ2h0").await, 200);
        assert_eq!(ask("Basic YW5uOndyb25n").await, 401);
    }
    // Stopping ends the idle connection.
    server.stop.request("enough");
    let _ = timeout(LONG, driving).await.expect("the connection stays");
    timeout(LONG, server.served)
        .await
        .unwrap()
        .unwrap()
        .unwrap();
}

#[tokio::test]
async fn an_http_2_connection_may_be_idle_and_must_not_be_slow() {
    let within = Duration::from_millis(300);
    let (authority, server, _folder) = start_with(
        "",
        Limits {
            max_connections: 1,
            header_read_timeout: within,
            request_time_limit: within,
            ..LIMITS
        },
    );
    let stream = connect(&authority, &server, &["h2"], rustls::ALL_VERSIONS)
        .await
        .unwrap();
    let (mut client, mut connection) = h2::client::handshake(stream).await.unwrap();
    let mut ping = connection.ping_pong().unwrap();
    let driving = Lifecycle::new().tasks().spawn("client", connection);
    let before = Instant::now();
    // Bytes that belong to no request begin none: only the passing of time can show that.
    while before.elapsed() < within * 3 {
        let (response, _) = client
            .send_request(http_request(&server.url("/"), ""), true)
            .unwrap();
        assert_eq!(response.await.unwrap().status(), 200);
        ping.ping(h2::Ping::opaque()).await.unwrap();
        tokio::time::sleep(within / 2).await;
    }
    // An answer that is not read ends the connection, and the next one gets its slot.
    let (response, _) = client
        .send_request(http_request(&server.url("/huge"), ""), true)
        .unwrap();
    let unread = response.await.unwrap();
    let next = connect(&authority, &server, &[], rustls::ALL_VERSIONS).await;
    assert!(next.is_ok());
    assert!(before.elapsed() < LONG / 2, "{:?}", before.elapsed());
    drop(unread);
    assert!(timeout(LONG, driving).await.is_ok());
}

#[tokio::test]
async fn a_long_answer_arrives_whole() {
    let (authority, server, _folder) = start("");
    let stream = connect(&authority, &server, &["h2"], rustls::ALL_VERSIONS)
        .await
        .unwrap();
    let (mut client, connection) = h2::client::handshake(stream).await.unwrap();
    let _driving = Lifecycle::new().tasks().spawn("client", connection);
    let (response, _) = client
        .send_request(http_request(&server.url("/huge"), ""), true)
        .unwrap();
    let response = timeout(LONG, response).await.unwrap().unwrap();
    let expected = 8 << 20;
    assert_eq!(response.headers()["content-length"], expected.to_string());
    let mut body = response.into_body();
    let mut length = 0;
    while let Some(piece) = timeout(LONG, body.data()).await.unwrap() {
        let piece = piece.unwrap();
        assert!(piece.iter().all(|byte| *byte == b'x'));
        length += piece.len();
        body.flow_control().release_capacity(piece.len()).unwrap();
    }
    assert_eq!(length, expected);
}

#[tokio::test]
async fn a_body_longer_than_the_window_arrives_whole() {
    let (authority, server, _folder) = start("");
    let stream = connect(&authority, &server, &["h2"], rustls::ALL_VERSIONS)
        .await
        .unwrap();
    let (mut client, connection) = h2::client::handshake(stream).await.unwrap();
    let _driving = Lifecycle::new().tasks().spawn("client", connection);
    let mut request = http_request(&server.url("/own"), "");
    *request.method_mut() = axum::http::Method::POST;
    let (response, mut sending) = client.send_request(request, false).unwrap();
    // As far as the limit of axum's own extractor.
    let body = Bytes::from(vec![b'x'; 2 << 20]);
    sending.send_data(body, true).unwrap();
    let response = timeout(LONG, response).await.unwrap().unwrap();
    assert_eq!(response.status(), 200);
    let length = timeout(LONG, response.into_body().data()).await.unwrap();
    assert_eq!(length.unwrap().unwrap(), (2 << 20).to_string());
}

fn http_request(url: &str, authorization: &str) -> axum::http::Request<()> {
    axum::http::Request::get(url)
        .header("authorization", authorization)
        .body(())
        .unwrap()
}

#[tokio::test]
async fn requests_that_are_taken_back_at_once_end_the_connection() {
    let (authority, server, _folder) = start("");
    let stream = connect(&authority, &server, &["h2"], rustls::ALL_VERSIONS)
        .await
        .unwrap();
    let (client, connection) = h2::client::Builder::new()
        .initial_max_send_streams(100_000)
        .handshake::<_, Bytes>(stream)
        .await
        .unwrap();
    let driving = Lifecycle::new().tasks().spawn("client", connection);
    let mut sent = 0;
    let mut client = client;
    let attack = async {
        while sent < 100_000 {
            let Ok(ready) = client.clone().ready().await else {
                break;
            };
            client = ready;
            let Ok((_, mut stream)) =
                client.send_request(http_request(&server.url("/"), ""), false)
            else {
                break;
            };
            stream.send_reset(h2::Reason::CANCEL);
            sent += 1;
            if sent % 64 == 0 {
                tokio::task::yield_now().await;
            }
        }
    };
    timeout(LONG, attack).await.unwrap();
    let ended = timeout(LONG, driving).await.unwrap().unwrap();
    assert!(ended.is_err() && sent < 100_000, "{sent} {ended:?}");
}

#[tokio::test]
async fn versions_ciphers_and_curves_are_those_of_the_file() {
    let (authority, server, folder) = start("  max_version: TLS12\n");
    let alpn = ["http/1.1"];
    let suite = async |versions: &[&'static SupportedProtocolVersion]| {
        let stream = connect(&authority, &server, &alpn, versions).await.ok()?;
        let session = stream.get_ref().1;
        let suite = session.negotiated_cipher_suite()?.suite();
        let group = session.negotiated_key_exchange_group()?.name();
        Some((format!("{suite:?}"), format!("{group:?}")))
    };
    assert_eq!(suite(&[&version::TLS13]).await, None);
    assert!(suite(&[&version::TLS12]).await.is_some());
    folder.write("web.yml", &format!("{TLS}  min_version: TLS13\n"));
    assert!(suite(&[&version::TLS13]).await.is_some());
    assert_eq!(suite(&[&version::TLS12]).await, None);
    folder.write(
        "web.yml",
        &format!(
            "{TLS}  cipher_suites:
    - TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256
  curve_preferences: [CurveP384]
"
        ),
    );
    let (cipher, curve) = suite(&[&version::TLS12]).await.unwrap();
    assert_eq!(cipher, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256");
    assert_eq!(curve, "secp384r1");
    // Of TLS 1.3 all are in use until one of them is named.
    let (cipher, _) = suite(&[&version::TLS13]).await.unwrap();
    assert_eq!(cipher, "TLS13_AES_256_GCM_SHA384");
    folder.write(
        "web.yml",
        &format!("{TLS}  cipher_suites: [TLS_AES_128_GCM_SHA256]\n"),
    );
    let (cipher, _) = suite(&[&version::TLS13]).await.unwrap();
    assert_eq!(cipher, "TLS13_AES_128_GCM_SHA256");
    assert_eq!(suite(&[&version::TLS12]).await, None);
}

#[tokio::test]
async fn who_speaks_http_to_https_is_told() {
    let (_authority, server, _folder) = start("");
    let mut plain = TcpStream::connect(server.address).await.unwrap();
    plain
        .write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        .await
        .unwrap();
    let mut answer = Vec::new();
    // The rest of the request was not read, so the close may be a reset.
    let _ = timeout(LONG, plain.read_to_end(&mut answer)).await.unwrap();
    let answer = String::from_utf8(answer).unwrap();
    assert!(
        answer.starts_with("HTTP/1.0 400 ") && answer.contains("https://"),
        "{answer}"
    );
}
