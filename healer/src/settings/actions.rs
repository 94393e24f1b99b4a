//! How the action log is kept: when a file of it is finished, how long finished ones stay, and who else is told.

use prunelle_foundation::duration::PromDuration;
use prunelle_foundation::quantity::ByteSize;
use prunelle_foundation::setting::{Problem, SettingErrors, boolean};

use super::{Flags, named, or};

/// Checked settings of the action log's files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActionLogSettings {
    /// A file is finished before it grows over this; zero: whatever its size.
    pub max_size: ByteSize,
    /// A file is finished when its first line is so old; zero: whatever its age.
    pub max_age: PromDuration,
    /// Finished files are compressed.
    pub is_compressed: bool,
    /// Finished files are removed when they are so old; zero: never.
    pub keep: PromDuration,
    /// How many finished files are kept at most; zero: all.
    pub keep_files: usize,
    /// Whether systemd's journal is told of actions as well.
    pub journald: Journald,
}

/// Whether systemd's journal is told of actions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Journald {
    /// When the daemon's own output goes there.
    Auto,
    /// In any case.
    Always,
    /// In no case.
    Never,
}

/// What the flags say; none when something is wrong, which is in `errors`.
pub(super) fn resolve(flags: &Flags, errors: &mut SettingErrors) -> Option<ActionLogSettings> {
    let max_size = errors.parse(
        &named("--actions.max-size"),
        or(flags.actions_max_size.as_deref(), "64MiB"),
        size,
    );
    let max_age = errors.parse(
        &named("--actions.max-age"),
        or(flags.actions_max_age.as_deref(), "7d"),
        duration,
    );
    let is_compressed = errors.parse(
        &named("--actions.compress"),
        or(flags.actions_compress.as_deref(), "true"),
        boolean,
    );
    let keep = errors.parse(
        &named("--actions.keep"),
        or(flags.actions_keep.as_deref(), "90d"),
        duration,
    );
    let keep_files = errors.parse(
        &named("--actions.keep-files"),
        or(flags.actions_keep_files.as_deref(), "0"),
        |text| {
            text.parse()
                .map_err(|_| Problem::new("is not a number of files", "write `0` to keep all"))
        },
    );
    let journald = errors.parse(
        &named("--actions.journald"),
        or(flags.actions_journald.as_deref(), "auto"),
        journald,
    );
    Some(ActionLogSettings {
        max_size: max_size?,
        max_age: max_age?,
        is_compressed: is_compressed?,
        keep: keep?,
        keep_files: keep_files?,
        journald: journald?,
    })
}

/// A size, or `0` for none.
fn size(text: &str) -> Result<ByteSize, Problem> {
    if text == "0" {
        return Ok(ByteSize::from_bytes(0));
    }
    text.parse().map_err(|_| {
        Problem::new(
            "is not a size",
            "write it with its unit, as in `64MiB`, or `0` for no limit",
        )
    })
}

/// A duration, or `0` for none.
fn duration(text: &str) -> Result<PromDuration, Problem> {
    text.parse().map_err(|_| {
        Problem::new(
            "is not a duration",
            "write it with its unit, as in `7d`, or `0` for no limit",
        )
    })
}

fn journald(text: &str) -> Result<Journald, Problem> {
    match text {
        "auto" => Ok(Journald::Auto),
        "always" => Ok(Journald::Always),
        "never" => Ok(Journald::Never),
        _ => Err(Problem::new(
            "is not known here",
            "write `auto`, `always` or `never`",
        )),
    }
}
