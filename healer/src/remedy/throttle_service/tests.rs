use std::time::Duration;

use super::*;

fn settings(quota: Option<f64>, weight: Option<u64>, memory: Option<u64>) -> ThrottleService {
    ThrottleService {
        cpu_quota: quota,
        cpu_weight: weight,
        memory_high: memory,
        lasts: Duration::from_hours(1),
    }
}

fn limits(values: &[(Property, u64)]) -> ResourceLimits {
    values.iter().copied().collect()
}

#[test]
fn limits_are_rounded_to_what_systemd_keeps() {
    for (quota, micros) in [
        (0.5, 500_000),
        (1.0 / 3.0, 333_300),
        (2.0, 2_000_000),
        (0.000_000_1, 100),
    ] {
        let wanted = wanted(&settings(Some(quota), None, None));
        assert_eq!(wanted.get(Property::CpuQuota), Some(micros), "{quota}");
    }
    let wanted = wanted(&settings(None, Some(20), Some(10_000)));
    assert_eq!(wanted.get(Property::CpuQuota), None);
    assert_eq!(wanted.get(Property::CpuWeight), Some(20));
    assert_eq!(wanted.get(Property::MemoryHigh), Some(8192));
}

#[test]
fn it_only_ever_tightens() {
    use Property::{CpuQuota, CpuWeight, MemoryHigh};
    let settings = settings(Some(0.5), Some(150), Some(1 << 20));
    let wanted = wanted(&settings);
    for (present, tighter) in [
        // Nothing is limited: the weight would be raised, and is left.
        ([u64::MAX; 3], vec![CpuQuota, MemoryHigh]),
        ([400_000, 200, u64::MAX], vec![CpuWeight, MemoryHigh]),
        ([500_000, 150, 1 << 20], vec![]),
        ([100_000, 1, 4096], vec![]),
    ] {
        let present: ResourceLimits = Property::ALL.into_iter().zip(present).collect();
        let undo = tightened(&wanted, &present, &settings);
        let told = undo.as_ref().map(|undo| undo.limits.properties());
        assert_eq!(told.unwrap_or_default(), tighter, "{present}");
        for (property, before) in undo.iter().flat_map(|undo| undo.before.iter()) {
            assert_eq!(Some(before), present.get(property));
        }
    }
}

#[test]
fn what_this_systemd_does_not_know_is_not_limited() {
    let settings = settings(Some(0.5), None, Some(1 << 20));
    let present = limits(&[(Property::CpuQuota, u64::MAX)]);
    let undo = tightened(&wanted(&settings), &present, &settings).unwrap();
    assert_eq!(undo.limits, limits(&[(Property::CpuQuota, 500_000)]));
    assert_eq!(undo.lasts_seconds, 3600);
}
