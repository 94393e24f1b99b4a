//! Who may connect: each way to ask for a client's certificate, and the names that are let in.

use rcgen::SanType;

use super::kit::{Authority, Folder, Identity, Server, ask, client};

fn dns(name: &str) -> SanType {
    SanType::DnsName(name.try_into().unwrap())
}

struct World {
    authority: Authority,
    folder: Folder,
    /// Signed by the authority, by another, expired, and none.
    ours: Identity,
    strange: Identity,
    expired: Identity,
}

impl World {
    fn new() -> Self {
        let authority = Authority::new();
        let folder = Folder::new();
        folder.identity(&authority.server());
        folder.write("ca.pem", &authority.pem);
        Self {
            ours: authority.signs(vec![dns("prometheus.example.org")], 24),
            strange: Authority::new().signs(vec![dns("prometheus.example.org")], 24),
            expired: authority.signs(vec![dns("prometheus.example.org")], 0),
            authority,
            folder,
        }
    }

    fn serve(&self, more: &str) -> Server {
        let text =
            format!("tls_server_config:\n  cert_file: cert.pem\n  key_file: key.pem\n{more}");
        self.folder.write("web.yml", &text);
        Server::start(&self.folder.web())
    }

    async fn is_let_in(&self, server: &Server, identity: Option<&Identity>) -> bool {
        let client = client(&self.authority, identity);
        ask(client.get(server.url("/"))).await == Ok((200, "anybody".to_owned()))
    }
}

#[tokio::test]
async fn each_way_to_ask_lets_in_whom_it_should() {
    let world = World::new();
    let ca = "  client_ca_file: ca.pem\n";
    // In the order: ours, signed by another, expired, none.
    for (auth, ca, expected) in [
        ("NoClientCert", "", [true, true, true, true]),
        ("RequestClientCert", "", [true, true, true, true]),
        ("RequireAnyClientCert", "", [true, true, true, false]),
        ("RequireClientCert", ca, [true, true, true, false]),
        ("VerifyClientCertIfGiven", ca, [true, false, false, true]),
        (
            "RequireAndVerifyClientCert",
            ca,
            [true, false, false, false],
        ),
    ] {
        for version in ["TLS12", "TLS13"] {
            let server = world.serve(&format!(
                "  client_auth_type: {auth}\n{ca}  min_version: {version}\n  max_version: {version}\n"
            ));
            let shown = [
                Some(&world.ours),
                Some(&world.strange),
                Some(&world.expired),
                None,
            ];
            for (identity, expected) in shown.into_iter().zip(expected) {
                let is_let_in = world.is_let_in(&server, identity).await;
                assert_eq!(is_let_in, expected, "{auth} {version}");
            }
            let refused = expected.iter().filter(|expected| !**expected).count() as u64;
            assert_eq!(
                server.web.status().failed_handshakes,
                refused,
                "{auth} {version}"
            );
        }
    }
}

#[tokio::test]
async fn who_has_to_show_a_certificate_shows_it_each_time() {
    let world = World::new();
    let tickets = |more: &str| {
        let server = world.serve(more);
        let tls = server.web.contents().tls.clone().unwrap();
        let config = tls.config();
        (
            config.send_tls13_tickets,
            config.session_storage.can_cache(),
        )
    };
    assert_eq!(tickets(""), (2, true));
    assert_eq!(
        tickets("  client_auth_type: RequireAnyClientCert\n"),
        (0, false)
    );
}

#[tokio::test]
async fn only_allowed_names_are_let_in() {
    let world = World::new();
    let mail = SanType::Rfc822Name("ops@example.org".try_into().unwrap());
    let uri = SanType::URI("spiffe://example.org/prometheus".try_into().unwrap());
    let named = |names: Vec<SanType>| world.authority.signs(names, 24);
    for auth in ["RequireAndVerifyClientCert", "RequireAnyClientCert"] {
        let server = world.serve(&format!(
            "  client_auth_type: {auth}
  client_ca_file: ca.pem
  client_allowed_sans:
    - prometheus.example.org
    - 10.1.2.3
    - 2001:db8:0:0::1
    - ops@example.org
    - spiffe://example.org/prometheus
"
        ));
        for (names, expected) in [
            (vec![dns("prometheus.example.org")], true),
            (
                vec![dns("other.example.org"), dns("prometheus.example.org")],
                true,
            ),
            (vec![SanType::IpAddress([10, 1, 2, 3].into())], true),
            (
                vec![SanType::IpAddress("2001:db8::1".parse().unwrap())],
                true,
            ),
            (vec![mail.clone()], true),
            (vec![uri.clone()], true),
            (vec![dns("other.example.org")], false),
            (vec![dns("Prometheus.example.org")], false),
            (vec![dns("a.prometheus.example.org")], false),
            (vec![dns("*.example.org")], false),
            (vec![SanType::IpAddress([10, 1, 2, 4].into())], false),
            (vec![], false),
        ] {
            let identity = named(names.clone());
            let is_let_in = world.is_let_in(&server, Some(&identity)).await;
            assert_eq!(is_let_in, expected, "{auth} {names:?}");
        }
        // The right name does not help who is signed by another.
        let is_let_in = world.is_let_in(&server, Some(&world.strange)).await;
        assert_eq!(is_let_in, auth == "RequireAnyClientCert");
    }
}

#[tokio::test]
async fn certificates_may_stand_in_the_file_itself() {
    let world = World::new();
    let identity = world.authority.server();
    let indented = |pem: &str| format!("    {}\n", pem.trim_end().replace('\n', "\n    "));
    let text = format!(
        "tls_server_config:\n  cert: |\n{}  key: |\n{}  client_ca: |\n{}  client_auth_type: RequireAndVerifyClientCert\n",
        indented(&identity.certificate),
        indented(&identity.key),
        indented(&world.authority.pem),
    );
    world.folder.write("web.yml", &text);
    let server = Server::start(&world.folder.web());
    assert!(world.is_let_in(&server, Some(&world.ours)).await);
    assert!(!world.is_let_in(&server, None).await);
}
