//! How the kernel disciplines its clock, from adjtimex(2).
//!
//! The call changes nothing, because `modes` is 0, and needs no privilege. Where a container is forbidden it altogether there
//! is nothing to tell.

use std::io;

use super::{Collector, CollectorError, Gathered, Place, Scrape};
use crate::metric::Metric;
use crate::output::Output;

pub(super) const COLLECTOR: Collector = Collector::new(
    "timex",
    "how well the clock is synchronised",
    METRICS,
    Place::Snapshot,
    gather,
);

const METRICS: &[&Metric] = &[
    &SYNC_STATUS,
    &OFFSET,
    &FREQUENCY,
    &MAX_ERROR,
    &ESTIMATED_ERROR,
    &STATUS,
    &LOOP_TIME_CONSTANT,
    &TICK,
    &PPS_FREQUENCY,
    &PPS_JITTER,
    &PPS_SHIFT,
    &PPS_STABILITY,
    &PPS_JITTERS,
    &PPS_CALIBRATIONS,
    &PPS_ERRORS,
    &PPS_STABILITY_EXCEEDED,
    &TAI_OFFSET,
];

static SYNC_STATUS: Metric = Metric::gauge(
    "node_timex_sync_status",
    "Whether something keeps the clock synchronised (adjtimex: not TIME_ERROR).",
);
static OFFSET: Metric = Metric::gauge(
    "node_timex_offset_seconds",
    "How far the clock is from its reference (adjtimex: offset).",
);
static FREQUENCY: Metric = Metric::gauge(
    "node_timex_frequency_adjustment_ratio",
    "How much faster the clock is made to run, 1 is unchanged (adjtimex: freq).",
);
static MAX_ERROR: Metric = Metric::gauge(
    "node_timex_maxerror_seconds",
    "How wrong the clock can be; grows while nothing synchronises it (adjtimex: maxerror).",
);
static ESTIMATED_ERROR: Metric = Metric::gauge(
    "node_timex_estimated_error_seconds",
    "How wrong the clock is believed to be (adjtimex: esterror).",
);
static STATUS: Metric = Metric::gauge(
    "node_timex_status",
    "The bits of the clock's status (adjtimex: status).",
);
static LOOP_TIME_CONSTANT: Metric = Metric::gauge(
    "node_timex_loop_time_constant",
    "Time constant of the phase-locked loop (adjtimex: constant).",
);
static TICK: Metric = Metric::gauge(
    "node_timex_tick_seconds",
    "Time from one clock tick to the next (adjtimex: tick).",
);
static PPS_FREQUENCY: Metric = Metric::gauge(
    "node_timex_pps_frequency_hertz",
    "Frequency of the pulse per second (adjtimex: ppsfreq).",
);
static PPS_JITTER: Metric = Metric::gauge(
    "node_timex_pps_jitter_seconds",
    "Jitter of the pulse per second (adjtimex: jitter).",
);
static PPS_SHIFT: Metric = Metric::gauge(
    "node_timex_pps_shift_seconds",
    "Interval of the pulse per second (adjtimex: shift).",
);
static PPS_STABILITY: Metric = Metric::gauge(
    "node_timex_pps_stability_hertz",
    "Mean of recent changes of the pulse's frequency (adjtimex: stabil).",
);
static PPS_JITTERS: Metric = Metric::counter(
    "node_timex_pps_jitter_total",
    "How often the pulse's jitter was beyond its limit (adjtimex: jitcnt).",
);
static PPS_CALIBRATIONS: Metric = Metric::counter(
    "node_timex_pps_calibration_total",
    "Intervals of calibration by the pulse (adjtimex: calcnt).",
);
static PPS_ERRORS: Metric = Metric::counter(
    "node_timex_pps_error_total",
    "Errors of calibration by the pulse (adjtimex: errcnt).",
);
static PPS_STABILITY_EXCEEDED: Metric = Metric::counter(
    "node_timex_pps_stability_exceeded_total",
    "How often the pulse's stability was beyond its limit (adjtimex: stbcnt).",
);
static TAI_OFFSET: Metric = Metric::gauge(
    "node_timex_tai_offset_seconds",
    "How far international atomic time is ahead of UTC (adjtimex: tai).",
);

const MICROSECONDS: f64 = 1e6;
const NANOSECONDS: f64 = 1e9;
/// Frequencies are parts per million with sixteen bits behind the point.
const PARTS_PER_MILLION: f64 = 65_536.0 * 1e6;

fn gather(scrape: &mut Scrape<'_>) -> Gathered {
    match adjtimex() {
        Ok((state, timex)) => write(scrape.out, state, &timex),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {}
        Err(error) => return Err(CollectorError::Clock(error)),
    }
    Ok(())
}

fn write(out: &mut Output, state: libc::c_int, timex: &libc::timex) {
    let is_in_nanoseconds = timex.status & libc::STA_NANO != 0;
    let fine = if is_in_nanoseconds {
        NANOSECONDS
    } else {
        MICROSECONDS
    };
    out.single(&SYNC_STATUS, state != libc::TIME_ERROR);
    out.single(&OFFSET, real(timex.offset) / fine);
    out.single(&FREQUENCY, 1.0 + real(timex.freq) / PARTS_PER_MILLION);
    out.single(&MAX_ERROR, real(timex.maxerror) / MICROSECONDS);
    out.single(&ESTIMATED_ERROR, real(timex.esterror) / MICROSECONDS);
    out.single(&STATUS, i64::from(timex.status));
    out.single(&LOOP_TIME_CONSTANT, timex.constant);
    out.single(&TICK, real(timex.tick) / MICROSECONDS);
    out.single(&PPS_FREQUENCY, real(timex.ppsfreq) / PARTS_PER_MILLION);
    out.single(&PPS_JITTER, real(timex.jitter) / fine);
    out.single(&PPS_SHIFT, i64::from(timex.shift));
    out.single(&PPS_STABILITY, real(timex.stabil) / PARTS_PER_MILLION);
    for (metric, count) in [
        (&PPS_JITTERS, timex.jitcnt),
        (&PPS_CALIBRATIONS, timex.calcnt),
        (&PPS_ERRORS, timex.errcnt),
        (&PPS_STABILITY_EXCEEDED, timex.stbcnt),
    ] {
        if let Ok(count) = u64::try_from(count) {
            out.single(metric, count);
        }
    }
    out.single(&TAI_OFFSET, i64::from(timex.tai));
}

/// The state of the clock, and all about it.
#[expect(unsafe_code, reason = "no crate in use offers adjtimex without it")]
fn adjtimex() -> io::Result<(libc::c_int, libc::timex)> {
    // SAFETY: `timex` is integers only, for which all zeroes are a value; `modes` 0 makes the call read only, and it
    // writes within the structure that it is given.
    let (state, timex) = unsafe {
        let mut timex: libc::timex = std::mem::zeroed();
        (libc::adjtimex(&raw mut timex), timex)
    };
    if state < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok((state, timex))
}

#[expect(
    clippy::cast_precision_loss,
    reason = "corrections of a clock are far below 2^53 nanoseconds"
)]
fn real(value: i64) -> f64 {
    value as f64
}

#[cfg(test)]
mod tests;
