use super::*;

fn usage<'a>(unit: &'a str, name: &'a str, ticks: u64, resident: u64, shared: u64) -> Usage<'a> {
    Usage {
        name,
        unit,
        ticks,
        resident,
        shared,
    }
}

fn names(groups: &[Group]) -> Vec<&str> {
    groups.iter().map(|it| it.name.as_str()).collect()
}

#[test]
fn the_greediest_by_cpu_and_by_memory_each_once() {
    let usages = [
        usage("a.service", "busy", 90, 10, 0),
        usage("b.service", "both", 60, 900, 0),
        usage("c.service", "large", 0, 800, 0),
        usage("d.service", "modest", 1, 20, 0),
        usage("e.service", "idle", 0, 5, 0),
    ];
    let groups = greediest(usages.into_iter(), Some(200.0), 2);
    assert_eq!(names(&groups), ["busy", "both", "large"]);
    assert_eq!(groups[0].cpu, Some(0.45));
    assert_eq!(groups[2].cpu, Some(0.0));
    assert_eq!(greediest(usages.into_iter(), Some(200.0), 0), []);
    // Nothing used is not greedy, however few there are.
    assert_eq!(
        names(&greediest(usages.into_iter(), Some(200.0), 10)).len(),
        5
    );
    let nothing = [usage("a.service", "zombie", 0, 0, 0)];
    assert_eq!(greediest(nothing.into_iter(), Some(200.0), 10), []);
}

#[test]
fn a_name_in_another_unit_is_another_group() {
    let usages = [
        usage("a.service", "java", 10, 100, 0),
        usage("b.service", "java", 20, 200, 0),
        usage("b.service", "java", 5, 50, 0),
        usage("b.service", "sh", 1, 1, 0),
    ];
    let groups = greediest(usages.into_iter(), Some(100.0), 10);
    let seen: Vec<_> = groups
        .iter()
        .map(|it| (it.unit.as_str(), it.name.as_str(), it.memory, it.processes))
        .collect();
    let expected = [
        ("b.service", "java", 250, 2),
        ("a.service", "java", 100, 1),
        ("b.service", "sh", 1, 1),
    ];
    assert_eq!(seen, expected);
}

#[test]
fn what_a_group_shares_counts_once() {
    let workers = (0..100).map(|_| usage("pg.service", "postgres", 0, 1100, 1000));
    let groups = greediest(workers, None, 1);
    assert_eq!((groups[0].memory, groups[0].processes), (11_000, 100));
    assert_eq!(groups[0].cpu, None);
    // More shared than there is at all: the two are not read at once.
    let odd = greediest([usage("", "a", 0, 10, 30)].into_iter(), None, 1);
    assert_eq!(odd[0].memory, 10);
}

#[test]
fn of_two_alike_the_choice_is_always_the_same() {
    let names_of = |order: &[&str]| {
        let usages: Vec<_> = order.iter().map(|name| usage("", name, 7, 7, 0)).collect();
        let groups = greediest(usages.into_iter(), Some(100.0), 2);
        groups.into_iter().map(|it| it.name).collect::<Vec<_>>()
    };
    assert_eq!(names_of(&["c", "b", "a"]), ["a", "b"]);
    assert_eq!(names_of(&["b", "a", "c"]), ["a", "b"]);
}

#[test]
fn absurd_numbers_stay_within_bounds() {
    let absurd = [usage("", "a", u64::MAX, u64::MAX, 0); 2];
    let groups = greediest(absurd.into_iter(), Some(0.5), 1);
    assert_eq!((groups[0].cpu, groups[0].memory), (Some(1.0), u64::MAX));
    assert_eq!(greediest(absurd.into_iter(), Some(0.0), 1)[0].cpu, None);
}
