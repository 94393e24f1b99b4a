//! The units of exporter and healer, and where the healer keeps its files.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::{HostOptions, RUNTIME, Surroundings};
use crate::manager::Manager;

/// Where the healer keeps its files, inside.
pub(super) struct Places {
    store: PathBuf,
    pub(super) action_log: PathBuf,
    /// The folders that are its own.
    own: Vec<PathBuf>,
}

impl Places {
    pub(super) fn of(dir: &Path, options: &HostOptions) -> Self {
        let Some(var) = &options.healer_var else {
            let store = dir.join("state");
            return Self {
                action_log: dir.join("actions.jsonl"),
                own: vec![PathBuf::from(RUNTIME), store.clone()],
                store,
            };
        };
        let (store, log) = (var.join("lib/prunelle"), var.join("log/prunelle"));
        Self {
            action_log: log.join("actions.jsonl"),
            own: vec![PathBuf::from(RUNTIME), store.clone(), log],
            store,
        }
    }

    /// Makes them, for the healer's user.
    pub(super) fn make(&self, manager: &Manager, user: Option<u32>) -> Result<()> {
        let user = user.unwrap_or(0).to_string();
        let mut install = manager.command("install");
        install.args([
            "--directory",
            "--mode=750",
            "--owner",
            &user,
            "--group",
            &user,
        ]);
        manager.output(install.args(&self.own))?;
        Ok(())
    }
}

/// The exporter's unit.
pub(super) fn exporter(
    dir: &Path,
    options: &HostOptions,
    port: u16,
    around: &Surroundings<'_>,
) -> String {
    let program = around.programs.exporter.display();
    let command = format!("{program} --web.listen-address 127.0.0.1:{port}");
    let mut env = vec![("MONITORED_SERVICES".to_owned(), options.watched())];
    env.extend(options.exporter_env.clone());
    unit(&command, &env, &dir.join("exporter.log"))
}

/// The healer's unit.
pub(super) fn healer(
    dir: &Path,
    places: &Places,
    options: &HostOptions,
    port: u16,
    around: &Surroundings<'_>,
) -> String {
    let flags = [
        ("web.listen-address", format!("127.0.0.1:{port}")),
        ("web.token-file", around.token_file.display().to_string()),
        ("policy.file", dir.join("policy.yml").display().to_string()),
        ("storage.path", places.store.display().to_string()),
        ("actions.file", places.action_log.display().to_string()),
        ("runtime.path", RUNTIME.to_owned()),
        (
            "alertmanager.url",
            format!("http://127.0.0.1:{}", around.alertmanager),
        ),
        (
            "prometheus.url",
            format!("http://127.0.0.1:{}", around.prometheus),
        ),
    ];
    let flags = flags
        .iter()
        .map(|(flag, value)| format!(" --{flag} \"{value}\""))
        .collect::<Vec<_>>()
        .concat();
    let user = options.healer_user.map(as_user).unwrap_or_default();
    let command = format!("{user}{}{flags}", around.programs.healer.display());
    let mut env = vec![("MONITORED_SERVICES".to_owned(), options.watched())];
    env.extend(options.healer_env.clone());
    unit(&command, &env, &dir.join("healer.log"))
}

/// What the shipped unit gives the healer, for a user whom the sandbox's systemd need not know.
fn as_user(user: u32) -> String {
    let capabilities = "-all,+dac_override,+fowner";
    format!(
        "/usr/bin/setpriv --reuid={user} --regid={user} --clear-groups --no-new-privs \
         --inh-caps={capabilities} --ambient-caps={capabilities} --bounding-set={capabilities} -- "
    )
}

/// Never restarted by systemd: a test that kills it decides when it comes back.
fn unit(command: &str, env: &[(String, String)], log: &Path) -> String {
    let log = log.display();
    let env = env
        .iter()
        .map(|(key, value)| format!("Environment=\"{key}={}\"\n", quoted(value)))
        .collect::<Vec<_>>()
        .concat();
    format!(
        "[Unit]\nStartLimitIntervalSec=0\n\n[Service]\nType=notify\nExecStart={command}\n\
         StandardOutput=append:{log}\nStandardError=append:{log}\n{env}"
    )
}

/// What systemd reads back as `value`, between double quotes: escaped unit names have backslashes.
fn quoted(value: &str) -> String {
    value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('%', "%%")
        .replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_quoted_for_systemd() {
        assert_eq!(
            quoted("dev-a\\x2db,\"c\" 5%\n"),
            "dev-a\\\\x2db,\\\"c\\\" 5%%\\n"
        );
    }
}
