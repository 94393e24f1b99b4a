//! An exporter in this process: a fixture tree, a clock that stands still, and a table of units that a test sets.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, Response};
use http_body_util::BodyExt as _;
use jiff::Timestamp;
use prunelle_exporter::collector::COLLECTORS;
use prunelle_exporter::filesystem::{FileSystem, Prober, Refusal, Space};
use prunelle_exporter::host::{Host, Remembered, Units};
use prunelle_exporter::live::{Live, Plan};
use prunelle_exporter::machine::Kernel;
use prunelle_exporter::options::Options;
use prunelle_exporter::overview::Sampler;
use prunelle_exporter::processes::{self, Demand, Processes};
use prunelle_exporter::reload::LastReload;
use prunelle_exporter::roots::Roots;
use prunelle_exporter::scrape::Scraper;
use prunelle_exporter::textfile;
use prunelle_exporter::thresholds::{Levels, Thresholds};
use prunelle_exporter::web::{self, App, Web};
use prunelle_foundation::clock::{BootId, Clock as _, ManualClock, Now};
use prunelle_foundation::lifecycle::{Lifecycle, Stop};
use prunelle_systemd::inventory::{Details, LoadedUnit, ManagerState, SocketState};
use prunelle_systemd::unit::{ActiveState, LoadState, ServiceState, TimerState};
use prunelle_systemd::{Inventory, Sync, UnitState, UnitTable};
use rustix::io::Errno;
use tokio::sync::watch;
use tower::ServiceExt as _;

pub(crate) const UNITS_MAX_AGE: Duration = Duration::from_secs(6);

pub(crate) struct Bench {
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) units: watch::Sender<Arc<UnitTable>>,
    pub(crate) stop: Stop,
    router: Router,
    _folder: tempfile::TempDir,
}

impl Bench {
    /// The fixture tree of this name, seen twice at an interval of ten seconds: `later` are the files that changed.
    pub(crate) fn new(fixture: &str, later: &[(&str, &str)]) -> Self {
        Self::with_limit(fixture, later, 40)
    }

    pub(crate) fn with_limit(fixture: &str, later: &[(&str, &str)], max_requests: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
        copy(&fixtures.join(fixture), folder.path());
        let roots = Roots {
            procfs: folder.path().join("proc"),
            sysfs: folder.path().join("sys"),
            rootfs: "/".into(),
            udev_data: folder.path().join("udev/data"),
        };
        let clock = Arc::new(ManualClock::new(Now {
            wall: Timestamp::from_second(1_800_000_000).unwrap(),
            boot: Duration::from_secs(1000),
            boot_id: BootId::new("fixture"),
        }));
        let interval = Duration::from_secs(10);
        let machine = Arc::new(Kernel::new(roots.clone()));
        let mut sampler = Sampler::new(machine.clone(), clock.clone(), interval);
        sampler.sample();
        let demand = Demand {
            interval,
            count: 10,
            counts_open_files: true,
        };
        let mut processes =
            processes::Sampler::new(roots.clone(), machine.clone(), clock.clone(), demand);
        processes.sample();
        for (path, content) in later {
            std::fs::write(folder.path().join(path), content).unwrap();
        }
        clock.advance(interval);
        let (_, overview) = watch::channel(Arc::new(sampler.sample()));
        let units = watch::Sender::new(Arc::new(UnitTable::not_yet(clock.now())));
        let tasks = Lifecycle::new().tasks();
        let last_reload = watch::Sender::new(LastReload {
            is_successful: true,
            succeeded_at: clock.now().wall,
        });
        let host = Host {
            clock: clock.clone(),
            roots: Roots {
                rootfs: folder.path().to_owned(),
                ..roots.clone()
            },
            options: Options::default(),
            machine,
            overview,
            overview_max_age: Sampler::max_age(interval),
            processes: Processes {
                sample: watch::channel(Arc::new(processes.sample())).1,
                max_age: demand.max_age(),
            },
            filesystems: Arc::new(Prober::new(roots, tasks.clone(), Box::new(statvfs))),
            textfiles: Arc::new(textfile::Reader::new(
                &COLLECTORS.iter().collect::<Vec<_>>(),
            )),
            units: Some(Units {
                table: units.subscribe(),
                max_age: UNITS_MAX_AGE,
            }),
            inventory: Some(Units {
                table: units.subscribe(),
                max_age: UNITS_MAX_AGE,
            }),
            web_config: None,
            thresholds: thresholds(),
            reload: last_reload.subscribe(),
            remembered: Arc::new(Remembered::default()),
        };
        let web = Web {
            telemetry_path: "/metrics".into(),
            has_lifecycle: false,
        };
        let stop = Stop::new();
        let started = clock.now();
        let live = Live::new(Plan::new(host, COLLECTORS.iter().collect(), max_requests));
        let app = App {
            web,
            live,
            scraper: Scraper::new(tasks),
            started,
            reload: Lifecycle::new().on_reload(|| Ok("nothing".into())),
            stop: stop.clone(),
        };
        Self {
            clock,
            units,
            router: web::router(app),
            stop,
            _folder: folder,
        }
    }

    /// Publishes a table of these units, agreed with just now.
    pub(crate) fn publish(&self, sync: Sync, units: &[(&str, UnitState)]) {
        let units = units
            .iter()
            .map(|(name, state)| (name.parse().unwrap(), Arc::new(state.clone())));
        self.units.send_replace(Arc::new(UnitTable {
            sync,
            units: units.collect(),
            glob_matches: BTreeMap::from([("php*-fpm".into(), 0), ("cron*".into(), 1)]),
            inventory: Some(inventory()),
            ..UnitTable::not_yet(self.clock.now())
        }));
    }

    /// Sends a request as this host itself would.
    pub(crate) async fn send(&self, request: Request<Body>) -> Response<Body> {
        let mut request = request;
        let peer: SocketAddr = "127.0.0.1:40000".parse().unwrap();
        request.extensions_mut().insert(ConnectInfo(peer));
        self.router.clone().oneshot(request).await.unwrap()
    }

    /// Status and body of a GET.
    pub(crate) async fn get(&self, path: &str) -> (u16, String) {
        self.get_as(path, "*/*").await
    }

    pub(crate) async fn get_as(&self, path: &str, accept: &str) -> (u16, String) {
        let request = Request::get(path).header("Accept", accept);
        let response = self.send(request.body(Body::empty()).unwrap()).await;
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }
}

/// A unit in its plainest state.
pub(crate) fn unit(id: &str, load: LoadState, active: ActiveState) -> UnitState {
    UnitState {
        id: id.parse().unwrap(),
        load,
        active,
        sub: "running".into(),
        job: None,
        invocation_id: None,
        service: Some(ServiceState {
            kind: "simple".into(),
            result: "success".into(),
            main_pid: None,
            restarts: 0,
            remain_after_exit: false,
            start_limit_burst: 5,
            start_limit_interval: Duration::from_secs(10),
            ..ServiceState::default()
        }),
        last_start: None,
        state_change: None,
        triggered_by: Vec::new(),
        next_timer_run: None,
    }
}

/// One of each kind of unit that has metrics of its own.
fn inventory() -> Inventory {
    let unit = |id: &str, active, details| {
        Arc::new(LoadedUnit {
            active,
            active_since: Some(Timestamp::from_second(1_799_999_000).unwrap()),
            details,
            ..LoadedUnit::blank(id.parse().unwrap())
        })
    };
    let service = ServiceState {
        kind: "forking".into(),
        restarts: 3,
        tasks_max: Some(4915),
        ..ServiceState::default()
    };
    let timer = TimerState {
        last_trigger: Some(Timestamp::from_microsecond(1_799_990_000_500_000).unwrap()),
        ..TimerState::default()
    };
    let socket = SocketState {
        accepted: 12,
        connections: 2,
        refused: Some(1),
    };
    let units = [
        unit("dbus.socket", ActiveState::Active, Details::Socket(socket)),
        unit(
            "nginx.service",
            ActiveState::Active,
            Details::Service(Box::new(service)),
        ),
        unit(
            "logrotate.service",
            ActiveState::Failed,
            Details::Service(Box::default()),
        ),
        unit(
            "logrotate.timer",
            ActiveState::Active,
            Details::Timer(timer),
        ),
        unit("new.service", ActiveState::Active, Details::Unknown),
        unit("-.mount", ActiveState::Active, Details::Unknown),
        unit("nfs.target", ActiveState::Inactive, Details::Unknown),
    ];
    Inventory {
        units: units.into_iter().collect(),
        manager: Some(Arc::new(ManagerState {
            version: "252.39-1~deb12u2".into(),
            virtualization: "kvm".into(),
            system_state: "degraded".into(),
        })),
    }
}

fn thresholds() -> Thresholds {
    let levels = |warning, critical| Levels { warning, critical };
    Thresholds {
        cpu: levels(0.8, Some(0.95)),
        memory: levels(0.85, Some(0.95)),
        disk: levels(0.9, Some(0.97)),
        network: levels(1e8, None),
    }
}

/// What the file systems of the fixture trees say.
fn statvfs(file_system: &FileSystem) -> Result<Space, Refusal> {
    let space = |total: u64, used: u64, available: u64| {
        Ok(Space {
            total: total << 30,
            free: (total - used) << 30,
            available: available << 30,
            files: total * 1000,
            files_free: (total - used) * 1000,
            is_folder: true,
        })
    };
    match file_system.mountpoint.as_str() {
        "/" => space(100, 75, 20),
        "/mnt/nfs" => space(1000, 1000, 0),
        "/mnt/gone" => Err(Errno::NOTCONN.into()),
        "/run" => space(0, 0, 0),
        _ => space(10, 1, 9),
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
