//! What the journal would have known at each moment of a rehearsal, in memory: what the guards ask it for.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::Duration;

use prunelle_foundation::clock::Now;

use crate::facts::{History, Quarantine};
use crate::policy::{Budget, Policy, RemedyKind};
use crate::remediation::RemediationId;
use crate::target::Target;

/// As many are kept at most, as the journal tells at most.
const MOST_CHARGES: usize = 1000;
const MOST_ENDS: usize = 100;

/// Whose history.
#[derive(Clone, Copy, Debug)]
pub(super) struct Of<'a> {
    pub(super) rule: usize,
    pub(super) target: &'a Target,
    pub(super) remedy: RemedyKind,
    pub(super) remediation: RemediationId,
}

/// Charges, ends and quarantines so far.
#[derive(Debug)]
pub(super) struct Memory {
    /// Older charges lie in no window.
    longest: Duration,
    charges: HashMap<(usize, Target), VecDeque<Now>>,
    of_rule: HashMap<usize, VecDeque<Now>>,
    of_target: HashMap<Target, VecDeque<Now>>,
    of_remedy: HashMap<(usize, Target, RemedyKind), VecDeque<Now>>,
    of_host: VecDeque<Now>,
    repairs: HashMap<Target, VecDeque<Now>>,
    ends: HashMap<usize, VecDeque<(Now, bool)>>,
    quarantines: HashMap<Target, Quarantine>,
    running: BTreeMap<RemediationId, (usize, Target)>,
}

impl Memory {
    pub(super) fn new(policy: &Policy) -> Self {
        let budgets = policy.rules.iter().flat_map(|rule| {
            let of_rungs = rule.ladder.iter().filter_map(|rung| rung.budget);
            [Some(rule.budget), rule.rule_budget, rule.target_budget]
                .into_iter()
                .flatten()
                .chain(of_rungs)
        });
        let longest = budgets
            .chain([policy.host_budget])
            .map(|Budget { per, .. }| per)
            .max();
        Self {
            longest: longest.unwrap_or_default(),
            charges: HashMap::new(),
            of_rule: HashMap::new(),
            of_target: HashMap::new(),
            of_remedy: HashMap::new(),
            of_host: VecDeque::new(),
            repairs: HashMap::new(),
            ends: HashMap::new(),
            quarantines: HashMap::new(),
            running: BTreeMap::new(),
        }
    }

    pub(super) fn history(&self, of: Of<'_>) -> History {
        let on_rule = (of.rule, of.target.clone());
        let on_remedy = (of.rule, of.target.clone(), of.remedy);
        let others = || {
            self.running
                .iter()
                .filter(|(id, _)| **id != of.remediation)
                .map(|(id, (rule, target))| (*id, *rule, target))
        };
        let own = self
            .running
            .contains_key(&of.remediation)
            .then_some(of.remediation);
        History {
            running: others()
                .find(|(_, _, target)| *target == of.target)
                .map(|(id, ..)| id)
                .or(own),
            charges: list(self.charges.get(&on_rule)),
            host_charges: list(Some(&self.of_host)),
            repairs: list(self.repairs.get(of.target)),
            quarantine: self.quarantines.get(of.target).cloned(),
            rule_charges: list(self.of_rule.get(&of.rule)),
            target_charges: list(self.of_target.get(of.target)),
            remedy_charges: list(self.of_remedy.get(&on_remedy)),
            rule_ends: list(self.ends.get(&of.rule)),
            rule_running: u32::try_from(others().filter(|(_, rule, _)| *rule == of.rule).count())
                .unwrap_or(u32::MAX),
            others_running: others().map(|(.., target)| target.clone()).collect(),
            ..History::default()
        }
    }

    /// An intent is written.
    pub(super) fn charge(&mut self, of: Of<'_>, now: &Now) {
        let target = || of.target.clone();
        self.running.insert(of.remediation, (of.rule, target()));
        let lists = [
            self.charges.entry((of.rule, target())).or_default(),
            self.of_rule.entry(of.rule).or_default(),
            self.of_target.entry(target()).or_default(),
            self.of_remedy
                .entry((of.rule, target(), of.remedy))
                .or_default(),
            &mut self.of_host,
        ];
        for list in lists {
            while list
                .front()
                .is_some_and(|oldest| now.since(oldest) >= self.longest)
            {
                list.pop_front();
            }
            keep(list, now.clone(), MOST_CHARGES);
        }
    }

    /// A remediation that had an intent is over.
    pub(super) fn end(
        &mut self,
        id: RemediationId,
        has_succeeded: bool,
        was_cancelled: bool,
        now: &Now,
    ) {
        let Some((rule, target)) = self.running.remove(&id) else {
            return;
        };
        let repairs = self.repairs.entry(target).or_default();
        keep(repairs, now.clone(), MOST_ENDS);
        if !was_cancelled {
            let ends = self.ends.entry(rule).or_default();
            keep(ends, (now.clone(), has_succeeded), MOST_ENDS);
        }
    }

    /// A ladder was exhausted.
    pub(super) fn quarantine(&mut self, target: Target, lasts: Duration, now: &Now) {
        let since = now.clone();
        self.quarantines.insert(target, Quarantine { since, lasts });
    }
}

fn list<T: Clone>(kept: Option<&VecDeque<T>>) -> Vec<T> {
    kept.map(|kept| kept.iter().cloned().collect())
        .unwrap_or_default()
}

fn keep<T>(list: &mut VecDeque<T>, item: T, most: usize) {
    if list.len() >= most {
        list.pop_front();
    }
    list.push_back(item);
}
