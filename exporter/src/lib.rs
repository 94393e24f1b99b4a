//! `prunelle-exporter`: `/metrics` of one host.
//!
//! Three tasks publish immutable snapshots: the client of systemd its table of units, the samplers of the [`overview`]
//! and of [`processes`] their figures. Scrapes read those, and the kernel's files then and there. See ARCHITECTURE.md for
//! the code map.

use std::net::TcpListener;

use prunelle_foundation::listener::{self, Limits, ListenError};

pub mod cgroup;
pub mod collector;
pub mod cpu_times;
pub mod deadline;
pub mod disks;
pub mod encode;
pub mod files;
pub mod filesystem;
pub mod host;
pub mod hwmon;
pub mod kept_file;
pub mod lane;
pub mod links;
pub mod live;
pub mod local_zone;
pub mod machine;
pub mod metric;
pub mod options;
pub mod os_release;
pub mod output;
pub mod overview;
pub mod processes;
pub mod procfs;
pub mod reference;
pub mod reload;
pub mod roots;
pub mod scrape;
pub mod selection;
pub mod settings;
pub mod start;
pub mod sysfs;
pub mod textfile;
pub mod thermal;
pub mod thresholds;
pub mod throttles;
pub mod web;

/// Serves the metrics on `listeners` until its stop signal.
pub async fn run(app: web::App, listeners: Vec<TcpListener>) -> Result<(), ListenError> {
    let (stop, web_config) = (app.stop.clone(), app.live.plan().host.web_config.clone());
    listener::serve(
        listeners,
        web::router(app),
        Limits::default(),
        web_config,
        stop,
    )
    .await
}
