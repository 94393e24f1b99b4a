//! How cost grows: with units in a real systemd of its own, with mounts in a namespace of their own.

use anyhow::Result;
use prunelle_sandbox::{Manager, Options};

use super::measure::{Encoding, flat_out};
use super::program::{Kind, Place, Program};
use super::{Bench, Row};

/// Services that do nothing, wanted together.
const UNIT: &str = "[Unit]\nDescription=Scraped by the bench\n[Service]\nType=exec\nExecStart=/bin/sleep infinity\n";
const ALL: &str = "bench.target";

/// Collectors of ours that tell about units, each asked alone.
const OF_UNITS: &[&str] = &["systemd", "services", "service_resources"];

/// Cost with 10, 100 and 500 running services.
pub(super) fn units(bench: &Bench) -> Result<Vec<Row>> {
    let scales: &[u32] = if bench.options.quick {
        &[10]
    } else {
        &[10, 100, 500]
    };
    let mut rows = Vec::new();
    for &count in scales {
        Bench::say(&format!("{count} services."));
        let manager = with_units(count)?;
        let place = Place::Sandbox(&manager);
        let mut row = |situation, program: &Program, query: &str| -> Result<()> {
            let scrapes = bench.options.scrapes / 4;
            rows.push(Row {
                part: "units",
                situation,
                program: program.name(),
                figures: flat_out(program, query, Encoding::Plain, scrapes)?,
            });
            Ok(())
        };
        let only = ["systemd".to_owned()];
        let theirs = Program::start(Kind::NodeExporter, &place, Some(&only), &[])?;
        row(format!("{count} services, systemd"), &theirs, "")?;
        drop(theirs);
        let kind = Kind::Ours(bench.ours.clone());
        let known = kind.collectors()?;
        let of_units: Vec<String> = OF_UNITS
            .iter()
            .map(ToString::to_string)
            .filter(|name| known.contains(name))
            .collect();
        let watch = ["--monitored-services=bench-*"];
        let ours = Program::start(kind, &place, Some(&of_units), &watch)?;
        ours.wait_for(&format!(
            "prunelle_service_up{{name=\"{}\"}} 1",
            name(count - 1)
        ))?;
        for collector in &of_units {
            let query = format!("?collect[]={collector}");
            row(format!("{count} services, {collector}"), &ours, &query)?;
        }
    }
    Ok(rows)
}

/// A systemd in which so many services run.
fn with_units(count: u32) -> Result<Manager> {
    let names: Vec<String> = (0..count).map(name).collect();
    let target = format!(
        "[Unit]\nDescription=Services of the bench\nWants={}\n",
        names.join(" ")
    );
    let mut options = Options::default().unit(ALL, target);
    for name in &names {
        options = options.unit(name, UNIT);
    }
    let manager = Manager::start(options)?;
    manager.systemctl(&["start", ALL])?;
    for name in &names {
        manager.wait_for(name, "active", super::program::LIMIT)?;
    }
    Ok(manager)
}

fn name(number: u32) -> String {
    format!("bench-{number:03}.service")
}

/// Cost of `filesystem` with 10, 100 and 1,000 mounts more.
pub(super) fn mounts(bench: &Bench) -> Result<Vec<Row>> {
    let scales: &[u32] = if bench.options.quick {
        &[10]
    } else {
        &[10, 100, 1000]
    };
    let mut rows = Vec::new();
    let mut manager = Bench::sandbox()?;
    let mut mounted = 0;
    for &count in scales {
        Bench::say(&format!("{count} mounts."));
        mount(&mut manager, mounted, count)?;
        mounted = count;
        for program in bench.start(&Place::Sandbox(&manager), &["filesystem"])? {
            let scrapes = bench.options.scrapes / 4;
            rows.push(Row {
                part: "mounts",
                situation: format!("{count} mounts, filesystem"),
                program: program.name(),
                figures: flat_out(&program, "", Encoding::Plain, scrapes)?,
            });
        }
    }
    Ok(rows)
}

/// Mounts small file systems below `/run` of the sandbox, which is its own.
fn mount(manager: &mut Manager, from: u32, to: u32) -> Result<()> {
    const SCRIPT: &str = "i=$1; while [ $i -lt $2 ]; do d=/run/bench/$i; mkdir -p $d; \
                          mount -t tmpfs -o size=64k bench$i $d; i=$((i + 1)); done";
    let (from, to) = (from.to_string(), to.to_string());
    let mut command = manager.command("/bin/sh");
    manager.output(command.args(["-euc", SCRIPT, "mount", &from, &to]))?;
    Ok(())
}
