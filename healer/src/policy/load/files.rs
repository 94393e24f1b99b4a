//! Looks at the files that the policy names, which the loader by itself does not: a policy may be checked on another
//! machine than its own.

use super::checker::{Checker, Problem, join};
use crate::notify::files;
use crate::policy::Policy;

/// What is wrong with the files of receivers: a template that can never work is an error, everything else a warning.
pub(super) fn look(checker: &mut Checker<'_>, policy: &Policy) {
    for receiver in &policy.receivers {
        for integration in &receiver.integrations {
            let at = format!("receivers.{}.{}", receiver.name, integration.kind());
            for found in files::examine(integration) {
                let at = join(&at, found.key);
                let problem = Problem::new(found.message, found.cure);
                if found.is_error {
                    checker.report(&at, problem);
                } else {
                    checker.warn(&at, problem);
                }
            }
        }
    }
}
