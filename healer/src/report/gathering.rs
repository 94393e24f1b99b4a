//! From events to the report: one event at a time, in their order, without I/O.
//!
//! What is kept grows with the incidents that are open, not with those that have ended: of these a duration of four bytes
//! stays, and counts by name. Incidents count when they were noticed in the period, and are told as they stand at the end of
//! what was read, so that a repair right after midnight still counts for its day.

mod people;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use self::people::People;
use super::durations::Durations;
use super::stretches::Stretches;
use super::summary::{
    AlertRow, BudgetRow, Fate, Fates, History, IncidentRow, NoisyRow, Period, ReasonRow, RemedyRow,
    Report, Totals, VERSION,
};
use super::tally::Tally;
use crate::incident::{Change, Fold, Incident, Severity};
use crate::journal::{Event, EventType};
use crate::reason::{Outcome, Reason};

/// Incidents that are listed one by one.
const LISTED: usize = 200;
/// Of the longest.
const LONGEST: usize = 10;
/// Rows of a table of alerts, reasons, budgets.
const ROWS: usize = 100;
/// Fires this often in a period: noise.
const NOISY: u64 = 5;
/// Events between two looks for incidents that have settled.
const SETTLE_EVERY: u64 = 256;
/// The name of all names that are too many.
const OTHERS: &str = "(others)";

/// What a report is about.
#[derive(Clone, Debug)]
pub struct Subject {
    /// Which time.
    pub period: Period,
    /// By which clock days begin.
    pub zone: TimeZone,
    /// Which machine.
    pub host: String,
    /// When it is made.
    pub made: Timestamp,
}

/// A report in the making.
#[derive(Debug)]
pub struct Gathering {
    subject: Subject,
    fold: Fold,
    events: u64,
    first: Option<Timestamp>,
    settled: Timestamp,
    people: People,
    totals: Totals,
    to_notice: Durations,
    to_repair: Durations,
    over_time: Stretches,
    alerts: Tally<String, OfAlert>,
    remedies: Tally<String, OfRemedy>,
    noise: Tally<(String, Option<String>), Noise>,
    reasons: BTreeMap<Reason, (u64, u64)>,
    budgets: Tally<(Reason, String), (u64, Timestamp)>,
    longest: Vec<IncidentRow>,
    newest: VecDeque<IncidentRow>,
}

#[derive(Clone, Debug)]
struct OfAlert {
    severity: Severity,
    fates: Fates,
}

impl Default for OfAlert {
    fn default() -> Self {
        Self {
            severity: Severity::Info,
            fates: Fates::default(),
        }
    }
}

#[derive(Clone, Debug, Default)]
struct OfRemedy {
    succeeded: u64,
    took: Durations,
}

#[derive(Clone, Copy, Debug, Default)]
struct Noise {
    firings: u64,
    relapses: u64,
    flapping: u64,
}

impl Gathering {
    /// Of nothing yet.
    pub fn new(subject: Subject) -> Self {
        let over_time = Stretches::of(subject.period, &subject.zone);
        Self {
            subject,
            fold: Fold::default(),
            events: 0,
            first: None,
            settled: Timestamp::MIN,
            people: People::default(),
            totals: Totals::default(),
            to_notice: Durations::default(),
            to_repair: Durations::default(),
            over_time,
            alerts: Tally::new(OTHERS.to_owned()),
            remedies: Tally::new(OTHERS.to_owned()),
            noise: Tally::new((OTHERS.to_owned(), None)),
            reasons: BTreeMap::new(),
            budgets: Tally::new((Reason::Budget, OTHERS.to_owned())),
            longest: Vec::new(),
            newest: VecDeque::new(),
        }
    }

    /// Takes the next event in.
    pub fn take(&mut self, event: &Event) {
        self.events += 1;
        self.first.get_or_insert(event.timestamp);
        let is_firing = event.event_type == EventType::Alert && event.status == "FIRING";
        // Before an alert fires: what has settled would be taken for the same key and be lost.
        if (is_firing && event.timestamp != self.settled)
            || self.events.is_multiple_of(SETTLE_EVERY)
        {
            self.settle(event.timestamp);
        }
        self.people.take(event);
        let is_in_period = self.subject.period.contains(event.timestamp);
        if is_firing && is_in_period {
            let alert = event.details.get("alert").and_then(|name| name.as_str());
            let key = (alert.unwrap_or_default().to_owned(), event.service.clone());
            self.noise.of(key).firings += 1;
        }
        let Some((incident, change)) = self.fold.apply(event) else {
            return;
        };
        match change {
            Change::Attempted if is_in_period => {
                let Some(attempt) = incident.attempts.last() else {
                    return;
                };
                let is_success = u64::from(attempt.outcome == Outcome::Success);
                self.totals.attempts += 1;
                self.totals.succeeded += is_success;
                let of = self.remedies.of(attempt.action_type.clone());
                of.succeeded += is_success;
                of.took.add_milliseconds(attempt.duration_ms);
            }
            Change::Concluded
                if incident.is_repaired() && self.subject.period.contains(incident.noticed) =>
            {
                let again = (incident.relapses > 0).then(|| began(event)).flatten();
                let began = again.unwrap_or(incident.began);
                self.to_repair.add_between(began, event.timestamp);
            }
            _ => {}
        }
    }

    /// The report; `kept_seconds` is how long the journal keeps events, `is_cut` that older ones were left out.
    pub fn finish(mut self, kept_seconds: u64, is_cut: bool) -> Report {
        let open = std::mem::take(&mut self.fold);
        for incident in open.incidents() {
            self.conclude(incident);
        }
        let Subject {
            period, host, made, ..
        } = self.subject;
        let history = History {
            first: self.first,
            kept_seconds,
            events: self.events,
            is_cut,
            is_covered: is_covered(period, self.first, kept_seconds, is_cut, made),
        };
        let time_to_repair = self.to_repair.spread();
        Report {
            version: VERSION,
            healer: env!("CARGO_PKG_VERSION").to_owned(),
            host,
            made,
            period,
            history,
            totals: self.totals,
            time_to_notice: self.to_notice.spread(),
            time_to_repair,
            repair_times: self.to_repair.bands(),
            over_time: self.over_time.into_vec(),
            alerts: alert_rows(self.alerts),
            remedies: remedy_rows(self.remedies),
            needs_person: self.people.needs(made),
            noisy: noisy_rows(self.noise),
            reasons: reason_rows(self.reasons),
            budgets: budget_rows(self.budgets),
            longest: self.longest,
            incidents: self.newest.into_iter().rev().collect(),
        }
    }

    fn settle(&mut self, now: Timestamp) {
        self.settled = now;
        for incident in self.fold.take_settled(now) {
            self.conclude(&incident);
        }
    }

    /// Counts an incident that will not change any more, or is as it is at the end.
    fn conclude(&mut self, incident: &Incident) {
        let Subject { period, made, .. } = self.subject;
        let row = row(incident);
        self.people.conclude(incident, &row);
        if !period.contains(incident.noticed) {
            let lasts_into = incident.ended.is_none_or(|ended| ended >= period.since);
            self.totals.open_before += u64::from(incident.noticed < period.since && lasts_into);
            return;
        }
        self.totals.incidents += 1;
        *match incident.severity {
            Severity::Critical => &mut self.totals.critical,
            Severity::Warning => &mut self.totals.warning,
            Severity::Info => &mut self.totals.info,
        } += 1;
        self.totals.fates.count(row.fate);
        self.totals.relapses += u64::from(incident.relapses);
        self.to_notice.add_between(incident.began, incident.noticed);
        self.over_time.count(incident.noticed, row.fate);
        let of = self.alerts.of(incident.alert.clone());
        of.severity = of.severity.max(incident.severity);
        of.fates.count(row.fate);
        self.count_reasons(incident, row.fate);
        self.list(row, made);
    }

    fn count_reasons(&mut self, incident: &Incident, fate: Fate) {
        let is_repaired = u64::from(fate == Fate::Repaired);
        let decided = incident.decisions.iter();
        let reasons: BTreeSet<Reason> = decided.clone().map(|decision| decision.reason).collect();
        for reason in &reasons {
            let (incidents, repaired) = self.reasons.entry(*reason).or_default();
            *incidents += 1;
            *repaired += is_repaired;
        }
        for decision in decided.filter(|decision| is_budget(decision.reason)) {
            let rule = decision.rule.clone().unwrap_or_default();
            let (count, last) = self.budgets.of((decision.reason, rule));
            *count += 1;
            *last = (*last).max(decision.at);
        }
        let noise = self.noise.of((
            incident.alert.clone(),
            incident
                .labels
                .get("name")
                .filter(|name| name.ends_with(".service"))
                .map(ToOwned::to_owned),
        ));
        noise.relapses += u64::from(incident.relapses);
        noise.flapping += u64::from(reasons.contains(&Reason::Flapping));
    }

    fn list(&mut self, row: IncidentRow, made: Timestamp) {
        let seconds = row.seconds(made);
        let place = self
            .longest
            .partition_point(|other| other.seconds(made) >= seconds);
        if place < LONGEST {
            self.longest.insert(place, row.clone());
            self.longest.truncate(LONGEST);
        }
        // Incidents settle nearly in the order in which they were noticed.
        let place = self
            .newest
            .partition_point(|other| other.noticed <= row.noticed);
        self.newest.insert(place, row);
        if self.newest.len() > LISTED {
            self.newest.pop_front();
        }
    }
}

/// When the alert began that an event is about.
fn began(event: &Event) -> Option<Timestamp> {
    event.details.get("starts_at")?.as_str()?.parse().ok()
}

/// An incident as it is listed.
fn row(incident: &Incident) -> IncidentRow {
    let fate = fate(incident);
    let mut tried: Vec<String> = Vec::new();
    for attempt in &incident.attempts {
        if !tried.contains(&attempt.action_type) {
            tried.push(attempt.action_type.clone());
        }
    }
    let end = incident.outcome();
    let reason = match fate {
        Fate::Repaired => None,
        Fate::NotRepaired => end.and_then(|end| end.reason),
        Fate::Observed => Some(Reason::Observed),
        Fate::EndedByItself | Fate::Open => {
            let decided = incident.decisions.last().map(|decision| decision.reason);
            decided.or_else(|| end.and_then(|end| end.reason))
        }
    };
    IncidentRow {
        id: incident.id.to_string(),
        alert: incident.alert.clone(),
        severity: incident.severity,
        service: incident.service().map(ToOwned::to_owned),
        summary: incident
            .annotations
            .get("summary")
            .unwrap_or_default()
            .to_owned(),
        began: incident.began,
        noticed: incident.noticed,
        repaired: (fate == Fate::Repaired)
            .then(|| end.map(|end| end.at))
            .flatten(),
        ended: incident.ended,
        fate,
        relapses: incident.relapses,
        tried,
        reason,
    }
}

fn fate(incident: &Incident) -> Fate {
    match incident.outcome().map(|end| end.outcome) {
        Some(Outcome::Success) => Fate::Repaired,
        Some(Outcome::Failed | Outcome::Timeout | Outcome::NotVerified | Outcome::Unknown) => {
            Fate::NotRepaired
        }
        Some(Outcome::Observed) => Fate::Observed,
        Some(Outcome::Cancelled) | None => {
            let mut decisions = incident.decisions.iter();
            if decisions.any(|decision| decision.reason == Reason::Observed) {
                Fate::Observed
            } else if incident.ended.is_some() {
                Fate::EndedByItself
            } else {
                Fate::Open
            }
        }
    }
}

/// Whether everything of a period is still there: it is younger than what is kept, or the journal reaches back beyond it.
fn is_covered(
    period: Period,
    first: Option<Timestamp>,
    kept_seconds: u64,
    is_cut: bool,
    made: Timestamp,
) -> bool {
    let is_reached = first.is_some_and(|first| first <= period.since);
    let age = made.duration_since(period.since).as_secs();
    let is_young = u64::try_from(age).is_ok_and(|age| age <= kept_seconds);
    is_reached || (is_young && !is_cut)
}

const fn is_budget(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::Budget
            | Reason::HostBudget
            | Reason::RuleBudget
            | Reason::TargetBudget
            | Reason::RungBudget
    )
}

fn alert_rows(alerts: Tally<String, OfAlert>) -> Vec<AlertRow> {
    let rows = alerts.into_iter().map(|(alert, of)| AlertRow {
        alert,
        severity: of.severity,
        incidents: of.fates.total(),
        fates: of.fates,
    });
    most(rows, |row| row.incidents)
}

fn remedy_rows(remedies: Tally<String, OfRemedy>) -> Vec<RemedyRow> {
    let rows = remedies.into_iter().map(|(action_type, mut of)| {
        let took = of.took.spread();
        RemedyRow {
            action_type,
            attempts: took.count,
            succeeded: of.succeeded,
            median_seconds: took.median_seconds,
        }
    });
    most(rows, |row| row.attempts)
}

fn noisy_rows(noise: Tally<(String, Option<String>), Noise>) -> Vec<NoisyRow> {
    let rows = noise
        .into_iter()
        .filter(|(_, of)| of.firings >= NOISY || of.relapses > 0 || of.flapping > 0)
        .map(|((alert, service), of)| NoisyRow {
            alert,
            service,
            firings: of.firings,
            relapses: of.relapses,
            flapping: of.flapping,
        });
    most(rows, |row| row.firings)
}

fn reason_rows(reasons: BTreeMap<Reason, (u64, u64)>) -> Vec<ReasonRow> {
    let rows = reasons
        .into_iter()
        .map(|(reason, (incidents, repaired))| ReasonRow {
            reason,
            incidents,
            repaired,
        });
    most(rows, |row| row.incidents)
}

fn budget_rows(budgets: Tally<(Reason, String), (u64, Timestamp)>) -> Vec<BudgetRow> {
    let rows = budgets
        .into_iter()
        .map(|((reason, rule), (incidents, last))| BudgetRow {
            reason,
            rule,
            incidents,
            last,
        });
    most(rows, |row| row.incidents)
}

/// The largest first, equal ones by name; at most [`ROWS`].
fn most<T>(rows: impl Iterator<Item = T>, size: impl Fn(&T) -> u64) -> Vec<T> {
    let mut rows: Vec<T> = rows.collect();
    rows.sort_by_key(|row| std::cmp::Reverse(size(row)));
    rows.truncate(ROWS);
    rows
}

#[cfg(test)]
mod tests;
