//! How old an entry is, and which victim comes first. Pure.

use std::cmp::{Ordering, Reverse};
use std::ffi::CString;
use std::time::Duration;

use jiff::Timestamp;

use super::entry::Identity;

/// The four time stamps of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamps {
    pub(super) accessed: Timestamp,
    pub(super) modified: Timestamp,
    pub(super) changed: Timestamp,
    /// Not every file system keeps it.
    pub(super) born: Option<Timestamp>,
}

impl Stamps {
    /// The youngest stamp: a file was in use as lately as any of them says.
    pub(super) fn of_file(&self) -> Timestamp {
        self.of_folder().max(self.changed)
    }

    /// A folder's ctime does not count: it moves with every change of its mode, owner or name, which is no use of it.
    pub(super) fn of_folder(&self) -> Timestamp {
        self.accessed
            .max(self.modified)
            .max(self.born.unwrap_or(Timestamp::MIN))
    }
}

/// Whether `stamp` lies at least `older_than` before `now`; one from the future does not.
pub(super) fn is_old(stamp: Timestamp, now: Timestamp, older_than: Duration) -> bool {
    Duration::try_from(now.duration_since(stamp)).is_ok_and(|age| age >= older_than)
}

/// A file that may be removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Victim {
    /// Index of its folder in the listing.
    pub(super) folder: usize,
    pub(super) name: CString,
    pub(super) identity: Identity,
    pub(super) last_used: Timestamp,
    pub(super) bytes: u64,
}

/// Oldest first: what nobody used for longest is missed least. Of the same age the biggest first, so that fewer go.
/// Then by folder and name, so that the order is always the same.
impl Ord for Victim {
    fn cmp(&self, other: &Self) -> Ordering {
        let key = |victim: &Self| (victim.last_used, Reverse(victim.bytes), victim.folder);
        key(self)
            .cmp(&key(other))
            .then_with(|| self.name.cmp(&other.name))
    }
}

impl PartialOrd for Victim {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
