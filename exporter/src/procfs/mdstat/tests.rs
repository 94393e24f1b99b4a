use super::*;

fn one(text: &str) -> Array<'_> {
    let mut arrays = parse(text.as_bytes()).unwrap();
    assert_eq!(arrays.len(), 1, "{text}");
    arrays.remove(0)
}

#[test]
fn a_whole_file() {
    let text = "Personalities : [raid1] [raid6] [raid5] [raid4]
md1 : active raid1 sdb2[1] sda2[0]
      976630464 blocks super 1.2 [2/2] [UU]
      bitmap: 2/8 pages [8KB], 65536KB chunk

md0 : active raid5 sdc1[3] sdb1[1] sda1[0]
      2093056 blocks super 1.2 level 5, 512k chunk, algorithm 2 [3/3] [UUU]

unused devices: <none>
";
    let arrays = parse(text.as_bytes()).unwrap();
    let names: Vec<_> = arrays.iter().map(|array| array.name).collect();
    assert_eq!(names, ["md1", "md0"]);
    assert_eq!(
        arrays[0],
        Array {
            name: "md1",
            state: State::Active,
            active: 2,
            failed: 0,
            spare: 0,
            required: Some(2),
            blocks: 976_630_464,
            blocks_synced: Some(976_630_464),
        }
    );
}

#[test]
fn no_array_is_no_error() {
    assert_eq!(parse(b"").unwrap(), []);
    assert_eq!(
        parse(b"Personalities : \nunused devices: <none>\n").unwrap(),
        []
    );
}

#[test]
fn failed_and_spare_disks_are_counted_with_their_flags() {
    let array = one(
        "md7 : active raid6 sdd1[3](W)(F) sdc1[2] sdb1[1] sda1[0] sde1[4](S)
      7813735424 blocks super 1.2 level 6, 512k chunk, algorithm 2 [4/3] [UUU_]
      bitmap: 0/30 pages [0KB], 65536KB chunk
",
    );
    assert_eq!((array.active, array.failed, array.spare), (3, 1, 1));
    assert_eq!(array.required, Some(4));
    assert_eq!(array.state, State::Active);
}

#[test]
fn levels_without_redundancy_need_all_their_disks() {
    let chunks = "      314159265 blocks 64k chunks\n";
    for head in [
        "md10 : active raid0 sda1[0] sdb1[1]\n",
        "md10 : active (read-only) raid0 sdb1[1] sda1[0]\n",
        "md10 : active linear sda1[1] sdb1[0]\n",
    ] {
        let text = format!("{head}{chunks}\n");
        let array = one(&text);
        assert_eq!((array.active, array.required), (2, Some(2)), "{head}");
    }
}

#[test]
fn what_is_being_done_is_the_state() {
    for (line, state, synced) in [
        (
            "      [==>......]  recovery = 12.6% (37043392/292945152) finish=127.5min speed=33440K/sec",
            State::Recovering,
            Some(37_043_392),
        ),
        (
            "      [=>.......]  resync =  8.5% (16775552/195310144) finish=17.0min speed=259783K/sec",
            State::Resync,
            Some(16_775_552),
        ),
        (
            "      [=>.......]  check =  5.7% (114176/1993728) finish=0.2min speed=114176K/sec",
            State::Check,
            Some(114_176),
        ),
        (
            "      [>........]  reshape =  0.1% (1024/1046528) finish=0.8min speed=20000K/sec",
            State::Reshape,
            Some(1024),
        ),
        ("      \tresync=DELAYED", State::Resync, Some(0)),
        ("      \tresync=PENDING", State::Resync, Some(0)),
        ("      \tresync=REMOTE", State::Resync, None),
        ("      \treshape=DELAYED", State::Reshape, Some(0)),
        ("      \tcheck=DELAYED", State::Check, Some(0)),
    ] {
        let text = format!(
            "md0 : active raid1 sdb1[1] sda1[0]\n      292945152 blocks [2/1] [U_]\n{line}\n      bitmap: 0/3 pages [0KB], 65536KB chunk\n\n"
        );
        let array = one(&text);
        assert_eq!(
            (array.state, array.blocks_synced),
            (state, synced),
            "{line}"
        );
    }
}

#[test]
fn of_an_array_that_is_not_assembled_no_disk_works_and_nobody_knows_how_many_it_needs() {
    let array = one("md219 : inactive sdb[2](S) sdc[1](S) sda[0](S)
      7932 blocks super external:imsm

");
    assert_eq!(array.state, State::Inactive);
    assert_eq!((array.active, array.failed, array.spare), (0, 0, 3));
    assert_eq!((array.required, array.blocks), (None, 7932));
}

#[test]
fn an_array_that_lost_too_much_is_broken() {
    let array = one("md0 : broken raid0 sda1[0] sdb1[1]\n      100 blocks 64k chunks\n");
    assert_eq!(array.state, State::Broken);
}

#[test]
fn what_is_truncated_or_absurd_is_an_error() {
    for text in [
        "md0",
        "md0 : ",
        "md0 : active raid1 sda1[0]",
        "md0 : active raid1 sda1[0]\n",
        "md0 : active raid1 sda1[0]\n      many blocks [1/1] [U]\n",
        "md0 : active raid1 sda1[0]\n      -5 blocks [1/1] [U]\n",
        "md0 : active raid1 sda1[0]\n      99999999999999999999 blocks [1/1] [U]\n",
        "md0 : active raid1 sda1[0]\n      5\n",
        "md0 : sleeping raid1 sda1[0]\n      5 blocks [1/1] [U]\n",
        "md0 : active raid1 sda1[0]\n      5 blocks [1/1] [U]\n      recovery = 1%\n",
        "md0 : active raid1 sda1[0]\n      5 blocks [1/1] [U]\n      recovery = 1% (x/5)\n",
    ] {
        assert!(parse(text.as_bytes()).is_err(), "{text}");
    }
}
