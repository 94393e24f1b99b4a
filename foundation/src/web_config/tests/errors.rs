//! Everything that can be wrong, with file, line, column and remedy.

use std::path::Path;

use super::kit::{Authority, Folder, RIGHT, clock};
use crate::web_config::read;

/// What is wrong with a file, its folder left out.
fn errors(folder: &Folder, text: &str) -> String {
    folder.write("web.yml", text);
    match read(&folder.web(), &clock()) {
        Ok(read) => panic!("no error: {text}{}", read.summary()),
        Err(errors) => errors.to_string().replace(
            &format!("{}/", folder.path("").display()).replace("//", "/"),
            "",
        ),
    }
}

fn folder() -> Folder {
    let folder = Folder::new();
    let authority = Authority::new();
    folder.identity(&authority.server());
    folder.write("ca.pem", &authority.pem);
    folder.write("other.pem", &authority.server().key);
    folder.write("text.pem", "certainly no certificate\n");
    folder.write(
        "locked.pem",
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
    );
    folder
}

#[test]
fn tells_everything_that_is_wrong_at_once() {
    insta::assert_snapshot!(errors(
        &folder(),
        "
tls_server_config:
  cert_file: cert.pem
  keyfile: key.pem
  min_version: TLS10
  max_version: SSL3
  cipher_suites:
    - TLS_RSA_WITH_AES_128_CBC_SHA
  curve_preferences: [CurveP521]
  client_auth_type: Always
  prefer_server_cipher_suites: sometimes
http_server_config:
  http2: maybe
  headers:
    X-Powered-By: me
basic_auth_users:
  ann: plain text
  'a:b': $2y$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi
  bob: $2y$31$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi
rate_limit:
  interval: 1d
  burst: many
"
    ));
}

#[test]
fn tells_what_has_no_effect_or_does_not_go_together() {
    let folder = folder();
    let tls = "tls_server_config:\n  cert_file: cert.pem\n  key_file: key.pem\n";
    let cases = [
        "tls_server_config: {}\n".to_owned(),
        "tls_server_config: {min_version: TLS13}\n".to_owned(),
        "tls_server_config: {cert_file: cert.pem}\n".to_owned(),
        "tls_server_config: {cert_file: none.pem, key_file: key.pem}\n".to_owned(),
        "tls_server_config: {cert_file: text.pem, key_file: key.pem}\n".to_owned(),
        "tls_server_config: {cert_file: key.pem, key_file: cert.pem}\n".to_owned(),
        "tls_server_config: {cert_file: cert.pem, key_file: other.pem}\n".to_owned(),
        "tls_server_config: {cert_file: cert.pem, key_file: locked.pem}\n".to_owned(),
        format!("{tls}  cert: here\n"),
        format!("{tls}  client_ca_file: ca.pem\n"),
        format!(
            "{tls}  client_ca_file: text.pem\n  client_auth_type: RequireAndVerifyClientCert\n"
        ),
        format!("{tls}  client_auth_type: RequireAndVerifyClientCert\n"),
        format!("{tls}  client_allowed_sans: [a]\n"),
        format!("{tls}  client_auth_type: RequireAnyClientCert\n  client_allowed_sans: []\n"),
        format!("{tls}  min_version: TLS13\n  max_version: TLS12\n"),
        format!("{tls}  max_version: TLS12\n  cipher_suites: [TLS_AES_128_GCM_SHA256]\n"),
        "http_server_config: {http2: true}\n".to_owned(),
        "http_server_config: {headers: {X-Frame-Options: allow}}\n".to_owned(),
        "http_server_config:\n  headers:\n    Content-Security-Policy: \"a\\nb\"\n".to_owned(),
        "rate_limit: {burst: 5}\n".to_owned(),
        "rate_limit: {interval: 1s}\n".to_owned(),
    ];
    let all: Vec<String> = cases
        .iter()
        .map(|text| format!("{text}=> {}\n", errors(&folder, text)))
        .collect();
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn the_documented_example_is_right_and_has_every_key() {
    let page = include_str!("../../../../docs/configuration.md");
    let mut blocks = page
        .split("\n```yaml\n")
        .filter_map(|it| it.split_once("\n```"));
    let (example, _) = blocks
        .find(|(block, _)| block.contains("curve_preferences"))
        .unwrap();
    let folder = folder();
    for (from, to) in [
        ("cert.pem", "tls.crt"),
        ("key.pem", "tls.key"),
        ("ca.pem", "clients-ca.crt"),
    ] {
        std::fs::rename(folder.path(from), folder.path(to)).unwrap();
    }
    folder.write("web.yml", example);
    let read = read(&folder.web(), &clock()).unwrap();
    assert!(
        read.summary()
            .starts_with("https, client certificates required")
    );
    let known = errors(
        &folder,
        "tls_server_config: {z: 1}\nhttp_server_config: {headers: {z: 1}, z: 1}\nrate_limit: {z: 1}\nz: 1\n",
    );
    let keys: Vec<&str> = known
        .lines()
        .filter(|line| line.contains("known here"))
        .flat_map(|line| line.split('`').skip(1).step_by(2))
        .collect();
    assert_eq!(keys.len(), 13 + 2 + 5 + 2 + 4, "{known}");
    for key in keys
        .into_iter()
        .filter(|key| !matches!(*key, "cert" | "key" | "client_ca"))
    {
        assert!(example.contains(&format!("{key}:")), "{key}");
    }
}

#[test]
fn a_file_that_is_not_there_is_an_error() {
    let error = read(Path::new("/nowhere/web.yml"), &clock()).unwrap_err();
    insta::assert_snapshot!(error.to_string(), @r"
    /nowhere/web.yml: cannot read the file: No such file or directory (os error 2)
      hint: check the path
    ");
}

#[test]
fn says_what_is_in_force() {
    let folder = folder();
    let summary = |text: &str| {
        folder.write("web.yml", text);
        read(&folder.web(), &clock()).unwrap().summary()
    };
    assert_eq!(summary(""), "http, no users");
    assert_eq!(
        summary(&format!(
            "basic_auth_users: {{a: '{0}', b: '{0}'}}\nrate_limit: {{interval: 100ms, burst: 20}}\n",
            *RIGHT
        )),
        "http, 2 users, a request each 100ms, 20 at once"
    );
    let mutual = summary(
        "tls_server_config: {cert_file: cert.pem, key_file: key.pem, client_ca_file: ca.pem, client_auth_type: RequireAndVerifyClientCert}\n",
    );
    assert!(
        mutual.starts_with("https, client certificates required, certificate valid until 20"),
        "{mutual}"
    );
    assert!(mutual.ends_with("Z, no users"), "{mutual}");
}
