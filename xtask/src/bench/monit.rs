//! The peer: Monit at its shortest cycle, one second, on the same service of the same systemd.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use prunelle_sandbox::{Manager, Options};

use super::heal::{Dice, active_since, kill_at};

const UNIT: &str = "peer.service";

/// How often to look for the repair, twice a second.
const PATIENCE: u32 = 60;

/// Seconds from the kill until active again, one for each kill.
pub(super) fn samples(kills: u32, dice: &mut Dice) -> Result<Vec<f64>> {
    println!("Monit, cycle of 1 s, {kills} kills");
    let text = "[Service]\nType=exec\nExecStartPre=/bin/rm -f /run/peer.pid\n\
                ExecStart=/bin/sh -c 'echo $$$$ > /run/peer.pid; exec sleep infinity'\n";
    let manager = Manager::start(Options::default().unit(UNIT, text))?;
    manager.systemctl(&["start", UNIT])?;
    let log = manager.dir().join("monit.log");
    let settings = manager.dir().join("monitrc");
    fs::write(&settings, configuration(&manager)?)?;
    fs::set_permissions(&settings, fs::Permissions::from_mode(0o600))?;
    let file = settings.to_str().context("a path that is not UTF-8")?;
    let _monit = manager
        .keep("monit", &["-I", "-c", file], &log)
        .context("is Monit installed?")?;
    // Monit looks at everything once before its first cycle.
    sleep(Duration::from_secs(3));
    (0..kills)
        .map(|_| {
            sleep(Duration::from_secs(2) + dice.up_to(Duration::from_secs(2)));
            let before = manager.show(UNIT, "InvocationID")?;
            let killed = kill_at(&manager, UNIT)?;
            for _ in 0..PATIENCE {
                // Seldom, so that the looking does not slow the repair down.
                sleep(Duration::from_millis(500));
                if manager.show(UNIT, "InvocationID")? != before
                    && manager.show(UNIT, "ActiveState")? == "active"
                {
                    let active = active_since(&manager, UNIT)?;
                    return Ok(active.duration_since(killed).as_secs_f64());
                }
            }
            bail!(
                "Monit has not started {UNIT} again:\n{}",
                fs::read_to_string(&log)?
            )
        })
        .collect()
}

fn configuration(manager: &Manager) -> Result<String> {
    let dir = manager.dir();
    let start = dir.join("start-peer.sh");
    // Monit starts programs with an empty environment.
    let runtime = manager.output(manager.command("printenv").arg("XDG_RUNTIME_DIR"))?;
    let script = format!(
        "#!/bin/sh\nexport XDG_RUNTIME_DIR={}\nexec systemctl --user start {UNIT}\n",
        runtime.trim()
    );
    fs::write(&start, script)?;
    fs::set_permissions(&start, fs::Permissions::from_mode(0o755))?;
    Ok(format!(
        "set daemon 1\nset pidfile {0}/monit.pid\nset idfile {0}/monit.id\nset statefile {0}/monit.state\n\
         check process peer with pidfile /run/peer.pid\n  start program = \"{1}\"\n",
        dir.display(),
        start.display()
    ))
}
