//! `approve` and `deny`: what they say when the answer was taken.

use std::path::Path;

use super::client::{ClientError, tell};
use super::said;
use crate::control::{AnswerRequest, AnswerTaken};

pub(super) async fn answer(
    socket: &Path,
    number: i64,
    is_approved: bool,
    is_json: bool,
) -> Result<String, ClientError> {
    let request = AnswerRequest {
        number,
        is_approved,
    };
    let taken: AnswerTaken = tell(socket, "answer", &request).await?;
    Ok(said(&taken, is_json, |taken| {
        if taken.is_approved {
            format!(
                "approved {number}: {}\nthe other guards are asked once more; it holds for one remediation, until {:.0}",
                taken.message, taken.until
            )
        } else {
            format!(
                "denied {number}: {}\nit is not asked again before the alert begins anew",
                taken.message
            )
        }
    }))
}
