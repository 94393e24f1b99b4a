//! Killed in the middle of commits: what was acknowledged is there, and the action log equals the journal.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::Stdio;
use std::time::Duration;

use futures_util::future::join_all;
use prunelle_healer::journal::{Entry, Phase};
use prunelle_healer::reason::Outcome;
use serde_json::json;

use super::fixture::{Fixture, admit, firing, history_of, remediation};
use super::log::assert_equal;
use crate::child;

const ROUNDS: u64 = 12;

#[tokio::test]
async fn nothing_acknowledged_is_lost() {
    let fixture = Fixture::new();
    let mut alerts = BTreeSet::new();
    let mut intents = BTreeSet::new();
    let mut starts = BTreeSet::new();
    let mut ends = BTreeSet::new();
    for round in 0..ROUNDS {
        let mut command =
            child::command("journal::crash::writes_until_killed", fixture.folder.path());
        command.env("PRUNELLE_JOURNAL_TEST_ROUND", round.to_string());
        let mut process = command
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let mut told = String::new();
        // Killed after a number of acknowledgements that differs from round to round.
        for _ in 0..(20 + round * 13) {
            output.read_line(&mut told).unwrap();
        }
        process.kill().unwrap();
        process.wait().unwrap();
        output.read_to_string(&mut told).unwrap();
        for line in told.lines() {
            let mut words = line.split(' ');
            let number = |word: Option<&str>| word.and_then(|number| number.parse::<u64>().ok());
            match (words.next(), number(words.next())) {
                (Some("alert"), Some(number)) => alerts.insert(number),
                (Some("intent"), Some(number)) => intents.insert(number),
                (Some("started"), Some(number)) => starts.insert(number),
                (Some("ended"), Some(number)) => ends.insert(number),
                _ => continue,
            };
        }
    }
    assert!(alerts.len() > 100 && intents.len() > 10 && !ends.is_empty());

    let journal = fixture.open();
    let kept: BTreeSet<String> = journal
        .firing()
        .await
        .unwrap()
        .into_iter()
        .map(|(alert, _)| alert.episode.fingerprint.to_string())
        .collect();
    for number in &alerts {
        assert!(kept.contains(&format!("{number:016x}")), "alert {number}");
    }
    let unfinished: BTreeSet<u64> = journal
        .unfinished()
        .await
        .unwrap()
        .into_iter()
        .map(|unfinished| {
            let number = u64::try_from(unfinished.intent.remediation.0.as_u128()).unwrap();
            if starts.contains(&number) {
                assert_ne!(unfinished.phase, Phase::Intent);
            }
            number
        })
        .collect();
    let history = journal
        .history(history_of("/none"), fixture.now())
        .await
        .unwrap();
    assert!(
        history.host_charges.len() >= intents.len(),
        "a charge was lost"
    );
    assert!(unfinished.is_disjoint(&ends), "an end was lost");
    // Every start but the first came after a kill.
    let unclean = journal.unclean_starts_within(Duration::from_mins(5));
    assert_eq!(unclean.await.unwrap(), usize::try_from(ROUNDS).unwrap());
    assert_equal(&fixture, journal).await;
}

/// The other process: eight writers, each telling what was acknowledged to it.
#[tokio::test]
async fn writes_until_killed() {
    let Some(folder) = child::folder() else {
        return;
    };
    let round: u64 = std::env::var("PRUNELLE_JOURNAL_TEST_ROUND")
        .unwrap()
        .parse()
        .unwrap();
    let fixture = Fixture::at(&folder);
    let journal = &fixture.open();
    let fixture = &fixture;
    println!();
    let writers = (0..8u64).map(|writer| async move {
        for count in 0..u64::MAX {
            let number = (round << 40) + (count << 8) + writer;
            let alert = fixture.notification(vec![firing(number)]);
            journal.record_notification(alert).await.unwrap();
            println!("alert {number}");
            let id = remediation(number.into());
            let intent = fixture.intent(id, &format!("/tmp/{number}"));
            let committed = admit(journal, intent).await;
            println!("intent {number}");
            journal
                .start(committed, json!(null), fixture.now())
                .await
                .unwrap();
            println!("started {number}");
            let ended = Entry::Ended {
                remediation: id,
                outcome: Outcome::Success,
                reason: None,
                quarantine: Duration::ZERO,
                message: "done".to_owned(),
                at: fixture.now(),
            };
            journal.record(ended).await.unwrap();
            println!("ended {number}");
        }
    });
    join_all(writers).await;
}
