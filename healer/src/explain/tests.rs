use super::*;

fn now() -> jiff::Timestamp {
    "2026-11-24T12:00:00Z".parse().unwrap()
}

#[test]
fn an_alert_is_read_in_every_form_that_people_have_it_in() {
    let labels = r#""labels": {"alertname": "ServiceDown", "name": "web.service"}"#;
    let api = format!(
        r#"{{{labels}, "annotations": {{}}, "startsAt": "2026-11-24T11:00:00Z", "endsAt": "2026-11-24T13:00:00Z",
            "fingerprint": "00000000000000aa", "status": {{"state": "suppressed", "silencedBy": [], "inhibitedBy": []}}}}"#
    );
    let entry = format!(
        r#"{{{labels}, "status": "resolved", "startsAt": "2026-11-24T11:00:00Z", "fingerprint": "00000000000000aa"}}"#
    );
    let payload = format!(r#"{{"version": "4", "receiver": "r", "alerts": [{entry}]}}"#);
    let bare = format!("{{{labels}}}");
    for text in [&api, &entry, &payload, &bare, &format!("[{api}]")] {
        let read = alerts(text, now()).unwrap_or_else(|error| panic!("{error}\n{text}"));
        assert_eq!(read.len(), 1);
        assert_eq!(read[0].name(), "ServiceDown");
        assert_eq!(read[0].status, crate::alert::AlertStatus::Firing, "{text}");
        assert_eq!(read[0].labels.get("name"), Some("web.service"));
    }
    assert_eq!(alerts(&bare, now()).unwrap()[0].episode.starts_at, now());
}

#[test]
fn what_is_no_alert_is_told_with_what_to_write_instead() {
    let many = format!("[{}]", vec!["{\"labels\": {}}"; 21].join(","));
    for (text, expected) in [
        ("", "not JSON"),
        ("7", "no object"),
        ("[]", "the list is empty"),
        ("[1]", "no object"),
        ("{}", "no `labels`"),
        (r#"{"alerts": 1}"#, "`alerts` is no list"),
        (r#"{"labels": {"a": 1}}"#, "no alert"),
        (&many, "21 alerts are more"),
    ] {
        let error = alerts(text, now()).unwrap_err().to_string();
        assert!(error.contains(expected), "{text}: {error}");
    }
}

#[test]
fn the_text_says_each_answer_in_words_and_lets_nothing_of_the_alert_out_of_its_line() {
    let explanation = Explanation {
        is_of_daemon: true,
        alerts: vec![AlertExplanation {
            alert: "Service\nDown".to_owned(),
            reason: None,
            rules: vec![
                RuleExplanation {
                    rule: "disk".to_owned(),
                    is_matched: false,
                    why_not: Some("`a=\"b\"` does not fit, it is \"c\"".to_owned()),
                    target: None,
                    reason: None,
                    rungs: Vec::new(),
                },
                RuleExplanation {
                    rule: "down".to_owned(),
                    is_matched: true,
                    why_not: None,
                    target: Some("unit:web.service".to_owned()),
                    reason: None,
                    rungs: vec![RungExplanation {
                        rung: 1,
                        remedy: "restart_service".to_owned(),
                        guards: vec![
                            GuardExplanation {
                                guard: "freshness".to_owned(),
                                answer: "pass".to_owned(),
                                reason: None,
                                wait: None,
                            },
                            GuardExplanation {
                                guard: "cooldown".to_owned(),
                                answer: "wait".to_owned(),
                                reason: Some(Reason::Cooldown),
                                wait: Some("20s".to_owned()),
                            },
                        ],
                        decision: "wait".to_owned(),
                        reason: Some(Reason::Cooldown),
                        wait: Some("20s".to_owned()),
                        plan: None,
                        details: Value::Null,
                        unknown: vec!["the folder: no such file".to_owned()],
                    }],
                },
            ],
        }],
    };
    let cooldown = Reason::Cooldown.words();
    assert_eq!(
        text(&explanation),
        format!(
            "What the daemon would do now, if this alert had just been confirmed. Nothing is touched.\n\n\
             alert Service\u{fffd}Down\n  \
               rule disk: no, `a=\"b\"` does not fit, it is \"c\"\n  \
               rule down: matches, on unit:web.service\n    \
                 rung 1: restart_service\n      \
                   freshness        pass\n      \
                   cooldown         wait  cooldown, {cooldown} (asked again in 20s at the latest)\n      \
                   not found out: the folder: no such file\n      \
                   → it waits: cooldown, {cooldown}"
        )
    );
}
