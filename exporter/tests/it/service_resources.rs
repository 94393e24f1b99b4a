//! What services use, by the real program on a real systemd (cgroup version 2, without the controllers that belong to
//! version 1 on this machine), and by a living cgroup of whichever version has the controllers.

use prunelle_exporter::cgroup::services::{Figures, ServiceCgroups, UnitCgroup};
use prunelle_exporter::roots::Roots;
use prunelle_sandbox::{Manager, Options, wait_until};

use crate::live_cgroup::LiveCgroup;
use crate::program::{Exporter, LIMIT};

const ALL: &str = "/metrics?collect[]=service_resources&collect[]=process_groups";
const BURNER: &str = "[Unit]\nStartLimitIntervalSec=0\n[Service]\nCPUAccounting=yes\nExecStart=/bin/sh -c 'while :; do :; done'\n";

fn series(metric: &str, labels: &str) -> String {
    format!("prunelle_service_{metric}{{name=\"burner.service\"{labels}}}")
}

/// CPU seconds of both modes.
fn cpu(exporter: &Exporter) -> Option<f64> {
    let of = |mode: &str| {
        let labels = format!(",mode=\"{mode}\"");
        exporter.value(ALL, &series("cpu_seconds_total", &labels))
    };
    Some(of("user")? + of("system")?)
}

#[test]
fn a_service_that_uses_the_cpu_ends_and_starts_anew() {
    let options = Options::default().unit("burner.service", BURNER);
    let manager = Manager::start(options).unwrap();
    let arguments = ["--monitored-services=burner", "--monitoring-interval=1"];
    let exporter = Exporter::start_in(&manager, &arguments);
    let is = |metric: &str, labels: &str| exporter.value(ALL, &series(metric, labels)) == Some(1.0);

    // Nothing has run: no figures, which are not zeros.
    wait_until("the table is there", LIMIT, || {
        is("last_result", ",result=\"success\"").then_some(())
    })
    .unwrap();
    assert!(is("sub_state", ",state=\"dead\""));
    assert_eq!(cpu(&exporter), None);

    manager.systemctl(&["start", "burner"]).unwrap();
    let used = wait_until("it has used the CPU", LIMIT, || {
        cpu(&exporter).filter(|&seconds| seconds > 0.5)
    })
    .unwrap_or_else(|error| panic!("{error}: {}", exporter.get(ALL).1));
    // systemd's own figure lies between two of ours, each of which is cut to microseconds by mode.
    let told = manager.show("burner.service", "CPUUsageNSec").unwrap();
    let told = told.parse::<f64>().unwrap() / 1e9;
    let range = used - 1e-4..=cpu(&exporter).unwrap() + 1e-4;
    assert!(range.contains(&told), "{told} {range:?}");
    assert!(is("sub_state", ",state=\"running\""));
    assert_eq!(exporter.value(ALL, &series("last_exit_code", "")), None);

    // What the sampler sees of it.
    let group = "{group=\"sh\",unit=\"burner.service\"}";
    let usage = format!("prunelle_process_group_cpu_usage_ratio{group}");
    wait_until("the group is greedy", LIMIT, || {
        (exporter.value(ALL, &usage)? > 0.02).then_some(())
    })
    .unwrap_or_else(|error| panic!("{error}: {}", exporter.get(ALL).1));
    let value =
        |metric: &str| exporter.value(ALL, &format!("prunelle_process_group_{metric}{group}"));
    assert_eq!(value("processes"), Some(1.0));
    assert!(value("memory_bytes").is_some_and(|bytes| (1e5..1e8).contains(&bytes)));
    let open_files = exporter.value(ALL, &series("open_files", ""));
    assert!(
        open_files.is_none_or(|count| count >= 3.0),
        "{open_files:?}"
    );

    manager.kill_main("burner.service").unwrap();
    wait_until("it is known to have been killed", LIMIT, || {
        is("last_result", ",result=\"signal\"").then_some(())
    })
    .unwrap();
    assert!(is("sub_state", ",state=\"failed\""));
    assert_eq!(
        exporter.value(ALL, &series("last_exit_signal", "")),
        Some(9.0)
    );
    wait_until("its figures are gone with it", LIMIT, || {
        cpu(&exporter).is_none().then_some(())
    })
    .unwrap();

    let before = wait_until("it has used more", LIMIT, || {
        manager.systemctl(&["restart", "burner"]).unwrap();
        cpu(&exporter)
    })
    .unwrap();
    assert!(before < used, "{before} {used}: of the former cgroup");
}

fn read(cgroups: &mut ServiceCgroups, cgroup: &LiveCgroup) -> Figures {
    cgroups.begin();
    let unit = UnitCgroup {
        name: "test.service",
        control_group: &cgroup.path,
        invocation_id: None,
    };
    let figures = cgroups.read(&Roots::default(), unit).unwrap();
    cgroups.end();
    figures
}

#[test]
fn figures_of_a_living_cgroup_move_and_are_never_of_a_former_one() {
    const MEGABYTES: u64 = 30_000_000;
    let Some(mut cgroup) = LiveCgroup::new("service") else {
        eprintln!("NOT TESTED on this machine: no cgroup controllers of either version to use");
        return;
    };
    let mut cgroups = ServiceCgroups::with_limit(100);
    let idle = read(&mut cgroups, &cgroup);
    assert_eq!((idle.tasks, idle.oom_kills), (Some(0), Some(0)));
    cgroup.run("x=$(head -c 30000000 /dev/zero | tr '\\0' a); while :; do :; done");
    let busy = wait_until("it has memory and uses the CPU", LIMIT, || {
        let figures = read(&mut cgroups, &cgroup);
        let is_large = figures.anon? > MEGABYTES && figures.memory? > MEGABYTES;
        (is_large && figures.cpu?.user.as_millis() > 300).then_some(figures)
    })
    .unwrap();
    assert_eq!(busy.tasks, Some(1));
    assert!(
        busy.memory_peak
            .is_none_or(|peak| peak >= busy.memory.unwrap())
    );
    assert!(busy.file.is_some());
    let open = cgroups.open();
    assert!(open > 6, "{open}");

    // Made anew under its name, while the descriptors of the former one are open.
    cgroup.remove();
    assert_eq!(read(&mut cgroups, &cgroup), Figures::default());
    assert!(cgroup.make());
    let fresh = read(&mut cgroups, &cgroup);
    assert_eq!(fresh.tasks, Some(0));
    assert!(fresh.cpu.unwrap().user.as_millis() < 100, "{fresh:?}");
    cgroup.remove();
    assert!(cgroup.make());
    // Nobody looked in between.
    let fresh = read(&mut cgroups, &cgroup);
    assert!(fresh.cpu.unwrap().user.as_millis() < 100, "{fresh:?}");
    assert!(fresh.anon.unwrap() < MEGABYTES, "{fresh:?}");
}
