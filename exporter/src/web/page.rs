//! The page at `/`: which exporter this is, on which host, and where its metrics are.

use std::fmt::Write as _;

use sysinfo::System;

use super::Web;

/// The page as HTML. Everything that is not ours is escaped.
pub(super) fn html(web: &Web) -> String {
    let path = escape(&web.telemetry_path);
    let version = env!("CARGO_PKG_VERSION");
    let host = escape(&System::host_name().unwrap_or_default());
    let facts = escape(&facts().join(" · "));
    let mut rows = String::new();
    for collector in &web.collectors {
        let (name, about) = (collector.name, collector.about);
        let _ = writeln!(
            rows,
            "<li><a href=\"{path}?collect[]={name}\">{name}</a>: {about}</li>"
        );
    }
    format!(
        "<!DOCTYPE html>
<html lang=\"en\">
<head><meta charset=\"utf-8\"><title>Prunelle exporter on {host}</title></head>
<body>
<h1>Prunelle exporter</h1>
<p>Version {version} on {host}</p>
<p>{facts}</p>
<ul>
<li><a href=\"{path}\">Metrics</a></li>
<li><a href=\"/-/healthy\">Healthy?</a></li>
<li><a href=\"/-/ready\">Ready?</a></li>
</ul>
<h2>Collectors</h2>
<ul>
{rows}</ul>
</body>
</html>
"
    )
}

/// What the host runs; what is not known is left out.
fn facts() -> Vec<String> {
    let cores = System::physical_core_count().map(|cores| format!("{cores} cores"));
    [
        System::long_os_version(),
        System::kernel_long_version(),
        Ok(System::cpu_arch()),
        cores,
    ]
    .into_iter()
    .flatten()
    .filter(|fact| !fact.is_empty())
    .collect()
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            other => escaped.push(other),
        }
    }
    escaped
}
