//! The rules file for polkit: exactly the units and verbs that a policy can need, for the user that the daemon runs as.
//!
//! Pure text out of a policy, the same for the same policy. Everything else that systemd asks about for that user is
//! refused. What is protected may be started and forgiven its failures, never hit. Modes are not looked at: raising one
//! must not need another file. Printed by `prunelle-healer polkit`, installed by `install.sh`.

mod grants;

use std::fmt::{self, Write as _};

use globset::GlobMatcher;

use crate::policy::{Policy, is_glob};
use grants::{Grant, grants};

/// Verbs that do not hit a unit that runs.
const HARMLESS: [&str; 2] = ["start", "reset-failed"];

/// The file. `user` must be a user's name as [`is_user_name`] takes it.
pub fn rules(policy: &Policy, user: &str) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write_rules(&mut text, policy, user);
    text
}

/// A name that `useradd` would take.
pub fn is_user_name(name: &str) -> bool {
    (1..=32).contains(&name.len())
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
        && name
            .bytes()
            .next()
            .is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
}

fn write_rules(out: &mut String, policy: &Policy, user: &str) -> fmt::Result {
    let grants = grants(policy);
    write_head(out, policy)?;
    writeln!(out, "var PRUNELLE_USER = {};\n", quoted(user))?;
    writeln!(
        out,
        "// What may be asked for: `verbs` on units that are in `units`, and in `also` where there is one."
    )?;
    writeln!(out, "var PRUNELLE_GRANTS = [")?;
    for grant in &grants {
        write_grant(out, grant)?;
    }
    writeln!(out, "];\n")?;
    writeln!(out, "// Started when they are dead, and never hit.")?;
    writeln!(
        out,
        "var PRUNELLE_PROTECTED = {};",
        units(&policy.protected.units)
    )?;
    writeln!(out, "var PRUNELLE_HARMLESS = {};\n", words(&HARMLESS))?;
    out.write_str(FUNCTIONS)
}

fn write_head(out: &mut String, policy: &Policy) -> fmt::Result {
    writeln!(
        out,
        "// What systemd does for the healer: these verbs on these units, and nothing else.
// Made by `prunelle-healer polkit` from the policy of revision {}; make it anew after each change of
// the policy, and polkit notices by itself:
//   prunelle-healer polkit | sudo tee /etc/polkit-1/rules.d/50-prunelle.rules >/dev/null
//
// Never granted: enabling, masking or editing unit files, and signals to units.",
        policy.short_revision()
    )?;
    if grants::runs_commands(policy) {
        writeln!(
            out,
            "//
// The policy runs commands, each in a transient scope. That is not granted here: other units may come along with a
// transient one, so that the right to make them is as good as root. See docs/remedies.md for what can be done."
        )?;
    }
    writeln!(out)
}

fn write_grant(out: &mut String, grant: &Grant) -> fmt::Result {
    let verbs: Vec<&str> = grant.verbs.iter().copied().collect();
    write!(
        out,
        "    {{ verbs: {}, units: {}",
        words(&verbs),
        list(&grant.units)
    )?;
    if let Some(also) = &grant.also {
        write!(out, ", also: {}", list(also))?;
    }
    writeln!(out, " }},")
}

fn words(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| quoted(word)).collect();
    format!("[{}]", quoted.join(", "))
}

fn units(globs: &[GlobMatcher]) -> String {
    let globs: Vec<Units> = globs.iter().map(Units::of).collect();
    list(&globs)
}

fn list(units: &[Units]) -> String {
    let items: Vec<String> = units
        .iter()
        .map(|unit| match unit {
            Units::Named(name) => quoted(name),
            Units::Like(regex) => format!("new RegExp({})", quoted(regex)),
        })
        .collect();
    format!("[{}]", items.join(", "))
}

/// A text as JavaScript writes it; JSON is a part of that, but for two line ends.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text)
        .to_string()
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}

/// One unit, or all whose names match an anchored regular expression.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Units {
    Named(String),
    Like(String),
}

impl Units {
    /// A glob's regular expression is anchored and escaped by its library; JavaScript has no flags inside of one.
    fn of(glob: &GlobMatcher) -> Self {
        let text = glob.glob().glob();
        if is_glob(text) {
            let regex = glob.glob().regex();
            Self::Like(regex.strip_prefix("(?-u)").unwrap_or(regex).to_owned())
        } else {
            Self::Named(text.to_owned())
        }
    }
}

const FUNCTIONS: &str = r#"function prunelleLists(list, unit) {
    for (var i = 0; i < list.length; i++) {
        if (typeof list[i] === "string" ? list[i] === unit : list[i].test(unit)) {
            return true;
        }
    }
    return false;
}

function prunelleMay(verb, unit) {
    if (!verb || !unit) {
        return false;
    }
    if (prunelleLists(PRUNELLE_PROTECTED, unit) && PRUNELLE_HARMLESS.indexOf(verb) === -1) {
        return false;
    }
    for (var i = 0; i < PRUNELLE_GRANTS.length; i++) {
        var grant = PRUNELLE_GRANTS[i];
        if (grant.verbs.indexOf(verb) !== -1 && prunelleLists(grant.units, unit) &&
            (!grant.also || prunelleLists(grant.also, unit))) {
            return true;
        }
    }
    return false;
}

polkit.addRule(function (action, subject) {
    if (action.id === "org.freedesktop.systemd1.manage-units" && subject.user === PRUNELLE_USER) {
        return prunelleMay(action.lookup("verb"), action.lookup("unit")) ? polkit.Result.YES : polkit.Result.NO;
    }
});
"#;

#[cfg(test)]
mod tests;
