//! What a request meets: rate limit, user, headers.

use super::kit::{Authority, Folder, RIGHT, Server, ask, client};

#[tokio::test]
async fn users_protect_everything_that_is_served() {
    let folder = Folder::new();
    folder.write(
        "web.yml",
        &format!("basic_auth_users:\n  ann: {}\n", *RIGHT),
    );
    let server = Server::start(&folder.web());
    let http = client(&Authority::new(), None);
    for path in ["/", "/own", "/nothing", "/panic"] {
        let get = || http.get(server.url(path));
        let anonymous = ask(get()).await.unwrap().0;
        assert_eq!(anonymous, if path == "/own" { 200 } else { 401 }, "{path}");
        for (user, password) in [("ann", "wrong"), ("ann", ""), ("eve", "right")] {
            let refused = ask(get().basic_auth(user, Some(password))).await.unwrap();
            assert_eq!(refused.0, 401, "{path} {user}");
        }
        let right = ask(get().basic_auth("ann", Some("right"))).await.unwrap();
        let expected = match path {
            "/nothing" => 404,
            "/panic" => 500,
            _ => 200,
        };
        assert_eq!(right.0, expected, "{path}");
    }
    // Whoever answers on a path with a secret of its own is told who asks.
    let own = http.get(server.url("/own"));
    let as_user = ask(own.basic_auth("ann", Some("right"))).await.unwrap();
    assert_eq!(as_user.1, "user");
    let with_token = ask(http.get(server.url("/own")).bearer_auth("token"))
        .await
        .unwrap();
    assert_eq!(with_token, (200, "anybody".to_owned()));
    // A token opens nothing else, and the path is nothing but itself.
    for path in ["/", "/own/", "//own", "/%6fwn"] {
        let refused = ask(http.get(server.url(path)).bearer_auth("token"))
            .await
            .unwrap();
        assert_eq!(refused.0, 401, "{path}");
    }
    let challenge = http.get(server.url("/")).send().await.unwrap();
    assert_eq!(
        challenge.headers()["www-authenticate"],
        "Basic realm=\"prunelle\""
    );
    for header in [
        "Basic",
        "Basic ",
        "Basic !",
        "Basic YW5u",
        "basic  YW5uOndyb25n",
        "Digest a",
    ] {
        let request = http.get(server.url("/")).header("Authorization", header);
        assert_eq!(ask(request).await.unwrap().0, 401, "{header}");
    }
    let lower_case = http
        .get(server.url("/"))
        .header("Authorization", "basic YW5uOnJpZ2h0");
    assert_eq!(ask(lower_case).await.unwrap().0, 200);
}

#[tokio::test]
async fn headers_are_on_every_answer() {
    let folder = Folder::new();
    folder.write(
        "web.yml",
        &format!(
            "basic_auth_users: {{ann: '{}'}}
http_server_config:
  headers:
    Content-Security-Policy: default-src 'self'
    Strict-Transport-Security: max-age=31536000
    X-Content-Type-Options: nosniff
    X-Frame-Options: deny
    X-XSS-Protection: ''
rate_limit: {{interval: 1h, burst: 4}}
",
            *RIGHT
        ),
    );
    let server = Server::start(&folder.web());
    let http = client(&Authority::new(), None);
    for (path, password, expected) in [
        ("/", "right", 200),
        ("/", "wrong", 401),
        ("/nothing", "right", 404),
        ("/panic", "right", 500),
        ("/", "right", 429),
        // Alertmanager tries again after this one only.
        ("/own", "right", 503),
    ] {
        let request = http.get(server.url(path)).basic_auth("ann", Some(password));
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), expected);
        let headers = response.headers();
        assert_eq!(headers["content-security-policy"], "default-src 'self'");
        assert_eq!(headers["strict-transport-security"], "max-age=31536000");
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert_eq!(headers["x-frame-options"], "deny");
        assert!(!headers.contains_key("x-xss-protection"));
    }
    let refused = server.web.status().refused;
    assert_eq!(refused, [("credentials", 1), ("rate", 2), ("busy", 0)]);
}
