use super::*;

fn flags(given: &[(&str, &str)]) -> Flags {
    let mut flags = Flags::default();
    for (name, value) in given {
        let place = match *name {
            "EMAIL_ALERTS_ENABLED" => &mut flags.email_enabled,
            "EMAIL_FROM" => &mut flags.email_from,
            "EMAIL_TO" => &mut flags.email_to,
            "SMTP_HOST" => &mut flags.smtp_host,
            "SMTP_PORT" => &mut flags.smtp_port,
            "SMTP_TLS" => &mut flags.smtp_tls,
            "SMTP_USER" => &mut flags.smtp_user,
            "SMTP_PASSWORD_FILE" => &mut flags.smtp_password_file,
            "SMTP_ALLOW_CLEAR_PASSWORD" => &mut flags.smtp_allow_clear_password,
            other => panic!("{other}"),
        };
        *place = Some((*value).to_owned());
    }
    flags
}

const WANTED: [(&str, &str); 3] = [
    ("EMAIL_ALERTS_ENABLED", "True"),
    ("SMTP_HOST", "mx.example.org"),
    ("EMAIL_FROM", "Prunelle <prunelle@example.org>"),
];
const LOGIN: [(&str, &str); 2] = [("SMTP_USER", "prunelle"), ("SMTP_PASSWORD_FILE", "/p")];

fn resolved(given: &[(&str, &str)]) -> (Mail, SettingErrors) {
    let mut errors = SettingErrors::default();
    let mail = resolve(&flags(given), &mut errors);
    (mail, errors)
}

#[track_caller]
fn ready(given: &[(&str, &str)]) -> Arc<MailServer> {
    match resolved(&[&WANTED, given].concat()) {
        (Mail::Ready(server), errors) if errors.is_empty() => server,
        other => panic!("{other:?}"),
    }
}

#[test]
fn port_and_protection_follow_from_each_other_and_are_safe() {
    use Encryption::{Clear, StartTls, Tls};
    let login = |more: &[(&'static str, &'static str)]| [&LOGIN, more].concat();
    for (given, port, encryption) in [
        (vec![], 25, StartTls),
        (login(&[]), 587, StartTls),
        (vec![("SMTP_TLS", "tls")], 465, Tls),
        (vec![("SMTP_PORT", "465")], 465, Tls),
        (login(&[("SMTP_PORT", "2525")]), 2525, StartTls),
        (vec![("SMTP_HOST", "localhost")], 25, Clear),
        (login(&[("SMTP_HOST", "127.0.0.1")]), 587, StartTls),
        (
            vec![("SMTP_HOST", "[::1]"), ("SMTP_TLS", "STARTTLS")],
            25,
            StartTls,
        ),
        (vec![("SMTP_TLS", "none")], 25, Clear),
    ] {
        let server = ready(&given);
        assert_eq!(
            (server.port, server.encryption),
            (port, encryption),
            "{given:?}"
        );
    }
}

#[test]
fn a_password_goes_in_the_clear_only_where_that_is_allowed() {
    let clear = [&LOGIN[..], &[("SMTP_TLS", "none")]].concat();
    let (_, errors) = resolved(&[&WANTED, &clear[..]].concat());
    assert!(errors.to_string().contains("in the clear"), "{errors}");
    ready(&[&clear[..], &[("SMTP_ALLOW_CLEAR_PASSWORD", "True")]].concat());
    ready(&[&clear[..], &[("SMTP_HOST", "localhost")]].concat());
}

#[test]
fn what_is_missing_is_one_warning_and_no_error() {
    let (mail, errors) = resolved(&[("EMAIL_ALERTS_ENABLED", "yes"), ("SMTP_HOST", " ")]);
    assert!(errors.is_empty());
    assert_eq!(
        mail.warning().unwrap(),
        "EMAIL_ALERTS_ENABLED is set, and SMTP_HOST, EMAIL_FROM, EMAIL_TO not: no mail is sent"
    );
    let (mail, errors) = resolved(&[&WANTED[..], &[("SMTP_USER", "prunelle")]].concat());
    assert!(errors.is_empty());
    assert!(mail.warning().unwrap().contains("SMTP_PASSWORD_FILE"));
}

#[test]
fn mail_is_off_unless_it_is_wanted() {
    for given in [
        vec![],
        vec![("EMAIL_ALERTS_ENABLED", "False"), WANTED[1], WANTED[2]],
    ] {
        let (mail, errors) = resolved(&given);
        assert!(matches!(mail, Mail::Off), "{mail:?}");
        assert!(errors.is_empty() && mail.warning().is_none());
    }
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let (_, errors) = resolved(&[
        ("EMAIL_ALERTS_ENABLED", "perhaps"),
        ("EMAIL_FROM", "nobody"),
        ("EMAIL_TO", "a@example.org, b\r\nBcc: c@example.org"),
        ("SMTP_PORT", "0"),
        ("SMTP_TLS", "ssl3"),
    ]);
    let told = errors.to_string();
    for name in [
        "EMAIL_ALERTS_ENABLED",
        "EMAIL_FROM",
        "EMAIL_TO",
        "SMTP_PORT",
        "SMTP_TLS",
    ] {
        assert!(told.contains(name), "{name} in {told}");
    }
}

#[test]
fn email_to_makes_a_receiver() {
    assert_eq!(Mail::Ready(ready(&[])).receiver(), None);
    let server = ready(&[("EMAIL_TO", "a@example.org, Ops <b@example.org>,")]);
    let receiver = Mail::Ready(server).receiver().unwrap();
    assert_eq!(receiver.name, ENVIRONMENT_RECEIVER);
    assert_eq!(
        receiver.integrations,
        [Integration::Email {
            to: vec!["a@example.org".to_owned(), "Ops <b@example.org>".to_owned()]
        }]
    );
}
