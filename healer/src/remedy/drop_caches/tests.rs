use super::droppable;

#[test]
fn what_could_be_dropped_is_what_has_a_copy_elsewhere() {
    let meminfo = "MemTotal:       24684640 kB\nBuffers:             100 kB\nCached:             5000 kB\n\
                   SwapCached:          999 kB\nShmem:              1000 kB\nSReclaimable:        10 kB\n";
    assert_eq!(droppable(meminfo), Some(4110 * 1024));
    assert_eq!(droppable("Cached: 1 kB\n"), Some(1024));
    for odd in ["", "Cached: x kB\n", "Cached: 1 MB\n", "Cached:\n"] {
        assert_eq!(droppable(odd), None, "{odd:?}");
    }
}
