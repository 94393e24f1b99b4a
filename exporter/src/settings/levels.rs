//! Thresholds: both levels of each resource, and that the warning is not above the critical one.

use prunelle_foundation::setting::Problem;

use super::parsers::{percent, traffic};
use super::precedence::Text;
use super::resolve::Resolver;
use super::table::{self, Setting};
use crate::thresholds::{Levels, Thresholds};

pub(super) fn thresholds(resolver: &mut Resolver<'_>) -> Thresholds {
    Thresholds {
        cpu: levels(resolver, &table::CPU, &table::CPU_CRITICAL, percent),
        memory: levels(resolver, &table::MEMORY, &table::MEMORY_CRITICAL, percent),
        disk: levels(resolver, &table::DISK, &table::DISK_CRITICAL, percent),
        network: levels(resolver, &table::NETWORK, &table::NETWORK_CRITICAL, traffic),
    }
}

fn levels(
    resolver: &mut Resolver<'_>,
    warning_setting: &Setting,
    critical_setting: &Setting,
    parser: fn(&str) -> Result<f64, Problem>,
) -> Levels {
    let warning = resolver.value(warning_setting, parser);
    let critical = resolver.value(critical_setting, parser);
    if let (Some(warning), Some(critical)) = (warning, critical)
        && warning > critical
    {
        say_which(resolver, warning_setting, critical_setting);
    }
    Levels {
        warning: warning.unwrap_or_default(),
        critical,
    }
}

/// The one that was given is wrong; the other one is named as the way out.
fn say_which(resolver: &mut Resolver<'_>, warning: &Setting, critical: &Setting) {
    let (warning_given, critical_given) = (resolver.given(warning), resolver.given(critical));
    let text = |given: Option<&Text>, setting: &Setting| {
        let default = || setting.default_value().unwrap_or_default().to_owned();
        given.map_or_else(default, |given| given.text.clone())
    };
    let name = |given: Option<&Text>, setting: &Setting, beside: &Text| match given {
        Some(given) => given.origin.name.clone(),
        None => setting.name_beside(&beside.origin),
    };
    let (given, problem) = match (warning_given, critical_given) {
        (Some(given), other) => {
            let (name, text) = (name(other, critical, given), text(other, critical));
            let hint = format!("lower it, or raise `{name}`, which is {text}");
            (given, Problem::new("is above the critical level", hint))
        }
        (None, Some(given)) => {
            let (name, text) = (name(None, warning, given), text(None, warning));
            let hint = format!("raise it, or lower `{name}`, which is {text}");
            (given, Problem::new("is below the warning level", hint))
        }
        // The defaults agree.
        (None, None) => return,
    };
    resolver.wrong(given, problem);
}
