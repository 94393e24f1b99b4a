//! The known word that a mistyped one most likely means.

/// The nearest of `known`, when no more than a third of its letters differ.
pub(super) fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    known
        .into_iter()
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= candidate.chars().count().max(3) / 3)
        .min()
        .map(|(_, candidate)| candidate)
}

/// The hint for a word outside a closed list.
pub(super) fn meant(word: &str, known: &[&str]) -> Option<String> {
    if let Some(near) = nearest(word, known.iter().copied()) {
        return Some(format!("did you mean `{near}`?"));
    }
    let known: Vec<String> = known.iter().map(|word| format!("`{word}`")).collect();
    (!known.is_empty()).then(|| format!("known here: {}", known.join(", ")))
}

/// Levenshtein's distance, with upper and lower case and `-` and `_` taken as the same.
fn distance(left: &str, right: &str) -> usize {
    let fold = |c: char| {
        if c == '-' {
            '_'
        } else {
            c.to_ascii_lowercase()
        }
    };
    let right: Vec<char> = right.chars().map(fold).collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (line, left) in left.chars().map(fold).enumerate() {
        let mut before = line; // the cell up and to the left
        let mut last = line + 1; // the cell to the left
        for (cell, right) in row.iter_mut().skip(1).zip(&right) {
            let replaced = before + usize::from(left != *right);
            before = *cell;
            last = replaced.min(last + 1).min(before + 1);
            *cell = last;
        }
        if let Some(first) = row.first_mut() {
            *first = line + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}
