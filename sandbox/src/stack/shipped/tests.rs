use super::*;

const PROMETHEUS: &str = include_str!("../../../../prometheus/prometheus.yml");
const FAST: &str = include_str!("../../../../prometheus/fast.yml");
const ALERTMANAGER: &str = include_str!("../../../../alertmanager/alertmanager.yml");
const SERVICES: &str = include_str!("../../../../prometheus/rules/services.yml");

fn names(list: &[&str]) -> Vec<String> {
    list.iter().map(|&name| name.to_owned()).collect()
}

#[test]
fn prometheus_gets_other_addresses_and_nothing_else() {
    let (exporters, healers) = (
        names(&["localhost:1", "localhost:2"]),
        names(&["localhost:3"]),
    );
    for shipped in [PROMETHEUS, FAST] {
        let ours = parse(&prometheus(shipped, &[4], &exporters, &healers).unwrap()).unwrap();
        let mut expected = parse(shipped).unwrap();
        expected["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"] =
            strings(&names(&["127.0.0.1:4"]));
        for (job, targets) in [(0, &exporters), (1, &exporters), (2, &healers)] {
            expected["scrape_configs"][job]["static_configs"][0]["targets"] = strings(targets);
        }
        assert_eq!(ours, expected);
    }
}

#[test]
fn alertmanager_gets_a_webhook_for_each_healer_and_for_people() {
    let text = alertmanager(ALERTMANAGER, &[1, 2], Path::new("/t"), 3).unwrap();
    let (ours, shipped) = (parse(&text).unwrap(), parse(ALERTMANAGER).unwrap());
    assert_eq!(ours["route"], shipped["route"]);
    assert_eq!(ours["inhibit_rules"], shipped["inhibit_rules"]);
    let urls = |receiver: usize| {
        let webhooks = ours["receivers"][receiver]["webhook_configs"]
            .as_sequence()
            .unwrap();
        let urls = webhooks
            .iter()
            .map(|webhook| webhook["url"].as_str().unwrap());
        urls.collect::<Vec<_>>()
    };
    assert_eq!(
        urls(0),
        [
            "http://127.0.0.1:1/api/v1/alerts",
            "http://127.0.0.1:2/api/v1/alerts"
        ]
    );
    assert_eq!(urls(1), ["http://127.0.0.1:3/"]);
    assert!(!text.contains("/etc/") && !text.contains("email_configs"));
}

#[test]
fn a_shipped_file_that_moved_is_an_error() {
    let moved = PROMETHEUS.replace("localhost:9750", "localhost:9751");
    assert!(prometheus(&moved, &[1], &[], &[]).is_err());
    let renamed = ALERTMANAGER.replace("prunelle-healer", "healer");
    assert!(alertmanager(&renamed, &[1], Path::new("/t"), 2).is_err());
    assert!(policy("host: {label: instance, is: [web1]}", "localhost:1").is_err());
}

#[test]
fn rules_are_changed_only_where_asked() {
    assert_eq!(rules(SERVICES, &[], "").unwrap(), SERVICES);
    let change = RuleChange {
        alert: "ServiceMissing".to_owned(),
        field: "for".to_owned(),
        value: "1s".to_owned(),
    };
    let ours = parse(&rules(SERVICES, &[change], "").unwrap()).unwrap();
    let mut expected = parse(SERVICES).unwrap();
    expected["groups"][1]["rules"][0]["for"] = "1s".into();
    assert_eq!(ours, expected);
}
