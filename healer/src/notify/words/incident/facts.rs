//! What is known of an incident: where, how much against which threshold, how bad, since when.

use std::time::Duration;

use super::super::Reader;
use super::super::count;
use super::super::fault::instance;
use super::super::outcome::severity;
use super::super::plain::{capital, line};
use crate::incident::Incident;
use crate::notify::wording::Fact;
use crate::reason::Outcome;

pub(super) fn facts(incident: &Incident, host: &str, reader: &Reader) -> Vec<Fact> {
    let annotation = |name| {
        incident
            .annotations
            .get(name)
            .filter(|text| !text.trim().is_empty())
    };
    let mut facts = Vec::new();
    let place = match instance(incident, host) {
        Some(instance) => format!("{host} ({instance})"),
        None => host.to_owned(),
    };
    facts.push(reader.fact("Host", "Machine", place));
    if let Some(service) = incident.service() {
        facts.push(reader.fact("Service", "Service", line(service)));
    }
    let unit = annotation("unit");
    if let Some(value) = annotation("value") {
        let value = reader.measured(value, unit);
        let (english, french) = if incident.ended.is_some() || incident.is_repaired() {
            ("Last value", "Dernière valeur")
        } else {
            ("Value", "Valeur")
        };
        facts.push(reader.fact(english, french, value));
    }
    if let Some(threshold) = annotation("threshold") {
        let threshold = reader.measured(threshold, unit);
        let (english, french) = match unit {
            Some("state") => ("Expected", "Attendu"),
            _ => ("Threshold", "Seuil"),
        };
        facts.push(reader.fact(english, french, threshold));
    }
    facts.push(reader.fact(
        "Severity",
        "Gravité",
        capital(severity(reader, incident.severity)),
    ));
    facts.push(reader.fact("Alert", "Alerte", line(&incident.alert)));
    facts.push(reader.fact("Began", "Début", reader.moment(incident.began).full()));
    if let Some(ended) = incident.ended {
        facts.push(reader.fact("Ended", "Fin", reader.moment(ended).full()));
        let lasted = reader.between(incident.began, ended);
        facts.push(reader.fact("Lasted", "Durée", lasted));
    }
    if let Some(end) = incident.outcome() {
        let took = reader.duration(Duration::from_millis(end.duration_ms));
        let (english, french) = if end.outcome == Outcome::Success {
            ("Repair took", "Durée de la réparation")
        } else {
            ("Tried for", "Durée des tentatives")
        };
        facts.push(reader.fact(english, french, took));
        facts.push(reader.fact("Rule", "Règle", line(&end.rule)));
    }
    if incident.relapses > 0 {
        let times = reader.count(u64::from(incident.relapses), count::RELAPSE);
        facts.push(reader.fact("Came again", "Revenu", times));
    }
    facts
}
