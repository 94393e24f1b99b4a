//! Charges, repairs, quarantines and pauses over reboots and jumps of the wall clock.

use std::time::Duration;

use jiff::Timestamp;
use prunelle_foundation::clock::BootId;
use prunelle_healer::facts::{History, MOST_CHARGES, Pause, Quarantine};
use prunelle_healer::journal::{Entry, HistoryOf, Intent, Journal};
use prunelle_healer::reason::{Outcome, Reason};
use prunelle_healer::target::{Resource, Target};
use prunelle_systemd::UnitName;
use serde_json::json;

use super::fixture::{Fixture, admit, history_of, refusal, remediation, target};

const HOUR: Duration = Duration::from_hours(1);

async fn history(journal: &Journal, fixture: &Fixture) -> History {
    journal
        .history(history_of("/tmp"), fixture.now())
        .await
        .unwrap()
}

/// One whole remediation on /tmp, with its remedy started.
async fn repair(journal: &Journal, fixture: &Fixture, number: u128, quarantine: Duration) {
    let intent = admit(journal, fixture.intent(remediation(number), "/tmp")).await;
    journal
        .start(intent, json!(null), fixture.now())
        .await
        .unwrap();
    end(journal, fixture, number, quarantine).await;
}

async fn end(journal: &Journal, fixture: &Fixture, number: u128, quarantine: Duration) {
    end_as(journal, fixture, number, Outcome::NotVerified, quarantine).await;
}

async fn end_as(
    journal: &Journal,
    fixture: &Fixture,
    number: u128,
    outcome: Outcome,
    quarantine: Duration,
) {
    let ended = Entry::Ended {
        remediation: remediation(number),
        outcome,
        reason: Some(Reason::LadderExhausted),
        quarantine,
        message: "no space".to_owned(),
        at: fixture.now(),
    };
    journal.record(ended).await.unwrap();
}

/// Stops the healer, boots anew, and starts it again.
async fn reboot(fixture: &Fixture, journal: Journal, wall: Option<Timestamp>) -> Journal {
    journal.close().await;
    fixture.clock.reboot(BootId::new("second"));
    if let Some(wall) = wall {
        fixture.clock.step_wall(wall);
    }
    fixture.open()
}

#[tokio::test]
async fn charges_and_repairs_are_counted_for_their_target() {
    let fixture = Fixture::new();
    let journal = fixture.open();
    let first = fixture.now();
    repair(&journal, &fixture, 1, Duration::ZERO).await;
    fixture.advance(HOUR);
    admit(&journal, fixture.intent(remediation(2), "/var/tmp")).await;
    // Admitted and ended without a start: charged, but no repair.
    admit(&journal, fixture.intent(remediation(3), "/tmp")).await;
    end(&journal, &fixture, 3, Duration::ZERO).await;

    let history = history(&journal, &fixture).await;
    let second = fixture.now();
    assert_eq!(history.charges, [first.clone(), second.clone()]);
    assert_eq!(
        history.host_charges,
        [first.clone(), second.clone(), second]
    );
    assert_eq!(history.repairs, [first]);
    assert_eq!(history.running, None);
}

#[tokio::test]
async fn charges_are_told_by_rule_target_and_remedy_the_newest_thousand_of_each() {
    let fixture = Fixture::new();
    let journal = fixture.open();
    let mut charged = Vec::new();
    for (number, rule, path, remedy) in [
        (1, "disk-full", "/tmp", "clean_folder"),
        (2, "disk-full", "/var/tmp", "clean_folder"),
        (3, "disk-full", "/tmp", "drop_caches"),
        (4, "other", "/tmp", "clean_folder"),
    ] {
        fixture.advance(Duration::from_secs(1));
        charged.push(fixture.now());
        let intent = Intent {
            rule: rule.to_owned(),
            remedy: remedy.to_owned(),
            ..fixture.intent(remediation(number), path)
        };
        admit(&journal, intent).await;
        end(&journal, &fixture, number, Duration::ZERO).await;
    }
    let told = history(&journal, &fixture).await;
    let at =
        |indices: &[usize]| -> Vec<_> { indices.iter().map(|i| charged[*i].clone()).collect() };
    assert_eq!(told.charges, at(&[0, 2]));
    assert_eq!(told.remedy_charges, at(&[0]));
    assert_eq!(told.rule_charges, at(&[0, 1, 2]));
    assert_eq!(told.target_charges, at(&[0, 2, 3]));
    assert_eq!(told.host_charges, charged);

    let attempts = usize::try_from(MOST_CHARGES).unwrap();
    for attempt in 0..attempts {
        fixture.advance(Duration::from_millis(1));
        let intent = Intent {
            attempt: u32::try_from(attempt).unwrap(),
            ..fixture.intent(remediation(9), "/tmp")
        };
        admit(&journal, intent).await;
    }
    let told = history(&journal, &fixture).await;
    assert_eq!(told.host_charges.len(), attempts);
    assert_eq!(told.host_charges.last(), Some(&fixture.now()));
    assert_eq!(told.charges, told.host_charges);
}

#[tokio::test]
async fn the_ends_of_a_rule_tell_what_acted_and_was_not_cancelled() {
    let fixture = Fixture::new();
    let journal = fixture.open();
    let mut ended = Vec::new();
    for (number, outcome, starts) in [
        (1, Outcome::Success, true),
        (2, Outcome::Failed, true),
        (3, Outcome::Cancelled, true),
        (4, Outcome::Timeout, false),
        (5, Outcome::Unknown, true),
    ] {
        fixture.advance(HOUR);
        let intent = admit(&journal, fixture.intent(remediation(number), "/tmp")).await;
        if starts {
            let at = fixture.now();
            journal.start(intent, json!(null), at).await.unwrap();
        }
        end_as(&journal, &fixture, number, outcome, Duration::ZERO).await;
        ended.push((fixture.now(), outcome == Outcome::Success));
    }
    let told = history(&journal, &fixture).await;
    assert_eq!(
        told.rule_ends,
        [ended[0].clone(), ended[1].clone(), ended[4].clone()]
    );
    assert_eq!(told.rule_running, 0);
    assert_eq!(told.others_running, []);

    admit(&journal, fixture.intent(remediation(7), "/var/tmp")).await;
    let told = history(&journal, &fixture).await;
    assert_eq!(told.rule_running, 1);
    assert_eq!(told.others_running, [target("/var/tmp")]);
    assert_eq!(told.running, None);
}

/// An intent on a unit, or on the unit that holds most memory.
fn on_unit(fixture: &Fixture, number: u128, unit: &str, is_victim: bool) -> Intent {
    let unit: UnitName = unit.parse().unwrap();
    Intent {
        target: if is_victim {
            Target::ProcessGroup(Resource::Memory)
        } else {
            Target::Unit(unit.clone())
        },
        victim: is_victim.then_some(unit),
        ..fixture.intent(remediation(number), "/")
    }
}

#[tokio::test]
async fn one_remediation_runs_on_a_unit_as_a_target_or_as_a_victim() {
    for (first, second) in [(true, false), (false, true)] {
        let fixture = Fixture::new();
        let journal = fixture.open();
        let intent = on_unit(&fixture, 1, "app", first);
        admit(&journal, intent.clone()).await;
        let other = on_unit(&fixture, 2, "app", second);
        assert_eq!(
            refusal(&journal, other.clone()).await,
            Reason::JoinedRunning
        );
        let told = journal
            .history(HistoryOf::intent(&other), fixture.now())
            .await
            .unwrap();
        assert_eq!(told.running, Some(remediation(1)));
        let unit = Target::Unit("app".parse().unwrap());
        assert_eq!(told.others_running, [unit]);
        admit(&journal, on_unit(&fixture, 3, "db", false)).await;

        // What holds a slot may not take a second one that another holds.
        if first {
            let moved = Intent {
                attempt: 2,
                ..on_unit(&fixture, 1, "db", true)
            };
            assert_eq!(refusal(&journal, moved).await, Reason::JoinedRunning);
        }
        let again = Intent {
            attempt: 2,
            ..intent
        };
        admit(&journal, again).await;
        end(&journal, &fixture, 1, Duration::ZERO).await;
        admit(&journal, other).await;
    }
}

#[tokio::test]
async fn repairs_quarantines_and_pauses_of_a_unit_are_those_of_the_victim_too() {
    let fixture = Fixture::new();
    let journal = fixture.open();
    let intent = admit(&journal, on_unit(&fixture, 1, "app", true)).await;
    let at = fixture.now();
    journal
        .start(intent, json!(null), at.clone())
        .await
        .unwrap();
    end(&journal, &fixture, 1, Duration::ZERO).await;
    let as_target = HistoryOf::intent(&on_unit(&fixture, 2, "app", false));
    let as_victim = HistoryOf::intent(&on_unit(&fixture, 2, "app", true));
    let of = async |of: &HistoryOf| journal.history(of.clone(), fixture.now()).await.unwrap();
    assert_eq!(of(&as_target).await.repairs, vec![at.clone()]);

    fixture.advance(HOUR);
    let intent = admit(&journal, on_unit(&fixture, 3, "app", false)).await;
    let later = fixture.now();
    journal
        .start(intent, json!(null), later.clone())
        .await
        .unwrap();
    end(&journal, &fixture, 3, HOUR).await;
    let pause = Pause {
        target: Some(Target::Unit("app".parse().unwrap())),
        since: fixture.now(),
        lasts: HOUR,
        note: String::new(),
    };
    journal
        .pause(pause.clone(), "ada".to_owned())
        .await
        .unwrap();
    for whose in [&as_target, &as_victim] {
        let told = of(whose).await;
        assert_eq!(told.repairs, [at.clone(), later.clone()]);
        assert_eq!(told.quarantine.map(|q| q.lasts), Some(HOUR));
        assert_eq!(told.pauses, vec![pause.clone()]);
    }
    let other = of(&HistoryOf::intent(&on_unit(&fixture, 4, "db", false))).await;
    assert_eq!((other.quarantine, other.pauses), (None, vec![]));
}

#[tokio::test]
async fn a_jump_of_the_wall_clock_changes_nothing_inside_one_boot() {
    let fixture = Fixture::new();
    let journal = fixture.open();
    repair(&journal, &fixture, 1, 4 * HOUR).await;
    let before = history(&journal, &fixture).await;
    for wall in ["2031-01-01T00:00:00Z", "1999-01-01T00:00:00Z"] {
        fixture.clock.step_wall(wall.parse().unwrap());
        assert_eq!(history(&journal, &fixture).await, before, "{wall}");
    }
    fixture.advance(4 * HOUR);
    assert_eq!(history(&journal, &fixture).await.quarantine, None);
}

#[tokio::test]
async fn after_a_reboot_a_clock_that_went_backwards_frees_nothing() {
    let fixture = Fixture::new();
    let journal = fixture.open();
    repair(&journal, &fixture, 1, 4 * HOUR).await;
    let before = history(&journal, &fixture).await;
    let journal = reboot(&fixture, journal, Some(Timestamp::UNIX_EPOCH)).await;
    let after = History {
        boots: before.boots.clone(),
        ..history(&journal, &fixture).await
    };
    assert_eq!(after, before);
}

/// A clock that is put back makes nobody wait for longer than was left.
#[tokio::test]
async fn after_a_reboot_a_clock_that_went_backwards_prolongs_no_quarantine_and_no_pause() {
    let fixture = Fixture::new();
    let journal = fixture.open();
    repair(&journal, &fixture, 1, 4 * HOUR).await;
    let pause = Pause {
        target: None,
        since: fixture.now(),
        lasts: 4 * HOUR,
        note: String::new(),
    };
    journal.pause(pause, "ada".to_owned()).await.unwrap();
    fixture.advance(3 * HOUR);
    let journal = reboot(&fixture, journal, Some(Timestamp::UNIX_EPOCH)).await;
    fixture.advance(Duration::from_secs(3599));
    let told = history(&journal, &fixture).await;
    assert!(told.quarantine.is_some() && told.pauses.len() == 1);
    assert_eq!(journal.quarantines(fixture.now()).await.unwrap().len(), 1);
    fixture.advance(Duration::from_secs(1));
    let told = history(&journal, &fixture).await;
    assert!(told.quarantine.is_none() && told.pauses.is_empty());
    assert_eq!(journal.quarantines(fixture.now()).await.unwrap(), []);
}

/// A clock that is put forward makes nothing older than it is for certain.
#[tokio::test]
async fn what_a_reboot_comes_after_ages_only_while_the_machine_is_up() {
    let fixture = Fixture::new();
    let mut journal = fixture.open();
    let at = fixture.now();
    repair(&journal, &fixture, 1, Duration::ZERO).await;
    for (boot, up) in [("second", 20), ("third", 10)] {
        fixture.advance(Duration::from_mins(up));
        journal.close().await;
        fixture.clock.reboot(BootId::new(boot));
        fixture
            .clock
            .step_wall("2031-01-01T00:00:00Z".parse().unwrap());
        journal = fixture.open();
    }
    fixture.advance(Duration::from_mins(3));
    let told = history(&journal, &fixture).await;
    assert_eq!(told.charges, std::slice::from_ref(&at));
    let age = told.boots.certain(&at, &fixture.now());
    assert_eq!(age, Duration::from_mins(20 + 10 + 3));
}

#[tokio::test]
async fn after_a_reboot_a_quarantine_goes_by_the_wall_clock() {
    let fixture = Fixture::new();
    let journal = fixture.open();
    let since = fixture.now();
    repair(&journal, &fixture, 1, 4 * HOUR).await;
    let journal = reboot(&fixture, journal, None).await;
    fixture.advance(3 * HOUR);
    let later = history(&journal, &fixture).await;
    let lasts = 4 * HOUR;
    assert_eq!(later.quarantine, Some(Quarantine { since, lasts }));
    fixture.advance(HOUR);
    assert_eq!(history(&journal, &fixture).await.quarantine, None);
}

#[tokio::test]
async fn a_quarantine_can_be_released() {
    let fixture = Fixture::new();
    let journal = fixture.open();
    repair(&journal, &fixture, 1, 4 * HOUR).await;
    let release = || journal.release(target("/tmp"), "ada".to_owned(), fixture.now());
    assert!(release().await.unwrap());
    assert_eq!(history(&journal, &fixture).await.quarantine, None);
    assert!(!release().await.unwrap());
}

#[tokio::test]
async fn pauses_cover_one_target_or_all_and_end() {
    let fixture = Fixture::new();
    let journal = fixture.open();
    let pause = |target: Option<&str>, lasts: Duration| Pause {
        target: target.map(super::fixture::target),
        since: fixture.now(),
        lasts,
        note: "by hand".to_owned(),
    };
    let all = pause(None, HOUR);
    let tmp = pause(Some("/tmp"), 2 * HOUR);
    let other = pause(Some("/var/tmp"), 2 * HOUR);
    for set in [&all, &tmp, &other, &other] {
        journal.pause(set.clone(), "ada".to_owned()).await.unwrap();
    }
    assert_eq!(
        history(&journal, &fixture).await.pauses,
        [all.clone(), tmp.clone()]
    );
    let now = fixture.now();
    assert_eq!(
        journal.pauses(now).await.unwrap(),
        [all, tmp.clone(), other]
    );

    fixture.advance(HOUR);
    assert_eq!(history(&journal, &fixture).await.pauses, [tmp]);
    let resume =
        |path: Option<&str>| journal.resume(path.map(target), "ada".to_owned(), fixture.now());
    assert_eq!(resume(None).await.unwrap(), 0, "it has ended by itself");
    assert_eq!(resume(Some("/tmp")).await.unwrap(), 1);
    assert_eq!(resume(Some("/tmp")).await.unwrap(), 0);
    assert!(history(&journal, &fixture).await.pauses.is_empty());
}
