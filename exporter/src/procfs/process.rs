//! `/proc/<pid>/stat`, `statm` and `cgroup`: what one process has used, and which unit it belongs to.

use super::{lines, number, words};
use crate::roots::Malformed;

/// Of the flags: the kernel's own.
const PF_KTHREAD: u64 = 0x0020_0000;

/// `/proc/<pid>/stat`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stat<'a> {
    /// The name of the program, as far as the kernel keeps it: 15 bytes of whatever the process chose.
    pub comm: &'a [u8],
    /// The process that it was started by, or was left to.
    pub parent: u64,
    /// Whether it is a thread of the kernel.
    pub is_kernel_thread: bool,
    /// CPU time in clock ticks, of threads that have ended too.
    pub cpu: u64,
    /// CPU time in clock ticks of children that have ended and were waited for, and of theirs.
    pub children: u64,
    /// When it was started, in clock ticks since boot: with the pid it says which process this is.
    pub start: u64,
}

/// Parses `/proc/<pid>/stat`. The name is raw: it may hold spaces, parentheses and line ends.
pub fn stat(content: &[u8]) -> Result<Stat<'_>, Malformed> {
    let begin = content.iter().position(|&byte| byte == b'(');
    let end = content.iter().rposition(|&byte| byte == b')');
    let (Some(begin), Some(end)) = (begin, end) else {
        return Err(Malformed::Missing("the name"));
    };
    let comm = content
        .get(begin + 1..end)
        .ok_or(Malformed::Missing("the name"))?;
    // From the third on: state, parent, …
    let mut fields = words(content.get(end + 1..).unwrap_or_default());
    let mut field = |skip: usize| {
        fields.nth(skip).and_then(number).ok_or(Malformed::Item {
            line: 1,
            item: "what follows the name",
            wanted: "numbers, 22 fields in all",
        })
    };
    let parent = field(1)?;
    let flags = field(4)?;
    let (user, system) = (field(4)?, field(0)?);
    let (children_user, children_system) = (field(0)?, field(0)?);
    let start = field(4)?;
    Ok(Stat {
        comm,
        parent,
        is_kernel_thread: flags & PF_KTHREAD != 0,
        cpu: user.saturating_add(system),
        children: children_user.saturating_add(children_system),
        start,
    })
}

/// `/proc/<pid>/statm`: resident memory in pages, and how much of it is shared with files or other processes.
pub fn statm(content: &[u8]) -> Result<(u64, u64), Malformed> {
    let mut fields = words(content).skip(1).map(number);
    match (fields.next().flatten(), fields.next().flatten()) {
        (Some(resident), Some(shared)) => Ok((resident, shared)),
        _ => Err(Malformed::Item {
            line: 1,
            item: "the file",
            wanted: "numbers of pages",
        }),
    }
}

/// `/proc/<pid>/cgroup`: the path in systemd's hierarchy. None where systemd put the process nowhere.
pub fn control_group(content: &[u8]) -> Option<&[u8]> {
    let place = |wanted: &[u8]| {
        lines(content).find_map(|(_, line)| {
            let path = line
                .splitn(2, |&byte| byte == b':')
                .nth(1)?
                .strip_prefix(wanted)?
                .strip_prefix(b":")?;
            let path = path.strip_suffix(b" (deleted)").unwrap_or(path);
            let path = from_the_top(path);
            (path.len() > 1).then_some(path)
        })
    };
    // Version 2; where systemd uses version 1 alone, everything is at the root there.
    place(b"").or_else(|| place(b"name=systemd"))
}

/// A cgroup above the namespace of this process begins with `/..` for each step up.
fn from_the_top(mut path: &[u8]) -> &[u8] {
    while let Some(rest) = path.strip_prefix(b"/..") {
        path = rest;
    }
    path
}

/// The unit of the system's manager that a process belongs to, by the path of its cgroup: a service, or else a slice.
///
/// What is made anew for each run, and numbered, is not told: scopes, and services of systemd-run. They count to their
/// slice; below `user.slice` to that of their user.
pub fn unit(control_group: &[u8]) -> Option<&[u8]> {
    let names = || {
        let names = control_group.split(|&byte| byte == b'/');
        // systemd puts an underscore in front of what could be a file of the kernel.
        names.map(|name| name.strip_prefix(b"_").unwrap_or(name))
    };
    let service = names().find(|name| name.ends_with(b".service"));
    if let Some(service) = service.filter(|name| !name.starts_with(b"run-")) {
        return Some(service);
    }
    names()
        .find(|name| name.starts_with(b"user-") && name.ends_with(b".slice"))
        .or_else(|| names().find(|&name| name.ends_with(b".slice") || name == b"init.scope"))
}

#[cfg(test)]
mod tests;
