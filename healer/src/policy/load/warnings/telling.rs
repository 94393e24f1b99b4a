//! Who is never told, and routes that never fit or are never asked.

use std::collections::BTreeSet;

use crate::notify::message::News;
use crate::policy::load::checker::{Checker, Problem};
use crate::policy::{Matcher, MatcherTest, Policy, Route};

pub(super) fn look(checker: &mut Checker<'_>, policy: &Policy) {
    told_nothing(checker, policy);
    routes(checker, &policy.telling.routes);
}

/// With routes, a receiver is told what names it; without, everything.
fn told_nothing(checker: &mut Checker<'_>, policy: &Policy) {
    let telling = &policy.telling;
    if telling.routes.is_empty() {
        return;
    }
    let routes = telling.routes.iter().map(|route| &route.receivers);
    let rules = policy.rules.iter().map(|rule| &rule.receivers);
    let report = telling.report.iter().map(|report| &report.receivers);
    let told: BTreeSet<&str> = routes
        .chain(rules)
        .chain(report)
        .flatten()
        .map(String::as_str)
        .collect();
    for receiver in &policy.receivers {
        let name = &receiver.name;
        if !told.contains(name.as_str()) {
            checker.warn(
                &format!("receivers.{name}"),
                Problem::new(
                    format!("`{name}` is told nothing: no route, no rule and no report names it"),
                    format!("name it in a route of `notify`, `receivers: [{name}]`, or remove it"),
                ),
            );
        }
    }
}

/// What a route can never see, and routes that are never asked.
fn routes(checker: &mut Checker<'_>, routes: &[Route]) {
    for (index, route) in routes.iter().enumerate() {
        let at = format!("notify.routes[{index}]");
        for matcher in route.matchers.iter().filter(|m| m.name == "outcome") {
            no_such_outcome(checker, &at, matcher);
        }
        let takes_all = route.matchers.is_empty() && !route.is_continued;
        if takes_all && index + 1 < routes.len() {
            checker.warn(
                &at,
                Problem::new(
                    "the routes after this one are never asked: it has no matchers and takes everything",
                    "put it last, or write `continue: true`",
                ),
            );
        }
    }
}

/// A matcher of `outcome` that tells no news from another.
fn no_such_outcome(checker: &mut Checker<'_>, at: &str, matcher: &Matcher) {
    let words = News::ALL.map(News::as_str);
    let fits = |word: &&str| matcher.matches(&[("outcome".to_owned(), (*word).to_owned())].into());
    let count = words.iter().filter(|word| fits(word)).count();
    let effect = match matcher.test {
        MatcherTest::Equal(_) | MatcherTest::Regex(_) if count == 0 => "never fits",
        MatcherTest::NotEqual(_) | MatcherTest::NotRegex(_) if count == words.len() => {
            "always fits"
        }
        _ => return,
    };
    let known = words.map(|word| format!("`{word}`")).join(", ");
    checker.warn(
        &format!("{at}.matchers"),
        Problem::new(
            format!("`{matcher}` {effect}: no outcome is called so"),
            format!("known: {known}"),
        ),
    );
}
