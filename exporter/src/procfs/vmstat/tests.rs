use super::*;

fn all(content: &str) -> Result<Vec<(&str, u64)>, Malformed> {
    items(content.as_bytes(), |name| name != "untold").collect()
}

#[test]
fn each_line_is_a_name_and_a_number() {
    assert_eq!(
        all("nr_free_pages 1879736\npgpgin 51148041\n"),
        Ok(vec![("nr_free_pages", 1_879_736), ("pgpgin", 51_148_041)])
    );
    assert_eq!(all("untold x\npgpgin 5\n"), Ok(vec![("pgpgin", 5)]));
    assert_eq!(all(""), Ok(vec![]));
}

#[test]
fn what_is_truncated_or_absurd_is_an_error() {
    for line in [
        "pgpgin",
        "pgpgin x",
        "pgpgin -1",
        "pgpgin 18446744073709551616",
        "pg{gin 1",
        "pgpgin  1",
    ] {
        let content = format!("pgpgout 1\n{line}\n");
        assert_eq!(
            all(&content).unwrap_err().to_string(),
            "line 2: an item should be a name and a number",
            "{line:?}"
        );
    }
}
