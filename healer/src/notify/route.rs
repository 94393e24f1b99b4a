//! Whom news go to: the policy's routes, and the receivers that a rule names for what it could not repair.

use std::collections::BTreeSet;

use super::message::News;
use crate::incident::Incident;
use crate::policy::{Policy, Receiver};

/// The receivers of some news, each once, by name. `receivers` are all there are.
pub fn receivers<'r>(
    policy: &Policy,
    receivers: &'r [Receiver],
    incident: &Incident,
    news: News,
) -> Vec<&'r Receiver> {
    if ABOUT_TELLING.contains(&incident.alert.as_str()) {
        return Vec::new();
    }
    let names = names(policy, incident, news);
    receivers
        .iter()
        .filter(|receiver| {
            names
                .as_ref()
                .is_none_or(|names| names.contains(receiver.name.as_str()))
        })
        .collect()
}

/// What is wrong with telling people is not told the same way, for each message about it would be one more that does not
/// arrive. Alertmanager tells it by itself (`alertmanager/alertmanager.yml`).
const ABOUT_TELLING: [&str; 2] = ["MessagesNotSent", "MessagesGivenUp"];

/// None: everybody.
fn names<'p>(policy: &'p Policy, incident: &Incident, news: News) -> Option<BTreeSet<&'p str>> {
    let routes = &policy.telling.routes;
    if routes.is_empty() {
        return None;
    }
    let mut labels = incident.labels.clone();
    labels.insert("severity".to_owned(), incident.severity.as_str().to_owned());
    labels.insert("outcome".to_owned(), news.as_str().to_owned());
    let mut names = BTreeSet::new();
    for route in routes {
        if route
            .matchers
            .iter()
            .all(|matcher| matcher.matches(&labels))
        {
            names.extend(route.receivers.iter().map(String::as_str));
            if !route.is_continued {
                break;
            }
        }
    }
    if matches!(news, News::NotRepaired | News::AwaitingApproval) {
        names.extend(escalated(policy, incident).map(String::as_str));
    }
    Some(names)
}

/// Those of the rules that dealt with it.
fn escalated<'p>(policy: &'p Policy, incident: &Incident) -> impl Iterator<Item = &'p String> {
    let decided = incident
        .decisions
        .iter()
        .filter_map(|one| one.rule.as_deref());
    let ended = incident.ends.iter().map(|end| end.rule.as_str());
    let rules: BTreeSet<String> = decided.chain(ended).map(str::to_owned).collect();
    policy
        .rules
        .iter()
        .filter(move |rule| rules.contains(&rule.name))
        .flat_map(|rule| &rule.receivers)
}

#[cfg(test)]
mod tests;
