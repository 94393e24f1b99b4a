//! The command's environment: a fixed path, the target, and those labels that the policy lists, within limits.
//!
//! A value is data and nothing else: of some length, and without characters that could end a line or a string somewhere.

use std::collections::BTreeMap;

use crate::reason::Reason;
use crate::remedy::Planning;

/// Where programs are looked for.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// Longest value of a label, in bytes.
const LONGEST: usize = 1024;

/// The environment, by name; a label that the alert does not have is not set. An alert whose label is over the limits is
/// not acted on.
pub(super) fn of(planning: &Planning, labels: &[String]) -> Result<Vec<(String, String)>, Reason> {
    let mut environment = BTreeMap::from([
        ("LANG".to_owned(), "C.UTF-8".to_owned()),
        ("PATH".to_owned(), PATH.to_owned()),
    ]);
    let target = planning.target.to_string();
    for (name, value) in labels
        .iter()
        .filter_map(|label| Some((label, planning.alert.labels.get(label)?)))
        .map(|(label, value)| (variable(label), value))
        .chain([
            ("PRUNELLE_TARGET".to_owned(), target.as_str()),
            ("PRUNELLE_ALERT".to_owned(), planning.alert.name()),
        ])
    {
        if !is_plain(value) {
            return Err(Reason::InvalidAlert);
        }
        environment.insert(name, value.to_owned());
    }
    Ok(environment.into_iter().collect())
}

/// `instance` → `PRUNELLE_LABEL_INSTANCE`.
fn variable(label: &str) -> String {
    let name: String = label
        .chars()
        .map(|character| {
            if character.is_ascii_alphanumeric() {
                character.to_ascii_uppercase()
            } else {
                '_'
            }
        })
        .collect();
    format!("PRUNELLE_LABEL_{name}")
}

fn is_plain(value: &str) -> bool {
    value.len() <= LONGEST && !value.chars().any(char::is_control)
}
