//! The target is free: no systemd job, nothing under way.

use super::*;

pub(super) fn tables() -> Vec<Table> {
    use Decision::Defer;
    let of_service: Vec<Row> = vec![
        (
            "a job is queued",
            |s| {
                s.unit().job = Some(QueuedJob {
                    id: 7,
                    kind: "start".into(),
                });
            },
            Defer(Reason::TargetBusy, SECOND),
        ),
        (
            "systemd restarts it itself",
            |s| {
                s.unit().active = ActiveState::Activating;
                s.unit().sub = "auto-restart".into();
            },
            Defer(Reason::TargetBusy, SECOND),
        ),
    ];
    vec![(dead_service(), of_service)]
}

#[test]
fn one_change_gives_one_answer() {
    check(tables());
}
