//! A template of a webhook's body, in the language of Jinja. It sees what the body without a template has.
//!
//! A template whose name ends in `.json` or `.json.j2` makes JSON: what is put in with `{{ … }}` is written as JSON, so
//! that no label can break out of its text, and the whole is looked at before it is sent. A template can reach nothing
//! else, and ends after a bounded number of steps.

use std::fmt;
use std::path::{Path, PathBuf};

use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value};
use reqwest::header::HeaderValue;

/// Steps of the template's machine; one line takes about ten.
const FUEL: u64 = 1_000_000;
const LARGEST_TEMPLATE: u64 = 256 << 10;
const LARGEST_BODY: usize = 1 << 20;
const NAME: &str = "body";

/// Why a template cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// Its file cannot be read.
    #[error("cannot read the template in {}: {source}", file.display())]
    Read {
        /// Which.
        file: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is larger than any template is.
    #[error("the template in {} has more than 256 KiB", .0.display())]
    TooLarge(PathBuf),
    /// It makes no sense.
    #[error("{}:{line}: {problem}", file.display())]
    Wrong {
        /// Which.
        file: PathBuf,
        /// Where, from 1.
        line: usize,
        /// What is wrong.
        problem: String,
    },
    /// It makes something that cannot be sent.
    #[error("what the template in {} makes {problem}", file.display())]
    Made {
        /// Which.
        file: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
}

/// A template that can be rendered.
pub struct Template {
    environment: Environment<'static>,
    file: PathBuf,
    is_json: bool,
}

impl Template {
    /// Reads and parses one.
    pub fn read(file: &Path) -> Result<Self, TemplateError> {
        let read = |source| TemplateError::Read {
            file: file.to_owned(),
            source,
        };
        if std::fs::metadata(file).map_err(read)?.len() > LARGEST_TEMPLATE {
            return Err(TemplateError::TooLarge(file.to_owned()));
        }
        let text = std::fs::read_to_string(file).map_err(read)?;
        Self::parse(file, text)
    }

    /// Parses one; `file` says by its name whether it makes JSON.
    pub fn parse(file: &Path, text: String) -> Result<Self, TemplateError> {
        let name = file.to_string_lossy();
        let is_json = name.ends_with(".json") || name.ends_with(".json.j2");
        let mut environment = Environment::new();
        environment.set_fuel(Some(FUEL));
        // Messages differ in what they have: what one lacks is empty.
        environment.set_undefined_behavior(UndefinedBehavior::Chainable);
        environment.set_auto_escape_callback(move |_| {
            if is_json {
                AutoEscape::Json
            } else {
                AutoEscape::None
            }
        });
        environment
            .add_template_owned(NAME, text)
            .map_err(|error| wrong(file, &error))?;
        Ok(Self {
            environment,
            file: file.to_owned(),
            is_json,
        })
    }

    /// The body of one message.
    pub fn render(&self, message: &serde_json::Value) -> Result<String, TemplateError> {
        let made = |problem: String| TemplateError::Made {
            file: self.file.clone(),
            problem,
        };
        let body = self
            .environment
            .get_template(NAME)
            .and_then(|template| template.render(Value::from(Serde(message))))
            .map_err(|error| wrong(&self.file, &error))?;
        if body.len() > LARGEST_BODY {
            return Err(made("has more than 1 MiB".to_owned()));
        }
        if self.is_json
            && let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(&body)
        {
            return Err(made(format!("is no JSON: {error}")));
        }
        Ok(body)
    }

    /// What its bodies are.
    pub(super) fn content_type(&self) -> HeaderValue {
        HeaderValue::from_static(if self.is_json {
            "application/json"
        } else {
            "text/plain; charset=utf-8"
        })
    }
}

/// The engine's words, without the values that it had at hand.
fn wrong(file: &Path, error: &minijinja::Error) -> TemplateError {
    let kind = error.kind().to_string();
    TemplateError::Wrong {
        file: file.to_owned(),
        line: error.line().unwrap_or(1),
        problem: match error.detail() {
            Some(detail) => format!("{kind}: {detail}"),
            None => kind,
        },
    }
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Template")
            .field("file", &self.file)
            .finish_non_exhaustive()
    }
}
