//! The client of Grafana's annotations API, `/api/annotations`, with the token of a service account.

use std::path::PathBuf;
use std::time::Duration;

use reqwest::{Method, Url};

use super::Annotation;
use crate::causes::with_causes;
use crate::notify::channel::SendError;
use crate::notify::post::{Answer, Parcel, Post};
use crate::policy::PostAddress;

/// Where Grafana is, and how it is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// Its base address.
    pub url: Url,
    /// Holds the token of a service account.
    pub token_file: PathBuf,
}

/// Why an annotation is not there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnnotationError {
    /// Grafana is away, or does not let us: that can be mended, and then it goes.
    #[error("{why}")]
    Later {
        /// What it said.
        why: String,
        /// When it asked to be tried again.
        retry_after: Option<Duration>,
    },
    /// Grafana will never take this one.
    #[error("{0}")]
    Refused(String),
}

/// A client.
#[derive(Debug)]
pub struct Grafana {
    post: Post,
    api: Url,
}

impl Grafana {
    /// Reads the token.
    pub fn new(access: &Access) -> Result<Self, AnnotationError> {
        let mut api = access.url.clone();
        api.set_query(None);
        if let Ok(mut segments) = api.path_segments_mut() {
            segments.pop_if_empty().extend(["api", "annotations"]);
        }
        let to = PostAddress::Written(access.url.to_string());
        let post = Post::new(&to, api.clone())
            .and_then(|post| post.with_token(&access.token_file))
            .map_err(|error| AnnotationError::Later {
                why: with_causes(&error),
                retry_after: None,
            })?;
        Ok(Self { post, api })
    }

    /// Whether it is there already.
    pub async fn has(&self, annotation: &Annotation) -> Result<bool, AnnotationError> {
        let mut url = self.api.clone();
        url.query_pairs_mut()
            .append_pair("tags", &annotation.own_tag())
            .append_pair("type", "annotation")
            .append_pair("from", &annotation.from.as_millisecond().to_string())
            .append_pair("to", &annotation.to.as_millisecond().to_string())
            .append_pair("limit", "1");
        let answer = self.ask(Method::GET, url, None).await?;
        let found = answer.json();
        Ok(found
            .as_ref()
            .and_then(|found| found.as_array())
            .is_some_and(|found| !found.is_empty()))
    }

    /// Writes it.
    pub async fn write(&self, annotation: &Annotation) -> Result<(), AnnotationError> {
        let parcel = Parcel::json(&annotation.body());
        self.ask(Method::POST, self.api.clone(), Some(parcel))
            .await
            .map(|_| ())
    }

    async fn ask(
        &self,
        method: Method,
        url: Url,
        parcel: Option<Parcel>,
    ) -> Result<Answer, AnnotationError> {
        let answer = self.post.ask(method, url, parcel).await;
        let answer = answer.map_err(|error| match error {
            SendError::Temporary { why, retry_after } => {
                AnnotationError::Later { why, retry_after }
            }
            SendError::Permanent { why } => AnnotationError::Refused(why),
        })?;
        let status = answer.status().as_u16();
        match self.post.judged(&answer) {
            Ok(()) => Ok(answer),
            Err(SendError::Temporary { why, retry_after }) => {
                Err(AnnotationError::Later { why, retry_after })
            }
            // The annotation itself is wrong.
            Err(SendError::Permanent { why }) if matches!(status, 400 | 413 | 422) => {
                Err(AnnotationError::Refused(why))
            }
            // The token or the address is wrong, which is mended for all of them at once.
            Err(SendError::Permanent { why }) => Err(AnnotationError::Later {
                why: format!(
                    "{why}; annotations need `--grafana.url` and the token of a service account with the role Editor in `--grafana.token-file`"
                ),
                retry_after: None,
            }),
        }
    }
}
