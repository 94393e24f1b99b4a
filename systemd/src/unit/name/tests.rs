use proptest::prelude::*;

use super::*;

fn full(text: &str) -> String {
    text.parse::<UnitName>().unwrap().to_string()
}

fn why(text: &str) -> &'static str {
    text.parse::<UnitName>().unwrap_err().why
}

#[test]
fn a_bare_name_is_a_service() {
    assert_eq!(full("nginx"), "nginx.service");
    assert_eq!(full("nginx.service"), "nginx.service");
    assert_eq!(full("org.example.app"), "org.example.app.service");
    assert_eq!(full("getty@tty1"), "getty@tty1.service");
}

#[test]
fn other_types_and_escapes_are_kept() {
    assert_eq!(full("backup.timer"), "backup.timer");
    assert_eq!(
        full(r"dev-disk-by\x2duuid-1.device"),
        r"dev-disk-by\x2duuid-1.device"
    );
    assert_eq!(full("-.mount"), "-.mount");
    // Only the first `@` parts the instance off.
    assert_eq!(full("user@a@b.service"), "user@a@b.service");
}

#[test]
fn what_is_no_name_says_why() {
    assert!(why("").contains("empty"));
    assert!(why(".service").contains("empty"));
    assert!(why("/dev/sda1").contains("systemd-escape"));
    assert!(why("ng inx").contains("white space"));
    assert!(why("nginx*").contains("pattern"));
    assert!(why("café").contains("only letters"));
    assert!(why("@x.service").contains("before the `@`"));
    assert!(why("getty@.service").contains("template"));
    assert!(why("getty@").contains("template"));
    assert!(why(&"a".repeat(248)).contains("longer"));
    assert_eq!(full(&"a".repeat(247)).len(), 255);
}

#[test]
fn a_path_is_escaped_as_systemd_does() {
    let path = |text: &str| text.parse::<UnitName>().unwrap().object_path();
    assert_eq!(
        path("nginx"),
        "/org/freedesktop/systemd1/unit/nginx_2eservice"
    );
    assert_eq!(
        path("-.slice"),
        "/org/freedesktop/systemd1/unit/_2d_2eslice"
    );
    assert_eq!(
        path("7zip"),
        "/org/freedesktop/systemd1/unit/_37zip_2eservice"
    );
    assert_eq!(
        path(r"a\x2db@1"),
        "/org/freedesktop/systemd1/unit/a_5cx2db_401_2eservice"
    );
}

#[test]
fn serde_goes_through_the_parser() {
    use serde::de::IntoDeserializer;
    use serde::de::value::{Error, StrDeserializer};

    let read = |text: &str| {
        let source: StrDeserializer<'_, Error> = text.into_deserializer();
        UnitName::deserialize(source)
    };
    assert_eq!(read("cron").unwrap().as_str(), "cron.service");
    assert!(read("a/b").unwrap_err().to_string().contains("`a/b`"));
}

proptest! {
    #[test]
    fn completing_is_idempotent(text in ".{0,40}") {
        if let Ok(name) = text.parse::<UnitName>() {
            prop_assert_eq!(name.as_str().parse::<UnitName>().unwrap(), name.clone());
            prop_assert!(name.as_str().len() <= 255);
            prop_assert!(TYPES.contains(&name.kind()));
        }
    }

    #[test]
    fn all_allowed_characters_make_a_name(stem in "[A-Za-z0-9:_.\\\\-]{1,240}") {
        let name = [&stem, ".service"].concat().parse::<UnitName>();
        prop_assert!(name.is_ok());
    }

    #[test]
    fn different_names_have_different_paths(a in "[a-zA-Z0-9:_.@\\\\-]{1,12}", b in "[a-zA-Z0-9:_.@\\\\-]{1,12}") {
        if let (Ok(a), Ok(b)) = (a.parse::<UnitName>(), b.parse::<UnitName>()) {
            prop_assert_eq!(a == b, a.object_path() == b.object_path());
        }
    }

    #[test]
    fn a_path_tells_its_name(stem in "[a-zA-Z0-9:_.@\\\\-]{1,12}") {
        if let Ok(unit) = stem.parse::<UnitName>() {
            let mut name = String::new();
            prop_assert!(name_of_path(&unit.object_path(), &mut name));
            prop_assert_eq!(name, unit.as_str());
        }
    }
}

#[test]
fn other_paths_tell_no_name() {
    let mut name = String::new();
    for path in [
        "/org/freedesktop/systemd1/unit/",
        "/org/freedesktop/systemd1",
        "/org/freedesktop/systemd1/unit/a_2",
        "/org/freedesktop/systemd1/unit/a_zz",
    ] {
        assert!(!name_of_path(path, &mut name), "{path}");
    }
}
