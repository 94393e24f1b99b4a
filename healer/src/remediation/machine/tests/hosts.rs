//! Several alerts, rules and targets on one host: the guards, the machine and a model of the journal together, over
//! random orders of answers, crashes, waits, duplicates and jumps of the wall clock.
//!
//! Whatever happens: one remediation a target and a unit, no window over any budget, no more at once than host and group
//! allow, an end before its time and with one reason.

use std::path::Path;

use proptest::prelude::*;
use prunelle_systemd::UnitName;
use prunelle_systemd::unit::ActiveState;
use uuid::Uuid;

use super::*;
use crate::alert::{Alert, AlertStatus, Episode, Labels};
use crate::facts::{Fact, Facts, History, Quarantine, Victim};
use crate::guard::{self, Decision, Question};
use crate::policy::{Budget, Policy, Rule, Rung, load};
use crate::remediation::RemediationId;
use crate::target::{Resource, Target};

const POLICY: &str = "
version: 1
host: {label: instance, is: [h]}
mode: enforce
groups: [{name: web, units: ['web-*.service'], max_at_once: 1, min_healthy: 0}]
defaults:
  boot_grace: 0s
  max_evidence_age: 1d
  cooldown: {first: 0s, step: 5s, factor: 4, max: 1m}
  budget: {max: 3, per: 10m}
  rule_budget: {max: 5, per: 10m}
  target_budget: {max: 4, per: 15m}
  host_budget: {max: 7, per: 10m}
  max_at_once: 2
  flapping: {repairs: 4, within: 10m, hold: 20m}
  breaker: {failures: 3, open_for: 10m}
rules:
  - name: down
    matchers: ['alertname = \"Down\"']
    target: {unit: {label: name, allow: ['*.service']}}
    ladder:
      - {remedy: restart_service, attempts: 2, verify: {unit_active: {}}, within: 30s, budget: {max: 2, per: 5m}}
      - {remedy: start_service, attempts: 1, verify: {unit_active: {}}, within: 30s}
    escalate: {receivers: [], quarantine: 10m}
  - name: other
    matchers: ['alertname = \"Other\"']
    target: {unit: {label: name, allow: ['*.service']}}
    ladder: [{remedy: restart_service, attempts: 1, verify: {unit_active: {}}, within: 30s}]
    escalate: {receivers: [], quarantine: 10m}
  - name: memory
    matchers: ['alertname = \"Memory\"']
    target: {process_group: {uses_most: memory, allow: ['*.service']}}
    ladder: [{remedy: restart_service, attempts: 1, verify: {unit_active: {}}, within: 30s}]
    escalate: {receivers: [], quarantine: 10m}
";

const UNITS: [&str; 3] = ["web-1.service", "web-2.service", "db.service"];

#[derive(Clone, Copy, Debug)]
enum Happening {
    Answer(usize, u8),
    Duplicate(usize),
    Nudge(usize),
    Resolved(usize),
    Refired(usize),
    Pass(u64),
    StepWall(i64),
    Crash,
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        24 => (0_usize..5, any::<u8>()).prop_map(|(case, how)| Happening::Answer(case, how)),
        2 => (0_usize..5).prop_map(Happening::Duplicate),
        4 => (0_usize..5).prop_map(Happening::Nudge),
        1 => (0_usize..5).prop_map(Happening::Resolved),
        1 => (0_usize..5).prop_map(Happening::Refired),
        5 => (0_u64..90).prop_map(Happening::Pass),
        1 => (-86_400_i64..86_400).prop_map(Happening::StepWall),
        1 => Just(Happening::Crash),
    ]
}

/// A remediation as the journal holds it.
struct Row {
    id: RemediationId,
    case: usize,
    victim: Option<UnitName>,
    position: Position,
    phase: Phase,
    attempt: Option<Outcome>,
    has_started: bool,
    /// Admitted, or taken up after a crash.
    since: Now,
    ended: Option<(Now, Outcome)>,
}

struct Charge {
    case: usize,
    remedy: &'static str,
    at: Now,
}

/// An alert under one rule.
struct Case {
    rule: usize,
    target: Target,
    alert: Alert,
    state: Remediation,
    id: RemediationId,
    effect: Option<Effect>,
    facts: Facts,
    last: Option<(StepId, Answer)>,
}

struct Host {
    clock: ManualClock,
    policy: Policy,
    cases: Vec<Case>,
    rows: Vec<Row>,
    charges: Vec<Charge>,
    quarantines: Vec<(usize, Quarantine)>,
    ids: u128,
}

impl Host {
    fn new() -> Self {
        let clock = clock();
        let policy = load::parse(Path::new("policy.yml"), POLICY)
            .unwrap_or_else(|errors| panic!("{errors}"));
        let unit = |name: &str| Target::Unit(name.parse().unwrap());
        let group = Target::ProcessGroup(Resource::Memory);
        let about = [
            (0, "Down", unit(UNITS[0])),
            (0, "Down", unit(UNITS[1])),
            (1, "Other", unit(UNITS[0])),
            (0, "Down", unit(UNITS[2])),
            (2, "Memory", group),
        ];
        let cases = about
            .into_iter()
            .enumerate()
            .map(|(index, (rule, name, target))| Case {
                state: Remediation::new(&policy.rules[rule], &clock.now()),
                alert: alert(index, name, &clock.now()),
                rule,
                target,
                id: RemediationId(Uuid::from_u128(0)),
                effect: None,
                facts: Facts::of_alert(AlertStatus::Firing, clock.now()),
                last: None,
            })
            .collect();
        let mut host = Self {
            clock,
            policy,
            cases,
            rows: vec![],
            charges: vec![],
            quarantines: vec![],
            ids: 0,
        };
        (0..host.cases.len()).for_each(|case| host.renew(case));
        host
    }

    fn rule(&self, case: usize) -> &Rule {
        &self.policy.rules[self.cases[case].rule]
    }

    fn rung(&self, case: usize) -> &Rung {
        let index = usize::try_from(self.cases[case].state.position.rung).unwrap();
        &self.rule(case).ladder[index]
    }

    /// The unit that is acted on.
    fn unit_of(&self, case: usize, victim: Option<&UnitName>) -> Option<UnitName> {
        victim.or_else(|| self.cases[case].target.unit()).cloned()
    }

    fn renew(&mut self, case: usize) {
        self.ids += 1;
        let state = Remediation::new(self.rule(case), &self.clock.now());
        self.cases[case].id = RemediationId(Uuid::from_u128(self.ids));
        let next = begin(state);
        self.take(case, next);
    }

    fn take(&mut self, case: usize, (state, effects): (Remediation, Vec<Effect>)) {
        let step = state.step;
        let case = &mut self.cases[case];
        if step != case.state.step {
            case.effect = None;
        }
        case.state = state;
        for effect in effects {
            if !matches!(effect, Effect::Decide { .. }) {
                case.effect = Some(effect);
            }
        }
    }

    fn event(&mut self, case: usize, event: Event) {
        let next = step(self.cases[case].state.clone(), event, &self.clock.now());
        self.take(case, next);
    }

    fn history(&self, case: usize, victim: Option<&UnitName>) -> History {
        let now = self.clock.now();
        let own = &self.cases[case];
        let unit = self.unit_of(case, victim);
        let is_on_it = |row: &&Row| {
            let other = self.unit_of(row.case, row.victim.as_ref());
            self.cases[row.case].target == own.target || (unit.is_some() && other == unit)
        };
        let open = || self.rows.iter().filter(|row| row.ended.is_none());
        let charged = |which: &dyn Fn(&Charge) -> bool| -> Vec<Now> {
            let charges = self.charges.iter().filter(|charge| which(charge));
            charges.map(|charge| charge.at.clone()).collect()
        };
        let is_rule = |other: usize| self.cases[other].rule == own.rule;
        let is_target = |other: usize| self.cases[other].target == own.target;
        let remedy = self.rung(case).remedy.kind().as_str();
        let acted = || self.rows.iter().filter(|row| row.has_started);
        let left = |of: &Quarantine| of.lasts.saturating_sub(now.since(&of.since));
        let mut repairs: Vec<Now> = acted()
            .filter(is_on_it)
            .filter_map(|row| row.ended.as_ref().map(|(at, _)| at.clone()))
            .collect();
        repairs.sort_by_key(|at| at.boot);
        let mut ends: Vec<(Now, bool)> = acted()
            .filter(|row| is_rule(row.case))
            .filter_map(|row| row.ended.clone())
            .filter(|(_, outcome)| *outcome != Outcome::Cancelled)
            .map(|(at, outcome)| (at, outcome == Outcome::Success))
            .collect();
        ends.sort_by_key(|(at, _)| at.boot);
        History {
            running: open()
                .filter(is_on_it)
                .max_by_key(|row| row.id != own.id)
                .map(|row| row.id),
            charges: charged(&|c| is_rule(c.case) && is_target(c.case)),
            rule_charges: charged(&|c| is_rule(c.case)),
            target_charges: charged(&|c| is_target(c.case)),
            remedy_charges: charged(&|c| {
                is_rule(c.case) && is_target(c.case) && c.remedy == remedy
            }),
            host_charges: charged(&|_| true),
            repairs,
            rule_ends: ends,
            rule_running: u32::try_from(
                open()
                    .filter(|row| row.id != own.id && is_rule(row.case))
                    .count(),
            )
            .unwrap(),
            others_running: open()
                .filter(|row| row.id != own.id)
                .map(|row| {
                    self.unit_of(row.case, row.victim.as_ref())
                        .map_or_else(|| self.cases[row.case].target.clone(), Target::Unit)
                })
                .collect(),
            quarantine: self
                .quarantines
                .iter()
                .filter(|(of, quarantine)| is_target(*of) && !left(quarantine).is_zero())
                .map(|(_, quarantine)| quarantine.clone())
                .max_by_key(left),
            ..History::default()
        }
    }

    fn question<'a>(&'a self, case: usize, now: &'a Now) -> Question<'a> {
        let of = &self.cases[case];
        Question {
            alert: &of.alert,
            policy: &self.policy,
            rule: self.rule(case),
            rung: self.rung(case),
            target: &of.target,
            remediation: Some(of.id),
            facts: &of.facts,
            now,
        }
    }

    fn ask(&mut self, case: usize, how: u8) -> Answer {
        let now = self.clock.now();
        let is_group = self.cases[case].target.unit().is_none();
        let victim: Option<UnitName> =
            is_group.then(|| UNITS[usize::from(how) % UNITS.len()].parse().unwrap());
        let mut unit = guard::tests::failed_unit();
        if let Some(name) = self.unit_of(case, victim.as_ref()) {
            unit.id = name;
        }
        if is_group {
            unit.active = ActiveState::Active;
        }
        let groups = unit
            .id
            .as_str()
            .starts_with("web-")
            .then(|| crate::facts::GroupFacts {
                name: "web".to_owned(),
                healthy_others: Some(1),
            });
        let history = self.history(case, victim.as_ref());
        self.cases[case].facts = Facts {
            unit: Fact::Known {
                value: unit,
                at: now.clone(),
            },
            victim: victim.map_or(Fact::NotApplicable, |unit| Fact::Known {
                value: Victim {
                    unit,
                    evidence: String::new(),
                },
                at: now.clone(),
            }),
            groups: groups.into_iter().collect(),
            history,
            ..Facts::of_alert(AlertStatus::Firing, now.clone())
        };
        Answer::Guards(match guard::ask_all(self.question(case, &now)).decision {
            Decision::Act => Verdict::Proceed,
            Decision::Observe => Verdict::Observe,
            Decision::Defer(reason, wait) => Verdict::Defer(reason, wait),
            Decision::Suppress(reason) => Verdict::Suppress(reason),
        })
    }

    fn admit(&mut self, case: usize) -> Answer {
        let now = self.clock.now();
        let victim = match &self.cases[case].facts.victim {
            Fact::Known { value, .. } => Some(value.unit.clone()),
            _ => None,
        };
        let history = self.history(case, victim.as_ref());
        if let Err(reason) = guard::admission(self.question(case, &now), history) {
            return Answer::Refused(reason);
        }
        let (id, position) = (self.cases[case].id, self.cases[case].state.position);
        match self.rows.iter_mut().find(|row| row.id == id) {
            Some(row) => {
                assert!(row.ended.is_none(), "an attempt after the end");
                row.victim = victim;
                (row.position, row.phase, row.attempt) = (position, Phase::Intent, None);
            }
            None => self.rows.push(Row {
                id,
                case,
                victim,
                position,
                phase: Phase::Intent,
                attempt: None,
                has_started: false,
                since: now.clone(),
                ended: None,
            }),
        }
        let remedy = self.rung(case).remedy.kind().as_str();
        self.charges.push(Charge {
            case,
            remedy,
            at: now,
        });
        self.check_admitted(case);
        Answer::Admitted
    }

    /// What must hold right after an intent was written.
    fn check_admitted(&self, case: usize) {
        let open: Vec<&Row> = self.rows.iter().filter(|row| row.ended.is_none()).collect();
        assert!(open.len() <= 2, "more at once than the host allows");
        for (index, one) in open.iter().enumerate() {
            for other in &open[index + 1..] {
                let units = [one, other].map(|row| self.unit_of(row.case, row.victim.as_ref()));
                assert_ne!(units[0], units[1], "two on one unit");
                assert_ne!(self.cases[one.case].target, self.cases[other.case].target);
                let web = |unit: &Option<UnitName>| {
                    unit.as_ref()
                        .is_some_and(|unit| unit.as_str().starts_with("web-"))
                };
                assert!(!units.iter().all(web), "two of one group");
            }
        }
        let now = self.clock.now();
        let bounded = |budget: Option<Budget>, what: &str, which: &dyn Fn(&Charge) -> bool| {
            let Some(budget) = budget else { return };
            let charged = self
                .charges
                .iter()
                .filter(|charge| which(charge) && now.since(&charge.at) < budget.per)
                .count();
            assert!(charged <= usize::try_from(budget.max).unwrap(), "{what}");
        };
        let (rule, own) = (self.rule(case), &self.cases[case]);
        let is_rule = |charge: &Charge| self.cases[charge.case].rule == own.rule;
        let is_target = |charge: &Charge| self.cases[charge.case].target == own.target;
        let remedy = self.rung(case).remedy.kind().as_str();
        bounded(Some(rule.budget), "budget", &|c| is_rule(c) && is_target(c));
        bounded(rule.rule_budget, "rule budget", &is_rule);
        bounded(rule.target_budget, "target budget", &is_target);
        bounded(Some(self.policy.host_budget), "host budget", &|_| true);
        bounded(self.rung(case).budget, "rung budget", &|c| {
            is_rule(c) && is_target(c) && c.remedy == remedy
        });
    }

    fn answer(&mut self, case: usize, how: u8) {
        let Some(effect) = self.cases[case].effect.take() else {
            return;
        };
        let now = self.clock.now();
        let id = self.cases[case].id;
        let answer = match effect {
            Effect::Ask => self.ask(case, how),
            Effect::Admit => self.admit(case),
            Effect::Start => {
                let row = self.rows.iter_mut().find(|row| row.id == id).unwrap();
                (row.phase, row.has_started) = (Phase::Started, true);
                Answer::Started
            }
            Effect::Apply if how.is_multiple_of(3) => {
                Answer::Applied(Err(failure(Reason::RemedyFailed)))
            }
            Effect::Apply => Answer::Applied(Ok(())),
            Effect::Identify => Answer::Identified(match how % 4 {
                0 => Identified::Happened,
                1 => Identified::DidNot,
                2 => Identified::RunAgain,
                _ => Identified::Unknown,
            }),
            Effect::Verify if how.is_multiple_of(2) => {
                Answer::Verified(Err(failure(Reason::NotVerified)))
            }
            Effect::Verify => Answer::Verified(Ok(())),
            Effect::Settle { attempt, end } => {
                let row = self.rows.iter_mut().find(|row| row.id == id).unwrap();
                if let Some(result) = attempt {
                    row.attempt =
                        Some(result.map_or_else(|failure| failure.outcome, |()| Outcome::Success));
                }
                if let Some(end) = end {
                    assert!(row.ended.is_none(), "it ended twice");
                    assert_eq!(end.outcome == Outcome::Success, end.reason.is_none());
                    row.ended = Some((now.clone(), end.outcome));
                    if !end.quarantine.is_zero() {
                        let lasts = end.quarantine;
                        self.quarantines
                            .push((case, Quarantine { since: now, lasts }));
                    }
                }
                Answer::Settled
            }
            Effect::Decide { .. } => unreachable!("not a step"),
        };
        let step = self.cases[case].state.step;
        self.cases[case].last = Some((step, answer));
        self.event(case, Event::Step(step, answer));
    }

    /// Time passes as the engine lets it: who wants to be woken is, and the journal answers. All else may hang.
    fn pass(&mut self, mut left: Duration) {
        for _ in 0..10_000 {
            for case in 0..self.cases.len() {
                while matches!(
                    self.cases[case].effect,
                    Some(Effect::Admit | Effect::Start | Effect::Settle { .. })
                ) {
                    self.answer(case, 1);
                }
            }
            let now = self.clock.now();
            let waits = self.cases.iter().filter_map(|case| case.state.wake(&now));
            let wait = waits.min().unwrap_or(left).min(left);
            self.clock.advance(wait);
            left = left.saturating_sub(wait);
            let now = self.clock.now();
            for case in 0..self.cases.len() {
                if self.cases[case].state.wake(&now) == Some(Duration::ZERO) {
                    self.event(case, Event::Due);
                }
            }
            self.check_times();
            if left.is_zero() && wait.is_zero() {
                return;
            }
        }
        panic!("it goes round in circles");
    }

    /// No attempt begins after the deadline; the one under way has its own time.
    fn check_times(&self) {
        let now = self.clock.now();
        for row in self.rows.iter().filter(|row| row.ended.is_none()) {
            let limit = self.cases[row.case].state.time_limit() + WITHIN;
            assert!(now.since(&row.since) <= limit, "it outlives its deadline");
        }
    }

    fn crash(&mut self) {
        let now = self.clock.now();
        for case in 0..self.cases.len() {
            let row = self
                .rows
                .iter_mut()
                .find(|row| row.case == case && row.ended.is_none());
            let Some(row) = row else {
                self.renew(case);
                continue;
            };
            row.since = now.clone();
            let (id, position, phase, attempt) = (row.id, row.position, row.phase, row.attempt);
            let is_alert_active = self.cases[case].state.is_alert_active;
            let mut state =
                Remediation::new(self.rule(case), &now).recovered(position, phase, &now);
            state.is_alert_active = is_alert_active;
            self.cases[case].id = id;
            self.cases[case].effect = None;
            let next = match attempt {
                Some(outcome) => begin_after_attempt(state, outcome, &now),
                None => begin(state),
            };
            self.take(case, next);
        }
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Answer(case, how) => self.answer(case, how),
            Happening::Duplicate(case) => {
                if let Some((step, answer)) = self.cases[case].last
                    && step != self.cases[case].state.step
                {
                    let before = self.cases[case].state.clone();
                    self.event(case, Event::Step(step, answer));
                    assert_eq!(before, self.cases[case].state);
                }
            }
            Happening::Nudge(case) if self.cases[case].state.end().is_some() => self.renew(case),
            Happening::Nudge(case) => self.event(case, Event::Nudge),
            Happening::Resolved(case) => self.event(case, Event::Resolved),
            Happening::Refired(case) => self.event(case, Event::Refired),
            Happening::Pass(seconds) => self.pass(Duration::from_secs(seconds)),
            Happening::StepWall(by) => {
                let wall = self.clock.now().wall;
                self.clock
                    .step_wall(wall + jiff::SignedDuration::from_secs(by));
            }
            Happening::Crash => self.crash(),
        }
    }
}

fn alert(index: usize, name: &str, now: &Now) -> Alert {
    let label = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    Alert {
        episode: Episode {
            fingerprint: format!("{index:016x}").try_into().unwrap(),
            starts_at: now.wall,
        },
        status: AlertStatus::Firing,
        labels: Labels::from([
            label("alertname", name),
            label("instance", "h"),
            label("severity", "critical"),
        ]),
        annotations: Labels::new(),
        ends_at: None,
    }
}

proptest! {
    #[test]
    fn whatever_happens_on_a_host_its_promises_hold(
        happenings in prop::collection::vec(happening(), 0..250)
    ) {
        let mut host = Host::new();
        for happening in happenings {
            host.happen(happening);
        }
        // And all that is open ends, if only the journal answers.
        for case in 0..host.cases.len() {
            host.event(case, Event::Resolved);
        }
        host.pass(Duration::from_mins(5));
        prop_assert!(host.rows.iter().all(|row| row.ended.is_some()));
    }
}
