use std::time::Duration;

use jiff::Timestamp;
use prunelle_foundation::clock::{BootId, ManualClock, Now};

use super::*;

const ALLOWED: Duration = Duration::from_secs(10);

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::new(Now {
        wall: Timestamp::UNIX_EPOCH,
        boot: Duration::from_secs(1000),
        boot_id: BootId::new("test"),
    }))
}

#[test]
fn questions_of_scrapes_that_are_in_time_do_not_hinder_each_other() {
    let (clock, asking) = (clock(), Asking::default());
    let first = asking.begin(&Deadline::after(clock.clone(), ALLOWED));
    let second = asking.clone().begin(&Deadline::after(clock, ALLOWED));
    assert!(first.is_some() && second.is_some());
    assert!(!asking.hangs());
}

#[test]
fn while_one_hangs_no_other_is_begun() {
    let (clock, asking) = (clock(), Asking::default());
    let hanging = asking.begin(&Deadline::after(clock.clone(), ALLOWED));
    clock.advance(ALLOWED);
    assert!(asking.hangs());
    let later = Deadline::after(clock, ALLOWED);
    assert!(asking.begin(&later).is_none());
    drop(hanging);
    assert!(!asking.hangs());
    assert!(asking.begin(&later).is_some());
}
