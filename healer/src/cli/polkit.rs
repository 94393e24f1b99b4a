//! `polkit`: the rules file that lets the daemon do what the policy allows, without being root.

use std::path::Path;

use crate::policy::load;
use crate::polkit::{is_user_name, rules};

/// The file, for the user that the daemon runs as.
pub(super) fn run(policy: &Path, user: &str) -> anyhow::Result<String> {
    anyhow::ensure!(
        is_user_name(user),
        "`{user}` is not a user's name\n  hint: the user that runs prunelle-healer, as in its unit: `prunelle`"
    );
    let policy = load::read(policy)?;
    let text = rules(&policy, user);
    Ok(text.trim_end().to_owned())
}
