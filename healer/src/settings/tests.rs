use clap::Parser;

use super::*;

#[derive(Debug, Parser)]
struct Program {
    #[command(flatten)]
    flags: Flags,
}

#[track_caller]
fn resolve(arguments: &[&str], variable: Option<&str>) -> Result<Settings, String> {
    let all = std::iter::once("program").chain(arguments.iter().copied());
    let flags = Program::try_parse_from(all).unwrap().flags;
    Settings::resolve(&flags, variable).map_err(|errors| errors.to_string())
}

#[test]
fn defaults_are_those_of_an_installed_program() {
    let settings = resolve(&[], None).unwrap();
    assert_eq!(settings.listen_address.to_string(), "127.0.0.1:8050");
    assert_eq!(
        settings.token_files,
        [PathBuf::from("/etc/prunelle/webhook-token")]
    );
    assert_eq!(
        settings.policy_file,
        PathBuf::from("/etc/prunelle/policy.yml")
    );
    assert_eq!(settings.storage_reserve.get(), 64 << 20);
    assert_eq!(settings.actions.max_size.get(), 64 << 20);
    assert_eq!(settings.actions.max_age.to_string(), "1w");
    assert_eq!(settings.actions.keep.to_string(), "90d");
    assert_eq!(settings.actions.keep_files, 0);
    assert!(settings.actions.is_compressed);
    assert_eq!(settings.actions.journald, Journald::Auto);
    assert_eq!(
        settings.socket(),
        PathBuf::from("/run/prunelle/healer.sock")
    );
    assert_eq!(settings.pause_file(), PathBuf::from("/run/prunelle/pause"));
    assert_eq!(settings.alertmanager_url.as_str(), "http://127.0.0.1:9093/");
    assert_eq!(settings.prometheus_url.as_str(), "http://127.0.0.1:9090/");
    assert_eq!(settings.host_boundary, Boundary::Machine);
    assert!(settings.grafana_url.is_none());
    assert!(settings.monitored_services.is_empty());
    assert_eq!(settings.auto_healing_enabled, None);
}

#[test]
fn rotation_can_be_turned_off() {
    let settings = resolve(
        &[
            "--actions.max-size=0",
            "--actions.max-age=0",
            "--actions.keep=0",
            "--actions.compress=no",
            "--actions.journald=never",
        ],
        None,
    )
    .unwrap()
    .actions;
    assert_eq!(settings.max_size.get(), 0);
    assert!(settings.max_age.get().is_zero() && settings.keep.get().is_zero());
    assert!(!settings.is_compressed);
    assert_eq!(settings.journald, Journald::Never);
}

#[test]
fn an_empty_value_counts_as_unset() {
    let settings = resolve(
        &[
            "--grafana.url=",
            "--storage.path=",
            "--auto-healing-enabled=",
        ],
        Some(""),
    )
    .unwrap();
    assert!(settings.grafana_url.is_none());
    assert_eq!(settings.storage_path, PathBuf::from("/var/lib/prunelle"));
    assert_eq!(settings.auto_healing_enabled, None);
}

#[test]
fn lists_are_split_and_trimmed() {
    let settings = resolve(
        &[
            "--monitored-services= cron, nginx,,php*-fpm ",
            "--web.token-file=/a",
            "--web.token-file=/b",
        ],
        None,
    )
    .unwrap();
    assert_eq!(settings.monitored_services, ["cron", "nginx", "php*-fpm"]);
    assert_eq!(
        settings.token_files,
        [PathBuf::from("/a"), PathBuf::from("/b")]
    );
}

#[test]
fn the_more_cautious_of_flag_and_variable_counts() {
    #[track_caller]
    fn check(flag: &[&str], variable: Option<&str>, expected: Option<bool>) {
        let settings = resolve(flag, variable).unwrap();
        assert_eq!(settings.auto_healing_enabled, expected);
    }
    check(&["--auto-healing-enabled=True"], Some("False"), Some(false));
    check(&["--auto-healing-enabled=no"], Some("True"), Some(false));
    check(&["--auto-healing-enabled=True"], None, Some(true));
    check(&[], Some("False"), Some(false));
    check(&[], Some("True"), Some(true));
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let errors = resolve(
        &[
            "--storage.reserve=64",
            "--actions.max-size=1",
            "--actions.keep=90",
            "--actions.keep-files=few",
            "--actions.journald=true",
            "--alertmanager.url=localhost:9093",
            "--grafana.url=grafana",
            "--auto-healing-enabled=maybe",
            "--log.format=xml",
        ],
        Some("perhaps"),
    )
    .unwrap_err();
    insta::assert_snapshot!(errors, @r"
    `--storage.reserve (PRUNELLE_HEALER_STORAGE_RESERVE)` is not a size: `64`
      hint: write it with its unit, as in `64MiB`
    `--actions.max-size (PRUNELLE_HEALER_ACTIONS_MAX_SIZE)` is not a size: `1`
      hint: write it with its unit, as in `64MiB`, or `0` for no limit
    `--actions.keep (PRUNELLE_HEALER_ACTIONS_KEEP)` is not a duration: `90`
      hint: write it with its unit, as in `7d`, or `0` for no limit
    `--actions.keep-files (PRUNELLE_HEALER_ACTIONS_KEEP_FILES)` is not a number of files: `few`
      hint: write `0` to keep all
    `--actions.journald (PRUNELLE_HEALER_ACTIONS_JOURNALD)` is not known here: `true`
      hint: write `auto`, `always` or `never`
    `--alertmanager.url (PRUNELLE_HEALER_ALERTMANAGER_URL)` is not an address of HTTP: `localhost:9093`
      hint: write it with its scheme, as in `http://127.0.0.1:9093`
    `--grafana.url (PRUNELLE_HEALER_GRAFANA_URL)` is not an address of HTTP: `grafana`
      hint: write it with its scheme, as in `http://127.0.0.1:9093`
    `--auto-healing-enabled` is neither on nor off: `maybe`
      hint: use `true` or `false`
    `AUTO_HEALING_ENABLED` is neither on nor off: `perhaps`
      hint: use `true` or `false`
    `--log.format (PRUNELLE_HEALER_LOG_FORMAT)` is not a log format: `xml`
      hint: write `logfmt` or `json`
    ");
}

#[test]
fn every_flag_has_the_variable_that_errors_name() {
    use clap::CommandFactory as _;
    let command = Program::command();
    let mut count = 0;
    for argument in command.get_arguments().filter(|a| a.get_id() != "help") {
        let flag = format!("--{}", argument.get_long().unwrap());
        if let Some(expected) = variable(&flag) {
            let actual = argument.get_env().unwrap().to_str().unwrap();
            assert_eq!(actual, expected, "of {flag}");
            count += 1;
        }
    }
    assert_eq!(count, 32);
}
