//! What is used of each limit: pure over the policy, what the journal holds, and the time.

use std::collections::{BTreeMap, BTreeSet};

use prunelle_foundation::clock::Now;

use crate::journal::{Charge, Spent};
use crate::policy::{Budget, Policy, Rule};

/// What a budget is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// One rule and one target: the target that has used most.
    RuleAndTarget,
    /// One rule, whatever the target.
    Rule,
    /// One target, whatever the rule: of those that this rule acted on, the one that has used most.
    Target,
    /// This host, whatever the rule.
    Host,
}

impl Scope {
    /// As in metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RuleAndTarget => "rule_and_target",
            Self::Rule => "rule",
            Self::Target => "target",
            Self::Host => "host",
        }
    }
}

/// One budget.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BudgetUse {
    /// The rule that has it; none for the host's.
    pub rule: Option<String>,
    /// What it is about.
    pub scope: Scope,
    /// Intents in its window.
    pub used: usize,
    /// From so many on nothing more is begun.
    pub limit: u32,
}

/// How near the limits are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headroom {
    /// All budgets of the policy but those of single rungs.
    pub budgets: Vec<BudgetUse>,
    /// Whether the breaker is open, of each rule that has one.
    pub breakers: Vec<(String, bool)>,
}

impl Headroom {
    /// Whether nothing is used, so that time alone changes nothing.
    pub fn is_untouched(&self) -> bool {
        self.budgets.iter().all(|budget| budget.used == 0)
            && self.breakers.iter().all(|(_, is_open)| !is_open)
    }
}

/// How near the limits of a policy are.
pub fn headroom(policy: &Policy, spent: &Spent, now: &Now) -> Headroom {
    let look = Look { spent, now };
    let mut budgets = vec![BudgetUse {
        rule: None,
        scope: Scope::Host,
        used: look.within(policy.host_budget, |_| true).count(),
        limit: policy.host_budget.max,
    }];
    for rule in &policy.rules {
        budgets.extend(look.of_rule(rule));
    }
    let breakers = policy
        .rules
        .iter()
        .filter_map(|rule| Some((rule.name.clone(), look.is_open(rule)?)));
    Headroom {
        budgets,
        breakers: breakers.collect(),
    }
}

/// What was spent, seen at a moment.
#[derive(Clone, Copy)]
struct Look<'s> {
    spent: &'s Spent,
    now: &'s Now,
}

impl<'s> Look<'s> {
    fn of_rule(self, rule: &Rule) -> impl Iterator<Item = BudgetUse> {
        let is_own = |charge: &Charge| charge.rule == rule.name;
        let own = self.spent.charges.iter().filter(|charge| is_own(charge));
        let acted_on: BTreeSet<&str> = own.map(|charge| charge.target.as_str()).collect();
        let of_rule = rule
            .rule_budget
            .map(|budget| (Scope::Rule, budget, self.within(budget, is_own).count()));
        let of_target = rule.target_budget.map(|budget| {
            let on_them = self.within(budget, |charge| acted_on.contains(charge.target.as_str()));
            (Scope::Target, budget, most(on_them))
        });
        let both = most(self.within(rule.budget, is_own));
        [
            Some((Scope::RuleAndTarget, rule.budget, both)),
            of_rule,
            of_target,
        ]
        .into_iter()
        .flatten()
        .map(|(scope, budget, used)| BudgetUse {
            rule: Some(rule.name.clone()),
            scope,
            used,
            limit: budget.max,
        })
    }

    /// The charges of those that lie in the window.
    fn within(
        self,
        budget: Budget,
        is_counted: impl Fn(&Charge) -> bool,
    ) -> impl Iterator<Item = &'s Charge> {
        let charges = self.spent.charges.iter();
        charges.filter(move |charge| {
            is_counted(charge) && self.spent.is_within(budget.per, &charge.at, self.now)
        })
    }

    /// None for a rule without a breaker.
    fn is_open(self, rule: &Rule) -> Option<bool> {
        let breaker = rule.breaker?;
        let ends = self.spent.ends.get(&rule.name).map(Vec::as_slice);
        let ends = ends.unwrap_or_default();
        let has_tripped = breaker.has_tripped(ends.iter().map(|(_, has_succeeded)| *has_succeeded));
        let is_recent = ends
            .last()
            .is_some_and(|(last, _)| self.spent.is_within(breaker.open_for, last, self.now));
        Some(has_tripped && is_recent)
    }
}

/// How many are of the target that has most of them.
fn most<'s>(charges: impl Iterator<Item = &'s Charge>) -> usize {
    let mut used = BTreeMap::<&str, usize>::new();
    for charge in charges {
        *used.entry(&charge.target).or_default() += 1;
    }
    used.into_values().max().unwrap_or(0)
}
