//! Texts fit, and are cut between characters and escapes.

use proptest::prelude::*;

use crate::notify::fitting::{CUT, Escape, Keep, Letter, Markup, Measure, plain};

fn starred(out: &mut String, letter: Letter) {
    match letter.this {
        '&' => out.push_str("&amp;"),
        '*' => out.push_str("\\*"),
        other => out.push(other),
    }
}

const ESCAPES: [Escape; 2] = [plain, starred];

proptest! {
    #[test]
    fn what_is_cut_is_the_beginning_of_the_whole(
        text in "([a-z&*🔥é\n:/]{0,5}){0,60}",
        limit in 4_usize..200,
        in_bytes: bool,
        which in 0_usize..2,
    ) {
        let measure = if in_bytes { Measure::JsonBytes } else { Measure::Characters };
        let markup = Markup { measure, escape: ESCAPES[which] };
        let whole = markup.fit(&text, usize::MAX);
        let cut = markup.fit(&text, limit);
        prop_assert!(measure.of(&cut) <= limit);
        if measure.of(&whole) <= limit {
            prop_assert_eq!(cut, whole);
        } else {
            let kept = cut.strip_suffix(CUT).expect("it says that something is missing");
            prop_assert!(whole.starts_with(kept));
            // Not within an escape: what comes next begins one, or is a character of its own.
            let rest = &whole[kept.len()..];
            let is_within = ["amp;", "mp;", "p;"].iter().any(|tail| rest.starts_with(tail))
                && kept.ends_with(['&', 'a', 'm']) && whole.contains("&amp;")
                && ["&", "&a", "&am"].iter().any(|head| kept.ends_with(head) && which == 1);
            prop_assert!(!is_within, "{} | {}", kept, rest);
            prop_assert!(!(which == 1 && kept.ends_with('\\')), "{}", kept);
        }
    }

    #[test]
    fn lines_fit_and_none_is_lost_without_being_counted(
        lines in proptest::collection::vec("[a-z*]{0,30}", 0..60),
        limit in 20_usize..300,
        keeps_last: bool,
    ) {
        let markup = Markup { measure: Measure::Characters, escape: starred };
        let keep = if keeps_last { Keep::Last } else { Keep::First };
        let text = markup.lines(&lines, limit, keep);
        prop_assert!(Measure::Characters.of(&text) <= limit);
        let shown: Vec<&str> = text.split('\n').collect();
        let note = if keeps_last { shown.first() } else { shown.last() };
        let note = note.and_then(|line| line.strip_prefix("… +"));
        if let Some(missing) = note {
            let missing: usize = missing.parse().unwrap();
            prop_assert_eq!(missing + shown.len() - 1, lines.len());
        } else {
            prop_assert_eq!(shown.len(), lines.len().max(1));
        }
    }
}
