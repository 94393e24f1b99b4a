use prunelle_foundation::clock::BootId;
use prunelle_foundation::lifecycle::Lifecycle;

use super::*;

fn wanted(wall: &str) -> Wanted {
    Wanted {
        unit: "web.service".parse().unwrap(),
        lines: 20,
        until: Now {
            wall: wall.parse().unwrap(),
            boot: Duration::ZERO,
            boot_id: BootId::new("a"),
        },
    }
}

#[test]
fn asks_for_the_last_lines_of_the_unit_up_to_the_intent() {
    let words = journalctl(&wanted("2026-03-01T10:00:00.000250Z")).arguments;
    assert_eq!(
        words,
        [
            "--unit=web.service",
            "--lines=20",
            "--until=@1772359200.000250",
            "--output=short-iso-precise",
            "--no-pager",
        ]
    );
}

#[test]
fn a_line_that_is_not_whole_and_what_journalctl_says_itself_are_left_out() {
    let printed = b"-- Journal begins --\nalf a line\n-- Boot 1 --\nwhole \xff\n";
    assert_eq!(lines(printed, false), ["alf a line", "whole \u{fffd}"]);
    assert_eq!(lines(b"alf a line\nwhole\n", true), ["whole"]);
    assert_eq!(lines(b"-- No entries --\n", false), Vec::<String>::new());
}

#[tokio::test]
async fn no_lines_are_no_failure() {
    let tasks = Lifecycle::new().tasks();
    let log = UnitLog::of_systemd(tasks);
    let evidence = log.evidence(&wanted("2020-01-01T00:00:00Z")).await;
    assert_eq!(evidence["log"]["lines"], json!([]), "{evidence}");
    assert!(evidence["log"]["note"].is_string(), "{evidence}");
    let nowhere = UnitLog::none();
    let evidence = nowhere.evidence(&wanted("2020-01-01T00:00:00Z")).await;
    assert_eq!(evidence, json!({}));
}
