//! Looks at the files that a receiver names, before a message needs them: secrets that are missing, empty or open to
//! everybody, addresses that are none, templates that make no sense. What stands in a file is never repeated.
//!
//! Called by `check-config` and `doctor`; the first is often run as root, the second is the daemon's own user.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use prunelle_foundation::secret::Secret;
use reqwest::Url;

use super::trying;
use super::webhook::{self, Template};
use crate::causes::with_causes;
use crate::policy::Integration;
use crate::settings::MailServer;

/// Something that keeps a receiver from being told, or that tells others too much.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileProblem {
    /// The key in the policy that names the file.
    pub key: &'static str,
    /// What is wrong.
    pub message: String,
    /// What mends it.
    pub cure: String,
    /// It is wrong wherever the policy is used; else it may be so on this machine only.
    pub is_error: bool,
}

/// All that is wrong with the files of one integration.
pub fn examine(integration: &Integration) -> Vec<FileProblem> {
    let secrets = integration.secret_files().into_iter();
    let mut problems: Vec<FileProblem> = secrets
        .flat_map(|(key, file)| examine_secret(key, file))
        .collect();
    if let Integration::Webhook {
        template_file: Some(file),
        ..
    } = integration
    {
        problems.extend(examine_template(file));
    }
    problems
}

/// The same for the server that takes mail.
pub fn examine_mail(server: &MailServer) -> Vec<FileProblem> {
    let password = server.password_file.as_deref();
    let mut problems: Vec<FileProblem> = password
        .into_iter()
        .flat_map(|file| examine_secret("SMTP_PASSWORD_FILE", file))
        .collect();
    if let Some(file) = &server.ca_file
        && let Err(error) = std::fs::File::open(file)
    {
        let shown = file.display();
        problems.push(FileProblem {
            key: "SMTP_CA_FILE",
            message: format!("{shown} cannot be read: {error}"),
            cure: format!("`chmod 0644 {shown}`: certificates are no secret"),
            is_error: false,
        });
    }
    problems
}

fn examine_secret(key: &'static str, file: &Path) -> Vec<FileProblem> {
    let shown = file.display();
    let problem = |message: String, cure: String| FileProblem {
        key,
        message,
        cure,
        is_error: false,
    };
    let secret = match Secret::from_file(file) {
        Ok(secret) => secret,
        Err(error) => {
            let cure = format!(
                "write the secret into it, for root and prunelle alone: `install -m 0640 -g prunelle /dev/stdin {shown}`"
            );
            return vec![problem(with_causes(&error), cure)];
        }
    };
    let mut problems = Vec::new();
    // It was read a moment ago: a failure here is a file that is being replaced.
    let mode = std::fs::metadata(file).map_or(0, |found| found.mode());
    if mode & 0o006 != 0 {
        problems.push(problem(
            format!("everybody on this machine can read or change the secret in {shown}"),
            format!("`chown root:prunelle {shown} && chmod 0640 {shown}`"),
        ));
    }
    if key == "url_file" {
        problems.extend(examine_address(file, &secret));
    }
    problems
}

fn examine_address(file: &Path, secret: &Secret) -> Option<FileProblem> {
    let shown = file.display();
    let problem = |message: String, cure: &str| FileProblem {
        key: "url_file",
        message,
        cure: cure.to_owned(),
        is_error: false,
    };
    let Some(url) = Url::parse(secret.expose().trim())
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
    else {
        return Some(problem(
            format!("{shown} does not hold an address of HTTP"),
            "write the webhook's whole address into it, from `https://` on, and nothing else",
        ));
    };
    (url.scheme() == "http" && !crate::http_client::is_loopback(&url)).then(|| {
        problem(
            format!("the address in {shown} is of `http`: it goes over the network in the clear, as do messages"),
            "use an address of `https`; plain `http` is for this machine itself",
        )
    })
}

/// Whether it can be read as a template, and makes something that can be sent.
fn examine_template(file: &Path) -> Option<FileProblem> {
    let rendered = Template::read(file).and_then(|template| {
        let sample = trying::sample_body();
        template.render(&sample).map(|_| ())
    });
    let error = rendered.err()?;
    let is_error = !matches!(error, webhook::TemplateError::Read { .. });
    Some(FileProblem {
        key: "template_file",
        message: error.to_string(),
        cure: "`docs/notifications.md` says what a template can use".to_owned(),
        is_error,
    })
}
