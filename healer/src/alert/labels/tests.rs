use proptest::prelude::*;

use super::*;

fn of(pairs: &[(&str, &str)]) -> Labels {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

#[test]
fn values_are_found_by_name() {
    let labels = of(&[("severity", "critical"), ("alertname", "Ä"), ("", "x")]);
    assert_eq!(labels.get("alertname"), Some("Ä"));
    assert_eq!(labels.get("severity"), Some("critical"));
    assert_eq!(labels.get(""), Some("x"));
    assert_eq!(labels.get("sever"), None);
    assert_eq!((labels.len(), Labels::new().len()), (3, 0));
}

#[test]
fn a_name_is_there_once_and_the_last_value_counts() {
    let mut labels = of(&[("a", "1"), ("a", "2")]);
    assert_eq!(labels, of(&[("a", "2")]));
    labels.insert("a".to_owned(), "3".to_owned());
    assert_eq!(labels, of(&[("a", "3")]));
    labels.clear();
    assert!(labels.is_empty());
}

#[test]
fn neighbours_are_told_apart() {
    assert_ne!(of(&[("a", "bc")]), of(&[("ab", "c")]));
    assert_ne!(of(&[("a", ""), ("b", "")]), of(&[("a", "b")]));
}

proptest! {
    #[test]
    fn it_is_what_a_map_of_strings_is(map: BTreeMap<String, String>) {
        let labels = Labels::from(map.clone());
        prop_assert_eq!(labels.owned().collect::<BTreeMap<_, _>>(), map.clone());
        prop_assert!(labels.values().eq(map.values()));
        let json = serde_json::to_string(&labels).unwrap();
        prop_assert_eq!(&json, &serde_json::to_string(&map).unwrap());
        prop_assert_eq!(serde_json::from_str::<Labels>(&json).unwrap(), labels.clone());
        for (name, value) in &map {
            prop_assert_eq!(labels.get(name), Some(value.as_str()));
        }
    }
}
