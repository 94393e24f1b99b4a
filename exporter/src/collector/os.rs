//! Which distribution this is, from `/etc/os-release` of the host, else `/usr/lib/os-release`.
//!
//! The file is opened anew each time: an update of the distribution puts another in its place.

use super::{Collector, CollectorError, Gathered, Place, Scrape};
use crate::metric::Metric;
use crate::os_release;
use crate::roots::{self, ReadError};

pub(super) const COLLECTOR: Collector = Collector::new(
    "os",
    "distribution and its version",
    METRICS,
    Place::Files,
    gather,
);

const METRICS: &[&Metric] = &[&INFO, &VERSION, &SUPPORT_END];

static INFO: Metric = Metric::gauge(
    "node_os_info",
    "Always 1; what the distribution says of itself is in labels (/etc/os-release).",
)
.labels(&[
    "build_id",
    "id",
    "id_like",
    "image_id",
    "image_version",
    "name",
    "pretty_name",
    "variant",
    "variant_id",
    "version",
    "version_codename",
    "version_id",
]);
static VERSION: Metric = Metric::gauge(
    "node_os_version",
    "The number with which the version begins (/etc/os-release: VERSION_ID).",
)
.labels(&["id", "id_like", "name"]);
static SUPPORT_END: Metric = Metric::gauge(
    "node_os_support_end_timestamp_seconds",
    "When support of the distribution ends (/etc/os-release: SUPPORT_END).",
);

/// Where the file may be, the best place first.
const PLACES: [&str; 2] = ["etc/os-release", "usr/lib/os-release"];

fn gather(scrape: &mut Scrape<'_>) -> Gathered {
    for place in PLACES {
        let path = scrape.host.roots.rootfs.join(place);
        let Some(content) = roots::read(&path)? else {
            continue;
        };
        let release = os_release::parse(&content)
            .map_err(|problem| CollectorError::Read(ReadError::Malformed { path, problem }))?;
        scrape.out.family(&INFO).sample(
            &[
                &release.build_id,
                &release.id,
                &release.id_like,
                &release.image_id,
                &release.image_version,
                &release.name,
                &release.pretty_name,
                &release.variant,
                &release.variant_id,
                &release.version,
                &release.version_codename,
                &release.version_id,
            ],
            1_u64,
        );
        if let Some(version) = release.version_number().filter(|version| *version > 0.0) {
            let labels: [&str; 3] = [&release.id, &release.id_like, &release.name];
            scrape.out.family(&VERSION).sample(&labels, version);
        }
        if let Some(support_end) = release.support_end {
            scrape.out.single(&SUPPORT_END, support_end);
        }
        return Ok(());
    }
    Ok(())
}
