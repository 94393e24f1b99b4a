use super::*;

#[test]
fn many_never_add_up_and_one_alone_may_be_larger() {
    let room = Room::new(100);
    let mut first = room.share();
    assert!(first.grow(60));
    let mut second = room.share();
    assert!(second.would_fit(40));
    assert!(!second.would_fit(41));
    assert!(second.grow(40));
    assert!(!second.grow(1), "the room is full");
    assert!(!first.grow(1));
    drop(second);
    assert!(first.grow(1000), "it is the only one");
    let mut third = room.share();
    assert!(!third.grow(1));
    drop(first);
    assert!(third.grow(1));
}
