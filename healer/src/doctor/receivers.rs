//! Receivers: whether the files that lead to them can be read by this user. Nothing is sent: `notify test` does that.

use super::Report;
use crate::notify::files;
use crate::policy::{Integration, Policy};

const TOPIC: &str = "receivers";

pub(super) fn examine(report: &mut Report, policy: &Policy) {
    for receiver in &policy.receivers {
        for integration in &receiver.integrations {
            let kind = integration.kind();
            let problems = files::examine(integration);
            if problems.is_empty() {
                // Mail is looked at under its own name.
                if !matches!(integration, Integration::Email { .. }) {
                    report.good(
                        TOPIC,
                        format!("`{}` can be told by {kind}: try it with `prunelle-healer notify test {}`", receiver.name, receiver.name),
                    );
                }
            }
            for problem in problems {
                let message = format!("`{}` by {kind}: {}", receiver.name, problem.message);
                report.warning(TOPIC, message, problem.cure);
            }
        }
    }
}
