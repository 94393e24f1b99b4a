//! Starts Prometheus and Alertmanager on the shipped files of this project.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use anyhow::{Context, Result};

use super::link::Side;
use super::options::StackOptions;
use super::server::Server;
use super::shipped;
use crate::programs::Programs;
use crate::spawn;

/// Whom an Alertmanager tells.
pub(super) struct Receivers<'a> {
    pub(super) healers: &'a [u16],
    pub(super) token_file: &'a Path,
    pub(super) operators: u16,
}

/// Ports of a member of a cluster.
#[derive(Clone, Copy)]
pub(super) struct Member {
    /// Its own, and the one that others reach it by.
    pub(super) side: Side,
    /// The one that it reaches the other member by.
    pub(super) peer: u16,
}

/// Alertmanager, with a webhook for each healer and one for people.
pub(super) fn alertmanager(
    programs: &Programs,
    folder: &Path,
    port: u16,
    receivers: &Receivers<'_>,
    member: Option<Member>,
) -> Result<Server> {
    let &Receivers {
        healers,
        token_file,
        operators,
    } = receivers;
    fs::create_dir_all(folder)?;
    let file = folder.join("alertmanager.yml");
    let shipped = read("alertmanager/alertmanager.yml")?;
    let ours = shipped::alertmanager(&shipped, healers, token_file, operators)?;
    fs::write(&file, ours)?;
    let mut command = spawn::command(&programs.alertmanager);
    command
        .arg(format!("--config.file={}", file.display()))
        .arg(format!("--storage.path={}", folder.join("data").display()))
        .arg(format!("--web.listen-address=127.0.0.1:{port}"));
    match member {
        // One Alertmanager, so no cluster and no port for it.
        None => {
            command.arg("--cluster.listen-address=");
        }
        Some(member) => {
            command.args(in_cluster(member));
        }
    }
    Server::start_new("Alertmanager", command, port, folder.join("log"))
}

/// A cluster that notices within a second or two what takes a minute as shipped, so that a test can wait for it.
fn in_cluster(member: Member) -> [String; 9] {
    let Member { side, peer } = member;
    [
        format!("--cluster.listen-address=127.0.0.1:{}", side.behind),
        format!("--cluster.advertise-address=127.0.0.1:{}", side.front),
        format!("--cluster.peer=127.0.0.1:{peer}"),
        "--cluster.peer-timeout=2s".to_owned(),
        "--cluster.gossip-interval=50ms".to_owned(),
        "--cluster.pushpull-interval=1s".to_owned(),
        "--cluster.probe-interval=200ms".to_owned(),
        "--cluster.probe-timeout=100ms".to_owned(),
        "--cluster.reconnect-interval=200ms".to_owned(),
    ]
}

/// What Prometheus is to watch, and whom to tell.
pub(super) struct Surroundings {
    pub(super) alertmanagers: Vec<u16>,
    pub(super) exporters: Vec<String>,
    pub(super) healers: Vec<String>,
}

/// Prometheus, with the rules.
pub(super) fn prometheus(
    programs: &Programs,
    folder: &Path,
    port: u16,
    options: &StackOptions,
    around: &Surroundings,
) -> Result<Server> {
    write_rules(&folder.join("rules"), options)?;
    let file = folder.join("prometheus.yml");
    let shipped = read(&format!("prometheus/{}", options.profile.file()))?;
    let Surroundings {
        alertmanagers,
        exporters,
        healers,
    } = around;
    let ours = shipped::prometheus(&shipped, alertmanagers, exporters, healers)?;
    fs::write(&file, ours)?;
    let mut command = spawn::command(&programs.prometheus);
    command
        .arg(format!("--config.file={}", file.display()))
        .arg(format!(
            "--storage.tsdb.path={}",
            folder.join("data").display()
        ))
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        // An alert raised before Alertmanager was found, in the first 5 s, is sent again after this; 1m as shipped.
        .arg("--rules.alert.resend-delay=10s");
    Server::start_new("Prometheus", command, port, folder.join("log"))
}

fn write_rules(folder: &Path, options: &StackOptions) -> Result<()> {
    fs::create_dir_all(folder)?;
    for entry in fs::read_dir(project().join("prometheus/rules"))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "yml") {
            let shipped = fs::read_to_string(&path)?;
            let ours = shipped::rules(&shipped, &options.rule_changes, &options.group_suffix)
                .with_context(|| format!("in {}", path.display()))?;
            fs::write(folder.join(path.file_name().unwrap_or_default()), ours)?;
        }
    }
    Ok(())
}

/// A file with a new token, readable by its owner only.
pub(super) fn write_token(path: &Path) -> Result<()> {
    let mut bytes = [0; 16];
    fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    let mut file = fs::File::create(path)?;
    file.set_permissions(fs::Permissions::from_mode(0o600))?;
    Ok(write!(file, "{:032x}", u128::from_ne_bytes(bytes))?)
}

/// A shipped file.
fn read(file: &str) -> Result<String> {
    let path = project().join(file);
    fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
}

/// The folder of the whole project.
pub(super) fn project() -> &'static Path {
    let sandbox = Path::new(env!("CARGO_MANIFEST_DIR"));
    sandbox.parent().unwrap_or(sandbox)
}
