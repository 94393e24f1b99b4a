//! Sees all that is said on the sandbox's bus.

use std::sync::{Arc, Mutex};

use futures_util::StreamExt as _;
use tokio::task::JoinHandle;
use zbus::message::Type;

pub(crate) struct Eavesdropper {
    heard: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl Eavesdropper {
    /// Listens from now on.
    #[expect(clippy::disallowed_methods, reason = "it is ended when it is dropped")]
    pub(crate) async fn start(address: &str) -> Self {
        let connection = zbus::connection::Builder::address(address)
            .max_queued(10_000.try_into().unwrap())
            .build()
            .await
            .unwrap();
        let mut stream = zbus::MessageStream::from(&connection);
        let bus = Some("org.freedesktop.DBus");
        let rules: &[&str] = &[];
        connection
            .call_method(
                bus,
                "/org/freedesktop/DBus",
                Some("org.freedesktop.DBus.Monitoring"),
                "BecomeMonitor",
                &(rules, 0_u32),
            )
            .await
            .unwrap();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&heard);
        let task = tokio::spawn(async move {
            while let Some(Ok(message)) = stream.next().await {
                let header = message.header();
                let kind = match message.message_type() {
                    Type::MethodCall => "call",
                    Type::Signal => "signal",
                    Type::MethodReturn | Type::Error => continue,
                };
                if let Some(member) = header.member() {
                    sink.lock().unwrap().push(format!("{kind} {member}"));
                }
            }
        });
        Self { heard, task }
    }

    /// What was heard so far: `call Ping`, `signal UnitNew` …
    pub(crate) fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }
}

impl Drop for Eavesdropper {
    fn drop(&mut self) {
        self.task.abort();
    }
}
