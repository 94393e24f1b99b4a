use std::os::unix::net::UnixDatagram;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::*;

const LONG: Duration = Duration::from_secs(30);

#[tokio::test]
async fn stops_when_asked_and_waits_for_tasks() {
    let lifecycle = Lifecycle::new();
    let stop = lifecycle.stop();
    let (sender, receiver) = mpsc::channel();
    lifecycle.tasks().spawn("late", {
        let stop = stop.clone();
        async move {
            stop.stopped().await;
            tokio::task::yield_now().await;
            sender.send("ended").unwrap();
        }
    });
    stop.request("enough");
    stop.request("again");
    let reason = lifecycle.run(LONG).await;
    assert_eq!(reason, StopReason::Requested("enough".to_owned()));
    assert!(!reason.is_failure());
    assert_eq!(receiver.try_recv(), Ok("ended"));
}

#[tokio::test(start_paused = true)]
async fn gives_up_after_the_grace_period() {
    let lifecycle = Lifecycle::new();
    let tasks = lifecycle.tasks();
    tasks.spawn("quick", std::future::ready(()));
    tasks.spawn("stuck", std::future::pending::<()>());
    lifecycle.stop().request("enough");
    let before = tokio::time::Instant::now();
    lifecycle.run(Duration::from_secs(10)).await;
    assert_eq!(before.elapsed().as_secs(), 10);
    assert_eq!(tasks.running(), ["stuck"]);
}

#[tokio::test]
async fn an_essential_task_ends_the_program() {
    let lifecycle = Lifecycle::new();
    lifecycle
        .tasks()
        .spawn_essential("engine", std::future::ready(()));
    let reason = lifecycle.run(LONG).await;
    assert_eq!(reason, StopReason::TaskEnded("engine"));
    assert!(reason.is_failure());

    let lifecycle = Lifecycle::new();
    let handle = lifecycle
        .tasks()
        .spawn_essential("engine", async { panic!("as planned") });
    assert_eq!(lifecycle.run(LONG).await, StopReason::TaskEnded("engine"));
    assert!(handle.await.unwrap_err().is_panic());
}

#[tokio::test]
async fn threads_and_blocking_work_are_waited_for() {
    let lifecycle = Lifecycle::new();
    let tasks = lifecycle.tasks();
    let (release, released) = mpsc::channel::<()>();
    let (go, gone) = mpsc::channel::<()>();
    let thread = tasks
        .thread("journal", move || released.recv().is_err())
        .unwrap();
    tasks.spawn_blocking("walk", move || gone.recv().is_err());
    assert_eq!(tasks.running(), ["journal", "walk"]);
    let stop = lifecycle.stop();
    stop.request("enough");
    let run = lifecycle.run(LONG);
    tokio::pin!(run);
    assert!(futures_util::poll!(&mut run).is_pending());
    drop((release, go));
    run.await;
    assert!(tasks.running().is_empty());
    assert!(thread.join().unwrap());
}

#[test]
fn a_child_ends_with_its_parent_only() {
    let parent = Stop::new();
    let child = parent.child();
    child.request("done");
    assert!(child.is_stopping() && !parent.is_stopping());
    let child = parent.child();
    parent.request("done");
    assert!(child.is_stopping());
}

/// Not a test: what [`service_manager_is_told`] starts as a process of its own, with the environment of a service.
#[tokio::test]
#[ignore = "started by service_manager_is_told"]
async fn as_a_service() {
    let asked = std::sync::atomic::AtomicU64::new(0);
    let reason = Lifecycle::new()
        // Alive for the first two questions.
        .with_health(move || asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed) < 2)
        .run(LONG)
        .await;
    assert_eq!(reason, StopReason::Signal("SIGTERM"));
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the environment is per process")]
fn service_manager_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(LONG)).unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "lifecycle::tests::as_a_service", "--ignored"])
        .env("NOTIFY_SOCKET", &path)
        .env("WATCHDOG_USEC", "40000")
        .env_remove("WATCHDOG_PID")
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let receive = || {
        let mut buffer = [0; 256];
        let length = socket.recv(&mut buffer).unwrap();
        String::from_utf8_lossy(&buffer[..length]).trim().to_owned()
    };
    assert_eq!(receive(), "READY=1");
    assert_eq!(receive(), "WATCHDOG=1");
    assert_eq!(receive(), "WATCHDOG=1");
    // The third one must not come, within three times its interval.
    socket
        .set_read_timeout(Some(Duration::from_millis(60)))
        .unwrap();
    assert!(socket.recv(&mut [0; 256]).is_err());
    socket.set_read_timeout(Some(LONG)).unwrap();
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    assert_eq!(receive(), "STOPPING=1\nSTATUS=Stopping: SIGTERM received");
    assert!(child.wait().unwrap().success());
}

/// Not a test: what [`service_manager_is_told_of_reloads`] starts.
#[tokio::test]
#[ignore = "started by service_manager_is_told_of_reloads"]
async fn as_a_service_that_reloads() {
    let mut lifecycle = Lifecycle::new();
    let mut reloads = 0;
    let reload = lifecycle.on_reload(move || {
        reloads += 1;
        match reloads {
            1 => Ok("nothing changed".to_owned()),
            2 => Err("wrong\nand more".to_owned()),
            _ => panic!("as planned"),
        }
    });
    let (tasks, stop) = (lifecycle.tasks(), lifecycle.stop());
    tasks.spawn("asks", async move {
        stop.stopped().await;
        // After the stop nothing hangs.
        assert!(reload.request().await.is_err());
    });
    let reason = lifecycle.run(LONG).await;
    assert_eq!(reason, StopReason::Signal("SIGTERM"));
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the environment is per process")]
fn service_manager_is_told_of_reloads() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(LONG)).unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "lifecycle::tests::as_a_service_that_reloads"])
        .arg("--ignored")
        .env("NOTIFY_SOCKET", &path)
        .env_remove("WATCHDOG_USEC")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let receive = || {
        let mut buffer = [0; 256];
        let length = socket.recv(&mut buffer).unwrap();
        String::from_utf8_lossy(&buffer[..length]).trim().to_owned()
    };
    assert_eq!(receive(), "READY=1");
    for status in [
        "Reloaded: nothing changed",
        "Not reloaded: wrong",
        "Not reloaded: the reload panicked",
        "Not reloaded: the reload panicked",
    ] {
        kill_process(Pid::from_child(&child), Signal::HUP).unwrap();
        assert!(receive().starts_with("RELOADING=1\nMONOTONIC_USEC="));
        assert_eq!(receive(), format!("READY=1\nSTATUS={status}"));
    }
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    assert_eq!(receive(), "STOPPING=1\nSTATUS=Stopping: SIGTERM received");
    assert!(child.wait().unwrap().success());
}

#[tokio::test]
async fn whoever_asks_for_a_reload_is_answered_in_order() {
    let mut lifecycle = Lifecycle::new();
    let mut count = 0;
    let reload = lifecycle.on_reload(move || {
        count += 1;
        if count == 2 {
            Err("no".to_owned())
        } else {
            Ok(count.to_string())
        }
    });
    let (tasks, stop) = (lifecycle.tasks(), lifecycle.stop());
    let asking = tasks.spawn("asks", async move {
        let answers = (
            reload.request().await,
            reload.request().await,
            reload.request().await,
        );
        stop.request("enough");
        answers
    });
    lifecycle.run(LONG).await;
    assert_eq!(
        asking.await.unwrap(),
        (Ok("1".to_owned()), Err("no".to_owned()), Ok("3".to_owned()))
    );
}
