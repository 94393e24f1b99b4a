use std::fs;

use super::*;

#[test]
fn it_is_given_up_in_slices_and_refilled() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("reserve");
    let wanted = 1 << 20;
    let mut reserve = Reserve::open(&path, wanted).unwrap();
    assert_eq!(reserve.held(), 0);
    assert!(reserve.refill().unwrap());
    assert_eq!(reserve.held(), wanted);

    let mut slices = 0;
    while reserve.give_up_slice() {
        slices += 1;
        assert_eq!(fs::metadata(&path).unwrap().len(), reserve.held());
    }
    assert_eq!(slices, SLICES);
    assert!(reserve.is_short());
    assert!(reserve.refill().unwrap());
    assert!(!reserve.is_short());
}

#[test]
fn an_earlier_run_s_is_taken_over_and_a_larger_one_shrunk() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("reserve");
    Reserve::open(&path, 1 << 20).unwrap().refill().unwrap();
    let reserve = Reserve::open(&path, 1 << 20).unwrap();
    assert!(!reserve.is_short());
    let reserve = Reserve::open(&path, 1 << 16).unwrap();
    assert_eq!(reserve.held(), 1 << 16);
    assert_eq!(fs::metadata(&path).unwrap().len(), 1 << 16);
}

#[test]
fn a_sparse_file_holds_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("reserve");
    fs::File::create(&path).unwrap().set_len(1 << 20).unwrap();
    let reserve = Reserve::open(&path, 1 << 20).unwrap();
    assert_eq!(reserve.held(), 0);
}

#[test]
fn none_is_wanted() {
    let folder = tempfile::tempdir().unwrap();
    let mut reserve = Reserve::open(&folder.path().join("reserve"), 0).unwrap();
    assert!(!reserve.is_short());
    assert!(!reserve.give_up_slice());
}

#[test]
fn zeros_serve_where_nothing_can_be_allocated() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("reserve");
    let reserve = Reserve::open(&path, (1 << 17) + 5).unwrap();
    reserve.fill_with_zeros().unwrap();
    assert_eq!(fs::metadata(&path).unwrap().len(), (1 << 17) + 5);
}
