use std::path::Path;

use super::*;

fn keys() -> Vec<Key> {
    let key = |path: &str, takes_list| Key {
        path: path.into(),
        takes_list,
    };
    vec![
        key("web.listen_addresses", true),
        key("web.max_requests", false),
        key("thresholds.cpu.warning", false),
        key("thresholds.cpu.critical", false),
        key("collectors.hwmon.enabled", false),
        key("services", true),
    ]
}

fn read(text: &str) -> (BTreeMap<String, GivenValue>, String) {
    let document = Document::parse(Path::new("e.yml"), text).unwrap();
    let (values, errors) = document.values(&keys());
    let errors: Vec<_> = errors.iter().map(ToString::to_string).collect();
    (values, errors.join("\n"))
}

#[test]
fn values_are_texts_with_their_places() {
    let (values, errors) = read(
        "
web:
  listen_addresses: [':1', '[::1]:2']
  max_requests: 40
thresholds: {cpu: {warning: 80%, critical: 95.5}}
collectors:
  hwmon: {enabled: yes}
services: []
",
    );
    assert_eq!(errors, "");
    let told: Vec<_> = values
        .iter()
        .map(|(path, value)| {
            let items = value.items.iter();
            let items: Vec<_> = items
                .map(|item| format!("{}@{}:{}", item.text, item.place.line, item.place.column))
                .collect();
            format!("{path} {} {}", value.is_list, items.join(" "))
        })
        .collect();
    assert_eq!(
        told,
        [
            "collectors.hwmon.enabled false yes@7:20",
            "services true ",
            "thresholds.cpu.critical false 95.5@5:44",
            "thresholds.cpu.warning false 80%@5:29",
            "web.listen_addresses true :1@3:22 [::1]:2@3:28",
            "web.max_requests false 40@4:17",
        ]
    );
}

#[test]
fn what_has_no_value_is_not_given() {
    for text in [
        "",
        "# nothing",
        "web:\n",
        "web: {max_requests: }\nservices:\n",
    ] {
        assert_eq!(read(text), (BTreeMap::new(), String::new()), "{text}");
    }
}

#[test]
fn everything_that_is_wrong_is_told_with_its_place_and_the_rest_is_read() {
    let (values, errors) = read(
        "
wed: {max_requests: 1}
web:
  max_request: 2
  listen_addresses: {a: b}
  max_requests: [1]
thresholds: 80
collectors: {hwmom: {enabled: true}, hwmon: {enabled: true, frobnicate: 1}}
services: [a, [b], c]
",
    );
    insta::assert_snapshot!(errors, @r"
    e.yml:2:1: unknown key `wed`
      hint: did you mean `web`?
    e.yml:4:3: unknown key `max_request`
      hint: did you mean `max_requests`?
    e.yml:5:3: `web.listen_addresses`: expected a value or a list of values, found a mapping
    e.yml:6:3: `web.max_requests`: expected a value, found a list
    e.yml:7:13: expected a mapping, found `80`
      hint: known here: `cpu`
    e.yml:8:14: unknown key `hwmom`
      hint: did you mean `hwmon`?
    e.yml:8:61: unknown key `frobnicate`
      hint: known here: `enabled`
    e.yml:9:15: `services`: expected a value, found a list
    ");
    let read: Vec<_> = values.keys().map(String::as_str).collect();
    assert_eq!(read, ["collectors.hwmon.enabled", "services"]);
}

proptest::proptest! {
    #[test]
    fn any_text_is_values_or_errors_with_a_place(
        lines in proptest::collection::vec(
            "(  ){0,3}(web|thresholds|cpu|warning|services|x|'|\\[|\\{|&a|\\*a)(: ?|\\]|\\}|)(1|a, b|\\[a|~|)",
            0..12,
        ),
    ) {
        let text = lines.join("\n");
        if let Ok(document) = Document::parse(Path::new("e.yml"), &text) {
            let (values, errors) = document.values(&keys());
            for error in errors {
                assert!(error.line >= 1 && error.column >= 1, "{text}");
            }
            for item in values.values().flat_map(|value| &value.items) {
                assert!(item.place.line <= lines.len().max(1), "{text}");
            }
        }
    }
}
