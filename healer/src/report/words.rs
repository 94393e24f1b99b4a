//! What is said in a report alone, in both languages side by side; what messages say as well stands in `notify::words`.

use std::time::Duration;

use jiff::Timestamp;

use super::sheet::Ink;
use super::summary::Fate;
use crate::incident::Severity;
use crate::notify::words::{Reader, line};
use crate::policy::Language;

impl Reader {
    /// One of two texts that have to be made.
    pub(super) fn pick(
        &self,
        english: impl FnOnce() -> String,
        french: impl FnOnce() -> String,
    ) -> String {
        match self.language {
            Language::English => english(),
            Language::French => french(),
        }
    }

    /// `en`, `fr`
    pub(super) const fn tag(&self) -> &'static str {
        match self.language {
            Language::English => "en",
            Language::French => "fr",
        }
    }

    /// `97%`
    pub(super) fn percent(&self, percent: u64) -> String {
        format!("{percent}{}%", self.say("", "\u{a0}"))
    }

    /// `Europe/Paris`, or the offset of a zone without a name.
    pub(super) fn zone_name(&self) -> String {
        self.time_zone.iana_name().map_or_else(
            || self.time_zone.to_offset(Timestamp::UNIX_EPOCH).to_string(),
            ToOwned::to_owned,
        )
    }

    /// A duration in seconds, or a dash.
    pub(super) fn seconds(&self, seconds: Option<f64>) -> String {
        seconds.map_or_else(
            || "–".to_owned(),
            |seconds| self.duration(Duration::try_from_secs_f64(seconds).unwrap_or_default()),
        )
    }
}

/// `2s`, `5m`, `2h`: for the foot of a column.
pub(super) fn short_duration(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m", seconds / 60),
        _ => format!("{}h", seconds / 3600),
    }
}

/// How one incident stands.
pub(super) fn fate_of_one(reader: &Reader, fate: Fate) -> &str {
    match fate {
        Fate::Repaired => reader.say("repaired", "réparé"),
        Fate::NotRepaired => reader.say("not repaired", "non réparé"),
        Fate::Observed => reader.say("observed", "observé"),
        Fate::EndedByItself => reader.say("ended by itself", "fini seul"),
        Fate::Open => reader.say("open", "en cours"),
    }
}

/// How several incidents stand.
pub(super) fn fate(reader: &Reader, fate: Fate) -> &str {
    match fate {
        Fate::Repaired => reader.say("repaired", "réparés"),
        Fate::NotRepaired => reader.say("not repaired", "non réparés"),
        Fate::Observed => reader.say("observed", "observés"),
        Fate::EndedByItself => reader.say("ended by itself", "finis seuls"),
        Fate::Open => reader.say("open", "en cours"),
    }
}

/// The colour of a severity.
pub(super) const fn severity_ink(severity: Severity) -> Ink {
    match severity {
        Severity::Critical => Ink::Bad,
        Severity::Warning => Ink::Warn,
        Severity::Info => Ink::Soft,
    }
}

/// What was done, as a kind: by the action log's word.
pub(super) fn remedy(reader: &Reader, action_type: &str) -> String {
    let (english, french) = match action_type {
        "service_restart" => ("restart of a service", "redémarrage d’un service"),
        "service_start" => ("start of a service", "démarrage d’un service"),
        "service_stop" => ("stop of a service", "arrêt d’un service"),
        "service_reload" => ("reload of a service", "rechargement d’un service"),
        "service_reset_failed" => ("reset of a failure", "remise à zéro d’un échec"),
        "service_throttle" => ("throttling of a service", "limitation d’un service"),
        "service_throttle_undo" => ("end of a throttling", "fin d’une limitation"),
        "folder_clean" => ("cleaning of a folder", "nettoyage d’un dossier"),
        "journal_vacuum" => ("vacuum of systemd’s journal", "purge du journal de systemd"),
        "package_cache_clean" => (
            "cleaning of the package cache",
            "purge du cache des paquets",
        ),
        "caches_drop" => ("drop of the kernel’s caches", "vidage des caches du noyau"),
        "process_end" => (
            "end of the greediest process",
            "arrêt du processus le plus gourmand",
        ),
        "command_run" => ("command of the policy", "commande de la politique"),
        "host_reboot" => ("reboot of the machine", "redémarrage de la machine"),
        other => return line(other),
    };
    reader.say(english, french).to_owned()
}
