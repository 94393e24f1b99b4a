//! What changes while it runs: a certificate, a key, an authority, users, the file itself.

use rcgen::SanType;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;

use super::kit::{Authority, Folder, LONG, RIGHT, Server, ask, client};

const TLS: &str = "tls_server_config:\n  cert_file: cert.pem\n  key_file: key.pem\n";

#[tokio::test]
async fn an_expired_certificate_is_refused_and_replaced() {
    let authority = Authority::new();
    let folder = Folder::new();
    let local = || vec![SanType::IpAddress([127, 0, 0, 1].into())];
    folder.identity(&authority.signs(local(), 0));
    folder.write("web.yml", TLS);
    let server = Server::start(&folder.web());
    let https = client(&authority, None);
    let expired = server.web.status();
    assert!(expired.certificate_not_after.unwrap() < super::kit::now());
    let error = ask(https.get(server.url("/"))).await.unwrap_err();
    assert!(error.contains("expired"), "{error}");

    folder.identity(&authority.signs(local(), 24));
    assert_eq!(ask(https.get(server.url("/"))).await.unwrap().0, 200);
    let replaced = server.web.status();
    assert!(replaced.certificate_not_after.unwrap() > super::kit::now());
    assert!(replaced.is_last_reload_successful);
    assert!(replaced.last_success >= expired.last_success);
}

#[tokio::test]
async fn a_broken_version_leaves_the_old_one_in_force() {
    let authority = Authority::new();
    let folder = Folder::new();
    folder.identity(&authority.server());
    let good = format!("{TLS}basic_auth_users: {{ann: '{}'}}\n", *RIGHT);
    folder.write("web.yml", &good);
    let server = Server::start(&folder.web());
    let https = client(&authority, None);
    let asks = async || {
        let anonymous = ask(https.get(server.url("/"))).await.unwrap().0;
        let user = ask(https.get(server.url("/")).basic_auth("ann", Some("right"))).await;
        (anonymous, user.unwrap().0)
    };
    let is_good = || server.web.status().is_last_reload_successful;
    assert_eq!((asks().await, is_good()), ((401, 200), true));
    let key = std::fs::read_to_string(folder.path("key.pem")).unwrap();
    let other = authority.server();

    for broken in [
        "basic_auth_user: {}\n",
        "basic_auth_users: {ann: plain}\n",
        "{",
    ] {
        folder.write("web.yml", broken);
        assert_eq!((asks().await, is_good()), ((401, 200), false), "{broken}");
        folder.write("web.yml", &good);
        assert_eq!((asks().await, is_good()), ((401, 200), true));
    }
    // Half of a new pair, and the other half.
    folder.write("cert.pem", &other.certificate);
    assert_eq!((asks().await, is_good()), ((401, 200), false));
    folder.write("key.pem", &other.key);
    assert_eq!((asks().await, is_good()), ((401, 200), true));
    // A key that is gone, and back.
    std::fs::rename(folder.path("key.pem"), folder.path("away")).unwrap();
    assert_eq!((asks().await, is_good()), ((401, 200), false));
    std::fs::rename(folder.path("away"), folder.path("key.pem")).unwrap();
    assert_eq!((asks().await, is_good()), ((401, 200), true));
    // Written in place, as by `cp`.
    std::fs::write(folder.path("key.pem"), key).unwrap();
    assert_eq!((asks().await, is_good()), ((401, 200), false));
    // A new file that is named while it does not exist yet.
    folder.write("web.yml", &good.replace("key.pem", "key2.pem"));
    assert_eq!((asks().await, is_good()), ((401, 200), false));
    folder.write("key2.pem", &other.key);
    assert_eq!((asks().await, is_good()), ((401, 200), true));
}

#[tokio::test]
async fn users_come_and_go() {
    let folder = Folder::new();
    let users = |name: &str| format!("basic_auth_users: {{{name}: '{}'}}\n", *RIGHT);
    folder.write("web.yml", &users("ann"));
    let server = Server::start(&folder.web());
    let http = client(&Authority::new(), None);
    let asks = async |name: &str| {
        let request = http.get(server.url("/")).basic_auth(name, Some("right"));
        ask(request).await.unwrap().0
    };
    assert_eq!((asks("ann").await, asks("bob").await), (200, 401));
    folder.write("web.yml", &users("bob"));
    assert_eq!((asks("ann").await, asks("bob").await), (401, 200));
    // Another password for the same user.
    let other = bcrypt::hash("other", 4).unwrap();
    folder.write(
        "web.yml",
        &format!("basic_auth_users: {{bob: '{other}'}}\n"),
    );
    assert_eq!(asks("bob").await, 401);
    // No users: open to all.
    folder.write("web.yml", "");
    assert_eq!(asks("bob").await, 200);
}

#[tokio::test]
async fn tls_comes_and_goes_and_old_connections_end() {
    let authority = Authority::new();
    let folder = Folder::new();
    folder.identity(&authority.server());
    folder.write("web.yml", "");
    let server = Server::start(&folder.web());
    let both = client(&authority, None);
    assert_eq!(server.web.scheme(), "http");
    let mut kept = tokio::net::TcpStream::connect(server.address)
        .await
        .unwrap();
    kept.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        .await
        .unwrap();
    let mut answer = [0; 15];
    kept.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200 OK");

    folder.write("web.yml", TLS);
    let plain = format!("http://{}/", server.address);
    let (status, text) = ask(both.get(&plain)).await.unwrap();
    assert_eq!((status, text.contains("https://")), (400, true));
    assert_eq!(ask(both.get(server.url("/"))).await.unwrap().0, 200);
    assert_eq!(server.web.scheme(), "https");
    // The connection from before is closed, so that nobody goes on in plain text.
    let mut rest = Vec::new();
    let closing = timeout(LONG, kept.read_to_end(&mut rest)).await;
    closing.expect("the old connection stays open").unwrap();

    folder.write("web.yml", "");
    assert_eq!(ask(both.get(&plain)).await.unwrap().0, 200);
    // TLS and users change apart: a new user ends no connection.
    assert_eq!(server.web.status().certificate_not_after, None);
}

#[tokio::test]
async fn a_new_user_ends_no_connection() {
    let authority = Authority::new();
    let folder = Folder::new();
    folder.identity(&authority.server());
    folder.write("web.yml", TLS);
    let server = Server::start(&folder.web());
    let tls = || server.web.contents().tls.clone().unwrap();
    let before = tls();
    folder.write(
        "web.yml",
        &format!("{TLS}basic_auth_users: {{ann: '{}'}}\n", *RIGHT),
    );
    let https = client(&authority, None);
    assert_eq!(ask(https.get(server.url("/"))).await.unwrap().0, 401);
    assert!(std::sync::Arc::ptr_eq(&before, &tls()));
    folder.identity(&authority.server());
    assert_eq!(ask(https.get(server.url("/"))).await.unwrap().0, 401);
    assert!(!std::sync::Arc::ptr_eq(&before, &tls()));
}

#[tokio::test]
async fn stopping_ends_handshakes_as_well() {
    let authority = Authority::new();
    let folder = Folder::new();
    folder.identity(&authority.server());
    folder.write("web.yml", TLS);
    let server = Server::start(&folder.web());
    let mut silent = tokio::net::TcpStream::connect(server.address)
        .await
        .unwrap();
    let https = client(&authority, None);
    assert_eq!(ask(https.get(server.url("/"))).await.unwrap().0, 200);
    server.stop.request("enough");
    let mut rest = Vec::new();
    let _ = timeout(LONG, silent.read_to_end(&mut rest))
        .await
        .expect("it hangs");
    timeout(LONG, server.served)
        .await
        .unwrap()
        .unwrap()
        .unwrap();
}
