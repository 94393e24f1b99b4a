//! `/proc/mdstat`: the software RAID arrays, with what the kernel does to bring them in step.

use super::{lines, number, words};
use crate::roots::Malformed;

/// One array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Array<'a> {
    /// Its name.
    pub name: &'a str,
    /// What it does.
    pub state: State,
    /// Member disks that work; none of an array that is not assembled is known to.
    pub active: u64,
    /// Member disks that failed and are still there.
    pub failed: u64,
    /// Member disks that wait for another to fail.
    pub spare: u64,
    /// Member disks of a complete array; unknown while it is not assembled.
    pub required: Option<u64>,
    /// Its size in blocks of 1 KiB.
    pub blocks: u64,
    /// How many of them are in step: all when nothing is being done, none while that waits.
    pub blocks_synced: Option<u64>,
}

/// What an array does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It works, and nothing else is going on.
    Active,
    /// It is not assembled.
    Inactive,
    /// It lost too many members.
    Broken,
    /// A new member is being filled.
    Recovering,
    /// Its members are being brought in step, or repaired.
    Resync,
    /// Its members are being compared.
    Check,
    /// Its layout is being changed.
    Reshape,
}

/// Parses the file.
pub fn parse(content: &[u8]) -> Result<Vec<Array<'_>>, Malformed> {
    let mut arrays: Vec<Array<'_>> = Vec::new();
    let mut lines = lines(content).peekable();
    while let Some((line_number, line)) = lines.next() {
        let is_array = line.first().is_some_and(|byte| !byte.is_ascii_whitespace())
            && !line.starts_with(b"Personalities")
            && !line.starts_with(b"unused devices");
        if !is_array {
            continue;
        }
        let mut about = Vec::new();
        while let Some((_, line)) =
            lines.next_if(|(_, line)| line.first().is_some_and(u8::is_ascii_whitespace))
        {
            about.push(line);
        }
        arrays.push(array(line, &about).ok_or(Malformed::Item {
            line: line_number,
            item: "an array",
            wanted: "`name : state [level] disks`, its size, and what is done to it",
        })?);
    }
    Ok(arrays)
}

/// `md0 : active raid1 sdb1[1] sda1[0](F)`, and the indented lines below it: the first says size and disks.
fn array<'a>(head: &'a [u8], about: &[&[u8]]) -> Option<Array<'a>> {
    let mut fields = words(head);
    let name = std::str::from_utf8(fields.next()?).ok()?;
    (fields.next()? == b":").then_some(())?;
    let is_assembled = match fields.next()? {
        b"active" => State::Active,
        b"inactive" => State::Inactive,
        b"broken" => State::Broken,
        _ => return None,
    };
    let (mut state, mut members, mut failed, mut spare) = (is_assembled, 0, 0, 0);
    for member in fields.filter(|field| field.contains(&b'[')) {
        members += 1;
        failed += u64::from(has_flag(member, *b"(F)"));
        spare += u64::from(has_flag(member, *b"(S)"));
    }
    let (size, rest) = about.split_first()?;
    let mut sizes = words(size);
    let blocks = number(sizes.next()?)?;
    (sizes.next()? == b"blocks").then_some(())?;
    let (required, active) = match sizes.find_map(counts) {
        _ if state == State::Inactive => (None, 0),
        Some((required, active)) => (Some(required), active),
        // Levels without redundancy have no such counts: all members are needed, and there.
        None => (Some(members), members),
    };
    let mut blocks_synced = Some(blocks);
    for line in rest {
        if let Some((doing, synced)) = progress(line)? {
            state = doing;
            blocks_synced = synced;
        }
    }
    Some(Array {
        name,
        state,
        active,
        failed,
        spare,
        required,
        blocks,
        blocks_synced,
    })
}

/// `sda1[0](W)(F)`
fn has_flag(member: &[u8], flag: [u8; 3]) -> bool {
    member.array_windows().any(|window| *window == flag)
}

/// `[3/2]`: disks of the complete array, and those that work.
fn counts(word: &[u8]) -> Option<(u64, u64)> {
    let counts = word.strip_prefix(b"[")?.strip_suffix(b"]")?;
    let mut counts = counts.split(|&byte| byte == b'/').map(number);
    let both = (counts.next()??, counts.next()??);
    counts.next().is_none().then_some(both)
}

/// `[=>…]  recovery =  8.5% (16775552/195310144) finish=…`, or `resync=DELAYED`. The outer `None` is a line that is
/// about progress and is broken, the inner one a line that is about something else.
#[expect(clippy::option_option, reason = "three answers, told apart above")]
fn progress(line: &[u8]) -> Option<Option<(State, Option<u64>)>> {
    const KINDS: &[(&[u8], State)] = &[
        (b"recovery", State::Recovering),
        (b"resync", State::Resync),
        (b"check", State::Check),
        (b"reshape", State::Reshape),
    ];
    let mut fields = words(line);
    let Some((word, kind, state)) = fields.find_map(|word| {
        let (kind, state) = KINDS.iter().find(|(kind, _)| word.starts_with(kind))?;
        Some((word, *kind, *state))
    }) else {
        return Some(None);
    };
    let synced = match word.strip_prefix(kind)? {
        // It waits for other arrays, for a disk to be added, or for a start by hand.
        b"=DELAYED" | b"=PENDING" => Some(0),
        // Another machine of the cluster does it, and only that one knows.
        b"=REMOTE" => None,
        _ => {
            let done = fields.find_map(|word| word.strip_prefix(b"("))?;
            Some(number(done.split(|&byte| byte == b'/').next()?)?)
        }
    };
    Some(Some((state, synced)))
}

#[cfg(test)]
mod tests;
