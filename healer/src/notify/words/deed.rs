//! What remedies do, as a noun (`restart of nginx.service`) and as something done (`nginx.service was restarted`).

use super::Reader;
use super::plain::line;
use crate::policy::{Language, RemedyKind};

/// The action log's word for lifting a throttle.
const UNDO: &str = "service_throttle_undo";

/// Something that is done to something.
#[derive(Clone, Debug)]
pub(super) struct Deed {
    kind: Option<Kind>,
    /// What it is done to, as people call it.
    on: String,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Remedy(RemedyKind),
    Undo,
}

impl Deed {
    /// By the action log's word, `service_restart`, and a target, `unit:nginx.service`.
    pub(super) fn of_action(action_type: &str, target: &str) -> Self {
        let remedy = RemedyKind::ALL
            .into_iter()
            .find(|kind| kind.action_type() == action_type);
        let kind = match remedy {
            None if action_type == UNDO => Some(Kind::Undo),
            remedy => remedy.map(Kind::Remedy),
        };
        Self {
            kind,
            on: name_of(target),
        }
    }

    /// By the policy's word, `restart_service`, and a target.
    pub(super) fn of_remedy(remedy: &str, target: &str) -> Self {
        Self {
            kind: RemedyKind::from_name(remedy).map(Kind::Remedy),
            on: name_of(target),
        }
    }

    /// `restart of nginx.service`, in small letters.
    pub(super) fn noun(&self, reader: &Reader) -> String {
        let on = &self.on;
        let french = reader.language == Language::French;
        let Some(kind) = self.kind else {
            // A journal of another version.
            return if french {
                format!("réparation de {on}")
            } else {
                format!("repair of {on}")
            };
        };
        if french {
            return match kind {
                Kind::Undo => format!("levée des limites de {on}"),
                Kind::Remedy(RemedyKind::RestartService) => format!("redémarrage de {on}"),
                Kind::Remedy(RemedyKind::StartService) => format!("démarrage de {on}"),
                Kind::Remedy(RemedyKind::StopService) => format!("arrêt de {on}"),
                Kind::Remedy(RemedyKind::ReloadService) => format!("rechargement de {on}"),
                Kind::Remedy(RemedyKind::ResetFailed) => {
                    format!("remise à zéro de l’état d’échec de {on}")
                }
                Kind::Remedy(RemedyKind::ThrottleService) => {
                    format!("limitation des ressources de {on}")
                }
                Kind::Remedy(RemedyKind::CleanFolder) => format!("nettoyage de {on}"),
                Kind::Remedy(RemedyKind::VacuumJournal) => "purge du journal de systemd".to_owned(),
                Kind::Remedy(RemedyKind::CleanPackageCache) => {
                    "purge du cache des paquets".to_owned()
                }
                Kind::Remedy(RemedyKind::DropCaches) => "vidage des caches du noyau".to_owned(),
                Kind::Remedy(RemedyKind::EndProcess) => {
                    format!("arrêt du processus le plus gourmand de {on}")
                }
                Kind::Remedy(RemedyKind::RunCommand) => {
                    format!("commande de la politique pour {on}")
                }
                Kind::Remedy(RemedyKind::Reboot) => "redémarrage de la machine".to_owned(),
            };
        }
        match kind {
            Kind::Undo => format!("lifting of the limits of {on}"),
            Kind::Remedy(RemedyKind::RestartService) => format!("restart of {on}"),
            Kind::Remedy(RemedyKind::StartService) => format!("start of {on}"),
            Kind::Remedy(RemedyKind::StopService) => format!("stop of {on}"),
            Kind::Remedy(RemedyKind::ReloadService) => format!("reload of {on}"),
            Kind::Remedy(RemedyKind::ResetFailed) => format!("reset of the failed state of {on}"),
            Kind::Remedy(RemedyKind::ThrottleService) => format!("throttling of {on}"),
            Kind::Remedy(RemedyKind::CleanFolder) => format!("cleaning of {on}"),
            Kind::Remedy(RemedyKind::VacuumJournal) => {
                "removal of old files of systemd’s journal".to_owned()
            }
            Kind::Remedy(RemedyKind::CleanPackageCache) => {
                "removal of downloaded packages".to_owned()
            }
            Kind::Remedy(RemedyKind::DropCaches) => "dropping of the kernel’s caches".to_owned(),
            Kind::Remedy(RemedyKind::EndProcess) => format!("end of the greediest process of {on}"),
            Kind::Remedy(RemedyKind::RunCommand) => format!("command of the policy for {on}"),
            Kind::Remedy(RemedyKind::Reboot) => "reboot of the machine".to_owned(),
        }
    }

    /// `nginx.service was restarted`, in small letters and without a full stop.
    pub(super) fn done(&self, reader: &Reader) -> String {
        let on = &self.on;
        let french = reader.language == Language::French;
        let Some(kind) = self.kind else {
            return if french {
                format!("une réparation de {on} a eu lieu")
            } else {
                format!("{on} was repaired")
            };
        };
        if french {
            return match kind {
                Kind::Undo => format!("les limites de {on} ont été levées"),
                Kind::Remedy(RemedyKind::RestartService) => format!("{on} a été redémarré"),
                Kind::Remedy(RemedyKind::StartService) => format!("{on} a été démarré"),
                Kind::Remedy(RemedyKind::StopService) => format!("{on} a été arrêté"),
                Kind::Remedy(RemedyKind::ReloadService) => format!("{on} a relu sa configuration"),
                Kind::Remedy(RemedyKind::ResetFailed) => {
                    format!("l’état d’échec de {on} a été remis à zéro")
                }
                Kind::Remedy(RemedyKind::ThrottleService) => {
                    format!("les ressources de {on} ont été limitées")
                }
                Kind::Remedy(RemedyKind::CleanFolder) => format!("{on} a été nettoyé"),
                Kind::Remedy(RemedyKind::VacuumJournal) => {
                    "le journal de systemd a été purgé".to_owned()
                }
                Kind::Remedy(RemedyKind::CleanPackageCache) => {
                    "le cache des paquets a été purgé".to_owned()
                }
                Kind::Remedy(RemedyKind::DropCaches) => {
                    "les caches du noyau ont été vidés".to_owned()
                }
                Kind::Remedy(RemedyKind::EndProcess) => {
                    format!("le processus le plus gourmand de {on} a été arrêté")
                }
                Kind::Remedy(RemedyKind::RunCommand) => {
                    format!("la commande de la politique pour {on} a été exécutée")
                }
                Kind::Remedy(RemedyKind::Reboot) => "la machine a été redémarrée".to_owned(),
            };
        }
        match kind {
            Kind::Undo => format!("the limits of {on} were lifted"),
            Kind::Remedy(RemedyKind::RestartService) => format!("{on} was restarted"),
            Kind::Remedy(RemedyKind::StartService) => format!("{on} was started"),
            Kind::Remedy(RemedyKind::StopService) => format!("{on} was stopped"),
            Kind::Remedy(RemedyKind::ReloadService) => format!("{on} read its configuration again"),
            Kind::Remedy(RemedyKind::ResetFailed) => format!("the failed state of {on} was reset"),
            Kind::Remedy(RemedyKind::ThrottleService) => format!("{on} was throttled"),
            Kind::Remedy(RemedyKind::CleanFolder) => format!("{on} was cleaned"),
            Kind::Remedy(RemedyKind::VacuumJournal) => {
                "old files of systemd’s journal were removed".to_owned()
            }
            Kind::Remedy(RemedyKind::CleanPackageCache) => {
                "downloaded packages were removed".to_owned()
            }
            Kind::Remedy(RemedyKind::DropCaches) => "the kernel’s caches were dropped".to_owned(),
            Kind::Remedy(RemedyKind::EndProcess) => {
                format!("the greediest process of {on} was ended")
            }
            Kind::Remedy(RemedyKind::RunCommand) => {
                format!("the policy’s command for {on} was run")
            }
            Kind::Remedy(RemedyKind::Reboot) => "the machine was rebooted".to_owned(),
        }
    }
}

/// `nginx.service` of `unit:nginx.service`.
pub(super) fn name_of(target: &str) -> String {
    let name = target.split_once(':').map_or(target, |(_, name)| name);
    line(name)
}
