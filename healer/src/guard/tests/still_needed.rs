//! Still needed: the alert is active and what it says is true here.

use super::*;

pub(super) fn tables() -> Vec<Table> {
    use Decision::{Act, Defer, Suppress};
    let of_service: Vec<Row> = vec![
        (
            "resolved meanwhile",
            |s| s.facts.status = AlertStatus::Resolved,
            Suppress(Reason::Resolved),
        ),
        (
            "active again",
            |s| s.unit().active = ActiveState::Active,
            Suppress(Reason::RecoveredByItself),
        ),
        (
            "no such unit file",
            |s| s.unit().load = LoadState::NotFound,
            Suppress(Reason::NotLoaded),
        ),
        (
            "masked",
            |s| s.unit().load = LoadState::Masked,
            Suppress(Reason::NotLoaded),
        ),
        (
            "systemd does not answer",
            |s| s.facts.unit = Fact::Unknown("timed out".into()),
            Defer(Reason::FactUnknown, SECOND),
        ),
        (
            "a stop by hand is repaired",
            |s| {
                s.unit().active = ActiveState::Inactive;
                s.service().result = "success".into();
            },
            Act,
        ),
        (
            "unless the rule respects it",
            |s| {
                s.rule.respects_clean_stop = true;
                s.unit().active = ActiveState::Inactive;
                s.service().result = "success".into();
            },
            Suppress(Reason::CleanStop),
        ),
        (
            "a crash is not a stop by hand",
            |s| s.rule.respects_clean_stop = true,
            Act,
        ),
    ];
    let of_folder: Vec<Row> = vec![
        (
            "free again",
            |s| s.folder().free_ratio = 0.15,
            Suppress(Reason::RecoveredByItself),
        ),
        (
            "the file system does not answer",
            |s| s.facts.folder = Fact::Unknown("timed out".into()),
            Defer(Reason::FactUnknown, SECOND),
        ),
    ];
    vec![(dead_service(), of_service), (full_disk(), of_folder)]
}

#[test]
fn one_change_gives_one_answer() {
    check(tables());
}
