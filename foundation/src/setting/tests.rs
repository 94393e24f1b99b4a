use super::*;

#[test]
fn a_problem_tells_name_value_and_remedy_and_all_are_told_at_once() {
    let mut errors = SettingErrors::default();
    assert_eq!(errors.parse("--first", "yes", boolean), Some(true));
    assert!(errors.is_empty());
    assert_eq!(errors.parse("--second", "maybe", boolean), None);
    errors.add("THIRD", "64", Problem::new("has no unit", "write `64MiB`"));
    assert_eq!(
        errors.to_string(),
        "`--second` is neither on nor off: `maybe`\n  hint: use `true` or `false`\n\
         `THIRD` has no unit: `64`\n  hint: write `64MiB`"
    );
    assert_eq!(errors.iter().len(), 2);
}

#[test]
fn a_place_in_a_file_goes_before_the_name_and_only_the_wrong_part_is_told() {
    let mut errors = SettingErrors::default();
    let origin = Origin {
        name: "services".into(),
        place: Some(Place {
            file: "/etc/exporter.yml".into(),
            line: 3,
            column: 11,
        }),
    };
    let problem = Problem::new("is not a unit name", "write `nginx`").with("ng inx");
    errors.add(origin, "cron,ng inx", problem);
    assert_eq!(
        errors.to_string(),
        "/etc/exporter.yml:3:11: `services` is not a unit name: `ng inx`\n  hint: write `nginx`"
    );
}

#[test]
fn an_empty_text_is_not_given() {
    assert_eq!(given(Some(" a b ")), Some("a b"));
    for value in [None, Some(""), Some(" \t")] {
        assert_eq!(given(value), None);
    }
}

#[test]
fn booleans_are_read_as_people_write_them() {
    for text in ["True", "true", "TRUE", "1", "yes", "Yes", "on"] {
        assert_eq!(boolean(text), Ok(true), "{text}");
    }
    for text in ["False", "false", "0", "no", "No", "off", "OFF"] {
        assert_eq!(boolean(text), Ok(false), "{text}");
    }
    for text in ["", "2", "enabled", "y"] {
        assert!(boolean(text).is_err(), "{text}");
    }
}
