//! The receiver `environment`, which settings make and not the policy: whoever names it must be able to reach it.

use super::checker::{Checker, Problem};
use crate::policy::Policy;
use crate::settings::{ENVIRONMENT_RECEIVER, Mail};

/// A rule that escalates to a receiver that is not there is an error, for then nobody would hear of what it could not
/// repair; a route to it is a warning, for mail may be switched off for a while.
pub(super) fn look(checker: &mut Checker<'_>, policy: &Policy, mail: &Mail) {
    let Some(why) = why_not(mail) else {
        return;
    };
    let problem = || {
        Problem::new(
            format!("`{ENVIRONMENT_RECEIVER}` cannot be told: {why}"),
            "set EMAIL_ALERTS_ENABLED=True, SMTP_HOST, EMAIL_FROM and EMAIL_TO in prunelle.env, or name a receiver of the policy",
        )
    };
    for (index, rule) in policy.rules.iter().enumerate() {
        if let Some(place) = place(&rule.receivers) {
            checker.report(
                &format!("rules[{index}].escalate.receivers[{place}]"),
                problem(),
            );
        }
    }
    for (index, route) in policy.telling.routes.iter().enumerate() {
        if let Some(place) = place(&route.receivers) {
            checker.warn(
                &format!("notify.routes[{index}].receivers[{place}]"),
                problem(),
            );
        }
    }
    let report = policy.telling.report.as_ref();
    if let Some(place) = report.and_then(|report| self::place(&report.receivers)) {
        checker.warn(&format!("notify.report.receivers[{place}]"), problem());
    }
}

fn place(receivers: &[String]) -> Option<usize> {
    receivers
        .iter()
        .position(|name| name == ENVIRONMENT_RECEIVER)
}

/// Why the settings make no receiver.
fn why_not(mail: &Mail) -> Option<String> {
    match mail {
        Mail::Off => Some("EMAIL_ALERTS_ENABLED is not set".to_owned()),
        Mail::Incomplete(missing) => Some(format!("{} is missing", missing.join(", "))),
        Mail::Ready(server) if server.to.is_empty() => Some("EMAIL_TO is missing".to_owned()),
        Mail::Ready(_) => None,
    }
}
