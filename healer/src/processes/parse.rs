//! The files of one process, as the kernel writes them: pure, over bytes, for any name that a process may give itself.

/// Of the flags in `stat`: a thread of the kernel.
const PF_KTHREAD: u64 = 0x0020_0000;

/// `/proc/<pid>/stat`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stat {
    /// Its state: `R`, `S`, `D`, `Z` …
    pub state: u8,
    /// The process that started it, or that it was left to.
    pub parent: u32,
    /// Whether it is a thread of the kernel.
    pub is_kernel_thread: bool,
    /// CPU time in clock ticks, of threads that have ended too.
    pub cpu: u64,
    /// CPU time in clock ticks of children that have ended and were waited for, and of theirs.
    pub children: u64,
    /// When it was started, in clock ticks since boot: with the pid it says which process this is.
    pub start: u64,
}

impl Stat {
    /// It has ended, and only its number is left.
    pub fn has_ended(&self) -> bool {
        matches!(self.state, b'Z' | b'X' | b'x')
    }
}

/// `/proc/<pid>/status`, what is needed of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// The user whose rights it has (the effective uid).
    pub uid: u32,
    /// What it holds; none for kernel threads and for what has ended.
    pub memory: Option<Memory>,
}

/// Memory that only the end of its holder gives back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// `RssAnon` in bytes.
    pub anonymous: u64,
    /// `VmSwap` in bytes.
    pub swap: u64,
}

impl Memory {
    /// Both together, in bytes.
    pub fn total(self) -> u64 {
        self.anonymous.saturating_add(self.swap)
    }
}

/// Parses `/proc/<pid>/stat`. The name in it may hold spaces, parentheses and line ends.
pub(crate) fn stat(content: &[u8]) -> Option<Stat> {
    let end = content.iter().rposition(|&byte| byte == b')')?;
    let mut fields = words(content.get(end + 1..)?);
    let state = *fields.next()?.first()?;
    let parent = number(fields.next()?)?;
    let mut field = |skip: usize| fields.nth(skip).and_then(number::<u64>);
    let flags = field(4)?;
    let (user, system) = (field(4)?, field(0)?);
    let (children_user, children_system) = (field(0)?, field(0)?);
    let start = field(4)?;
    Some(Stat {
        state,
        parent,
        is_kernel_thread: flags & PF_KTHREAD != 0,
        cpu: user.saturating_add(system),
        children: children_user.saturating_add(children_system),
        start,
    })
}

/// Parses `/proc/<pid>/status`. The name in it is escaped by the kernel, so that it cannot pass for another line.
pub(crate) fn status(content: &[u8]) -> Option<Status> {
    let mut uid = None;
    let (mut anonymous, mut swap) = (None, None);
    for line in content.split(|&byte| byte == b'\n') {
        if let Some(rest) = line.strip_prefix(b"Uid:") {
            uid = words(rest).nth(1).and_then(number);
        } else if let Some(rest) = line.strip_prefix(b"RssAnon:") {
            anonymous = Some(kilobytes(rest)?);
        } else if let Some(rest) = line.strip_prefix(b"VmSwap:") {
            swap = Some(kilobytes(rest)?);
        }
    }
    Some(Status {
        uid: uid?,
        memory: anonymous.map(|anonymous| Memory {
            anonymous,
            swap: swap.unwrap_or(0),
        }),
    })
}

/// Parses `/proc/<pid>/statm`: anonymous memory in pages, which is what is resident and not of files or shared.
pub(crate) fn anonymous_pages(content: &[u8]) -> Option<u64> {
    let mut fields = words(content).skip(1);
    let resident: u64 = number(fields.next()?)?;
    let shared: u64 = number(fields.next()?)?;
    Some(resident.saturating_sub(shared))
}

/// Parses `/proc/<pid>/smaps_rollup`: its share of anonymous memory and swap in bytes, what it shares with others
/// counted once over all of them. None where the kernel does not tell.
pub(crate) fn proportional(content: &[u8]) -> Option<u64> {
    let value = |key: &[u8]| {
        content
            .split(|&byte| byte == b'\n')
            .find_map(|line| line.strip_prefix(key))
            .and_then(kilobytes)
    };
    Some(value(b"Pss_Anon:")?.saturating_add(value(b"SwapPss:")?))
}

/// A file that holds one number.
pub(crate) fn single<T: std::str::FromStr>(content: &[u8]) -> Option<T> {
    number(content.trim_ascii())
}

/// The value of a key in a file of `key: number kB`, in bytes.
pub(crate) fn key_in_kilobytes(content: &[u8], key: &[u8]) -> Option<u64> {
    content
        .split(|&byte| byte == b'\n')
        .find_map(|line| kilobytes(line.strip_prefix(key)?.strip_prefix(b":")?))
}

fn kilobytes(rest: &[u8]) -> Option<u64> {
    let number: u64 = number(words(rest).next()?)?;
    number.checked_mul(1024)
}

fn words(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(u8::is_ascii_whitespace)
        .filter(|word| !word.is_empty())
}

fn number<T: std::str::FromStr>(word: &[u8]) -> Option<T> {
    std::str::from_utf8(word).ok()?.parse().ok()
}
