use zbus::message::Message;

use super::*;
use crate::job::Verb;

const LIMIT: Duration = Duration::from_secs(5);

fn replied(name: &str) -> zbus::Error {
    let call = Message::method_call("/", "StartUnit").build(&()).unwrap();
    let reply = Message::error(&call.header(), name)
        .build(&"the words of systemd")
        .unwrap();
    reply.into()
}

fn sorted(error: &zbus::Error) -> SystemdError {
    SystemdError::of_request(
        error,
        Request::Job(Verb::Restart),
        &"web".parse().unwrap(),
        LIMIT,
    )
}

#[test]
fn errors_are_sorted_by_what_the_caller_can_do() {
    let is = |name: &str| sorted(&replied(name));
    assert!(matches!(
        is("org.freedesktop.systemd1.NoSuchUnit"),
        SystemdError::NoSuchUnit(unit) if unit.as_str() == "web.service"
    ));
    for name in [
        "org.freedesktop.DBus.Error.AccessDenied",
        "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired",
    ] {
        let SystemdError::NotPermitted { asked, message, .. } = is(name) else {
            panic!("{name}");
        };
        assert_eq!(
            (asked, message.as_str()),
            (Request::Job(Verb::Restart), "the words of systemd")
        );
    }
    for name in [
        "org.freedesktop.systemd1.UnitMasked",
        "org.freedesktop.systemd1.TransactionIsDestructive",
        "org.freedesktop.systemd1.JobTypeNotApplicable",
    ] {
        assert!(matches!(is(name), SystemdError::Refused { name: told, .. } if told == name));
    }
    assert!(matches!(
        is("org.freedesktop.DBus.Error.ServiceUnknown"),
        SystemdError::NotConnected
    ));
    assert!(matches!(
        is("org.freedesktop.DBus.Error.NoReply"),
        SystemdError::Bus(_)
    ));
}

#[test]
fn no_answer_in_time_is_told_apart() {
    let error = zbus::Error::from(std::io::Error::new(ErrorKind::TimedOut, "timed out"));
    assert!(matches!(sorted(&error), SystemdError::TimedOut(LIMIT)));
    let error = zbus::Error::from(std::io::Error::new(ErrorKind::BrokenPipe, "closed"));
    assert!(matches!(sorted(&error), SystemdError::Bus(_)));
}
