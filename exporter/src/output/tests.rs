use super::*;

static SPACE: Metric =
    Metric::gauge("space_bytes", "From statvfs").labels(&["device", "mountpoint"]);
static MEMORY: Metric = Metric::gauge("memory_*_bytes", "From /proc/meminfo");

#[test]
fn samples_come_back_as_they_were_written() {
    let mut output = Output::new(10);
    output
        .family(&SPACE)
        .sample(&["sda", "/"], 1_u64)
        .sample(&["", "/mnt"], 0.5);
    output.family(&SPACE);
    output.named(&MEMORY, "Active(anon)").sample(&[], -1_i64);
    let families: Vec<_> = output.families().collect();
    assert_eq!(families.len(), 2);
    let samples: Vec<_> = families[0].samples().collect();
    let labels: Vec<_> = samples
        .iter()
        .map(|it| it.labels().collect::<Vec<_>>())
        .collect();
    assert_eq!(
        labels,
        [
            vec![("device", "sda"), ("mountpoint", "/")],
            vec![("mountpoint", "/mnt")]
        ]
    );
    assert_eq!(samples[1].value(), Value::Real(0.5));
    assert_eq!(families[1].middle(), Some("Active_anon_"));
    assert_eq!(
        families[1].samples().next().unwrap().value(),
        Value::Signed(-1)
    );
}

#[test]
fn no_two_lists_of_values_read_alike() {
    let mut output = Output::new(10);
    output
        .family(&SPACE)
        .sample(&["ab", "c"], 1_u64)
        .sample(&["a", "bc"], 1_u64);
    let keys: Vec<_> = output
        .families()
        .flat_map(FamilyView::samples)
        .map(|it| it.key().to_owned())
        .collect();
    assert_ne!(keys[0], keys[1]);
}

#[test]
fn what_is_beyond_the_limit_is_counted() {
    let mut output = Output::new(1);
    output
        .family(&SPACE)
        .sample(&["a", ""], 1_u64)
        .sample(&["b", ""], 2_u64);
    assert_eq!((output.series(), output.dropped()), (1, 1));
    output.clear();
    assert_eq!(
        (output.series(), output.dropped(), output.families().count()),
        (0, 0, 0)
    );
}

#[test]
fn label_values_are_shared_by_families_that_have_as_many_or_fewer() {
    static DEVICES: Metric = Metric::gauge("devices", "A part of them").labels(&["device"]);
    let mut output = Output::new(3);
    let labels = output.label_values(&["sda", "/data"]);
    let other = output.label_values(&["sdb", ""]);
    output
        .family(&SPACE)
        .shared(labels, 1_u64)
        .shared(other, 2_u64);
    output
        .family(&DEVICES)
        .shared(other, 3_u64)
        .shared(labels, 4_u64);
    let families: Vec<Vec<_>> = output
        .families()
        .map(|it| {
            it.samples()
                .map(|it| it.labels().collect::<Vec<_>>())
                .collect()
        })
        .collect();
    assert_eq!(
        families,
        [
            vec![
                vec![("device", "sda"), ("mountpoint", "/data")],
                vec![("device", "sdb")]
            ],
            vec![vec![("device", "sdb")]]
        ]
    );
    let keys = |index: usize| {
        let family = output.families().nth(index).unwrap();
        family.samples().next().unwrap().key().len()
    };
    assert_eq!((keys(0), keys(1)), ("sda_/data_".len(), "sdb_".len()));
    assert_eq!(output.dropped(), 1);
}
