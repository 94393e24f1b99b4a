use std::os::unix::process::ExitStatusExt as _;

use super::super::Lifecycle;
use super::*;

const LONG: Duration = Duration::from_secs(20);

fn shell(script: &str) -> Program {
    Program {
        path: "/bin/sh".into(),
        arguments: vec!["-c".into(), script.into()],
        environment: vec![("GIVEN".into(), "yes".into())],
    }
}

async fn output(script: &str, keep: Keep) -> Output {
    let tasks = Lifecycle::new().tasks();
    tasks
        .output("test", &shell(script), keep, LONG)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_child_has_what_it_is_given_and_nothing_else() {
    let printed = output(
        "env | grep -v ^_= | sort; pwd; cat; echo err >&2; exit 3",
        Keep::First(1000),
    )
    .await;
    let text = String::from_utf8(printed.stdout.kept).unwrap();
    assert_eq!(text, "GIVEN=yes\nPWD=/\n/\n");
    assert_eq!(printed.stderr.kept, b"err\n");
    assert_eq!(printed.status.code(), Some(3));
}

#[tokio::test]
async fn much_output_is_counted_and_its_beginning_or_end_kept() {
    let script = "echo first; head -c 3000000 /dev/zero; echo last";
    let first = output(script, Keep::First(9)).await.stdout;
    assert_eq!(
        (first.kept.as_slice(), first.bytes),
        (&b"first\n\0\0\0"[..], 3_000_011)
    );
    let last = output(script, Keep::Last(7)).await.stdout;
    assert_eq!(
        (last.kept.as_slice(), last.bytes),
        (&b"\0\0last\n"[..], 3_000_011)
    );
}

#[tokio::test]
async fn one_that_does_not_end_is_killed_and_what_it_left_behind_is_not_waited_for() {
    let tasks = Lifecycle::new().tasks();
    let limit = Duration::from_millis(200);
    let error = tasks
        .output("test", &shell("exec sleep 1000"), Keep::First(10), limit)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::TimedOut);

    let mut child = tasks
        .spawn_child("test", &shell("sleep 1000 & echo $!"), Keep::First(100))
        .unwrap();
    assert_eq!(tasks.running(), ["test"]);
    let status = child.wait().await.unwrap();
    let output = child.rest(status, limit).await;
    let left: i32 = String::from_utf8(output.stdout.kept)
        .unwrap()
        .trim()
        .parse()
        .unwrap();
    let left = rustix::process::Pid::from_raw(left).unwrap();
    rustix::process::kill_process(left, rustix::process::Signal::KILL).unwrap();
    drop(child);
    assert!(tasks.running().is_empty());
}

#[tokio::test]
async fn letting_a_child_drop_kills_it() {
    let tasks = Lifecycle::new().tasks();
    let mut child = tasks
        .spawn_child("test", &shell("read x; kill -9 $$"), Keep::First(10))
        .unwrap();
    let id = child.id().unwrap();
    child.let_go().await.unwrap();
    assert_eq!(child.wait().await.unwrap().signal(), Some(9));
    assert_eq!(child.id(), None, "{id} was reaped");

    let child = tasks
        .spawn_child("test", &shell("exec sleep 1000"), Keep::First(10))
        .unwrap();
    let id = child.id().unwrap();
    drop(child);
    let process = format!("/proc/{id}/stat");
    let is_gone = || std::fs::read_to_string(&process).map_or(true, |stat| stat.contains(") Z "));
    tokio::time::timeout(LONG, async {
        while !is_gone() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn a_program_that_is_not_there_is_an_error() {
    let tasks = Lifecycle::new().tasks();
    let program = Program {
        path: "/no/such/program".into(),
        ..shell("")
    };
    let error = tasks
        .output("test", &program, Keep::First(1), LONG)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::NotFound);
    assert!(tasks.running().is_empty());
}
