//! What is wrong, by the alert's name: as it is, as it was, and when it is well again.
//!
//! The shipped alerts have words of their own; any other speaks by its annotation `summary`, or by its name.

use super::Reader;
use super::plain::{capital, line};
use super::{About, plain};
use crate::alert::Labels;
use crate::incident::Incident;
use crate::policy::Language;
use crate::reason::Reason;

/// A fault in words, without the host and without a full stop. Each begins as a sentence does.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    /// `nginx.service is down`
    pub(super) is: String,
    /// `nginx.service was down`
    pub(super) was: String,
    /// `nginx.service is up again`; none when it is not known what the opposite is.
    pub(super) is_well: Option<String>,
    /// Whether it says by itself where it is.
    names_host: bool,
}

impl Fault {
    pub(super) fn of(incident: &Incident, reader: &Reader) -> Self {
        let label = |name: &str| incident.labels.get(name).map(line).unwrap_or_default();
        let known = match reader.language {
            Language::English => english(&incident.alert, &label),
            Language::French => french(&incident.alert, &label),
        };
        if let Some([is, was, is_well]) = known {
            return Self {
                is: capital(&is),
                was: capital(&was),
                is_well: Some(capital(&is_well)),
                names_host: false,
            };
        }
        let text = summary(incident);
        Self {
            is: text.clone(),
            was: text,
            is_well: None,
            names_host: incident.annotations.contains_key("summary"),
        }
    }

    /// `… on web1`
    pub(super) fn at(&self, clause: &str, host: &str, reader: &Reader) -> String {
        if self.names_host && clause.contains(host) {
            return clause.to_owned();
        }
        format!("{clause} {} {host}", reader.say("on", "sur"))
    }
}

/// The alert's own words, or its name.
fn summary(incident: &Incident) -> String {
    let own = |name| {
        incident
            .annotations
            .get(name)
            .filter(|text| !text.trim().is_empty())
    };
    line(own("summary").unwrap_or(&incident.alert))
        .trim_end_matches('.')
        .to_owned()
}

/// The machine it is about: this one, unless the alert names another.
pub(super) fn host(incident: &Incident, about: &About) -> String {
    let is_elsewhere = incident
        .decisions
        .iter()
        .any(|decision| decision.reason == Reason::OtherHost);
    match without_port(&incident.labels) {
        Some(instance) if is_elsewhere => line(instance),
        _ => line(&about.hostname),
    }
}

/// The label `instance`, when it tells more than the name of the host.
pub(super) fn instance(incident: &Incident, host: &str) -> Option<String> {
    let name = without_port(&incident.labels)?;
    let is_this_one =
        name == host || name == "localhost" || name == "[::1]" || name.starts_with("127.");
    (!is_this_one).then(|| incident.labels.get("instance").map(plain::line))?
}

fn without_port(labels: &Labels) -> Option<&str> {
    let instance = labels
        .get("instance")
        .filter(|instance| !instance.is_empty())?;
    Some(match instance.rsplit_once(':') {
        Some((name, port))
            if !name.is_empty() && port.bytes().all(|digit| digit.is_ascii_digit()) =>
        {
            name
        }
        _ => instance,
    })
}

fn english(alert: &str, label: &dyn Fn(&str) -> String) -> Option<[String; 3]> {
    let words = match alert {
        "ServiceDown" => {
            let name = label("name");
            return Some([
                format!("{name} is down"),
                format!("{name} was down"),
                format!("{name} is up again"),
            ]);
        }
        "ServiceMissing" => {
            let name = label("name");
            return Some([
                format!("{name} cannot be watched"),
                format!("{name} could not be watched"),
                format!("{name} can be watched again"),
            ]);
        }
        "DiskFull" => {
            let place = label("mountpoint");
            return Some([
                format!("{place} is almost full"),
                format!("{place} was almost full"),
                format!("{place} has space again"),
            ]);
        }
        "CpuHigh" => [
            "CPU usage is high",
            "CPU usage was high",
            "CPU usage is back to normal",
        ],
        "MemoryHigh" => [
            "memory is short",
            "memory was short",
            "there is enough memory again",
        ],
        "NetworkHigh" => [
            "network traffic is high",
            "network traffic was high",
            "network traffic is back to normal",
        ],
        "ServiceStateUnknown" => [
            "the state of the services is unknown",
            "the state of the services was unknown",
            "the state of the services is known again",
        ],
        "ExporterDown" => [
            "the exporter does not answer",
            "the exporter did not answer",
            "the exporter answers again",
        ],
        "HealerDown" => [
            "the healer does not answer",
            "the healer did not answer",
            "the healer answers again",
        ],
        "HeartbeatMissing" => [
            "no heartbeat comes from Prometheus any more",
            "no heartbeat came from Prometheus",
            "the heartbeat of Prometheus is back",
        ],
        _ => return None,
    };
    Some(words.map(str::to_owned))
}

fn french(alert: &str, label: &dyn Fn(&str) -> String) -> Option<[String; 3]> {
    let words = match alert {
        "ServiceDown" => {
            let name = label("name");
            return Some([
                format!("{name} est à l’arrêt"),
                format!("{name} était à l’arrêt"),
                format!("{name} est de nouveau en marche"),
            ]);
        }
        "ServiceMissing" => {
            let name = label("name");
            return Some([
                format!("{name} ne peut pas être surveillé"),
                format!("{name} ne pouvait pas être surveillé"),
                format!("{name} peut de nouveau être surveillé"),
            ]);
        }
        "DiskFull" => {
            let place = label("mountpoint");
            return Some([
                format!("{place} est presque plein"),
                format!("{place} était presque plein"),
                format!("{place} a de nouveau de l’espace libre"),
            ]);
        }
        "CpuHigh" => [
            "l’utilisation du processeur est élevée",
            "l’utilisation du processeur était élevée",
            "l’utilisation du processeur est revenue à la normale",
        ],
        "MemoryHigh" => [
            "la mémoire est presque pleine",
            "la mémoire était presque pleine",
            "la mémoire est de nouveau suffisante",
        ],
        "NetworkHigh" => [
            "le trafic réseau est élevé",
            "le trafic réseau était élevé",
            "le trafic réseau est revenu à la normale",
        ],
        "ServiceStateUnknown" => [
            "l’état des services est inconnu",
            "l’état des services était inconnu",
            "l’état des services est de nouveau connu",
        ],
        "ExporterDown" => [
            "l’exporteur ne répond pas",
            "l’exporteur ne répondait pas",
            "l’exporteur répond de nouveau",
        ],
        "HealerDown" => [
            "le réparateur ne répond pas",
            "le réparateur ne répondait pas",
            "le réparateur répond de nouveau",
        ],
        "HeartbeatMissing" => [
            "Prometheus ne donne plus signe de vie",
            "Prometheus ne donnait plus signe de vie",
            "Prometheus donne de nouveau signe de vie",
        ],
        _ => return None,
    };
    Some(words.map(str::to_owned))
}
