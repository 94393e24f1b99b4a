use damage::damage;
use proptest::prelude::*;

use super::*;
use crate::cpu_times::CpuTimes;
use crate::disks::udev;
use crate::links::{self, Link, Traffic, netlink};
use crate::roots::Malformed;
use crate::{cgroup, os_release, sysfs, textfile};

mod damage;

macro_rules! fixture {
    ($path:literal) => {
        include_bytes!(concat!("../../tests/fixtures/modern/", $path))
    };
}

/// A file that a parser understands, and how to run it.
type Parser = (&'static [u8], fn(&[u8]));

/// A line for each parser of kernel files.
const PARSERS: &[Parser] = &[
    (fixture!("proc/1/mountinfo"), |it| _ = mountinfo::parse(it)),
    (fixture!("proc/1/net/dev"), |it| _ = net_dev::parse(it)),
    (fixture!("proc/1/net/netstat"), netstat_tables),
    (fixture!("proc/1/net/snmp"), netstat_tables),
    (fixture!("proc/1/net/snmp6"), |it| {
        _ = netstat::parse_snmp6(it, |counter| counter.number().map(drop));
    }),
    (fixture!("proc/1/net/sockstat"), |it| {
        _ = sockstat::parse(it);
    }),
    (fixture!("proc/1/net/sockstat6"), |it| {
        _ = sockstat::parse(it);
    }),
    (fixture!("proc/1/net/softnet_stat"), |it| {
        _ = softnet_stat::parse(it);
    }),
    (fixture!("proc/1/net/stat/nf_conntrack"), |it| {
        _ = nf_conntrack::parse(it);
    }),
    (fixture!("proc/diskstats"), |it| _ = diskstats::parse(it)),
    (fixture!("proc/loadavg"), |it| _ = loadavg::parse(it)),
    (fixture!("proc/mdstat"), |it| _ = mdstat::parse(it)),
    (fixture!("proc/meminfo"), |it| _ = meminfo::parse(it)),
    (fixture!("proc/meminfo"), |it| {
        _ = meminfo::items(it).count();
    }),
    (fixture!("proc/pressure/io"), |it| _ = pressure::parse(it)),
    (fixture!("proc/1234/stat"), |it| _ = process::stat(it)),
    (fixture!("proc/1234/statm"), |it| _ = process::statm(it)),
    (fixture!("proc/1234/cgroup"), |it| {
        _ = process::control_group(it).map(process::unit);
    }),
    (fixture!("proc/stat"), |it| _ = stat::parse(it)),
    (fixture!("proc/stat"), |it| _ = stat::cpus(it).count()),
    (fixture!("proc/stat"), |it| _ = stat::totals(it)),
    (fixture!("proc/sys/fs/file-nr"), |it| _ = file_nr::parse(it)),
    (fixture!("proc/vmstat"), |it| {
        _ = vmstat::items(it, |_| true).count();
    }),
    (b"1048576\n", |it| _ = cgroup::parse::value(it)),
    (b"max\n", |it| _ = cgroup::parse::limit(it)),
    (b"anon 1\nfile 2\n", |it| {
        _ = cgroup::parse::keyed(it, ["file", "anon"]);
    }),
    (b"8:0 rbytes=1 wbytes=2 rios=3 wios=4\n", |it| {
        _ = cgroup::parse::io_stat(it);
    }),
    (b"8:0 Read 1\n8:0 Write 2\nTotal 3\n", |it| {
        _ = cgroup::parse::blkio(it);
    }),
    (fixture!("etc/os-release"), |it| _ = os_release::parse(it)),
    (
        b"# HELP x A \\n\n# TYPE x histogram\nx_bucket{le=\"1\",a=\"\\\"\"} 1\nx_count 2\ny -1e3\n",
        |it| _ = textfile::parse(it),
    ),
    (fixture!("udev/data/b8:0"), |it| _ = udev::parse(it)),
    (b"0-3,8\n", |it| _ = sysfs::cpu_list::parse(it)),
    (b"temp1_crit_alarm", |it| {
        _ = sysfs::hwmon::attribute(&label(it)).is_some();
    }),
    (b"Package id 0", |it| _ = sysfs::hwmon::clean(&label(it))),
    (b"-500\n", |it| _ = sysfs::signed(it)),
    (b"0x1003\n", |it| {
        _ = links::sysfs::parse_number(it, "flags");
    }),
    (b"1500\n", |it| _ = sysfs::unsigned(it)),
    (b"x86_pkg_temp\n", |it| _ = sysfs::text(it)),
    (
        include_bytes!("../../tests/fixtures/rtnetlink/dump"),
        rtnetlink,
    ),
];

fn netstat_tables(content: &[u8]) {
    _ = netstat::parse_tables(content, |counter| counter.number().map(drop));
}

/// Not a file, but bytes of the kernel all the same.
fn rtnetlink(datagram: &[u8]) {
    let links = netlink::messages(datagram).map(|message| match message?.content {
        netlink::Content::Link(link) => Link::of_message(&link, |_| true),
        _ => Ok(None),
    });
    _ = links.collect::<Result<Vec<_>, Malformed>>();
    _ = Traffic::of_stats64(datagram);
    _ = Traffic::of_stats32(datagram);
}

#[test]
fn a_label_keeps_utf8_and_tells_other_bytes_apart() {
    assert_eq!(label("données".as_bytes()), "données");
    assert_eq!(label(b"a\xff"), "a\\xff");
    assert_ne!(label(b"a\xff"), label(b"a\xfe"));
}

#[test]
fn a_number_is_digits_and_nothing_else() {
    assert_eq!(number(b"0"), Some(0));
    assert_eq!(number(b"18446744073709551615"), Some(u64::MAX));
    for text in ["", "-1", "+1", "1.0", "18446744073709551616", " 1", "x"] {
        assert_eq!(number(text.as_bytes()), None, "{text:?}");
    }
}

#[test]
fn a_signed_number_may_have_a_minus() {
    assert_eq!(signed(b"42"), Some(42));
    assert_eq!(signed(b"-9223372036854775808"), Some(i64::MIN));
    for text in [
        "",
        "-",
        "--1",
        "+1",
        "9223372036854775808",
        "-9223372036854775809",
    ] {
        assert_eq!(signed(text.as_bytes()), None, "{text:?}");
    }
}

#[test]
fn a_decimal_number_is_written_out() {
    assert_eq!(decimal(b"0.25"), Some(0.25));
    assert_eq!(decimal(b"12"), Some(12.0));
    for text in ["", ".", "-0.25", "1e3", "inf", "NaN", "1.2.3"] {
        assert_eq!(decimal(text.as_bytes()), None, "{text:?}");
    }
}

#[test]
fn lines_are_numbered_and_the_last_need_not_end() {
    let all = |text: &'static str| lines(text.as_bytes()).collect::<Vec<_>>();
    assert_eq!(all("a\n\nb"), [(1, &b"a"[..]), (2, b""), (3, b"b")]);
    assert_eq!(all("a\n"), [(1, &b"a"[..]), (2, b"")]);
    assert_eq!(all(""), [(1, &b""[..])]);
}

/// What a parser tells of a file, as texts; none when it refuses the file.
type Telling = fn(&[u8]) -> Option<Vec<String>>;

/// A line for each file that is told as it is, number by number.
const TOLD: &[(&[u8], Telling)] = &[
    (fixture!("proc/loadavg"), |it| {
        loadavg::parse(it).ok().map(|it| vec![format!("{it:?}")])
    }),
    (fixture!("proc/meminfo"), |it| {
        meminfo::items(it)
            .map(|it| it.ok().map(|it| format!("{it:?}")))
            .collect()
    }),
    (fixture!("proc/pressure/io"), |it| {
        let told = pressure::parse(it).ok()?;
        Some(
            [told.some, told.full]
                .into_iter()
                .flatten()
                .map(|it| it.to_string())
                .collect(),
        )
    }),
    (fixture!("proc/stat"), |it| {
        let mut times = CpuTimes::default();
        times.update(it).ok()?;
        Some(times.cpus().iter().map(|it| format!("{it:?}")).collect())
    }),
    (fixture!("proc/stat"), |it| {
        stat::totals(it).ok().map(|it| vec![format!("{it:?}")])
    }),
    (fixture!("proc/sys/fs/file-nr"), |it| {
        file_nr::parse(it).ok().map(|it| vec![format!("{it:?}")])
    }),
    (fixture!("proc/vmstat"), |it| {
        vmstat::items(it, |_| true)
            .map(|it| it.ok().map(|it| format!("{it:?}")))
            .collect()
    }),
];

/// A number that was cut is another number: `0` of `0.42`, `16` of `163`.
#[test]
fn a_cut_file_tells_nothing_that_the_whole_one_does_not() {
    for (whole, tell) in TOLD {
        let all = tell(whole).unwrap();
        for end in 0..whole.len() {
            let told = tell(&whole[..end]).unwrap_or_default();
            let is_wrong = |it: &&String| !all.contains(it);
            let wrong: Vec<_> = told.iter().filter(is_wrong).collect();
            assert!(wrong.is_empty(), "{wrong:?} of {end} bytes");
        }
    }
}

proptest! {
    #[test]
    fn no_parser_panics_on_any_bytes(content in prop::collection::vec(any::<u8>(), 0..400)) {
        for (_, parse) in PARSERS {
            parse(&content);
        }
    }

    #[test]
    fn no_parser_panics_on_words_and_numbers(content in "([a-z_]{0,3}[:= \t]{0,2}-?[0-9]{0,21}[ .,\n]{0,2}){0,30}") {
        for (_, parse) in PARSERS {
            parse(content.as_bytes());
        }
    }

    #[test]
    fn no_parser_panics_on_a_damaged_file(damages in prop::collection::vec(damage(), 1..6)) {
        for (whole, parse) in PARSERS {
            let mut content = whole.to_vec();
            for damage in &damages {
                content = damage.done_to(&content);
                parse(&content);
            }
        }
    }
}
