use super::*;

fn sample(value: f64) -> Sample {
    Sample {
        labels: Labels::from([("job".to_owned(), "web".to_owned())]),
        value,
    }
}

#[track_caller]
fn holds(expression: &str, value: Value) -> bool {
    match judge(expression, Ok(value)) {
        Look::Holds(..) => true,
        Look::NotYet(..) => false,
        Look::Never(what, _) => panic!("{what}"),
    }
}

#[test]
fn what_a_comparison_lets_through_holds_whatever_its_value() {
    assert!(holds("up == 1", Value::Vector(vec![sample(1.0)])));
    assert!(holds("errors == 0", Value::Vector(vec![sample(0.0)])));
    assert!(!holds("up == 1", Value::Vector(Vec::new())));
}

#[test]
fn with_the_modifier_bool_every_sample_has_to_be_true() {
    let two = || Value::Vector(vec![sample(1.0), sample(0.0)]);
    assert!(!holds("up == bool 1", two()));
    assert!(!holds("up==bool(1)", two()));
    assert!(holds("up == bool 1", Value::Vector(vec![sample(1.0)])));
    assert!(holds(r#"up{job="a bool b"} == 1"#, two()));
    assert!(holds(r#"up{job="\" bool "} == 1"#, two()));
    assert!(holds("up{job=` bool \\`} == 1", two()));
    assert!(holds("is_bool == 1", two()));
}

#[test]
fn a_scalar_is_true_unless_zero_or_no_number() {
    assert!(holds("1", Value::Scalar(1.0)));
    assert!(!holds("0", Value::Scalar(0.0)));
    assert!(!holds("0/0", Value::Scalar(f64::NAN)));
}

#[test]
fn a_range_never_holds() {
    assert!(matches!(
        judge("up[5m]", Ok(Value::Matrix(Vec::new()))),
        Look::Never(..)
    ));
}

#[test]
fn a_name_cannot_end_the_text_it_stands_in() {
    assert_eq!(escaped("getty@tty1.service"), "getty@tty1.service");
    assert_eq!(escaped(r"a\x2db.service"), r"a\\x2db.service");
    assert_eq!(escaped("/srv/\"} or 'x'\n"), r"/srv/\x22} or \x27x\x27\n");
}
