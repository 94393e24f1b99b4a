use std::fs;

use proptest::prelude::*;
use proptest::sample::Index;

use super::super::seal;
use super::*;

/// Lines as the healer writes them, of different lengths.
fn lines(count: i64) -> Vec<String> {
    let mut previous = Hash::default();
    (1..=count)
        .map(|seq| {
            let message = "é\\n".repeat(usize::try_from(seq % 7).unwrap());
            let hash = seal::hex(&previous);
            let mut line = format!(
                "{{\"message\":\"{message}\",\"details\":{{\"seq\":1}},\"seq\":{seq},\"previous_hash\":\"{hash}\"}}"
            );
            previous = seal::close(&mut line);
            line.push('\n');
            line
        })
        .collect()
}

fn anchor(lines: &[String]) -> Expected {
    let seal = Seal::read(lines.last().unwrap().trim_end().as_bytes()).unwrap();
    let last = u64::try_from(seal.seq).unwrap();
    Expected {
        anchor: Some(LogAnchor {
            sequence: last,
            hash: Some(seal::hex(&seal.hash)),
            logged: last,
            removed: 0,
        }),
        ..Expected::default()
    }
}

fn last_seq(number: u64) -> Expected {
    Expected {
        last_seq: Some(number),
        ..Expected::default()
    }
}

/// Checks files of these contents, in this order.
fn check<T: AsRef<[u8]>>(texts: &[T], expected: &Expected) -> Report {
    let folder = tempfile::tempdir().unwrap();
    let files = texts.iter().enumerate().map(|(index, text)| {
        let path = folder.path().join(index.to_string());
        fs::write(&path, text).unwrap();
        LogPart::closed(path)
    });
    verify(files.collect(), expected).unwrap()
}

fn kinds(report: &Report) -> Vec<(ProblemKind, u64, Option<u64>)> {
    let problems = report.problems.iter();
    problems
        .map(|problem| (problem.kind, problem.line, problem.seq))
        .collect()
}

#[test]
fn what_the_healer_wrote_is_good_in_any_number_of_files() {
    let lines = lines(9);
    for cut in 0..=9 {
        let (a, b) = lines.split_at(cut);
        let report = check(&[a.concat(), b.concat()], &anchor(&lines));
        assert!(report.is_good() && report.notes.is_empty(), "{report:?}");
        assert_eq!(
            (report.first, report.last, report.lines),
            (Some(1), Some(9), 9)
        );
    }
}

#[test]
fn the_beginning_may_be_missing_and_is_told() {
    let lines = lines(9);
    let mut expected = anchor(&lines);
    let report = check(&[lines[4..].concat()], &expected);
    assert!(report.is_good());
    assert_eq!(report.notes.len(), 1);
    assert!(
        report.notes[0].contains("somebody else"),
        "{:?}",
        report.notes
    );
    expected.anchor.as_mut().unwrap().removed = 4;
    let report = check(&[lines[4..].concat()], &expected);
    assert!(report.is_good());
    assert_eq!(
        report.notes,
        ["it begins at seq 5: older lines were removed"]
    );
}

#[test]
fn an_edited_line_is_named() {
    let mut lines = lines(9);
    lines[4] = lines[4].replace("message", "massage");
    let report = check(&[lines.concat()], &last_seq(9));
    assert_eq!(kinds(&report), [(ProblemKind::Edited, 5, Some(5))]);
    assert_eq!((report.problem_count, report.last), (1, Some(9)));
}

#[test]
fn a_line_that_is_none_is_named_whether_it_took_the_place_of_one_or_not() {
    let whole = lines(9);
    let mut replaced = whole.clone();
    replaced[4] = "I was here\n".to_owned();
    let report = check(&[replaced.concat()], &last_seq(9));
    assert_eq!(kinds(&report), [(ProblemKind::Edited, 5, None)]);
    let mut added = whole;
    added.insert(4, "I was here\n".to_owned());
    let report = check(&[added.concat()], &last_seq(9));
    assert_eq!(kinds(&report), [(ProblemKind::Edited, 5, None)]);
}

#[test]
fn removed_lines_are_named_by_their_numbers() {
    let mut lines = lines(9);
    lines.drain(3..5);
    let report = check(&[lines.concat()], &last_seq(9));
    assert_eq!(kinds(&report), [(ProblemKind::Removed, 4, Some(6))]);
    assert!(report.problems[0].message.contains("seq 4 to 5"));
}

#[test]
fn a_removed_file_is_named() {
    let lines = lines(9);
    let report = check(&[lines[..3].concat(), lines[6..].concat()], &last_seq(9));
    assert_eq!(kinds(&report), [(ProblemKind::Removed, 1, Some(7))]);
    assert!(report.problems[0].file.ends_with("1"));
}

#[test]
fn a_line_that_is_there_twice_is_named() {
    let mut lines = lines(9);
    lines.insert(5, lines[4].clone());
    let report = check(&[lines.concat()], &last_seq(9));
    assert_eq!(kinds(&report), [(ProblemKind::Misplaced, 6, Some(5))]);
}

#[test]
fn a_line_put_in_with_hashes_of_its_own_breaks_the_chain_after_it() {
    let mut lines = lines(9);
    let before = Seal::read(lines[3].trim_end().as_bytes()).unwrap();
    let previous = seal::hex(&before.hash);
    let mut forged =
        format!("{{\"message\":\"forged\",\"seq\":5,\"previous_hash\":\"{previous}\"}}");
    seal::close(&mut forged);
    forged.push('\n');
    lines[4] = forged;
    let report = check(&[lines.concat()], &last_seq(9));
    assert_eq!(kinds(&report), [(ProblemKind::Replaced, 6, Some(6))]);
}

#[test]
fn a_log_written_anew_as_a_whole_is_seen_by_the_journal() {
    let genuine = lines(9);
    let mut previous = Hash::default();
    let forged: String = (1..=9)
        .map(|seq| {
            let hash = seal::hex(&previous);
            let mut line =
                format!("{{\"message\":\"forged\",\"seq\":{seq},\"previous_hash\":\"{hash}\"}}");
            previous = seal::close(&mut line);
            line + "\n"
        })
        .collect();
    assert!(check(&[&forged], &last_seq(9)).is_good());
    let report = check(&[&forged], &anchor(&genuine));
    assert_eq!(kinds(&report), [(ProblemKind::NotOfJournal, 9, Some(9))]);
}

#[test]
fn a_cut_end_is_seen_by_anchor_and_by_number() {
    let lines = lines(9);
    for expected in [anchor(&lines), last_seq(9)] {
        let report = check(&[lines[..7].concat()], &expected);
        assert_eq!(kinds(&report), [(ProblemKind::Cut, 7, Some(7))]);
        let report = check(&[""], &expected);
        assert_eq!(kinds(&report), [(ProblemKind::Cut, 0, None)]);
    }
    let report = check(&[lines[..7].concat()], &Expected::default());
    assert!(report.is_good());
    assert!(report.notes[0].contains("--last-seq"));
}

#[test]
fn half_a_line_is_seen_unless_it_is_being_written() {
    let lines = lines(9);
    let mut text = lines[..8].concat();
    text.push_str(&lines[8][..20]);
    let report = check(&[&text], &last_seq(8));
    assert_eq!(kinds(&report), [(ProblemKind::Cut, 9, None)]);
    let expected = Expected {
        is_being_written: true,
        ..anchor(&lines[..8])
    };
    assert!(check(&[&text], &expected).is_good());
    let expected = Expected {
        is_being_written: true,
        ..anchor(&lines)
    };
    assert!(!check(&[&text], &expected).is_good());
    // Between two files, it is never being written.
    let report = check(&[text.as_str(), lines[8].as_str()], &expected);
    assert!(!report.is_good());
}

#[test]
fn a_damaged_compressed_file_is_bad_and_not_unreadable() {
    use std::io::Write as _;
    let lines = lines(400);
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(lines.concat().as_bytes()).unwrap();
    let whole = encoder.finish().unwrap();
    assert!(check(&[&whole], &anchor(&lines)).is_good());
    for length in [12, whole.len() / 2, whole.len() - 1] {
        let report = check(&[&whole[..length]], &anchor(&lines));
        assert_eq!(report.problems[0].kind, ProblemKind::Damaged, "{report:?}");
    }
    let mut changed = whole.clone();
    changed[whole.len() / 2] ^= 1;
    assert!(!check(&[&changed], &anchor(&lines)).is_good());
}

#[test]
fn endless_lines_take_bounded_memory_and_are_bad() {
    let lines = lines(3);
    let mut text = lines[..2].concat().into_bytes();
    text.resize(text.len() + (40 << 20), b'x');
    text.push(b'\n');
    text.extend_from_slice(lines[2].as_bytes());
    let report = check(&[&text], &last_seq(3));
    assert_eq!(kinds(&report), [(ProblemKind::Edited, 3, None)]);
}

#[test]
fn more_than_a_hundred_problems_are_counted() {
    let text = "no line\n".repeat(250);
    let report = check(&[&text], &Expected::default());
    assert_eq!((report.problems.len(), report.problem_count), (100, 250));
}

#[test]
fn files_given_by_name_are_put_in_order() {
    let lines = lines(9);
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("a"), lines[6..].concat()).unwrap();
    fs::write(path("b"), lines[..3].concat()).unwrap();
    fs::write(path("c"), lines[3..6].concat()).unwrap();
    let files = ordered(vec![path("a"), path("b"), path("c")]);
    assert!(verify(files, &anchor(&lines)).unwrap().is_good());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_changed_byte_is_found(at: Index, change in 1u8.., split: Index) {
        let lines = lines(12);
        let whole = lines.concat().into_bytes();
        let at = at.index(whole.len());
        let mut changed = whole.clone();
        changed[at] ^= change;
        // In one file, and in two.
        let split = split.index(lines.len());
        let border = lines[..split].concat().len();
        for files in [vec![&changed[..]], vec![&changed[..border], &changed[border..]]] {
            prop_assert!(!check(&files, &anchor(&lines)).is_good(), "byte {}", at);
        }
        // The place that is told is that line, or the next one when two have become one.
        let line = whole[..at].split(|byte| *byte == b'\n').count() as u64;
        let report = check(&[&changed], &anchor(&lines));
        let first = report.problems[0].line;
        prop_assert!(first == line || first == line + 1, "{} for {}", first, line);
    }

    #[test]
    fn any_removed_swapped_or_doubled_line_is_found(a in 0usize..12, b in 0usize..12) {
        let lines = lines(12);
        let mut removed = lines.clone();
        removed.remove(a);
        let report = check(&[removed.concat()], &anchor(&lines));
        // Without the first line it begins later, which is told.
        prop_assert!(!report.is_good() || (a == 0 && !report.notes.is_empty()));
        if a != b {
            let mut swapped = lines.clone();
            swapped.swap(a, b);
            prop_assert!(!check(&[swapped.concat()], &anchor(&lines)).is_good());
        }
        let mut doubled = lines.clone();
        doubled.insert(b, lines[a].clone());
        prop_assert!(!check(&[doubled.concat()], &anchor(&lines)).is_good());
    }

    #[test]
    fn any_cut_is_found(at: Index) {
        let lines = lines(12);
        let whole = lines.concat();
        let cut = at.index(whole.len());
        prop_assert!(!check(&[&whole.as_bytes()[..cut]], &anchor(&lines)).is_good());
        prop_assert!(!check(&[&whole.as_bytes()[..cut]], &last_seq(12)).is_good());
    }
}
