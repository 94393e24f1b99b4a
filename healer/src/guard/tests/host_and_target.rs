//! Host, target, allow-lists, protection by verb, and what needs a critical alert.

use super::*;

#[expect(clippy::too_many_lines, reason = "a table, one row a change")]
pub(super) fn tables() -> Vec<Table> {
    use Decision::{Act, Defer, Suppress};
    let of_service: Vec<Row> = vec![
        (
            "another host",
            |s| s.policy.host.is = vec!["db1:9750".into()],
            Suppress(Reason::OtherHost),
        ),
        (
            "no host label",
            |s| {
                s.alert.labels = Labels::from([("severity".into(), "critical".into())]);
            },
            Suppress(Reason::OtherHost),
        ),
        (
            "not in the allow-list",
            |s| s.target = "mysql".parse().unwrap(),
            Suppress(Reason::NotAllowed),
        ),
        (
            "an empty allow-list allows nothing",
            |s| {
                s.rule.target = TargetRule::Unit {
                    label: "name".into(),
                    allow: vec![],
                }
            },
            Suppress(Reason::NotAllowed),
        ),
        (
            "a folder for a rule about units",
            |s| s.target = "/tmp".parse().unwrap(),
            Suppress(Reason::NoTarget),
        ),
        (
            "protected, but dead: starting it is allowed",
            protect_nginx,
            Act,
        ),
        (
            "protected and in some live state",
            |s| {
                protect_nginx(s);
                s.unit().active = ActiveState::Reloading;
            },
            Suppress(Reason::Protected),
        ),
        (
            "an alias of a protected live unit",
            |s| {
                s.policy.protected.units =
                    vec![Glob::new("web.service").unwrap().compile_matcher()];
                s.unit().id = "web".parse().unwrap();
                s.unit().active = ActiveState::Reloading;
            },
            Suppress(Reason::Protected),
        ),
        (
            "not critical, and what would be done hits nothing that runs",
            |s| s.is_critical(false),
            Act,
        ),
        (
            "not critical, and a unit that is up would be stopped",
            |s| {
                s.is_critical(false);
                s.stop_live();
            },
            Suppress(Reason::NotCritical),
        ),
        (
            "an empty list of critical matchers makes nothing critical",
            |s| {
                s.policy.critical.clear();
                s.stop_live();
            },
            Suppress(Reason::NotCritical),
        ),
        (
            "critical, and a unit that is up would be stopped",
            Scene::stop_live,
            Act,
        ),
        (
            "not critical, and it would be ended whatever its state",
            |s| {
                s.is_critical(false);
                s.remedy(RemedySpec::EndProcess(EndProcess { grace: 10 * SECOND }));
            },
            Suppress(Reason::NotCritical),
        ),
        (
            "not critical, and a unit that is up would be reloaded",
            |s| {
                s.is_critical(false);
                s.unit().active = ActiveState::Active;
                s.remedy(RemedySpec::ReloadService);
            },
            Suppress(Reason::NotCritical),
        ),
        (
            "the rung is for other units",
            |s| s.rule.ladder[0].allow = Some(vec![glob("mysql.service")]),
            Suppress(Reason::RungNotAllowed),
        ),
        (
            "the rung is for no unit at all",
            |s| s.rule.ladder[0].allow = Some(vec![]),
            Suppress(Reason::RungNotAllowed),
        ),
        (
            "the rung is for it",
            |s| s.rule.ladder[0].allow = Some(vec![glob("nginx.*")]),
            Act,
        ),
        (
            "the rung would allow what the rule does not",
            |s| {
                s.rule.ladder[0].allow = Some(vec![glob("*")]);
                s.target = "mysql".parse().unwrap();
            },
            Suppress(Reason::NotAllowed),
        ),
    ];
    let of_folder: Vec<Row> = vec![
        (
            "another path than the rule's",
            |s| s.target = "/var/tmp".parse().unwrap(),
            Suppress(Reason::NotAllowed),
        ),
        (
            "below a protected path",
            |s| s.policy.protected.paths = vec!["/tmp".into()],
            Suppress(Reason::Protected),
        ),
        (
            "the alert is about another mount",
            |s| s.folder().is_alert_about_its_file_system = false,
            Suppress(Reason::OtherFileSystem),
        ),
        (
            "a rung for certain units, and the target is none",
            |s| s.rule.ladder[0].allow = Some(vec![glob("*")]),
            Suppress(Reason::RungNotAllowed),
        ),
        (
            "a mount that the rule allows, and a folder on it that is protected",
            |s| {
                s.on_mount("/var", "/var/tmp");
                s.policy.protected.paths = vec!["/var/tmp".into()];
            },
            Suppress(Reason::Protected),
        ),
        (
            "a mount that the rule allows",
            |s| s.on_mount("/var", "/var/tmp"),
            Act,
        ),
        (
            "another mount",
            |s| {
                s.on_mount("/var", "/var/tmp");
                s.target = "mount:/".parse().unwrap();
            },
            Suppress(Reason::NotAllowed),
        ),
        (
            "a mount that does not answer",
            |s| {
                s.on_mount("/var", "/var/tmp");
                s.facts.folder = Fact::Unknown("timed out".into());
            },
            Defer(Reason::FactUnknown, SECOND),
        ),
    ];
    let of_group: Vec<Row> = vec![
        (
            "nothing stands out",
            |s| s.facts.victim = Fact::NotApplicable,
            Suppress(Reason::NoVictim),
        ),
        (
            "processes cannot be measured",
            |s| s.facts.victim = Fact::Unknown("timed out".into()),
            Defer(Reason::FactUnknown, SECOND),
        ),
        (
            "the greediest is not in the allow-list: no lesser one takes its place",
            |s| s.victim("mysql"),
            Suppress(Reason::NotAllowed),
        ),
        (
            "the greediest is protected",
            |s| protect_nginx(s),
            Suppress(Reason::Protected),
        ),
        (
            "a warning ends nothing",
            |s| s.is_critical(false),
            Suppress(Reason::NotCritical),
        ),
        (
            "a group of another resource",
            |s| s.target = Target::ProcessGroup(Resource::Cpu),
            Suppress(Reason::NoTarget),
        ),
        (
            "the rung is for other victims",
            |s| s.rule.ladder[0].allow = Some(vec![glob("mysql.service")]),
            Suppress(Reason::RungNotAllowed),
        ),
    ];
    vec![
        (dead_service(), of_service),
        (full_disk(), of_folder),
        (greedy_group(), of_group),
    ]
}

#[test]
fn one_change_gives_one_answer() {
    check(tables());
}
