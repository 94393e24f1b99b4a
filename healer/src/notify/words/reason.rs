//! Reasons in the reader's language: what each means and what can be done. English is the reason's own sentence, which
//! the commands and the status page speak with; French stands here. One sentence each, without a full stop.

use super::Reader;
use crate::policy::Language;
use crate::reason::Reason;

/// Follows a colon.
pub(crate) fn reason(reader: &Reader, reason: Reason) -> String {
    match reader.language {
        Language::English => super::plain::sentence(reason.words()),
        Language::French => french(reason).to_owned(),
    }
}

#[expect(clippy::too_many_lines, reason = "a table with a line for each reason")]
const fn french(reason: Reason) -> &'static str {
    match reason {
        Reason::OtherHost => {
            "l’alerte désigne une autre machine, ou aucune\u{a0}; si elle concerne celle-ci, ajoutez la valeur de son étiquette à «\u{a0}host.is\u{a0}»"
        }
        Reason::NoRule => {
            "aucune règle de la politique ne correspond\u{a0}; écrivez-en une s’il faut réagir à cette alerte"
        }
        Reason::NoTarget => {
            "l’étiquette qui devrait désigner la cible manque ou n’est pas un nom d’unité\u{a0}; vérifiez «\u{a0}target\u{a0}» dans la règle et les étiquettes de l’alerte"
        }
        Reason::NotAllowed => {
            "la cible ne figure pas dans la liste autorisée de la règle\u{a0}; ajoutez-la sous «\u{a0}allow\u{a0}» si elle peut être réparée"
        }
        Reason::Protected => {
            "la cible est protégée contre l’opération nécessaire\u{a0}; voyez «\u{a0}protected\u{a0}» dans la politique"
        }
        Reason::OtherFileSystem => {
            "l’alerte concerne un autre système de fichiers que celui du dossier de la règle\u{a0}; il n’y a rien à faire"
        }
        Reason::NotLoaded => {
            "l’unité est introuvable, masquée, ou son fichier contient une erreur\u{a0}; voyez «\u{a0}systemctl status\u{a0}»"
        }
        Reason::ModeOff => {
            "le mode en vigueur est «\u{a0}off\u{a0}»\u{a0}; choisissez «\u{a0}observe\u{a0}» ou «\u{a0}enforce\u{a0}» dans la politique ou dans la règle"
        }
        Reason::Observed => {
            "le mode en vigueur est «\u{a0}observe\u{a0}»\u{a0}: la réparation a été prévue et rien n’a été touché\u{a0}; choisissez «\u{a0}enforce\u{a0}» quand vous lui faites confiance"
        }
        Reason::Paused => {
            "une pause couvre la cible\u{a0}; elle sera réexaminée à la fin de la pause, que «\u{a0}prunelle-healer resume\u{a0}» peut avancer"
        }
        Reason::BootGrace => {
            "la machine vient de démarrer\u{a0}; la cible sera réexaminée après le délai «\u{a0}boot_grace\u{a0}»"
        }
        Reason::StaleEvidence => {
            "Alertmanager n’a pas confirmé l’alerte depuis trop longtemps\u{a0}; vérifiez qu’il est joignable"
        }
        Reason::FactUnknown => {
            "une information indispensable avant d’agir n’a pas pu être obtenue\u{a0}; une nouvelle tentative suivra, et le journal de prunelle-healer dit laquelle"
        }
        Reason::Resolved => "l’alerte a pris fin avant toute action\u{a0}; il n’y a rien à faire",
        Reason::RecoveredByItself => {
            "tout était rentré dans l’ordre avant toute action\u{a0}; il n’y a rien à faire"
        }
        Reason::JoinedRunning => {
            "la cible est déjà en cours de réparation\u{a0}; cette alerte en attend la fin"
        }
        Reason::TargetBusy => {
            "systemd exécute une tâche sur l’unité, ou celle-ci démarre, s’arrête ou va être relancée\u{a0}; elle sera réexaminée dans un instant"
        }
        Reason::Cooldown => {
            "la dernière réparation de cette cible est trop récente\u{a0}; elle sera réexaminée à la fin du délai de repos"
        }
        Reason::Budget => {
            "le budget de cette règle pour cette cible est épuisé\u{a0}; cherchez la cause, d’autres réparations n’y changeraient rien"
        }
        Reason::HostBudget => {
            "le budget de cette machine est épuisé\u{a0}; cherchez la cause, ou augmentez «\u{a0}host_budget\u{a0}»"
        }
        Reason::StartLimit => {
            "un démarrage de plus approcherait trop de la limite «\u{a0}StartLimitBurst\u{a0}» de l’unité, au-delà de laquelle systemd la laisserait à l’arrêt"
        }
        Reason::Quarantined => {
            "tout avait été essayé et la cible a été laissée à une personne\u{a0}; réparez-la, puis libérez-la avec «\u{a0}prunelle-healer release\u{a0}»"
        }
        Reason::StoppedByPerson => {
            "quelqu’un a arrêté l’unité pendant sa réparation\u{a0}; elle ne sera plus touchée tant qu’elle n’aura pas été relancée"
        }
        Reason::CleanStop => {
            "l’unité a été arrêtée à la main, ce que la règle respecte\u{a0}; démarrez-la quand vous en aurez besoin"
        }
        Reason::NothingToClean => {
            "rien n’était assez ancien pour être supprimé\u{a0}; cherchez ce qui remplit le système de fichiers"
        }
        Reason::NotPermitted => {
            "la réparation exige un droit que prunelle-healer n’a pas\u{a0}; «\u{a0}prunelle-healer polkit\u{a0}» affiche les règles qui l’accordent"
        }
        Reason::NotVerified => {
            "la réparation a été exécutée, mais la vérification n’est pas concluante\u{a0}; consultez le journal de la cible"
        }
        Reason::RemedyFailed => "la réparation elle-même a échoué\u{a0}; son message dit comment",
        Reason::TimedOut => {
            "le délai de la tentative est dépassé\u{a0}; cherchez ce qui bloque, ou augmentez «\u{a0}within\u{a0}»"
        }
        Reason::Interrupted => {
            "prunelle-healer s’est arrêté avant que la réparation n’agisse\u{a0}; la tentative compte, et rien ne s’est passé"
        }
        Reason::UnknownAfterCrash => {
            "prunelle-healer s’est arrêté pendant la réparation et ne peut pas dire comment elle a fini\u{a0}; examinez la cible"
        }
        Reason::LadderExhausted => {
            "tout ce que la règle permet a été essayé\u{a0}; c’est maintenant à une personne de réparer"
        }
        Reason::Silenced => {
            "Alertmanager a mis l’alerte en silence ou l’inhibe\u{a0}; elle sera réexaminée à la fin de ce silence"
        }
        Reason::Maintenance => {
            "la règle n’est pas en vigueur à cette heure\u{a0}; voyez ses plages horaires dans la politique"
        }
        Reason::PackageUpgrade => {
            "un gestionnaire de paquets est à l’œuvre\u{a0}; la cible sera réexaminée quand il aura fini"
        }
        Reason::NotCritical => {
            "ce qui touche un service ou un processus en marche exige une alerte critique, et celle-ci ne l’est pas\u{a0}; voyez «\u{a0}critical\u{a0}» dans la politique"
        }
        Reason::NoVictim => {
            "aucune unité ne se distingue par sa consommation\u{a0}; regardez ce que fait la machine dans son ensemble"
        }
        Reason::IdentityMismatch => {
            "le processus n’est pas, ou n’est plus, celui qui avait été choisi\u{a0}; il n’a pas été touché"
        }
        Reason::RungNotAllowed => {
            "cet échelon n’est pas prévu pour cette unité\u{a0}; le suivant est essayé"
        }
        Reason::RungBudget => "le budget de cet échelon est épuisé\u{a0}; le suivant est essayé",
        Reason::RuleBudget => {
            "le budget de cette règle, toutes cibles confondues, est épuisé\u{a0}; cherchez la cause, ou augmentez «\u{a0}rule_budget\u{a0}»"
        }
        Reason::TargetBudget => {
            "le budget de cette cible, toutes règles confondues, est épuisé\u{a0}; cherchez la cause, ou augmentez «\u{a0}target_budget\u{a0}»"
        }
        Reason::Flapping => {
            "la cible a été réparée trop souvent ces derniers temps\u{a0}; cherchez la cause, une réparation de plus n’y changerait rien"
        }
        Reason::TooManyAtOnce => {
            "le nombre maximal de réparations simultanées est atteint\u{a0}; la cible sera réexaminée dès que l’une d’elles prend fin"
        }
        Reason::TooFewHealthy => {
            "trop peu d’autres unités de son groupe sont en marche\u{a0}; remettez-en d’abord une autre en marche"
        }
        Reason::BreakerOpen => {
            "la règle a échoué trop souvent d’affilée et n’est plus utilisée pour un temps\u{a0}; cherchez pourquoi elle n’aide pas"
        }
        Reason::AwaitingApproval => {
            "une personne doit d’abord donner son accord\u{a0}; «\u{a0}prunelle-healer status\u{a0}» énumère les questions, «\u{a0}approve\u{a0}» et «\u{a0}deny\u{a0}» y répondent"
        }
        Reason::Denied => {
            "une personne a refusé\u{a0}; la question ne sera plus posée avant une nouvelle alerte"
        }
        Reason::ApprovalExpired => {
            "personne n’a donné son accord à temps\u{a0}; la question ne sera plus posée avant une nouvelle alerte"
        }
        Reason::RebootedLately => {
            "la machine a démarré trop récemment pour être redémarrée\u{a0}; cherchez pourquoi elle en aurait besoin"
        }
        Reason::InvalidAlert => {
            "une étiquette ou une annotation de l’alerte dépasse les limites\u{a0}; raccourcissez-la dans la règle de Prometheus"
        }
    }
}
