//! The flags, each with its environment variable. Nothing is checked here and nothing has a default here.

/// Flags and variables as given. Texts only, so that one place reports everything that is wrong.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Flags {
    /// Address on which the webhook, the status page and /metrics are served [default: 127.0.0.1:8050]
    #[arg(
        long = "web.listen-address",
        env = "PRUNELLE_HEALER_WEB_LISTEN_ADDRESS",
        hide_env_values = true,
        value_name = "ADDRESS"
    )]
    pub listen_address: Option<String>,
    /// File of TLS, users, headers and the rate limit, in the format of Prometheus' exporter-toolkit [default: none]
    #[arg(
        long = "web.config.file",
        env = "PRUNELLE_HEALER_WEB_CONFIG_FILE",
        hide_env_values = true,
        value_name = "FILE",
        global = true
    )]
    pub web_config_file: Option<String>,
    /// File with the token that Alertmanager sends; given twice during a rotation, separated by commas in the variable [default: /etc/prunelle/webhook-token]
    #[arg(
        long = "web.token-file",
        env = "PRUNELLE_HEALER_WEB_TOKEN_FILE",
        hide_env_values = true,
        value_name = "FILE",
        value_delimiter = ','
    )]
    pub token_files: Vec<String>,
    /// The policy [default: /etc/prunelle/policy.yml]
    #[arg(
        long = "policy.file",
        env = "PRUNELLE_HEALER_POLICY_FILE",
        hide_env_values = true,
        value_name = "FILE",
        global = true
    )]
    pub policy_file: Option<String>,
    /// Folder of the journal [default: /var/lib/prunelle]
    #[arg(
        long = "storage.path",
        env = "PRUNELLE_HEALER_STORAGE_PATH",
        hide_env_values = true,
        value_name = "FOLDER",
        global = true
    )]
    pub storage_path: Option<String>,
    /// Space held back for the journal in case the file system fills up [default: 64MiB]
    #[arg(
        long = "storage.reserve",
        env = "PRUNELLE_HEALER_STORAGE_RESERVE",
        hide_env_values = true,
        value_name = "SIZE"
    )]
    pub storage_reserve: Option<String>,
    /// The JSON action log [default: /var/log/prunelle/actions.jsonl]
    #[arg(
        long = "actions.file",
        env = "PRUNELLE_HEALER_ACTIONS_FILE",
        hide_env_values = true,
        value_name = "FILE",
        global = true
    )]
    pub actions_file: Option<String>,
    /// A file of the action log is finished, and the next begun, before it grows over this; `0`: whatever its size [default: 64MiB]
    #[arg(
        long = "actions.max-size",
        env = "PRUNELLE_HEALER_ACTIONS_MAX_SIZE",
        hide_env_values = true,
        value_name = "SIZE"
    )]
    pub actions_max_size: Option<String>,
    /// The same when its first line is so old; `0`: whatever its age [default: 7d]
    #[arg(
        long = "actions.max-age",
        env = "PRUNELLE_HEALER_ACTIONS_MAX_AGE",
        hide_env_values = true,
        value_name = "DURATION"
    )]
    pub actions_max_age: Option<String>,
    /// Compress finished files of the action log with gzip [default: true]
    #[arg(
        long = "actions.compress",
        env = "PRUNELLE_HEALER_ACTIONS_COMPRESS",
        hide_env_values = true,
        value_name = "BOOLEAN"
    )]
    pub actions_compress: Option<String>,
    /// Remove finished files of the action log when they are so old; `0`: never [default: 90d]
    #[arg(
        long = "actions.keep",
        env = "PRUNELLE_HEALER_ACTIONS_KEEP",
        hide_env_values = true,
        value_name = "DURATION"
    )]
    pub actions_keep: Option<String>,
    /// How many finished files of the action log are kept at most; `0`: all [default: 0]
    #[arg(
        long = "actions.keep-files",
        env = "PRUNELLE_HEALER_ACTIONS_KEEP_FILES",
        hide_env_values = true,
        value_name = "NUMBER"
    )]
    pub actions_keep_files: Option<String>,
    /// Tell systemd's journal of every event, too: auto (when the daemon's output goes there), always or never [default: auto]
    #[arg(
        long = "actions.journald",
        env = "PRUNELLE_HEALER_ACTIONS_JOURNALD",
        hide_env_values = true,
        value_name = "WHEN"
    )]
    pub actions_journald: Option<String>,
    /// Folder of the control socket and of the file `pause` [default: /run/prunelle]
    #[arg(
        long = "runtime.path",
        env = "PRUNELLE_HEALER_RUNTIME_PATH",
        hide_env_values = true,
        value_name = "FOLDER",
        global = true
    )]
    pub runtime_path: Option<String>,
    /// Alertmanager, whose active alerts are the truth [default: <http://127.0.0.1:9093>]
    #[arg(
        long = "alertmanager.url",
        env = "PRUNELLE_HEALER_ALERTMANAGER_URL",
        hide_env_values = true,
        value_name = "URL"
    )]
    pub alertmanager_url: Option<String>,
    /// Alertmanager as people reach it, linked from messages [default: --alertmanager.url, unless that is on this machine only]
    #[arg(
        long = "alertmanager.external-url",
        env = "PRUNELLE_HEALER_ALERTMANAGER_EXTERNAL_URL",
        hide_env_values = true,
        value_name = "URL"
    )]
    pub alertmanager_external_url: Option<String>,
    /// Prometheus, for checks in PromQL, for `simulate` and `doctor` [default: <http://127.0.0.1:9090>]
    #[arg(
        long = "prometheus.url",
        env = "PRUNELLE_HEALER_PROMETHEUS_URL",
        hide_env_values = true,
        value_name = "URL",
        global = true
    )]
    pub prometheus_url: Option<String>,
    /// What CPU and memory are measured against in checks: machine, or cgroup for a container that plays a host [default: machine]
    #[arg(
        long = "host.boundary",
        env = "PRUNELLE_HEALER_HOST_BOUNDARY",
        hide_env_values = true,
        value_name = "BOUNDARY"
    )]
    pub host_boundary: Option<String>,
    /// Grafana, linked from the status page and from messages, and annotated with --grafana.token-file [default: none]
    #[arg(
        long = "grafana.url",
        env = "PRUNELLE_HEALER_GRAFANA_URL",
        hide_env_values = true,
        value_name = "URL"
    )]
    pub grafana_url: Option<String>,
    /// File with the token of a service account of Grafana: each remediation is annotated there [default: none]
    #[arg(
        long = "grafana.token-file",
        env = "PRUNELLE_HEALER_GRAFANA_TOKEN_FILE",
        hide_env_values = true,
        value_name = "FILE"
    )]
    pub grafana_token_file: Option<String>,
    /// Whether mail is sent [default: False]
    #[arg(
        long = "email.enabled",
        env = "EMAIL_ALERTS_ENABLED",
        hide_env_values = true,
        value_name = "BOOLEAN",
        global = true
    )]
    pub email_enabled: Option<String>,
    /// Who writes: `prunelle@example.org`, or `Prunelle <prunelle@example.org>` [default: none]
    #[arg(
        long = "email.from",
        env = "EMAIL_FROM",
        hide_env_values = true,
        value_name = "ADDRESS",
        global = true
    )]
    pub email_from: Option<String>,
    /// Who is told, beside the receivers of the policy: addresses, separated by commas [default: none]
    #[arg(
        long = "email.to",
        env = "EMAIL_TO",
        hide_env_values = true,
        value_name = "ADDRESSES",
        global = true
    )]
    pub email_to: Option<String>,
    /// The mail server [default: none]
    #[arg(
        long = "smtp.host",
        env = "SMTP_HOST",
        hide_env_values = true,
        value_name = "HOST",
        global = true
    )]
    pub smtp_host: Option<String>,
    /// Its port [default: 465 with `tls`, 587 with a user, else 25]
    #[arg(
        long = "smtp.port",
        env = "SMTP_PORT",
        hide_env_values = true,
        value_name = "PORT",
        global = true
    )]
    pub smtp_port: Option<String>,
    /// tls from the start, starttls, or none [default: tls on port 465, none on this machine without a user, else starttls]
    #[arg(
        long = "smtp.tls",
        env = "SMTP_TLS",
        hide_env_values = true,
        value_name = "WAY",
        global = true
    )]
    pub smtp_tls: Option<String>,
    /// Who logs in to it [default: nobody]
    #[arg(
        long = "smtp.user",
        env = "SMTP_USER",
        hide_env_values = true,
        value_name = "NAME",
        global = true
    )]
    pub smtp_user: Option<String>,
    /// File with the password; read when it is used [default: none]
    #[arg(
        long = "smtp.password-file",
        env = "SMTP_PASSWORD_FILE",
        hide_env_values = true,
        value_name = "FILE",
        global = true
    )]
    pub smtp_password_file: Option<String>,
    /// Certificates (PEM) that vouch for it, in place of those of the system [default: none]
    #[arg(
        long = "smtp.ca-file",
        env = "SMTP_CA_FILE",
        hide_env_values = true,
        value_name = "FILE",
        global = true
    )]
    pub smtp_ca_file: Option<String>,
    /// Lets the password go over the network without TLS [default: False]
    #[arg(
        long = "smtp.allow-clear-password",
        env = "SMTP_ALLOW_CLEAR_PASSWORD",
        hide_env_values = true,
        value_name = "BOOLEAN",
        global = true
    )]
    pub smtp_allow_clear_password: Option<String>,
    /// Services shown on the status page: names and globs, separated by commas; `nginx` means `nginx.service` [default: none]
    #[arg(
        long = "monitored-services",
        env = "MONITORED_SERVICES",
        hide_env_values = true,
        value_name = "LIST"
    )]
    pub monitored_services: Option<String>,
    /// False keeps to observe; True has no opinion; the more cautious of flag and variable counts [env: `AUTO_HEALING_ENABLED`] [default: no opinion]
    #[arg(long = "auto-healing-enabled", value_name = "BOOLEAN")]
    pub auto_healing_enabled: Option<String>,
    /// error, warn, info, debug, trace, or a filter [default: info]
    #[arg(
        long = "log.level",
        env = "PRUNELLE_HEALER_LOG_LEVEL",
        hide_env_values = true,
        value_name = "LEVEL"
    )]
    pub log_level: Option<String>,
    /// logfmt or json [default: logfmt]
    #[arg(
        long = "log.format",
        env = "PRUNELLE_HEALER_LOG_FORMAT",
        hide_env_values = true,
        value_name = "FORMAT"
    )]
    pub log_format: Option<String>,
}
