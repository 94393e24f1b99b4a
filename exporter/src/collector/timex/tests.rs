use super::*;
use crate::metric::Value;
use crate::output::SampleView;

fn timex() -> libc::timex {
    adjtimex().unwrap().1
}

/// The one sample of this name.
fn value(state: libc::c_int, timex: &libc::timex, name: &str) -> Option<Value> {
    let mut out = Output::new(100);
    write(&mut out, state, timex);
    let family = out.families().find(|it| it.metric().name == name)?;
    family.samples().next().map(SampleView::value)
}

#[test]
fn this_machine_tells_every_metric() {
    let mut out = Output::new(100);
    let (state, timex) = adjtimex().unwrap();
    write(&mut out, state, &timex);
    let written: Vec<_> = out.families().map(|it| it.metric().name).collect();
    let stated: Vec<_> = METRICS.iter().map(|it| it.name).collect();
    assert_eq!(written, stated);
}

#[test]
fn the_offset_is_in_the_unit_that_the_status_says() {
    let mut timex = timex();
    timex.offset = -2500;
    timex.status = 0;
    let name = "node_timex_offset_seconds";
    assert_eq!(
        value(libc::TIME_OK, &timex, name),
        Some(Value::Real(-0.0025))
    );
    timex.status = libc::STA_NANO;
    assert_eq!(
        value(libc::TIME_OK, &timex, name),
        Some(Value::Real(-0.000_002_5))
    );
}

#[test]
fn a_clock_that_nothing_synchronises_says_so() {
    let name = "node_timex_sync_status";
    assert_eq!(
        value(libc::TIME_ERROR, &timex(), name),
        Some(Value::Whole(0))
    );
    assert_eq!(value(libc::TIME_INS, &timex(), name), Some(Value::Whole(1)));
}

#[test]
fn a_frequency_is_a_ratio_and_a_count_is_never_negative() {
    let mut timex = timex();
    timex.freq = 65_536 * 500;
    let name = "node_timex_frequency_adjustment_ratio";
    assert_eq!(value(0, &timex, name), Some(Value::Real(1.0005)));
    timex.errcnt = -1;
    assert_eq!(value(0, &timex, "node_timex_pps_error_total"), None);
}
