use super::*;

const POLICY: &str = "
mode: observe
rules:
  - name: service-down
    matchers: ['alertname = \"ServiceDown\"']
    target: {unit: {label: name, allow: ['*.service']}}
    ladder: [{remedy: restart_service, verify: {unit_active: {stable_for: 2s}}}]
";

fn report(episodes: Vec<Recorded>) -> Report {
    rehearsed(POLICY, episodes, Assume::Success)
}

fn busy() -> Report {
    let long =
        "a-very-long-name-of-a-service-that-somebody-chose-in-a-hurry@and-with-an-instance.service";
    let mut episodes: Vec<Recorded> = (0..60)
        .map(|n| down(&format!("s{}.service", n % 50), n * 3 * MINUTE, 2))
        .collect();
    episodes.extend((0..30).map(|n| down(long, n * 5 * MINUTE, 4)));
    report(episodes)
}

#[test]
fn the_table_fits_a_terminal() {
    let text = table::text(&busy());
    for line in text.lines() {
        assert!(line.chars().count() <= 100, "{line}");
    }
    assert!(text.contains("restart_service (observe)"), "{text}");
    assert!(text.contains("more rows (--format json)"), "{text}");
}

#[test]
fn a_past_without_history_says_so() {
    let mut reading = read(Vec::new());
    reading.coverage = Coverage::default();
    let report = run(&policy(POLICY), reading, Assume::Success);
    let text = table::text(&report);
    assert!(text.contains("has no samples of that time"), "{text}");
    assert!(text.contains("Nothing would have been done"), "{text}");
    let page = html::page(&report).unwrap();
    assert!(page.contains("Nothing fired on this host"));
}

#[test]
fn the_page_needs_nothing_but_itself_and_hides_nothing_in_names() {
    let mut evil = down("a.service", 0, 5);
    let script = "<script>alert(1)</script>".to_owned();
    evil.labels.insert("alertname".to_owned(), script);
    let page = html::page(&report(vec![evil])).unwrap();
    assert!(!page.contains("<script"), "{page}");
    for other in ["http://", "https://", "src=", "@import", "url("] {
        let foreign = page.replace("http://www.w3.org/2000/svg", "");
        assert!(!foreign.contains(other), "{other}");
    }
}

#[test]
fn the_page_stays_small_however_much_there_is() {
    let episodes = (0..10_000)
        .map(|n| down(&format!("s{}.service", n % 100), n * 4 * MINUTE, 2))
        .collect();
    let report = report(episodes);
    let page = html::page(&report).unwrap();
    assert!(page.len() < 1_500_000, "{} bytes", page.len());
    assert!(page.contains("60 more targets have no line here"));
}

#[test]
fn the_fields_of_the_json_are_those_that_are_documented() {
    let report = serde_json::to_value(busy()).unwrap();
    let documented = include_str!("../../../../docs/rehearsing.md");
    let mut names: Vec<String> = Vec::new();
    collect(&report, &mut names);
    names.sort();
    names.dedup();
    for name in names {
        assert!(documented.contains(&format!("`{name}`")), "{name}");
    }
}

fn collect(value: &serde_json::Value, names: &mut Vec<String>) {
    match value {
        serde_json::Value::Object(members) => {
            for (name, value) in members {
                names.push(name.clone());
                if name != "labels" {
                    collect(value, names);
                }
            }
        }
        serde_json::Value::Array(items) => items.iter().for_each(|item| collect(item, names)),
        _ => {}
    }
}
