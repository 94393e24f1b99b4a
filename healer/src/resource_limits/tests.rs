use super::*;

#[test]
fn limits_read_as_in_a_unit_file() {
    let limits = |values: [u64; 3]| {
        let named: ResourceLimits = Property::ALL.into_iter().zip(values).collect();
        named.to_string()
    };
    assert_eq!(
        limits([500_000, 20, 1 << 30]),
        "CPUQuota=50% CPUWeight=20 MemoryHigh=1G"
    );
    assert_eq!(
        limits([u64::MAX; 3]),
        "CPUQuota= CPUWeight= MemoryHigh=infinity"
    );
    assert_eq!(
        limits([1_333_300, 1, 1_500_000]),
        "CPUQuota=133.33% CPUWeight=1 MemoryHigh=1500000"
    );
    assert_eq!(
        limits([100, 1, 0]),
        "CPUQuota=0.01% CPUWeight=1 MemoryHigh=0"
    );
}

#[test]
fn limits_come_back_from_the_journal_as_they_went_in() {
    let limits: ResourceLimits = [(Property::CpuQuota, u64::MAX), (Property::MemoryHigh, 4096)]
        .into_iter()
        .collect();
    let kept = serde_json::to_string(&limits).unwrap();
    assert_eq!(
        kept,
        "{\"CPUQuotaPerSecUSec\":18446744073709551615,\"MemoryHigh\":4096}"
    );
    assert_eq!(
        serde_json::from_str::<ResourceLimits>(&kept).unwrap(),
        limits
    );
    assert!(serde_json::from_str::<ResourceLimits>("{\"Nice\":1}").is_err());
}
