//! A month of alerts that is known to the sample, in a real Prometheus: `simulate` counts exactly what this policy would
//! have done about it.

use std::fmt::Write as _;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use jiff::{Timestamp, ToSpan as _};
use prunelle_sandbox::Programs;
use prunelle_sandbox::stack::Past;
use prunelle_sandbox::wait::now;
use serde_json::Value;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

const POLICY: &str = "
version: 1
host: {label: instance, is: ['web1:9750']}
mode: observe
time_intervals:
  - name: backup
    time_intervals: [{times: [{start_time: '02:00', end_time: '03:00'}]}]
defaults:
  cooldown: {first: 0s, step: 10m, factor: 2, max: 20m}
  budget: {max: 3, per: 1h}
rules:
  - name: service-down
    matchers: ['alertname = \"ServiceDown\"']
    mute_time_intervals: [backup]
    target: {unit: {label: name, allow: ['*.service']}}
    ladder:
      - {remedy: restart_service, attempts: 2, within: 30s, verify: {unit_active: {stable_for: 2s}}}
    escalate: {quarantine: 4h}
";

/// Samples in the text format of OpenMetrics.
struct Samples {
    text: String,
    begin: i64,
}

impl Samples {
    /// An alert fires: a sample every 15 s, for so many seconds, `at` so many after the beginning.
    fn fires(&mut self, labels: &str, at: i64, lasts: i64) {
        for offset in (0..lasts).step_by(15) {
            let at = self.begin + at + offset;
            writeln!(self.text, "ALERTS{{alertstate=\"firing\",{labels}}} 1 {at}").unwrap();
        }
    }

    fn down(&mut self, instance: &str, unit: &str, at: i64, minutes: i64) {
        let labels = format!(
            "alertname=\"ServiceDown\",instance=\"{instance}:9750\",name=\"{unit}.service\",severity=\"critical\""
        );
        self.fires(&labels, at, minutes * MINUTE);
    }
}

/// 29 days from a midnight on. Of `up` six hours are missing on the sixth day.
fn month(begin: i64) -> String {
    let mut samples = Samples {
        text: "# TYPE ALERTS gauge\n".to_owned(),
        begin,
    };
    // 20 days with one fault each: all repaired.
    for day in 1..21 {
        samples.down("web1", "a", day * DAY + 10 * HOUR, 5);
    }
    // 15 faults of another host.
    for day in 1..16 {
        samples.down("web2", "a", day * DAY + 11 * HOUR, 5);
    }
    // Six faults within an hour: three are repaired, one waits for its cooldown, one for the budget, the last is repaired.
    for nth in 0..6 {
        samples.down("web1", "b", 7 * DAY + 12 * HOUR + nth * 12 * MINUTE, 2);
    }
    // Seven during the backup, over before its end; two that outlast it.
    for day in 10..17 {
        samples.down("web1", "c", day * DAY + 2 * HOUR + 10 * MINUTE, 5);
    }
    for day in 20..22 {
        samples.down("web1", "d", day * DAY + 2 * HOUR + 50 * MINUTE, 20);
    }
    // Four without a rule, and the heartbeat, which is none of it.
    for day in 1..5 {
        let labels = "alertname=\"Unknown\",instance=\"web1:9750\"";
        samples.fires(labels, day * DAY + 15 * HOUR, 5 * MINUTE);
    }
    samples.fires("alertname=\"Heartbeat\"", 8 * DAY, 3 * HOUR);
    samples.text.push_str("# TYPE up gauge\n");
    for offset in (0..29 * DAY).step_by(240) {
        if !(5 * DAY..5 * DAY + 6 * HOUR).contains(&offset) {
            let at = begin + offset;
            writeln!(samples.text, "up{{job=\"x\"}} 1 {at}").unwrap();
        }
    }
    samples.text.push_str("# EOF\n");
    samples.text
}

/// Runs `simulate` as people do.
#[expect(
    clippy::disallowed_methods,
    reason = "the program itself is what is tested"
)]
fn simulate(past: &Past, policy: &std::path::Path, more: &[&str]) -> Result<String> {
    let output = Command::new(Programs::find()?.healer)
        .arg("simulate")
        .arg(format!("--prometheus.url={}", past.prometheus.url()))
        .arg(format!("--policy.file={}", policy.display()))
        .args(["--since", "30d"])
        .args(more)
        .env_clear()
        .output()?;
    let problem = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{problem}");
    Ok(String::from_utf8(output.stdout)?)
}

/// Episodes and decisions of a reason.
fn count(report: &Value, reason: &str) -> Option<(u64, u64)> {
    let rows = report["reasons"].as_array()?;
    let row = rows.iter().find(|row| row["reason"] == reason)?;
    Some((row["episodes"].as_u64()?, row["decisions"].as_u64()?))
}

#[test]
fn a_known_month_is_counted_exactly() -> Result<()> {
    let midnight = |at: Timestamp| at.as_second().div_euclid(DAY) * DAY;
    let begin = midnight(now() - (29 * 24).hours());
    let past = Past::start(&month(begin))?;
    let folder = tempfile::tempdir()?;
    let policy = folder.path().join("policy.yml");
    std::fs::write(&policy, POLICY)?;

    let text = simulate(&past, &policy, &["--format", "json"])?;
    let report: Value = serde_json::from_str(&text)?;
    let totals = &report["totals"];
    let expected = serde_json::json!({
        "episodes": 54, "of_this_host": 39,
        "remediations": 26, "attempts": 26, "succeeded": 26,
        "repaired": 26, "tried": 0, "waited": 9, "suppressed": 4,
        "approvals_assumed": 0
    });
    assert_eq!(totals, &expected, "{:#}", report["reasons"]);
    assert_eq!(count(&report, "other_host"), Some((15, 15)));
    assert_eq!(count(&report, "no_rule"), Some((4, 4)));
    assert_eq!(count(&report, "maintenance"), Some((9, 9)));
    assert_eq!(count(&report, "cooldown"), Some((1, 1)));
    assert_eq!(count(&report, "budget"), Some((1, 1)));
    let stops = report["budgets"].as_array().context("no budgets")?;
    assert_eq!(stops.len(), 1);
    let at = Timestamp::from_second(begin + 7 * DAY + 12 * HOUR + 48 * MINUTE)?;
    assert_eq!(stops[0]["at"], at.to_string());
    assert_eq!(stops[0]["target"], "unit:b.service");
    assert_eq!(report["busiest_hour"]["remediations"], 3);
    assert_eq!(report["history"]["step_seconds"], 15.0);
    let gaps = report["history"]["gaps"].as_array().context("no gaps")?;
    assert_eq!(gaps.len(), 1, "{gaps:?}");
    let done = report["remediations"].as_array().context("none")?;
    let outlasted: Vec<&Value> = done
        .iter()
        .filter(|done| done["target"] == "unit:d.service")
        .collect();
    assert_eq!(outlasted.len(), 2);
    let end = Timestamp::from_second(begin + 20 * DAY + 3 * HOUR)?;
    assert_eq!(outlasted[0]["from"], end.to_string(), "after the backup");

    // What is assumed changes what is tried: two attempts each, and four hours of quarantine.
    let text = simulate(&past, &policy, &["--format", "json", "--assume", "failure"])?;
    let report: Value = serde_json::from_str(&text)?;
    assert_eq!(report["totals"]["repaired"], 0);
    assert_eq!(report["totals"]["succeeded"], 0);
    assert_eq!(report["remediations"][0]["reason"], "ladder_exhausted");
    assert_eq!(report["remediations"][0]["attempts"][1]["rung"], 1);

    let table = simulate(&past, &policy, &[])?;
    assert!(table.contains("26 remediations, 26 succeeded"), "{table}");
    let page = folder.path().join("page.html");
    let told = simulate(
        &past,
        &policy,
        &["--format", "html", "--output", &page.display().to_string()],
    )?;
    assert!(told.starts_with("26 remediations; the report is in"));
    assert!(std::fs::read_to_string(&page)?.contains("unit:b.service"));
    Ok(())
}
