//! A real browser without a window, spoken to in its debugging protocol over two pipes: no port, no driver.
//!
//! It sees no network, keeps its profile in a folder of its own, and ends with the test: when its pipe closes, and by a
//! signal to its group when the test fails.

use std::process::Stdio;
use std::time::Duration;

use base64::Engine as _;
use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// For one answer; a busy machine draws slowly.
const LIMIT: Duration = Duration::from_mins(1);
/// A picture is no higher: what follows is more of the same.
const HIGHEST: u64 = 6000;

/// One browser with one page.
pub(super) struct Browser {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    session: Option<String>,
    calls: u64,
    /// What the page asked for since it was opened, itself left out.
    asked: Vec<String>,
    _profile: TempDir,
}

/// How a page is looked at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    pub(super) width: u64,
    pub(super) is_dark: bool,
}

impl Look {
    /// On a phone and on a desk, by day and by night.
    pub(super) const ALL: [Self; 4] = [
        Self::of(360, false),
        Self::of(360, true),
        Self::of(1200, false),
        Self::of(1200, true),
    ];

    const fn of(width: u64, is_dark: bool) -> Self {
        Self { width, is_dark }
    }

    pub(super) const fn is_phone(self) -> bool {
        self.width < 600
    }

    /// `360-dark`
    pub(super) fn name(self) -> String {
        format!(
            "{}-{}",
            self.width,
            if self.is_dark { "dark" } else { "light" }
        )
    }
}

impl Browser {
    pub(super) async fn start() -> Self {
        let profile = tempfile::tempdir().unwrap();
        #[expect(
            clippy::disallowed_methods,
            reason = "a test starts a browser of its own"
        )]
        let mut command = Command::new("sh");
        // What it reads is its descriptor 3, what it answers 4.
        let script = "exec chromium --headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run \
            --disable-breakpad --disable-extensions --disable-component-update --disable-background-networking \
            --host-resolver-rules='MAP * ~NOTFOUND' --force-color-profile=srgb --hide-scrollbars \
            --remote-debugging-pipe --user-data-dir=\"$HOME\" about:blank 3<&0 4>&1 1>&2 2>/dev/null";
        let mut child = command
            .args(["-c", script])
            .env("HOME", profile.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let input = child.stdin.take().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let mut browser = Self {
            child,
            input,
            output,
            session: None,
            calls: 0,
            asked: Vec::new(),
            _profile: profile,
        };
        let target = browser
            .call("Target.createTarget", json!({"url": "about:blank"}))
            .await;
        let whole = json!({"targetId": target["targetId"], "flatten": true});
        let attached = browser.call("Target.attachToTarget", whole).await;
        browser.session = attached["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page.enable", "Network.enable"] {
            browser.call(domain, json!({})).await;
        }
        browser
    }

    /// Opens a page as it is sent or written: HTML, in UTF-8.
    pub(super) async fn open(&mut self, html: &str) {
        let frames = self.call("Page.getFrameTree", json!({})).await;
        let frame = &frames["frameTree"]["frame"]["id"];
        // The frame begins anew, so that nothing is left of the page before.
        self.call("Page.navigate", json!({"url": "about:blank"}))
            .await;
        self.asked.clear();
        self.call(
            "Page.setDocumentContent",
            json!({"frameId": frame, "html": html}),
        )
        .await;
    }

    /// Shows it on another screen.
    pub(super) async fn show(&mut self, look: Look) {
        let screen = json!({
            "width": look.width, "height": 800, "deviceScaleFactor": 1, "mobile": look.is_phone(),
        });
        self.call("Emulation.setDeviceMetricsOverride", screen)
            .await;
        let scheme = if look.is_dark { "dark" } else { "light" };
        let media = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.call("Emulation.setEmulatedMedia", media).await;
    }

    /// What an expression comes to, as JSON.
    pub(super) async fn ask(&mut self, expression: &str) -> Value {
        let question = json!({"expression": expression, "returnByValue": true});
        let answer = self.call("Runtime.evaluate", question).await;
        assert!(
            answer["exceptionDetails"].is_null(),
            "{}",
            answer["exceptionDetails"]
        );
        answer["result"]["value"].clone()
    }

    /// What the page wanted from elsewhere.
    pub(super) fn asked(&self) -> &[String] {
        &self.asked
    }

    /// The whole page as a PNG.
    pub(super) async fn picture(&mut self, look: Look) -> Vec<u8> {
        let high = self.ask("document.documentElement.scrollHeight").await;
        let high = high.as_u64().unwrap().clamp(1, HIGHEST);
        let clip = json!({"x": 0, "y": 0, "width": look.width, "height": high, "scale": 1});
        let wanted = json!({
            "format": "png", "clip": clip, "captureBeyondViewport": true, "optimizeForSpeed": true,
        });
        let picture = self.call("Page.captureScreenshot", wanted).await;
        base64::engine::general_purpose::STANDARD
            .decode(picture["data"].as_str().unwrap())
            .unwrap()
    }

    /// Ends it in good order.
    pub(super) async fn end(mut self) {
        self.session = None;
        self.call("Browser.close", json!({})).await;
        let ended = tokio::time::timeout(LIMIT, self.child.wait()).await;
        assert!(ended.is_ok(), "the browser does not end");
    }

    async fn call(&mut self, method: &str, params: Value) -> Value {
        let answer = tokio::time::timeout(LIMIT, self.call_at_length(method, params)).await;
        answer.unwrap_or_else(|_| panic!("the browser does not answer {method}"))
    }

    async fn call_at_length(&mut self, method: &str, params: Value) -> Value {
        self.calls += 1;
        let mut message = json!({"id": self.calls, "method": method, "params": params});
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        let mut bytes = serde_json::to_vec(&message).unwrap();
        bytes.push(0);
        self.input
            .write_all(&bytes)
            .await
            .unwrap_or_else(|error| panic!("{MISSING}: {error}"));
        loop {
            let said = self.next().await;
            if said["method"] == "Network.requestWillBeSent" {
                let url = said["params"]["request"]["url"].as_str().unwrap();
                self.asked.push(url.to_owned());
            }
            if said["id"] == self.calls {
                assert!(said["error"].is_null(), "{method}: {}", said["error"]);
                return said["result"].clone();
            }
        }
    }

    async fn next(&mut self) -> Value {
        let mut said = Vec::new();
        self.output.read_until(0, &mut said).await.unwrap();
        assert_eq!(said.pop(), Some(0), "{MISSING}");
        serde_json::from_slice(&said).unwrap()
    }
}

const MISSING: &str =
    "the browser ended, or there is none: `chromium` must be in PATH (`./test.sh` installs it)";

impl Drop for Browser {
    fn drop(&mut self) {
        let id = self.child.id().and_then(|id| i32::try_from(id).ok());
        if let Some(group) = id.and_then(Pid::from_raw) {
            // It may have ended by itself.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}
