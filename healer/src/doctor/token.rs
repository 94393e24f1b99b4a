//! The webhook's token: there, readable for us, and for nobody else.

use std::os::unix::fs::PermissionsExt as _;

use prunelle_foundation::secret::Secret;

use super::{Patient, Report};
use crate::causes::with_causes;

const TOPIC: &str = "token";
/// Shorter ones can be guessed.
const SHORTEST: usize = 16;

pub(super) fn examine(report: &mut Report, patient: &Patient) {
    for file in &patient.settings.token_files {
        let shown = file.display();
        let secret = match Secret::from_file(file) {
            Ok(secret) => secret,
            Err(error) => {
                report.failure(
                    TOPIC,
                    with_causes(&error),
                    format!(
                        "write a token there, for the healer and for Alertmanager to read: `openssl rand -hex 32 > {shown}`"
                    ),
                );
                continue;
            }
        };
        let is_open = std::fs::metadata(file)
            .is_ok_and(|metadata| metadata.permissions().mode() & 0o007 != 0);
        if is_open {
            report.warning(
                TOPIC,
                format!("{shown} can be read by everybody: any user here can post alerts"),
                format!("`chmod o= {shown}`, and a group for the healer and Alertmanager"),
            );
        } else if secret.expose().len() < SHORTEST {
            report.warning(
                TOPIC,
                format!("the token in {shown} is shorter than {SHORTEST} characters"),
                format!("`openssl rand -hex 32 > {shown}`"),
            );
        } else {
            report.good(TOPIC, format!("{shown} holds a token"));
        }
    }
}
