use std::path::Path;

use prunelle_foundation::clock::{BootId, Now};

use super::*;
use crate::journal::{Charge, Spent};
use crate::policy::load;

const POLICY: &str = "
version: 1
host: {label: instance, is: [a]}
defaults: {host_budget: {max: 20, per: 1h}, breaker: {failures: 2, open_for: 1h}}
rules:
  - name: service-down
    matchers: ['alertname = \"ServiceDown\"']
    target: {unit: {label: name, allow: ['*.service']}}
    budget: {max: 5, per: 1h}
    rule_budget: {max: 9, per: 2h}
    target_budget: {max: 6, per: 2h}
    ladder: [{remedy: restart_service, verify: {unit_active: {stable_for: 2s}}}]
  - name: reload
    matchers: ['alertname = \"Stale\"']
    target: {unit: {label: name, allow: ['*.service']}}
    budget: {max: 3, per: 1h}
    breaker: none
    ladder: [{remedy: reload_service, verify: {unit_active: {stable_for: 2s}}}]
";

fn policy() -> Policy {
    load::parse(Path::new("policy.yml"), POLICY).unwrap()
}

/// A moment so many minutes before [`now`].
fn ago(minutes: u64) -> Now {
    let age = Duration::from_secs(60 * minutes);
    Now {
        wall: now().wall.checked_sub(age).unwrap(),
        boot: now().boot.saturating_sub(age),
        boot_id: now().boot_id,
    }
}

fn now() -> Now {
    Now {
        wall: "2026-11-24T08:00:00Z".parse().unwrap(),
        boot: Duration::from_hours(100),
        boot_id: BootId::new("first"),
    }
}

fn charge(rule: &str, target: &str, minutes: u64) -> Charge {
    Charge {
        rule: rule.to_owned(),
        target: format!("unit:{target}.service"),
        at: ago(minutes),
    }
}

fn budgets(spent: &Spent) -> Vec<(Option<String>, &'static str, usize, u32)> {
    headroom(&policy(), spent, &now())
        .budgets
        .into_iter()
        .map(|budget| {
            let scope = budget.scope.as_str();
            (budget.rule, scope, budget.used, budget.limit)
        })
        .collect()
}

#[test]
fn each_budget_counts_what_lies_in_its_own_window() {
    let spent = Spent {
        charges: vec![
            charge("service-down", "web", 119),
            charge("service-down", "web", 61),
            charge("reload", "web", 59),
            charge("service-down", "web", 30),
            charge("service-down", "web", 20),
            charge("service-down", "db", 10),
            charge("reload", "cron", 5),
        ],
        ..Spent::default()
    };
    let of = |rule: &str| Some(rule.to_owned());
    assert_eq!(
        budgets(&spent),
        [
            (None, "host", 5, 20),
            (of("service-down"), "rule_and_target", 2, 5),
            (of("service-down"), "rule", 5, 9),
            // Another rule's is one more; a target that this rule never acted on is none of its.
            (of("service-down"), "target", 5, 6),
            (of("reload"), "rule_and_target", 1, 3),
        ]
    );
}

#[test]
fn what_has_left_its_window_is_used_no_more() {
    let spent = Spent {
        charges: vec![charge("service-down", "web", 120)],
        ..Spent::default()
    };
    assert!(headroom(&policy(), &spent, &now()).is_untouched());
}

#[test]
fn a_clock_put_forward_over_a_reboot_frees_nothing() {
    let spent = Spent {
        charges: vec![charge("service-down", "web", 5)],
        ..Spent::default()
    };
    let minute = Duration::from_mins(1);
    let after = |uptime| Now {
        wall: now().wall + Duration::from_hours(24),
        boot: uptime,
        boot_id: BootId::new("second"),
    };
    assert!(!headroom(&policy(), &spent, &after(minute)).is_untouched());
    assert!(headroom(&policy(), &spent, &after(120 * minute)).is_untouched());
}

#[track_caller]
fn breaker(ends: &[(u64, bool)], is_open: bool) {
    let ends = ends.iter().map(|(minutes, ok)| (ago(*minutes), *ok));
    let spent = Spent {
        ends: [("service-down".to_owned(), ends.collect())].into(),
        ..Spent::default()
    };
    let headroom = headroom(&policy(), &spent, &now());
    // A rule without a breaker has none to show.
    assert_eq!(headroom.breakers, [("service-down".to_owned(), is_open)]);
    assert_eq!(headroom.is_untouched(), !is_open);
}

#[test]
fn a_breaker_is_open_from_the_last_of_so_many_failures_on() {
    breaker(&[], false);
    breaker(&[(5, false)], false);
    breaker(&[(9, false), (5, false)], true);
    breaker(&[(9, false), (5, false), (1, true)], false);
    // Its time is up: the next alert is its trial.
    breaker(&[(70, false), (60, false)], false);
}
