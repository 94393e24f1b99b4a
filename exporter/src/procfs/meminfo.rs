//! `/proc/meminfo`: memory and swap, in bytes.
//!
//! [`items`] is the whole file, for the collector of the same name; [`parse`] is what the overview takes from it.

use std::borrow::Cow;
use std::str::from_utf8;

use super::{is_whole, lines, number, words};
use crate::roots::Malformed;

/// One line of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Item<'a> {
    /// Line number, from 1.
    line: usize,
    /// What it is about, as the kernel writes it: `MemTotal`, `Active(anon)`.
    pub key: &'a str,
    /// How much.
    pub amount: Amount,
}

/// How much of something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amount {
    /// So many bytes.
    Bytes(u64),
    /// So many of them: huge pages are counted.
    Count(u64),
}

impl<'a> Item<'a> {
    /// The key as a part of a metric's name: `Active(anon)` is `Active_anon`.
    pub fn metric_key(&self) -> Cow<'a, str> {
        match self.key {
            "Active(anon)" => "Active_anon".into(),
            "Inactive(anon)" => "Inactive_anon".into(),
            "Active(file)" => "Active_file".into(),
            "Inactive(file)" => "Inactive_file".into(),
            key if key.contains('(') => key.replace('(', "_").replace(')', "").into(),
            key => key.into(),
        }
    }
}

/// What the overview takes from the file, in bytes; `None` where this kernel does not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MemInfo {
    /// `MemTotal`.
    pub total: Option<u64>,
    /// `MemFree`.
    pub free: Option<u64>,
    /// `MemAvailable`, since Linux 3.14.
    pub available: Option<u64>,
    /// `Buffers`.
    pub buffers: Option<u64>,
    /// `Cached`.
    pub cached: Option<u64>,
    /// `SReclaimable`, since Linux 2.6.19.
    pub slab_reclaimable: Option<u64>,
    /// `Shmem`, since Linux 2.6.32: counted in `Cached`, and not reclaimable.
    pub shmem: Option<u64>,
    /// `SwapTotal`; absent without swap support.
    pub swap_total: Option<u64>,
    /// `SwapFree`.
    pub swap_free: Option<u64>,
}

impl MemInfo {
    /// Memory that programs can have without swapping.
    ///
    /// The kernel's own estimate where it makes one that can be true. Before Linux 3.14: free memory and the
    /// caches, less shared memory, which sits among the caches and cannot be dropped.
    pub fn available(&self) -> Option<u64> {
        let can_be_true = |available: &u64| self.total.is_none_or(|total| *available <= total);
        self.available.filter(can_be_true).or_else(|| {
            let reclaimable = self
                .buffers?
                .saturating_add(self.cached?)
                .saturating_add(self.slab_reclaimable.unwrap_or(0))
                .saturating_sub(self.shmem.unwrap_or(0));
            Some(self.free?.saturating_add(reclaimable))
        })
    }
}

/// The lines in their order.
pub fn items(content: &[u8]) -> impl Iterator<Item = Result<Item<'_>, Malformed>> {
    let items = lines(content)
        .filter(|(_, text)| !text.is_empty())
        .map(|(line, text)| item(line, text).ok_or(malformed(line)));
    items.chain(is_whole(content).err().map(Err))
}

/// Takes the overview's items.
pub fn parse(content: &[u8]) -> Result<MemInfo, Malformed> {
    let mut info = MemInfo::default();
    for item in items(content) {
        let Item { line, key, amount } = item?;
        let field = match key {
            "MemTotal" => &mut info.total,
            "MemFree" => &mut info.free,
            "MemAvailable" => &mut info.available,
            "Buffers" => &mut info.buffers,
            "Cached" => &mut info.cached,
            "SReclaimable" => &mut info.slab_reclaimable,
            "Shmem" => &mut info.shmem,
            "SwapTotal" => &mut info.swap_total,
            "SwapFree" => &mut info.swap_free,
            _ => continue,
        };
        match amount {
            Amount::Bytes(bytes) => *field = Some(bytes),
            Amount::Count(_) => return Err(malformed(line)),
        }
    }
    Ok(info)
}

/// `MemTotal: 16384000 kB` or `HugePages_Total: 8`
fn item(line: usize, text: &[u8]) -> Option<Item<'_>> {
    let mut words = words(text);
    let key = words.next()?.strip_suffix(b":").filter(|key| is_key(key))?;
    let number = number(words.next()?)?;
    let amount = match words.next() {
        None => Amount::Count(number),
        Some(b"kB") => Amount::Bytes(number.checked_mul(1024)?),
        Some(_) => return None,
    };
    let key = from_utf8(key).ok()?;
    Some(Item { line, key, amount })
}

/// Whether it makes a name of a metric.
fn is_key(key: &[u8]) -> bool {
    let fits = |byte: &u8| byte.is_ascii_alphanumeric() || b"_()".contains(byte);
    !key.is_empty() && key.iter().all(fits)
}

fn malformed(line: usize) -> Malformed {
    Malformed::Item {
        line,
        item: "the size",
        wanted: "a number of kB",
    }
}

#[cfg(test)]
mod tests;
