//! Which process it is: more than its number, which may be another's a moment later.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::cgroup::control_group;
use super::parse::{self, Stat, Status};
use super::{ProcessFolder, ProcessesError};

/// A process, told apart from all others of this boot. Neither the name that it gives itself nor its command line counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Its number.
    pub pid: u32,
    /// When it was started, in clock ticks since boot.
    pub start: u64,
    /// The user whose rights it has.
    pub uid: u32,
    /// Its cgroup.
    pub control_group: String,
    /// The file that it runs; none where that may not be seen.
    pub executable: Option<Executable>,
}

/// The file that a process runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Executable {
    /// Its path, for people: it changes with the name of the file, which is the same file all the same.
    pub path: PathBuf,
    /// Its device, major and minor.
    pub device: (u32, u32),
    /// Its inode.
    pub inode: u64,
}

/// What is read with the identity, in the same moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Present {
    /// `stat`
    pub stat: Stat,
    /// `status`
    pub status: Status,
    /// `oom_score_adj`
    pub oom_score_adj: i32,
}

/// What a process differs in from what was expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Difference {
    /// Another process has its number.
    Start,
    /// It has the rights of another user.
    User,
    /// It runs another program.
    Executable,
    /// It is in another cgroup.
    ControlGroup,
}

impl Difference {
    /// In words.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Start => "another process has its number",
            Self::User => "it has the rights of another user",
            Self::Executable => "it runs another program",
            Self::ControlGroup => "it is in another cgroup",
        }
    }
}

impl Identity {
    /// Reads it; none when the process has ended.
    pub fn read(folder: &ProcessFolder) -> Result<Option<(Self, Present)>, ProcessesError> {
        let mut buffer = Vec::new();
        if !folder.read("status", &mut buffer)? {
            return Ok(None);
        }
        let status = parse::status(&buffer).ok_or_else(|| folder.malformed("status", "Uid"))?;
        if !folder.read("cgroup", &mut buffer)? {
            return Ok(None);
        }
        let control_group =
            control_group(&buffer).ok_or_else(|| folder.malformed("cgroup", "path"))?;
        if !folder.read("oom_score_adj", &mut buffer)? {
            return Ok(None);
        }
        let oom_score_adj =
            parse::single(&buffer).ok_or_else(|| folder.malformed("oom_score_adj", "number"))?;
        let executable = folder.executable().map(|(path, device, inode)| Executable {
            path,
            device,
            inode,
        });
        // Last: while it can be read, everything before was of the same process.
        if !folder.read("stat", &mut buffer)? {
            return Ok(None);
        }
        let stat = parse::stat(&buffer).ok_or_else(|| folder.malformed("stat", "fields"))?;
        if stat.has_ended() {
            return Ok(None);
        }
        let identity = Self {
            pid: folder.pid(),
            start: stat.start,
            uid: status.uid,
            control_group,
            executable,
        };
        let present = Present {
            stat,
            status,
            oom_score_adj,
        };
        Ok(Some((identity, present)))
    }

    /// The first thing that `now` differs in. A file that was renamed is the same file; one that may not be seen
    /// differs from one that could.
    pub fn difference(&self, now: &Self) -> Option<Difference> {
        let file = |identity: &Self| {
            let file = identity.executable.as_ref();
            file.map(|file| (file.device, file.inode))
        };
        if (self.pid, self.start) != (now.pid, now.start) {
            Some(Difference::Start)
        } else if self.control_group != now.control_group {
            Some(Difference::ControlGroup)
        } else if self.uid != now.uid {
            Some(Difference::User)
        } else if file(self) != file(now) {
            Some(Difference::Executable)
        } else {
            None
        }
    }
}
