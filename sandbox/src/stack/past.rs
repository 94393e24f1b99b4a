//! A Prometheus that remembers a past made for it: blocks that promtool made of samples.

use std::fs;
use std::path::Path;

use anyhow::Result;
use tempfile::TempDir;

use super::server::Server;
use crate::ports::free_port;
use crate::programs::in_path;
use crate::spawn;

/// It runs until it is dropped, scrapes nothing and has no rules.
#[derive(Debug)]
pub struct Past {
    /// Prometheus.
    pub prometheus: Server,
    _folder: Option<TempDir>,
}

impl Past {
    /// Starts one over `samples`, in the text format of OpenMetrics with times, `# EOF` at the end.
    pub fn start(samples: &str) -> Result<Self> {
        let (path, folder) = spawn::folder(None)?;
        let data = path.join("data");
        fs::write(path.join("samples"), samples)?;
        let mut blocks = spawn::command(in_path(&["promtool"])?);
        blocks.args(["tsdb", "create-blocks-from", "--quiet", "openmetrics"]);
        spawn::output(blocks.arg(path.join("samples")).arg(&data))?;
        let prometheus = start(&path, &data)?;
        Ok(Self {
            prometheus,
            _folder: folder,
        })
    }
}

fn start(folder: &Path, data: &Path) -> Result<Server> {
    let file = folder.join("prometheus.yml");
    fs::write(&file, "global: {}\n")?;
    let port = free_port()?;
    let mut command = spawn::command(in_path(&["prometheus"])?);
    command
        .arg(format!("--config.file={}", file.display()))
        .arg(format!("--storage.tsdb.path={}", data.display()))
        // The past is to stay.
        .arg("--storage.tsdb.retention.time=10y")
        .arg(format!("--web.listen-address=127.0.0.1:{port}"));
    Server::start_new("Prometheus", command, port, folder.join("log"))
}
